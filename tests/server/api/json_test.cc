#include "server/api/json.h"

#include <gtest/gtest.h>

namespace tailrace::json {
namespace {

bool parses(std::string text) {
  rapidjson::Document copied, in_place;
  const bool copy = parse_copy(text, copied);
  EXPECT_EQ(parse_in_place(text, in_place), copy);
  return copy;
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "{\"a\":}", "{} x", "{\"a\":1,}", "NaN", "'a'",
                           "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xed\xa0\x80\"}",
                           "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xe2\x82\"}", "\"\\ud800\"",
                           "\"\\udc00\"", "\"\\uDFFFx\"", "\"\\ud83d\\ude00\\ude00\"",
                           "\"\\\\\\ude00\""}) {
    EXPECT_FALSE(parses(text)) << text;
  }
  EXPECT_FALSE(parses(std::string("{}\0{}", 5)));
}

TEST(Json, ParsesWhatIs) {
  for (const char* text : {"{}", " [1] \n", "{\"a\":\"\xe2\x82\xac \xf0\x9f\x98\x80\"}",
                           "\"\\ud83d\\ude00\"", "\"\\uD83D\\uDE00\\uD83D\\uDE00\"",
                           "\"\\\\ude00 \\ud7ff \\uabcd\"", "1", "null"}) {
    EXPECT_TRUE(parses(text)) << text;
  }
}

TEST(Json, NestsWithoutEnd) {
  EXPECT_TRUE(parses(std::string(500000, '[') + std::string(500000, ']')));
}

TEST(Json, WritesHoweverDeepAValueNests) {
  const std::string deep = std::string(500000, '[') + std::string(500000, ']');
  rapidjson::Document document;
  ASSERT_TRUE(parse_copy(deep, document));
  EXPECT_EQ(text(document), deep);
  EXPECT_EQ(canonical_text(document), deep);
}

TEST(Json, WritesAsSentOrAsItCounts) {
  rapidjson::Document document;
  ASSERT_TRUE(parse_copy(
      R"( {"b": [1, {}, {"y":"\u00e9","x":2.5}], "a":null, "":true, "b2":1,"b2":2, "n":[null]} )",
      document));
  EXPECT_EQ(text(document),
            R"({"b":[1,{},{"y":"é","x":2.5}],"a":null,"":true,"b2":1,"b2":2,"n":[null]})");
  EXPECT_EQ(canonical_text(document),
            R"({"":true,"b":[1,{},{"x":2.5,"y":"é"}],"b2":2,"n":[null]})");
}

TEST(Json, TakesTheLastOfDuplicateMembersAndNullAsAbsent) {
  rapidjson::Document document;
  ASSERT_TRUE(parse_copy(R"({"a":1,"a":2,"b":null,"t":"True","n":2.9,"u":18446744073709551615})",
                         document));
  EXPECT_EQ(optional_int(document, "a"), 2);
  EXPECT_EQ(find(document, "b"), nullptr);
  EXPECT_EQ(find(document, "c"), nullptr);
  EXPECT_TRUE(bool_or(document, "t", false));
  EXPECT_EQ(optional_int(document, "n"), 2);
  EXPECT_EQ(optional_int(document, "u"), INT64_MAX);
  EXPECT_EQ(string_or(document, "b", "x"), "x");
}

}  // namespace
}  // namespace tailrace::json
