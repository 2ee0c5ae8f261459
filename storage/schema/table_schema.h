// TableSchema: what a table is. Immutable and shared by pointer; UpdateTable replaces it as a whole when its
// transaction commits.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/clock.h"
#include "storage/value/attribute_value.h"

namespace tailrace {

// Who asks, or who owns: every table, stream and mapping belongs to one account and region.
struct Owner {
  std::string account;  // 12 digits.
  std::string region;
  auto operator<=>(const Owner&) const = default;
};

struct TableName {
  Owner owner;
  std::string name;
  auto operator<=>(const TableName&) const = default;
};

std::string table_arn(const TableName& table);  // arn:aws:dynamodb:<region>:<account>:table/<name>

struct KeyAttribute {
  std::string name;
  AttributeType type = AttributeType::kS;  // S, N or B.
  bool operator==(const KeyAttribute&) const = default;
};

// A table has one hash and at most one range attribute; a GSI up to four of each.
struct KeySchema {
  std::vector<KeyAttribute> hash;
  std::vector<KeyAttribute> range;
  bool contains(std::string_view attribute) const;
  bool operator==(const KeySchema&) const = default;
};

enum class ProjectionType : std::uint8_t { kAll, kKeysOnly, kInclude };
enum class IndexKind : std::uint8_t { kLocal, kGlobal, kVector };
enum class DistanceFunction : std::uint8_t { kCosine, kDotProduct, kEuclidean };
enum class SearchRole : std::uint8_t { kHash, kInlineFilter };
enum class TableStatus : std::uint8_t { kCreating, kUpdating, kDeleting, kActive };
enum class IndexStatus : std::uint8_t { kCreating, kUpdating, kDeleting, kActive };
enum class BillingMode : std::uint8_t { kProvisioned, kPayPerRequest };
enum class StreamViewType : std::uint8_t { kKeysOnly, kNewImage, kOldImage, kNewAndOldImages };

std::string_view status_name(TableStatus status);
std::string_view status_name(IndexStatus status);
std::string_view view_type_name(StreamViewType type);
std::optional<StreamViewType> parse_view_type(std::string_view name);
std::string_view projection_type_name(ProjectionType type);
std::string_view distance_function_name(DistanceFunction function);
std::string_view search_role_name(SearchRole role);

struct Throughput {
  std::int64_t read_units = 0;
  std::int64_t write_units = 0;
  std::optional<Instant> last_increase;
  std::optional<Instant> last_decrease;
  std::int64_t decreases_today = 0;
};
// Members of AWS's that are -1 or absent are absent here.
struct OnDemandThroughput {
  std::optional<std::int64_t> max_read_units;
  std::optional<std::int64_t> max_write_units;
};
struct WarmThroughput {
  std::int64_t read_units = 0;
  std::int64_t write_units = 0;
};

// Settings of a replica's own, instead of those that global tables keep in step.
// (behaviour/dynamodb 4.11)
struct ReadOverrides {
  std::optional<std::int64_t> read_units;      // ProvisionedThroughputOverride
  std::optional<std::int64_t> max_read_units;  // OnDemandThroughputOverride
  bool operator==(const ReadOverrides&) const = default;
};

struct SearchElement {
  KeyAttribute attribute;
  SearchRole role = SearchRole::kInlineFilter;
};
// What a vector index has beside other indexes. Its HASH element stands in IndexSchema::keys too:
// without one, all entries are one partition. (behaviour/dynamodb 4.13)
struct VectorSchema {
  std::string attribute;
  std::size_t dimensions = 1;
  DistanceFunction distance = DistanceFunction::kCosine;
  std::vector<SearchElement> search_schema;  // In the order given.

