// What triggers (streams/triggers) and Lambda's Invoke (server/lambda) see of functions and
// destinations. FunctionRegistry and Destinations in this room implement it; tests script it. Home
// thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/schema/table_schema.h"

namespace tailrace {

inline constexpr std::string_view kLatestVersion = "$LATEST";

enum class InvokeStatus : std::uint8_t {
  kSuccess,
  kFunctionError,      // It ran and failed: counts as an attempt (behaviour/triggers 3.6).
  kInvocationFailure,  // It could not be run: unknown function, not ready, throttled, no
                       // connection.
};

struct InvokeRequest {
  Owner owner;
  std::string function_name;                   // Bare name.
  std::string qualifier;                       // Empty, "$LATEST", version or alias.
  std::string request_id;                      // UUID, new for each attempt.
  std::shared_ptr<const std::string> payload;  // JSON
  std::string client_context;                  // base64, as given to Invoke; mostly empty.
};

struct InvokeOutcome {
  InvokeStatus status = InvokeStatus::kSuccess;
  std::string body;        // Return value, or the error object of a function error. May be empty.
  std::string error_type;  // "Unhandled"; "ConnectionRefused": for log lines.
  std::string error_text;
  // What ran; endpoints that know of no versions leave it, and FunctionRegistry fills it in.
  std::string executed_version = std::string(kLatestVersion);
  std::string log_tail;  // What the function printed, its last 4 KB, if known.
};

class Functions {
 public:
  virtual ~Functions() = default;
  virtual bool exists(const Owner& owner, std::string_view function_name) const = 0;
  using Callback = std::function<void(InvokeOutcome)>;
  // Waits for a free slot of the function's concurrency (waiting is not an attempt), then invokes.
  // The callback runs on the home thread, never within invoke(). Resetting the handle cancels: no
  // callback.
  virtual std::shared_ptr<void> invoke(InvokeRequest request, Callback callback) = 0;
};

// What a destination is told: of a discarded batch (behaviour/triggers 3.13), or of how an
// asynchronous invocation ended ("Capturing records of Lambda asynchronous invocations").
struct DestinationMessage {
  std::string destination_arn;
  std::string document;  // JSON as SQS and SNS get it.
  std::string payload;   // A batch's whole event, which S3 documents carry too; empty: none.
  std::string object_path;  // In a bucket: aws/lambda/<mapping>/<shard> or aws/lambda/async/<name>.
  Instant at{};
};

class MessageDestinations {
 public:
  virtual ~MessageDestinations() = default;
  // False: no binding; the caller keeps the message. True: `done` will be called on the home thread
  // with whether it was delivered.
  virtual bool send(const DestinationMessage& message,
                    std::function<void(bool delivered)> done) = 0;
};

}  // namespace tailrace
