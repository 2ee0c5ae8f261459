#include "server/ops/tables/table_members.h"

#include <algorithm>

#include "server/call/request_members.h"
#include "storage/base/str_cat.h"

namespace tailrace::ops {
namespace {

constexpr std::string_view kStoredMembers[] = {"GlobalTableSettingsReplicationMode",
                                               "DisassociationProtectionEnabled"};

AttributeType key_type_of(std::string_view name) {
  if (name == "N") return AttributeType::kN;
  return name == "B" ? AttributeType::kB : AttributeType::kS;
}

// The hash of a text as a UUID: stable, so that a description never changes its mind.
std::string stable_uuid(std::string_view text) {
  constexpr std::uint64_t kPrime = 1099511628211u;
  std::uint64_t high = 14695981039346656037u, low = ~high;
  for (const char c : text) {
    high = (high ^ static_cast<unsigned char>(c)) * kPrime;
    low = (low ^ static_cast<unsigned char>(c)) * kPrime;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string uuid;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) uuid += '-';
    const std::uint64_t half = i < 16 ? high : low;
    uuid += kDigits[half >> (60 - i % 16 * 4) & 0xF];
  }
  return uuid;
}

}  // namespace

std::vector<AttributeDefinition> decode_definitions(const json::Value& body) {
  std::vector<AttributeDefinition> definitions;
  const json::Value* list = json::find(body, "AttributeDefinitions");
  if (list == nullptr) return definitions;
  for (const json::Value& element : list->GetArray()) {
    if (!element.IsObject()) continue;
    definitions.push_back({.name = std::string(json::string_or(element, "AttributeName")),
                           .type = key_type_of(json::string_or(element, "AttributeType"))});
  }
  return definitions;
}

std::vector<KeyElement> decode_key_schema(const json::Value& holder) {
  std::vector<KeyElement> keys;
  const json::Value* list = json::find(holder, "KeySchema");
  if (list == nullptr) return keys;
  for (const json::Value& element : list->GetArray()) {
    if (!element.IsObject()) continue;
    keys.push_back({.name = std::string(json::string_or(element, "AttributeName")),
                    .type = std::string(json::string_or(element, "KeyType"))});
  }
  return keys;
}

ProjectionMember decode_projection_member(const json::Value& index) {
  ProjectionMember projection;
  const json::Value* object = json::find(index, "Projection");
  if (object == nullptr) return projection;
  const std::string_view type = json::string_or(*object, "ProjectionType");
  if (type == "ALL") projection.type = ProjectionType::kAll;
  if (type == "KEYS_ONLY") projection.type = ProjectionType::kKeysOnly;
  if (type == "INCLUDE") projection.type = ProjectionType::kInclude;
  if (const json::Value* names = json::find(*object, "NonKeyAttributes")) {
    projection.non_key_attributes.emplace();
    for (const json::Value& name : names->GetArray()) {
      if (name.IsString()) projection.non_key_attributes->emplace_back(json::view(name));
    }
  }
  return projection;
}

IndexMember decode_index(const json::Value& object) {
  return {.name = std::string(json::string_or(object, "IndexName")),
          .keys = decode_key_schema(object),
          .projection = decode_projection_member(object),
          .throughput = decode_throughput(object),
          .on_demand = decode_on_demand(object),
          .warm = decode_warm(object)};
}

std::optional<BillingMode> decode_billing_mode(const json::Value& body) {
  const json::Value* mode = json::find(body, "BillingMode");
  if (mode == nullptr) return std::nullopt;
  return json::view(*mode) == "PAY_PER_REQUEST" ? BillingMode::kPayPerRequest
                                                : BillingMode::kProvisioned;
}

std::optional<Units> decode_throughput(const json::Value& holder) {
  const json::Value* object = json::find(holder, "ProvisionedThroughput");
  if (object == nullptr) return std::nullopt;
  return Units{.read = json::optional_int(*object, "ReadCapacityUnits").value_or(0),
               .write = json::optional_int(*object, "WriteCapacityUnits").value_or(0)};
}

std::optional<OnDemandMember> decode_on_demand(const json::Value& holder) {
  const json::Value* object = json::find(holder, "OnDemandThroughput");
  if (object == nullptr) return std::nullopt;
  const OnDemandMember member{.max_read = json::optional_int(*object, "MaxReadRequestUnits"),
                              .max_write = json::optional_int(*object, "MaxWriteRequestUnits")};
  if (!member.max_read && !member.max_write) return std::nullopt;
  return member;
}

std::optional<WarmMember> decode_warm(const json::Value& holder) {
  const json::Value* object = json::find(holder, "WarmThroughput");
  if (object == nullptr) return std::nullopt;
  const WarmMember member{.read = json::optional_int(*object, "ReadUnitsPerSecond"),
                          .write = json::optional_int(*object, "WriteUnitsPerSecond")};
  if (!member.read && !member.write) return std::nullopt;
  return member;
}

std::optional<StreamMember> decode_stream(const json::Value& body) {
  const json::Value* object = json::find(body, "StreamSpecification");
  if (object == nullptr) return std::nullopt;
  StreamMember stream{.enabled = json::bool_or(*object, "StreamEnabled", false), .view_type = {}};
  if (const json::Value* type = json::find(*object, "StreamViewType")) {
    stream.view_type = parse_view_type(json::view(*type));
  }
  return stream;
}

std::optional<SseMember> decode_sse(const json::Value& body) {
  const json::Value* object = json::find(body, "SSESpecification");
  if (object == nullptr) return std::nullopt;
  return SseMember{.enabled = json::optional_bool(*object, "Enabled"),
                   .type = json::optional_string(*object, "SSEType"),
                   .key_id = json::optional_string(*object, "KMSMasterKeyId")};
}

std::map<std::string, std::string> decode_stored_members(const json::Value& body) {
  std::map<std::string, std::string> members;
  for (const std::string_view name : kStoredMembers) {
    if (const json::Value* value = json::find(body, name))
      members.emplace(name, json::text(*value));
  }
  return members;
}

std::string kms_key_arn(const Owner& owner, const std::optional<std::string>& key_id) {
  if (key_id && key_id->starts_with("arn:")) return *key_id;
  const std::string prefix = str_cat("arn:aws:kms:", owner.region, ":", owner.account, ":");
  if (!key_id) return str_cat(prefix, "key/", stable_uuid(prefix));
  return str_cat(prefix, key_id->starts_with("alias/") ? "" : "key/", *key_id);
}

}  // namespace tailrace::ops
