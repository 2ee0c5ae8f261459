#include "server/protocol/page_policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/protocol/text.h"

namespace tailrace::protocol {
namespace {

using http::equals_ignoring_case;

constexpr std::string_view kEveryOrigin = "*";
constexpr std::string_view kNullOrigin = "null";  // Of sandboxed frames, files and redirects.
constexpr std::string_view kForeignPage =
    "requests of web pages of other origins are refused; SECURITY.md says which API takes them";
constexpr std::string_view kUnlistedPage =
    "requests of this web page are refused; start Tailrace with --cors and the page's origin to "
    "allow them";
constexpr std::string_view kForeignHost =
    "this server is not known by that host name: use localhost, an address or a name without dots, "
    "or start Tailrace with --control-host NAME";

constexpr std::size_t kHostBytesMax = 255;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '.';
}

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

// "name:8000" or "[::1]:8000" taken apart.
struct Host {
  std::string_view name;  // Without brackets, port, and the dot that may end a full name.
  std::string_view port;
  bool bracketed = false;
};

std::optional<Host> split_host(std::string_view text) {
  Host host;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = {.name = text.substr(1, end - 1), .port = {}, .bracketed = true};
    rest = text.substr(end + 1);
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    host.name = text.substr(0, end);
    if (host.name.ends_with('.')) host.name.remove_suffix(1);
    rest = text.substr(end);
    if (!std::all_of(host.name.begin(), host.name.end(), is_name_char)) return std::nullopt;
  }
  if (!rest.empty()) {
    if (rest.front() != ':') return std::nullopt;
    host.port = rest.substr(1);
    if (!std::all_of(host.port.begin(), host.port.end(), is_digit)) return std::nullopt;
  }
  if (host.name.empty() || host.name.size() > kHostBytesMax) return std::nullopt;
  return host;
}

HostKind kind_of_v6(std::string_view text) {
  const std::string address(text.substr(0, text.find('%')));  // A zone may follow.
  in6_addr bytes{};
  if (inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return HostKind::kNone;
  const bool mapped_loopback = IN6_IS_ADDR_V4MAPPED(&bytes) && bytes.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&bytes) || mapped_loopback ? HostKind::kLoopback : HostKind::kAddress;
}

HostKind kind_of(const Host& host) {
  if (host.bracketed) return kind_of_v6(host.name);
  in_addr bytes{};
  if (inet_pton(AF_INET, std::string(host.name).c_str(), &bytes) == 1)
    return (ntohl(bytes.s_addr) >> 24) == 127 ? HostKind::kLoopback : HostKind::kAddress;
  if (equals_ignoring_case(host.name, "localhost") ||
      ends_with_ignoring_case(host.name, ".localhost"))
    return HostKind::kLoopback;
  const bool one_label = host.name.find('.') == std::string_view::npos;
  return one_label || ends_with_ignoring_case(host.name, ".internal") ? HostKind::kPrivateName
                                                                      : HostKind::kPublicName;
}

// What follows the scheme; empty: the origin has none ("null").
std::string_view authority_of(std::string_view origin) {
  const std::size_t scheme_end = origin.find("://");
  return scheme_end == std::string_view::npos ? std::string_view() : origin.substr(scheme_end + 3);
}

// The scheme is left out: before a proxy that ends TLS it is another one.
bool is_same_origin(std::string_view origin, std::string_view host) {
  return !host.empty() && equals_ignoring_case(authority_of(origin), host);
}

// By either header: a page of another origin, or of none that can be named.
bool is_foreign_page(const PageHeaders& headers) {
  const bool foreign_origin =
      headers.origin.data() != nullptr && !is_same_origin(headers.origin, headers.host);
  const bool foreign_site =
      headers.fetch_site.data() != nullptr &&
      !equals_ignoring_case(headers.fetch_site, "same-origin") &&
      !equals_ignoring_case(headers.fetch_site, "none");  // Typed by the user.
  return foreign_origin || foreign_site;
}

// Calls `take` with each part, trimmed; false as soon as it refuses one.
template <class Take>
bool each_part(std::string_view list, Take take) {
  while (!list.empty())
    if (!take(trimmed(take_until(list, ',')))) return false;
  return true;
}

}  // namespace

