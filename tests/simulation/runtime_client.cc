#include "tests/simulation/runtime_client.h"

#include "storage/base/str_cat.h"

namespace tailrace::simulation {
namespace {

using Thread = SimulatedRuntime::Thread;

constexpr std::string_view kInvocation = "/2018-06-01/runtime/invocation/";
constexpr Millis kAskAgain{1000};

}  // namespace

struct RuntimeClient::Request {
  std::string path;
  http::Request http;
  std::function<void(http::Response)> done;
};

void RuntimeClient::send(const std::shared_ptr<Request>& request) {
  request->http.target = request->path;
  request->http.from_loopback = true;
  request->http.headers = {{.name = "Host", .value = "127.0.0.1"}};
  if (http::Handler* handler = runtime_.listener(port_))
    return handler->handle(request->http, http::Respond([request](http::Response response) {
                             request->done(std::move(response));
                           }));
  request->done({.status = 0});
}

void RuntimeClient::ask_later(Millis delay) {
  runtime_.later(Thread::kHome, delay, [weak = weak_from_this()] {
    if (const auto client = weak.lock()) client->ask();
  });
}

void RuntimeClient::ask() {
  auto request = std::make_shared<Request>();
  request->path = str_cat(kInvocation, "next");
  request->http.method = "GET";
  request->done = [weak = weak_from_this()](const http::Response& event) {
    if (const auto client = weak.lock()) client->take(event);
  };
  send(request);
}

void RuntimeClient::take(const http::Response& event) {
  if (event.status != 200) return ask_later(kAskAgain);  // Nobody listens there yet, or any more.
  const std::string id(event.header("Lambda-Runtime-Aws-Request-Id"));
  auto open = std::make_shared<bool>(true);
  Outgoing work;
  work.request.body = event.body;
  work.request.timeout = Millis(0);
  work.answer = [weak = weak_from_this(), id, open](const OutgoingResponse& result) {
    const auto client = weak.lock();
    if (!client || !*open) return false;
    *open = false;
    return client->finish(id, result);
  };
  work.wanted = [weak = weak_from_this(), open] { return *open && !weak.expired(); };
  runtime_.later(Thread::kHome, Millis(0), [weak = weak_from_this(), work = std::move(work)] {
    if (const auto client = weak.lock()) client->work_(work);
  });
}

// True: the result was taken.
bool RuntimeClient::finish(const std::string& request_id, const OutgoingResponse& result) {
  auto request = std::make_shared<Request>();
  request->path = str_cat(kInvocation, request_id, result.status == 200 ? "/response" : "/error");
  request->http.method = "POST";
  request->http.body = result.body;
  const auto taken = std::make_shared<bool>(false);
  request->done = [taken](const http::Response& response) { *taken = response.status == 202; };
  send(request);
  ask_later(Millis(0));
  return *taken;
}

}  // namespace tailrace::simulation
