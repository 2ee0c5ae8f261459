// HttpClient: outgoing requests to handlers and destinations. server/http implements it with Beast;
// tests script it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tailrace {

struct OutgoingRequest {
  std::string method = "POST";
  std::string url;  // http://host:port/path
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds timeout{30'000};  // Whole exchange; 0: none.
  std::size_t response_bytes_max = 6'291'556;
};

enum class ExchangeFailure {
  kNone,          // `status` and `body` are valid.
  kNotConnected,  // No byte of the request was accepted: name, connection or address failed.
  kInterrupted,   // Sent, but no complete response came.
  kTimedOut,
  kResponseTooLarge,
};

struct OutgoingResponse {
  ExchangeFailure failure = ExchangeFailure::kNone;
  std::string failure_text;  // For the log: "connection refused".
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  const std::string* header(
      std::string_view name) const;  // Names compare without case. nullptr: absent.
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  using Callback = std::function<void(OutgoingResponse)>;
  // Home thread; the callback runs there too, never within send(). Connections are kept and reused.
  // Returns a handle; destroying or resetting it cancels the exchange (the callback will not run).
  virtual std::shared_ptr<void> send(OutgoingRequest request, Callback callback) = 0;
};

}  // namespace tailrace
