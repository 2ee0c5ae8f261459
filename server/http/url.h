// http:// URLs of handlers and destinations.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tailrace::http {

struct Url {
  std::string host;       // Without the brackets of an IPv6 address.
  std::string port;       // "80" if not given.
  std::string target;     // Path and query, at least "/".
  std::string authority;  // As the Host header has it: the port left out if not given.
};

// nullopt: not an http:// URL, or with user information, or without host.
std::optional<Url> parse_url(std::string_view text);

}  // namespace tailrace::http
