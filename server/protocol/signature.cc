// Signature Version 4. (AWS: "Create a signed AWS API request", "Troubleshoot Signature Version 4
// signing")
#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "server/protocol/authentication.h"
#include "server/protocol/text.h"
#include "storage/base/str_cat.h"
#include "storage/base/time_text.h"

namespace tailrace::protocol {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";
constexpr std::chrono::seconds kTolerance = std::chrono::minutes(15);
constexpr std::chrono::seconds kLifetimeMax{604'800};

constexpr std::string_view kMismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details.";

ApiError incomplete_signature(std::string message) {
  return {.code = ErrorCode::kIncompleteSignatureException,
          .message = std::move(message),
          .extra_members = {}};
}

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
  constexpr std::size_t kSize = 16;
  if (text.size() != kSize) return std::nullopt;
  return parse_iso(str_cat(text.substr(0, 4), '-', text.substr(4, 2), '-', text.substr(6, 5), ':',
                           text.substr(11, 2), ':', text.substr(13)));
}

std::string time_text(Instant instant) {
  std::string text = iso_seconds_z(instant);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

// How long after its time the signature is valid; a query may say so in X-Amz-Expires. The refusals
// are S3's, since no other service's are known. (AWS: "Authenticating Requests: Using Query
// Parameters")
Result<std::chrono::seconds> lifetime_of(const http::Request& request,
                                         const Credentials& credentials) {
  if (credentials.place == Credentials::Place::kHeader) return kTolerance;
  const QueryParameters query = query_parameters(split_target(request.target).query);
  const std::string* text = find_parameter(query, "X-Amz-Expires");
  if (text == nullptr) return kTolerance;
  std::int64_t seconds = 0;
  const char* end = text->data() + text->size();
  const auto [parsed, error] = std::from_chars(text->data(), end, seconds);
  if (text->empty() || parsed != end || error == std::errc::invalid_argument)
    return incomplete_signature("X-Amz-Expires should be a number");
  if (text->front() == '-') return incomplete_signature("X-Amz-Expires must be non-negative");
  if (error != std::errc() || seconds > kLifetimeMax.count())
    return incomplete_signature(
        str_cat("X-Amz-Expires must be less than a week (in seconds); that is, the given "
                "X-Amz-Expires must be less than ",
                kLifetimeMax.count(), " seconds"));
  return std::chrono::seconds(seconds);
}

std::string span_text(std::chrono::seconds span) {
  const bool minutes = span.count() % 60 == 0;
  return str_cat(minutes ? span.count() / 60 : span.count(), minutes ? " min." : " sec.");
}

Result<void> check_time(const http::Request& request, const Credentials& credentials, Instant now) {
  const std::optional<Instant> time = parse_time(credentials.time);
  if (!time)
    return incomplete_signature(str_cat("Date must be in ISO-8601 'basic format'. Got '",
                                        credentials.time,
                                        "'. See http://en.wikipedia.org/wiki/ISO_8601"));
  TRY(const std::chrono::seconds lifetime, lifetime_of(request, credentials));
  now = std::chrono::floor<std::chrono::seconds>(now);
  if (*time < now - lifetime)
    return invalid_signature(str_cat("Signature expired: ", credentials.time,
                                     " is now earlier than ", time_text(now - lifetime), " (",
                                     time_text(now), " - ", span_text(lifetime), ")"));
  if (*time > now + kTolerance)
    return invalid_signature(str_cat("Signature not yet current: ", credentials.time,
                                     " is still later than ", time_text(now + kTolerance), " (",
                                     time_text(now), " + ", span_text(kTolerance), ")"));
  return {};
}

// The first word of the header, or the parameter.
Result<void> check_algorithm(const http::Request& request, const Credentials& credentials) {
  std::string_view header = request.header("authorization");
  const QueryParameters query = query_parameters(split_target(request.target).query);
  const std::string_view algorithm = credentials.place == Credentials::Place::kHeader
                                         ? take_until(header, ' ')
                                         : *find_parameter(query, "X-Amz-Algorithm");
  if (algorithm == kAlgorithm) return {};
  return incomplete_signature(str_cat("Unsupported AWS 'algorithm': '", algorithm, "'."));
}

Result<void> check_scope(const Credentials& credentials, std::string_view service) {
  std::string_view parts = credentials.credential;
  while (parts.ends_with('/')) parts.remove_suffix(1);
  if (std::count(parts.begin(), parts.end(), '/') != 4)
    return incomplete_signature(
        str_cat("Credential must have exactly 5 slash-delimited elements, e.g. "
                "keyid/date/region/service/term, got '",
                credentials.credential, "'"));
  std::string message;
  if (!is_region_name(credentials.part(2)))
    str_append(message, "Credential should be scoped to a valid region, not '", credentials.part(2),
               "'. ");
  if (credentials.part(3) != service)
    str_append(message, "Credential should be scoped to correct service: '", service, "'. ");
  if (credentials.part(4) != kTerminator)
    str_append(message, "Credential should be scoped with a valid terminator: '", kTerminator,
               "', not '", credentials.part(4), "'. ");
  if (const std::string_view day = std::string_view(credentials.time).substr(0, 8);
      credentials.part(1) != day)
    str_append(message,
               "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
               "from HTTP: '",
               credentials.part(1), "' != '", day, "', from '", credentials.time, "'.");
  if (message.empty()) return {};
  return invalid_signature(std::move(message));
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
  for (const std::size_t part : {2U, 3U, 4U}) key = hmac_sha256(as_text(key), credentials.part(part));
  return to_hex(hmac_sha256(as_text(key), text));
}

Result<void> verify_signature(const http::Request& request,
                              const Digest& body_hash,
                              const Credentials& credentials,
                              std::string_view service,
                              const SecretKeys& secret_keys,
                              Instant now) {
  TRY_VOID(check_time(request, credentials, now));
  if (!signs_header(credentials.signed_headers, "host"))
    return invalid_signature(
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  TRY_VOID(check_algorithm(request, credentials));
  TRY_VOID(check_scope(credentials, service));
  const auto secret = secret_keys.find(credentials.part(0));
  if (secret == secret_keys.end())
    return ApiError{.code = ErrorCode::kUnrecognizedClientException,
                    .message = "The security token included in the request is invalid.",
                    .extra_members = {}};
  const std::string expected =
      signature_of(canonical_request(request, body_hash, credentials), credentials, secret->second);
  if (expected != credentials.signature) return invalid_signature(std::string(kMismatch));
  return {};
}

}  // namespace tailrace::protocol
