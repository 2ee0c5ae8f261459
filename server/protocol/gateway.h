// Gateway: the one entry of all HTTP requests. It checks protocol and authentication in the
// service's order (behaviour/dynamodb 1.1-1.6), finds the caller, and hands over to the JSON
// service or to a REST service by path:
//
//   POST /                 JSON protocol, by X-Amz-Target; stays on the connection's thread
//   /<YYYY-MM-DD>/...      Lambda's REST API; home thread
//   /_tailrace/...         control API; home thread; loopback clients only, unless told otherwise
//   GET /                  health text; OPTIONS: CORS; anything else: 404
//
// Which web pages may use what is PagePolicy's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "server/http/http_message.h"
#include "server/protocol/page_policy.h"
#include "server/protocol/services.h"
#include "storage/base/clock.h"
#include "storage/base/memory_budget.h"

namespace tailrace::protocol {

enum class ControlAccess : std::uint8_t { kLoopbackOnly, kAnyone };
// kByCredentials: account from an access key of 12 digits, else 000000000000; region from the
// credential scope. kShared: account 000000000000 and the default region, whoever asks.
enum class OwnerPolicy : std::uint8_t { kByCredentials, kShared };
enum class SignaturePolicy : std::uint8_t { kAcceptAll, kVerify };

struct GatewayOptions {
  std::string default_region = "us-east-1";
  OwnerPolicy owners = OwnerPolicy::kByCredentials;
  SignaturePolicy signatures = SignaturePolicy::kAcceptAll;
  std::map<std::string, std::string, std::less<>> secret_keys;  // By access key; for kVerify.
  ControlAccess control = ControlAccess::kLoopbackOnly;  // GET /_tailrace/health is open to all.
  PagePolicy::Settings pages;
};

class Gateway final : public http::Handler {
 public:
  // All must outlive the gateway. `machine_clock` dates signatures: never the product's clock,
  // which tests may set.
  struct Parts {
    JsonService& json;
    RestService& lambda;
    RestService& control;
    Scheduler& scheduler;
    const Clock& machine_clock;
    MemoryBudget* memory = nullptr;  // For what large bodies are parsed to; nullptr: nobody counts.
  };
  Gateway(GatewayOptions options, const Parts& parts);
  ~Gateway() override;

  void handle(http::Request& request, http::Respond respond) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tailrace::protocol
