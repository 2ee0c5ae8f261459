// PagePolicy: whether somebody else's web page may have made the user's browser send a request. All
// three APIs ask here. A page of any origin can have requests sent to this machine; three headers,
// which it cannot set, tell on it:
//
//   Origin           with every request but GET and HEAD, and with those whose answer is to be read
//   Sec-Fetch-Site   with every request to localhost and loopback addresses
//   Host             the name in the URL: a page may have made its own name point here (DNS
//                    rebinding), so that its origin is the server's, by a name that is not
//
//   API            pages that may use it              names that it is reached by
//   DynamoDB's     loopback, own origin, --cors       any: all its calls are POSTs, with Origin
//   Lambda's       own origin                         own
//   control        own origin                         own
//   Runtime API    own origin, of which there is none own, but for addresses beyond loopback
//
// Own names are localhost, addresses, names that no public DNS has (without a dot, or below
// .internal, as containers call their host), and those of --control-host. (Fetch Standard;
// Fetch Metadata Request Headers; RFC 6761, RFC 9110 7.2)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/http_message.h"

namespace tailrace::protocol {

// Views of a request's headers; one that is absent has no data().
struct PageHeaders {
  std::string_view host, origin, fetch_site;

  bool sent_by_page() const { return origin.data() != nullptr || fetch_site.data() != nullptr; }
};
PageHeaders page_headers_of(const http::Request& request);  // The first of each name.

enum class HostKind : std::uint8_t {
  kNone,         // Nothing that the host of a URL can be: "[evil", "a b".
  kLoopback,     // localhost, *.localhost, 127.0.0.0/8, [::1].
  kAddress,      // Any other address, 0.0.0.0 among them.
  kPrivateName,  // One label, or below .internal: never a stranger's.
  kPublicName,
};
HostKind kind_of_host(std::string_view host);  // With or without port, as in a Host header.

class PagePolicy {
 public:
  struct Settings {
    std::vector<std::string> own_names;     // As parse_own_names makes them.
    std::vector<std::string> cors_origins;  // As parse_cors_origins makes them.
  };
  explicit PagePolicy(Settings settings);

  // Why a request is not answered, in one sentence for its sender; nullopt: it is.
  using Refusal = std::optional<std::string_view>;
  Refusal refuse_table_call(const PageHeaders& headers) const;  // DynamoDB and its Streams.
  Refusal refuse_command(const PageHeaders& headers) const;     // Lambda's REST API, control API.
  static Refusal refuse_runtime_call(const PageHeaders& headers);

 private:
  bool is_own_host(std::string_view host) const;
  bool is_listed_origin(std::string_view origin) const;

  Settings settings_;
  bool every_origin_;
};

// Lists of options, separated by commas; nullopt if a part is none of these.
//   own names:  "tailrace.example", "10-0-0-1.pod.cluster.local"; without port
//   origins:    "*", "null", "https://app.example:8443", or a host of any scheme and port unless
//               given: "app.example", "app.example:8443" (DynamoDB Local takes domains)
std::optional<std::vector<std::string>> parse_own_names(std::string_view list);
std::optional<std::vector<std::string>> parse_cors_origins(std::string_view list);

}  // namespace tailrace::protocol