  const SearchElement* find(std::string_view attribute_name) const;
};

struct IndexSchema {
  std::uint32_t id = 0;  // Unique within the table, never reused.
  std::string name;
  IndexKind kind = IndexKind::kGlobal;
  KeySchema keys;
  ProjectionType projection = ProjectionType::kAll;
  std::vector<std::string> non_key_attributes;  // In the order given.
  IndexStatus status = IndexStatus::kActive;
  bool backfilling = false;
  Throughput throughput;
  std::optional<OnDemandThroughput> on_demand;
  std::optional<WarmThroughput> warm;
  ReadOverrides overrides;
  std::optional<VectorSchema> vector;  // Of a vector index, and of no other.
};

// A change that is to be seen for a while (--transition-delay), with the states that the service
// shows meanwhile. What it changes is in force at once, but for what it holds here, which comes into
// force at its end, and for deletions. (behaviour/tables 5, 8, 10)
struct Transition {
  enum class Kind : std::uint8_t {
    kWhole,            // The table is CREATING or DELETING.
    kThroughput,       // Also a switch of the billing mode.
    kStream,
    kTableClass,
    kEncryption,
    kWarm,
    kIndexAllocation,  // A new index, before it is filled.
    kIndexBackfill,    // A new index, while it is filled.
    kIndexDeletion,
    kIndexUpdate,
  };
  struct Units {
    std::uint32_t index_id = 0;  // 0: the table's own.
    std::int64_t read_units = 0;
    std::int64_t write_units = 0;
    bool operator==(const Units&) const = default;
  };
  Kind kind = Kind::kWhole;
  Instant ends{};
  std::uint32_t index_id = 0;  // Of what concerns one index; else 0.
  std::vector<Units> units;    // To come: provisioned, or warm throughput.
  std::string value;           // To come: the table class, or the key's ARN (empty: none).
  bool operator==(const Transition&) const = default;
};

// The stream that is enabled now, or the last one.
struct TableStream {
  std::uint64_t stream_id = 0;
  std::string label;
  StreamViewType view_type = StreamViewType::kNewAndOldImages;
  bool enabled = true;  // False: disabled; LatestStreamArn is still shown (behaviour/streams 2.3).
};

struct TableSchema {
  std::uint64_t id = 0;  // Never reused, also after deletion.
  TableName name;
  std::string uuid;      // TableId
  KeySchema keys;
  std::vector<IndexSchema> indexes;
  std::uint32_t next_index_id = 1;
  TableStatus status = TableStatus::kActive;
  std::vector<Transition> transitions;               // In the order in which they began.
  Instant created{};
  BillingMode billing_mode = BillingMode::kProvisioned;
  bool billing_mode_summary = false;                 // Once on-demand, a table always has BillingModeSummary.
  std::optional<Instant> last_update_to_pay_per_request;
  Throughput throughput;
  std::optional<OnDemandThroughput> on_demand;
  std::optional<WarmThroughput> warm;
  bool deletion_protection = false;
  std::optional<TableStream> stream;
  std::optional<std::string> ttl_attribute;          // Absent: TTL is disabled.
  std::optional<Instant> ttl_updated;                // When that last changed; absent: never.
  std::optional<std::string> table_class;            // As last given; absent: never given.
  std::optional<Instant> table_class_updated;
  std::optional<std::string> sse_kms_key_arn;        // Present: SSE is enabled.
  std::map<std::string, std::string> tags;
  std::optional<std::string> resource_policy;
  // Owners of the other replicas of the global table that this table is a replica of; their tables
  // have the same name. Empty: the table is none.
  std::vector<Owner> replicas;
  std::optional<Owner> filled_from;      // Present while that replica's items are copied here.
  std::optional<Instant> last_sourced;   // When a replica was last made of this table.
  ReadOverrides overrides;
  // Members that are stored and returned without local effect, as JSON text by member name.
  std::map<std::string, std::string> stored_members;

  const IndexSchema* find_index(std::string_view index_name) const;
  bool has_local_indexes() const;
  // Type of an attribute that some key or search schema uses; nullopt: none uses it.
  std::optional<AttributeType> key_attribute_type(std::string_view attribute) const;
};

// The transition of that kind, of that index if it is one of an index; nullptr: none runs.
const Transition* find_transition(const TableSchema& table,
                                  Transition::Kind kind,
                                  std::uint32_t index_id = 0);
// Whether an index keeps its status until some transition ends.
bool index_in_transition(const TableSchema& table, std::uint32_t index_id);
// ACTIVE, or UPDATING if some transition shows so. Not of a table that is CREATING or DELETING.
TableStatus status_by_transitions(const TableSchema& table);

using TablePtr = std::shared_ptr<const TableSchema>;

bool has_vectors(const TableSchema& table);  // Whether it has a vector index.

// Stored form (JSON) of a schema in the catalog.
Buffer encode_schema(const TableSchema& schema);
TableSchema decode_schema(Bytes bytes);

}  // namespace tailrace
