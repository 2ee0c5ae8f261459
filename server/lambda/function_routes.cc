// The paths of FunctionApi's operations. (behaviour/triggers 6.1)
#include "server/lambda/function_api.h"
#include "server/lambda/lambda_api.h"

namespace tailrace::lambda {
namespace {

using Address = FunctionApi::Address;
using Reply = LambdaReply;

Address address_of(const LambdaCall& call) {
  return {.caller = call.request.caller,
          .name = call.parameters[0],
          .qualifier = call.request.query_value("Qualifier"),
          .source = call.request.source};
}

FunctionApi::Page page_of(const LambdaCall& call) {
  return {.marker = call.request.query_value("Marker"),
          .max_items = call.request.query_value("MaxItems")};
}

using Api = FunctionApi;
using Show = Result<std::string> (Api::*)(const Address&) const;
using Act = void (Api::*)(const Address&, const Reply&);
using Take = void (Api::*)(const Address&, json::Value&, const Reply&);

struct Routes {
  LambdaApi& api;
  Api& functions;

  void show(std::string_view path, Show operation) {
    api.add("GET", path, 200,
            [&f = functions, operation](const LambdaCall& call, json::Value&, const Reply& reply) {
              reply((f.*operation)(address_of(call)));
            });
  }
  void act(std::string_view method, std::string_view path, int status, Act operation) {
    api.add(method, path, status,
            [&f = functions, operation](const LambdaCall& call, json::Value&, const Reply& reply) {
              (f.*operation)(address_of(call), reply);
            });
  }
  void take(std::string_view method, std::string_view path, int status, Take operation) {
    api.add(method, path, status,
            [&f = functions, operation](const LambdaCall& call, json::Value& input,
                                        const Reply& reply) {
              (f.*operation)(address_of(call), input, reply);
            });
  }
};

void add_collections(LambdaApi& api, FunctionApi& functions) {
  api.add("POST", "2015-03-31/functions", 201,
          [&functions](const LambdaCall& call, json::Value& input, const Reply& reply) {
            functions.create(call.request.caller, input, call.request.source, reply);
          });
  api.add("GET", "2015-03-31/functions", 200,
          [&functions](const LambdaCall& call, json::Value&, const Reply& reply) {
            reply(functions.list(call.request.caller, call.request.query_value("FunctionVersion"),
                                 page_of(call)));
          });
  api.add("GET", "2015-03-31/functions/*/versions", 200,
          [&functions](const LambdaCall& call, json::Value&, const Reply& reply) {
            reply(functions.list_versions(address_of(call), page_of(call)));
          });
  api.add("GET", "2015-03-31/functions/*/aliases", 200,
          [&functions](const LambdaCall& call, json::Value&, const Reply& reply) {
            reply(functions.list_aliases(
                address_of(call), call.request.query_value("FunctionVersion"), page_of(call)));
          });
  api.add("GET", "2019-09-25/functions/*/event-invoke-config/list", 200,
          [&functions](const LambdaCall& call, json::Value&, const Reply& reply) {
            reply(functions.list_event_invoke_configs(address_of(call), page_of(call)));
          });
  api.add("GET", "2016-08-19/account-settings", 200,
          [&functions](const LambdaCall& call, json::Value&, const Reply& reply) {
            reply(functions.account_settings(call.request.caller));
          });
}

void add_parts_of_functions(LambdaApi& api, FunctionApi& functions) {
  constexpr std::string_view kAlias = "2015-03-31/functions/*/aliases/*";
  api.add("GET", kAlias, 200,
          [&functions](const LambdaCall& call, json::Value&, const Reply& reply) {
            reply(functions.get_alias(address_of(call), call.parameters[1]));
          });
  api.add("PUT", kAlias, 200,
          [&functions](const LambdaCall& call, json::Value& input, const Reply& reply) {
            functions.update_alias(address_of(call), call.parameters[1], input, reply);
          });
  api.add("DELETE", kAlias, 204,
          [&functions](const LambdaCall& call, json::Value&, const Reply& reply) {
            functions.delete_alias(address_of(call), call.parameters[1], reply);
          });
  api.add("DELETE", "2015-03-31/functions/*/policy/*", 204,
          [&functions](const LambdaCall& call, json::Value&, const Reply& reply) {
            functions.remove_permission(address_of(call), call.parameters[1], reply);
          });
}

}  // namespace

void add_function_routes(LambdaApi& api, FunctionApi& functions) {
  add_collections(api, functions);
  add_parts_of_functions(api, functions);
  Routes routes{.api = api, .functions = functions};
  routes.show("2015-03-31/functions/*", &Api::get);
  routes.show("2015-03-31/functions/*/configuration", &Api::get_configuration);
  routes.show("2015-03-31/functions/*/policy", &Api::get_policy);
  routes.show("2019-09-30/functions/*/concurrency", &Api::get_concurrency);
  routes.act("DELETE", "2015-03-31/functions/*", 204, &Api::remove);
  routes.act("DELETE", "2017-10-31/functions/*/concurrency", 204, &Api::delete_concurrency);
  routes.take("PUT", "2015-03-31/functions/*/code", 200, &Api::update_code);
  routes.take("PUT", "2015-03-31/functions/*/configuration", 200, &Api::update_configuration);
  routes.take("POST", "2015-03-31/functions/*/versions", 201, &Api::publish_version);
  routes.take("POST", "2015-03-31/functions/*/aliases", 201, &Api::create_alias);
  routes.take("POST", "2015-03-31/functions/*/policy", 201, &Api::add_permission);
  routes.take("PUT", "2017-10-31/functions/*/concurrency", 200, &Api::put_concurrency);
  constexpr std::string_view kEventInvokeConfig = "2019-09-25/functions/*/event-invoke-config";
  routes.show(kEventInvokeConfig, &Api::get_event_invoke_config);
  routes.take("PUT", kEventInvokeConfig, 200, &Api::put_event_invoke_config);
  routes.take("POST", kEventInvokeConfig, 200, &Api::update_event_invoke_config);
  routes.act("DELETE", kEventInvokeConfig, 204, &Api::delete_event_invoke_config);
}

}  // namespace tailrace::lambda
