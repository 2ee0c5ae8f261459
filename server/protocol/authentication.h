// Who asks: the material of a signature (behaviour/dynamodb 1.5), the owner that it names, and, on
// demand, the check of the signature itself. (AWS: "Signature Version 4 for API requests")
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "server/http/http_message.h"
#include "server/protocol/sha256.h"
#include "storage/base/clock.h"
#include "storage/base/result.h"
#include "storage/schema/table_schema.h"

namespace tailrace::protocol {

// Views of the request, but for what a query had encoded.
struct Credentials {
  enum class Place { kHeader, kQuery };
  Place place = Place::kHeader;
  std::string credential;      // <access key>/<date>/<region>/<service>/aws4_request
  std::string signed_headers;  // host;x-amz-date
  std::string signature;       // Hexadecimal.
  std::string time;            // X-Amz-Date, else Date.

  // Part of the credential: 0 is the access key. Empty if there are fewer.
  std::string_view part(std::size_t index) const;
};

// The request's credentials, or the refusal of one that lacks them, by behaviour/dynamodb 1.5.
Result<Credentials> read_credentials(const http::Request& request);

// Account: an access key of 12 digits, else 000000000000. Region: of the scope, if it looks like
// one.
Owner owner_of(const Credentials& credentials, std::string_view default_region);
bool is_region_name(std::string_view name);  // Fit for ARNs and stored keys; need not be AWS's.

using SecretKeys = std::map<std::string, std::string, std::less<>>;  // By access key.

// Checks the signature over the request and `body_hash`, the SHA-256 of the body as it was sent.
// `service` is the name that its scope must have ("dynamodb"). Any session token is accepted with
// any key. Errors, in the service's order (behaviour/dynamodb 1.5): IncompleteSignatureException,
// InvalidSignatureException, UnrecognizedClientException.
Result<void> verify_signature(const http::Request& request,
                              const Digest& body_hash,
                              const Credentials& credentials,
                              std::string_view service,
                              const SecretKeys& secret_keys,
                              Instant now);

// Steps of the signature, as AWS's documentation names them.
std::string canonical_request(const http::Request& request,
                              const Digest& body_hash,
                              const Credentials& credentials);
std::string signature_of(std::string_view canonical_request,
                         const Credentials& credentials,
                         std::string_view secret_key);

}  // namespace tailrace::protocol
