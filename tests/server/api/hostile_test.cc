// Random bodies against every operation's shape: whatever comes, the checks answer and nothing
// breaks.
#include <gtest/gtest.h>

#include "server/api/decode_value.h"
#include "server/api/validator.h"
#include "storage/base/str_cat.h"
#include "tests/support/request_generator.h"

namespace tailrace::api {
namespace {

TEST(Checks, SurviveRandomBodies) {
  constexpr std::uint32_t kSeed = 20261124;
  RequestGenerator generator(kSeed);
  for (const auto shapes : {dynamodb_shapes(), streams_shapes(), lambda_shapes()}) {
    for (const OperationShape& operation : shapes) {
      for (int round = 0; round < 60; ++round) {
        const std::string body = generator.value(*operation.input, 0);
        SCOPED_TRACE(str_cat("seed ", kSeed, ", ", operation.name, ": ", body));
        rapidjson::Document document;
        ASSERT_TRUE(json::parse_copy(body, document));
        if (!check_types(*operation.input, document)) continue;
        const auto result = check_constraints(*operation.input, document, operation.name);
        EXPECT_TRUE(result || !result.error().message.empty());
      }
    }
  }
}

TEST(DecodeValue, SurvivesRandomValues) {
  constexpr std::uint32_t kSeed = 7;
  RequestGenerator generator(kSeed);
  const Shape* put = find_shape(dynamodb_shapes(), "PutItem");
  for (int round = 0; round < 5000; ++round) {
    const std::string body = str_cat(R"({"Item":{"a":)", generator.attribute_value(0), "}}");
    SCOPED_TRACE(str_cat("seed ", kSeed, ": ", body));
    rapidjson::Document document;
    ASSERT_TRUE(json::parse_copy(body, document));
    if (!check_types(*put, document)) continue;
    const auto item = decode_item(*json::find(document, "Item"), Reading());
    EXPECT_TRUE(item || !item.error().message.empty());
  }
}

}  // namespace
}  // namespace tailrace::api
