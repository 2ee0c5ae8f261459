#include "storage/schema/table_schema.h"

#include <gtest/gtest.h>

#include <string>

#include "storage/base/engine_error.h"

namespace tailrace {
namespace {

TableSchema small_table() {
  TableSchema schema;
  schema.id = 7;
  schema.name = {.owner = {.account = "000000000000", .region = "eu-west-1"}, .name = "orders"};
  schema.uuid = "7f3c9f6e-3d0a-4a52-8a58-6f4b7f0f2d11";
  schema.keys.hash = {{.name = "pk", .type = AttributeType::kS}};
  return schema;
}

// Every member differs from its default.
TableSchema full_table() {
  TableSchema schema = small_table();
  schema.id = 1ull << 40;
  schema.keys.range = {{.name = "sk \"\n", .type = AttributeType::kN}};
  IndexSchema local;
  local.id = 1;
  local.name = "local";
  local.kind = IndexKind::kLocal;
  local.keys = {.hash = schema.keys.hash, .range = {{.name = "b", .type = AttributeType::kB}}};
  local.projection = ProjectionType::kInclude;
  local.non_key_attributes = {"z", "a"};
  IndexSchema global;
  global.id = 4'000'000'000;
  global.name = "global";
  global.keys.hash = {{.name = "a", .type = AttributeType::kN},
                      {.name = "b", .type = AttributeType::kB}};
  global.keys.range = {{.name = "c", .type = AttributeType::kS},
                       {.name = "d", .type = AttributeType::kS}};
  global.projection = ProjectionType::kKeysOnly;
  global.status = IndexStatus::kCreating;
  global.backfilling = true;
  global.throughput = {.read_units = 1,
                       .write_units = 2,
                       .last_increase = from_millis(3),
                       .last_decrease = from_millis(4),
                       .decreases_today = 5};
  global.on_demand = {.max_read_units = 6, .max_write_units = std::nullopt};
  global.warm = {.read_units = 7, .write_units = 8};
  schema.indexes = {local, global};
  schema.status = TableStatus::kUpdating;
  schema.transitions = {
      {.kind = Transition::Kind::kIndexUpdate,
       .ends = from_millis(1'770'091'511'789),
       .index_id = 4'000'000'000,
       .units = {{.index_id = 4'000'000'000, .read_units = 21, .write_units = 22}},
       .value = {}},
      {.kind = Transition::Kind::kTableClass,
       .ends = from_millis(1'770'091'511'790),
       .index_id = 0,
       .units = {},
       .value = "STANDARD"}};
  schema.created = from_millis(1'770'091'506'789);
  schema.billing_mode = BillingMode::kPayPerRequest;
  schema.billing_mode_summary = true;
  schema.last_update_to_pay_per_request = from_millis(9);
  schema.throughput = {.read_units = 10,
                       .write_units = 11,
                       .last_increase = std::nullopt,
                       .last_decrease = from_millis(12),
                       .decreases_today = 0};
  schema.on_demand = {.max_read_units = std::nullopt, .max_write_units = 13};
  schema.warm = {.read_units = 12'000, .write_units = 4'000};
  schema.deletion_protection = true;
  schema.stream = {.stream_id = 14,
                   .label = "2026-02-03T04:05:06.789",
                   .view_type = StreamViewType::kOldImage,
                   .enabled = false};
  schema.ttl_attribute = "expires";
  schema.ttl_updated = from_millis(14);
  schema.table_class = "STANDARD_INFREQUENT_ACCESS";
  schema.table_class_updated = from_millis(15);
  schema.sse_kms_key_arn = "arn:aws:kms:eu-west-1:000000000000:key/1";
  schema.tags = {{"team", "\u00e9"}, {"", ""}};
  schema.resource_policy = R"({"Version":"2012-10-17"})";
  schema.replicas = {{.account = "000000000000", .region = "us-west-2"}};
  schema.filled_from = schema.replicas.front();
  schema.last_sourced = from_millis(1'700'000'000'000);
  schema.overrides = {.read_units = 3, .max_read_units = {}};
  schema.indexes.front().overrides = {.read_units = {}, .max_read_units = 4};
  schema.stored_members = {{"VectorIndexes", "[1,2]"}};
  return schema;
}

void expect_equal(const Throughput& a, const Throughput& b) {
  EXPECT_EQ(a.read_units, b.read_units);
  EXPECT_EQ(a.write_units, b.write_units);
  EXPECT_EQ(a.last_increase, b.last_increase);
  EXPECT_EQ(a.last_decrease, b.last_decrease);
  EXPECT_EQ(a.decreases_today, b.decreases_today);
}

template <class Owning>
void expect_equal_throughputs(const Owning& a, const Owning& b) {
  expect_equal(a.throughput, b.throughput);
  ASSERT_EQ(a.on_demand.has_value(), b.on_demand.has_value());
  if (a.on_demand) {
    EXPECT_EQ(a.on_demand->max_read_units, b.on_demand->max_read_units);
    EXPECT_EQ(a.on_demand->max_write_units, b.on_demand->max_write_units);
  }
  ASSERT_EQ(a.warm.has_value(), b.warm.has_value());
  if (a.warm) {
    EXPECT_EQ(a.warm->read_units, b.warm->read_units);
    EXPECT_EQ(a.warm->write_units, b.warm->write_units);
  }
}

void expect_equal(const IndexSchema& a, const IndexSchema& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.keys, b.keys);
  EXPECT_EQ(a.projection, b.projection);
  EXPECT_EQ(a.non_key_attributes, b.non_key_attributes);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.backfilling, b.backfilling);
  expect_equal_throughputs(a, b);
  EXPECT_EQ(a.overrides, b.overrides);
}

void expect_equal(const TableSchema& a, const TableSchema& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.uuid, b.uuid);
  EXPECT_EQ(a.keys, b.keys);
  ASSERT_EQ(a.indexes.size(), b.indexes.size());
  for (std::size_t i = 0; i < a.indexes.size(); ++i) expect_equal(a.indexes[i], b.indexes[i]);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.transitions, b.transitions);
  EXPECT_EQ(a.created, b.created);
  EXPECT_EQ(a.billing_mode, b.billing_mode);
  EXPECT_EQ(a.billing_mode_summary, b.billing_mode_summary);
  EXPECT_EQ(a.last_update_to_pay_per_request, b.last_update_to_pay_per_request);
  expect_equal_throughputs(a, b);
  EXPECT_EQ(a.deletion_protection, b.deletion_protection);
  ASSERT_EQ(a.stream.has_value(), b.stream.has_value());
  if (a.stream) {
    EXPECT_EQ(a.stream->stream_id, b.stream->stream_id);
    EXPECT_EQ(a.stream->label, b.stream->label);
    EXPECT_EQ(a.stream->view_type, b.stream->view_type);
    EXPECT_EQ(a.stream->enabled, b.stream->enabled);
  }
  EXPECT_EQ(a.ttl_attribute, b.ttl_attribute);
  EXPECT_EQ(a.ttl_updated, b.ttl_updated);
  EXPECT_EQ(a.table_class, b.table_class);
  EXPECT_EQ(a.table_class_updated, b.table_class_updated);
  EXPECT_EQ(a.sse_kms_key_arn, b.sse_kms_key_arn);
  EXPECT_EQ(a.tags, b.tags);
  EXPECT_EQ(a.resource_policy, b.resource_policy);
  EXPECT_EQ(a.replicas, b.replicas);
  EXPECT_EQ(a.filled_from, b.filled_from);
  EXPECT_EQ(a.last_sourced, b.last_sourced);
  EXPECT_EQ(a.overrides, b.overrides);
  EXPECT_EQ(a.stored_members, b.stored_members);
}

