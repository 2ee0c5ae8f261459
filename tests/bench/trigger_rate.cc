// Records a second that reach a trivial handler: listens on HANDLER_PORT, answers every event with
// an empty 200, and prints one JSON line once RECORDS records have come in, timed from the first.
//
//   trigger_rate HANDLER_PORT RECORDS
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/bench/socket.h"

using namespace tailrace::bench;  // NOLINT: a program of one file

namespace {

std::size_t count_records(const std::string& message) {
  std::size_t count = 0;
  for (std::size_t at = message.find("\"eventID\""); at != std::string::npos;
       at = message.find("\"eventID\"", at + 1))
    ++count;
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: trigger_rate HANDLER_PORT RECORDS\n");
    return 2;
  }
  auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const std::size_t wanted = std::strtoull(argv[2], nullptr, 10);
  const int socket = accept(listen_on(port), nullptr, nullptr);
  std::string rest;
  std::size_t received = count_records(read_message(socket, rest));
  const auto start = std::chrono::steady_clock::now();
  const std::size_t before = received;
  while (received < wanted) {
    send_all(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    received += count_records(read_message(socket, rest));
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  send_all(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  std::printf("{\"records\":%zu,\"rate\":%.0f}\n", received,
              static_cast<double>(received - before) / seconds);
}
