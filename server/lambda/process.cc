#include "server/lambda/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "server/lambda/process_keeper.h"
#include "server/lambda/process_output.h"
#include "storage/base/log.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The home thread is given a turn of output at most so often.
constexpr std::chrono::milliseconds kTurnPause{4};
// What is killed and still there after this is stuck in the kernel; nobody waits for it.
constexpr std::chrono::milliseconds kKillLimit{2'000};
// What a pipe may still hold at the end, of 64 KB each: it can be enlarged to a megabyte.
constexpr std::size_t kPipePiecesMax = 16;

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }
  void reset() {
    if (value_ >= 0) close(std::exchange(value_, -1));
  }

 private:
  int value_;
};

ApiError not_started(std::string_view what, int error) {
  return {.code = ErrorCode::kServiceException,
          .message = str_cat("process not started: ", what, ": ", std::strerror(error))};
}

// What a shell runs best in its own place: then signals and exit codes are the runtime's own.
// Anything but one plain command is left as it is.
std::string shell_command(const std::string& command) {
  constexpr std::string_view kNotPlain = ";&|<>()`\n";
  constexpr std::string_view kWordsOfTheShell[] = {
      "cd", "exec", "export", "set",   "unset", "ulimit", "umask", "eval", "trap", "source",
      ".",  "if",   "for",    "while", "until", "case",   "{",     "!",    ":",    "exit"};
  const std::size_t begin = command.find_first_not_of(" \t");
  if (begin == std::string::npos || command.find_first_of(kNotPlain) != std::string::npos)
    return command;
  const std::string_view word =
      std::string_view(command).substr(begin, command.find_first_of(" \t", begin) - begin);
  const bool plain = word.find('=') == std::string_view::npos &&
                     std::find(std::begin(kWordsOfTheShell), std::end(kWordsOfTheShell), word) ==
                         std::end(kWordsOfTheShell);
  return plain ? str_cat("exec ", command) : command;
}

