// LambdaApi: Lambda's REST API as a table of routes that its parts add to: mappings, functions,
// tags. Home thread. (behaviour/triggers 1, 2.1, 6.1)
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/json.h"
#include "server/protocol/path_pattern.h"
#include "server/protocol/services.h"
#include "storage/base/result.h"

namespace tailrace::lambda {

struct LambdaCall {
  const protocol::RestRequest& request;
  std::vector<std::string> parameters;  // What stands in the places of `*`, in order.
};

// Body of a success, or the error.
using LambdaReply = std::function<void(Result<std::string>)>;

class LambdaApi final : public protocol::RestService {
 public:
  // For what LambdaReply cannot say (Invoke's headers): answers by itself. `call` is valid until
  // then.
  using RawHandler = std::function<void(const std::shared_ptr<const LambdaCall>& call,
                                        protocol::RestRespond respond)>;
  // `input`: the body's JSON object, empty for an empty body; until the handler returns.
  using Handler =
      std::function<void(const LambdaCall& call, json::Value& input, LambdaReply reply)>;

  // `path` with `*` for a segment: "2015-03-31/event-source-mappings/*".
  void add(std::string_view method, std::string_view path, int success_status, Handler handler);
  void add_raw(std::string_view method, std::string_view path, RawHandler handler);

  void handle(protocol::RestRequest request, protocol::RestRespond respond) override;

 private:
  struct Route {
    std::string method;
    protocol::PathPattern path;
    RawHandler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace tailrace::lambda
