#include "storage/schema/key_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "storage/value/key_encoding.h"

namespace tailrace {
namespace {

AttributeValue s(std::string text) {
  return {std::move(text)};
}
AttributeValue n(std::int64_t value) {
  return {Number(value)};
}
AttributeValue b(std::string bytes) {
  return {Binary{std::move(bytes)}};
}

AttributeMap map(std::vector<AttributeMap::Entry> entries) {
  return AttributeMap::from_entries(std::move(entries));
}

bool within(const Buffer& key, const keys::Range& range) {
  return key >= range.begin && (range.end.empty() || key < range.end);
}

// Keys pk (S) and sk (N); index 1 over gpk (S) and gsk (B); index 2 over a (N), b (S) and c (S), d
// (S).
TableSchema table_of(std::uint64_t id) {
  TableSchema table;
  table.id = id;
  table.keys = {.hash = {{.name = "pk", .type = AttributeType::kS}},
                .range = {{.name = "sk", .type = AttributeType::kN}}};
  IndexSchema simple;
  simple.id = 1;
  simple.name = "simple";
  simple.keys = {.hash = {{.name = "gpk", .type = AttributeType::kS}},
                 .range = {{.name = "gsk", .type = AttributeType::kB}}};
  IndexSchema multiple;
  multiple.id = 2;
  multiple.name = "multiple";
  multiple.keys = {
      .hash = {{.name = "a", .type = AttributeType::kN}, {.name = "b", .type = AttributeType::kS}},
      .range = {{.name = "c", .type = AttributeType::kS},
                {.name = "d", .type = AttributeType::kS}}};
  table.indexes = {simple, multiple};
  return table;
}

AttributeMap whole_item() {
  return map({{"pk", s("p")},
              {"sk", n(1)},
              {"gpk", s("g")},
              {"gsk", b("h")},
              {"a", n(1)},
              {"b", s("x")},
              {"c", s("y")},
              {"d", s("z")},
              {"other", s("o")}});
}

TEST(KeyLayout, PutsAnItemUnderTableHashAndKey) {
  const TableSchema table = table_of(0x0102);
  const Buffer key = keys::item(table, map({{"pk", s("p")}, {"sk", n(1)}}));
  Bytes in = key;
  EXPECT_EQ(in.front(), 'i');
  in.remove_prefix(1);
  EXPECT_EQ(take_u64(in), 0x0102u);
  EXPECT_EQ(take_u64(in), scan_hash(s("p")));
  EXPECT_TRUE(decode_key_value(in, AttributeType::kS) == s("p"));
  EXPECT_TRUE(decode_key_value(in, AttributeType::kN) == n(1));
  EXPECT_TRUE(in.empty());
}

TEST(KeyLayout, IgnoresAttributesThatAreNoKey) {
  const TableSchema table = table_of(1);
  EXPECT_EQ(keys::item(table, whole_item()),
            keys::item(table, map({{"pk", s("p")}, {"sk", n(1)}})));
}

TEST(KeyLayout, KeepsAnItemCollectionTogetherInOrderOfTheSortKey) {
  const TableSchema table = table_of(1);
  const keys::Range collection = keys::prefix_range(keys::items_prefix(table, s("p")));
  Buffer before;
  for (const std::int64_t sk : {-100, -1, 0, 1, 9, 10, 100}) {
    const Buffer key = keys::item(table, map({{"pk", s("p")}, {"sk", n(sk)}}));
    EXPECT_TRUE(within(key, collection)) << sk;
    EXPECT_LT(before, key) << sk;
    before = key;
  }
  for (const char* other : {"", "pp", "o", "q"})
    EXPECT_FALSE(within(keys::item(table, map({{"pk", s(other)}, {"sk", n(1)}})), collection))
        << other;
}

TEST(KeyLayout, SeparatesTables) {
  const AttributeMap item = whole_item();
  for (const std::uint64_t id : {1ull, 2ull, 255ull, 256ull}) {
    for (const std::uint64_t other : {1ull, 2ull, 255ull, 256ull}) {
      const keys::Range items = keys::prefix_range(keys::items_prefix(other));
      EXPECT_EQ(within(keys::item(table_of(id), item), items), id == other);
    }
  }
}

TEST(KeyLayout, PutsAnIndexEntryUnderIndexKeyThenTableKey) {
  const TableSchema table = table_of(3);
  const auto key = keys::index_entry(table, table.indexes[0], whole_item());
  ASSERT_TRUE(key.has_value());
  Bytes in = *key;
  const Buffer prefix = keys::index_prefix(table.id, 1);
  ASSERT_TRUE(in.starts_with(prefix));
  EXPECT_EQ(prefix.size(), 13u);
  in.remove_prefix(prefix.size());
  EXPECT_EQ(take_u64(in), scan_hash(s("g")));
  EXPECT_TRUE(decode_key_value(in, AttributeType::kS) == s("g"));
  EXPECT_TRUE(decode_key_value(in, AttributeType::kB) == b("h"));
  EXPECT_EQ(take_u64(in), scan_hash(s("p")));
  EXPECT_TRUE(decode_key_value(in, AttributeType::kS) == s("p"));
  EXPECT_TRUE(decode_key_value(in, AttributeType::kN) == n(1));
  EXPECT_TRUE(in.empty());
}

TEST(KeyLayout, HashesAllHashAttributesOfAnIndexTogether) {
  const TableSchema table = table_of(3);
  const IndexSchema& index = table.indexes[1];
  const auto key = keys::index_entry(table, index, whole_item());
  ASSERT_TRUE(key.has_value());
  const AttributeValue one = n(1), x = s("x");
  const AttributeValue* const values[] = {&one, &x};
  Bytes in = *key;
  in.remove_prefix(13);
  EXPECT_EQ(take_u64(in), scan_hash(values));
  EXPECT_TRUE(key->starts_with(keys::index_prefix(table, index, {one, x})));
  EXPECT_FALSE(key->starts_with(keys::index_prefix(table, index, {one, s("xx")})));
  EXPECT_FALSE(key->starts_with(keys::index_prefix(table, index, {n(2), x})));
}

struct AbsentCase {
  const char* why;
  std::size_t index;
  const char* attribute;
  AttributeValue value;  // NULL: the attribute is missing.
};

const AbsentCase kAbsent[] = {
    {"hash attribute missing", 0, "gpk", {Null{}}},
    {"range attribute missing", 0, "gsk", {Null{}}},
    {"hash attribute of another type", 0, "gpk", n(1)},
    {"range attribute of another type", 0, "gsk", s("h")},
    {"hash attribute a set", 0, "gpk", {StringSet{{"g"}}}},
    {"hash attribute empty", 0, "gpk", s("")},
    {"range attribute empty", 0, "gsk", b("")},
    {"hash attribute too long", 0, "gpk", s(std::string(2049, 'x'))},
    {"range attribute too long", 0, "gsk", b(std::string(1025, 'x'))},
    {"first of two hash attributes missing", 1, "a", {Null{}}},
    {"second of two hash attributes missing", 1, "b", {Null{}}},
    {"second of two hash attributes empty", 1, "b", s("")},
    {"hash attributes too long together", 1, "b", s(std::string(2047, 'x'))},
    {"first of two range attributes missing", 1, "c", {Null{}}},
    {"second of two range attributes missing", 1, "d", {Null{}}},
    {"range attributes too long together", 1, "d", s(std::string(1024, 'x'))},
};

TEST(KeyLayout, LeavesItemsOutOfAnIndexThatCannotHoldThem) {
  const TableSchema table = table_of(1);
  for (const AbsentCase& each : kAbsent) {
    AttributeMap item = whole_item();
    if (each.value.type() == AttributeType::kNull) {
      item.erase(each.attribute);
    } else {
      item.set(each.attribute, each.value);
    }
    EXPECT_EQ(keys::index_entry(table, table.indexes[each.index], item), std::nullopt) << each.why;
    EXPECT_TRUE(keys::index_entry(table, table.indexes[1 - each.index], item)) << each.why;
  }
}

TEST(KeyLayout, IndexesKeysUpToTheLimitOfTheirLength) {
  const TableSchema table = table_of(1);
  const std::pair<const char*, AttributeValue> kLongest[] = {
      {"gpk", s(std::string(2048, 'x'))},
      {"gsk", b(std::string(1024, '\0'))},
      {"b", s(std::string(2046, 'x'))},  // With 2 bytes of the number.
      {"d", s(std::string(1023, 'x'))},  // With 1 byte of the other.
  };
  for (const auto& [attribute, value] : kLongest) {
    AttributeMap item = whole_item();
    item.set(attribute, value);
    for (const IndexSchema& index : table.indexes)
      EXPECT_TRUE(keys::index_entry(table, index, item)) << attribute;
  }
}

TEST(KeyLayout, TellsIndexEntriesOfDifferentItemsApart) {
  const TableSchema table = table_of(1);
  AttributeMap item = whole_item();
  const auto first = keys::index_entry(table, table.indexes[0], item);
  item.set("sk", n(2));
  const auto second = keys::index_entry(table, table.indexes[0], item);
  EXPECT_NE(first, second);
}

TEST(KeyLayout, SeparatesOwnersAndCollections) {
  const Owner owner{.account = "111111111111", .region = "us-east-1"};
  const Owner region{.account = "111111111111", .region = "us-east-12"};
  const Owner account{.account = "111111111112", .region = "us-east-1"};
  const keys::Range tables = keys::prefix_range(keys::tables_prefix(owner));
  EXPECT_TRUE(within(keys::table({.owner = owner, .name = "t"}), tables));
  EXPECT_FALSE(within(keys::table({.owner = region, .name = "t"}), tables));
  EXPECT_FALSE(within(keys::table({.owner = account, .name = "t"}), tables));
  EXPECT_TRUE(within(keys::table({.owner = account, .name = "t"}),
                     keys::prefix_range(keys::all_tables_prefix())));

  const keys::Range documents = keys::prefix_range(keys::documents_prefix("mapping", owner));
  const keys::Range collection = keys::prefix_range(keys::documents_prefix("mapping"));
  EXPECT_TRUE(within(keys::document("mapping", owner, "d"), documents));
  EXPECT_TRUE(within(keys::document("mapping", account, "d"), collection));
  EXPECT_FALSE(within(keys::document("mapping", region, "d"), documents));
  EXPECT_FALSE(within(keys::document("mappings", owner, "d"), documents));
  EXPECT_FALSE(within(keys::document("mappings", owner, "d"), collection));
}

TEST(KeyLayout, OrdersTablesOfAnOwnerByName) {
  const Owner owner{.account = "111111111111", .region = "us-east-1"};
  EXPECT_LT(keys::table({.owner = owner, .name = "a"}),
            keys::table({.owner = owner, .name = "aa"}));
  EXPECT_LT(keys::table({.owner = owner, .name = "aa"}),
            keys::table({.owner = owner, .name = "b"}));
}

TEST(KeyLayout, OrdersRecordsBySequence) {
  Buffer before;
  for (const std::uint64_t sequence : {0ull, 1ull, 255ull, 256ull, 1ull << 40}) {
    const Buffer key = keys::record(5, sequence);
    EXPECT_LT(before, key);
    EXPECT_TRUE(within(key, keys::prefix_range(keys::records_prefix(5))));
    EXPECT_FALSE(within(key, keys::prefix_range(keys::records_prefix(6))));
    before = key;
  }
  EXPECT_TRUE(within(keys::shard(1, 2), keys::prefix_range(keys::shards_prefix(1))));
  EXPECT_FALSE(within(keys::shard(2, 1), keys::prefix_range(keys::shards_prefix(1))));
  EXPECT_TRUE(within(keys::stream(9), keys::prefix_range(keys::streams_prefix())));
}

TEST(KeyLayout, OrdersExpiriesByTime) {
  const Buffer early = keys::expiry(1, from_millis(1'000), "z");
  const Buffer late = keys::expiry(1, from_millis(2'000), "a");
  EXPECT_LT(early, late);
  EXPECT_LT(keys::expiry(1, from_millis(-5), "z"), early);
  EXPECT_TRUE(within(late, keys::prefix_range(keys::expiries_prefix(1))));
  EXPECT_FALSE(within(late, keys::prefix_range(keys::expiries_prefix(2))));
}

TEST(KeyLayout, GivesEveryKindARangeOfItsOwn) {
  const Owner owner{.account = "1", .region = "r"};
  const TableSchema table = table_of(1);
  const Buffer kKeys[] = {
      keys::item(table, whole_item()),
      *keys::index_entry(table, table.indexes[0], whole_item()),
      keys::table({.owner = owner, .name = "t"}),
      keys::document("c", owner, "d"),
      keys::stream(1),
      keys::shard(1, 1),
      keys::record(1, 1),
      keys::expiry(1, from_millis(1), "k"),
      keys::checkpoint("m", "s"),
      keys::token("1", "t"),
      keys::meta("version"),
  };
  std::string kinds;
  for (const Buffer& key : kKeys) kinds.push_back(key.front());
  EXPECT_EQ(kinds, "ixtfshrepkm");
  EXPECT_TRUE(
      within(keys::checkpoint("m", "s"), keys::prefix_range(keys::checkpoints_prefix("m"))));
  EXPECT_FALSE(
      within(keys::checkpoint("mm", "s"), keys::prefix_range(keys::checkpoints_prefix("m"))));
  EXPECT_TRUE(within(keys::token("1", "t"), keys::prefix_range(keys::tokens_prefix())));
}

TEST(KeyLayout, BoundsAPrefix) {
  const keys::Range range = keys::prefix_range("a\xff");
  EXPECT_EQ(range.begin, "a\xff");
  EXPECT_EQ(range.end, "b");
}

TEST(KeyLayoutDeathTest, AsksForWholeKeys) {
  const TableSchema table = table_of(1);
  EXPECT_DEATH(keys::item(table, map({{"pk", s("p")}})), "CHECK");
  EXPECT_DEATH(keys::item(table, map({{"pk", s("p")}, {"sk", s("1")}})), "CHECK");
  EXPECT_DEATH(keys::items_prefix(table, n(1)), "CHECK");
}

}  // namespace
}  // namespace tailrace
