#include "storage/table/item_writer.h"

#include "tests/storage/table/table_fixture.h"

namespace tailrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class ItemWriterTest : public TableFixture {
 protected:
  void with_index(IndexSchema index) {
    TableSchema schema = things_schema();
    schema.indexes = {std::move(index)};
    put_schema(schema);
  }
  // {units of by-color}, or empty when the index was not touched.
  std::vector<std::int64_t> units(const WriteEffect& effect) {
    std::vector<std::int64_t> found;
    for (const IndexWrite& write : effect.index_writes) found.push_back(write.write_units);
    return found;
  }
  static AttributeMap thing(const std::string& id,
                            const std::string& color,
                            std::size_t weight_bytes = 1) {
    return attributes(
        {{"id", text(id)}, {"color", text(color)}, {"load", text(std::string(weight_bytes, 'x'))}});
  }
};

TEST_F(ItemWriterTest, WritesReadsAndErasesAnItem) {
  put_schema(things_schema());
  put(thing("a", "red"));
  EXPECT_TRUE(has_item("a"));
  erase("a");
  EXPECT_FALSE(has_item("a"));
}

TEST_F(ItemWriterTest, TellsItsSinksOfBothImages) {
  put_schema(things_schema());
  put(attributes({{"id", text("a")}}));
  put(attributes({{"id", text("a")}, {"n", number("1")}}));
  erase("a");
  EXPECT_THAT(sink_.notes, ElementsAre("+a", "~a", "-a"));
  EXPECT_THAT(sink_.images,
              ElementsAre(Pair("", R"({"id":{"S":"a"}})"),
                          Pair(R"({"id":{"S":"a"}})", R"({"id":{"S":"a"},"n":{"N":"1"}})"),
                          Pair(R"({"id":{"S":"a"},"n":{"N":"1"}})", "")));
}

TEST_F(ItemWriterTest, LeavesNoTraceOfAWriteThatChangesNothing) {
  with_index(index_on("color"));
  put(thing("a", "red"));
  const int commits = faults_->commits;
  EXPECT_THAT(units(put(thing("a", "red"))), IsEmpty());
  EXPECT_THAT(units(erase("nothing")), IsEmpty());
  EXPECT_THAT(sink_.notes, ElementsAre("+a"));
  EXPECT_EQ(faults_->commits, commits);
}

TEST_F(ItemWriterTest, TakesEqualNumbersAndReorderedSetsForEqual) {
  put_schema(things_schema());
  const auto with = [](std::string_view digits) {
    return attributes({{"id", text("a")},
                       {"n", number(digits)},
                       {"s", {.value = StringSet{.values = {"x", "y"}}}}});
  };
  put(with("10"));
  put(with("1E1"));
  EXPECT_THAT(sink_.notes, ElementsAre("+a"));
}

TEST_F(ItemWriterTest, KeepsIndexEntriesInStep) {
  with_index(index_on("color"));
  put(thing("a", "red"));
  EXPECT_THAT(entries(), ElementsAre(R"({"color":{"S":"red"},"id":{"S":"a"},"load":{"S":"x"}})"));
  put(thing("a", "blue"));
  EXPECT_THAT(entries(), ElementsAre(R"({"color":{"S":"blue"},"id":{"S":"a"},"load":{"S":"x"}})"));
  put(attributes({{"id", text("a")}}));
  EXPECT_THAT(entries(), IsEmpty());
  put(thing("a", "red"));
  erase("a");
  EXPECT_THAT(entries(), IsEmpty());
}

TEST_F(ItemWriterTest, KeepsItemsOutOfAnIndexWhoseKeyTheyLack) {
  with_index(index_on("color"));
  put(attributes({{"id", text("missing")}}));
  put(attributes({{"id", text("of another type")}, {"color", number("1")}}));
  put(attributes({{"id", text("empty")}, {"color", text("")}}));
  put(attributes({{"id", text("too long")}, {"color", text(std::string(2049, 'c'))}}));
  EXPECT_THAT(entries(), IsEmpty());
}

TEST_F(ItemWriterTest, ProjectsWhatTheIndexAsksFor) {
  const std::pair<ProjectionType, std::string> kCases[] = {
      {ProjectionType::kAll, R"({"a":{"S":"1"},"b":{"S":"2"},"color":{"S":"red"},"id":{"S":"k"}})"},
      {ProjectionType::kKeysOnly, R"({"color":{"S":"red"},"id":{"S":"k"}})"},
      {ProjectionType::kInclude, R"({"b":{"S":"2"},"color":{"S":"red"},"id":{"S":"k"}})"},
  };
  std::uint64_t table_id = 1;
  for (const auto& [projection, expected] : kCases) {
    IndexSchema index = index_on("color");
    index.projection = projection;
    index.non_key_attributes = {"b", "missing"};
    TableSchema schema = things_schema(table_id++);
    schema.indexes = {index};
    put_schema(schema);
    put(attributes(
        {{"id", text("k")}, {"a", text("1")}, {"b", text("2")}, {"color", text("red")}}));
    EXPECT_THAT(entries(), ElementsAre(expected)) << projection_type_name(projection);
    queue_.run([&](Txn& txn) { catalog_.erase(txn, schema.name); });
  }
}

