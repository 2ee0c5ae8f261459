#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "tests/api/table_requests.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

using Vector = std::vector<float>;

constexpr std::string_view kInvalid =
    "ValidationException: One or more parameter values were invalid: ";

std::string numbers(const Vector& vector) {
  std::string text;
  for (const float component : vector)
    str_append(text, text.empty() ? "" : ",", R"({"N":")", std::to_string(component), "\"}");
  return str_cat("[", text, "]");
}

std::string index(std::string_view name,
                  std::string_view distance = "COSINE",
                  std::string_view more = "",
                  std::string_view projection = R"({"ProjectionType":"ALL"})",
                  int dimensions = 3) {
  return str_cat(R"({"IndexName":")", name, R"(","VectorAttribute":{"AttributeName":"e"},)",
                 R"("Dimensions":)", dimensions, R"(,"DistanceFunction":")", distance,
                 R"(","Projection":)", projection, more, "}");
}

constexpr std::string_view kSearchSchema =
    R"(,"SearchSchema":[{"AttributeName":"f","SearchSchemaElementType":"INLINE_FILTER"},)"
    R"({"AttributeName":"h","SearchSchemaElementType":"HASH"}])";

std::string create(std::string_view indexes, std::string_view mode = "PAY_PER_REQUEST") {
  return str_cat(
      R"({"TableName":"tbl","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},)"
      R"({"AttributeName":"h","AttributeType":"S"},{"AttributeName":"f","AttributeType":"N"}],)"
      R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"BillingMode":")",
      mode, R"(","VectorIndexes":[)", indexes, "]",
      mode == "PROVISIONED"
          ? R"(,"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1})"
          : "",
      "}");
}
std::string create_plain(std::string_view indexes) {
  return create_request("tbl", str_cat(R"(,"VectorIndexes":[)", indexes, "]"));
}

std::string put(std::string_view pk, const Vector& vector, std::string_view more = "") {
  return str_cat(R"({"TableName":"tbl","ReturnConsumedCapacity":"INDEXES","Item":{"pk":{"S":")", pk,
                 R"("},"e":{"L":)", numbers(vector), "}", more, "}}");
}

std::string search(std::string_view name,
                   const Vector& vector,
                   std::string_view more = "",
                   int top_k = 10) {
  return str_cat(R"({"TableName":"tbl","IndexName":")", name, R"(","SearchVector":)",
                 numbers(vector), R"(,"TopK":)", top_k, more, "}");
}
std::string where(std::string_view expression, std::string_view values) {
  return str_cat(R"(,"SearchConditionExpression":")", expression,
                 R"(","ExpressionAttributeValues":{)", values, "}");
}

// Keys of the results, best first.
std::string keys_of(const Answer& answer) {
  std::string keys;
  for (std::size_t i = 0; i < answer.size_at("/SearchResults"); ++i)
    keys += answer.string_at(str_cat("/SearchResults/", i, "/Item/pk/S"));
  return keys;
}

class VectorIndex : public ::testing::Test {
 protected:
  std::string found(std::string_view name, std::string_view more = "") {
    return keys_of(app.expect_ok("SearchVectors", search(name, {1, 0, 0}, more)));
  }
  void put_four(std::string_view more = "") {
    app.expect_ok("PutItem", put("a", {1, 0, 0}, more));
    app.expect_ok("PutItem", put("b", {0, 1, 0}, more));
    app.expect_ok("PutItem", put("c", {-1, 0, 0}, more));
    app.expect_ok("PutItem", put("d", {0.6F, 0.8F, 0}, more));
  }
  Answer described() { return app.expect_ok("DescribeTable", table_request("tbl")); }

  TestApp app;
};

