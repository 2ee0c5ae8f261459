#include "storage/value/stored_item.h"

#include <gtest/gtest.h>

#include <string>

namespace tailrace {
namespace {

Number number(std::string_view text) { return *Number::parse(text); }

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

TEST(StoredItem, RoundTripsEveryType) { expect_round_trip(sample_item()); }

TEST(StoredItem, RoundTripsAnEmptyItem) {
  expect_round_trip({});
  EXPECT_EQ(StoredItem(encode_item({})).json(), "{}");
}

}  // namespace
}  // namespace tailrace
