#include "server/ops/request_members.h"

#include <string>

namespace tailrace::ops {

TableName table_name_of(const CallContext& context, std::string_view name_or_arn) {
  if (name_or_arn.starts_with("arn:")) {
    const std::size_t mark = name_or_arn.find(":table/");
    if (mark != std::string_view::npos) name_or_arn.remove_prefix(mark + 7);
    name_or_arn = name_or_arn.substr(0, name_or_arn.find('/'));
  }
  return {.owner = context.caller, .name = std::string(name_or_arn)};
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
