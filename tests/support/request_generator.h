// RequestGenerator: random bodies after the shape of an operation's input, mostly of the right
// types, so that they get far. The same seed gives the same bodies.
#pragma once

#include <initializer_list>
#include <random>
#include <string>
#include <string_view>

#include "server/api/shape.h"
#include "storage/base/str_cat.h"

namespace tailrace {

using api::Kind;
using api::Member;
using api::Shape;

class RequestGenerator {
 public:
  explicit RequestGenerator(std::uint32_t seed) : random_(seed) {}

  // Mostly of the shape's type, so that the checks get far.
  std::string value(const Shape& shape, int depth) {
    if (below(50) == 0) return anything();
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
        return below(5) == 0 ? R"({"SS":["a",null,"b"]})" : R"({"SS":["a","b"]})";
      case 6:
        return R"({"NS":["1","2"],"S":null})";
      case 7:
        return R"({"BS":["AQI="]})";
      case 8:
        return str_cat(R"({"L":[)", attribute_value(depth + 1), ",",
                       below(5) == 0 ? anything() : attribute_value(depth + 1), "]}");
      default:
        return str_cat(R"({"M":{"a":)", attribute_value(depth + 1),
                       below(5) == 0 ? R"(,"":null}})" : "}}");
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
    return pick({"\"\"", "\"pk\"", "\"attribute_exists(pk)\"", "\"SET a = :v\"", "\"pk = :v\"",
                 "\"#n.b[0], a\"", "\"table.name\"", "\"\xc3\xa9\"",
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
    for (unsigned i = 0, count = below(4); i < count; ++i) {
      const std::string key = pick({"pk", "a", ":v", "#n", "table.name"});
      str_append(out, i == 0 ? "" : ",", "\"", key, "\":", value(element, depth + 1));
    }
    return out + "}";
  }
  std::string structure(const Shape& shape, int depth) {
    std::string out = "{";
    for (const Member& member : shape.members) {
      const bool required = member.required || member.required_parameter;
      if (required ? below(40) == 0 : below(4) != 0) continue;
      str_append(out, out.size() == 1 ? "" : ",", "\"", member.name,
                 "\":", member_value(member, depth + 1));
    }
    if (below(10) == 0) str_append(out, out.size() == 1 ? "" : ",", foreign_member());
    return out + "}";
  }
  // Of other shapes; where a shape lacks it, it is unchecked and to be ignored.
  std::string foreign_member() {
    const std::string name =
        pick({"AttributesToGet", "ConditionExpression", "ConsistentRead", "Expected",
              "ExpressionAttributeNames", "ExpressionAttributeValues", "Limit", "NextToken",
              "ProjectionExpression", "ReturnConsumedCapacity", "ReturnValues", "Tags"});
    return str_cat("\"", name, "\":", below(2) == 0 ? anything() : R"({":v":{"N":-1}})");
  }
  std::string member_value(const Member& member, int depth) {
    if (member.name == "TableName" && below(10) != 0) return pick({"\"abc\"", "\"table.name\""});
    if (member.name == "Key" && below(4) != 0) return R"({"pk":{"S":"a"}})";
    return value(*member.shape, depth);
  }

  std::mt19937 random_;
};

}  // namespace tailrace
