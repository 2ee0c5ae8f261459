// UpdateTable's members and the rules that need no table.
#include "server/ops/tables/table_update.h"

#include <algorithm>
#include <set>
#include <vector>

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

Result<void> check_index_units(const Input& in) {
  for (const IndexUpdate& update : in.index_updates) {
    const std::string& name = update.index.name;
    if (update.empty_warm) {
      return invalid_parameter(
          "WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond "
          "specified for index: ",
          name);
    }
    if (!update.index.throughput) continue;
    if (in.billing_mode == BillingMode::kPayPerRequest) {
      return invalid_parameter(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: ", name,
          " when BillingMode is PAY_PER_REQUEST");
    }
    TRY_VOID(check_units_in_bounds(*update.index.throughput, str_cat(" for index ", name)));
  }
  return {};
}

// --- Which members a request may have together. (behaviour/tables 4.1, 4.2)

bool has_index_changes(const Input& in) {
  return !in.vector_index_updates.empty() ||
         std::ranges::any_of(in.index_updates, [](const IndexUpdate& update) {
           return update.action != Action::kUpdate;
         });
}

// What a request may change, and how the members are called that do it.
struct Part {
  std::string_view name;  // In the text of a request that changes nothing; empty: not listed there.
  bool (*given)(const Input& in);
};
// In the order of that text.
constexpr Part kParts[] = {
    {"ProvisionedThroughput", [](const Input& in) { return in.throughput.has_value(); }},
    {"BillingMode", [](const Input& in) { return in.billing_mode.has_value(); }},
    {"UpdateStreamEnabled", [](const Input& in) { return in.stream.has_value(); }},
    {"GlobalSecondaryIndexUpdates", [](const Input& in) { return !in.index_updates.empty(); }},
    {"SSESpecification", [](const Input& in) { return in.sse.has_value(); }},
    {"ReplicaUpdates", [](const Input& in) { return !in.group.replicas.empty(); }},
    {"MultiAccountReplicaReady", [](const Input&) { return false; }},
    {"ReplicaTransitRoleArn", [](const Input&) { return false; }},
    {"MultiRegionConsistency", [](const Input&) { return false; }},
    {"DeletionProtectionEnabled",
     [](const Input& in) { return in.deletion_protection.has_value(); }},
    {"OnDemandThroughput", [](const Input& in) { return in.on_demand.has_value(); }},
    {"WarmThroughput", [](const Input& in) { return in.warm.has_value(); }},
    {"TableClass", [](const Input& in) { return in.table_class.has_value(); }},
    {"", [](const Input& in) { return !in.stored_members.empty(); }},
    {"", [](const Input& in) { return !in.vector_index_updates.empty(); }},
    // Witnesses alone change nothing; they go along with replicas.
};

Result<void> check_something_to_do(const Input& in, const json::Value& body) {
  if (std::ranges::any_of(kParts, [&](const Part& part) { return part.given(in); })) return {};
  // A member that is there without changing anything is left out.
  std::vector<std::string_view> names;
  for (const Part& part : kParts) {
    if (!part.name.empty() && json::find(body, part.name) == nullptr) names.push_back(part.name);
  }
  std::string text = "At least one of ";
  for (std::size_t i = 0; i < names.size(); ++i)
    str_append(text, i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", names[i]);
  return validation_error(text + " is required");
}

std::size_t parts_given(const Input& in) {
  return static_cast<std::size_t>(
             std::ranges::count_if(kParts, [&](const Part& part) { return part.given(in); })) +
         (in.group.replicas.empty() && (!in.group.witnesses.empty() || in.group.consistency));
}

// What cannot be combined; of several the first row is named.
struct Companion {
  bool (*refused)(const Input& in);
  std::string_view text;
};
constexpr Companion kAlone[] = {
    {[](const Input& in) { return in.sse.has_value(); },
     "Server-Side Encryption modification must be the only operation in the request"},
    {[](const Input& in) { return in.table_class.has_value(); },
     "TableClass modification must be the only operation in the request"},
    {[](const Input& in) { return in.deletion_protection.has_value(); },
     "DeletionProtection modification must be the only operation in the request"},
    {[](const Input& in) { return in.warm.has_value(); },
     "WarmThroughput must be the only operation in the request"},
    {[](const Input& in) { return !in.group.replicas.empty(); },
     "Replica modification must be the only operation in the request"},
    {[](const Input& in) { return !in.group.witnesses.empty(); },
     "Requests that modify replicas or witnesses must not also modify other fields"},
    {[](const Input& in) { return in.stored_members.contains("DisassociationProtectionEnabled"); },
     "DisassociationProtection modification must be the only operation in the request"},
    {[](const Input& in) { return in.stream && in.throughput; },
     "You cannot modify stream status while updating table IOPS"},
    {[](const Input& in) { return in.stream && has_index_changes(in); },
     "You cannot create or delete index while changing stream status"},
    {[](const Input& in) {
       return in.on_demand && (in.stream || in.throughput || !in.index_updates.empty() ||
                               !in.vector_index_updates.empty());
     },
     "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"},
};

Result<void> check_what_comes_alone(const Input& in) {
  if (parts_given(in) < 2) return {};
  for (const Companion& companion : kAlone) {
    if (companion.refused(in)) return invalid_parameter(companion.text);
  }
  return {};
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
  return online <= 1 ? Result<void>() : one_online_index();
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

Result<void> check_replicas(const Input& in) {
  return check_group_update(in.group);
}

Result<void> check_on_demand_values(const Input& in) {
  if (in.on_demand) TRY_VOID(check_on_demand_range(*in.on_demand, " for table", MinusOne::kAccepted));
  for (const IndexUpdate& update : in.index_updates) {
    if (!update.index.on_demand) continue;
    const MinusOne minus_one =
        update.action == Action::kUpdate ? MinusOne::kAccepted : MinusOne::kRefused;
    TRY_VOID(check_on_demand_range(*update.index.on_demand,
                                   str_cat(" for index : ", update.index.name), minus_one));
  }
  return {};
}

Result<void> check_encryption(const Input& in) {
  return in.sse ? check_sse(*in.sse) : Result<void>();
}

// After check_something_to_do.
constexpr Result<void> (*kRules[])(const Input&) = {
    check_what_comes_alone, check_index_updates,    check_stream_members,
    check_replicas,         check_on_demand_values, check_encryption,
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
      if (action == nullptr) continue;
      const json::Value* warm = json::find(*action, "WarmThroughput");
      updates.push_back({.action = member.action,
                         .index = decode_index(*action),
                         .empty_warm = warm != nullptr && !decode_warm(*action)});
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
  TRY_VOID(check_index_units(in));
  in.on_demand = decode_on_demand(body);
  in.warm = decode_warm(body);
  in.stream = decode_stream(body);
  in.sse = decode_sse(body);
  in.table_class = json::optional_string(body, "TableClass");
  in.deletion_protection = json::optional_bool(body, "DeletionProtectionEnabled");
  in.stored_members = decode_stored_members(body);
  TRY(in.group, decode_group_update(body));
  TRY(in.vector_index_updates, decode_vector_updates(body));
  TRY_VOID(check_something_to_do(in, body));
  for (const auto rule : kRules) TRY_VOID(rule(in));
  return in;
}

}  // namespace tailrace::ops
