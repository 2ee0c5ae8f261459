#include "server/http/url.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "server/http/http_message.h"

namespace tailrace::http {
namespace {

constexpr std::string_view kScheme = "http://";

bool is_port(std::string_view text) {
  std::uint16_t number = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && parsed == end && number != 0;
}

// Nothing that could end the request line or begin another header.
bool is_clean(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  if (!is_clean(text) || !equals_ignoring_case(text.substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  text.remove_prefix(kScheme.size());
  text = text.substr(0, text.find('#'));
  const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, authority_end);
  std::string_view target = text.substr(authority_end);

  Url url{.host = {}, .port = "80", .target = {}, .authority = std::string(authority)};
  std::string_view after_host;
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    url.host = authority.substr(1, bracket - 1);
    after_host = authority.substr(bracket + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    after_host = authority.substr(colon);
  }
  if (url.host.empty() || authority.find('@') != std::string_view::npos) return std::nullopt;
  if (!after_host.empty()) {
    if (after_host.front() != ':' || !is_port(after_host.substr(1))) return std::nullopt;
    url.port = after_host.substr(1);
  }
  if (!target.starts_with('/')) url.target = "/";
  url.target.append(target);
  return url;
}

}  // namespace tailrace::http
