// Every list and map of every operation with as many elements as a body may hold: no request may
// cost more than its bytes. What costs the square of them would take minutes here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <vector>

#include "server/api/shape.h"
#include "server/ops/operations.h"
#include "storage/base/str_cat.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

using api::Kind;
using api::Member;
using api::Shape;
using testing::HasSubstr;

// Of the processor, so that others on the machine don't count.
double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

enum class Elements { kDistinct, kEqual };

// Bodies with the members that are required, and one list or map made large.
class LargeBodies {
 public:
  LargeBodies(const Shape& input, std::size_t count, Elements elements)
      : input_(input), count_(count), elements_(elements) {}

  struct Body {
    std::string path;
    std::string text;
  };
  std::vector<Body> all() {
    find_paths(input_, "", 0);
    std::vector<Body> bodies;
    for (const std::string& path : paths_) {
      path_ = path;
      bodies.push_back({path, structure(input_, "")});
    }
    return bodies;
  }

 private:
  static constexpr int kDepthMax = 6;

  void find_paths(const Shape& shape, const std::string& path, int depth) {
    if (depth > kDepthMax) return;
    switch (shape.kind) {
      case Kind::kList:
      case Kind::kMap:
        paths_.push_back(path);
        return find_paths(*shape.element, path + "[]", depth + 1);
      case Kind::kStructure:
        for (const Member& member : shape.members)
          find_paths(*member.shape, str_cat(path, ".", member.name), depth + 1);
        return;
      case Kind::kAttributeValue:
        for (const char* type : {".M", ".L", ".SS", ".NS", ".BS"}) paths_.push_back(path + type);
        return;
      case Kind::kString:
        paths_.push_back(path);
        return;
      default:
        return;
    }
  }

  bool is_on_path(const std::string& path) const {
    return path_.starts_with(path) &&
           (path_.size() == path.size() || path_[path.size()] == '.' || path_[path.size()] == '[');
  }

  std::string value(const Shape& shape, const std::string& path, std::string_view name) {
    switch (shape.kind) {
      case Kind::kString:
        return string(shape, path, name);
      case Kind::kBoolean:
        return "true";
      case Kind::kInteger:
      case Kind::kLong:
      case Kind::kDouble:
      case Kind::kTimestamp:
        return shape.has_min ? str_cat(shape.min) : "1";
      case Kind::kBlob:
        return "\"AAAA\"";
      case Kind::kList: {
        std::string text = "[";
        const std::size_t count = path == path_ ? count_ : 1;
        for (std::size_t i = 0; i < count; ++i) {
          number_ = i;
          str_append(text, i == 0 ? "" : ",", value(*shape.element, path + "[]", name));
        }
        return text + "]";
      }
      case Kind::kMap: {
        std::string text = "{";
        const std::size_t count = path == path_ ? count_ : 1;
        for (std::size_t i = 0; i < count; ++i) {
          number_ = i;
          str_append(text, i == 0 ? "" : ",", "\"", key_of(name, path == path_ ? i : 0),
                     "\":", value(*shape.element, path + "[]", name));
        }
        return text + "}";
      }
      case Kind::kStructure:
        return structure(shape, path);
      case Kind::kAttributeValue:
        return attribute_value(path);
    }
    return "null";
  }

  std::string key_of(std::string_view name, std::size_t i) const {
    const std::size_t number = elements_ == Elements::kEqual ? 0 : i;
    if (name == "ExpressionAttributeNames") return str_cat("#k", number);
    if (name == "ExpressionAttributeValues") return str_cat(":k", number);
    return number == 0 ? "id" : str_cat("k", number);
  }

  std::string structure(const Shape& shape, const std::string& path) {
    std::string text = "{";
    const bool to_names = path_ == path + ".ExpressionAttributeNames";
    const bool to_values = path_.starts_with(path + ".ExpressionAttributeValues");
    for (const Member& member : shape.members) {
      const std::string below = str_cat(path, ".", member.name);
      const std::string expression = to_names    ? with_names(member.name)
                                     : to_values ? with_values(member.name)
                                                 : "";
      if (!expression.empty()) {
        str_append(text, text.size() == 1 ? "" : ",", "\"", member.name, "\":\"", expression, "\"");
        continue;
      }
      if (!member.required && !member.required_parameter && !is_on_path(below)) continue;
      str_append(text, text.size() == 1 ? "" : ",", "\"", member.name,
                 "\":", value(*member.shape, below, member.name));
    }
    return text + "}";
  }

