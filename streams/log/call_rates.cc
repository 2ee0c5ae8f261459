#include "streams/log/call_rates.h"

namespace tailrace {
namespace {

int calls_per_second(MeteredCall call) {
  switch (call) {
    case MeteredCall::kListStreams:
      return 5;
    case MeteredCall::kDescribeStream:
      return 10;
  }
  check_failed("known MeteredCall", __FILE__, __LINE__);
}

}  // namespace

bool CallRates::take(const Owner& owner, MeteredCall call, Instant now) {
  Second& second = seconds_[{owner, call}];
  const std::int64_t number = to_millis(now) / 1000;
  if (second.number != number) second = {.number = number, .calls = 0};
  return ++second.calls <= calls_per_second(call);
}

}  // namespace tailrace
