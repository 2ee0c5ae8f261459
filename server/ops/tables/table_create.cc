#include "server/ops/tables/table_create.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "server/call/request_members.h"
#include "server/ops/tables/java_names.h"
#include "server/ops/tables/replicas.h"
#include "storage/base/random.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

using Input = CreateTableInput;

// --- Rules, in AWS's order.

Result<void> check_billing(const Input& in) {
  if (in.billing_mode == BillingMode::kPayPerRequest) {
    if (!in.throughput) return {};
    return invalid_parameter(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST");
  }
  if (!in.throughput) {
    return invalid_parameter(
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
        "PROVISIONED");
  }
  return check_units_in_bounds(*in.throughput, "");
}

Result<void> check_table_keys(const Input& in) {
  TRY_VOID(check_definitions_are_unique(in.definitions));
  return check_key_schema_members(in.keys, in.definitions);
}

// Of so many as there may be: further ones are refused for their number.
std::span<const IndexMember> first_of(const std::vector<IndexMember>& indexes,
                                      std::size_t indexes_max) {
  return std::span(indexes).first(std::min(indexes.size(), indexes_max + 1));
}

Result<void> check_index_keys(const Input& in) {
  if (in.local_indexes) {
    for (const IndexMember& index : first_of(*in.local_indexes, kLocalIndexesMax))
      TRY_VOID(check_key_schema_members(index.keys, in.definitions));
  }
  if (in.global_indexes) {
    for (const IndexMember& index : first_of(*in.global_indexes, kGlobalIndexesMax))
      TRY_VOID(check_global_key_schema(index.keys, in.definitions));
  }
  return {};
}

Result<void> check_index_lists(const Input& in) {
  if (in.local_indexes && in.local_indexes->empty())
    return invalid_parameter("List of LocalSecondaryIndexes is empty");
  if (in.global_indexes && in.global_indexes->empty())
    return invalid_parameter("List of GlobalSecondaryIndexes is empty");
  return {};
}

Result<void> check_unique_name(std::string_view index, std::set<std::string_view>& names) {
  if (names.insert(index).second) return {};
  return invalid_parameter("Duplicate index name: ", index);
}

Result<void> check_local_index(const Input& in, const IndexMember& index) {
  if (index.keys.size() < 2) {
    return invalid_parameter("Index KeySchema does not have a range key for index: ", index.name);
  }
  if (index.keys[0].name != in.keys[0].name) {
    return invalid_parameter(
        "Index KeySchema does not have the same leading hash key as table KeySchema for index: ",
        index.name, ". index hash key: ", index.keys[0].name,
        ", table hash key: ", in.keys[0].name);
  }
  return check_index_projection(index.projection);
}

Result<void> check_local_indexes(const Input& in) {
  if (!in.local_indexes) return {};
  if (in.keys.size() < 2) {
    return invalid_parameter(
        "Table KeySchema does not have a range key, which is required when specifying a "
        "LocalSecondaryIndex");
  }
  if (in.local_indexes->size() > kLocalIndexesMax) {
    return invalid_parameter("Number of LocalSecondaryIndexes exceeds per-table limit of ",
                             kLocalIndexesMax);
  }
  std::set<std::string_view> names;
  for (const IndexMember& index : *in.local_indexes) {
    TRY_VOID(check_local_index(in, index));
    TRY_VOID(check_unique_name(index.name, names));
  }
  return {};
}

Result<void> check_global_index(const Input& in, const IndexMember& index) {
  TRY_VOID(check_index_projection(index.projection));
  if (in.billing_mode == BillingMode::kPayPerRequest) return check_no_index_throughput(index);
  if (!index.throughput)
    return invalid_parameter("ProvisionedThroughput is not specified for index: ", index.name);
  return check_units_in_bounds(*index.throughput, str_cat(" for index ", index.name));
}

Result<void> check_global_indexes(const Input& in) {
  if (!in.global_indexes) return {};
  if (in.global_indexes->size() > kGlobalIndexesMax) {
    return invalid_parameter("GlobalSecondaryIndex count exceeds the per-table limit of ",
                             kGlobalIndexesMax);
  }
  std::set<std::string_view> names;  // Local indexes' names count as well.
  if (in.local_indexes) {
    for (const IndexMember& index : *in.local_indexes) names.insert(index.name);
  }
  for (const IndexMember& index : *in.global_indexes) {
    TRY_VOID(check_global_index(in, index));
    TRY_VOID(check_unique_name(index.name, names));
  }
  return {};
}

// All indexes, local ones first.
std::vector<const IndexMember*> all_indexes(const Input& in) {
  std::vector<const IndexMember*> indexes;
  for (const auto* list : {&in.local_indexes, &in.global_indexes}) {
    if (!*list) continue;
    for (const IndexMember& index : **list) indexes.push_back(&index);
  }
  return indexes;
}

Result<void> check_projected_names(const Input& in) {
  std::size_t count = 0;
  for (const IndexMember* index : all_indexes(in)) {
    if (index->projection.non_key_attributes) count += index->projection.non_key_attributes->size();
  }
  if (in.vector_indexes) {
    for (const VectorIndexMember& index : *in.vector_indexes) count += projected_names(index);
  }
  if (count <= kProjectedNamesMax) return {};
  return invalid_parameter(
      "The total number of NonKeyAttributes of all indexes exceeds the per-table limit of ",
      kProjectedNamesMax);
}

Result<void> check_definitions_are_used(const Input& in) {
  const auto indexes = all_indexes(in);
  std::vector<std::string> used = names_of(in.keys);
  std::set<std::string_view> known(used.begin(), used.end());
  std::vector<std::string> further;
  for (const IndexMember* index : indexes) {
    for (const KeyElement& key : index->keys) {
      if (known.insert(key.name).second) further.push_back(key.name);
    }
  }
  if (in.vector_indexes) {
    for (const VectorIndexMember& index : *in.vector_indexes) {
      for (const SearchMember& element : index.search_schema) {
        if (known.insert(element.name).second) further.push_back(element.name);
      }
    }
  }
  const bool all = std::ranges::all_of(in.definitions, [&](const AttributeDefinition& each) {
    return known.contains(each.name);
  });
  if (all) return {};
  if (indexes.empty() && !in.vector_indexes) {
    return invalid_parameter(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in "
        "AttributeDefinitions");
  }
  used.insert(used.end(), further.begin(), further.end());
  return invalid_parameter("Some AttributeDefinitions are not used. AttributeDefinitions: ",
                           definition_list(in.definitions), ", keys used: ",
                           name_list(java_hash_order(used)));
}

Result<void> check_stream(const Input& in) {
  return in.stream ? check_stream_of_new_table(*in.stream) : Result<void>();
}

Result<void> check_on_demand_fits(const OnDemandMember& on_demand,
                                  BillingMode mode,
                                  std::string_view index_place) {
  if (mode == BillingMode::kPayPerRequest) {
    return check_on_demand_range(on_demand, index_place.empty() ? " for table" : index_place,
                                 MinusOne::kRefused);
  }
  return invalid_parameter(on_demand.max_read ? "MaxReadRequestUnits" : "MaxWriteRequestUnits",
                           " for OnDemandThroughput", index_place,
                           " cannot be specified when table BillingMode is PROVISIONED.");
}

Result<void> check_on_demand(const Input& in) {
  if (in.on_demand) TRY_VOID(check_on_demand_fits(*in.on_demand, in.billing_mode, ""));
  for (const IndexMember* index : all_indexes(in)) {
    if (!index->on_demand) continue;
    // The range is told of with a blank before the colon, the mode without.
    const bool fits = in.billing_mode == BillingMode::kPayPerRequest;
    TRY_VOID(check_on_demand_fits(*index->on_demand, in.billing_mode,
                                  str_cat(fits ? " for index : " : " for index: ", index->name)));
  }
  return {};
}

Throughput throughput_of(const std::optional<Units>& units) {
  Throughput throughput;
  if (units) {
    throughput.read_units = units->read;
    throughput.write_units = units->write;
  }
  return throughput;
}

WarmThroughput warm_floor(const Input& in, const std::optional<Units>& units) {
  return effective_warm({}, in.billing_mode, throughput_of(units));
}

Result<void> check_warm_throughput(const Input& in) {
  const WarmFloorTexts texts = new_warm_floor_texts(in.billing_mode);
  if (in.warm) TRY_VOID(check_warm(*in.warm, warm_floor(in, in.throughput), " for table", texts));
  for (const IndexMember* index : all_indexes(in)) {
    if (index->warm) {
      TRY_VOID(check_warm(*index->warm, warm_floor(in, index->throughput),
                          str_cat(" for index ", index->name), texts));
    }
  }
  return {};
}

Result<void> check_vector_indexes(const Input& in) {
  if (!in.vector_indexes) return {};
  if (in.vector_indexes->empty()) return invalid_parameter("List of VectorIndexes is empty");
  if (in.vector_indexes->size() > kVectorIndexesMax) {
    return invalid_parameter("VectorIndex count exceeds the per-table limit of ",
                             kVectorIndexesMax);
  }
  TRY_VOID(check_vector_billing(in.billing_mode));
  std::set<std::string_view> names;  // Those of the other indexes count as well.
  for (const IndexMember* index : all_indexes(in)) names.insert(index->name);
  std::map<std::string_view, std::int64_t> dimensions;
  for (const VectorIndexMember& index : *in.vector_indexes) {
    TRY_VOID(check_vector_index(index, in.definitions));
    TRY_VOID(check_unique_name(index.name, names));
    const auto first = dimensions.emplace(index.attribute, index.dimensions).first;
    TRY_VOID(check_same_dimensions(index.attribute, index.dimensions, first->second));
  }
  return {};
}

// A replica has the keys, indexes and capacity of its source. (AWS: CreateTable,
// GlobalTableSourceArn)
Result<void> check_source(const Input& in) {
  if (!in.source) return invalid_parameter("GlobalTableSourceArn must be the ARN of a table");
  const auto mode = in.stored_members.find("GlobalTableSettingsReplicationMode");
  if (mode == in.stored_members.end() || mode->second != "\"ENABLED\"") {
    return invalid_parameter(
        "GlobalTableSettingsReplicationMode must be ENABLED when GlobalTableSourceArn is "
        "specified");
  }
  if (in.keys.empty() && in.definitions.empty() && !in.local_indexes && !in.global_indexes &&
      !in.throughput && !in.on_demand && !in.warm && !in.stream)
    return {};
  return invalid_parameter(
      "Settings that are replicated from the source table cannot be specified with "
      "GlobalTableSourceArn");
}

// (behaviour/tables 2.1)
constexpr Result<void> (*kRules[])(const Input&) = {
    check_billing,        check_table_keys,     check_index_keys,      check_definitions_are_used,
    check_index_lists,    check_local_indexes,  check_global_indexes,  check_vector_indexes,
    check_projected_names, check_stream,        check_on_demand,       check_warm_throughput,
};

// --- The table.

std::optional<std::vector<IndexMember>> decode_indexes(const json::Value& body,
                                                       std::string_view name) {
  const json::Value* list = json::find(body, name);
  if (list == nullptr) return std::nullopt;
  std::vector<IndexMember> indexes;
  for (const json::Value& element : list->GetArray()) {
    if (element.IsObject()) indexes.push_back(decode_index(element));
  }
  return indexes;
}

// (behaviour/tables 2.4)
ApiError name_taken(const TableSchema& table) {
  if (table.status == TableStatus::kCreating)
    return resource_in_use(str_cat("Table is being created: ", table.name.name));
  return {ErrorCode::kResourceInUseException,
          str_cat("Table already exists: ", table.name.name),
          {}};
}

void add_index(const Input& in, const IndexMember& member, IndexKind kind, TableSchema& schema) {
  IndexSchema index = index_schema_of(member, kind, in.definitions);
  index.id = schema.next_index_id++;
  if (kind == IndexKind::kGlobal)
    index.warm = merge_warm({}, warm_floor(in, member.throughput), member.warm);
  schema.indexes.push_back(std::move(index));
}

TableSchema schema_of(const CallContext& context, const Input& in) {
  TableSchema schema;
  schema.name = in.name;
  schema.uuid = random_uuid();
  schema.created = context.world.clock.now();
  schema.keys = key_schema_of(in.keys, in.definitions);
  if (in.local_indexes) {
    for (const IndexMember& index : *in.local_indexes)
      add_index(in, index, IndexKind::kLocal, schema);
  }
  if (in.global_indexes) {
    for (const IndexMember& index : *in.global_indexes)
      add_index(in, index, IndexKind::kGlobal, schema);
  }
  if (in.vector_indexes) {
    for (const VectorIndexMember& index : *in.vector_indexes) {
      schema.indexes.push_back(vector_index_schema(index, in.definitions));
      schema.indexes.back().id = schema.next_index_id++;
    }
  }
  schema.billing_mode = in.billing_mode;
  if (in.billing_mode == BillingMode::kPayPerRequest) {
    schema.billing_mode_summary = true;
    schema.last_update_to_pay_per_request = schema.created;
  }
  schema.throughput = throughput_of(in.throughput);
  schema.on_demand = merge_on_demand({}, in.on_demand);
  schema.warm = merge_warm({}, warm_floor(in, in.throughput), in.warm);
  schema.deletion_protection = in.deletion_protection;
  schema.table_class = in.table_class;
  if (in.sse && in.sse->wanted())
    schema.sse_kms_key_arn = kms_key_arn(in.name.owner, in.sse->key_id);
  schema.tags = in.tags;
  schema.resource_policy = in.resource_policy;
  schema.stored_members = in.stored_members;
  return schema;
}

}  // namespace

