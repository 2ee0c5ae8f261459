// Plain HTTP messages, so that Beast stays inside server/http's .cc files. A connection parses into
// one Request that it reuses, and writes a Response from its parts: nothing is copied that need not
// be.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/base/clock.h"

namespace tailrace::http {

bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII.

struct Header {
  std::string_view name;
  std::string_view value;
};

// Owned by the connection: valid, body included, until Respond is called (also when the client goes
// away meanwhile), however late that is. Whoever needs a part longer moves `body` out or copies.
struct Request {
  std::string_view method;      // "POST"
  std::string_view target;      // Path and query as sent.
  std::vector<Header> headers;  // As sent, in order; trailers of a chunked body follow.
  std::string body;             // Writable: it is parsed in place. Chunks are joined.
  bool body_is_read = false;    // Set by a handler that needs it no more: others may have its memory.
  bool from_loopback = false;
  std::string_view local_endpoint;  // host:port that the client reached, for when it sent no Host.

  // First header of that name, compared without case; empty if absent.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
};

struct Response {
  int status = 200;
  // Header lines, each ended by CRLF; use add_header. Content-Length, Date, Server and Connection
  // are the connection's.
  std::string header_lines;
  std::string body;
  bool close = false;  // Close the connection after this answer.

  // Control characters are dropped, so that no value can become a second header.
  void add_header(std::string_view name, std::string_view value);
  // For those who look at responses (tests, decorators): first header of that name; empty if
  // absent.
  std::string_view header(std::string_view name) const;
};

// Where a connection takes its answers. `exchange` numbers the connection's requests.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void respond(std::uint64_t exchange, Response response) = 0;
  virtual void run_on_thread(Task task) = 0;
  virtual bool connected() const = 0;
};

// The way back to the client of one request. Copies are the same way; it keeps the Request alive.
class Respond {
 public:
  Respond(std::shared_ptr<ResponseSink> sink, std::uint64_t exchange)
      : sink_(std::move(sink)), exchange_(exchange) {}
  // For tests: answers go to `take`, tasks run at once.
  explicit Respond(std::function<void(Response)> take);

  // Answers the request: exactly once, from any thread, at any time. Called on the connection's
  // thread it writes before it returns. No answer is late: a request may wait for hours (the
  // Runtime API's do).
  void operator()(Response response) const { sink_->respond(exchange_, std::move(response)); }
  // Runs `task` on the connection's thread: at once if that is the calling one.
  void on_thread(Task task) const { sink_->run_on_thread(std::move(task)); }
  // False once the client has closed its side, which for a waiting request means that nobody will
  // read the answer. On the connection's thread only (for home_thread_only listeners the home
  // thread); costs a system call.
  bool connected() const { return sink_->connected(); }

 private:
  std::shared_ptr<ResponseSink> sink_;
  std::uint64_t exchange_;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // On the connection's I/O thread; must not block.
  virtual void handle(Request& request, Respond respond) = 0;
};

}  // namespace tailrace::http
