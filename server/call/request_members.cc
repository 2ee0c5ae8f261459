#include "server/call/request_members.h"

#include <array>
#include <string>

#include "server/api/pattern.h"
#include "storage/base/str_cat.h"

namespace tailrace::ops {
namespace {

constexpr std::size_t kTableNameMax = 255;
constexpr std::size_t kArnParts = 6;  // arn, partition, service, region, account, resource

using ArnParts = std::array<std::string_view, kArnParts>;

std::optional<ArnParts> split_arn(std::string_view arn) {
  ArnParts parts;
  for (std::string_view& part : parts) {
    const bool last = &part == &parts.back();
    const std::size_t end = last ? arn.npos : arn.find(':');
    if (end == arn.npos && !last) return std::nullopt;
    part = arn.substr(0, end);
    arn.remove_prefix(end == arn.npos ? arn.size() : end + 1);
  }
  return parts;
}

bool is_region(std::string_view text) {
  return text.find('-') != text.npos &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == text.npos;
}

// Of a TableName that begins as an ARN. (behaviour/tables 14)
ApiError not_a_table_name(std::string_view arn) {
  const auto parts = split_arn(arn);
  if (!parts) return not_a_table_arn(arn);
  const auto invalid = [&](std::string_view what) {
    return validation_error(
        str_cat("1 validation error detected: Invalid ", what, " in '", arn, "'"));
  };
  if (!(*parts)[1].starts_with("aws")) return invalid("AWS partition");
  if (!is_region((*parts)[3])) return invalid("AWS region");
  if (!(*parts)[5].starts_with("table/")) return invalid("resource type");
  return not_a_table_arn(arn);
}

}  // namespace

Result<TableName> table_name_of(const CallContext& context, std::string_view name_or_arn) {
  if (!name_or_arn.starts_with("arn:"))
    return TableName{.owner = context.caller, .name = std::string(name_or_arn)};
  auto table = parse_table_arn(name_or_arn);
  if (!table || !is_region(table->owner.region)) return not_a_table_name(name_or_arn);
  table->owner = context.caller;
  return *std::move(table);
}

std::optional<TableName> parse_table_arn(std::string_view arn) {
  const auto split = split_arn(arn);
  if (!split) return std::nullopt;
  const ArnParts& parts = *split;
  constexpr std::string_view kTable = "table/";
  if (!parts[1].starts_with("aws") || parts[2] != "dynamodb" || !parts[5].starts_with(kTable))
    return std::nullopt;
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
