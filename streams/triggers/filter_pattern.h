// FilterCriteria of an event source mapping: EventBridge patterns, compiled once and matched
// against records as they would be delivered. (behaviour/triggers 4)
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/result.h"

namespace tailrace::triggers {

class RecordFilter {
 public:
  // Errors: InvalidParameterValueException `Invalid filter pattern definition.`
  static Result<std::shared_ptr<RecordFilter>> compile(const std::vector<std::string>& patterns);

  ~RecordFilter();
  RecordFilter(const RecordFilter&) = delete;
  RecordFilter& operator=(const RecordFilter&) = delete;

  // Whether any pattern matches; without patterns every record passes. Reuses memory between calls:
  // one thread.
  bool passes(std::string_view record_json);
  bool empty() const;

 private:
  struct State;
  explicit RecordFilter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tailrace::triggers
