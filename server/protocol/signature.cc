// Signature Version 4. (AWS: "Create a signed AWS API request", "Troubleshoot Signature Version 4
// signing")
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "server/protocol/authentication.h"
#include "server/protocol/text.h"
#include "storage/base/str_cat.h"

namespace tailrace::protocol {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::chrono::minutes kTolerance{15};

constexpr std::string_view kMismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details.";

ApiError invalid_signature(std::string message) {
  return {.code = ErrorCode::kInvalidSignatureException,
          .message = std::move(message),
          .extra_members = {}};
}

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

enum class Slash { kKept, kEncoded };

std::string uri_encoded(std::string_view text, Slash slash) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c) || (c == '/' && slash == Slash::kKept)) {
      encoded.push_back(c);
    } else {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      encoded.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return encoded;
}

// Without empty, "." and ".." segments. Encoded as it stands, hence a second time (all services but
// S3).
std::string canonical_path(std::string_view path) {
  std::vector<std::string_view> segments;
  const bool slash_at_end = path.ends_with('/');
  while (!path.empty()) {
    const std::string_view segment = take_until(path, '/');
    if (segment.empty() || segment == ".") continue;
    if (segment != "..")
      segments.push_back(segment);
    else if (!segments.empty())
      segments.pop_back();
  }
  std::string normal;
  for (const std::string_view segment : segments) str_append(normal, '/', segment);
  if (slash_at_end || normal.empty()) normal.push_back('/');
  return uri_encoded(normal, Slash::kKept);
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    std::string_view value = take_until(query, '&');
    if (value.empty()) continue;
    std::string name = percent_decoded(take_until(value, '='));
    if (name == "X-Amz-Signature") continue;
    parameters.emplace_back(uri_encoded(name, Slash::kEncoded),
                            uri_encoded(percent_decoded(value), Slash::kEncoded));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string text;
  for (const auto& [name, value] : parameters)
    str_append(text, text.empty() ? "" : "&", name, '=', value);
  return text;
}

// All values of that header, trimmed, with single blanks, joined by commas.
std::string canonical_value(const http::Request& request, std::string_view name) {
  std::string joined;
  bool first = true;
  for (const http::Header& header : request.headers) {
    if (!http::equals_ignoring_case(header.name, name)) continue;
    if (!first) joined.push_back(',');
    first = false;
    bool blank = false;
    for (const char c : trimmed(header.value)) {
      if (c == ' ' && blank) continue;
      blank = c == ' ';
      joined.push_back(c);
    }
  }
  return joined;
}

// 20150830T123600Z; nullopt for another form.
std::optional<Instant> parse_time(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* end = strptime(copy.c_str(), "%Y%m%dT%H%M%SZ", &parts);
  if (end == nullptr || *end != '\0' || copy.size() != 16) return std::nullopt;
  return std::chrono::time_point_cast<Millis>(
      std::chrono::system_clock::from_time_t(timegm(&parts)));
}

std::string time_text(Instant instant) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[24];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts)};
}

Result<void> check_time(const Credentials& credentials, Instant now) {
  const std::optional<Instant> time = parse_time(credentials.time);
  if (!time) return {};  // A Date header; the signature covers it.
  if (*time < now - kTolerance)
    return invalid_signature(str_cat("Signature expired: ", credentials.time,
                                     " is now earlier than ", time_text(now - kTolerance), " (",
                                     time_text(now), " - 15 min.)"));
  if (*time > now + kTolerance)
    return invalid_signature(str_cat("Signature not yet current: ", credentials.time,
                                     " is still later than ", time_text(now + kTolerance), " (",
                                     time_text(now), " + 15 min.)"));
  return {};
}

bool signs_header(std::string_view signed_headers, std::string_view name) {
  while (!signed_headers.empty())
    if (http::equals_ignoring_case(take_until(signed_headers, ';'), name)) return true;
  return false;
}

}  // namespace

std::string canonical_request(const http::Request& request,
                              const Digest& body_hash,
                              const Credentials& credentials) {
  const Target target = split_target(request.target);
  std::string text = str_cat(request.method, '\n', canonical_path(target.path), '\n',
                             canonical_query(target.query), '\n');
  std::string_view names = credentials.signed_headers;
  while (!names.empty()) {
    const std::string_view name = take_until(names, ';');
    str_append(text, name, ':', canonical_value(request, name), '\n');
  }
  str_append(text, '\n', credentials.signed_headers, '\n', to_hex(body_hash));
  return text;
}

std::string signature_of(std::string_view canonical_request,
                         const Credentials& credentials,
                         std::string_view secret_key) {
  const std::string_view scope =
      std::string_view(credentials.credential)
          .substr(std::min(credentials.part(0).size() + 1, credentials.credential.size()));
  const std::string text = str_cat(kAlgorithm, '\n', credentials.time, '\n', scope, '\n',
                                   to_hex(sha256(canonical_request)));
  Digest key = hmac_sha256(str_cat("AWS4", secret_key), credentials.part(1));
  for (const std::size_t part : {2, 3, 4}) key = hmac_sha256(as_text(key), credentials.part(part));
  return to_hex(hmac_sha256(as_text(key), text));
}

Result<void> verify_signature(const http::Request& request,
                              const Digest& body_hash,
                              const Credentials& credentials,
                              const SecretKeys& secret_keys,
                              Instant now) {
  if (!signs_header(credentials.signed_headers, "host"))
    return invalid_signature("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  const auto secret = secret_keys.find(credentials.part(0));
  if (secret == secret_keys.end())
    return ApiError{.code = ErrorCode::kUnrecognizedClientException,
                    .message = "The security token included in the request is invalid.",
                    .extra_members = {}};
  TRY_VOID(check_time(credentials, now));
  const std::string expected =
      signature_of(canonical_request(request, body_hash, credentials), credentials, secret->second);
  if (expected != credentials.signature) return invalid_signature(std::string(kMismatch));
  return {};
}

}  // namespace tailrace::protocol
