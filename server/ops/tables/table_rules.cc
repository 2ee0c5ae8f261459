#include "server/ops/tables/table_rules.h"

#include <algorithm>
#include <set>

#include "server/ops/tables/java_names.h"

namespace tailrace::ops {
namespace {

constexpr std::size_t kGlobalKeysMax = 4;  // Of each role.
constexpr std::int64_t kUnitsMax = 1'000'000'000'000;
// What an on-demand table takes from the start.
constexpr WarmThroughput kOnDemandWarm{.read_units = 12000, .write_units = 4000};

const AttributeDefinition* find_definition(const Definitions& definitions, std::string_view name) {
  const auto it = std::ranges::find(definitions, name, &AttributeDefinition::name);
  return it == definitions.end() ? nullptr : &*it;
}

Result<void> check_defined(const std::vector<KeyElement>& keys, const Definitions& definitions) {
  if (keys.size() > definitions.size()) {
    return validation_error("Invalid KeySchema: Some index key attribute have no definition");
  }
  const bool all = std::ranges::all_of(
      keys, [&](const KeyElement& key) { return find_definition(definitions, key.name); });
  if (all) return {};
  return invalid_parameter(
      "Some index key attributes are not defined in AttributeDefinitions. Keys: ",
      name_list(java_hash_order(names_of(keys))),
      ", AttributeDefinitions: ", definition_list(definitions));
}

bool are_distinct(const std::vector<KeyElement>& keys) {
  std::set<std::string_view> seen;
  return std::ranges::all_of(
      keys, [&](const KeyElement& key) { return seen.insert(key.name).second; });
}

Result<void> check_distinct(const std::vector<KeyElement>& keys) {
  if (are_distinct(keys)) return {};
  return validation_error(
      "Both the Hash Key and the Range Key element in the KeySchema have the same name");
}

Result<void> check_leading_hash(const std::vector<KeyElement>& keys) {
  if (!keys.empty() && keys[0].type == "HASH") return {};
  return validation_error("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
}

// AWS refuses them; its text was not recorded, so it is that of definitions.
Result<void> check_projected_once(const std::vector<std::string>& names) {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second)
      return validation_error(str_cat("Attribute Name is duplicated: ", name));
  }
  return {};
}

std::size_t count_of_type(const std::vector<KeyElement>& keys, std::string_view type) {
  return static_cast<std::size_t>(std::ranges::count(keys, type, &KeyElement::type));
}

Result<void> check_role_count(const std::vector<KeyElement>& keys, std::string_view role) {
  if (count_of_type(keys, role) <= kGlobalKeysMax) return {};
  return invalid_parameter("The KeySchema exceeds the maximum allowed number of ", role,
                           " key attributes");
}

}  // namespace

ApiError resource_in_use(std::string_view text) {
  return {.code = ErrorCode::kResourceInUseException,
          .message = str_cat("Attempt to change a resource which is still in use: ", text),
          .extra_members = {}};
}

ApiError one_online_index() {
  return {ErrorCode::kLimitExceededException,
          "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously "
          "per table",
          {}};
}

Result<void> check_not_in_transition(const TableSchema& table) {
  const auto in_use = [&](std::string_view what) {
    return resource_in_use(str_cat("Table is being ", what, ": ", table.name.name));
  };
  switch (table.status) {
    case TableStatus::kCreating:
      return in_use("created");
    case TableStatus::kUpdating:
      return in_use("updated");
    case TableStatus::kDeleting:
      return in_use("deleted");
    case TableStatus::kActive:
      break;
  }
  return {};
}

std::string name_list(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : names) str_append(text, text.size() == 1 ? "" : ", ", name);
  return text + "]";
}

std::vector<std::string> names_of(const std::vector<KeyElement>& keys) {
  std::vector<std::string> names;
  for (const KeyElement& key : keys) names.push_back(key.name);
  return names;
}

std::vector<std::string> names_of(const Definitions& definitions) {
  std::vector<std::string> names;
  for (const AttributeDefinition& definition : definitions) names.push_back(definition.name);
  return names;
}

// AWS keeps them in a HashMap made for their number.
std::string definition_list(const Definitions& definitions) {
  return name_list(java_hash_order(names_of(definitions), definitions.size()));
}

