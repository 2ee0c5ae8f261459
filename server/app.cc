#include "server/app.h"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "server/call/pipeline.h"
#include "server/control/binding_routes.h"
#include "server/control/clock_routes.h"
#include "server/control/control_api.h"
#include "server/control/health_routes.h"
#include "server/control/mapping_routes.h"
#include "server/control/stream_routes.h"
#include "server/control/throttle.h"
#include "server/declarations.h"
#include "server/lambda/event_source_mapping_api.h"
#include "server/lambda/function_api.h"
#include "server/lambda/invoke_api.h"
#include "server/lambda/lambda_api.h"
#include "server/lambda/runtime_endpoint.h"
#include "server/lambda/tag_routes.h"
#include "server/ops/operations.h"
#include "server/protocol/answers.h"
#include "server/protocol/gateway.h"
#include "server/service_caller.h"
#include "storage/base/log.h"
#include "storage/base/str_cat.h"
#include "streams/handlers/destinations.h"
#include "streams/handlers/function_registry.h"
#include "streams/handlers/http_endpoint.h"
#include "streams/log/store.h"
#include "streams/triggers/trigger_dispatcher.h"

namespace tailrace {
namespace {

constexpr std::chrono::milliseconds kStopGrace{5'000};
// Between slices of work that could wait, each of about half a millisecond: a third of a core.
constexpr std::chrono::milliseconds kSlicePause{1};

protocol::GatewayOptions gateway_options(const Options& options) {
  using namespace protocol;  // NOLINT: enumerators of one room
  return {.default_region = options.region,
          .owners = options.shared_db ? OwnerPolicy::kShared : OwnerPolicy::kByCredentials,
          .signatures =
              options.verify_signatures ? SignaturePolicy::kVerify : SignaturePolicy::kAcceptAll,
          .secret_keys = {options.access_keys.begin(), options.access_keys.end()},
          .control = options.control_access,
          .pages = options.pages};
}

StoreOptions store_options(const Options& options) {
  return {.queue = {.drain_thread = options.store.durability == Durability::kPowerLoss},
          .streams = options.streams,
          .background = {.ttl_interval = options.world.ttl_interval}};
}

ApiError without_memory() {
  return {.code = ErrorCode::kInternalServerError,
          .message =
              "The server has taken all memory that it may for large requests: repeat this "
              "one later, or start the server with a larger --max-memory",
          .extra_members = {}};
}

std::string url_of(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return str_cat("http://", v6 ? "[" : "", host, v6 ? "]" : "", ":", port);
}

// What keeps the product from starting becomes main's one line.
void require(Result<void> result) {
  if (!result) throw std::runtime_error(result.error().message);
}
template <class T>
T require(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

}  // namespace

// Members are made in this order and go in the reverse one.
struct App::Parts {
  Parts(const Options& given, http::Runtime& run_on, std::unique_ptr<StorageEngine> engine);

  Result<std::unique_ptr<HandlerEndpoint>> make_endpoint(const Binding& binding);
  void load();
  void bind_from_options();
  void read_declarations();
  void apply_declarations();
  void add_routes();
  AfterPause after_pause();
  void listen();
  void stop();

  const Options options;
  http::Runtime& runtime;
  MachineClock machine_clock;  // Dates signatures, whatever is done with the product's.
  Store store;
  ops::World world;
  ops::Pipeline pipeline;
  std::unique_ptr<HttpClient> http_client;
  lambda::ProcessHost processes;  // Waits for those that functions leave to it.
  FunctionRegistry functions;
  lambda::FunctionCatalog function_catalog;  // Outlives all that hold invocations.
  Destinations destinations;
  triggers::TriggerDispatcher dispatcher;
  lambda::LambdaApi lambda;
  lambda::EventSourceMappingApi mappings;
  lambda::FunctionApi function_api;
  lambda::AsyncEvents async_events;
  lambda::InvokeApi invoke_api;
  control::RuntimeTime time;
  control::ClockCommands clock_commands;
  control::ControlApi control;
  control::Throttle throttle;
  ServiceCaller services;
  Declarations declarations;
  protocol::Gateway gateway;
  std::unique_ptr<http::Listener> listener;
  Listening on_listening;
  std::string failure;  // Why what was asked for could not be; empty: it could.
};

App::Parts::Parts(const Options& given,
                  http::Runtime& run_on,
                  std::unique_ptr<StorageEngine> engine)
    : options(given),
      runtime(run_on),
      store(std::move(engine), runtime.clock(), runtime, store_options(given)),
      world(given.world, store),
      pipeline(world, ops::find_operation),
      http_client(runtime.make_http_client()),
      processes(runtime),
      functions(
          store.queue, runtime, [this](const Binding& binding) { return make_endpoint(binding); }),
      function_catalog(store.queue,
                       runtime,
                       runtime.clock(),
                       functions,
                       given.allow_exec ? lambda::HttpSettings::kPassed
                                        : lambda::HttpSettings::kWithheld),
      destinations(store.queue, runtime, *http_client),
      dispatcher({.options = {.poll_interval = given.poll_interval},
                  .clock = runtime.clock(),
                  .scheduler = runtime,
                  .queue = store.queue,
                  .log = store.stream_log,
                  .functions = functions,
                  .destinations = destinations}),
      mappings(dispatcher, functions),
      function_api(function_catalog),
      async_events(
          function_api, functions, destinations, runtime, runtime.clock(), options.messages.get()),
      invoke_api(function_api, functions, async_events),
      time(runtime),
      clock_commands(time, [this](auto done) { store.settle(std::move(done)); }),
      throttle(pipeline),
      services(pipeline, lambda, runtime, {.account = "000000000000", .region = given.region}),
      declarations({.services = services,
                    .functions = functions,
                    .destinations = destinations,
                    .stream_log = store.stream_log,
                    .scheduler = runtime}),
      gateway(gateway_options(given),
              {.json = throttle,
               .lambda = lambda,
               .control = control,
               .scheduler = runtime,
               .machine_clock = machine_clock,
               .memory = options.messages.get()}) {}

Result<std::unique_ptr<HandlerEndpoint>> App::Parts::make_endpoint(const Binding& binding) {
  switch (binding.target.kind) {
    case TargetKind::kHttp:
    case TargetKind::kInvoke:
      return std::unique_ptr<HandlerEndpoint>(
          std::make_unique<HttpEndpoint>(*http_client, binding.target));
    case TargetKind::kExec:
    case TargetKind::kRuntime: {
      if (binding.target.kind == TargetKind::kExec && binding.persistent && !options.allow_exec)
        return ApiError{
            .code = ErrorCode::kAccessDeniedException,
            .message = "exec: targets that were bound over HTTP run with --allow-exec only"};
      lambda::RuntimeOptions runtime_options{.region = options.region};
      runtime_options.settings = [this](const std::string& name) {
        return function_catalog.process_settings(services.owner(), name);
      };
      runtime_options.own_endpoint = [this] {
        return url_of("127.0.0.1", listener ? listener->port() : options.port);
      };
      return lambda::RuntimeEndpoint::make(runtime, processes, binding,
                                           std::move(runtime_options));
    }
  }
  CHECK(false);
}

void App::Parts::load() {
  store.queue.run([this](Txn& txn) {
    function_catalog.load(txn);  // First: processes start with their functions' settings.
    functions.load(txn);
    destinations.load(txn);
    dispatcher.load(txn);
  });
}

void App::Parts::bind_from_options() {
  for (const auto& [name, text] : options.functions) {
    const Target target = require(parse_target(text));
    require(functions.bind({.name = name, .target = target}));
  }
  for (const auto& [arn, text] : options.destinations)
    destinations.bind(arn, require(parse_destination_target(text)));
}

void App::Parts::listen() {
  listener =
      runtime.listen({.host = options.host,
                      .port = options.port,
                      .memory = options.messages,
                      .without_memory = protocol::json_error(without_memory(), {.json_1_0 = true}),
                      .connections_max = options.connections_max},
                     gateway);
  on_listening(url_of(options.host, listener->port()));
}

void App::Parts::read_declarations() {
  for (const auto& file : options.trigger_files) require(declarations.read_triggers(file));
  for (const auto& file : options.templates) require(declarations.read_template(file));
}

// Brings about what files declare, then listens: who finds the port open finds everything there.
void App::Parts::apply_declarations() {
  declarations.apply([this](Result<void> applied) {
    try {
      require(std::move(applied));
      listen();
    } catch (const std::runtime_error& error) {
      failure = error.what();
      stop();
    }
  });
}

// No new connections and invocations; what runs may end, but a handler that hangs holds nobody up.
void App::Parts::stop() {
  clock_commands.stop();
  if (listener) listener->stop_accepting();
  dispatcher.stop([this] { runtime.stop(kStopGrace); });
  runtime.after(kStopGrace, [this] { runtime.stop(Millis(0)); });
}

AfterPause App::Parts::after_pause() {
  return [this](Task task) { runtime.after(kSlicePause, std::move(task)); };
}

void App::Parts::add_routes() {
  lambda::add_event_source_mapping_routes(lambda, mappings);
  lambda::add_function_routes(lambda, function_api);
  lambda::add_invoke_routes(lambda, invoke_api);
  lambda::add_tag_routes(lambda, {&mappings, &function_api});
  clock_commands.add_routes(control);
  control::add_stream_routes(control, world, after_pause());
  control::add_throttle_routes(control, throttle);
  control::add_mapping_routes(control, dispatcher, [this](Millis delay, Task task) {
    runtime.after(delay, std::move(task));
  });
  control::add_function_routes(
      control, functions,
      options.allow_exec ? control::ExecTargets::kAllowed : control::ExecTargets::kRefused);
  control::add_destination_routes(control, destinations, options.destination_dir);
  control::add_health_routes(control, version());
}

App::App(const Options& options, http::Runtime& runtime, std::unique_ptr<StorageEngine> engine)
    : parts_(std::make_unique<Parts>(options, runtime, std::move(engine))) {}

App::~App() = default;

void App::run(Listening listening) {
  Parts& parts = *parts_;
  parts.on_listening = std::move(listening);
  parts.load();
  parts.add_routes();
  parts.bind_from_options();
  parts.read_declarations();
  parts.store.start(parts.after_pause());
  parts.world.transitions.start();
  parts.dispatcher.start();
  parts.runtime.post([&parts] { parts.apply_declarations(); });
  parts.runtime.run([&parts] {
    log_info("stopping");
    parts.stop();
  });
  parts.store.queue.run([](Txn&) {});  // What still waits in the queue reports to the runtime.
  if (!parts.failure.empty()) throw std::runtime_error(parts.failure);
}

}  // namespace tailrace
