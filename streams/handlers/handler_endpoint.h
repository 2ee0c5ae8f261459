// HandlerEndpoint: one kind of place where a function runs. Home thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "storage/base/clock.h"
#include "storage/base/result.h"
#include "streams/handlers/binding.h"
#include "streams/handlers/invoke.h"

namespace tailrace {

struct Invocation {
  InvokeRequest request;
  std::string function_arn;  // With the qualifier as invoked.
  Millis timeout{0};         // 0: none.
};

class HandlerEndpoint {
 public:
  virtual ~HandlerEndpoint() = default;
  using Callback = std::function<void(InvokeOutcome)>;
  // The callback runs on the home thread, never within invoke(). Resetting the handle cancels.
  virtual std::shared_ptr<void> invoke(const Invocation& invocation, Callback callback) = 0;
};

// Makes the endpoint of a binding; server/lambda adds the kinds that listen or start processes.
// Errors: what keeps it from being used here and now, for the user: the port of a runtime: target
// is taken.
using EndpointFactory =
    std::function<Result<std::unique_ptr<HandlerEndpoint>>(const Binding& binding)>;

}  // namespace tailrace
