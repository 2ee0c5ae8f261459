// Binding: where a function runs. Names are bound for every account and region, since a handler on
// a laptop has neither. Bindings come from the command line, the triggers file and the control API.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "storage/base/bytes.h"
#include "storage/base/clock.h"
#include "storage/base/result.h"

namespace tailrace {

enum class TargetKind : std::uint8_t {
  kHttp,     // The event is POSTed to a URL.
  kInvoke,   // A Lambda Invoke endpoint: a URL that ends in
             // /2015-03-31/functions/<name>/invocations.
  kExec,     // A local process under the Runtime API: exec:<command>.
  kRuntime,  // The Runtime API alone: runtime:<port>; the user starts the process by hand.
};

struct Target {
  TargetKind kind = TargetKind::kHttp;
  std::string text;  // URL, command, or port.
  bool operator==(const Target&) const = default;
};

// Errors: InvalidParameterValueException that says which forms there are.
Result<Target> parse_target(std::string_view text);
std::string target_text(const Target& target);  // The form that parse_target reads.

// Kinder to debugging than Lambda's 3 s. (behaviour/triggers 10.4)
inline constexpr Millis kDefaultTimeout{30'000};

struct Binding {
  std::string name;  // Bare function name.
  Target target;
  // Of one invocation, real time; 0: none, for debuggers; absent: the function's own Timeout if one
  // was given to Lambda's API, else kDefaultTimeout.
  std::optional<Millis> timeout;
  // Of processes (kExec); these stand over the function's own Environment.
  std::map<std::string, std::string> environment;
  int concurrency = 0;  // Invocations at a time; 0: no limit (kExec: one process).
  bool persistent =
      false;  // Kept in the store: made over the control API, not by the command line.
};

// Stored form and the control API's form:
// {"Target":…,"TimeoutSeconds":…,"Environment":{…},"Concurrency":…}
std::string binding_json(const Binding& binding);
// Errors: InvalidParameterValueException naming the member.
Result<Binding> parse_binding(std::string_view name, std::string_view json);

}  // namespace tailrace
