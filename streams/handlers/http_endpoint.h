// Handlers reached by HTTP: plain endpoints (behaviour/triggers 7.3) and Lambda Invoke endpoints
// such as the Runtime Interface Emulator, sam local and serverless-offline
// (behaviour/triggers 7.2).
#pragma once

#include "streams/handlers/handler_endpoint.h"
#include "streams/handlers/http_client.h"

namespace tailrace {

class HttpEndpoint final : public HandlerEndpoint {
 public:
  // `target` is kHttp or kInvoke.
  HttpEndpoint(HttpClient& client, Target target);
  std::shared_ptr<void> invoke(const Invocation& invocation, Callback callback) override;

 private:
  HttpClient& client_;
  Target target_;
};

// What an answer means; pure, so that the tables of behaviour/triggers 7.2 can be tested row by
// row.
InvokeOutcome outcome_of_http(const OutgoingResponse& response);
InvokeOutcome outcome_of_invoke(const OutgoingResponse& response);

// Outcomes that every kind of target shares (behaviour/triggers 6.4, 7.1).
InvokeOutcome timed_out(std::string_view request_id, Millis timeout);
InvokeOutcome response_too_large();
InvokeOutcome invocation_failure(std::string type, std::string text);
InvokeOutcome function_error(std::string type, std::string text);

}  // namespace tailrace
