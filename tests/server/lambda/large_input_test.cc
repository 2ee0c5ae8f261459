// Requests of Lambda's API with very many elements: each costs no more than its bytes.
#include <ctime>

#include "storage/base/str_cat.h"
#include "tests/server/lambda/lambda_fixture.h"

namespace tailrace::lambda {
namespace {

constexpr int kElements = 40'000;
constexpr double kSecondsMax = 1;  // Of the processor.

class LargeInput : public LambdaTest {
 protected:
  static double cpu_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  }
  void expect_refused_in_time(std::string_view method, std::string_view target, std::string body) {
    const double began = cpu_seconds();
    const RestAnswer answer = call(method, target, std::move(body));
    EXPECT_LT(cpu_seconds() - began, kSecondsMax) << target;
    EXPECT_EQ(answer.status, 400) << answer.body.substr(0, 300);
  }
  static std::string map_of_many() {
    std::string text = "{";
    for (int i = 0; i < kElements; ++i) str_append(text, i == 0 ? "" : ",", "\"k", i, R"(":"v")");
    return text + "}";
  }
};

TEST_F(LargeInput, OfVariablesAndTagsIsRefusedInTime) {
  create("f");
  expect_refused_in_time(
      "POST", "/2015-03-31/functions",
      create_body("g", str_cat(R"(,"Environment":{"Variables":)", map_of_many(), "}")));
  expect_refused_in_time("PUT", "/2015-03-31/functions/f/configuration",
                         str_cat(R"({"Environment":{"Variables":)", map_of_many(), "}}"));
  expect_refused_in_time("POST",
                         "/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:function:f",
                         str_cat(R"({"Tags":)", map_of_many(), "}"));
}

}  // namespace
}  // namespace tailrace::lambda
