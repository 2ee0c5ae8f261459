#include "server/api/decode_value.h"

#include <gtest/gtest.h>

namespace tailrace::api {
namespace {

std::string decoded(std::string_view text) {
  rapidjson::Document document;
  EXPECT_TRUE(json::parse_copy(text, document)) << text;
  const auto value = decode_value(document);
  if (!value) return value.error().message;
  std::string out;
  append_value_json(out, *value);
  return out;
}

struct Case {
  std::string_view text, expected;
};

TEST(DecodeValue, NormalisesNumbersAndSortsSets) {
  const Case kCases[] = {
      {R"({"S":"x"})", R"({"S":"x"})"},
      {R"({"S":""})", R"({"S":""})"},
      {R"({"N":"1.5E2"})", R"({"N":"150"})"},
      {R"({"B":"AQI="})", R"({"B":"AQI="})"},
      {R"({"BOOL":"yes"})", R"({"BOOL":true})"},
      {R"({"NULL":true})", R"({"NULL":true})"},
      {R"({"SS":["b","a",""]})", R"({"SS":["","a","b"]})"},
      {R"({"NS":["10","2.0"]})", R"({"NS":["2","10"]})"},
      {R"({"BS":["Ag==","AQ=="]})", R"({"BS":["AQ==","Ag=="]})"},
      {R"({"L":[{"M":{"b":{"S":"1"},"a":{"L":[]}}}]})",
       R"({"L":[{"M":{"a":{"L":[]},"b":{"S":"1"}}}]})"},
      {R"({"S":"x","N":null})", R"({"S":"x"})"},
      {R"({"S":"x","unknown":1})", R"({"S":"x"})"},
  };
  for (const Case& c : kCases) EXPECT_EQ(decoded(c.text), c.expected) << c.text;
}

TEST(DecodeValue, RefusesWithTheServicesTexts) {
  constexpr std::string_view kSeveral =
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
      "supported datatypes";
  constexpr std::string_view kEmpty =
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
  const Case kCases[] = {
      {R"({})", kEmpty},
      {R"({"S":null})", kEmpty},
      {R"({"X":"1"})", kEmpty},
      {R"({"S":"x","N":"1"})", kSeveral},
      {R"({"S":"x","N":"y"})", "The parameter cannot be converted to a numeric value: y"},
      {R"({"SS":[],"S":"x"})",
       "One or more parameter values were invalid: An string set  may not be empty"},
      {R"({"N":""})", "The parameter cannot be converted to a numeric value"},
      {R"({"N":"1e"})", "The parameter cannot be converted to a numeric value: 1e"},
      {R"({"NULL":false})",
       "One or more parameter values were invalid: Null attribute value types must have the value "
       "of true"},
      {R"({"SS":[]})",
       "One or more parameter values were invalid: An string set  may not be empty"},
      {R"({"NS":[]})",
       "One or more parameter values were invalid: An number set  may not be empty"},
      {R"({"BS":[]})",
       "One or more parameter values were invalid: Binary sets should not be empty"},
      {R"({"SS":["b","a","b"]})",
       "One or more parameter values were invalid: Input collection [b, a, b] contains "
       "duplicates."},
      {R"({"NS":["1","1.0"]})", "Input collection contains duplicates"},
      {R"({"BS":["AQ==","AQ=="]})",
       "One or more parameter values were invalid: Input collection [AQ==, AQ==]of type BS "
       "contains duplicates."},
      {R"({"L":[{"S":"x"},{}]})", kEmpty},
      {R"({"M":{"a":null}})", kEmpty},
  };
  for (const Case& c : kCases) EXPECT_EQ(decoded(c.text), c.expected) << c.text;
}

std::string nested_lists(int levels) {  // The innermost is an empty list.
  std::string text;
  for (int i = 1; i < levels; ++i) text += R"({"L":[)";
  text += R"({"L":[]})";
  for (int i = 1; i < levels; ++i) text += "]}";
  return text;
}

TEST(DecodeValue, AllowsThirtyTwoLevels) {
  EXPECT_EQ(decoded(nested_lists(32)), nested_lists(32));
  EXPECT_EQ(decoded(nested_lists(33)),
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested "
            "levels beyond supported limit");
}

std::string start_key_error(std::string_view text) {
  rapidjson::Document document;
  EXPECT_TRUE(json::parse_copy(text, document));
  const auto key = decode_start_key(document);
  return key ? "ok" : key.error().message;
}

TEST(DecodeStartKey, NamesTheKeyExceptForNumbers) {
  EXPECT_EQ(start_key_error(R"({"a":{"S":"x"}})"), "ok");
  EXPECT_EQ(start_key_error(R"({"a":{}})"),
            "The provided starting key is invalid: Supplied AttributeValue is empty, must contain "
            "exactly one of the supported "
            "datatypes");
  EXPECT_EQ(start_key_error(R"({"a":{"N":"x"}})"),
            "The parameter cannot be converted to a numeric value: x");
}

std::string values_error(std::string_view text) {
  rapidjson::Document document;
  EXPECT_TRUE(json::parse_copy(text, document));
  const auto values = decode_expression_values(document);
  return values ? "ok" : values.error().message;
}

TEST(DecodeExpressionValues, WrapsErrorsWithTheirKey) {
  EXPECT_EQ(values_error(R"({":a":{"SS":[]}})"),
            "ExpressionAttributeValues contains invalid value: One or more parameter values were "
            "invalid: An string set  may not "
            "be empty for key :a");
  EXPECT_EQ(values_error(R"({":a":{"NULL":false}})"),
            "One or more parameter values were invalid: Null attribute value types must have the "
            "value of true");
}

TEST(DecodeItem, RefusesEmptyAttributeNames) {
  rapidjson::Document document;
  ASSERT_TRUE(json::parse_copy(R"({"":{"S":"x"}})", document));
  const auto item = decode_item(document);
  ASSERT_FALSE(item);
  EXPECT_NE(item.error().message.find("Empty attribute name"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::api
