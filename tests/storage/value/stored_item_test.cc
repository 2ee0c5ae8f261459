#include "storage/value/stored_item.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "storage/base/engine_error.h"

namespace tailrace {
namespace {

Number number(std::string_view text) {
  return *Number::parse(text);
}

AttributeMap sample_item() {
  AttributeMap item;
  item.set("pk", {std::string("order#7")});
  item.set("sk", {number("3")});
  item.set("total", {number("19.90")});
  item.set("tags", {StringSet{{"a", "bc"}}});
  item.set("gift", {false});
  item.set("note", {Null{}});
  item.set("raw", {Binary{std::string("\0\xff\x01", 3)}});
  AttributeMap line;
  line.set("sku", {std::string("X\"1\"\\\n\x01 é")});
  line.set("qty", {number("-2")});
  item.set("lines", {List{{{line}, {List{}}, {AttributeMap{}}, {std::string()}}}});
  item.set("numbers", {NumberSet{{number("-1"), number("0"), number("1e10")}}});
  item.set("blobs", {BinarySet{{std::string(), std::string("\x80")}}});
  return item;
}

void expect_round_trip(const AttributeMap& item) {
  const Buffer bytes = encode_item(item);
  const StoredItem stored(bytes);
  EXPECT_EQ(stored.size(), item_size(item));
  EXPECT_EQ(stored.json(), item_json(item));
  EXPECT_TRUE(stored.parse() == item);
  ASSERT_EQ(stored.attribute_count(), item.size());
  std::size_t i = 0;
  for (const auto& [name, value] : item) {
    std::string json;
    append_value_json(json, value);
    EXPECT_EQ(stored.attribute_name(i), name);
    EXPECT_EQ(stored.attribute_json(i), json);
    EXPECT_EQ(stored.find_json(name), json) << name;
    EXPECT_TRUE(stored.find(name) == value) << name;
    ++i;
  }
}

TEST(StoredItem, RoundTripsEveryType) {
  expect_round_trip(sample_item());
}

TEST(StoredItem, RoundTripsAnEmptyItem) {
  expect_round_trip({});
  EXPECT_EQ(StoredItem(encode_item({})).json(), "{}");
}

TEST(StoredItem, KeepsNamesThatJsonEscapes) {
  AttributeMap item;
  item.set("plain", {number("1")});
  item.set("", {number("2")});
  item.set("quote\"", {number("3")});
  item.set("back\\slash", {number("4")});
  item.set(std::string("zero\0", 5), {number("5")});
  item.set("line\n", {number("6")});
  item.set("\u00e9", {number("7")});
  expect_round_trip(item);
}

TEST(StoredItem, FindsNothingUnderNamesThatAreNotThere) {
  const Buffer bytes = encode_item(sample_item());
  const StoredItem stored(bytes);
  for (const std::string_view name : {"", "a", "pk ", "p", "pkk", "sku", "zz", "\xff", "lines\n"}) {
    EXPECT_EQ(stored.find_json(name), std::nullopt) << name;
    EXPECT_EQ(stored.find(name), std::nullopt) << name;
  }
  EXPECT_EQ(StoredItem(encode_item({})).find_json("pk"), std::nullopt);
}

TEST(StoredItem, HoldsManyAttributes) {
  std::vector<AttributeMap::Entry> entries;
  for (int i = 0; i < 20'000; ++i)
    entries.emplace_back(std::to_string(i), AttributeValue{Number(i)});
  expect_round_trip(AttributeMap::from_entries(std::move(entries)));
}

// Offsets change their width at a row of 65,535 bytes.
TEST(StoredItem, RoundTripsAroundTheWidthOfOffsets) {
  for (std::size_t length = 65'470; length < 65'540; ++length) {
    AttributeMap item;
    item.set("a", {std::string(length, 'x')});
    item.set("b", {number("1")});
    const Buffer bytes = encode_item(item);
    const StoredItem stored(bytes);
    ASSERT_TRUE(stored.parse() == item) << length;
    ASSERT_EQ(stored.find_json("b"), R"({"N":"1"})") << length;
  }
}

TEST(StoredItem, HoldsTheLargestItem) {
  AttributeMap item;
  item.set("pk", {std::string("x")});
  item.set("controls", {std::string(100'000, '\x01')});
  item.set("raw", {Binary{std::string(300'000, '\xff')}});
  expect_round_trip(item);
}

// Strings of few bytes, most of which need care.
class RandomItems {
 public:
  explicit RandomItems(unsigned seed) : random_(seed) {}

  AttributeMap map(int depth) {
    std::vector<AttributeMap::Entry> entries;
    for (std::size_t i = below(4); i > 0; --i) entries.emplace_back(text(), value(depth));
    return AttributeMap::from_entries(std::move(entries));
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string text() {
    constexpr std::string_view kPieces[] = {"a",    "\"",     "\\", "\n", "u0041",
                                            "\x7f", "\u00e9", "{",  ",",  "\x1f"};
    std::string out;
    for (std::size_t i = below(4); i > 0; --i) out.append(kPieces[below(std::size(kPieces))]);
    return out;
  }

  AttributeValue value(int depth) {
    switch (below(depth > 0 ? 10 : 6)) {
      case 0:
        return {text()};
      case 1:
        return {Number(static_cast<std::int64_t>(below(20)) - 10)};
      case 2:
        return {Binary{text()}};
      case 3:
        return {below(2) == 0};
      case 4:
        return {Null{}};
      case 5:
        return {StringSet{{text()}}};
      case 6:
        return {NumberSet{{Number(1), Number(2)}}};
      case 7:
        return {BinarySet{{text()}}};
      case 8: {
        List list;
        for (std::size_t i = below(4); i > 0; --i) list.values.push_back(value(depth - 1));
        return {std::move(list)};
      }
      default:
        return {map(depth - 1)};
    }
  }

  std::mt19937_64 random_;
};

TEST(StoredItem, BytesAreEqualExactlyWhenItemsAre) {
  RandomItems items(31);
  for (int i = 0; i < 20'000; ++i) {
    const AttributeMap a = items.map(3), b = items.map(1);
    const Buffer bytes_a = encode_item(a), bytes_b = encode_item(b);
    ASSERT_TRUE(StoredItem(bytes_a).parse() == a) << item_json(a);
    ASSERT_EQ(StoredItem(bytes_a) == StoredItem(bytes_b), a == b) << item_json(a) << item_json(b);
    ASSERT_EQ(encode_item(StoredItem(bytes_a).parse()), bytes_a);
  }
}

TEST(StoredItem, RoundTripsTheDeepestNesting) {
  AttributeValue value{std::string("x")};
  for (int level = 1; level < 32; ++level) {
    if (level % 2 == 0) {
      value = {List{{std::move(value)}}};
    } else {
      AttributeMap map;
      map.set("m", std::move(value));
      value = {std::move(map)};
    }
  }
  ASSERT_EQ(nesting_depth(value), 32);
  AttributeMap item;
  item.set("deep", std::move(value));
  expect_round_trip(item);
}

TEST(StoredItemDeathTest, RefusesBytesThatItDidNotWrite) {
  EXPECT_THROW(StoredItem(""), DamagedRow);
  EXPECT_THROW(StoredItem("{}"), DamagedRow);
  Buffer bytes = encode_item(sample_item());
  EXPECT_THROW(StoredItem(Bytes(bytes).substr(0, 20)), DamagedRow);
  EXPECT_THROW(StoredItem(Bytes(bytes).substr(0, bytes.size() / 2)).attribute_json(9), DamagedRow);
  bytes[0] = 2;
  EXPECT_THROW(StoredItem{bytes}, DamagedRow);
}

TEST(ParseValueJsonDeathTest, ReadsOurNormalFormOnly) {
  for (const std::string_view json : {"",
                                      "{",
                                      "{}",
                                      "x",
                                      R"({"S":"a"} )",
                                      R"({ "S":"a"})",
                                      R"({"S":"a)",
                                      R"({"S":1})",
                                      R"({"S":"\u0141"})",
                                      R"({"S":"\x"})",
                                      R"({"S":"\)",
                                      R"({"N":"x"})",
                                      R"({"B":"Zg"})",
                                      R"({"BOOL":1})",
                                      R"({"NULL":false})",
                                      R"({"X":"a"})",
                                      R"({"XS":[]})",
                                      R"({"L":[{"S":"a"},]})",
                                      R"({"L":[)",
                                      R"({"M":{"a"}})",
                                      R"({"S":"a"}{"S":"a"})"}) {
    EXPECT_THROW(parse_value_json(json), DamagedRow) << json;
  }
}

TEST(ParseValueJson, ReadsEscapesNextToEveryOther) {
  const std::string kTexts[] = {
      "\"",        "\\", "\\\"", "\"\\", "\\\\\"\"", "a\"b\\c\"", std::string("\0\x1f\x7f", 3),
      "\b\f\n\r\t"};
  for (const std::string& text : kTexts) {
    std::string json;
    append_value_json(json, {text});
    EXPECT_EQ(*parse_value_json(json).as<std::string>(), text) << json;
  }
}

TEST(StoredItemSource, KeepsItsPointersValid) {
  std::vector<AttributeMap::Entry> entries;
  for (int i = 0; i < 100; ++i)
    entries.emplace_back("a" + std::to_string(i), AttributeValue{Number(i)});
  const Buffer bytes = encode_item(AttributeMap::from_entries(std::move(entries)));
  StoredItemSource source{StoredItem(bytes)};
  std::vector<const AttributeValue*> found;
  for (int i = 0; i < 100; ++i) found.push_back(source.find("a" + std::to_string(i)));
  for (int i = 0; i < 100; ++i) {
    const auto k = static_cast<std::size_t>(i);
    EXPECT_EQ(source.find("a" + std::to_string(i)), found[k]);
    EXPECT_TRUE(*found[k] == AttributeValue{Number(i)});
  }
  EXPECT_EQ(source.find("b"), nullptr);
}

TEST(ItemSource, FindsNothingWithoutAnItem) {
  EXPECT_EQ(ItemSource(nullptr).find("a"), nullptr);
  const AttributeMap item = sample_item();
  EXPECT_EQ(ItemSource(&item).find("pk"), item.find("pk"));
}

}  // namespace
}  // namespace tailrace
