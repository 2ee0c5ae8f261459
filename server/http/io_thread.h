// One I/O thread: an io_context of its own and the connections that live on it. Internal to
// server/http.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/runtime.h"

namespace tailrace::http {

namespace asio = boost::asio;
using Executor =
    asio::io_context::executor_type;  // Not any_io_executor: no type erasure per operation.
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         Executor>;
using SteadyTime = std::chrono::steady_clock::time_point;

// What the connections of one listener share. Outlives the listener as long as one of them lives.
struct ListenerState {
  ListenerState(const ListenOptions& its_options, Handler& its_handler)
      : options(its_options), handler(its_handler) {}

  const ListenOptions options;
  Handler& handler;
  std::atomic<int> open_connections{0};

  // Time-outs are checked this often: a few checks within the shortest of them.
  std::chrono::milliseconds tick() const {
    return std::clamp(std::min(options.idle_timeout, options.request_timeout) / 8,
                      std::chrono::milliseconds(5), std::chrono::milliseconds(5000));
  }
};

// A connection as its thread sees it. All calls on that thread.
class OpenConnection {
 public:
  virtual ~OpenConnection() = default;
  virtual const ListenerState& listener() const = 0;
  virtual void on_tick() = 0;  // Looks at the time-outs; may close.
  virtual void drain() = 0;    // Closes when idle, else after the running request.
  virtual void close() = 0;

 private:
  friend class IoThread;
  std::size_t index_ = 0;  // Its place among the thread's connections.
};

class IoThread {
 public:
  IoThread() = default;
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  asio::io_context context{1};

  void run();  // The context, until it is stopped.

  bool is_current() { return context.get_executor().running_in_this_thread(); }

  void add(OpenConnection& connection);
  void remove(OpenConnection& connection);
  void drain();
  // Of that listener, or of all (nullptr).
  void close_connections(const ListenerState* listener);
  bool draining() const { return draining_; }

  // When something that begins now and may last `timeout` is over. Exact to a tick, never early; no
  // system call.
  SteadyTime deadline(std::chrono::milliseconds timeout) const {
    return tick_time_ + tick_ + timeout;
  }
  SteadyTime tick_time() const { return tick_time_; }

  // A buffer for bodies that the connections lend each other: one that was used just now is still in
  // the processor's cache.
  std::string& spare_body() { return spare_body_; }

  // "Sun, 06 Nov 1994 08:49:37 GMT"
  std::string_view date();

 private:
  void start_ticking();
  bool poll_until(SteadyTime end);  // True: something has run.

  std::vector<OpenConnection*> connections_;
  Timer timer_{context};
  bool ticking_ = false;
  bool draining_ = false;
  std::chrono::milliseconds tick_{5000};  // The shortest of the listeners'.
  SteadyTime tick_time_{};
  std::string spare_body_;
  std::time_t date_second_ = 0;
  std::string date_;
};

}  // namespace tailrace::http
