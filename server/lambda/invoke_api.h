// InvokeApi: Invoke, InvokeAsync and InvokeWithResponseStream. (spec lambda 6.4) Home thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "server/lambda/function_api.h"
#include "server/lambda/lambda_api.h"
#include "streams/handlers/function_registry.h"

namespace tailrace::lambda {

class InvokeApi {
 public:
  // All must outlive this.
  InvokeApi(FunctionApi& functions,
            FunctionRegistry& registry,
            Scheduler& scheduler,
            const Clock& clock);
  ~InvokeApi();
  InvokeApi(const InvokeApi&) = delete;
  InvokeApi& operator=(const InvokeApi&) = delete;

  void invoke(const LambdaCall& call, protocol::RestRespond respond);
  void invoke_async(const LambdaCall& call, protocol::RestRespond respond);
  void invoke_with_response_stream(const LambdaCall& call, protocol::RestRespond respond);

  // Events that wait for their invocation, or for a repetition of it.
  std::size_t queued_events() const { return events_.size(); }

 private:
  struct Event;
  using Callback = std::function<void(InvokeOutcome)>;

  void run(InvokeRequest request, Callback callback);
  void enqueue(InvokeRequest request);
  void attempt(std::uint64_t id);
  void attempted(std::uint64_t id, const InvokeOutcome& outcome);
  void repeat_after(std::uint64_t id, Millis delay);

  FunctionApi& functions_;
  FunctionRegistry& registry_;
  Scheduler& scheduler_;
  const Clock& clock_;
  std::map<std::uint64_t, std::shared_ptr<void>> running_;  // The registry's handles.
  std::map<std::uint64_t, std::unique_ptr<Event>> events_;
  std::uint64_t next_id_ = 1;
};

// …/invocations, …/invoke-async and …/response-streaming-invocations.
void add_invoke_routes(LambdaApi& api, InvokeApi& invoke);

}  // namespace tailrace::lambda
