#include "tests/simulation/server.h"

#include "server/app.h"

namespace tailrace::simulation {
namespace {

constexpr std::uint16_t kPort = 8000;
// Signatures are not checked, but have to be there.
constexpr std::string_view kAuthorization =
    "AWS4-HMAC-SHA256 Credential=test/20260203/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=0";

}  // namespace

Server::End Server::run(const Options& options, const Task& live) {
  // What the last life has left undone is gone with it.
  disk_->dead = false;
  SimulatedRuntime runtime({.machine = parts_.machine,
                            .chance = parts_.chance,
                            .network = parts_.network,
                            .life = live});
  runtime_ = &runtime;
  disk_->meanwhile = [&runtime] { runtime.meanwhile(); };
  End end = End::kAsItShould;
  try {
    App app(options, runtime, std::make_unique<DiskEngine>(disk_));
    app.run([](const std::string&) {});
  } catch (const EngineError&) {
    end = End::kNotStarted;
  }
  disk_->meanwhile = nullptr;
  while (!calls_.empty()) {
    const std::shared_ptr<Call> call = calls_.front();  // Kept while it leaves the list.
    finish(call, {.fate = Fate::kReset});
  }
  // Handlers' answers that are under way know the runtime no more.
  runtime_ = nullptr;
  // A cycle of owners keeps them alive beyond what they live in.
  return runtime.listener_count() > 0 ? End::kListenersLeft : end;
}

void Server::send(ClientRequest request, Done done) {
  auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->done = std::move(done);
  calls_.push_back(call);
  const Millis delay(parts_.chance.percent(80) ? 0 : parts_.chance.from(1, 20));
  runtime_->later(SimulatedRuntime::Thread::kRequests, delay, [this, call] { arrive(call); });
}

void Server::arrive(const std::shared_ptr<Call>& call) {
  http::Handler* handler = runtime_->listener(kPort);
  if (handler == nullptr || killed()) return finish(call, {.fate = Fate::kRefused});
  const ClientRequest& request = call->request;
  http::Request& http = call->http;
  http.method = request.method;
  http.target = request.path;
  http.body = request.body;
  http.from_loopback = true;
  http.local_endpoint = "localhost:8000";
  http.headers = {{.name = "Host", .value = "localhost:8000"},
                  {.name = "Content-Type", .value = "application/x-amz-json-1.0"},
                  {.name = "X-Amz-Date", .value = "20260203T040506Z"},
                  {.name = "Authorization", .value = kAuthorization}};
  if (!request.target.empty())
    http.headers.push_back({.name = "X-Amz-Target", .value = request.target});
  runtime_->request_began();
  // The answer is on its way from the moment on at which the product gives it.
  handler->handle(http, http::Respond([this, call](http::Response response) {
                    runtime_->request_ended();
                    if (killed()) return;  // It does not get out.
                    runtime_->later(
                        SimulatedRuntime::Thread::kNone, Millis(0),
                        [this, call,
                         reply = Reply{.status = response.status,
                                       .body = std::move(response.body)}] { finish(call, reply); });
                  }));
}

void Server::finish(const std::shared_ptr<Call>& call, const Reply& reply) {
  calls_.remove(call);
  const Done done = std::exchange(call->done, nullptr);
  if (done) done(reply);
}

}  // namespace tailrace::simulation
