// FunctionApi: the operations of Lambda's API on functions, versions, aliases, permissions,
// concurrency and tags. (behaviour/triggers 6.1-6.3) Transitions are immediate: the answer of a
// change shows it under way, the next look shows it done. Home thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/lambda/event_invoke_settings.h"
#include "server/lambda/function_catalog.h"
#include "server/lambda/function_name.h"
#include "server/lambda/tag_routes.h"
#include "server/protocol/services.h"
#include "storage/base/result.h"

namespace tailrace::lambda {

class LambdaApi;

// A function of the caller's, and what the qualifier stands for.
struct FoundFunction {
  FunctionCatalog::Pointer function;
  std::string qualifier;  // As given; empty: unqualified.
  std::string version;    // "$LATEST" or a number.
  const Members& configuration() const;
};

class FunctionApi final : public TaggedResources {
 public:
  explicit FunctionApi(FunctionCatalog& catalog) : catalog_(catalog) {}

  using Reply = std::function<void(Result<std::string>)>;
  // What names a function in a request: the path's part, and the query's Qualifier.
  struct Address {
    const Owner& caller;
    std::string_view name;
    const std::string* qualifier = nullptr;
    protocol::RequestSource source = protocol::RequestSource::kHttp;
  };
  struct Page {
    const std::string* marker = nullptr;
    const std::string* max_items = nullptr;
  };

  // Whose function the address means, without looking whether it is there.
  static Result<FunctionName> resolve(const Address& address);
  // Errors: 404 `Function not found: <arn>`, the qualifier being part of the ARN.
  Result<FoundFunction> require(const Address& address) const;
  // As require(), but an unqualified function is looked for as $LATEST: Invoke's way.
  Result<FoundFunction> require_to_invoke(const Address& address) const;

  void create(const Owner& caller,
              json::Value& input,
              protocol::RequestSource source,
              const Reply& reply);
  Result<std::string> get(const Address& address) const;
  Result<std::string> get_configuration(const Address& address) const;
  Result<std::string> list(const Owner& caller, const std::string* version, Page page) const;
  void update_code(const Address& address, json::Value& input, const Reply& reply);
  void update_configuration(const Address& address, json::Value& input, const Reply& reply);
  void remove(const Address& address, const Reply& reply);

  void publish_version(const Address& address, json::Value& input, const Reply& reply);
  Result<std::string> list_versions(const Address& address, Page page) const;

  void create_alias(const Address& address, json::Value& input, const Reply& reply);
  Result<std::string> get_alias(const Address& address, const std::string& alias) const;
  void update_alias(const Address& address,
                    const std::string& alias,
                    json::Value& input,
                    const Reply& reply);
  void delete_alias(const Address& address, const std::string& alias, const Reply& reply);
  Result<std::string> list_aliases(const Address& address,
                                   const std::string* version,
                                   Page page) const;

  void add_permission(const Address& address, json::Value& input, const Reply& reply);
  Result<std::string> get_policy(const Address& address) const;
  void remove_permission(const Address& address, const std::string& sid, const Reply& reply);

  void put_concurrency(const Address& address, json::Value& input, const Reply& reply);
  Result<std::string> get_concurrency(const Address& address) const;
  void delete_concurrency(const Address& address, const Reply& reply);

  // --- Asynchronous invocation, in event_invoke_config.cc
  void put_event_invoke_config(const Address& address, json::Value& input, const Reply& reply);
  void update_event_invoke_config(const Address& address, json::Value& input, const Reply& reply);
  Result<std::string> get_event_invoke_config(const Address& address) const;
  void delete_event_invoke_config(const Address& address, const Reply& reply);
  Result<std::string> list_event_invoke_configs(const Address& address, Page page) const;
  // What holds for events of the qualifier, defaults included.
  EventInvokeSettings event_invoke_settings(const Owner& owner,
                                            std::string_view name,
                                            std::string_view qualifier) const;

  std::string account_settings(const Owner& caller) const;

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
  // Runs in the catalog's job: see FunctionCatalog::Change.
  using Change = std::function<Result<std::string>(StoredFunction& function)>;
  // Replies with what the change returned, once it is stored.
  void change(const Address& address, const Reply& reply, Change apply);
  // The request's body, for as long as a change needs it.
  using Input = std::shared_ptr<const rapidjson::Document>;
  static Input keep(const json::Value& input);
  Result<FoundFunction> find(const FunctionName& name) const;
  Instant now() const { return catalog_.clock().now(); }

  FunctionCatalog& catalog_;
};

// Everything below /…/functions but Invoke.
void add_function_routes(LambdaApi& api, FunctionApi& functions);

}  // namespace tailrace::lambda
