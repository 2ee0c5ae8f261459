// RuntimeApi: the Runtime API of one execution environment, as AWS's runtime interface clients
// speak it. Requests name neither function nor process, so each environment has a listener of its
// own. (behaviour/runtimes 1-5)
//
//   unconnected --next--> waiting --hand_out--> running --response|error--> between --next-->
//   waiting
//
// Home thread only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/http_message.h"
#include "storage/base/clock.h"
#include "streams/handlers/handler_endpoint.h"

namespace tailrace::lambda {

class RuntimeApi final : public http::Handler {
 public:
  struct Events {
    std::function<void()> waiting;  // The client asked for work and can be handed some.
    std::function<void(InvokeOutcome)> finished;  // Result of the event handed out.
    std::function<void(InvokeOutcome)>
        failed_to_initialize;  // The runtime could not load the handler.
  };
  explicit RuntimeApi(Events events) : events_(std::move(events)) {}

  void handle(http::Request& request, http::Respond respond) override;

  // A client waits for work and is still there.
  bool waiting() const;
  // A client has been here since the last reset, and is not waiting: it works, or is about to ask
  // for work again.
  bool between() const { return ever_connected_ && !next_.has_value(); }
  // Answers the waiting client with the event. Requires waiting(). Deadline 0: none; clients get
  // one a year away.
  void hand_out(const Invocation& invocation, Instant machine_now);
  // Forgets the event in flight and the waiting client: its process is gone. Late results get
  // InvalidRequestID.
  void reset();

 private:
  struct Route;
  static const Route* find_route(std::string_view method,
                                 std::string_view path,
                                 std::string& request_id);

  void next(http::Request& request, http::Respond respond, const std::string& request_id);
  void response(http::Request& request, http::Respond respond, const std::string& request_id);
  void error(http::Request& request, http::Respond respond, const std::string& request_id);
  void init_error(http::Request& request, http::Respond respond, const std::string& request_id);
  void ping(http::Request& request, http::Respond respond, const std::string& request_id);
  // True: `request_id` is in flight; otherwise the refusal has been sent.
  http::Response not_allowed(std::string_view wanted) const;
  // False: refused, since the invocation is not the one that runs. `wanted`: the state sought.
  bool accept_result(const http::Respond& respond,
                     const std::string& request_id,
                     std::string_view wanted);
  void finish(InvokeOutcome outcome);

  Events events_;
  std::optional<http::Respond> next_;  // The client that waits.
  std::string running_;                // Request id of the event handed out; empty: none.
  std::string finished_;               // Request id of the event before that.
  bool ever_connected_ = false;
};

}  // namespace tailrace::lambda
