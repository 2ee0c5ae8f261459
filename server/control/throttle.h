// Throttle: stands before the operations and lets the next calls of one of them fail as if their
// rate were exceeded, so that a client's retries can be tested. (behaviour/streams 13.10)
//
//   POST /_tailrace/throttle {"Operation":"GetRecords", "Next":3}; 0 ends it
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "server/control/control_api.h"
#include "server/protocol/services.h"

namespace tailrace::control {

class Throttle final : public protocol::JsonService {
 public:
  // `next` must outlive this.
  explicit Throttle(protocol::JsonService& next) : next_(next) {}

  bool known(std::string_view service, std::string_view operation) const override {
    return next_.known(service, operation);
  }
  void call(const protocol::JsonCall& call, protocol::JsonReply reply) override;

  // The next `calls` calls of the operation fail; 0: none. Any thread.
  void arm(const std::string& operation, std::int64_t calls);

 private:
  bool take(std::string_view operation);

  protocol::JsonService& next_;
  std::atomic<bool> armed_ = false;  // Spares every other call the lock.
  std::mutex mutex_;
  std::map<std::string, std::int64_t, std::less<>> calls_;  // Guarded by mutex_.
};

// `throttle` must outlive `api`.
void add_throttle_routes(ControlApi& api, Throttle& throttle);

}  // namespace tailrace::control