Result<Input> decode_create_table(const CallContext& context, const json::Value& body) {
  Input in;
  TRY(in.name, table_name_of(context, json::string_or(body, "TableName")));
  in.definitions = decode_definitions(body);
  in.keys = decode_key_schema(body);
  in.local_indexes = decode_indexes(body, "LocalSecondaryIndexes");
  in.global_indexes = decode_indexes(body, "GlobalSecondaryIndexes");
  in.billing_mode = decode_billing_mode(body).value_or(BillingMode::kProvisioned);
  in.throughput = decode_throughput(body);
  in.on_demand = decode_on_demand(body);
  in.warm = decode_warm(body);
  in.stream = decode_stream(body);
  in.sse = decode_sse(body);
  in.table_class = json::optional_string(body, "TableClass");
  in.resource_policy = json::optional_string(body, "ResourcePolicy");
  in.deletion_protection = json::bool_or(body, "DeletionProtectionEnabled", false);
  if (const json::Value* list = json::find(body, "VectorIndexes")) {
    in.vector_indexes.emplace();
    for (const json::Value& element : list->GetArray())
      if (element.IsObject()) in.vector_indexes->push_back(decode_vector_index(element));
  }
  in.stored_members = decode_stored_members(body);
  if (const json::Value* source = json::find(body, "GlobalTableSourceArn")) {
    in.source = parse_table_arn(json::view(*source));
    TRY_VOID(check_source(in));
  } else {
    for (const auto rule : kRules) TRY_VOID(rule(in));
  }
  if (in.sse) TRY_VOID(check_sse(*in.sse));
  if (in.resource_policy) TRY_VOID(check_resource_policy(*in.resource_policy));
  if (const json::Value* tags = json::find(body, "Tags")) {
    TRY(in.tags, decode_tags(*tags));
  }
  return in;
}