// A file in memory of NAME=value texts, each ended by a NUL. -1: errno says why.
int environment_file(const std::vector<std::string>& environment) {
  std::string text;
  for (const std::string& variable : environment)  // As far as a NUL in it, as execve would.
    text.append(variable.c_str()).push_back('\0');
  const int file = memfd_create("environment", MFD_CLOEXEC);
  std::string_view rest = text;
  while (file >= 0 && !rest.empty()) {
    const ssize_t count = write(file, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      close(file);
      return -1;
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return file;
}

// Descriptors of the keeper's, by their place in it: dup2 in this order overwrites none that is
// still to be copied, as copies of higher numbers stand in for all of them first.
struct KeeperDescriptors {
  int output;
  int control;
  int environment;
};

// Starts this program anew, as a keeper. posix_spawn copies no memory, whatever Tailrace holds.
// The error's number, or 0.
int spawn_keeper(const Process::Options& options, const KeeperDescriptors& given, pid_t& pid) {
  constexpr int kAside = 64;  // Above the places that the copies go to.
  const Descriptor output(fcntl(given.output, F_DUPFD_CLOEXEC, kAside));
  const Descriptor control(fcntl(given.control, F_DUPFD_CLOEXEC, kAside));
  const Descriptor environment(fcntl(given.environment, F_DUPFD_CLOEXEC, kAside));
  if (output.get() < 0 || control.get() < 0 || environment.get() < 0) return errno;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, control.get(), kKeeperControl);
  posix_spawn_file_actions_adddup2(&actions, environment.get(), kKeeperEnvironment);
  // A session of its own: what a terminal sends to Tailrace is not for functions.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  std::string texts[] = {kKeeperName, options.directory, str_cat(options.grace.count()),
                         shell_command(options.command)};
  std::array<char*, std::size(texts) + 1> arguments{};
  std::ranges::transform(texts, arguments.begin(), [](std::string& text) { return text.data(); });
  const int error =
      posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

std::string end_text(const ProcessEnd& end) {
  if (end.signal != 0) {
    std::string name = strsignal(end.signal);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return str_cat("signal: ", name);
  }
  return end.exit_code == 0 ? std::string() : str_cat("exit status ", end.exit_code);
}

// Shared by the object, its thread, and tasks that are still posted when the object goes.
struct Process::Watch : std::enable_shared_from_this<Process::Watch> {
  Watch(int output_descriptor, int control_descriptor, Events its_events, Scheduler& home)
      : control(control_descriptor),
        wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        output(output_descriptor),
        events(std::move(its_events)),
        scheduler(home) {}

  // --- The thread.
  void run();
  bool take_reports();  // False: the keeper is gone.
  // Has a turn handed over, if one is due. The time of the next, if one waits for it.
  std::optional<SteadyClock::time_point> post_turn();
  void end(ProcessEnd how);
  // Reads one piece. Call with the mutex held. False: nothing is there now.
  bool read_output();

  // --- The home thread.
  void hand_over(std::string (ProcessOutput::*take)());
  void stop();
  void wake_thread() const;

  pid_t keeper = -1;
  std::chrono::milliseconds grace{0};
  const Descriptor control;
  const Descriptor wake;
  std::atomic<bool> stop_asked = false;
  std::atomic<bool> finished = false;  // The thread has nothing more to do.

  // Only the thread:
  pid_t command = -1;
  std::optional<int> status;
  SteadyClock::time_point next_turn{};

  std::mutex mutex;
  Descriptor output;         // Guarded by mutex.
  ProcessOutput written;     // Guarded by mutex.
  bool turn_posted = false;  // Guarded by mutex.
  // The object is there, and so is the scheduler. Changed by the home thread, with the mutex held.
  std::atomic<bool> alive = true;

  Events events;  // Home thread only.
  Scheduler& scheduler;
};

bool Process::Watch::read_output() {
  if (output.get() < 0) return false;
  std::array<char, 64 * 1024> buffer;
  const ssize_t count = read(output.get(), buffer.data(), buffer.size());
  if (count > 0) {
    written.add({buffer.data(), static_cast<std::size_t>(count)});
  } else if (count == 0) {
    output.reset();
    written.end();
  }
  return count > 0;
}

bool Process::Watch::take_reports() {
  for (;;) {
    KeeperReport report{};
    const ssize_t count = recv(control.get(), &report, sizeof report, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count != static_cast<ssize_t>(sizeof report)) return count < 0 && errno == EAGAIN;
    if (report.kind == KeeperReport::kStarted) command = report.value;
    if (report.kind == KeeperReport::kEnded) status = report.value;
  }
}

std::optional<SteadyClock::time_point> Process::Watch::post_turn() {
  const std::lock_guard lock(mutex);
  if (turn_posted || !alive || !written.has_lines()) return std::nullopt;
  const auto now = SteadyClock::now();
  if (now < next_turn) return next_turn;
  next_turn = now + kTurnPause;
  turn_posted = true;
  scheduler.post([watch = shared_from_this()] { watch->hand_over(&ProcessOutput::take_turn); });
  return std::nullopt;
}

void Process::Watch::run() {
  std::optional<SteadyClock::time_point> give_up;
  bool there = true;
  while (there) {
    if (stop_asked && !give_up) {
      shutdown(control.get(), SHUT_WR);
      give_up = SteadyClock::now() + grace + kKillLimit;
    }
    std::optional<SteadyClock::time_point> until = post_turn();
    if (give_up && (!until || *give_up < *until)) until = give_up;
    int timeout = -1;
    if (until)
      timeout = static_cast<int>(std::max<std::int64_t>(
          std::chrono::ceil<std::chrono::milliseconds>(*until - SteadyClock::now()).count(), 0));
    pollfd descriptors[] = {{control.get(), POLLIN, 0}, {wake.get(), POLLIN, 0}, {-1, POLLIN, 0}};
    {
      const std::lock_guard lock(mutex);
      if (!written.full()) descriptors[2].fd = output.get();
    }
    poll(descriptors, 3, timeout);
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t size = read(wake.get(), &count, sizeof count);
    if (descriptors[2].revents != 0) {
      const std::lock_guard lock(mutex);
      if (!written.full()) read_output();
    }
    if (descriptors[0].revents != 0) there = take_reports();
    if (give_up && SteadyClock::now() >= *give_up) break;
  }
  if (there) {
    log_warn("a process of a function does not end, though it was killed",
             {{"pid", str_cat(command)}});
    return end({.signal = SIGKILL});
  }
  waitpid(keeper, nullptr, 0);
  if (!status) {  // The keeper itself was killed: what it kept goes as far as it stayed together.
    if (command > 0) killpg(command, SIGKILL);
    return end({.signal = SIGKILL});
  }
  end({.exit_code = WIFEXITED(*status) ? WEXITSTATUS(*status) : 0,
       .signal = WIFSIGNALED(*status) ? WTERMSIG(*status) : 0});
}

// Nobody writes any more: what is left is what the pipe holds.
void Process::Watch::end(ProcessEnd how) {
  const std::lock_guard lock(mutex);
  for (std::size_t pieces = 0; pieces < kPipePiecesMax && read_output(); ++pieces) {
  }
  written.end();
  if (!alive) return;
  scheduler.post([watch = shared_from_this(), how] {
    watch->hand_over(&ProcessOutput::take_all);
    if (watch->alive) watch->events.ended(how);  // Only the home thread takes it away.
  });
}

void Process::Watch::hand_over(std::string (ProcessOutput::*take)()) {
  std::string lines;
  {
    const std::lock_guard lock(mutex);
    if (!alive) return;
    turn_posted = false;
    lines = (written.*take)();
  }
  wake_thread();
  if (!lines.empty()) events.output(lines);
}

void Process::Watch::wake_thread() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t size = write(wake.get(), &one, sizeof one);
}

