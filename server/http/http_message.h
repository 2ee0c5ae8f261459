// Plain HTTP messages, so that Beast stays inside server/http's .cc files.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tailrace::http {

struct Request {
  std::string method;  // "POST"
  std::string target;  // Path and query as sent.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;    // Owned and writable: it is parsed in place.
  bool from_loopback = false;
  std::string local_endpoint;  // host:port that the client reached, when it sent no Host.

  // First header of that name, compared without case; empty if absent.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // Content-Length, Date, Server, Connection are the connection's.
  std::string body;
  bool close = false;
};

// Answers one request. Call exactly once, from any thread; the connection goes on from there.
using Respond = std::function<void(Response)>;

class Handler {
 public:
  virtual ~Handler() = default;
  // On the connection's I/O thread; must not block.
  virtual void handle(Request request, Respond respond) = 0;
};

}  // namespace tailrace::http
