// A client on a plain blocking socket, so that tests decide every byte; and a runtime that serves
// in a thread.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "server/http/io_runtime.h"

namespace tailrace::http {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};  // A test that hangs fails instead.
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool is_connected() const { return connected_; }
  // False: the server has gone.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void shutdown_send() { ::shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  // Head and body of the next answer, by its Content-Length; what was read if the server closes
  // before.
  std::string read_answer() {
    while (true) {
      const std::size_t head_end = read_.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        std::size_t length = 0;
        const std::size_t at = read_.find("Content-Length: ");
        if (at < head_end) length = std::stoul(read_.substr(at + 16, 20));
        const std::size_t total = head_end + 4 + length;
        if (read_.size() >= total) {
          std::string answer = read_.substr(0, total);
          read_.erase(0, total);
          return answer;
        }
      }
      if (!read_some()) return std::exchange(read_, {});
    }
  }
  std::string read_until(std::string_view end) {
    while (read_.find(end) == std::string::npos && read_some()) {
    }
    const std::size_t size = std::min(read_.size(), read_.find(end) + end.size());
    std::string text = read_.substr(0, size);
    read_.erase(0, size);
    return text;
  }
  std::string read_to_end() {
    while (read_some()) {
    }
    return std::exchange(read_, {});
  }

 private:
  bool read_some() {
    char buffer[16384];
    const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got > 0) read_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  int socket_;
  bool connected_ = false;
  std::string read_;
};

inline std::string body_of(std::string_view answer) {
  const std::size_t head_end = answer.find("\r\n\r\n");
  return head_end == std::string_view::npos ? "no answer"
                                            : std::string(answer.substr(head_end + 4));
}

inline std::string status_of(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::string(answer.substr(9, 3)) : "no answer";
}

class FunctionHandler final : public Handler {
 public:
  using Function = std::function<void(Request&, Respond)>;
  explicit FunctionHandler(Function function) : function_(std::move(function)) {}
  void handle(Request& request, Respond respond) override {
    function_(request, std::move(respond));
  }

 private:
  Function function_;
};

inline Response text_response(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

// A runtime whose run() has a thread; what must be done at home is done by at_home().
class ServingRuntime {
 public:
  explicit ServingRuntime(int threads = 2) : runtime(threads) {}
  ~ServingRuntime() { stop(); }
  ServingRuntime(const ServingRuntime&) = delete;
  ServingRuntime& operator=(const ServingRuntime&) = delete;

  void start() {
    thread_ = std::thread([this] { runtime.run({}); });
  }
  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds(0)) {
    if (!thread_.joinable()) return;
    runtime.stop(grace);
    thread_.join();
  }
  template <class Function>
  auto at_home(Function function) {
    std::promise<decltype(function())> result;
    runtime.post([&] {
      if constexpr (std::is_void_v<decltype(function())>) {
        function();
        result.set_value();
      } else {
        result.set_value(function());
      }
    });
    return result.get_future().get();
  }

  IoRuntime runtime;

 private:
  std::thread thread_;
};

// A listener on a free port and the runtime behind it.
class TestServer {
 public:
  explicit TestServer(FunctionHandler::Function function,
                      ListenOptions options = {},
                      int threads = 2)
      : serving_(threads), handler_(std::move(function)) {
    options.port = 0;
    listener_ = serving_.runtime.listen(options, handler_);
    port_ = listener_->port();
    serving_.start();
  }
  ~TestServer() { stop(); }

  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds(0)) {
    serving_.stop(grace);
    listener_.reset();
  }
  std::uint16_t port() const { return port_; }
  ServingRuntime& serving() { return serving_; }
  IoRuntime& runtime() { return serving_.runtime; }

 private:
  ServingRuntime serving_;
  FunctionHandler handler_;
  std::unique_ptr<Listener> listener_;
  std::uint16_t port_ = 0;
};

}  // namespace tailrace::http
