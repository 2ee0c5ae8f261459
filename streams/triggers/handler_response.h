// What a function's return value says about its batch: batchItemFailures and a tumbling window's
// state. (behaviour/triggers 3.9, 3.12)
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "streams/triggers/batch_decision.h"

namespace tailrace::triggers {

struct ResponseRules {
  bool report_item_failures = false;  // FunctionResponseTypes has ReportBatchItemFailures.
  bool window_state = false;          // A tumbling window is configured.
};

struct HandlerResponse {
  Attempt attempt;
  std::optional<std::string>
      state;  // JSON text of `state`; only with a window and only of a success or partial failure.
  std::string problem;  // Why the response counts as a failure, for the log.
};

// `sequences`: of the batch's records, ascending. The return value of a successful invocation only.
HandlerResponse read_response(std::string_view body,
                              const ResponseRules& rules,
                              std::span<const std::uint64_t> sequences);

}  // namespace tailrace::triggers
