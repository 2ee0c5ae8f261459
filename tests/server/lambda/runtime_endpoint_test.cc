// Functions under the Runtime API with real processes and sockets. The runtime is a shell script
// of a few lines, which speaks HTTP through bash's /dev/tcp.
#include "server/lambda/runtime_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "server/http/io_runtime.h"
#include "server/lambda/process.h"
#include "storage/base/log.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Payloads are bare words: what to do with the event.
constexpr std::string_view kRuntime = R"sh(
host=${AWS_LAMBDA_RUNTIME_API%:*} port=${AWS_LAMBDA_RUNTIME_API#*:}
exchange() {  # METHOD PATH BODY -> id, body
  exec 3<>"/dev/tcp/$host/$port"
  printf '%s /2018-06-01/runtime/%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s' "$1" "$2" "${#3}" "$3" >&3
  id= length=0
  while IFS= read -r line <&3; do
    line=${line%$'\r'}
    case "${line,,}" in
      lambda-runtime-aws-request-id:*) id=${line#*: } ;;
      content-length:*) length=${line#*: } ;;
      '') break ;;
    esac
  done
  IFS= read -r -N "$length" body <&3
  exec 3>&-
}
case "$1" in
  crash) exit 7 ;;
  refuse) exchange POST init/error '{"errorType":"Runtime.ImportModuleError"}'; exit 1 ;;
esac
while :; do
  exchange GET invocation/next ''
  case "$body" in
    *exit*) exit 3 ;;
    *kill*) kill -KILL $$ ;;
    *stubborn*) trap '' TERM; while :; do sleep 1000; done ;;
    *hang*) sleep 1000 ;;
    *daemon*) setsid sleep 1000 & exchange POST "invocation/$id/response" "$!" ;;
    *deaf*) setsid bash -c 'trap "" TERM HUP INT; sleep 1000; :' & exchange POST "invocation/$id/response" "$!" ;;
    *mute*) exec >&- 2>&-; exchange POST "invocation/$id/response" "$body" ;;
    *long*) head -c 3000000 /dev/zero | tr '\0' x; exchange POST "invocation/$id/response" "$body" ;;
    *orphan*) kill -KILL $PPID; sleep 1000 ;;
    *busy*) trap '' TERM; exchange POST "invocation/$id/response" "$$"; while :; do sleep 1000; done ;;
    *children*) sleep 1000 & exchange POST "invocation/$id/response" "$!" ;;
    *fail*) exchange POST "invocation/$id/error" '{"errorType":"E","errorMessage":"m"}' ;;
    *env*) exchange POST "invocation/$id/response" "$_HANDLER $STAGE $AWS_LAMBDA_FUNCTION_MEMORY_SIZE $AWS_EXECUTION_ENV" ;;
    *pid*) exchange POST "invocation/$id/response" "$$" ;;
    *) echo "printed for $id"; exchange POST "invocation/$id/response" "$body" ;;
  esac
done
)sh";

class RuntimeEndpointTest : public ::testing::Test {
 protected:
  RuntimeEndpointTest() {
    set_log(LogLevel::kOff, LogFormat::kText);
    char name[] = "/tmp/tailrace-runtime-XXXXXX";
    directory_ = mkdtemp(name);
    std::ofstream(script()) << kRuntime;
    home_ = std::thread([this] { runtime_.run({}); });
  }
  ~RuntimeEndpointTest() override {
    at_home([this] {
      endpoint_.reset();
      processes_.reset();
    });
    runtime_.stop(std::chrono::milliseconds(0));
    home_.join();
    std::filesystem::remove_all(directory_);
  }

  std::string script() const { return directory_ + "/runtime.sh"; }

