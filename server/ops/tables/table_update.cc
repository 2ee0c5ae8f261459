// UpdateTable's members and the rules that need no table.
#include "server/ops/tables/table_update.h"

#include <algorithm>
#include <set>

#include "server/call/request_members.h"

namespace tailrace::ops {
namespace {

using Input = UpdateTableInput;
using Action = IndexUpdate::Action;

Result<void> check_billing(const Input& in) {
  if (in.billing_mode == BillingMode::kProvisioned && !in.throughput) {
    return invalid_parameter(
        "ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  }
  if (in.billing_mode == BillingMode::kPayPerRequest && in.throughput) {
    return invalid_parameter(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST");
  }
  return in.throughput ? check_units_in_bounds(*in.throughput, "") : Result<void>();
}

Result<void> check_index_bounds(const Input& in) {
  for (const IndexUpdate& update : in.index_updates) {
    if (!update.index.throughput) continue;
    TRY_VOID(
        check_units_in_bounds(*update.index.throughput, str_cat(" for index ", update.index.name)));
  }
  return {};
}

Result<void> check_something_to_do(const Input& in) {
  if (in.billing_mode || in.throughput || in.on_demand || in.warm || !in.index_updates.empty() ||
      in.stream || in.sse || in.table_class || in.deletion_protection ||
      !in.stored_members.empty() || !in.group.empty() || in.group.consistency ||
      !in.vector_index_updates.empty()) {
    return {};
  }
  return validation_error(
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
      "GlobalSecondaryIndexUpdates or SSESpecification "
      "or ReplicaUpdates is required");
}

Result<void> check_index_updates(const Input& in) {
  std::set<std::string_view> names;
  for (const IndexUpdate& update : in.index_updates) {
    if (!names.insert(update.index.name).second) {
      return invalid_parameter(
          "Only one global secondary index update per index is allowed simultaneously. Index: ",
          update.index.name);
    }
  }
  const auto online = std::ssize(in.vector_index_updates) + std::ranges::count_if(
      in.index_updates, [](const IndexUpdate& update) { return update.action != Action::kUpdate; });
  if (online <= 1) return {};
  return ApiError{ErrorCode::kLimitExceededException,
                  "Subscriber limit exceeded: Only 1 online index can be created or deleted "
                  "simultaneously per table",
                  {}};
}

Result<void> check_stream_members(const Input& in) {
  if (!in.stream) return {};
  if (in.stream->enabled && !in.stream->view_type) {
    return invalid_parameter("If stream is being enabled then UpdateViewType is required");
  }
  if (!in.stream->enabled && in.stream->view_type) {
    return invalid_parameter(
        "If stream is being disabled, then UpdateViewType must not be specified");
  }
  return {};
}

// What a stream change cannot be combined with; of several the first row is named.
// (behaviour/streams 2.2)
struct StreamCompanion {
  bool (*given)(const Input& in);
  std::string_view text;
};
constexpr StreamCompanion kStreamCompanions[] = {
    {[](const Input& in) { return in.sse.has_value(); },
     "Server-Side Encryption modification must be the only operation in the request"},
    {[](const Input& in) { return in.table_class.has_value(); },
     "TableClass modification must be the only operation in the request"},
    {[](const Input& in) { return in.deletion_protection.has_value(); },
     "DeletionProtection modification must be the only operation in the request"},
    {[](const Input& in) { return in.warm.has_value(); },
     "WarmThroughput must be the only operation in the request"},
    {[](const Input& in) { return !in.group.empty(); },
     "Replica modification must be the only operation in the request"},
    {[](const Input& in) { return in.throughput.has_value(); },
     "You cannot modify stream status while updating table IOPS"},
    {[](const Input& in) {
       return !in.vector_index_updates.empty() ||
              std::ranges::any_of(in.index_updates, [](const IndexUpdate& update) {
                return update.action != Action::kUpdate;
              });
     },
     "You cannot create or delete index while changing stream status"},
    {[](const Input& in) { return in.on_demand.has_value(); },
     "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"},
};

Result<void> check_stream_comes_alone(const Input& in) {
  if (!in.stream) return {};
  for (const StreamCompanion& companion : kStreamCompanions) {
    if (companion.given(in)) return invalid_parameter(companion.text);
  }
  return {};
}

// Only encryption changes along with replicas, whose keys it needs.
Result<void> check_replicas_come_alone(const Input& in) {
  if (in.group.empty()) return check_group_update(in.group);
  if (in.billing_mode || in.throughput || in.on_demand || in.warm || !in.index_updates.empty() ||
      in.table_class || in.deletion_protection || !in.stored_members.empty()) {
    return invalid_parameter("Replica modification must be the only operation in the request");
  }
  return check_group_update(in.group);
}

Result<void> check_disassociation_protection_comes_alone(const Input& in) {
  if (!in.stored_members.contains("DisassociationProtectionEnabled")) return {};
  const bool alone = in.stored_members.size() == 1 && !in.billing_mode && !in.throughput &&
                     !in.on_demand && !in.warm && in.index_updates.empty() && !in.stream &&
                     !in.sse && !in.table_class && !in.deletion_protection;
  if (alone) return {};
  return invalid_parameter(
      "DisassociationProtection modification must be the only operation in the request");
}

Result<void> check_on_demand_values(const Input& in) {
  if (in.on_demand) TRY_VOID(check_on_demand_range(*in.on_demand, ""));
  for (const IndexUpdate& update : in.index_updates) {
    if (!update.index.on_demand) continue;
    TRY_VOID(
        check_on_demand_range(*update.index.on_demand, str_cat(" for index ", update.index.name)));
  }
  return {};
}

Result<void> check_encryption(const Input& in) {
  return in.sse ? check_sse(*in.sse) : Result<void>();
}

constexpr Result<void> (*kRules[])(const Input&) = {
    check_index_bounds,
    check_something_to_do,
    check_index_updates,
    check_stream_members,
    check_stream_comes_alone,
    check_replicas_come_alone,
    check_disassociation_protection_comes_alone,
    check_on_demand_values,
    check_encryption,
};

Result<std::vector<IndexUpdate>> decode_index_updates(const json::Value& body) {
  struct Member {
    std::string_view name;
    Action action;
  };
  constexpr Member kMembers[] = {
      {"Update", Action::kUpdate}, {"Create", Action::kCreate}, {"Delete", Action::kDelete}};
  std::vector<IndexUpdate> updates;
  const json::Value* list = json::find(body, "GlobalSecondaryIndexUpdates");
  if (list == nullptr) return updates;
  for (const json::Value& element : list->GetArray()) {
    const std::size_t before = updates.size();
    for (const Member& member : kMembers) {
      const json::Value* action = element.IsObject() ? json::find(element, member.name) : nullptr;
      if (action != nullptr)
        updates.push_back({.action = member.action, .index = decode_index(*action)});
    }
    if (updates.size() == before) {
      return invalid_parameter(
          "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
          "GlobalSecondaryIndexUpdate.Delete must not "
          "be null");
    }
    if (updates.size() > before + 1) {
      return invalid_parameter(
          "Only one of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
          "GlobalSecondaryIndexUpdate.Delete may "
          "be specified");
    }
  }
  return updates;
}

Result<std::vector<VectorIndexUpdate>> decode_vector_updates(const json::Value& body) {
  using VectorAction = VectorIndexUpdate::Action;
  std::vector<VectorIndexUpdate> updates;
  const json::Value* list = json::find(body, "VectorIndexUpdates");
  if (list == nullptr) return updates;
  for (const json::Value& element : list->GetArray()) {
    const json::Value* create = element.IsObject() ? json::find(element, "Create") : nullptr;
    const json::Value* erase = element.IsObject() ? json::find(element, "Delete") : nullptr;
    if (create == nullptr && erase == nullptr) {
      return invalid_parameter(
          "One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete must not be null");
    }
    if (create != nullptr && erase != nullptr) {
      return invalid_parameter(
          "Only one of VectorIndexUpdate.Create, VectorIndexUpdate.Delete may be specified");
    }
    updates.push_back({.action = create ? VectorAction::kCreate : VectorAction::kDelete,
                       .index = decode_vector_index(create ? *create : *erase)});
  }
  return updates;
}

}  // namespace

Result<Input> decode_update_table(const CallContext& context, const json::Value& body) {
  Input in;
  TRY(in.name, table_name_of(context, json::string_or(body, "TableName")));
  in.definitions = decode_definitions(body);
  in.billing_mode = decode_billing_mode(body);
  in.throughput = decode_throughput(body);
  TRY_VOID(check_billing(in));
  TRY(in.index_updates, decode_index_updates(body));
  in.on_demand = decode_on_demand(body);
  in.warm = decode_warm(body);
  in.stream = decode_stream(body);
  in.sse = decode_sse(body);
  in.table_class = json::optional_string(body, "TableClass");
  in.deletion_protection = json::optional_bool(body, "DeletionProtectionEnabled");
  in.stored_members = decode_stored_members(body);
  TRY(in.group, decode_group_update(body));
  TRY(in.vector_index_updates, decode_vector_updates(body));
  for (const auto rule : kRules) TRY_VOID(rule(in));
  return in;
}

}  // namespace tailrace::ops