void Process::Watch::stop() {
  stop_asked = true;
  wake_thread();
}

Process::~Process() {
  {
    const std::lock_guard lock(watch_->mutex);
    watch_->alive = false;
  }
  watch_->stop();
}

void Process::flush_output() {
  {
    const std::lock_guard lock(watch_->mutex);
    if (!watch_->written.full()) watch_->read_output();
  }
  watch_->hand_over(&ProcessOutput::take_all);
}

void Process::terminate() {
  watch_->stop();
}

Result<std::unique_ptr<Process>> ProcessHost::start(const Process::Options& options,
                                                    Process::Events events) {
  join_finished();
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return not_started("pipe", errno);
  const Descriptor write_end(pipe_ends[1]);
  fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);
  Descriptor read_end(pipe_ends[0]);
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
    return not_started("socketpair", errno);
  const Descriptor keepers_end(sockets[1]);
  auto watch = std::make_shared<Process::Watch>(read_end.release(), sockets[0], std::move(events),
                                                scheduler_);
  const Descriptor environment(environment_file(options.environment));
  if (environment.get() < 0 || watch->wake.get() < 0) return not_started("environment", errno);
  watch->grace = options.grace;
  const KeeperDescriptors given = {
      .output = write_end.get(), .control = keepers_end.get(), .environment = environment.get()};
  if (const int error = spawn_keeper(options, given, watch->keeper); error != 0)
    return not_started("keeper", error);
  std::unique_ptr<Process> process(new Process(watch));
  watched_.push_back({.watch = watch, .thread = std::thread([watch] {
                                        watch->run();
                                        watch->finished = true;
                                      })});
  return process;
}

void ProcessHost::join_finished() {
  std::erase_if(watched_, [](Watched& each) {
    if (!each.watch->finished) return false;
    each.thread.join();
    return true;
  });
}

ProcessHost::~ProcessHost() {
  for (Watched& each : watched_) each.watch->stop();
  for (Watched& each : watched_) each.thread.join();
}

}  // namespace tailrace::lambda