  // Expressions that use what is made large, so that it gets past their parsing.
  static std::string with_names(std::string_view member) {
    if (member == "UpdateExpression") return "REMOVE #k0";
    if (member == "ProjectionExpression") return "#k0";
    if (member == "ConditionExpression" || member == "FilterExpression")
      return "attribute_not_exists(#k1)";
    return "";
  }
  static std::string with_values(std::string_view member) {
    if (member == "UpdateExpression") return "SET a = :k0";
    if (member == "KeyConditionExpression") return "id = :k0";
    if (member == "ConditionExpression" || member == "FilterExpression") return "a <> :k0";
    return "";
  }

  std::string string(const Shape& shape, const std::string& path, std::string_view name) {
    if (path == path_) {
      const char* piece =
          name.ends_with("Expression") || name == "Statement" ? "a and (" : "abcdef";
      std::string text = "\"";
      for (std::size_t i = 0; i < count_; ++i) text += piece;
      return text + "\"";
    }
    if (!shape.enum_values.empty()) return str_cat("\"", shape.enum_values.front(), "\"");
    if (name == "TableName") return "\"abc\"";
    if (name == "AttributeName") return "\"id\"";
    if (name == "Statement") return R"("SELECT * FROM \"abc\"")";
    if (name == "RegionName") return str_cat("\"eu-west-", unique(), "\"");
    if (name.ends_with("Arn")) return "\"arn:aws:dynamodb:us-east-1:000000000000:table/abc\"";
    return str_cat("\"name", unique(), "\"");
  }
  std::size_t unique() const { return elements_ == Elements::kEqual ? 0 : number_; }

  std::string attribute_value(const std::string& path) {
    if (!path_.starts_with(path + ".")) return str_cat(R"({"S":"x)", unique(), "\"}");
    const std::string type = path_.substr(path.size() + 1);
    std::string text = str_cat("{\"", type, "\":", type == "M" ? "{" : "[");
    for (std::size_t i = 0; i < count_; ++i) {
      const std::size_t number = elements_ == Elements::kEqual ? 0 : i;
      if (i > 0) text += ',';
      if (type == "M") str_append(text, "\"k", number, "\":{\"S\":\"x\"}");
      if (type == "L") str_append(text, "{\"N\":\"", number, "\"}");
      if (type == "SS") str_append(text, "\"x", number, "\"");
      if (type == "NS") str_append(text, "\"", number, "\"");
      if (type == "BS") str_append(text, "\"", base64_of(number), "\"");
    }
    return text + (type == "M" ? "}}" : "]}");
  }
  static std::string base64_of(std::size_t number) {
    std::string text = str_cat(number + 1'000'000'000);
    return text.substr(0, 8);
  }

  const Shape& input_;
  const std::size_t count_;
  const Elements elements_;
  std::vector<std::string> paths_;
  std::string path_;
  std::size_t number_ = 0;
};

constexpr std::size_t kElements = 40'000;
// What is quadratic takes ten times as long, what is not a tenth.
constexpr double kSecondsMax = 1;
constexpr std::string_view kTable =
    R"({"TableName":"abc","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)"
    R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST",)"
    R"("StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}})";

// The answer, and that it came in time.
Answer timed(TestApp& app, const ops::Operation& operation, const std::string& body) {
  const double began = cpu_seconds();
  Answer answer = operation.service == ops::kDynamoDbStreams
                      ? app.call_streams(operation.name, body)
                      : app.call(operation.name, body);
  EXPECT_LT(cpu_seconds() - began, kSecondsMax);
  EXPECT_LT(answer.status(), 500) << answer.text().substr(0, 500);
  return answer;
}
Answer timed(TestApp& app, std::string_view name, const std::string& body) {
  for (const ops::Operation* operation : ops::all_operations())
    if (operation->name == name && operation->service == ops::kDynamoDb)
      return timed(app, *operation, body);
  CHECK(false);
}

// `count` texts of `element(i)`, with commas between.
template <class Element>
std::string list_of(std::size_t count, Element element) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) str_append(text, i == 0 ? "" : ",", element(i));
  return text;
}

class LargeRequests : public testing::TestWithParam<Elements> {};