TEST_F(ItemWriterTest, ChargesAnIndexByWhatHappensToItsEntry) {
  with_index(index_on("color"));
  EXPECT_THAT(units(put(attributes({{"id", text("a")}}))), IsEmpty());
  EXPECT_THAT(units(put(thing("a", "red", 1500))), ElementsAre(2)) << "appears";
  EXPECT_THAT(units(put(thing("a", "red", 3500))), ElementsAre(4)) << "changes, grown";
  EXPECT_THAT(units(put(thing("a", "red", 100))), ElementsAre(4)) << "changes, shrunk: the larger";
  EXPECT_THAT(units(put(thing("a", "blue", 1500))), ElementsAre(3)) << "moves: both";
  EXPECT_THAT(units(erase("a")), ElementsAre(2)) << "disappears";
}

TEST_F(ItemWriterTest, ChargesNothingForAnIndexThatDoesNotProjectTheChange) {
  IndexSchema index = index_on("color");
  index.projection = ProjectionType::kKeysOnly;
  with_index(index);
  EXPECT_THAT(units(put(thing("a", "red", 5000))), ElementsAre(1));
  EXPECT_THAT(units(put(thing("a", "red", 6000))), IsEmpty());
}

TEST_F(ItemWriterTest, CountsAUnitAsAFull1024Bytes) {
  with_index(index_on("color"));
  // id 2 + 1, color 5 + 3, load 4 + n.
  EXPECT_THAT(units(put(thing("a", "red", 1024 - 15))), ElementsAre(1));
  EXPECT_THAT(units(put(thing("b", "red", 1025 - 15))), ElementsAre(2));
}

TEST_F(ItemWriterTest, ServesSeveralIndexesAndNamesEach) {
  TableSchema schema = things_schema();
  schema.indexes = {index_on("color", 1), index_on("load", 2), index_on("shape", 3)};
  schema.indexes[1].status = IndexStatus::kDeleting;
  put_schema(schema);
  WriteEffect effect = put(attributes(
      {{"id", text("a")}, {"color", text("red")}, {"load", text("x")}, {"shape", text("round")}}));
  ASSERT_EQ(effect.index_writes.size(), 2U);
  EXPECT_EQ(effect.index_writes[0].index->name, "by-color");
  EXPECT_EQ(effect.index_writes[1].index->name, "by-shape");
  EXPECT_THAT(entries(2), IsEmpty()) << "an index that is DELETING is not kept any more";
}

TEST_F(ItemWriterTest, KeepsExpiryRowsInStep) {
  TableSchema schema = things_schema();
  schema.ttl_attribute = "ttl";
  put_schema(schema);
  const auto expiring = [](AttributeValue when) {
    return attributes({{"id", text("a")}, {"ttl", std::move(when)}});
  };
  put(expiring(number("1000")));
  EXPECT_EQ(expiry_rows(), 1U);
  put(expiring(number("2000")));
  EXPECT_EQ(expiry_rows(), 1U);
  for_rows(keys::expiries_prefix(1), [](Bytes key, Bytes) {
    const AttributeMap item_key = attributes({{"id", text("a")}});
    EXPECT_EQ(key, keys::expiry(1, from_millis(2'000'000), keys::item(things_schema(), item_key)));
  });
  put(expiring(text("1000")));
  EXPECT_EQ(expiry_rows(), 0U);
  put(expiring(number("1000")));
  erase("a");
  EXPECT_EQ(expiry_rows(), 0U);
}

TEST_F(ItemWriterTest, WritesNoExpiryRowsForATableWithoutTimeToLive) {
  put_schema(things_schema());
  put(attributes({{"id", text("a")}, {"ttl", number("1000")}}));
  EXPECT_EQ(expiry_rows(), 0U);
}

TEST_F(ItemWriterTest, CountsItemsAndEntries) {
  with_index(index_on("color"));
  put(thing("a", "red"));
  put(attributes({{"id", text("b")}}));
  EXPECT_EQ(writer_.statistics().of_table(1).items, 2);
  EXPECT_EQ(writer_.statistics().of_table(1).bytes, (2 + 1 + 5 + 3 + 4 + 1) + (2 + 1));
  EXPECT_EQ(writer_.statistics().of_index(1, 1).items, 1);
  put(thing("a", "blue", 10));
  EXPECT_EQ(writer_.statistics().of_index(1, 1).bytes, 2 + 1 + 5 + 4 + 4 + 10);
  erase("a");
  EXPECT_EQ(writer_.statistics().of_table(1).items, 1);
  EXPECT_EQ(writer_.statistics().of_index(1, 1).items, 0);
}

}  // namespace
}  // namespace tailrace