TEST_F(VectorIndex, IsDescribedAsItWasCreated) {
  const Answer created =
      app.expect_ok("CreateTable", create(index("vix", "DOT_PRODUCT", kSearchSchema)));
  EXPECT_EQ(created.string_at("/TableDescription/VectorIndexes/0/IndexStatus"), "CREATING");
  EXPECT_EQ(created.at("/TableDescription/VectorIndexes/0/Backfilling"), "(nothing)");
  EXPECT_EQ(described().at("/Table/VectorIndexes/0"),
            R"({"IndexName":"vix","SearchSchema":[)"
            R"({"AttributeName":"f","SearchSchemaElementType":"INLINE_FILTER"},)"
            R"({"AttributeName":"h","SearchSchemaElementType":"HASH"}],)"
            R"("VectorAttribute":{"AttributeName":"e"},"Dimensions":3,)"
            R"("DistanceFunction":"DOT_PRODUCT","Projection":{"ProjectionType":"ALL"},)"
            R"("IndexStatus":"ACTIVE","IndexSizeBytes":0,"ItemCount":0,)"
            R"("IndexArn":"arn:aws:dynamodb:us-east-1:000000000000:table/tbl/index/vix"})");
  EXPECT_EQ(described().size_at("/Table/AttributeDefinitions"), 3U);
}

TEST_F(VectorIndex, IsRefusedWithTheServicesTexts) {
  struct Case {
    std::string request;
    std::string_view text;
  };
  const std::string six = str_cat(index("ix1"), ",", index("ix2"), ",", index("ix3"), ",",
                                  index("ix4"), ",", index("ix5"), ",", index("ix6"));
  const std::string wide = index("vix", "COSINE", "", R"({"ProjectionType":"ALL"})", 4097);
  const std::string four = index("ix2", "COSINE", "", R"({"ProjectionType":"ALL"})", 4);
  const Case cases[] = {
      {create(index("vix", "COSINE", kSearchSchema), "PROVISIONED"),
       "Vector indexes are only supported for PAY_PER_REQUEST tables"},
      {create_plain(index("vix", "COSINE", kSearchSchema)),
       "One element in SearchSchema is not defined in attribute definitions"},
      {create_plain(wide), "Number of dimensions must be between 1 and 4096 inclusive."},
      {create_plain(six), "VectorIndex count exceeds the per-table limit of 5"},
      {create_plain(str_cat(index("ix1"), ",", four)),
       "Conflicting attribute definition for 'e'. All VectorIndexes on the same vector attribute "
       "must use the same dimensions."},
      {create_plain(str_cat(index("ix1"), ",", index("ix1"))), "Duplicate index name: ix1"},
  };
  for (const Case& each : cases)
    EXPECT_EQ(app.error("CreateTable", each.request), str_cat(kInvalid, each.text));
}

TEST_F(VectorIndex, ScoresByItsDistanceFunction) {
  app.expect_ok("CreateTable",
                create_plain(str_cat(index("cosine"), ",", index("dot", "DOT_PRODUCT"), ",",
                                     index("euclid", "EUCLIDEAN"))));
  put_four();
  EXPECT_EQ(found("cosine"), "adbc");
  EXPECT_EQ(found("dot"), "adbc");
  EXPECT_EQ(found("euclid"), "adbc");
  const auto scores = [&](std::string_view name) {
    const Answer answer = app.expect_ok("SearchVectors", search(name, {1, 0, 0}));
    std::vector<double> values;
    for (int i = 0; i < 4; ++i)
      values.push_back(answer.number_at(str_cat("/SearchResults/", i, "/Score")));
    return values;
  };
  const auto near = [](std::vector<double> a, std::vector<double> b) {
    return std::ranges::equal(a, b, [](double x, double y) { return std::fabs(x - y) < 1e-6; });
  };
  EXPECT_TRUE(near(scores("cosine"), {0, 0.4, 1, 2}));
  EXPECT_TRUE(near(scores("dot"), {1, 0.6, 0, -1}));
  EXPECT_TRUE(near(scores("euclid"), {0, std::sqrt(0.8), std::sqrt(2.0), 2}));
}

// More entries than one slice reads, against the obvious computation.
TEST_F(VectorIndex, FindsTheNearestOfMany) {
  constexpr int kDimensions = 64, kItems = 1500;
  app.expect_ok("CreateTable", create_plain(index("vix", "EUCLIDEAN", "",
                                                  R"({"ProjectionType":"KEYS_ONLY"})", 64)));
  std::mt19937 random(7);
  std::uniform_real_distribution<float> component(-1, 1);
  const auto make = [&] {
    Vector vector(kDimensions);
    for (float& each : vector) each = std::round(component(random) * 1000) / 1000;
    return vector;
  };
  const Vector query = make();
  std::vector<std::pair<double, std::string>> expected;
  for (int i = 0; i < kItems; ++i) {
    const Vector vector = make();
    double sum = 0;
    for (int j = 0; j < kDimensions; ++j) sum += std::pow(double{vector[j]} - query[j], 2);
    expected.emplace_back(std::sqrt(sum), str_cat(i, ";"));
    app.expect_ok("PutItem", put(expected.back().second, vector));
  }
  std::ranges::sort(expected);
  std::string keys;
  for (int i = 0; i < 20; ++i) keys += expected[i].second;
  const Answer answer = app.expect_ok("SearchVectors", search("vix", query, "", 20));
  EXPECT_EQ(keys_of(answer), keys);
  EXPECT_NEAR(answer.number_at("/SearchResults/0/Score"), expected[0].first, 1e-4);
}

