#include "server/lambda/function_name.h"

#include <gtest/gtest.h>

#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

std::string parsed(std::string_view text) {
  const auto name = parse_function_name(text, {.account = "000000000000", .region = "us-east-1"});
  if (!name) return "refused";
  return str_cat(name->owner.account, " ", name->owner.region, " ", name->name, " ",
                 name->qualifier);
}

TEST(FunctionName, TakesEveryForm) {
  const std::pair<const char*, const char*> cases[] = {
      {"printer", "000000000000 us-east-1 printer "},
      {"printer:live", "000000000000 us-east-1 printer live"},
      {"printer:$LATEST", "000000000000 us-east-1 printer $LATEST"},
      {"printer:7", "000000000000 us-east-1 printer 7"},
      {"function:printer", "000000000000 us-east-1 printer "},
      {"function:printer:live", "000000000000 us-east-1 printer live"},
      {"111111111111:function:printer", "111111111111 us-east-1 printer "},
      {"111111111111:function:printer:2", "111111111111 us-east-1 printer 2"},
      {"arn:aws:lambda:eu-west-1:111111111111:function:printer", "111111111111 eu-west-1 printer "},
      {"arn:aws:lambda:eu-west-1:111111111111:function:printer:live",
       "111111111111 eu-west-1 printer live"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(parsed(text), expected) << text;
}

TEST(FunctionName, RefusesOtherTexts) {
  for (const char* text :
       {"", ":", "printer:", "a b", "printer:live:more", "arn:aws:lambda:eu-west-1:1:layer:x",
        "arn:aws:sqs:eu-west-1:111111111111:function:x", "arn:aws:lambda:eu-west-1:1:function",
        "printer:$OTHER"}) {
    EXPECT_EQ(parsed(text), "refused") << text;
  }
}

}  // namespace
}  // namespace tailrace::lambda