TEST_P(LargeRequests, CostNoMoreThanTheirBytes) {
  TestApp app;
  app.expect_ok("CreateTable", kTable);
  app.expect_ok("PutItem", R"({"TableName":"abc","Item":{"id":{"S":"x0"}}})");
  for (const ops::Operation* operation : ops::all_operations()) {
    const bool streams = operation->service == ops::kDynamoDbStreams;
    const Shape* shape =
        api::find_shape(streams ? api::streams_shapes() : api::dynamodb_shapes(), operation->name);
    for (const auto& body : LargeBodies(*shape, kElements, GetParam()).all()) {
      SCOPED_TRACE(str_cat(operation->name, body.path));
      timed(app, *operation, body.text);
      app.call("CreateTable", kTable);  // It may have been deleted.
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of,
                         LargeRequests,
                         testing::Values(Elements::kDistinct, Elements::kEqual),
                         [](const auto& values) {
                           return values.param == Elements::kDistinct ? "DistinctElements"
                                                                      : "EqualElements";
                         });

// --- Requests that get past the checks, and whose parts multiply.

class LargeRequest : public testing::Test {
 protected:
  LargeRequest() {
    app.expect_ok("CreateTable", kTable);
    app.expect_ok("PutItem", R"({"TableName":"abc","Item":{"id":{"S":"x"}}})");
  }
  std::string error_of(std::string_view operation, const std::string& body) {
    const Answer answer = timed(app, operation, body);
    EXPECT_FALSE(answer.ok());
    return answer.error();
  }

  TestApp app;
};

TEST_F(LargeRequest, ValuesOfAnExpressionAreCountedBeforeTheyAreLookedAt) {
  const std::string values =
      list_of(400'000, [](std::size_t i) { return str_cat("\":v", i, "\":{\"N\":\"", i, "\"}"); });
  EXPECT_THAT(error_of("UpdateItem",
                       str_cat(R"({"TableName":"abc","Key":{"id":{"S":"x"}},"UpdateExpression":)"
                               R"("SET a = :v1","ExpressionAttributeValues":{)",
                               values, "}}")),
              HasSubstr("have exceeded the maximum allowed size"));
}

TEST_F(LargeRequest, ASetIsSearchedForItsRepeatedMemberAtThePriceOfASort) {
  const std::string members =
      list_of(200'000, [](std::size_t i) { return str_cat("\"", i, "\""); });
  EXPECT_TRUE(error_of("PutItem",
                       str_cat(R"({"TableName":"abc","Item":{"a":{"SS":[)", members, R"(,"0"]}}})"))
                  .ends_with("\"0\"] contains duplicates."));
}

TEST_F(LargeRequest, ManyFailuresOfMembersAreToldAtThePriceOfASort) {
  const std::string gets = list_of(
      100'000, [](std::size_t) { return std::string(R"({"Get":{"TableName":"abc!","Key":{}}})"); });
  EXPECT_TRUE(
      error_of("TransactGetItems", str_cat(R"({"TransactItems":[)", gets, "]}"))
          .starts_with("ValidationException: 1 validation error detected: Value '[Transact"));
  const std::string names = list_of(
      100'000, [](std::size_t) { return std::string(R"({"Get":{"TableName":"","Key":{}}})"); });
  EXPECT_TRUE(
      error_of("TransactGetItems", str_cat(R"({"TransactItems":[)", names, "]}"))
          .starts_with("ValidationException: 1 validation error detected: Value '[Transact"));
}

TEST_F(LargeRequest, UpdatesOfManyReplicasAreRefused) {
  const std::string updates = list_of(200'000, [](std::size_t i) {
    return str_cat(R"({"Create":{"RegionName":"eu-west-)", i, "\"}}");
  });
  EXPECT_EQ(
      error_of("UpdateTable", str_cat(R"({"TableName":"abc","ReplicaUpdates":[)", updates, "]}")),
      "ValidationException: Update table operation with more than one create or delete replica "
      "actions not allowed");
}

TEST_F(LargeRequest, AGlobalTableHasNoMoreReplicasThanThereCanBeRegions) {
  const auto create = [&](int i) {
    return app.call("UpdateTable",
                    str_cat(R"({"TableName":"abc","ReplicaUpdates":[{"Create":{"RegionName":"r-)",
                            i, "\"}}]}"));
  };
  app.expect_ok("DeleteItem", R"({"TableName":"abc","Key":{"id":{"S":"x"}}})");
  for (int i = 0; i < 63; ++i) ASSERT_TRUE(create(i).ok()) << i << create(i).text();
  EXPECT_EQ(create(63).error(), "LimitExceededException: A global table has at most 64 replicas");
}

TEST_F(LargeRequest, DefinitionsAndIndexesOfANewTableAreCountedFirst) {
  const std::string definitions = list_of(100'000, [](std::size_t i) {
    return str_cat(R"({"AttributeName":"k)", i, R"(","AttributeType":"S"})");
  });
  const std::string indexes = list_of(40'000, [](std::size_t i) {
    return str_cat(R"({"IndexName":"index)", i, R"(","KeySchema":[{"AttributeName":"k)", 99'999 - i,
                   R"(","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}})");
  });
  EXPECT_EQ(error_of("CreateTable",
                     str_cat(R"({"TableName":"new","AttributeDefinitions":[)", definitions,
                             R"(],"KeySchema":[{"AttributeName":"k0","KeyType":"HASH"}],)"
                             R"("BillingMode":"PAY_PER_REQUEST","GlobalSecondaryIndexes":[)",
                             indexes, "]}"))
                .substr(0, 126),
            "ValidationException: One or more parameter values were invalid: Some "
            "AttributeDefinitions are not used. AttributeDefinitions: ");
}

