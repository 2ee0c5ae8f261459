#include "server/control/throttle.h"

#include <cmath>

#include "storage/base/str_cat.h"

namespace tailrace::control {
namespace {

constexpr double kCallsMax = 1e9;

}  // namespace

void Throttle::call(const protocol::JsonCall& call, protocol::JsonReply reply) {
  if (armed_.load(std::memory_order_relaxed) && take(call.operation)) {
    reply(ApiError{
        .code = ErrorCode::kThrottlingException, .message = "Rate exceeded", .extra_members = {}});
    return;
  }
  next_.call(call, std::move(reply));
}

void Throttle::arm(const std::string& operation, std::int64_t calls) {
  const std::lock_guard lock(mutex_);
  if (calls > 0) {
    calls_[operation] = calls;
  } else {
    calls_.erase(operation);
  }
  armed_ = !calls_.empty();
}

bool Throttle::take(std::string_view operation) {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(operation);
  if (found == calls_.end()) return false;
  if (--found->second == 0) calls_.erase(found);
  armed_ = !calls_.empty();
  return true;
}

void add_throttle_routes(ControlApi& api, Throttle& throttle) {
  api.add("POST", "throttle", [&throttle](const ControlCall& call, const ControlReply& reply) {
    Members members(call.body);
    const std::string operation = members.string("Operation");
    const double next = members.optional_number("Next").value_or(1);
    if (const auto checked = members.finish(); !checked) return reply(checked.error());
    if (!(next >= 0 && next <= kCallsMax) || next != std::floor(next)) {
      return reply(validation_error("Member Next must be a whole number from 0 to 1000000000"));
    }
    if (!throttle.known("DynamoDB_20120810", operation) &&
        !throttle.known("DynamoDBStreams_20120810", operation)) {
      return reply(validation_error(str_cat("Unknown operation: ", operation)));
    }
    throttle.arm(operation, static_cast<std::int64_t>(next));
    reply(std::string("{}"));
  });
}

}  // namespace tailrace::control
