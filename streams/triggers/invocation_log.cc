#include "streams/triggers/invocation_log.h"

namespace tailrace::triggers {

namespace {

std::size_t bytes_of(const InvocationRecord& record) {
  return record.payload->size() + record.response.size() + 512;
}

}  // namespace

void InvocationLog::add(InvocationRecord record) {
  if (records_max_ == 0) return;
  bytes_ += bytes_of(record);
  records_.push_back(std::move(record));
  while (records_.size() > records_max_ || (bytes_ > bytes_max_ && records_.size() > 1)) {
    bytes_ -= bytes_of(records_.front());
    records_.pop_front();
  }
}

}  // namespace tailrace::triggers
