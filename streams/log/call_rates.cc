#include "streams/log/call_rates.h"

namespace tailrace {
namespace {

int calls_per_second(MeteredCall call) {
  switch (call) {
    case MeteredCall::kListStreams:
      return 5;
    case MeteredCall::kDescribeStream:
      return 10;
    // Not documented; so AWS's support, as Kinesis has it.
    case MeteredCall::kGetRecords:
      return 5;
  }
  check_failed("known MeteredCall", __FILE__, __LINE__);
}

}  // namespace

bool CallRates::take(const Caller& caller, Instant now) {
  const std::int64_t second = to_millis(now) / 1000;
  if (second != second_) calls_.clear();
  second_ = second;
  return ++calls_[caller] <= calls_per_second(caller.call);
}

}  // namespace tailrace
