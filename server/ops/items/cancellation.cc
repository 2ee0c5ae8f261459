#include "server/ops/items/cancellation.h"

#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::ops {
namespace {

constexpr std::string_view kItemMember = "\"Item\":";

}  // namespace

std::string_view short_code(const ApiError& error) {
  switch (error.code) {
    case ErrorCode::kConditionalCheckFailedException:
      return "ConditionalCheckFailed";
    case ErrorCode::kTransactionConflictException:
      return "TransactionConflict";
    case ErrorCode::kDuplicateItemException:
      return "DuplicateItem";
    case ErrorCode::kItemCollectionSizeLimitExceededException:
      return "ItemCollectionSizeLimitExceeded";
    case ErrorCode::kProvisionedThroughputExceededException:
      return "ProvisionedThroughputExceeded";
    case ErrorCode::kThrottlingException:
      return "ThrottlingError";
    case ErrorCode::kAccessDeniedException:
      return "AccessDenied";
    case ErrorCode::kResourceNotFoundException:
      return "ResourceNotFound";
    default:
      return "ValidationError";
  }
}

std::string_view failed_item(const ApiError& error) {
  std::string_view members = error.extra_members;
  if (!members.starts_with(kItemMember)) return {};
  members.remove_prefix(kItemMember.size());
  return members;
}

void Cancellation::fail(std::size_t action, const ApiError& error) {
  CancellationReason& reason = reasons_.at(action);
  reason.code = short_code(error);
  reason.message = error.message;
  reason.item_json = failed_item(error);
  failed_ = true;
}

ApiError Cancellation::error() const {
  ApiError error{ErrorCode::kTransactionCanceledException,
                 "Transaction cancelled, please refer cancellation reasons for specific reasons [",
                 "\"CancellationReasons\":"};
  JsonWriter json(error.extra_members);
  json.begin_array();
  for (const CancellationReason& reason : reasons_) {
    str_append(error.message, &reason == &reasons_.front() ? "" : ", ", reason.code);
    json.begin_object();
    json.string("Code", reason.code);
    if (!reason.item_json.empty()) json.raw("Item", reason.item_json);
    if (!reason.message.empty()) json.string("Message", reason.message);
    json.end_object();
  }
  json.end_array();
  error.message.push_back(']');
  return error;
}

}  // namespace tailrace::ops
