// Rules on table requests that CreateTable and UpdateTable share, with AWS's texts.
// (behaviour/dynamodb 4.6)
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/ops/tables/table_members.h"
#include "storage/base/result.h"
#include "storage/base/str_cat.h"

namespace tailrace::ops {

// `One or more parameter values were invalid: <text>`
template <class... Parts>
ApiError invalid_parameter(const Parts&... parts) {
  return validation_error(str_cat("One or more parameter values were invalid: ", parts...));
}

// `Attempt to change a resource which is still in use: <text>`
ApiError resource_in_use(std::string_view text);
// `Table is being created: <name>`, updated or deleted, unless the table is ACTIVE.
// (behaviour/dynamodb 4.5)
Result<void> check_not_in_transition(const TableSchema& table);

// `Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per
// table`
ApiError one_online_index();

inline constexpr std::size_t kLocalIndexesMax = 5;
inline constexpr std::size_t kGlobalIndexesMax = 20;
inline constexpr std::size_t kProjectedNamesMax = 100;  // Of all indexes of a table together.

// [a, b]
std::string name_list(const std::vector<std::string>& names);
std::vector<std::string> names_of(const std::vector<KeyElement>& keys);
std::vector<std::string> names_of(const std::vector<AttributeDefinition>& definitions);

using Definitions = std::vector<AttributeDefinition>;

// [a, b], in the order in which AWS lists definitions.
std::string definition_list(const Definitions& definitions);

Result<void> check_definitions_are_unique(const Definitions& definitions);
// A table's or local index's keys: a HASH, perhaps a RANGE, both defined.
Result<void> check_key_schema_members(const std::vector<KeyElement>& keys,
                                      const Definitions& definitions);
// A global index's keys: one to four HASH, then up to four RANGE, all defined.
Result<void> check_global_key_schema(const std::vector<KeyElement>& keys,
                                     const Definitions& definitions);
Result<void> check_index_projection(const ProjectionMember& projection);

// `where`: empty for the table, else ` for index <name>`.
Result<void> check_units_in_bounds(const Units& units, std::string_view where);
// Of a new index of an on-demand table.
Result<void> check_no_index_throughput(const IndexMember& index);
// Whether -1 takes a ceiling away, as in UpdateTable.
enum class MinusOne : std::uint8_t { kRefused, kAccepted };
// Ranges of OnDemandThroughput. `place`: ` for table` or ` for index : <name>`.
Result<void> check_on_demand_range(const OnDemandMember& on_demand,
                                   std::string_view place,
                                   MinusOne minus_one);
// What a value that is too low is lower than.
struct WarmFloorTexts {
  std::string_view read;
  std::string_view write;
};
// Of a table or index that is being created.
WarmFloorTexts new_warm_floor_texts(BillingMode mode);
// `place`: ` for table` or ` for index <name>`.
Result<void> check_warm(const WarmMember& warm,
                        const WarmThroughput& floor,
                        std::string_view place,
                        const WarmFloorTexts& texts);

Result<void> check_stream_of_new_table(const StreamMember& stream);
// Which members go together. SSEType: the model has two, the service takes one.
Result<void> check_sse(const SseMember& sse);
// A policy's text: a JSON object of at most 20 KB. What it says is not looked at.
Result<void> check_resource_policy(std::string_view policy);

// Throughput that a table or index can take at once: what was ordered, at least what it has anyway.
WarmThroughput effective_warm(const std::optional<WarmThroughput>& ordered,
                              BillingMode mode,
                              const Throughput& provisioned);

// --- From checked members to the schema.
KeySchema key_schema_of(const std::vector<KeyElement>& keys, const Definitions& definitions);
IndexSchema index_schema_of(const IndexMember& member,
                            IndexKind kind,
                            const Definitions& definitions);
// `given` on top of `current`; nullopt: nothing is left.
std::optional<OnDemandThroughput> merge_on_demand(const std::optional<OnDemandThroughput>& current,
                                                  const std::optional<OnDemandMember>& given);
std::optional<WarmThroughput> merge_warm(const std::optional<WarmThroughput>& current,
                                         const WarmThroughput& floor,
                                         const std::optional<WarmMember>& given);

}  // namespace tailrace::ops
