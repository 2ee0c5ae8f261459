// AsyncEvents: the queue of events that functions are invoked with asynchronously: repeats them as
// their settings say, and tells destinations and dead-letter queues how they ended.
// (behaviour/triggers 6.4; "Capturing records of Lambda asynchronous invocations") In memory:
// events that wait are lost when the server ends. Home thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "server/lambda/function_api.h"
#include "storage/base/memory_budget.h"
#include "streams/handlers/function_registry.h"

namespace tailrace::lambda {

class AsyncEvents {
 public:
  // All must outlive this. `memory`: what payloads are taken out of; nullptr: nobody counts.
  AsyncEvents(const FunctionApi& functions,
              FunctionRegistry& registry,
              MessageDestinations& destinations,
              Scheduler& scheduler,
              const Clock& clock,
              MemoryBudget* memory = nullptr);
  ~AsyncEvents();
  AsyncEvents(const AsyncEvents&) = delete;
  AsyncEvents& operator=(const AsyncEvents&) = delete;

  // Errors: TooManyRequestsException, if there is no memory for one more.
  Result<void> enqueue(InvokeRequest request);
  // That wait for their invocation, or for a repetition of it.
  std::size_t size() const { return events_.size(); }

 private:
  struct Event;
  using Id = std::uint64_t;

  Result<void> add(Event event);
  EventInvokeSettings settings_of(const Event& event) const;
  void attempt(Id id);
  void attempted(Id id, InvokeOutcome outcome);
  // After the delay, unless the event is too old by then.
  void repeat_after(Id id, Millis delay);
  void end(Id id, std::string_view condition);
  // The record of the event's end, in the form that the destination's kind has it.
  void deliver(const Event& event, const std::string& arn, std::string_view condition);
  void send(const Event& event, const std::string& arn, std::string document);

  const FunctionApi& functions_;
  FunctionRegistry& registry_;
  MessageDestinations& destinations_;
  Scheduler& scheduler_;
  const Clock& clock_;
  MemoryBudget* const memory_;
  std::map<Id, std::unique_ptr<Event>> events_;
  Id next_id_ = 1;
};

}  // namespace tailrace::lambda
