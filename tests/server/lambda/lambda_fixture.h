// Lambda's functions without sockets: requests by method and path, functions that answer as
// scripted.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/lambda/function_api.h"
#include "server/lambda/invoke_api.h"
#include "server/lambda/lambda_api.h"
#include "server/protocol/text.h"
#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/sqlite_engine.h"
#include "streams/handlers/http_endpoint.h"
#include "tests/storage/engine/faulty_engine.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace::lambda {

// Takes every invocation down; answers with what was scripted, or an empty success, or never.
class ScriptedEndpoint final : public HandlerEndpoint {
 public:
  struct Script {
    std::vector<Invocation> invocations;
    std::deque<InvokeOutcome> outcomes;  // Of the next invocations.
    bool silent = false;
    std::vector<Callback> unanswered;
  };
  ScriptedEndpoint(Script& script, Scheduler& scheduler) : script_(script), scheduler_(scheduler) {}

  std::shared_ptr<void> invoke(const Invocation& invocation, Callback callback) override {
    script_.invocations.push_back(invocation);
    if (script_.silent) {
      script_.unanswered.push_back(std::move(callback));
      return std::make_shared<int>();
    }
    InvokeOutcome outcome{.body = R"({"ok":true})"};
    if (!script_.outcomes.empty()) {
      outcome = std::move(script_.outcomes.front());
      script_.outcomes.pop_front();
    }
    scheduler_.post([callback = std::move(callback), outcome] { callback(outcome); });
    return std::make_shared<int>();
  }

 private:
  Script& script_;
  Scheduler& scheduler_;
};

// Delivers every message at once.
class RecordingDestinations final : public MessageDestinations {
 public:
  bool send(const DestinationMessage& message, std::function<void(bool)> done) override {
    messages.push_back(message);
    done(true);
    return true;
  }
  std::vector<DestinationMessage> messages;
};

struct RestAnswer {
  int status = 0;
  std::string body;
  http::Response response;
  std::string header(std::string_view name) const { return std::string(response.header(name)); }
};

// A ZIP file without entries, in base64.
inline constexpr std::string_view kEmptyZip = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==";

class LambdaTest : public ::testing::Test {
 protected:
  LambdaTest()
      : queue_(std::make_unique<FaultyEngine>(open_sqlite({}), faults_), {}) {
    start();
  }

  // Everything but the store anew, as at a restart.
  void start() {
    invoke_.reset();
    events_.reset();
    functions_.reset();
    catalog_.reset();
    registry_.reset();
    registry_ = std::make_unique<FunctionRegistry>(queue_, scheduler_, [this](const Binding&) {
      return make_endpoint();
    });
    catalog_ = std::make_unique<FunctionCatalog>(queue_, scheduler_, clock_, *registry_,
                                                 HttpSettings::kWithheld);
    functions_ = std::make_unique<FunctionApi>(*catalog_);
    events_ = std::make_unique<AsyncEvents>(*functions_, *registry_, destinations_, scheduler_,
                                            clock_);
    invoke_ = std::make_unique<InvokeApi>(*functions_, *registry_, *events_);
    queue_.run([this](Txn& txn) {
      catalog_->load(txn);
      registry_->load(txn);
    });
    api_ = std::make_unique<LambdaApi>();
    add_function_routes(*api_, *functions_);
    add_invoke_routes(*api_, *invoke_);
    add_tag_routes(*api_, {functions_.get()});
  }

  Result<std::unique_ptr<HandlerEndpoint>> make_endpoint() {
    if (!endpoint_refusal_.empty())
      return ApiError{.code = ErrorCode::kInvalidParameterValueException,
                      .message = endpoint_refusal_};
    return std::unique_ptr<HandlerEndpoint>(
        std::make_unique<ScriptedEndpoint>(script_, scheduler_));
  }

  using Headers = std::vector<http::Header>;

  // Without waiting for the answer; `answer` is filled when it comes.
  std::shared_ptr<std::optional<RestAnswer>> send(std::string_view method,
                                                  std::string_view target,
                                                  std::string body = {},
                                                  Headers headers = {}) {
    auto request = std::make_shared<http::Request>();
    request->method = method;
    request->headers = std::move(headers);
    request->body = std::move(body);
    auto answer = std::make_shared<std::optional<RestAnswer>>();
    const protocol::Target parts = protocol::split_target(target);
    api_->handle({.http = *request,
                  .path = protocol::path_segments(parts.path),
                  .query = protocol::query_parameters(parts.query),
                  .caller = owner_,
                  .raw = http::Respond([request](http::Response) {}),
                  .source = source_},
                 [answer](http::Response response) {
                   EXPECT_FALSE(answer->has_value()) << "answered twice";
                   *answer = RestAnswer{.status = response.status,
                                        .body = response.body,
                                        .response = std::move(response)};
                 });
    requests_.push_back(std::move(request));
    return answer;
  }

  RestAnswer call(std::string_view method,
                  std::string_view target,
                  std::string body = {},
                  Headers headers = {}) {
    const auto answer = send(method, target, std::move(body), std::move(headers));
    scheduler_.run_posted();
    EXPECT_TRUE(answer->has_value()) << "no answer: " << method << ' ' << target;
    return answer->value_or(RestAnswer{});
  }

  static std::string create_body(std::string_view name, std::string_view more = {}) {
    return str_cat(R"({"FunctionName":")", name,
                   R"(","Role":"arn:aws:iam::000000000000:role/any","Runtime":"nodejs22.x",)"
                   R"("Handler":"index.handler","Code":{"ZipFile":")",
                   kEmptyZip, "\"}", more, "}");
  }
  RestAnswer create(std::string_view name, std::string_view more = {}) {
    return call("POST", "/2015-03-31/functions", create_body(name, more));
  }
  void bind(std::string name) {
    ASSERT_TRUE(registry_->bind(binding(std::move(name))));
  }

  static Binding binding(std::string name) {
    return {.name = std::move(name), .target = {TargetKind::kHttp, "http://localhost/"}};
  }

  ManualClock clock_;
  ManualScheduler scheduler_{clock_};
  std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
  EngineQueue queue_;
  ScriptedEndpoint::Script script_;
  protocol::RequestSource source_ = protocol::RequestSource::kHttp;  // Of the next requests.
  std::string endpoint_refusal_;  // Of every endpoint from now on; empty: none.
  Owner owner_{.account = "000000000000", .region = "us-east-1"};
  std::vector<std::shared_ptr<http::Request>> requests_;
  std::unique_ptr<FunctionRegistry> registry_;
  std::unique_ptr<FunctionCatalog> catalog_;
  std::unique_ptr<FunctionApi> functions_;
  RecordingDestinations destinations_;
  std::unique_ptr<AsyncEvents> events_;
  std::unique_ptr<InvokeApi> invoke_;
  std::unique_ptr<LambdaApi> api_;
};

}  // namespace tailrace::lambda
