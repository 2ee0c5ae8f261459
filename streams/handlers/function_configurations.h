// FunctionConfigurations: what Lambda's API has said of functions (CreateFunction and the like), as
// FunctionRegistry and the runtimes need it. server/lambda implements it. Home thread only, unless a
// call says otherwise.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"
#include "storage/schema/table_schema.h"

namespace tailrace {

enum class FunctionPresence : std::uint8_t {
  kUnknown,  // Never created: there if it is bound.
  kThere,
  kDeleted,  // By DeleteFunction: not there, though it may be bound.
};

// Absent and empty: nothing was said, the binding's or the product's defaults hold.
struct FunctionSettings {
  std::optional<Millis> timeout;
  std::map<std::string, std::string> environment;
  std::string handler;
  std::string runtime;
  std::optional<int> memory_mb;
  bool operator==(const FunctionSettings&) const = default;
};

class FunctionConfigurations {
 public:
  virtual ~FunctionConfigurations() = default;
  virtual FunctionPresence presence(const Owner& owner, std::string_view name) const = 0;
  // Most invocations at a time; nullopt: not reserved.
  virtual std::optional<int> reserved_concurrency(const Owner& owner,
                                                  std::string_view name) const = 0;
  virtual FunctionSettings settings(const Owner& owner, std::string_view name) const = 0;
  // What an invocation of the qualifier runs: "$LATEST" or a number. An alias that is routed to two
  // versions chooses anew at each call.
  virtual std::string version_to_run(const Owner& owner,
                                     std::string_view name,
                                     std::string_view qualifier) const = 0;
  // Within the job that binds a function: forgets that it was deleted. What is returned is to be run
  // on the home thread, once that is committed.
  virtual Task forget_deletion(Txn& txn, std::string_view name) = 0;
};

}  // namespace tailrace
