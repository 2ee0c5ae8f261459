// FunctionApi: Lambda's operations on functions, over the same registry as --function and the
// control API. A function that is only bound shows with Lambda's defaults. Home thread, but for
// load(). (spec lambda 6)
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "server/api/json.h"
#include "server/lambda/lambda_api.h"
#include "server/lambda/lambda_function.h"
#include "server/lambda/tag_routes.h"
#include "storage/engine/engine_queue.h"
#include "streams/handlers/function_registry.h"

namespace tailrace::lambda {

class FunctionApi final : public TaggedResources {
 public:
  // Becomes the registry's source of functions, timeouts and reserved concurrency. All must outlive
  // this.
  FunctionApi(EngineQueue& queue,
              Scheduler& scheduler,
              const Clock& clock,
              FunctionRegistry& registry);

  void load(Txn& txn);
  // Below /2015-03-31/functions and the later dates of single operations.
  void add_routes(LambdaApi& api);

  Result<std::string> create(const Owner& caller, const json::Value& input);
  Result<std::string> get(const Owner& caller, std::string_view name) const;
  Result<std::string> get_configuration(const Owner& caller, std::string_view name) const;
  struct ListInput {
    const std::string* marker = nullptr;
    const std::string* max_items = nullptr;
  };
  Result<std::string> list(const Owner& caller, const ListInput& input) const;
  Result<std::string> update_code(const Owner& caller,
                                  std::string_view name,
                                  const json::Value& input);
  Result<std::string> update_configuration(const Owner& caller,
                                           std::string_view name,
                                           const json::Value& input);
  Result<std::string> remove(const Owner& caller, std::string_view name);
  Result<std::string> put_concurrency(const Owner& caller,
                                      std::string_view name,
                                      const json::Value& input);
  Result<std::string> get_concurrency(const Owner& caller, std::string_view name) const;
  Result<std::string> delete_concurrency(const Owner& caller, std::string_view name);

  // --- TaggedResources
  bool owns(std::string_view arn) const override;
  void tag(const Owner& caller,
           const std::string& arn,
           const TagMap& tags,
           const TagReply& reply) override;
  void untag(const Owner& caller,
             const std::string& arn,
             const std::vector<std::string>& keys,
             const TagReply& reply) override;
  Result<TagMap> tags(const Owner& caller, const std::string& arn) const override;

 private:
  using Key = std::pair<Owner, std::string>;

  // A function as configured, or as bound; `Function not found: <arn>`.
  Result<LambdaFunction> require(const Owner& caller, std::string_view name) const;
  const LambdaFunction* find(const Owner& owner, std::string_view name) const;
  void store(LambdaFunction function);
  Result<std::string> answer_update(LambdaFunction function);

  EngineQueue& queue_;
  Scheduler& scheduler_;
  const Clock& clock_;
  FunctionRegistry& registry_;
  std::map<Key, LambdaFunction> functions_;
};

}  // namespace tailrace::lambda
