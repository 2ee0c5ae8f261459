// InvokeApi: Lambda's Invoke, and the old InvokeAsync. (spec lambda 6.4) Home thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "server/lambda/lambda_api.h"
#include "storage/base/clock.h"
#include "streams/handlers/function_registry.h"

namespace tailrace::lambda {

class InvokeApi {
 public:
  // All must outlive this.
  InvokeApi(Scheduler& scheduler, const Clock& clock, FunctionRegistry& registry);
  ~InvokeApi();

  void add_routes(LambdaApi& api);

 private:
  void invoke(const std::shared_ptr<const LambdaCall>& call, const protocol::RestRespond& respond);
  void invoke_async(const std::shared_ptr<const LambdaCall>& call,
                    const protocol::RestRespond& respond);
  // Runs an event's invocation, and again after failures, as Lambda's queue does.
  void run_event(InvokeRequest request, int failures);
  void start(InvokeRequest request, std::function<void(InvokeOutcome)> done);

  Scheduler& scheduler_;
  const Clock& clock_;
  FunctionRegistry& registry_;
  std::map<std::uint64_t, std::shared_ptr<void>> running_;
  std::uint64_t next_id_ = 1;
};

}  // namespace tailrace::lambda
