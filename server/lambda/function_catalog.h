// FunctionCatalog: the functions of Lambda's API. Their home is the store: whoever changes one
// reads, changes and puts its row inside one job; what is kept in memory follows the commits, for
// those who only look. A function that is only bound (--function) is there with defaults until it
// is created or changed. Home thread only, but for load().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/lambda/stored_function.h"
#include "storage/base/result.h"
#include "storage/engine/engine_queue.h"
#include "streams/handlers/function_registry.h"

namespace tailrace::lambda {

// Variables and handler names that came over HTTP can make a process run anything: --allow-exec.
enum class HttpSettings : std::uint8_t { kWithheld, kPassed };

class FunctionCatalog final : public FunctionConfigurations {
 public:
  using Pointer = std::shared_ptr<const StoredFunction>;
  using Done = std::function<void(Result<std::string>)>;

  // Becomes the registry's configurations; all must outlive this.
  FunctionCatalog(EngineQueue& queue,
                  Scheduler& scheduler,
                  const Clock& clock,
                  FunctionRegistry& registry,
                  HttpSettings http_settings);

  // Before the threads run.
  void load(Txn& txn);

  Pointer find(const Owner& owner, std::string_view name) const;  // nullptr: no such function.
  std::vector<Pointer> list(const Owner& owner) const;            // In order of names.

  // What a change makes of a function, and answers. Runs in the job: perhaps twice, on any thread,
  // so what it uses is its own. nullptr: there is no such function.
  using Change = std::function<Result<std::string>(StoredFunction* function)>;
  // All three: answered on the home thread once it is committed, and visible from then on. Nothing
  // is changed if the answer is an error: the change's own, or ServiceException if it could not be
  // stored.
  void change(const Owner& owner, const std::string& name, Change change, Done done);
  // Errors: ResourceConflictException if it is there, other than by being bound.
  void create(StoredFunction function, std::string answer, Done done);
  // `missing`: the error, if there is no such function.
  void remove(const Owner& owner, const std::string& name, ApiError missing, Done done);

  // --- FunctionConfigurations
  FunctionPresence presence(const Owner& owner, std::string_view name) const override;
  std::optional<int> reserved_concurrency(const Owner& owner, std::string_view name) const override;
  FunctionSettings settings(const Owner& owner, std::string_view name) const override;
  std::string version_to_run(const Owner& owner,
                             std::string_view name,
                             std::string_view qualifier) const override;
  Task forget_deletion(Txn& txn, std::string_view name) override;

  // What a process is given. Processes belong to no owner: `preferred`'s function of that name,
  // else anybody's. Logs what it withholds.
  FunctionSettings process_settings(const Owner& preferred, std::string_view name) const;

  const Clock& clock() const { return clock_; }

 private:
  using Key = std::pair<Owner, std::string>;
  struct Outcome;
  // What is to stand in the row instead of what stands there; nullptr: no row, both ways.
  using Decide = std::function<Result<Pointer>(const Pointer& stored, std::string& answer)>;

  Pointer stored(const Owner& owner, std::string_view name) const;      // Deleted ones too.
  Pointer only_bound(const Owner& owner, std::string_view name) const;  // nullptr: not bound.
  void submit(const Key& key, Decide decide, Done done);
  void keep(const Key& key, const Pointer& function);

  EngineQueue& queue_;
  Scheduler& scheduler_;
  const Clock& clock_;
  FunctionRegistry& registry_;
  const HttpSettings http_settings_;
  const Instant started_;
  std::map<Key, Pointer> functions_;  // As committed.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// 2024-05-06T07:08:09.123+0000
std::string last_modified_text(Instant instant);

}  // namespace tailrace::lambda
