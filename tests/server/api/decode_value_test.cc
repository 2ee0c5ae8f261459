#include "server/api/decode_value.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tailrace::api {
namespace {

constexpr Reading kOlder{};
constexpr Reading kNewer{.layer = Layer::kNewer};
constexpr Reading kCounting{.layer = Layer::kNewer, .counts_all = true};

std::string decoded(std::string_view text, const Reading& reading = kOlder) {
  rapidjson::Document document;
  EXPECT_TRUE(json::parse_copy(text, document)) << text;
  const auto value = decode_value(document, reading);
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

TEST(DecodeValue, WordsFaultsAsTheLayerDoes) {
  struct LayerCase {
    std::string_view text, newer, older;
  };
  constexpr std::string_view kOver =
      "Number overflow. Attempting to store a number with magnitude larger than supported range";
  constexpr std::string_view kUnder =
      "Number underflow. Attempting to store a number with magnitude smaller than supported range";
  constexpr std::string_view kNot = "The parameter cannot be converted to a numeric value: ";
  const std::string far = std::string(kNot) + "1e99999999999";
  const std::string farther = std::string(kNot) + "1e99999999999999999999";
  const LayerCase kCases[] = {
      {R"({"N":""})", kNot, "The parameter cannot be converted to a numeric value"},
      {R"({"N":"1e2147483646"})", kOver, kOver},
      {R"({"N":"1e2147483647"})", kOver, kUnder},
      {R"({"N":"1e99999999999"})", kOver, far},
      {R"({"N":"1e99999999999999999999"})", farther, farther},
      {R"({"N":"1e-2147483647"})", kUnder, kUnder},
      {R"({"SS":["z","c","a","c","b","z"]})",
       R"(One or more parameter values were invalid: Input collection ["a", "c", "z", "c", "b", "z"] contains duplicates.)",
       "One or more parameter values were invalid: Input collection [z, c, a, c, b, z] contains "
       "duplicates."},
      {R"({"BS":["/w==","AA==","AA=="]})",
       R"(One or more parameter values were invalid: Input collection ["AA==","/w==","AA=="]of type BS contains duplicates.)",
       "One or more parameter values were invalid: Input collection [/w==, AA==, AA==]of type BS "
       "contains duplicates."},
      {R"({"NS":["1","1.0"]})",
       "One or more parameter values were invalid: Input collection contains duplicates.",
       "Input collection contains duplicates"},
  };
  for (const LayerCase& c : kCases) {
    EXPECT_EQ(decoded(c.text, kNewer), c.newer);
    EXPECT_EQ(decoded(c.text, kCounting), "1 validation error detected: " + std::string(c.newer));
    EXPECT_EQ(decoded(c.text, kOlder), c.older);
  }
  EXPECT_TRUE(decoded("{}", kCounting).starts_with("Supplied AttributeValue is empty"));
}

TEST(DecodeValue, TellsNestingThenEmptyNamesThenWhatComesFirst) {
  const std::string deep = [] {
    std::string text;
    for (int i = 0; i < 32; ++i) text += R"({"L":[)";
    text += "{}";
    for (int i = 0; i < 32; ++i) text += "]}";
    return text;
  }();
  const std::string bad = R"({"N":"x"})", unnamed = R"({"M":{"":{"S":"x"}}})";
  EXPECT_TRUE(decoded(R"({"L":[)" + bad + "," + unnamed + "," + deep + "]}")
                  .starts_with("Nesting Levels"));
  EXPECT_EQ(decoded(R"({"L":[)" + bad + "," + unnamed + "]}"), "Empty attribute name");
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
  const auto key = decode_start_key(document, kNewer, DeepKey::kBare);
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

std::string values_error(std::string_view text, const Reading& reading) {
  rapidjson::Document document;
  EXPECT_TRUE(json::parse_copy(text, document));
  const auto values = decode_expression_values(document, reading);
  return values ? "ok" : values.error().message;
}

TEST(DecodeExpressionValues, TellTheKeyWhereTheReadingSaysSo) {
  constexpr std::string_view kSet = R"({":a":{"SS":[]}})", kEmpty = R"({":a":{}})";
  constexpr Reading kNaming{.naming = {.older = true, .empty = false, .several_types = false, .deep = false}};
  EXPECT_EQ(values_error(kSet, kNaming),
            "ExpressionAttributeValues contains invalid value: One or more parameter values were "
            "invalid: An string set  may not be empty for key :a");
  EXPECT_EQ(values_error(kEmpty, kNaming),
            "Supplied AttributeValue is empty, must contain exactly one of the supported "
            "datatypes");
  constexpr Reading kNewerNaming{.layer = Layer::kNewer,
                                 .naming = {.older = true, .empty = true, .several_types = false}};
  EXPECT_EQ(values_error(kSet, kNewerNaming),
            "One or more parameter values were invalid: An string set  may not be empty");
  EXPECT_TRUE(values_error(kEmpty, kNewerNaming).ends_with(" for key :a"));
}

TEST(DecodeItem, RefusesEmptyAttributeNames) {
  rapidjson::Document document;
  ASSERT_TRUE(json::parse_copy(R"({"":{"S":"x"}})", document));
  const auto item = decode_item(document, kCounting);
  ASSERT_FALSE(item);
  EXPECT_EQ(item.error().message, "1 validation error detected: Empty attribute name");
}

// What an item becomes in the store, or the text of its error.
std::string stored_by_way_of_a_map(const json::Value& object) {
  const auto item = decode_item(object, kNewer);
  return item ? tailrace::encode_item(*item) : item.error().message;
}
std::string stored_at_once(const json::Value& object) {
  const auto item = encode_item(object, kNewer);
  return item ? std::string(item->stored().bytes()) : item.error().message;
}

TEST(EncodeItem, WritesWhatAMapWouldBecome) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto one_of = [&](const std::vector<std::string>& texts) {
    return texts[random() % texts.size()];
  };
  const std::string long_text(random() % 70'000, 'x');
  const std::vector<std::string> names = {"a",   "aa", "b", "\\u00e9", "\\\"quoted", "\\n", "z",
                                          "pk",  "sk", "Z", "count",   "version",     "",    "tags",
                                          std::string(random() % 2 == 0 ? 65'536 : 100, 'n')};
  const std::vector<std::string> good = {
      R"({"S":""})", R"({"S":"x\"\n\u0001\u00e9"})", R"({"N":"1"})", R"({"N":"-0.0010E3"})",
      R"({"N":"00000000000000000000000000000000000000000000000000000001"})", R"({"B":"AQI="})",
      R"({"BOOL":"yes"})", R"({"NULL":true})", R"({"SS":["b","a",""]})", R"({"NS":["10","2.0"]})",
      R"({"L":[{"M":{"b":{"S":"1"},"a":{"L":[]}}},{"S":"s"}]})", R"({"M":{"b":{"N":"1"},"a":{"S":""},"b":{"N":"2"}}})",
      R"({"S":"x","N":null})", R"({"S":"x","unknown":1})", R"({"S":")" + long_text + "\"}"};
  const std::vector<std::string> bad = {
      R"({"N":"x"})", R"({"N":""})", R"({"N":"1e200"})", R"({"S":"x","N":"1"})", R"({"SS":[]})", R"({"X":"x"})", "{}",
      "null", R"({"S":null})", R"({"NULL":false})", R"({"SS":["a","a"]})", R"({"L":[{"N":"x"}]})"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text = "{";
    for (int left = static_cast<int>(random() % 9); left > 0; --left) {
      text += text.size() == 1 ? "" : ",";
      text += "\"" + one_of(names) + "\":" + one_of(random() % 30 == 0 ? bad : good);
    }
    text += "}";
    rapidjson::Document document;
    ASSERT_TRUE(json::parse_copy(text, document)) << text;
    ASSERT_EQ(stored_at_once(document), stored_by_way_of_a_map(document)) << text;
  }
}

}  // namespace
}  // namespace tailrace::api