Result<ShownTable> execute_create_table(const CallContext& context, Txn& txn, const Input& in) {
  World& world = context.world;
  if (const TablePtr taken = world.catalog.find(in.name)) return name_taken(*taken);
  TableSchema schema = schema_of(context, in);
  if (in.source) return create_replica(context, txn, *in.source, std::move(schema));
  schema.id = world.catalog.next_table_id(txn);
  const Transitions& transitions = world.transitions;
  if (in.stream && in.stream->enabled) {
    schema.stream = world.stream_log.enable(txn, schema, *in.stream->view_type,
                                            transitions.stream_settles());
  }
  TableSchema creating = schema;
  creating.status = TableStatus::kCreating;
  for (IndexSchema& index : creating.indexes) index.status = IndexStatus::kCreating;
  if (transitions.visible()) {
    creating.transitions.push_back({.kind = Transition::Kind::kWhole,
                                    .ends = world.transitions.begin(txn),
                                    .index_id = 0,
                                    .units = {},
                                    .value = {}});
  }
  world.catalog.put(txn, transitions.visible() ? creating : schema);

  schema = std::move(creating);
  // The first answer has only the mode; the time of the switch comes with DescribeTable.
  schema.last_update_to_pay_per_request.reset();
  return shown_table(world, std::move(schema), ShownTable::Moment::kCreated);
}

}  // namespace tailrace::ops
