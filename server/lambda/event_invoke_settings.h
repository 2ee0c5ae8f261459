// EventInvokeSettings: how Lambda treats events that a function is invoked with asynchronously, as
// FunctionApi knows it from event invoke configurations and AsyncEvents follows it.
#pragma once

#include <string>

#include "storage/base/clock.h"

namespace tailrace::lambda {

struct EventInvokeSettings {
  int retries_max = 2;  // After a function error.
  Millis age_max = std::chrono::hours(6);
  std::string on_success;   // ARNs; empty: none.
  std::string on_failure;
  std::string dead_letter;  // DeadLetterConfig's TargetArn.
  bool stopped = false;     // A reserved concurrency of 0: nothing runs, nothing is retried.
};

}  // namespace tailrace::lambda
