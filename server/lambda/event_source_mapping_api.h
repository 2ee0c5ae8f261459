// Event source mapping operations of Lambda's API, independent of HTTP: they take the request's
// JSON and give the answer's, checking in AWS's order. Home thread. (behaviour/triggers 2)
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/json.h"
#include "server/lambda/mapping_input.h"
#include "server/lambda/tag_routes.h"
#include "storage/base/result.h"
#include "streams/triggers/trigger_dispatcher.h"

namespace tailrace::lambda {

class LambdaApi;

class EventSourceMappingApi final : public TaggedResources {
 public:
  using Reply = std::function<void(Result<std::string>)>;

  // Both must outlive this.
  EventSourceMappingApi(triggers::TriggerDispatcher& dispatcher, const Functions& functions)
      : dispatcher_(dispatcher), functions_(functions) {}

  // `input` is the request's object; create() may change it.
  void create(const Owner& caller, json::Value& input, const Reply& reply);
  void update(const Owner& caller,
              const std::string& uuid,
              const json::Value& input,
              const Reply& reply);
  void remove(const Owner& caller, const std::string& uuid, const Reply& reply);
  Result<std::string> get(const Owner& caller, const std::string& uuid) const;

  struct ListInput {
    const std::string* event_source_arn = nullptr;
    const std::string* function_name = nullptr;
    const std::string* marker = nullptr;
    const std::string* max_items = nullptr;
  };
  Result<std::string> list(const Owner& caller, const ListInput& input) const;

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
  MappingRules rules() const;
  Result<triggers::MappingView> find_by_arn(const Owner& caller, std::string_view arn) const;

  triggers::TriggerDispatcher& dispatcher_;
  const Functions& functions_;
};

// The configuration as every operation returns it. (behaviour/triggers 2.3)
std::string configuration_json(const triggers::MappingView& view);

// POST, GET, PUT and DELETE below /2015-03-31/event-source-mappings.
void add_event_source_mapping_routes(LambdaApi& api, EventSourceMappingApi& mappings);

}  // namespace tailrace::lambda
