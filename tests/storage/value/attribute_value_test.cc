#include "storage/value/attribute_value.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tailrace {
namespace {

Number number(std::string_view text) {
  return *Number::parse(text);
}
AttributeValue s(std::string text) {
  return {std::move(text)};
}
AttributeValue n(std::string_view text) {
  return {number(text)};
}
AttributeValue b(std::string bytes) {
  return {Binary{std::move(bytes)}};
}

AttributeMap map(std::vector<AttributeMap::Entry> entries) {
  return AttributeMap::from_entries(std::move(entries));
}

std::string json(const AttributeValue& value) {
  std::string out;
  append_value_json(out, value);
  return out;
}

TEST(AttributeMap, KeepsNamesSortedHoweverTheyCome) {
  AttributeMap item;
  for (const char* name : {"m", "a", "z", "b", "\xc3\xa9", "", "aa"}) item.set(name, s(name));
  std::vector<std::string> names;
  for (const auto& [name, value] : item) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"", "a", "aa", "b", "m", "z", "\xc3\xa9"}));
  EXPECT_EQ(item.size(), 7u);
}

TEST(AttributeMap, FindsReplacesAndErases) {
  AttributeMap item;
  EXPECT_TRUE(item.empty());
  EXPECT_EQ(item.find("a"), nullptr);
  EXPECT_FALSE(item.erase("a"));
  item.set("b", n("1"));
  item.set("a", n("2"));
  item.set("b", n("3"));
  EXPECT_EQ(item.size(), 2u);
  EXPECT_TRUE(*item.find("b") == n("3"));
  *item.find("a") = s("x");
  EXPECT_TRUE(*item.find("a") == s("x"));
  EXPECT_TRUE(item.erase("a"));
  EXPECT_EQ(item.find("a"), nullptr);
  EXPECT_EQ(item.size(), 1u);
}

TEST(AttributeMap, FromEntriesKeepsTheLastOfEqualNames) {
  const AttributeMap item = map(
      {{"b", n("1")}, {"a", n("2")}, {"b", n("3")}, {"c", n("4")}, {"b", n("5")}, {"a", n("6")}});
  EXPECT_EQ(item_json(item), R"({"a":{"N":"6"},"b":{"N":"5"},"c":{"N":"4"}})");
  EXPECT_TRUE(AttributeMap::from_entries({}).empty());
}

TEST(AttributeValue, IsEqualByTypeAndValue) {
  EXPECT_TRUE(n("1.0") == n("1e0"));
  EXPECT_FALSE(n("1") == s("1"));
  EXPECT_FALSE(s("a") == b("a"));
  EXPECT_TRUE(AttributeValue{Null{}} == AttributeValue{Null{}});
  EXPECT_FALSE(AttributeValue{true} == AttributeValue{false});
  const AttributeValue list{List{{n("1"), AttributeValue{map({{"a", s("x")}})}}}};
  EXPECT_TRUE(list == AttributeValue(list));
  EXPECT_FALSE(list == (AttributeValue{List{{n("1"), AttributeValue{map({{"a", s("y")}})}}}}));
  EXPECT_FALSE(list == (AttributeValue{List{{n("1")}}}));
}

TEST(AttributeValue, ComparesScalars) {
  const std::pair<AttributeValue, AttributeValue> kLess[] = {
      {s(""), s("a")},
      {s("a"), s("aa")},
      {s("Z"), s("a")},
      {s("z"), s("\u00e9")},
      {s("\uffff"), s("\U0001F600")},
      {n("-2"), n("-1")},
      {n("9"), n("10")},
      {b("\x7f"), b("\x80")},
      {b(std::string(1, '\0')), b(std::string(2, '\0'))},
  };
  for (const auto& [less, greater] : kLess) {
    EXPECT_TRUE(compare_scalars(less, greater) < 0) << value_text(less);
    EXPECT_TRUE(compare_scalars(greater, less) > 0) << value_text(less);
    EXPECT_TRUE(compare_scalars(less, less) == 0) << value_text(less);
  }
}

TEST(AttributeValue, CountsBytesAsDynamoDbDoes) {
  const std::pair<AttributeValue, std::size_t> kCases[] = {
      {s(""), 0},
      {s("abc"), 3},
      {s("\u00e9"), 2},
      {s("\U0001F600"), 4},
      {b(std::string(5, '\0')), 5},
      {n("0"), 1},
      {n("-42"), 3},
      {{true}, 1},
      {{false}, 1},
      {{Null{}}, 1},
      {{StringSet{{"a", "bc"}}}, 3},
      {{NumberSet{{number("1"), number("42"), number("123")}}}, 7},
      {{BinarySet{{"a", std::string(2, '\0')}}}, 3},
      {{List{}}, 3},
      {{List{{s("ab"), n("1")}}}, 3 + 1 + 2 + 1 + 2},
      {{AttributeMap{}}, 3},
      {{map({{"sku", s("X1")}, {"qty", n("2")}})}, 3 + 1 + 3 + 2 + 1 + 3 + 2},
      {{List{{AttributeValue{List{}}}}}, 3 + 1 + 3},
  };
  for (const auto& [value, size] : kCases) EXPECT_EQ(value_size(value), size) << json(value);
}

