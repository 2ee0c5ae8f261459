#include "server/call/request_members.h"

#include <string>

#include "server/api/pattern.h"
#include "storage/base/str_cat.h"

namespace tailrace::ops {
namespace {

constexpr std::size_t kTableNameMax = 255;

}  // namespace

Result<TableName> table_name_of(const CallContext& context, std::string_view name_or_arn) {
  if (!name_or_arn.starts_with("arn:"))
    return TableName{.owner = context.caller, .name = std::string(name_or_arn)};
  auto table = parse_table_arn(name_or_arn);
  if (!table) return not_a_table_arn(name_or_arn);
  table->owner = context.caller;
  return *std::move(table);
}

std::optional<TableName> parse_table_arn(std::string_view arn) {
  std::string_view parts[6];  // arn, partition, service, region, account, resource
  for (std::string_view& part : parts) {
    const std::size_t end = &part == &parts[5] ? arn.npos : arn.find(':');
    if (end == arn.npos && &part != &parts[5]) return std::nullopt;
    part = arn.substr(0, end);
    arn.remove_prefix(end == arn.npos ? arn.size() : end + 1);
  }
  constexpr std::string_view kTable = "table/";
  if (parts[2] != "dynamodb" || !parts[5].starts_with(kTable)) return std::nullopt;
  const std::string_view name = parts[5].substr(kTable.size());
  if (name.size() > kTableNameMax || !api::matches("[a-zA-Z0-9_.-]+", name)) return std::nullopt;
  return TableName{.owner = {.account = std::string(parts[4]), .region = std::string(parts[3])},
                   .name = std::string(name)};
}

ApiError not_a_table_arn(std::string_view arn) {
  return validation_error(
      str_cat("Invalid TableArn: Invalid ResourceArn provided as input ", arn));
}

ReturnValues return_values_of(const json::Value& body) {
  const std::string_view text = json::string_or(body, "ReturnValues");
  if (text == "ALL_OLD") return ReturnValues::kAllOld;
  if (text == "ALL_NEW") return ReturnValues::kAllNew;
  if (text == "UPDATED_OLD") return ReturnValues::kUpdatedOld;
  if (text == "UPDATED_NEW") return ReturnValues::kUpdatedNew;
  return ReturnValues::kNone;
}

ReturnCapacity return_capacity_of(const json::Value& body) {
  const std::string_view text = json::string_or(body, "ReturnConsumedCapacity");
  if (text == "TOTAL") return ReturnCapacity::kTotal;
  if (text == "INDEXES") return ReturnCapacity::kIndexes;
  return ReturnCapacity::kNone;
}

ReturnMetrics return_metrics_of(const json::Value& body) {
  return json::string_or(body, "ReturnItemCollectionMetrics") == "SIZE" ? ReturnMetrics::kSize
                                                                        : ReturnMetrics::kNone;
}

ReturnOnFailure return_on_failure_of(const json::Value& body) {
  return json::string_or(body, "ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
             ? ReturnOnFailure::kAllOld
             : ReturnOnFailure::kNone;
}

ReadMode read_mode_of(Consistency consistency) {
  return consistency == Consistency::kStrong ? ReadMode::kStrong : ReadMode::kEventual;
}

Consistency consistency_of(const json::Value& body) {
  return json::bool_or(body, "ConsistentRead", false) ? Consistency::kStrong
                                                      : Consistency::kEventual;
}

}  // namespace tailrace::ops