TEST_F(VectorIndex, NarrowsToItsPartitionAndFilters) {
  app.expect_ok("CreateTable", create(index("vix", "COSINE", kSearchSchema)));
  put_four(R"(,"h":{"S":"x"},"f":{"N":"1"})");
  app.expect_ok("PutItem", put("e", {1, 0, 0}, R"(,"h":{"S":"y"},"f":{"N":"1"})"));
  app.expect_ok("PutItem", put("f", {0.9F, 0, 0.1F}, R"(,"h":{"S":"x"},"f":{"N":"2"})"));
  app.expect_ok("PutItem", put("g", {0.8F, 0, 0.2F}, R"(,"h":{"S":"x"})"));
  app.expect_ok("PutItem", put("i", {1, 0, 0}));  // Without the HASH attribute: not indexed.
  EXPECT_EQ(found("vix", where("h = :h", R"(":h":{"S":"x"})")), "afgdbc");
  EXPECT_EQ(found("vix", where("h = :h", R"(":h":{"S":"y"})")), "e");
  EXPECT_EQ(found("vix", where("h = :h AND f = :f", R"(":h":{"S":"x"},":f":{"N":"2"})")), "f");
  EXPECT_EQ(found("vix", where("f = :f AND :h = h", R"(":h":{"S":"x"},":f":{"N":"2"})")), "f");
  EXPECT_EQ(found("vix", where("h = :h AND (f = :f OR NOT f = :one)",
                               R"(":h":{"S":"x"},":f":{"N":"2"},":one":{"N":"1"})")),
            "fg");
}

TEST_F(VectorIndex, RefusesSearchesWithTheServicesTexts) {
  app.expect_ok("CreateTable",
                create(str_cat(index("plain"), ",", index("vix", "COSINE", kSearchSchema))));
  const std::string x = R"(":h":{"S":"x"})";
  struct Case {
    std::string request;
    std::string_view text;
  };
  const Case cases[] = {
      {search("plain", {1, 0, 0}, "", 101),
       "Provided TopK value '101' is out of valid range. The value must be between 1 and 100 "
       "inclusive"},
      {search("plain", {1, 0}),
       "Input search vector dimension 2 does not match vector index dimension 3"},
      {search("none", {1, 0, 0}), "The table does not have the specified index: none"},
      {search("vix", {1, 0, 0}),
       "SearchConditionExpression must be provided when SearchSchema has a HASH key"},
      {search("vix", {1, 0, 0}, where("f = :h", R"(":h":{"N":"1"})")),
       "SearchConditionExpression must be provided when SearchSchema has a HASH key"},
      {search("vix", {1, 0, 0}, where("h < :h", x)),
       "Invalid SearchConditionExpression: Invalid comparator used in SearchConditionExpression"},
      {search("vix", {1, 0, 0}, where("h = :h AND f > :f", str_cat(x, R"(,":f":{"N":"1"})"))),
       "Invalid SearchConditionExpression: Invalid comparator used in SearchConditionExpression"},
      {search("vix", {1, 0, 0}, where("h = :h AND f IN (:f)", str_cat(x, R"(,":f":{"N":"1"})"))),
       "Invalid SearchConditionExpression: Invalid comparator used in SearchConditionExpression"},
      {search("vix", {1, 0, 0}, where("h = :h OR f = :f", str_cat(x, R"(,":f":{"N":"1"})"))),
       "Invalid SearchConditionExpression: Invalid operator used in SearchConditionExpression"},
      {search("vix", {1, 0, 0}, where("contains(h, :h)", x)),
       "Invalid SearchConditionExpression: Invalid operator used in SearchConditionExpression"},
      {search("plain", {1, 0, 0}, where("h = :h", x)),
       "SearchConditionExpression must not contain any attributes that is not in SearchSchema. "
       "Invalid attribute: h"},
      {search("vix", {1, 0, 0}, where("h =", x)),
       "Invalid SearchConditionExpression: Syntax error; token: \\\"<EOF>\\\", near: \\\"=\\\""},
      {R"({"TableName":"tbl","IndexName":"plain","TopK":1,"SearchVector":[{"L":[{"N":"1"}]}]})",
       "Search vector contains invalid values. All values in the search vector must be a 32-bit "
       "floating-point number attribute"},
      {R"({"TableName":"tbl","IndexName":"plain","TopK":1,"SearchVector":[{"N":"1e39"}]})",
       "Search vector contains invalid values. All values in the search vector must be a 32-bit "
       "floating-point number attribute"},
  };
  for (const Case& each : cases) {
    const std::string error = app.error("SearchVectors", each.request);
    if (each.text.find("EOF") != std::string_view::npos)
      EXPECT_TRUE(error.starts_with(
          "ValidationException: Invalid SearchConditionExpression: Syntax error; token: "))
          << error;
    else
      EXPECT_EQ(error, str_cat("ValidationException: ", each.text));
  }
  EXPECT_EQ(app.error("Scan", R"({"TableName":"tbl","IndexName":"plain"})"),
            "ValidationException: Query operation not supported on this index type.");
}