// The worked values of behaviour/streams 4.3.
TEST(AttributeValue, SizesGiveTheRecordedSizeBytesOfStreamRecords) {
  EXPECT_EQ(item_size(map({{"Username", s("Fred")}})), 12u);
  const std::size_t key = item_size(map({{"Id", n("1")}}));
  const std::size_t first = item_size(map({{"Id", n("1")}, {"Message", s("New item!")}}));
  const std::size_t second =
      item_size(map({{"Id", n("1")}, {"Message", s("This item has changed")}}));
  EXPECT_EQ(key + first, 24u);
  EXPECT_EQ(key + second + first, 56u);
  EXPECT_EQ(key + second, 36u);

  const AttributeMap keys = map({{"pk", s("order#7")}, {"sk", n("3")}});
  AttributeMap before = keys;
  before.set("state", s("NEW"));
  AttributeMap after = keys;
  after.set("state", s("PAID"));
  after.set("total", n("19.90"));
  after.set("tags", {StringSet{{"a", "bc"}}});
  after.set("lines", {List{{AttributeValue{map({{"sku", s("X1")}, {"qty", n("2")}})}}}});
  after.set("gift", {false});
  after.set("note", {Null{}});
  EXPECT_EQ(item_size(keys), 13u);
  EXPECT_EQ(item_size(before), 21u);
  EXPECT_EQ(item_size(after), 71u);
}

TEST(AttributeValue, CountsLevelsOfNesting) {
  EXPECT_EQ(nesting_depth(s("x")), 1);
  EXPECT_EQ(nesting_depth({List{}}), 1);
  EXPECT_EQ(nesting_depth({StringSet{{"a"}}}), 1);
  EXPECT_EQ(nesting_depth({List{{s("x")}}}), 2);
  AttributeValue deep = s("x");
  for (int level = 2; level <= 1000; ++level) {
    if (level % 2 == 0) {
      deep = {List{{s("y"), std::move(deep)}}};
    } else {
      deep = {map({{"a", s("y")}, {"b", std::move(deep)}})};
    }
    ASSERT_EQ(nesting_depth(deep), level);
  }
}

TEST(AttributeValue, WritesDynamoDbJson) {
  const std::pair<AttributeValue, std::string_view> kCases[] = {
      {s("a\"b"), R"({"S":"a\"b"})"},
      {n("1.50"), R"({"N":"1.5"})"},
      {b("foo"), R"({"B":"Zm9v"})"},
      {b(""), R"({"B":""})"},
      {{true}, R"({"BOOL":true})"},
      {{false}, R"({"BOOL":false})"},
      {{Null{}}, R"({"NULL":true})"},
      {{StringSet{{"a", "b"}}}, R"({"SS":["a","b"]})"},
      {{NumberSet{{number("-1"), number("2")}}}, R"({"NS":["-1","2"]})"},
      {{BinarySet{{"", "foo"}}}, R"({"BS":["","Zm9v"]})"},
      {{List{}}, R"({"L":[]})"},
      {{List{{n("1"), {Null{}}}}}, R"({"L":[{"N":"1"},{"NULL":true}]})"},
      {{AttributeMap{}}, R"({"M":{}})"},
      {{map({{"b", n("1")}, {"a\n", s("")}})}, R"({"M":{"a\n":{"S":""},"b":{"N":"1"}}})"},
  };
  for (const auto& [value, text] : kCases) EXPECT_EQ(json(value), text);
  EXPECT_EQ(item_json({}), "{}");
}

TEST(AttributeValue, PrintsAsMessagesDo) {
  const std::pair<AttributeValue, std::string_view> kCases[] = {
      {s("abc"), "S:abc"},
      {n("1.50"), "N:1.5"},
      {b("foo"), "B:Zm9v"},
      {{true}, "BOOL:true"},
      {{Null{}}, "NULL:true"},
      {{StringSet{{"a", "b"}}}, "SS:[a, b]"},
      {{NumberSet{{number("1"), number("2")}}}, "NS:[1, 2]"},
      {{List{{n("1"), s("x")}}}, "L:[{N:1}, {S:x}]"},
      {{map({{"b", n("1")}, {"a", s("x")}})}, "M:{a={S:x}, b={N:1}}"},
  };
  for (const auto& [value, text] : kCases) EXPECT_EQ(value_text(value), text);
}

}  // namespace
}  // namespace tailrace
