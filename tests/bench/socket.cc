#include "tests/bench/socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace tailrace::bench {
namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

int connect_to(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("connect");
  const int one = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return descriptor;
}

int listen_on(std::uint16_t& port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(port);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("bind");
  if (listen(descriptor, 64) != 0) fail("listen");
  socklen_t size = sizeof address;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return descriptor;
}

void send_all(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) fail("send");
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string read_message(int socket, std::string& rest) {
  std::string text = std::move(rest);
  rest.clear();
  std::size_t expected = 0;
  for (;;) {
    if (expected == 0) {
      if (const std::size_t end = text.find("\r\n\r\n"); end != std::string::npos) {
        std::size_t at = text.find("\r\nContent-Length: ");
        if (at > end) at = std::string::npos;
        expected =
            end + 4 +
            (at == std::string::npos ? 0 : std::strtoul(text.c_str() + at + 18, nullptr, 10));
      }
    }
    if (expected != 0 && text.size() >= expected) {
      rest = text.substr(expected);
      text.resize(expected);
      return text;
    }
    char buffer[65536];
    const ssize_t count = recv(socket, buffer, sizeof buffer, 0);
    if (count <= 0) fail("recv");
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

std::string http_post(std::string_view target_header,
                      std::string_view path,
                      std::string_view body) {
  std::string text = "POST " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  if (!target_header.empty()) text += "X-Amz-Target: " + std::string(target_header) + "\r\n";
  text +=
      "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20260101T000000Z\r\n"
      "Authorization: AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/dynamodb/aws4_request, "
      "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0000\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n";
  return text.append(body);
}

}  // namespace tailrace::bench
