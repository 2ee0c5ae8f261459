// ControlApi: what lies below /_tailrace/, for tests and operators: a table of routes that other
// parts add to. Bodies are JSON objects (absent: an empty one); errors have AWS's form. Home
// thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/control/members.h"
#include "server/protocol/path_pattern.h"
#include "server/protocol/services.h"

namespace tailrace::control {

struct ControlCall {
  Owner caller;
  std::vector<std::string> parameters;  // What stands in the places of `*`, in order.
  const json::Value& body;              // An object; until the handler returns.
  http::Respond client;                 // For connected(): whether anybody still waits.
};

// Once, from any thread: JSON text of the answer (empty: 204), or the error.
using ControlReply = std::function<void(Result<std::string>)>;
using ControlHandler = std::function<void(const ControlCall& call, ControlReply reply)>;

class ControlApi final : public protocol::RestService {
 public:
  // `path` is relative to /_tailrace/; a segment `*` takes any text: add("PUT", "functions/*", …).
  void add(std::string_view method, std::string_view path, ControlHandler handler);

  void handle(protocol::RestRequest request, protocol::RestRespond respond) override;

 private:
  struct Route {
    std::string method;
    protocol::PathPattern path;
    ControlHandler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace tailrace::control
