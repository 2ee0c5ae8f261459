// From a put's answer to its handler's receipt, on loopback: one put at a time into a table that
// the caller has mapped to http://127.0.0.1:HANDLER_PORT/. Prints one JSON line: puts, p50 and p99
// in microseconds.
//
//   trigger_latency PORT HANDLER_PORT PUTS TABLE
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/socket.h"

using namespace tailrace::bench;  // NOLINT: a program of one file
using SteadyClock = std::chrono::steady_clock;

namespace {

// Answers every event with an empty 200 and reports when it came in.
void serve(int listener, std::vector<std::promise<SteadyClock::time_point>>& receipts) {
  std::size_t at = 0;
  const int socket = accept(listener, nullptr, nullptr);
  std::string rest;
  while (at < receipts.size()) {
    read_message(socket, rest);
    receipts[at++].set_value(SteadyClock::now());
    send_all(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: trigger_latency PORT HANDLER_PORT PUTS TABLE\n");
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  auto handler_port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  std::vector<std::promise<SteadyClock::time_point>> receipts(
      static_cast<std::size_t>(std::atoi(argv[3])));
  const int listener = listen_on(handler_port);
  std::thread handler([&] { serve(listener, receipts); });

  const int socket = connect_to(port);
  std::string rest;
  std::vector<double> latencies_us;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    const std::string body = R"({"TableName":")" + std::string(argv[4]) +
                             R"(","Item":{"pk":{"S":"key )" + std::to_string(i * 7919) +
                             R"("},"sk":{"N":"0"},"padding":{"S":")" + std::string(900, 'p') +
                             R"("}}})";
    send_all(socket, http_post("DynamoDB_20120810.PutItem", "/", body));
    read_message(socket, rest);
    const auto answered = SteadyClock::now();
    const auto received = receipts[i].get_future().get();
    latencies_us.push_back(std::chrono::duration<double, std::micro>(received - answered).count());
  }
  handler.join();
  std::sort(latencies_us.begin(), latencies_us.end());
  std::printf("{\"puts\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", latencies_us.size(),
              latencies_us[latencies_us.size() / 2], latencies_us[latencies_us.size() * 99 / 100]);
}