TEST(SchemaCodec, RoundTripsEveryMember) {
  expect_equal(decode_schema(encode_schema(full_table())), full_table());
}

TEST(SchemaCodec, RoundTripsATableWithoutOptionalMembers) {
  expect_equal(decode_schema(encode_schema(small_table())), small_table());
}

TEST(SchemaCodec, RoundTripsEveryEnumerator) {
  TableSchema schema = full_table();
  for (int i = 0; i < 4; ++i) {
    schema.status = static_cast<TableStatus>(i);
    schema.indexes[0].status = static_cast<IndexStatus>(i);
    schema.stream->view_type = static_cast<StreamViewType>(i);
    schema.billing_mode = static_cast<BillingMode>(i % 2);
    schema.indexes[0].projection = static_cast<ProjectionType>(i % 3);
    expect_equal(decode_schema(encode_schema(schema)), schema);
  }
}

TEST(SchemaCodecDeathTest, RefusesBytesThatItDidNotWrite) {
  EXPECT_THROW(decode_schema(""), DamagedRow);
  EXPECT_THROW(decode_schema("{}"), DamagedRow);
  EXPECT_THROW(decode_schema("[]"), DamagedRow);
  std::string bytes = encode_schema(small_table());
  EXPECT_THROW(decode_schema(Bytes(bytes).substr(0, bytes.size() - 1)), DamagedRow);
  bytes.replace(bytes.find("ACTIVE"), 6, "PASSIV");
  EXPECT_THROW(decode_schema(bytes), DamagedRow);
}