TEST_F(LargeRequest, ManyAttributesAreSetAndRemovedAtThePriceOfOneWalk) {
  // In no order: to insert or erase them one after the other would move all that follow.
  constexpr std::size_t kSet = 10'000;  // Each counts for more than it is.
  constexpr std::size_t kRemoved = 50'000;
  const auto name = [](std::size_t i, std::size_t count) { return str_cat("n", i * 7919 % count); };
  const std::string updates = list_of(kSet, [&](std::size_t i) {
    return str_cat("\"", name(i, kSet), R"(":{"Action":"PUT","Value":{"NULL":true}})");
  });
  constexpr std::string_view kKey = R"({"TableName":"abc","Key":{"id":{"S":"x"}})";
  const Answer set =
      timed(app, "UpdateItem", str_cat(kKey, R"(,"AttributeUpdates":{)", updates, "}}"));
  EXPECT_TRUE(set.ok()) << set.text();
  EXPECT_EQ(app.call("GetItem", str_cat(kKey, "}")).size_at("/Item"), kSet + 1);

  const std::string attributes = list_of(kRemoved, [&](std::size_t i) {
    return str_cat("\"", name(i, kRemoved), R"(":{"NULL":true})");
  });
  app.expect_ok("PutItem",
                str_cat(R"({"TableName":"abc","Item":{"id":{"S":"x"},)", attributes, "}}"));
  const std::string removals = list_of(kRemoved - 1, [&](std::size_t i) {
    return str_cat("\"", name(i, kRemoved), R"(":{"Action":"DELETE"})");
  });
  const Answer removed =
      timed(app, "UpdateItem", str_cat(kKey, R"(,"AttributeUpdates":{)", removals, "}}"));
  EXPECT_TRUE(removed.ok()) << removed.text();
  EXPECT_EQ(app.call("GetItem", str_cat(kKey, "}")).size_at("/Item"), 2U);
}

TEST_F(LargeRequest, ElementsOfALongListAreRemovedInOneWalk) {
  constexpr std::size_t kCount = 100'000;
  const std::string elements =
      list_of(kCount, [](std::size_t) { return std::string(R"({"NULL":true})"); });
  app.expect_ok("PutItem", str_cat(R"({"TableName":"abc","Item":{"id":{"S":"x"},"l":{"L":[)",
                                   elements, "]}}}"));
  const std::string removals =
      list_of(500, [](std::size_t i) { return str_cat("l[", i * 2, "]"); });
  timed(app, "UpdateItem",
        str_cat(R"({"TableName":"abc","Key":{"id":{"S":"x"}},"UpdateExpression":"REMOVE )",
                removals, "\"}"));
  EXPECT_EQ(
      app.call("GetItem", R"({"TableName":"abc","Key":{"id":{"S":"x"}}})").size_at("/Item/l/L"),
      kCount - 500);
}

TEST_F(LargeRequest, AListIsNotAppendedToItselfBeyondWhatAnItemMayHold) {
  const std::string elements =
      list_of(100'000, [](std::size_t) { return std::string(R"({"NULL":true})"); });
  app.expect_ok("PutItem", str_cat(R"({"TableName":"abc","Item":{"id":{"S":"x"},"l":{"L":[)",
                                   elements, "]}}}"));
  const std::string many =
      list_of(150, [](std::size_t i) { return str_cat("a", i, "=list_append(l,l)"); });
  std::string nested = "l";
  for (int i = 0; i < 200; ++i) nested = str_cat("list_append(", nested, ",l)");
  for (const std::string& clauses : {many, "a=" + nested}) {
    EXPECT_THAT(
        error_of("UpdateItem",
                 str_cat(R"({"TableName":"abc","Key":{"id":{"S":"x"}},"UpdateExpression":"SET )",
                         clauses, "\"}")),
        HasSubstr("ValidationException"));
  }
}

TEST_F(LargeRequest, AFilterHasNoMoreOperandsThanAnExpressionCouldHave) {
  const std::string values =
      list_of(2'000, [](std::size_t i) { return str_cat(R"({"N":")", i, "\"}"); });
  EXPECT_EQ(error_of("Scan", str_cat(R"({"TableName":"abc","ScanFilter":{"a":{)"
                                     R"("ComparisonOperator":"IN","AttributeValueList":[)",
                                     values, "]}}}")),
            "ValidationException: One or more parameter values were invalid: ScanFilter has more "
            "than 2000 operands");
}

}  // namespace
}  // namespace tailrace
