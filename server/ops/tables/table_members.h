// Members of table requests, as they are given: CreateTable and UpdateTable share them.
// (behaviour/dynamodb 4.6)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/json.h"
#include "server/call/operation.h"
#include "storage/schema/table_schema.h"

namespace tailrace::ops {

struct AttributeDefinition {
  std::string name;
  AttributeType type = AttributeType::kS;
};

struct KeyElement {
  std::string name;
  std::string type;  // HASH, RANGE or, in indexes, whatever was sent.
};

struct ProjectionMember {
  std::optional<ProjectionType> type;
  std::optional<std::vector<std::string>> non_key_attributes;
};

struct Units {
  std::int64_t read = 0;
  std::int64_t write = 0;
  bool operator==(const Units&) const = default;
};

// -1 takes a ceiling away.
struct OnDemandMember {
  std::optional<std::int64_t> max_read;
  std::optional<std::int64_t> max_write;
};

struct WarmMember {
  std::optional<std::int64_t> read;
  std::optional<std::int64_t> write;
};

struct IndexMember {
  std::string name;
  std::vector<KeyElement> keys;
  ProjectionMember projection;
  std::optional<Units> throughput;
  std::optional<OnDemandMember> on_demand;
  std::optional<WarmMember> warm;
};

struct StreamMember {
  bool enabled = false;
  std::optional<StreamViewType> view_type;
};

struct SseMember {
  std::optional<bool> enabled;
  std::optional<std::string> type;
  std::optional<std::string> key_id;
  // SSEType alone will do.
  bool wanted() const { return enabled.value_or(type.has_value()); }
};

// All after validation by shape; absent members give empty values.
std::vector<AttributeDefinition> decode_definitions(const json::Value& body);
std::vector<KeyElement> decode_key_schema(const json::Value& holder);
ProjectionMember decode_projection_member(const json::Value& index);
IndexMember decode_index(const json::Value& object);
std::optional<BillingMode> decode_billing_mode(const json::Value& body);
std::optional<Units> decode_throughput(const json::Value& holder);
// An empty object counts as absent.
std::optional<OnDemandMember> decode_on_demand(const json::Value& holder);
std::optional<WarmMember> decode_warm(const json::Value& holder);
std::optional<StreamMember> decode_stream(const json::Value& body);
std::optional<SseMember> decode_sse(const json::Value& body);
// Members that are kept and shown without effect here: JSON text by name.
std::map<std::string, std::string> decode_stored_members(const json::Value& body);

// The ARN of the key that encrypts a table: the one that was given, or the account's own.
std::string kms_key_arn(const Owner& owner, const std::optional<std::string>& key_id);

}  // namespace tailrace::ops
