// The stored form of a TableSchema: one JSON object, members named as AWS names them where AWS has
// a name, enums by AWS's names, times in milliseconds. An absent optional is an absent member, so
// that a later version can add members and still read older rows.
#include <rapidjson/document.h>


#include "storage/base/json_text.h"
#include "storage/base/engine_error.h"
#include "storage/schema/table_schema.h"

namespace tailrace {
namespace {

using Json = rapidjson::Value;

constexpr std::string_view kIndexKinds[] = {"Local", "Global", "Vector"};
constexpr std::string_view kBillingModes[] = {"PROVISIONED", "PAY_PER_REQUEST"};
constexpr std::string_view kTransitionKinds[] = {
    "Whole", "Throughput",      "Stream",        "TableClass",    "Encryption",
    "Warm",  "IndexAllocation", "IndexBackfill", "IndexDeletion", "IndexUpdate"};

// ---- Writing ----

void write_attributes(JsonWriter& json,
                      std::string_view member,
                      const std::vector<KeyAttribute>& list) {
  json.key(member).begin_array();
  for (const KeyAttribute& attribute : list) {
    json.begin_object();
    json.string("AttributeName", attribute.name);
    json.string("AttributeType", type_name(attribute.type));
    json.end_object();
  }
  json.end_array();
}

void write_keys(JsonWriter& json, const KeySchema& keys) {
  write_attributes(json, "Hash", keys.hash);
  write_attributes(json, "Range", keys.range);
}

void write_time(JsonWriter& json, std::string_view member, const std::optional<Instant>& time) {
  if (time) json.number(member, to_millis(*time));
}

void write_number(JsonWriter& json,
                  std::string_view member,
                  const std::optional<std::int64_t>& value) {
  if (value) json.number(member, *value);
}

void write_string(JsonWriter& json,
                  std::string_view member,
                  const std::optional<std::string>& value) {
  if (value) json.string(member, *value);
}

void write_texts(JsonWriter& json,
                 std::string_view member,
                 const std::map<std::string, std::string>& texts) {
  json.key(member).begin_object();
  for (const auto& [name, text] : texts) json.string(name, text);
  json.end_object();
}

// The three kinds of throughput, which tables and indexes have alike.
template <class Owning>
void write_throughputs(JsonWriter& json, const Owning& owning) {
  const Throughput& throughput = owning.throughput;
  json.key("ProvisionedThroughput").begin_object();
  json.number("ReadCapacityUnits", throughput.read_units);
  json.number("WriteCapacityUnits", throughput.write_units);
  write_time(json, "LastIncreaseDateTime", throughput.last_increase);
  write_time(json, "LastDecreaseDateTime", throughput.last_decrease);
  json.number("NumberOfDecreasesToday", throughput.decreases_today);
  json.end_object();
  if (owning.on_demand) {
    json.key("OnDemandThroughput").begin_object();
    write_number(json, "MaxReadRequestUnits", owning.on_demand->max_read_units);
    write_number(json, "MaxWriteRequestUnits", owning.on_demand->max_write_units);
    json.end_object();
  }
  if (owning.warm) {
    json.key("WarmThroughput").begin_object();
    json.number("ReadUnitsPerSecond", owning.warm->read_units);
    json.number("WriteUnitsPerSecond", owning.warm->write_units);
    json.end_object();
  }
}

void write_overrides(JsonWriter& json, const ReadOverrides& overrides) {
  write_number(json, "ReadCapacityUnitsOverride", overrides.read_units);
  write_number(json, "MaxReadRequestUnitsOverride", overrides.max_read_units);
}

void write_owner(JsonWriter& json, const Owner& owner) {
  json.begin_object().string("Account", owner.account).string("Region", owner.region).end_object();
}

// Of a table that belongs to no global table: nothing.
void write_replication(JsonWriter& json, const TableSchema& schema) {
  write_overrides(json, schema.overrides);
  write_time(json, "LastSourced", schema.last_sourced);
  if (schema.filled_from) write_owner(json.key("FilledFrom"), *schema.filled_from);
  if (schema.replicas.empty()) return;
  json.key("Replicas").begin_array();
  for (const Owner& owner : schema.replicas) write_owner(json, owner);
  json.end_array();
}

void write_vector(JsonWriter& json, const VectorSchema& vector) {
  json.key("Vector").begin_object();
  json.string("AttributeName", vector.attribute);
  json.number("Dimensions", static_cast<std::int64_t>(vector.dimensions));
  json.string("DistanceFunction", distance_function_name(vector.distance));
  json.key("SearchSchema").begin_array();
  for (const SearchElement& element : vector.search_schema) {
    json.begin_object();
    json.string("AttributeName", element.attribute.name);
    json.string("AttributeType", type_name(element.attribute.type));
    json.string("SearchSchemaElementType", search_role_name(element.role));
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void write_index(JsonWriter& json, const IndexSchema& index) {
  json.begin_object();
  json.number("Id", std::int64_t{index.id});
  json.string("IndexName", index.name);
  json.string("Kind", kIndexKinds[static_cast<std::size_t>(index.kind)]);
  write_keys(json, index.keys);
  json.string("ProjectionType", projection_type_name(index.projection));
  json.key("NonKeyAttributes").begin_array();
  for (const std::string& name : index.non_key_attributes) json.string(name);
  json.end_array();
  json.string("IndexStatus", status_name(index.status));
  json.boolean("Backfilling", index.backfilling);
  write_throughputs(json, index);
  write_overrides(json, index.overrides);
  if (index.vector) write_vector(json, *index.vector);
  json.end_object();
}

void write_stream(JsonWriter& json, const TableStream& stream) {
  json.key("Stream").begin_object();
  json.number("Id", static_cast<std::int64_t>(stream.stream_id));
  json.string("StreamLabel", stream.label);
  json.string("StreamViewType", view_type_name(stream.view_type));
  json.boolean("StreamEnabled", stream.enabled);
  json.end_object();
}

void write_transition(JsonWriter& json, const Transition& transition) {
  json.begin_object();
  json.string("Kind", kTransitionKinds[static_cast<std::size_t>(transition.kind)]);
  json.number("Ends", to_millis(transition.ends));
  json.number("IndexId", std::int64_t{transition.index_id});
  json.string("Value", transition.value);
  json.key("Units").begin_array();
  for (const Transition::Units& units : transition.units) {
    json.begin_object();
    json.number("IndexId", std::int64_t{units.index_id});
    json.number("ReadCapacityUnits", units.read_units);
    json.number("WriteCapacityUnits", units.write_units);
    json.end_object();
  }
  json.end_array().end_object();
}

// ---- Reading ----

constexpr std::string_view kWhat = "table's schema";

const Json* find_member(const Json& object, const char* name) {
  require_stored(object.IsObject(), kWhat);
  const auto it = object.FindMember(name);
  return it != object.MemberEnd() ? &it->value : nullptr;
}

const Json& member(const Json& object, const char* name) {
  const Json* found = find_member(object, name);
  require_stored(found != nullptr, kWhat);
  return *found;
}

std::string_view read_text(const Json& value) {
  require_stored(value.IsString(), kWhat);
  return {value.GetString(), value.GetStringLength()};
}

rapidjson::Document::ConstArray array_member(const Json& object, const char* name) {
  const Json& value = member(object, name);
  require_stored(value.IsArray(), kWhat);
  return value.GetArray();
}

rapidjson::Document::ConstObject object_member(const Json& object, const char* name) {
  const Json& value = member(object, name);
  require_stored(value.IsObject(), kWhat);
  return value.GetObject();
}

std::string read_string(const Json& object, const char* name) {
  return std::string(read_text(member(object, name)));
}

std::int64_t read_number(const Json& object, const char* name) {
  const Json& value = member(object, name);
  require_stored(value.IsInt64(), kWhat);
  return value.GetInt64();
}

bool read_bool(const Json& object, const char* name) {
  const Json& value = member(object, name);
  require_stored(value.IsBool(), kWhat);
  return value.GetBool();
}

std::optional<std::int64_t> find_number(const Json& object, const char* name) {
  if (find_member(object, name) == nullptr) return std::nullopt;
  return read_number(object, name);
}

std::optional<std::string> find_string(const Json& object, const char* name) {
  if (find_member(object, name) == nullptr) return std::nullopt;
  return read_string(object, name);
}

std::optional<Instant> find_time(const Json& object, const char* name) {
  if (find_member(object, name) == nullptr) return std::nullopt;
  return from_millis(read_number(object, name));
}

// The enumerator of `count` whose name is the member's text.
template <class Enum, class NameOf>
Enum read_enum(const Json& object, const char* name, std::size_t count, NameOf name_of) {
  const std::string_view text = read_text(member(object, name));
  std::size_t i = 0;
  while (i < count && name_of(static_cast<Enum>(i)) != text) ++i;
  require_stored(i < count, kWhat);
  return static_cast<Enum>(i);
}

template <class Enum, std::size_t kCount>
Enum read_enum(const Json& object, const char* name, const std::string_view (&names)[kCount]) {
  return read_enum<Enum>(object, name, kCount,
                         [&](Enum value) { return names[static_cast<std::size_t>(value)]; });
}

template <class Status>
Status read_status(const Json& object, const char* name) {
  constexpr std::size_t kStatuses = static_cast<std::size_t>(Status::kActive) + 1;
  return read_enum<Status>(object, name, kStatuses,
                           [](Status value) { return status_name(value); });
}

KeyAttribute read_attribute(const Json& object) {
  constexpr std::size_t kKeyTypes = static_cast<std::size_t>(AttributeType::kB) + 1;
  return {.name = read_string(object, "AttributeName"),
          .type = read_enum<AttributeType>(object, "AttributeType", kKeyTypes, type_name)};
}

std::vector<KeyAttribute> read_attributes(const Json& object, const char* name) {
  std::vector<KeyAttribute> attributes;
  for (const Json& each : array_member(object, name))
    attributes.push_back(read_attribute(each));
  return attributes;
}

VectorSchema read_vector(const Json& object) {
  constexpr std::size_t kFunctions = static_cast<std::size_t>(DistanceFunction::kEuclidean) + 1;
  constexpr std::size_t kRoles = static_cast<std::size_t>(SearchRole::kInlineFilter) + 1;
  VectorSchema vector;
  vector.attribute = read_string(object, "AttributeName");
  vector.dimensions = static_cast<std::size_t>(read_number(object, "Dimensions"));
  vector.distance = read_enum<DistanceFunction>(object, "DistanceFunction", kFunctions,
                                                distance_function_name);
  for (const Json& each : array_member(object, "SearchSchema")) {
    vector.search_schema.push_back(
        {.attribute = read_attribute(each),
         .role = read_enum<SearchRole>(each, "SearchSchemaElementType", kRoles, search_role_name)});
  }
  return vector;
}

KeySchema read_keys(const Json& object) {
  return {.hash = read_attributes(object, "Hash"), .range = read_attributes(object, "Range")};
}

std::map<std::string, std::string> read_texts(const Json& object, const char* name) {
  std::map<std::string, std::string> texts;
  for (const auto& each : object_member(object, name))
    texts.emplace(read_text(each.name), read_text(each.value));
  return texts;
}

template <class Owning>
void read_throughputs(const Json& object, Owning& owning) {
  const Json& provisioned = member(object, "ProvisionedThroughput");
  owning.throughput = {.read_units = read_number(provisioned, "ReadCapacityUnits"),
                       .write_units = read_number(provisioned, "WriteCapacityUnits"),
                       .last_increase = find_time(provisioned, "LastIncreaseDateTime"),
                       .last_decrease = find_time(provisioned, "LastDecreaseDateTime"),
                       .decreases_today = read_number(provisioned, "NumberOfDecreasesToday")};
  if (const Json* on_demand = find_member(object, "OnDemandThroughput")) {
    owning.on_demand = {.max_read_units = find_number(*on_demand, "MaxReadRequestUnits"),
                        .max_write_units = find_number(*on_demand, "MaxWriteRequestUnits")};
  }
  if (const Json* warm = find_member(object, "WarmThroughput")) {
    owning.warm = {.read_units = read_number(*warm, "ReadUnitsPerSecond"),
                   .write_units = read_number(*warm, "WriteUnitsPerSecond")};
  }
}

ReadOverrides read_overrides(const Json& object) {
  return {.read_units = find_number(object, "ReadCapacityUnitsOverride"),
          .max_read_units = find_number(object, "MaxReadRequestUnitsOverride")};
}

Owner read_owner(const Json& object) {
  return {.account = read_string(object, "Account"), .region = read_string(object, "Region")};
}

void read_replication(const Json& object, TableSchema& schema) {
  schema.overrides = read_overrides(object);
  schema.last_sourced = find_time(object, "LastSourced");
  if (const Json* owner = find_member(object, "FilledFrom")) schema.filled_from = read_owner(*owner);
  const Json* replicas = find_member(object, "Replicas");
  if (replicas == nullptr) return;
  require_stored(replicas->IsArray(), kWhat);
  for (const Json& owner : replicas->GetArray()) schema.replicas.push_back(read_owner(owner));
}

IndexSchema read_index(const Json& object) {
  constexpr std::size_t kProjections = static_cast<std::size_t>(ProjectionType::kInclude) + 1;
  IndexSchema index;
  index.id = static_cast<std::uint32_t>(read_number(object, "Id"));
  index.name = read_string(object, "IndexName");
  index.kind = read_enum<IndexKind>(object, "Kind", kIndexKinds);
  index.keys = read_keys(object);
  index.projection =
      read_enum<ProjectionType>(object, "ProjectionType", kProjections, projection_type_name);
  for (const Json& name : array_member(object, "NonKeyAttributes"))
    index.non_key_attributes.emplace_back(read_text(name));
  index.status = read_status<IndexStatus>(object, "IndexStatus");
  index.backfilling = read_bool(object, "Backfilling");
  read_throughputs(object, index);
  index.overrides = read_overrides(object);
  if (const Json* vector = find_member(object, "Vector")) index.vector = read_vector(*vector);
  return index;
}

TableStream read_stream(const Json& object) {
  const auto view_type = parse_view_type(read_text(member(object, "StreamViewType")));
  require_stored(view_type.has_value(), kWhat);
  return {.stream_id = static_cast<std::uint64_t>(read_number(object, "Id")),
          .label = read_string(object, "StreamLabel"),
          .view_type = *view_type,
          .enabled = read_bool(object, "StreamEnabled")};
}

Transition read_transition(const Json& object) {
  Transition transition;
  transition.kind = read_enum<Transition::Kind>(object, "Kind", kTransitionKinds);
  transition.ends = from_millis(read_number(object, "Ends"));
  transition.index_id = static_cast<std::uint32_t>(read_number(object, "IndexId"));
  transition.value = read_string(object, "Value");
  for (const Json& units : array_member(object, "Units")) {
    transition.units.push_back(
        {.index_id = static_cast<std::uint32_t>(read_number(units, "IndexId")),
         .read_units = read_number(units, "ReadCapacityUnits"),
         .write_units = read_number(units, "WriteCapacityUnits")});
  }
  return transition;
}

}  // namespace

Buffer encode_schema(const TableSchema& schema) {
  Buffer out;
  JsonWriter json(out);
  json.begin_object();
  json.number("Id", static_cast<std::int64_t>(schema.id));
  json.string("Account", schema.name.owner.account);
  json.string("Region", schema.name.owner.region);
  json.string("TableName", schema.name.name);
  json.string("TableId", schema.uuid);
  write_keys(json, schema.keys);
  json.key("Indexes").begin_array();
  for (const IndexSchema& index : schema.indexes) write_index(json, index);
  json.end_array();
  json.number("NextIndexId", std::int64_t{schema.next_index_id});
  json.string("TableStatus", status_name(schema.status));
  if (!schema.transitions.empty()) {
    json.key("Transitions").begin_array();
    for (const Transition& transition : schema.transitions) write_transition(json, transition);
    json.end_array();
  }
  json.number("CreationDateTime", to_millis(schema.created));
  json.string("BillingMode", kBillingModes[static_cast<std::size_t>(schema.billing_mode)]);
  json.boolean("BillingModeSummary", schema.billing_mode_summary);
  write_time(json, "LastUpdateToPayPerRequestDateTime", schema.last_update_to_pay_per_request);
  write_throughputs(json, schema);
  json.boolean("DeletionProtectionEnabled", schema.deletion_protection);
  if (schema.stream) write_stream(json, *schema.stream);
  write_string(json, "TimeToLiveAttribute", schema.ttl_attribute);
  write_time(json, "TimeToLiveUpdated", schema.ttl_updated);
  write_string(json, "TableClass", schema.table_class);
  write_time(json, "TableClassUpdated", schema.table_class_updated);
  write_string(json, "KMSMasterKeyArn", schema.sse_kms_key_arn);
  write_texts(json, "Tags", schema.tags);
  write_string(json, "ResourcePolicy", schema.resource_policy);
  write_replication(json, schema);
  write_texts(json, "StoredMembers", schema.stored_members);
  json.end_object();
  return out;
}

TableSchema decode_schema(Bytes bytes) {
  rapidjson::Document document;
  document.Parse(bytes.data(), bytes.size());
  require_stored(!document.HasParseError() && document.IsObject(), kWhat);
  const Json& object = document;
  TableSchema schema;
  schema.id = static_cast<std::uint64_t>(read_number(object, "Id"));
  schema.name = {
      .owner = read_owner(object),
      .name = read_string(object, "TableName")};
  schema.uuid = read_string(object, "TableId");
  schema.keys = read_keys(object);
  for (const Json& index : array_member(object, "Indexes"))
    schema.indexes.push_back(read_index(index));
  schema.next_index_id = static_cast<std::uint32_t>(read_number(object, "NextIndexId"));
  schema.status = read_status<TableStatus>(object, "TableStatus");
  if (const Json* transitions = find_member(object, "Transitions")) {
    for (const Json& transition : transitions->GetArray())
      schema.transitions.push_back(read_transition(transition));
  }
  schema.created = from_millis(read_number(object, "CreationDateTime"));
  schema.billing_mode = read_enum<BillingMode>(object, "BillingMode", kBillingModes);
  schema.billing_mode_summary = read_bool(object, "BillingModeSummary");
  schema.last_update_to_pay_per_request = find_time(object, "LastUpdateToPayPerRequestDateTime");
  read_throughputs(object, schema);
  schema.deletion_protection = read_bool(object, "DeletionProtectionEnabled");
  if (const Json* stream = find_member(object, "Stream")) schema.stream = read_stream(*stream);
  schema.ttl_attribute = find_string(object, "TimeToLiveAttribute");
  schema.ttl_updated = find_time(object, "TimeToLiveUpdated");
  schema.table_class = find_string(object, "TableClass");
  schema.table_class_updated = find_time(object, "TableClassUpdated");
  schema.sse_kms_key_arn = find_string(object, "KMSMasterKeyArn");
  schema.tags = read_texts(object, "Tags");
  schema.resource_policy = find_string(object, "ResourcePolicy");
  read_replication(object, schema);
  schema.stored_members = read_texts(object, "StoredMembers");
  return schema;
}

}  // namespace tailrace
