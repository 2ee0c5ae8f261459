// HTTP as it comes from the wire: a connection sends the bytes and closes its side; the real
// connection code, the gateway and the checks of protocol, codings and origins take them. The
// services behind answer whatever they are asked.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <thread>

#include "server/http/io_runtime.h"
#include "server/protocol/gateway.h"
#include "storage/base/check.h"
#include "storage/base/log.h"
#include "tests/fuzz/fuzz.h"

namespace tailrace {
namespace {

class AnyJson final : public protocol::JsonService {
 public:
  bool known(std::string_view, std::string_view) const override { return true; }
  void call(const protocol::JsonCall& call, protocol::JsonReply reply) override {
    reply(json::text(call.body));
  }
};

class AnyRest final : public protocol::RestService {
 public:
  void handle(protocol::RestRequest request, protocol::RestRespond respond) override {
    http::Response response;
    for (const std::string& segment : request.path) str_append(response.body, "/", segment);
    response.add_header("x-amzn-echo", response.body);
    str_append(response.body, request.http.body);
    respond(std::move(response));
  }
};

class Server {
 public:
  Server()
      : runtime_(1),
        gateway_({},
                 {.json = json_,
                  .lambda = rest_,
                  .control = rest_,
                  .scheduler = runtime_,
                  .machine_clock = runtime_.clock()}) {
    set_log(LogLevel::kOff, LogFormat::kText);
    listener_ = runtime_.listen({.port = 0}, gateway_);
    port_ = listener_->port();
    thread_ = std::thread([this] { runtime_.run({}); });
  }
  ~Server() {
    runtime_.stop(std::chrono::milliseconds(0));
    thread_.join();
  }
  std::uint16_t port() const { return port_; }

 private:
  http::IoRuntime runtime_;
  AnyJson json_;
  AnyRest rest_;
  protocol::Gateway gateway_;
  std::unique_ptr<http::Listener> listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

int connect_to(std::uint16_t port) {
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(client >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return client;
}

}  // namespace
}  // namespace tailrace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace;  // NOLINT
  static const Server server;
  const int client = connect_to(server.port());
  for (std::size_t sent = 0; sent < size;) {
    const ssize_t bytes = send(client, data + sent, size - sent, MSG_NOSIGNAL);
    if (bytes <= 0) break;  // Refused already.
    sent += static_cast<std::size_t>(bytes);
  }
  shutdown(client, SHUT_WR);
  std::string answers;
  char piece[4096];
  while (true) {
    const ssize_t bytes = recv(client, piece, sizeof(piece), 0);
    if (bytes <= 0) break;
    answers.append(piece, static_cast<std::size_t>(bytes));
  }
  close(client);
  CHECK(answers.empty() || answers.starts_with("HTTP/1.1 "));
  return 0;
}