PageHeaders page_headers_of(const http::Request& request) {
  PageHeaders headers;
  const std::array<std::pair<std::string_view, std::string_view*>, 3> wanted = {
      {{"host", &headers.host},
       {"origin", &headers.origin},
       {"sec-fetch-site", &headers.fetch_site}}};
  for (const http::Header& header : request.headers)
    for (const auto& [name, place] : wanted)
      if (place->data() == nullptr && equals_ignoring_case(header.name, name))
        *place = header.value;
  return headers;
}

HostKind kind_of_host(std::string_view host) {
  const auto parts = split_host(host);
  return parts ? kind_of(*parts) : HostKind::kNone;
}

PagePolicy::PagePolicy(Settings settings)
    : settings_(std::move(settings)),
      every_origin_(std::find(settings_.cors_origins.begin(),
                              settings_.cors_origins.end(),
                              kEveryOrigin) != settings_.cors_origins.end()) {}

// Browsers always send a Host, so who sends none is no browser.
bool PagePolicy::is_own_host(std::string_view host) const {
  if (host.empty()) return true;
  const auto parts = split_host(host);
  if (!parts) return false;
  switch (kind_of(*parts)) {
    case HostKind::kNone:
      return false;
    case HostKind::kLoopback:
    case HostKind::kAddress:
    case HostKind::kPrivateName:
      return true;
    case HostKind::kPublicName:
      return std::any_of(
          settings_.own_names.begin(), settings_.own_names.end(),
          [&](const std::string& own) { return equals_ignoring_case(own, parts->name); });
  }
  return false;
}

bool PagePolicy::is_listed_origin(std::string_view origin) const {
  const std::string_view authority = authority_of(origin);
  const auto host = split_host(authority);
  return std::any_of(settings_.cors_origins.begin(), settings_.cors_origins.end(),
                     [&](const std::string& listed) {
                       return equals_ignoring_case(listed, origin) ||
                              (host && (equals_ignoring_case(listed, authority) ||
                                        equals_ignoring_case(listed, host->name)));
                     });
}

PagePolicy::Refusal PagePolicy::refuse_table_call(const PageHeaders& headers) const {
  if (every_origin_) return std::nullopt;
  if (headers.origin.data() == nullptr) {
    if (!equals_ignoring_case(headers.fetch_site, "cross-site")) return std::nullopt;
    return kForeignPage;
  }
  const bool own = is_same_origin(headers.origin, headers.host) && is_own_host(headers.host);
  if (own || kind_of_host(authority_of(headers.origin)) == HostKind::kLoopback ||
      is_listed_origin(headers.origin))
    return std::nullopt;
  return kUnlistedPage;
}

PagePolicy::Refusal PagePolicy::refuse_command(const PageHeaders& headers) const {
  if (is_foreign_page(headers)) return kForeignPage;
  if (!is_own_host(headers.host)) return kForeignHost;
  return std::nullopt;
}

// Its listeners are loopback's. To 0.0.0.0, which leads there too, browsers send no Sec-Fetch-Site,
// and `next`, a GET that takes an event away, no Origin: such a host is refused.
PagePolicy::Refusal PagePolicy::refuse_runtime_call(const PageHeaders& headers) {
  if (is_foreign_page(headers)) return kForeignPage;
  if (headers.host.empty()) return std::nullopt;
  const HostKind kind = kind_of_host(headers.host);
  if (kind == HostKind::kLoopback || kind == HostKind::kPrivateName) return std::nullopt;
  return "the Runtime API is reached by localhost, a loopback address or a name without dots";
}

std::optional<std::vector<std::string>> parse_own_names(std::string_view list) {
  std::vector<std::string> names;
  const bool parsed = each_part(list, [&](std::string_view text) {
    const auto host = split_host(text);
    if (!host || host->bracketed || text.find(':') != std::string_view::npos) return false;
    names.emplace_back(host->name);
    return true;
  });
  return parsed ? std::optional(std::move(names)) : std::nullopt;
}

std::optional<std::vector<std::string>> parse_cors_origins(std::string_view list) {
  std::vector<std::string> origins;
  const bool parsed = each_part(list, [&](std::string_view text) {
    if (text.ends_with('/')) text.remove_suffix(1);  // As in a browser's address bar.
    const bool has_scheme = text.find("://") != std::string_view::npos;
    const bool readable = text == kEveryOrigin || text == kNullOrigin ||
                          split_host(has_scheme ? authority_of(text) : text).has_value();
    origins.emplace_back(text);
    return readable;
  });
  return parsed ? std::optional(std::move(origins)) : std::nullopt;
}

}  // namespace tailrace::protocol
