// BatchGetItem and BatchWriteItem.
#include <gtest/gtest.h>

#include "storage/base/str_cat.h"
#include "tests/api/schemas.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

class Batches : public testing::Test {
 protected:
  Batches() {
    app.create_table(hash_table("tab"));
    app.create_table(
        range_table("rng", {index_of("lsi", IndexKind::kLocal,
                                   {.hash = {string_key("pk")}, .range = {string_key("l")}})}));
  }
  Answer write(std::string_view request_items, std::string_view members = "") {
    return app.call("BatchWriteItem", str_cat(R"({"RequestItems":)", request_items, members, "}"));
  }
  Answer get(std::string_view request_items, std::string_view members = "") {
    return app.call("BatchGetItem", str_cat(R"({"RequestItems":)", request_items, members, "}"));
  }
  TestApp app;
};

std::string put(std::string_view item) {
  return str_cat(R"({"PutRequest":{"Item":)", item, "}}");
}

TEST_F(Batches, WriteAndReadSeveralTables) {
  EXPECT_EQ(
      write(str_cat(R"({"tab":[)", put(R"({"pk":{"S":"a"}})"), ",", put(R"({"pk":{"S":"b"}})"),
                    R"(],"rng":[)", put(R"({"pk":{"S":"a"},"sk":{"N":"1"},"x":{"S":"y"}})"), "]}"))
          .text(),
      R"({"UnprocessedItems":{}})");
  EXPECT_EQ(write(R"({"tab":[{"DeleteRequest":{"Key":{"pk":{"S":"b"}}}}]})").text(),
            R"({"UnprocessedItems":{}})");
  EXPECT_EQ(
      get(R"({"tab":{"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"b"}}]},"rng":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}}],"ProjectionExpression":"x"}})")
          .text(),
      R"({"Responses":{"tab":[{"pk":{"S":"a"}}],"rng":[{"x":{"S":"y"}}]},"UnprocessedKeys":{}})");
}

TEST_F(Batches, ReportCapacityAndCollections) {
  EXPECT_EQ(
      write(str_cat(R"({"rng":[)", put(R"({"pk":{"S":"a"},"sk":{"N":"1"},"l":{"S":"x"}})"), "]}"),
            R"(,"ReturnConsumedCapacity":"INDEXES","ReturnItemCollectionMetrics":"SIZE")")
          .text(),
      R"({"UnprocessedItems":{},"ItemCollectionMetrics":{"rng":[{"ItemCollectionKey":{"pk":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]}]},"ConsumedCapacity":[{"TableName":"rng","CapacityUnits":2.0,"Table":{"CapacityUnits":1.0},"LocalSecondaryIndexes":{"lsi":{"CapacityUnits":1.0}}}]})");
  EXPECT_EQ(get(R"({"tab":{"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"b"}}]}})",
                R"(,"ReturnConsumedCapacity":"TOTAL")")
                .at("/ConsumedCapacity"),
            R"([{"TableName":"tab","CapacityUnits":1.0}])");
}

TEST_F(Batches, LeaveWhatExceedsSixteenMegabytes) {
  const std::string text(390'000, 'x');
  std::string keys;
  for (int i = 0; i < 45; ++i) {
    app.expect_ok("PutItem", str_cat(R"({"TableName":"tab","Item":{"pk":{"S":"k)", i,
                                     R"("},"x":{"S":")", text, R"("}}})"));
    str_append(keys, i > 0 ? "," : "", R"({"pk":{"S":"k)", i, R"("}})");
  }
  const Answer answer = get(str_cat(R"({"tab":{"ConsistentRead":true,"Keys":[)", keys, "]}}"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer.size_at("/Responses/tab"), 43u);
  EXPECT_EQ(answer.at("/UnprocessedKeys"),
            R"({"tab":{"Keys":[{"pk":{"S":"k43"}},{"pk":{"S":"k44"}}],"ConsistentRead":true}})");
}

TEST_F(Batches, WriteNothingIfAnyCheckFails) {
  EXPECT_EQ(
      write(str_cat(R"({"tab":[)", put(R"({"pk":{"S":"a"}})"), ",", put(R"({"x":{"S":"b"}})"), "]}"))
          .error(),
      "ValidationException: The provided key element does not match the schema");
  EXPECT_EQ(app.expect_ok("Scan", R"({"TableName":"tab","Select":"COUNT"})").at("/Count"), "0");
}

TEST_F(Batches, RefuseWhatAwsRefuses) {
  const std::string a = put(R"({"pk":{"S":"a"}})");
  constexpr std::string_view kDuplicates =
      "ValidationException: Provided list of item keys contains duplicates";
  EXPECT_EQ(write(str_cat(R"({"tab":[)", a, ",", a, "]}")).error(), kDuplicates);
  EXPECT_EQ(
      write(str_cat(R"({"tab":[)", a, R"(,{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}}]})")).error(),
      kDuplicates);
  EXPECT_EQ(get(R"({"tab":{"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"a"}}]}})").error(), kDuplicates);
  EXPECT_EQ(write(R"({"tab":[{}]})").error(),
            "ValidationException: Supplied AttributeValue has more than one datatypes set, must "
            "contain exactly one of the supported datatypes");
  EXPECT_EQ(write(str_cat(R"({"missing":[)", a, "]}")).error(),
            "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(get("{}").error(),
            "ValidationException: 1 validation error detected: Value at 'RequestItems' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1");
  EXPECT_EQ(
      get(R"({"tab":{"Keys":[{"pk":{"S":"a"}}],"ProjectionExpression":"x"},"rng":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}}],"AttributesToGet":["x"]}})")
          .error(),
      "ValidationException: Can not use both expression and non-expression parameters in the same "
      "request: Non-expression parameters: {AttributesToGet} Expression parameters: "
      "{ProjectionExpression}");
}

TEST_F(Batches, RefuseTooManyItemsOverAllTables) {
  std::string keys;
  std::string range_keys;
  std::string puts;
  for (int i = 0; i < 60; ++i) {
    str_append(keys, i > 0 ? "," : "", R"({"pk":{"S":")", i, R"("}})");
    str_append(range_keys, i > 0 ? "," : "", R"({"pk":{"S":")", i, R"("},"sk":{"N":"1"}})");
  }
  for (int i = 0; i < 13; ++i)
    str_append(puts, i > 0 ? "," : "", put(str_cat(R"({"pk":{"S":")", i, R"("},"sk":{"N":"1"}})")));
  EXPECT_EQ(
      get(str_cat(R"({"tab":{"Keys":[)", keys, R"(]},"rng":{"Keys":[)", range_keys, "]}}")).error(),
      "ValidationException: Too many items requested for the BatchGetItem call");
  EXPECT_EQ(write(str_cat(R"({"tab":[)", puts, R"(],"rng":[)", puts, "]}")).error(),
            "ValidationException: Too many items requested for the BatchWriteItem call");
}

}  // namespace
}  // namespace tailrace