  template <class Do>
  void at_home(Do action) {
    std::promise<void> done;
    runtime_.post([&] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }

  void start(std::string_view argument, int concurrency = 0, FunctionSettings settings = {}) {
    RuntimeOptions options{.start_limit = std::chrono::milliseconds(20'000),
                           .first_restart_pause = std::chrono::milliseconds(1),
                           .region = "us-east-1"};
    options.settings = [settings](const std::string&) { return settings; };
    start_command(str_cat("bash ", script(), " ", argument), std::move(options), concurrency);
  }

  void start_command(std::string command, RuntimeOptions options, int concurrency = 0) {
    const Binding binding{
        .name = "f", .target = {TargetKind::kExec, std::move(command)}, .concurrency = concurrency};
    at_home([&] {
      endpoint_ = *RuntimeEndpoint::make(runtime_, *processes_, binding, std::move(options));
    });
  }

  std::future<InvokeOutcome> begin(std::string_view payload, Millis timeout = Millis(20'000)) {
    auto promise = std::make_shared<std::promise<InvokeOutcome>>();
    auto future = promise->get_future();
    at_home([&] {
      handles_.push_back(endpoint_->invoke(
          {.request = {.request_id = str_cat("id-", ++ids_),
                       .payload = std::make_shared<const std::string>(str_cat('"', payload, '"'))},
           .function_arn = "arn",
           .timeout = timeout},
          [promise](InvokeOutcome outcome) { promise->set_value(std::move(outcome)); }));
    });
    return future;
  }
  InvokeOutcome invoke(std::string_view payload, Millis timeout = Millis(20'000)) {
    return begin(payload, timeout).get();
  }

  std::string directory_;
  int ids_ = 0;
  http::IoRuntime runtime_{1};
  std::vector<std::shared_ptr<void>> handles_;
  std::unique_ptr<ProcessHost> processes_ = std::make_unique<ProcessHost>(runtime_);
  std::unique_ptr<HandlerEndpoint> endpoint_;
  std::thread home_;
};

std::size_t memory_bytes() {
  std::size_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Waits for the end of a process that has been killed.
bool ends(pid_t pid) {
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return errno == ESRCH;
  pollfd descriptor = {process, POLLIN, 0};
  const int count = poll(&descriptor, 1, 10'000);
  close(process);
  return count == 1;
}

TEST_F(RuntimeEndpointTest, HandsEventsToAProcessAndKeepsWhatItPrints) {
  start("app.handler");
  const InvokeOutcome outcome = invoke("hello");
  EXPECT_EQ(outcome.status, InvokeStatus::kSuccess);
  EXPECT_EQ(outcome.body, "\"hello\"");
  EXPECT_EQ(outcome.log_tail, "printed for id-1\n");
  EXPECT_EQ(invoke("again").log_tail, "printed for id-2\n");
}

TEST_F(RuntimeEndpointTest, PassesErrorsOfTheHandlerOn) {
  start("app.handler");
  const InvokeOutcome outcome = invoke("fail");
  EXPECT_EQ(outcome.status, InvokeStatus::kFunctionError);
  EXPECT_EQ(outcome.body, R"({"errorType":"E","errorMessage":"m"})");
  EXPECT_EQ(invoke("hello").status, InvokeStatus::kSuccess);
}

TEST_F(RuntimeEndpointTest, ReportsAnExitInMidInvocationAndStartsAnew) {
  start("app.handler");
  EXPECT_EQ(invoke("exit").body,
            R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: id-1 Error: Runtime )"
            R"(exited with error: exit status 3"})");
  EXPECT_THAT(invoke("kill").body, HasSubstr("Runtime exited with error: signal: killed"));
  EXPECT_EQ(invoke("hello").status, InvokeStatus::kSuccess);
}

TEST_F(RuntimeEndpointTest, EndsAnInvocationThatTakesTooLongWithItsProcess) {
  start("app.handler");
  const InvokeOutcome outcome = invoke("hang", Millis(50));
  EXPECT_EQ(outcome.status, InvokeStatus::kFunctionError);
  EXPECT_THAT(outcome.body,
              AllOf(HasSubstr("Sandbox.Timedout"), HasSubstr("Task timed out after 0.05 seconds")));
  EXPECT_EQ(invoke("hello").status, InvokeStatus::kSuccess);
}

TEST_F(RuntimeEndpointTest, KillsAProcessThatIgnoresTheRequestToEnd) {
  start("app.handler");
  const auto pid = static_cast<pid_t>(std::stoi(invoke("pid").body));
  EXPECT_THAT(invoke("stubborn", Millis(50)).body, HasSubstr("Sandbox.Timedout"));
  // The next invocation runs in a new process, so the old one is gone.
  const auto next = static_cast<pid_t>(std::stoi(invoke("pid").body));
  EXPECT_NE(pid, next);
  EXPECT_TRUE(ends(pid));
}

TEST_F(RuntimeEndpointTest, ReportsACrashAtStart) {
  start("crash");
  const InvokeOutcome outcome = invoke("hello");
  EXPECT_EQ(outcome.status, InvokeStatus::kFunctionError);
  EXPECT_THAT(outcome.body, HasSubstr("Error: Runtime exited with error: exit status 7"));
}

TEST_F(RuntimeEndpointTest, ReportsWhyAHandlerCouldNotBeLoaded) {
  start("refuse");
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(invoke("hello").body, R"({"errorType":"Runtime.ImportModuleError"})");
}

TEST_F(RuntimeEndpointTest, RunsOneAtATimeUnlessMoreProcessesAreAllowed) {
  start("app.handler");
  auto first = begin("hang", Millis(300));
  auto second = begin("pid");
  EXPECT_THAT(first.get().body, HasSubstr("Sandbox.Timedout"));
  EXPECT_EQ(second.get().status, InvokeStatus::kSuccess);
}

TEST_F(RuntimeEndpointTest, StartsMoreProcessesOnDemand) {
  start("app.handler", 2);
  auto stuck = begin("hang", Millis(0));
  EXPECT_EQ(invoke("hello").body, "\"hello\"");
  EXPECT_NE(stuck.wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

TEST_F(RuntimeEndpointTest, LeavesNoChildrenBehind) {
  start("app.handler");
  const auto runtime = static_cast<pid_t>(std::stoi(invoke("pid").body));
  const auto grandchild = static_cast<pid_t>(std::stoi(invoke("children").body));
  at_home([this] { endpoint_.reset(); });
  EXPECT_TRUE(ends(runtime));
  EXPECT_TRUE(ends(grandchild));
}

TEST_F(RuntimeEndpointTest, LeavesNoneBehindThatDetachedItself) {
  start("app.handler");
  const auto daemon = static_cast<pid_t>(std::stoi(invoke("daemon").body));
  const auto deaf = static_cast<pid_t>(std::stoi(invoke("deaf").body));
  at_home([this] { endpoint_.reset(); });
  EXPECT_TRUE(ends(daemon));
  EXPECT_TRUE(ends(deaf));
}

TEST_F(RuntimeEndpointTest, LeavesNoneBehindWhenTheRuntimeExits) {
  start("app.handler");
  const auto daemon = static_cast<pid_t>(std::stoi(invoke("daemon").body));
  EXPECT_THAT(invoke("exit").body, HasSubstr("exit status 3"));
  EXPECT_TRUE(ends(daemon));
}

TEST_F(RuntimeEndpointTest, DoesNotHoldTheHomeThreadUpUntilAStubbornProcessHasEnded) {
  start("app.handler");
  const auto pid = static_cast<pid_t>(std::stoi(invoke("busy").body));
  at_home([this] { endpoint_.reset(); });
  EXPECT_EQ(kill(pid, 0), 0);  // It has its grace, and nobody waits for it but the host.
  at_home([this] { processes_.reset(); });
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(RuntimeEndpointTest, EndsTheInvocationAndTheProcessWhenTheKeeperIsKilled) {
  start("app.handler");
  const auto pid = static_cast<pid_t>(std::stoi(invoke("pid").body));
  EXPECT_THAT(invoke("orphan", Millis(0)).body, HasSubstr("signal: killed"));
  EXPECT_TRUE(ends(pid));
  EXPECT_EQ(invoke("hello").status, InvokeStatus::kSuccess);
}

TEST_F(RuntimeEndpointTest, GoesOnWithAProcessThatClosesItsOutput) {
  start("app.handler");
  EXPECT_EQ(invoke("mute").status, InvokeStatus::kSuccess);
  EXPECT_EQ(invoke("pid").log_tail, "");
}

TEST_F(RuntimeEndpointTest, TakesMegabytesWithoutTheEndOfALine) {
  start("app.handler");
  const InvokeOutcome outcome = invoke("long");
  EXPECT_EQ(outcome.status, InvokeStatus::kSuccess);
  EXPECT_LE(outcome.log_tail.size(), 8192);
}

TEST_F(RuntimeEndpointTest, ServesOthersWhileAProcessWritesWithoutEnd) {
  start_command("exec yes", {.start_limit = std::chrono::milliseconds(500)});
  const std::size_t before = memory_bytes();
  auto outcome = begin("hello", Millis(0));
  int turns = 0;  // Of the home thread, for others.
  while (outcome.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    at_home([&] { ++turns; });
    std::this_thread::yield();
  }
  EXPECT_GT(turns, 200);
  EXPECT_THAT(outcome.get().body, HasSubstr("signal: terminated"));
  EXPECT_LT(memory_bytes(), before + 64 * 1024 * 1024);
}

TEST_F(RuntimeEndpointTest, GivesProcessesTheFunctionsSettings) {
  start("app.handler", 0,
        {.environment = {{"STAGE", "test"}},
         .handler = "index.handler",
         .runtime = "nodejs22.x",
         .memory_mb = 256});
  EXPECT_EQ(invoke("env").body, "index.handler test 256 AWS_Lambda_nodejs22.x");
}

TEST_F(RuntimeEndpointTest, TakesTheLastWordOfTheCommandForTheHandlerOfAnUnknownFunction) {
  start("app.handler");
  EXPECT_EQ(invoke("env").body, "app.handler  128 ");
}

TEST_F(RuntimeEndpointTest, SaysThatNoRuntimeIsConnected) {
  RuntimeOptions options;
  std::uint16_t port = 0;
  struct Nobody final : http::Handler {
    void handle(http::Request&, http::Respond) override {}
  } nobody;
  at_home([&] {  // A port that is free now.
    const auto probe = runtime_.listen({.port = 0, .home_thread_only = true}, nobody);
    port = probe->port();
  });
  at_home([&] {
    endpoint_ = *RuntimeEndpoint::make(
        runtime_, *processes_,
        Binding{.name = "f", .target = {TargetKind::kRuntime, str_cat(port)}}, options);
  });
  const InvokeOutcome outcome = invoke("hello");
  EXPECT_EQ(outcome.status, InvokeStatus::kInvocationFailure);
  EXPECT_EQ(outcome.error_type, "RuntimeNotConnected");
  EXPECT_THAT(outcome.error_text, EndsWith(str_cat(":", port)));
}

TEST(Process, WordsItsEndAsTheRuntimeApisHostDoes) {
  EXPECT_EQ(end_text({.exit_code = 0}), "");
  EXPECT_EQ(end_text({.exit_code = 127}), "exit status 127");
  EXPECT_EQ(end_text({.signal = SIGKILL}), "signal: killed");
}

}  // namespace
}  // namespace tailrace::lambda
