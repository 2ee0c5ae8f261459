// InvokeApi: Invoke, InvokeAsync and InvokeWithResponseStream. (behaviour/triggers 6.4) Home
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "server/lambda/async_events.h"
#include "server/lambda/function_api.h"
#include "server/lambda/lambda_api.h"
#include "streams/handlers/function_registry.h"

namespace tailrace::lambda {

class InvokeApi {
 public:
  // All must outlive this.
  InvokeApi(FunctionApi& functions, FunctionRegistry& registry, AsyncEvents& events);
  InvokeApi(const InvokeApi&) = delete;
  InvokeApi& operator=(const InvokeApi&) = delete;

  void invoke(const LambdaCall& call, protocol::RestRespond respond);
  void invoke_async(const LambdaCall& call, protocol::RestRespond respond);
  void invoke_with_response_stream(const LambdaCall& call, protocol::RestRespond respond);

 private:
  using Callback = std::function<void(InvokeOutcome)>;

  void run(InvokeRequest request, Callback callback);

  FunctionApi& functions_;
  FunctionRegistry& registry_;
  AsyncEvents& events_;
  std::map<std::uint64_t, std::shared_ptr<void>> running_;  // The registry's handles.
  std::uint64_t next_id_ = 1;
};

// …/invocations, …/invoke-async and …/response-streaming-invocations.
void add_invoke_routes(LambdaApi& api, InvokeApi& invoke);

}  // namespace tailrace::lambda
