// Blocking loopback sockets for the benchmark's own clients and handlers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::bench {

int connect_to(std::uint16_t port);  // Ends the program when refused.
int listen_on(std::uint16_t& port);  // port 0 takes a free one and sets it.
void send_all(int socket, std::string_view text);
// One HTTP message by Content-Length; `rest` keeps what came behind it.
std::string read_message(int socket, std::string& rest);
std::string http_post(std::string_view target_header, std::string_view path, std::string_view body);

}  // namespace tailrace::bench
