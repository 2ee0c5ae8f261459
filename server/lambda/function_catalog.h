// FunctionCatalog: the functions of Lambda's API, in memory and in the store. A function that is
// only bound (--function) is there with defaults until it is created or changed. Home thread only,
// but for load().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/lambda/stored_function.h"
#include "storage/engine/engine_queue.h"
#include "streams/handlers/function_registry.h"

namespace tailrace::lambda {

class FunctionCatalog final : public FunctionConfigurations {
 public:
  using Pointer = std::shared_ptr<const StoredFunction>;
  using Done = std::function<void(Result<void>)>;

  // Becomes the registry's configurations; all must outlive this.
  FunctionCatalog(EngineQueue& queue,
                  Scheduler& scheduler,
                  const Clock& clock,
                  FunctionRegistry& registry);

  // Before the threads run.
  void load(Txn& txn);

  Pointer find(const Owner& owner, std::string_view name) const;  // nullptr: no such function.
  std::vector<Pointer> list(const Owner& owner) const;            // In order of names.
  // Written and, on the home thread, answered once it is committed. Visible at once.
  void put(StoredFunction function, Done done);
  void remove(const Owner& owner, const std::string& name, Done done);

  // --- FunctionConfigurations
  FunctionPresence presence(const Owner& owner, std::string_view name) const override;
  std::optional<int> reserved_concurrency(const Owner& owner, std::string_view name) const override;
  FunctionSettings settings(const Owner& owner, std::string_view name) const override;
  std::string version_to_run(const Owner& owner,
                             std::string_view name,
                             std::string_view qualifier) const override;
  // Processes belong to no owner: `preferred`'s function of that name, else anybody's.
  FunctionSettings process_settings(const Owner& preferred, std::string_view name) const;

  const Clock& clock() const { return clock_; }

 private:
  using Key = std::pair<Owner, std::string>;
  Pointer stored(const Owner& owner, std::string_view name) const;  // Deleted ones too.
  Pointer only_bound(const Owner& owner, const Binding& binding) const;
  void write(const Key& key, Pointer function, Done done);

  EngineQueue& queue_;
  Scheduler& scheduler_;
  const Clock& clock_;
  FunctionRegistry& registry_;
  const Instant started_;
  std::map<Key, Pointer> functions_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// 2024-05-06T07:08:09.123+0000
std::string last_modified_text(Instant instant);

}  // namespace tailrace::lambda
