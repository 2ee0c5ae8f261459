// Random bodies against every operation's shape: whatever comes, the checks answer and nothing
// breaks.
#include <gtest/gtest.h>

#include <random>

#include "server/api/decode_value.h"
#include "server/api/validator.h"
#include "storage/base/str_cat.h"

namespace tailrace::api {
namespace {

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  // Mostly of the shape's type, so that the checks get far.
  std::string value(const Shape& shape, int depth) {
    if (below(12) == 0) return anything();
    switch (shape.kind) {
      case Kind::kString:
        return text(shape);
      case Kind::kBoolean:
        return pick({"true", "false", "\"yes\""});
      case Kind::kInteger:
      case Kind::kLong:
      case Kind::kDouble:
      case Kind::kTimestamp:
        return pick({"0", "1", "-5", "1000000", "18446744073709551615", "1.5", "-1e300"});
      case Kind::kBlob:
        return pick({"\"\"", "\"AQI=\"", "\"AAAA\""});
      case Kind::kList:
        return list(*shape.element, depth);
      case Kind::kMap:
        return map(*shape.element, depth);
      case Kind::kStructure:
        return structure(shape, depth);
      case Kind::kAttributeValue:
        return attribute_value(depth);
    }
    return "null";
  }

  std::string attribute_value(int depth) {
    switch (below(depth > 5 ? 8u : 10u)) {
      case 0:
        return R"({"S":"x"})";
      case 1:
        return R"({"N":"1"})";
      case 2:
        return R"({"B":"AQI="})";
      case 3:
        return R"({"BOOL":true})";
      case 4:
        return R"({"NULL":true})";
      case 5:
        return R"({"SS":["a",null,"b"]})";
      case 6:
        return R"({"NS":["1","2"],"S":null})";
      case 7:
        return R"({"BS":["AQI=",null]})";
      case 8:
        return str_cat(R"({"L":[)", attribute_value(depth + 1), ",", anything(), "]}");
      default:
        return str_cat(R"({"M":{"a":)", attribute_value(depth + 1), R"(,"":null}})");
    }
  }

 private:
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_()) % limit; }
  std::string pick(std::initializer_list<const char*> texts) {
    return texts.begin()[below(static_cast<unsigned>(texts.size()))];
  }
  std::string anything() {
    return pick(
        {"null", "true", "1", "1.5", "\"x\"", "[]", "{}", "[null]", "{\"a\":null}", "[[[]]]"});
  }

  std::string text(const Shape& shape) {
    if (!shape.enum_values.empty() && below(2) == 0)
      return str_cat(
          "\"", shape.enum_values[below(static_cast<unsigned>(shape.enum_values.size()))], "\"");
    if (below(8) == 0) return str_cat("\"", std::string(below(2000), 'y'), "\"");
    return pick({"\"\"", "\"ab\"", "\"table.name\"", "\"\xc3\xa9\"",
                 "\"arn:aws:dynamodb:us-east-1:000000000000:table/abc\"", "\"a b\""});
  }
  std::string list(const Shape& element, int depth) {
    std::string out = "[";
    for (unsigned i = 0, count = below(4); i < count; ++i)
      str_append(out, i == 0 ? "" : ",", value(element, depth + 1));
    return out + "]";
  }
  std::string map(const Shape& element, int depth) {
    std::string out = "{";
    for (unsigned i = 0, count = below(4); i < count; ++i)
      str_append(out, i == 0 ? "" : ",", "\"k", i, "\":", value(element, depth + 1));
    return out + "}";
  }
  std::string structure(const Shape& shape, int depth) {
    std::string out = "{";
    for (const Member& member : shape.members) {
      if (below(3) == 0) continue;
      str_append(out, out.size() == 1 ? "" : ",", "\"", member.name,
                 "\":", value(*member.shape, depth + 1));
    }
    return out + "}";
  }

  std::mt19937 random_;
};

TEST(Checks, SurviveRandomBodies) {
  constexpr std::uint32_t kSeed = 20261124;
  Generator generator(kSeed);
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
  Generator generator(kSeed);
  const Shape* put = find_shape(dynamodb_shapes(), "PutItem");
  for (int round = 0; round < 5000; ++round) {
    const std::string body = str_cat(R"({"Item":{"a":)", generator.attribute_value(0), "}}");
    SCOPED_TRACE(str_cat("seed ", kSeed, ": ", body));
    rapidjson::Document document;
    ASSERT_TRUE(json::parse_copy(body, document));
    if (!check_types(*put, document)) continue;
    const auto item = decode_item(*json::find(document, "Item"));
    EXPECT_TRUE(item || !item.error().message.empty());
  }
}

}  // namespace
}  // namespace tailrace::api