Result<void> check_definitions_are_unique(const Definitions& definitions) {
  std::set<std::string_view> seen;
  for (const AttributeDefinition& definition : definitions) {
    if (!seen.insert(definition.name).second) {
      return validation_error(str_cat("Attribute Name is duplicated: ", definition.name));
    }
  }
  return {};
}

Result<void> check_key_schema_members(const std::vector<KeyElement>& keys,
                                      const Definitions& definitions) {
  TRY_VOID(check_defined(keys, definitions));
  TRY_VOID(check_distinct(keys));
  TRY_VOID(check_leading_hash(keys));
  if (keys.size() > 1 && keys[1].type != "RANGE") {
    return validation_error(
        "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  }
  return {};
}

Result<void> check_global_key_schema(const std::vector<KeyElement>& keys,
                                     const Definitions& definitions) {
  TRY_VOID(check_defined(keys, definitions));
  TRY_VOID(check_leading_hash(keys));
  if (count_of_type(keys, "HASH") + count_of_type(keys, "RANGE") != keys.size()) {
    return validation_error(
        "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  }
  TRY_VOID(check_role_count(keys, "HASH"));
  TRY_VOID(check_role_count(keys, "RANGE"));
  const auto is_hash = [](const KeyElement& key) { return key.type == "HASH"; };
  if (!std::ranges::is_partitioned(keys, is_hash)) {
    return invalid_parameter(
        "All HASH key attributes must precede RANGE key attributes in the KeySchema");
  }
  if (are_distinct(keys)) return {};
  return invalid_parameter("The KeySchema contains multiple key attributes with the same name");
}

Result<void> check_index_projection(const ProjectionMember& projection) {
  if (!projection.type) return invalid_parameter("Unknown ProjectionType: null");
  const bool names = projection.non_key_attributes.has_value();
  if (*projection.type == ProjectionType::kInclude) {
    if (!names)
      return invalid_parameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    TRY_VOID(check_projected_once(*projection.non_key_attributes));
  } else if (names) {
    return invalid_parameter("ProjectionType is ", projection_type_name(*projection.type),
                             ", but NonKeyAttributes is specified");
  }
  return {};
}

Result<void> check_units_in_bounds(const Units& units, std::string_view where) {
  if (units.read > kUnitsMax) {
    return validation_error(
        str_cat("Given value ", units.read, " for ReadCapacityUnits is out of bounds", where));
  }
  if (units.write > kUnitsMax) {
    return validation_error(
        str_cat("Given value ", units.write, " for WriteCapacityUnits is out of bounds", where));
  }
  return {};
}

Result<void> check_no_index_throughput(const IndexMember& index) {
  if (!index.throughput) return {};
  return invalid_parameter("ProvisionedThroughput should not be specified for index: ", index.name,
                           " when BillingMode is PAY_PER_REQUEST");
}

Result<void> check_on_demand_range(const OnDemandMember& on_demand,
                                   std::string_view place,
                                   MinusOne minus_one) {
  const auto out_of_range = [&](const std::optional<std::int64_t>& value) {
    return value && *value < 1 && (*value != -1 || minus_one == MinusOne::kRefused);
  };
  constexpr std::string_view kRest = " is outside of valid range";
  if (out_of_range(on_demand.max_read)) {
    return invalid_parameter("Requested MaxReadRequestUnits for OnDemandThroughput", place, kRest);
  }
  if (out_of_range(on_demand.max_write)) {
    return invalid_parameter("Requested MaxWriteRequestUnits for OnDemandThroughput", place, kRest);
  }
  return {};
}

Result<void> check_warm(const WarmMember& warm,
                        const WarmThroughput& floor,
                        std::string_view place,
                        const WarmFloorTexts& texts) {
  constexpr std::string_view kIsLower = " is lower than ";
  if (warm.read && *warm.read < floor.read_units) {
    return invalid_parameter("Requested ReadUnitsPerSecond for WarmThroughput", place, kIsLower,
                             texts.read);
  }
  if (warm.write && *warm.write < floor.write_units) {
    return invalid_parameter("Requested WriteUnitsPerSecond for WarmThroughput", place, kIsLower,
                             texts.write);
  }
  return {};
}

WarmFloorTexts new_warm_floor_texts(BillingMode mode) {
  if (mode == BillingMode::kProvisioned) {
    return {.read = "ReadCapacityUnits of ProvisionedThroughput",
            .write = "WriteCapacityUnits of ProvisionedThroughput"};
  }
  constexpr std::string_view kInitial =
      "initial throughput for OnDemand. See: "
      "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
      "on-demand-capacity-mode.html#on-demand-capacity-mode-initial";
  return {.read = kInitial, .write = kInitial};
}

Result<void> check_stream_of_new_table(const StreamMember& stream) {
  if (stream.enabled && !stream.view_type) {
    return invalid_parameter(
        "Table is being created with a stream enabled, UpdateViewType is required");
  }
  if (!stream.enabled && stream.view_type) {
    return invalid_parameter(
        "Table is being created with a stream disabled, UpdateViewType should not be specified");
  }
  return {};
}

Result<void> check_sse(const SseMember& sse) {
  if (sse.enabled == false) {
    if (sse.type) return invalid_parameter("SSEType can not be specified if Enabled is false");
    if (sse.key_id)
      return invalid_parameter("KMSMasterKeyId can not be specified if Enabled is false");
    return {};
  }
  if (sse.key_id && !sse.type)
    return invalid_parameter("SSEType KMS is required if KMSMasterKeyId is specified");
  if (sse.type.value_or("KMS") == "KMS") return {};
  return invalid_parameter("SSEType ", *sse.type, " is not supported");
}

Result<void> check_resource_policy(std::string_view policy) {
  constexpr std::size_t kPolicyBytesMax = 20 * 1024;
  if (policy.size() > kPolicyBytesMax)
    return invalid_parameter("Invalid policy document: The policy has more than ", kPolicyBytesMax,
                             " bytes");
  rapidjson::Document document;
  if (json::parse_copy(policy, document) && document.IsObject()) return {};
  return invalid_parameter("Invalid policy document: This policy contains invalid Json");
}

WarmThroughput effective_warm(const std::optional<WarmThroughput>& ordered,
                              BillingMode mode,
                              const Throughput& provisioned) {
  const WarmThroughput floor = mode == BillingMode::kPayPerRequest
                                   ? kOnDemandWarm
                                   : WarmThroughput{.read_units = provisioned.read_units,
                                                    .write_units = provisioned.write_units};
  if (!ordered) return floor;
  return {.read_units = std::max(ordered->read_units, floor.read_units),
          .write_units = std::max(ordered->write_units, floor.write_units)};
}

KeySchema key_schema_of(const std::vector<KeyElement>& keys, const Definitions& definitions) {
  KeySchema schema;
  for (const KeyElement& key : keys) {
    const AttributeDefinition* definition = find_definition(definitions, key.name);
    CHECK(definition != nullptr);
    (key.type == "HASH" ? schema.hash : schema.range)
        .push_back({.name = key.name, .type = definition->type});
  }
  return schema;
}

IndexSchema index_schema_of(const IndexMember& member,
                            IndexKind kind,
                            const Definitions& definitions) {
  IndexSchema index;
  index.name = member.name;
  index.kind = kind;
  index.keys = key_schema_of(member.keys, definitions);
  index.projection = member.projection.type.value_or(ProjectionType::kAll);
  index.non_key_attributes =
      member.projection.non_key_attributes.value_or(std::vector<std::string>());
  if (member.throughput) {
    index.throughput.read_units = member.throughput->read;
    index.throughput.write_units = member.throughput->write;
  }
  index.on_demand = merge_on_demand({}, member.on_demand);
  return index;
}

std::optional<OnDemandThroughput> merge_on_demand(const std::optional<OnDemandThroughput>& current,
                                                  const std::optional<OnDemandMember>& given) {
  if (!given) return current;
  OnDemandThroughput merged = current.value_or(OnDemandThroughput());
  const auto merge = [](std::optional<std::int64_t>& held,
                        const std::optional<std::int64_t>& value) {
    if (value) held = *value == -1 ? std::nullopt : value;
  };
  merge(merged.max_read_units, given->max_read);
  merge(merged.max_write_units, given->max_write);
  if (!merged.max_read_units && !merged.max_write_units) return std::nullopt;
  return merged;
}

std::optional<WarmThroughput> merge_warm(const std::optional<WarmThroughput>& current,
                                         const WarmThroughput& floor,
                                         const std::optional<WarmMember>& given) {
  if (!given) return current;
  return WarmThroughput{.read_units = given->read.value_or(floor.read_units),
                        .write_units = given->write.value_or(floor.write_units)};
}

}  // namespace tailrace::ops
