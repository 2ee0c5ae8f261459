// Why a transaction was cancelled: one reason per action, in the order of the request.
// (behaviour/dynamodb 4.3)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/api_error.h"

namespace tailrace::ops {

// How reasons, and members of batches of statements, name an error: `ConditionalCheckFailed`; all
// without such a name are a `ValidationError`.
std::string_view short_code(const ApiError& error);

// JSON of the item that failed a condition, if it was asked for; a view of the error.
std::string_view failed_item(const ApiError& error);

struct CancellationReason {
  std::string code = "None";
  std::string message;
  std::string item_json;  // Of a failed condition, where asked.
};

class Cancellation {
 public:
  explicit Cancellation(std::size_t actions) : reasons_(actions) {}

  // Errors of an action become its reason: failed conditions, conflicts, duplicates; any other is a
  // ValidationError.
  void fail(std::size_t action, const ApiError& error);
  bool failed() const { return failed_; }
  // TransactionCanceledException with all reasons.
  ApiError error() const;

 private:
  std::vector<CancellationReason> reasons_;
  bool failed_ = false;
};

}  // namespace tailrace::ops
