#include "storage/base/json_text.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonString, EscapesOnlyWhatJsonAsks) {
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("plain"), R"("plain")");
  EXPECT_EQ(json_string("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json_string("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(json_string(std::string_view("\0\x01\x1f", 3)), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(json_string("\x20\x7f é 😀"), "\"\x20\x7f é 😀\"");
}

// The scan goes by words of eight bytes: every byte at every place of a word, and before bytes that
// a borrow could disguise.
TEST(JsonString, FindsEveryEscapeAtEveryPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    const auto c = static_cast<char>(byte);
    const std::string alone = json_string(std::string(1, c));
    const std::string inner = alone.substr(1, alone.size() - 2);
    EXPECT_EQ(inner.size() > 1, byte < 0x20 || c == '"' || c == '\\') << byte;
    for (std::size_t place = 0; place < 20; ++place) {
      std::string text(20, ' ');
      text[place] = c;
      std::string expected(20, ' ');
      expected.replace(place, 1, inner);
      EXPECT_EQ(json_string(text), '"' + expected + '"') << byte << " at " << place;
    }
  }
}

TEST(JsonWriter, SetsCommasWhereTheyBelong) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("empty").begin_array().end_array();
  json.key("list")
      .begin_array()
      .number(1)
      .string("x")
      .begin_object()
      .end_object()
      .null()
      .end_array();
  json.boolean("flag", true).string("text", "a").number("n", -5).raw("raw", "{}");
  json.end_object();
  EXPECT_EQ(out, R"({"empty":[],"list":[1,"x",{},null],"flag":true,"text":"a","n":-5,"raw":{}})");
}

TEST(JsonWriter, KeepsOneFractionDigitOfIntegralDoubles) {
  std::string out;
  JsonWriter json(out);
  json.begin_array().number(2.0).number(0.5).number(0.1).number(1e300).end_array();
  EXPECT_EQ(out, "[2.0,0.5,0.1,1e+300]");
}

}  // namespace
}  // namespace tailrace
