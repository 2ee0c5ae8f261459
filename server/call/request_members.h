// Members that many requests share: table references and what is to be returned.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/api/json.h"
#include "server/call/operation.h"
#include "storage/schema/table_schema.h"

namespace tailrace::ops {

// A table's name or its ARN (behaviour/dynamodb 2.2); of an ARN the name counts.
// Errors: an ARN that names no table, as those of indexes and streams do.
Result<TableName> table_name_of(const CallContext& context, std::string_view name_or_arn);

// arn:aws:dynamodb:<region>:<account>:table/<name>; nullopt: another form.
std::optional<TableName> parse_table_arn(std::string_view arn);
ApiError not_a_table_arn(std::string_view arn);

enum class ReturnValues : std::uint8_t { kNone, kAllOld, kUpdatedOld, kAllNew, kUpdatedNew };
enum class ReturnCapacity : std::uint8_t { kNone, kTotal, kIndexes };
enum class ReturnMetrics : std::uint8_t { kNone, kSize };
enum class ReturnOnFailure : std::uint8_t { kNone, kAllOld };
enum class Consistency : std::uint8_t { kEventual, kStrong };

// What a read of that consistency may see.
ReadMode read_mode_of(Consistency consistency);

// All after validation by shape: unknown names do not occur, absent is kNone.
ReturnValues return_values_of(const json::Value& body);
ReturnCapacity return_capacity_of(const json::Value& body);
ReturnMetrics return_metrics_of(const json::Value& body);
ReturnOnFailure return_on_failure_of(const json::Value& body);
Consistency consistency_of(const json::Value& body);

}  // namespace tailrace::ops
