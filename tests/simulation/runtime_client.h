// RuntimeClient: a process that works for a function under the Runtime API: asks for the next
// event, and sends its result, again and again.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/simulation/runtime.h"

namespace tailrace::simulation {

class RuntimeClient : public std::enable_shared_from_this<RuntimeClient> {
 public:
  // `work` takes each event, as a request to which the answer is the result.
  RuntimeClient(SimulatedRuntime& runtime, std::uint16_t port, std::function<void(Outgoing)> work)
      : runtime_(runtime), port_(port), work_(std::move(work)) {}

  // Asks for the next event, and for all that follow, as long as something holds this.
  void ask();

 private:
  struct Request;
  void ask_later(Millis delay);
  void send(const std::shared_ptr<Request>& request);
  void take(const http::Response& event);
  bool finish(const std::string& request_id, const OutgoingResponse& result);

  SimulatedRuntime& runtime_;
  const std::uint16_t port_;
  const std::function<void(Outgoing)> work_;
};

}  // namespace tailrace::simulation
