// LambdaFunction: a function as CreateFunction and its companions configure it. Its code is kept as
// a size and a hash: what runs is where the function is bound (streams/handlers). (spec lambda 6)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/api/json.h"
#include "storage/base/bytes.h"
#include "storage/base/clock.h"
#include "storage/base/result.h"
#include "storage/schema/table_schema.h"

namespace tailrace::lambda {

struct LambdaFunction {
  Owner owner;
  std::string name;
  // Configuration members as JSON text, given or default: Runtime, Handler, Role, Timeout,
  // Environment …
  std::map<std::string, std::string> members;
  std::int64_t code_size = 0;  // Bytes.
  std::string code_sha256;     // base64
  std::string revision_id;     // UUID, new on every change.
  Instant modified{};
  std::map<std::string, std::string> tags;
  std::optional<int> reserved_concurrency;  // 0 stops all invocations.

  Millis timeout() const;
};

Buffer encode_function(const LambdaFunction& function);
LambdaFunction decode_function(Bytes bytes);

// Takes configuration members from a request's object; others are left alone. Errors:
// InvalidParameterValueException.
Result<void> configure(LambdaFunction& function, const json::Value& input);
// Takes the request's code (Code of CreateFunction, or UpdateFunctionCode itself): ZipFile, S3
// object or image.
Result<void> set_code(LambdaFunction& function, const json::Value& code);
// Defaults of members that CreateFunction was not given.
void set_defaults(LambdaFunction& function);

// How a configuration shows the function's state: the answer of the creating call, a look at it
// later, or a list's entry.
enum class ShownState : std::uint8_t { kCreating, kUpdating, kSettled, kNone };
std::string configuration_json(const LambdaFunction& function, ShownState state);

// 2024-05-06T07:08:09.123+0000
std::string last_modified_text(Instant instant);

}  // namespace tailrace::lambda