TEST_F(VectorIndex, RefusesItemsWithTheServicesTexts) {
  app.expect_ok("CreateTable",
                create(str_cat(index("vix", "COSINE", kSearchSchema), ",", index("plain"))));
  const std::string refused = "ValidationException: One or more parameter values were invalid. ";
  EXPECT_EQ(app.error("PutItem", put("a", {1, 0})),
            refused + "Invalid size for parameter e, Expected: 3, Actual: 2 IndexName: plain");
  EXPECT_EQ(app.error("PutItem", R"({"TableName":"tbl","Item":{"pk":{"S":"a"},"e":{"S":"x"}}})"),
            refused +
                "Invalid type for parameter e, Expected: 32-bit floating point number list "
                "IndexName: plain");
  EXPECT_EQ(
      app.error("PutItem", R"({"TableName":"tbl","Item":{"pk":{"S":"a"},"e":{"L":[{"N":"1"},)"
                           R"({"S":"x"},{"N":"1"}]}}})"),
      refused +
          "Invalid type for parameter e[1], Expected: 32-bit floating point number, Actual: S. "
          "IndexName: plain");
  EXPECT_EQ(app.error("PutItem", put("a", {1, 0, 0}, R"(,"h":{"S":""})")),
            "ValidationException: One or more parameter values are not valid. A value specified "
            "for a secondary index key is not supported. The AttributeValue for a key attribute "
            "cannot contain an empty string value. IndexName: vix, IndexKey: h");
  app.expect_ok("PutItem", put("a", {1, 0, 0}));
  EXPECT_EQ(app.error("UpdateItem", R"({"TableName":"tbl","Key":{"pk":{"S":"a"}},)"
                                    R"("UpdateExpression":"REMOVE e[0]"})"),
            refused + "Invalid size for parameter e, Expected: 3, Actual: 2 IndexName: plain");
  EXPECT_EQ(found("plain"), "a");
}

TEST_F(VectorIndex, FollowsUpdatesDeletesBatchesAndTransactions) {
  app.expect_ok("CreateTable", create_plain(index("vix")));
  put_four();
  app.expect_ok("UpdateItem",
                R"({"TableName":"tbl","Key":{"pk":{"S":"b"}},"UpdateExpression":"SET e[0] = :n",)"
                R"("ExpressionAttributeValues":{":n":{"N":"9"}}})");
  EXPECT_EQ(found("vix"), "abdc");
  app.expect_ok("UpdateItem",
                R"({"TableName":"tbl","Key":{"pk":{"S":"d"}},"UpdateExpression":"REMOVE e"})");
  EXPECT_EQ(found("vix"), "abc");
  app.expect_ok("BatchWriteItem", R"({"RequestItems":{"tbl":[{"DeleteRequest":{"Key":{"pk":)"
                                  R"({"S":"a"}}}}]}})");
  EXPECT_EQ(found("vix"), "bc");
  app.expect_ok("TransactWriteItems",
                R"({"TransactItems":[{"Delete":{"TableName":"tbl","Key":{"pk":{"S":"b"}}}}]})");
  EXPECT_EQ(found("vix"), "c");
  EXPECT_EQ(described().at("/Table/VectorIndexes/0/ItemCount"), "1");
}