TEST(TableSchema, HasAnArn) {
  EXPECT_EQ(table_arn(small_table().name), "arn:aws:dynamodb:eu-west-1:000000000000:table/orders");
}

TEST(TableSchema, FindsIndexesByName) {
  const TableSchema schema = full_table();
  ASSERT_NE(schema.find_index("global"), nullptr);
  EXPECT_EQ(schema.find_index("global")->id, 4'000'000'000);
  EXPECT_EQ(schema.find_index("Global"), nullptr);
  EXPECT_EQ(small_table().find_index("global"), nullptr);
}

TEST(TableSchema, KnowsWhetherAnIndexIsLocal) {
  TableSchema schema = full_table();
  EXPECT_TRUE(schema.has_local_indexes());
  schema.indexes.erase(schema.indexes.begin());
  EXPECT_FALSE(schema.has_local_indexes());
}

TEST(TableSchema, KnowsTheTypeOfEveryKeyAttribute) {
  const TableSchema schema = full_table();
  EXPECT_EQ(schema.key_attribute_type("pk"), AttributeType::kS);
  EXPECT_EQ(schema.key_attribute_type("sk \"\n"), AttributeType::kN);
  EXPECT_EQ(schema.key_attribute_type("b"), AttributeType::kB);
  EXPECT_EQ(schema.key_attribute_type("d"), AttributeType::kS);
  EXPECT_EQ(schema.key_attribute_type("z"), std::nullopt);  // Projected, but no key.
  EXPECT_TRUE(schema.keys.contains("pk"));
  EXPECT_TRUE(schema.indexes[1].keys.contains("d"));
  EXPECT_FALSE(schema.keys.contains("d"));
}

TEST(TableSchema, NamesEnumeratorsAsAwsDoes) {
  EXPECT_EQ(status_name(TableStatus::kCreating), "CREATING");
  EXPECT_EQ(status_name(TableStatus::kActive), "ACTIVE");
  EXPECT_EQ(status_name(IndexStatus::kUpdating), "UPDATING");
  EXPECT_EQ(status_name(IndexStatus::kDeleting), "DELETING");
  EXPECT_EQ(projection_type_name(ProjectionType::kInclude), "INCLUDE");
  EXPECT_EQ(view_type_name(StreamViewType::kNewAndOldImages), "NEW_AND_OLD_IMAGES");
  EXPECT_EQ(parse_view_type("KEYS_ONLY"), StreamViewType::kKeysOnly);
  EXPECT_EQ(parse_view_type("keys_only"), std::nullopt);
}

}  // namespace
}  // namespace tailrace
