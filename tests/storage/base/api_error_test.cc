#include "storage/base/api_error.h"

#include <gtest/gtest.h>

#include "storage/base/result.h"

namespace tailrace {
namespace {

TEST(ApiError, WritesTypeMessageAndExtraMembers) {
  EXPECT_EQ(error_body(validation_error("a \"b\"")),
            R"({"__type":"com.amazon.coral.validate#ValidationException","message":"a \"b\""})");
  EXPECT_EQ(error_body({.code = ErrorCode::kConditionalCheckFailedException,
                        .message = "The conditional request failed",
                        .extra_members = R"("Item":{})"}),
            R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",)"
            R"("message":"The conditional request failed","Item":{}})");
}

TEST(ApiError, HasNoMessageMemberWithoutAMessage) {
  EXPECT_EQ(
      error_body({.code = ErrorCode::kSerializationException, .message = {}, .extra_members = {}}),
      R"({"__type":"com.amazon.coral.service#SerializationException"})");
}

TEST(ApiError, NamesTheMessageMemberAsEachErrorDoes) {
  EXPECT_EQ(error_form(ErrorCode::kSerializationException).message_member, "Message");
  EXPECT_EQ(error_form(ErrorCode::kTransactionCanceledException).message_member, "Message");
  EXPECT_EQ(error_form(ErrorCode::kResourceNotFoundException).message_member, "message");
  EXPECT_EQ(error_form(ErrorCode::kInternalServerError).http_status, 500);
}

Result<int> doubled(Result<int> input) {
  TRY(const int value, std::move(input));
  return 2 * value;
}

TEST(Result, PassesErrorsThroughTry) {
  EXPECT_EQ(*doubled(21), 42);
  const auto failed = doubled(validation_error("no"));
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().message, "no");
}

}  // namespace
}  // namespace tailrace