TEST_F(VectorIndex, IsNotSearchedNorLosesItsTableWhileItIsFilled) {
  app.expect_ok("CreateTable", create_request("tbl"));
  put_four();
  app.expect_ok("PutItem", put("x", {1, 0}));  // Not a vector of the index: skipped.
  const std::string add = table_request(
      "tbl", str_cat(R"(,"VectorIndexUpdates":[{"Create":)", index("vix"), "}]"));
  const Answer updated = app.expect_ok("UpdateTable", add);
  EXPECT_EQ(updated.string_at("/TableDescription/VectorIndexes/0/IndexStatus"), "CREATING");
  EXPECT_EQ(app.error("SearchVectors", search("vix", {1, 0, 0})),
            "ValidationException: Cannot search backfilling vector index: vix");
  EXPECT_EQ(app.error("DeleteTable", table_request("tbl")),
            "ResourceInUseException: Attempt to change a resource which is still in use: Cannot "
            "delete table while indexes are being created, updated, or deleted.");
  EXPECT_EQ(app.error("UpdateTable",
                      table_request("tbl", str_cat(R"(,"VectorIndexUpdates":[{"Create":)",
                                                   index("ix1"), R"(},{"Create":)", index("ix2"),
                                                   "}]"))),
            "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created "
            "or deleted simultaneously per table");
}

TEST_F(VectorIndex, CountsItsBytes) {
  app.expect_ok("CreateTable",
                create_plain(str_cat(index("all"), ",",
                                     index("keys", "COSINE", "",
                                           R"({"ProjectionType":"KEYS_ONLY"})"))));
  const std::string blob = str_cat(R"(,"blob":{"S":")", std::string(1500, 'x'), "\"}");
  Answer answer = app.expect_ok("PutItem", put("a", {1, 0, 0}, blob));
  // pk + a, e + 3 * 4, blob + 1500.
  EXPECT_EQ(answer.at("/ConsumedCapacity/VectorIndexes"),
            R"({"all":{"VectorWriteRequestBytes":1520.0},"keys":{"VectorWriteRequestBytes":1024.0}})");
  EXPECT_EQ(answer.at("/ConsumedCapacity/CapacityUnits"), "2.0");
  answer = app.expect_ok("PutItem", put("a", {1, 0, 0}, blob));
  EXPECT_EQ(answer.at("/ConsumedCapacity/VectorIndexes"), "(nothing)");
  answer = app.expect_ok(
      "SearchVectors", search("keys", {1, 0, 0}, R"(,"ReturnConsumedCapacity":"TOTAL")"));
  EXPECT_EQ(answer.at("/ConsumedCapacity"), R"({"VectorSearchRequestBytes":1024.0})");
}

TEST_F(VectorIndex, GivesTheVectorOnlyWhenAsked) {
  app.expect_ok("CreateTable", create_plain(index("vix")));
  app.expect_ok("PutItem", put("a", {0.5F, 1, 16777216}, R"(,"n":{"N":"1"})"));
  const auto item = [&](std::string_view more) {
    return app.expect_ok("SearchVectors", search("vix", {1, 0, 0}, more)).at("/SearchResults/0/Item");
  };
  EXPECT_EQ(item(""), R"({"n":{"N":"1"},"pk":{"S":"a"}})");
  EXPECT_EQ(item(R"(,"ProjectionExpression":"pk, absent")"), R"({"pk":{"S":"a"}})");
  EXPECT_EQ(item(R"(,"ProjectionExpression":"pk, e")"),
            R"({"pk":{"S":"a"},"e":{"L":[{"N":"0.5"},{"N":"1.0"},{"N":"16777216.0"}]}})");
  EXPECT_EQ(item(R"(,"ProjectionExpression":"e[1]")"), R"({"e":{"L":[{"N":"1"}]}})");
}

}  // namespace
}  // namespace tailrace
