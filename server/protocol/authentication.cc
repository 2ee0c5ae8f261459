#include "server/protocol/authentication.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/protocol/text.h"
#include "storage/base/str_cat.h"

namespace tailrace::protocol {
namespace {

constexpr std::string_view kDefaultAccount = "000000000000";
constexpr std::size_t kRegionBytesMax = 32;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

ApiError refusal(ErrorCode code, std::string message) {
  return {.code = code, .message = std::move(message), .extra_members = {}};
}

std::string_view date_of(const http::Request& request) {
  const std::string_view date = request.header("x-amz-date");
  return date.empty() ? request.header("date") : date;
}

// Commas and blanks separate.
std::string_view take_pair(std::string_view& rest) {
  const std::string_view pair = rest.substr(0, rest.find_first_of(", "));
  rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
  return pair;
}

// Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…
Result<Credentials> from_header(const http::Request& request, std::string_view authorization) {
  struct Parameter {
    std::string_view name;
    std::string Credentials::*member;
    bool found = false;
  };
  std::array<Parameter, 3> parameters{{{"Credential", &Credentials::credential},
                                       {"Signature", &Credentials::signature},
                                       {"SignedHeaders", &Credentials::signed_headers}}};
  Credentials credentials;
  std::string_view rest = authorization;
  take_pair(rest);  // The algorithm.
  while (!rest.empty()) {
    std::string_view value = take_pair(rest);
    if (!value.empty() && value.find('=') == std::string_view::npos)
      return refusal(ErrorCode::kIncompleteSignatureException,
                     str_cat("'", value,
                             "' not a valid key=value pair (missing equal-sign) in Authorization "
                             "header: '",
                             authorization, "'."));
    const std::string_view name = take_until(value, '=');
    for (Parameter& parameter : parameters) {
      if (name != parameter.name) continue;
      parameter.found = true;
      credentials.*parameter.member = value;
    }
  }
  credentials.time = date_of(request);

  std::string message;
  for (const Parameter& parameter : parameters)
    if (!parameter.found)
      str_append(message, "Authorization header requires '", parameter.name, "' parameter. ");
  if (credentials.time.empty())
    message.append(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
  if (message.empty()) return credentials;
  str_append(message, "Authorization=", authorization);
  return refusal(ErrorCode::kIncompleteSignatureException, std::move(message));
}

Result<Credentials> from_query(const QueryParameters& query) {
  constexpr std::pair<std::string_view, std::string Credentials::*> kParameters[] = {
      {"X-Amz-Algorithm", nullptr},
      {"X-Amz-Credential", &Credentials::credential},
      {"X-Amz-Signature", &Credentials::signature},
      {"X-Amz-SignedHeaders", &Credentials::signed_headers},
      {"X-Amz-Date", &Credentials::time}};
  Credentials credentials;
  credentials.place = Credentials::Place::kQuery;
  std::string message;
  for (const auto& [name, member] : kParameters) {
    const std::string* value = find_parameter(query, name);
    if (value == nullptr || value->empty())
      str_append(message, "AWS query-string parameters must include '", name, "'. ");
    else if (member != nullptr)
      credentials.*member = *value;
  }
  if (message.empty()) return credentials;
  message.append("Re-examine the query-string parameters.");
  return refusal(ErrorCode::kIncompleteSignatureException, std::move(message));
}

}  // namespace

std::string_view Credentials::part(std::size_t index) const {
  std::string_view rest = credential;
  for (; index > 0; --index) take_until(rest, '/');
  return take_until(rest, '/');
}

Result<Credentials> read_credentials(const http::Request& request) {
  const std::string_view authorization = request.header("authorization");
  const std::string_view query = split_target(request.target).query;
  if (query.find("X-Amz-Algorithm") != std::string_view::npos) {
    const QueryParameters parameters = query_parameters(query);
    if (find_parameter(parameters, "X-Amz-Algorithm") != nullptr) {
      if (request.has_header("authorization"))
        return refusal(
            ErrorCode::kInvalidSignatureException,
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as "
            "HTTP header.");
      return from_query(parameters);
    }
  }
  if (!authorization.starts_with("AWS4-"))
    return refusal(ErrorCode::kMissingAuthenticationTokenException,
                   "Request is missing Authentication Token");
  return from_header(request, authorization);
}

Owner owner_of(const Credentials& credentials, std::string_view default_region) {
  const std::string_view key = credentials.part(0);
  const bool is_account =
      key.size() == kDefaultAccount.size() && std::all_of(key.begin(), key.end(), is_digit);
  const std::string_view region = credentials.part(2);
  return {.account = std::string(is_account ? key : kDefaultAccount),
          .region = std::string(is_region_name(region) ? region : default_region)};
}

bool is_region_name(std::string_view name) {
  return !name.empty() && name.size() <= kRegionBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
         });
}

}  // namespace tailrace::protocol
