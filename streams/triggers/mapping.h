// An event source mapping as it is configured: which stream, which function, and every option. A
// value; the store keeps it as JSON. (behaviour/triggers 2)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/bytes.h"
#include "storage/base/clock.h"
#include "storage/schema/table_schema.h"

namespace tailrace::triggers {

// A function as a mapping names it; the qualifier is kept as it was given.
struct FunctionRef {
  Owner owner;
  std::string name;
  std::string qualifier;  // Empty: unqualified.
  bool operator==(const FunctionRef&) const = default;
};
std::string arn_of(const FunctionRef& function);

// The last two are this product's: NOW is LATEST by another name; LAST_STOPPED_POINT goes on where
// a deleted mapping of the same stream and function stood, or from TRIM_HORIZON if there was none.
enum class StartingPosition : std::uint8_t { kTrimHorizon, kLatest, kNow, kLastStoppedPoint };
std::string_view starting_position_name(StartingPosition position);
std::optional<StartingPosition> parse_starting_position(std::string_view name);

// What an update may change. Defaults are AWS's for DynamoDB streams. (behaviour/triggers 2.2)
struct MappingOptions {
  FunctionRef function;
  bool enabled = true;
  int batch_size = 100;
  int batching_window_s = 0;
  int parallelization_factor = 1;
  int retry_attempts_max = -1;
  int record_age_max_s = -1;
  bool bisect = false;
  int tumbling_window_s = 0;
  bool report_item_failures = false;
  std::vector<std::string> filters;       // Patterns as given.
  std::optional<std::string> on_failure;  // ARN of the destination.
  std::optional<std::string> kms_key_arn;
  std::vector<std::string> metrics;
};

// The options that are whole numbers, by Lambda's names; the store has the same.
struct NumberOption {
  std::string_view name;
  int MappingOptions::*value;
};
inline constexpr NumberOption kNumberOptions[] = {
    {"BatchSize", &MappingOptions::batch_size},
    {"MaximumBatchingWindowInSeconds", &MappingOptions::batching_window_s},
    {"ParallelizationFactor", &MappingOptions::parallelization_factor},
    {"MaximumRetryAttempts", &MappingOptions::retry_attempts_max},
    {"MaximumRecordAgeInSeconds", &MappingOptions::record_age_max_s},
    {"TumblingWindowInSeconds", &MappingOptions::tumbling_window_s},
};

struct Mapping {
  std::string uuid;
  Owner owner;
  std::string stream_arn;
  StartingPosition starting_position = StartingPosition::kTrimHorizon;
  MappingOptions options;
  std::map<std::string, std::string> tags;
  std::uint64_t order = 0;  // Of creation.
  Instant modified{};
  std::string last_result = "No records processed";
  bool deleting = false;  // Gone once the transition ends.
};
std::string mapping_arn(const Mapping& mapping);

// By which its rows are found. Never changes.
struct MappingKey {
  Owner owner;
  std::string uuid;
};
inline MappingKey key_of(const Mapping& mapping) {
  return {.owner = mapping.owner, .uuid = mapping.uuid};
}

// Stored form (JSON).
Buffer encode_mapping(const Mapping& mapping);
Mapping decode_mapping(Bytes bytes);

}  // namespace tailrace::triggers
