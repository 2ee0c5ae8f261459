#include "server/lambda/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <system_error>
#include <utility>

#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

constexpr std::size_t kLineBytesMax = 64 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  void reset() {
    if (value_ >= 0) close(std::exchange(value_, -1));
  }

 private:
  int value_;
};

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// What a shell runs best in its own place: then signals and exit codes are the runtime's own, and
// the kernel ends it if Tailrace is killed. Anything but one plain command is left as it is.
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

// Runs in the child between fork and exec: only what is safe there.
[[noreturn]] void become(char* const* arguments,
                         char* const* environment,
                         const char* directory,
                         int output) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // Tailrace killed: nobody else would end it.
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  // Listening sockets must not live on in a child that outlives the server.
  syscall(SYS_close_range, 3U, ~0U, 0U);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  if (chdir(directory) != 0) _exit(126);
  execve(arguments[0], arguments, environment);
  _exit(127);
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
  Watch(int output_descriptor, Scheduler& home)
      : output(output_descriptor), stop(eventfd(0, EFD_CLOEXEC)), scheduler(home) {}

  void run();
  // Both take what the pipe holds apart into lines. Call with the mutex held.
  void read_output();
  void take_lines(bool all);
  void deliver();        // Hands lines over. Home thread.
  void post_delivery();  // Has them handed over soon.

  pid_t pid = -1;
  std::chrono::milliseconds grace{0};
  std::mutex mutex;
  Descriptor output;              // Guarded by mutex.
  std::string pending;            // Guarded by mutex: output after the last end of line.
  std::deque<std::string> lines;  // Guarded by mutex: not handed over yet.
  Descriptor stop;                // Written once: end the group.
  Scheduler& scheduler;
  std::shared_ptr<Events> events;
  std::shared_ptr<std::atomic<bool>> alive = std::make_shared<std::atomic<bool>>(true);
};

void Process::Watch::take_lines(bool all) {
  std::size_t at = 0;
  for (std::size_t end; (end = pending.find('\n', at)) != std::string::npos; at = end + 1)
    lines.push_back(pending.substr(at, end - at));
  pending.erase(0, at);
  if (pending.empty() || (!all && pending.size() < kLineBytesMax)) return;
  lines.push_back(std::exchange(pending, {}));
}

void Process::Watch::deliver() {
  std::deque<std::string> ready;
  {
    const std::lock_guard lock(mutex);
    ready.swap(lines);
  }
  for (std::string& line : ready)
    if (*alive) events->output(std::move(line));
}

void Process::Watch::read_output() {
  if (output.get() < 0) return;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t count = read(output.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;  // Nothing more for now.
    if (count == 0) {
      output.reset();
      break;
    }
    pending.append(buffer, static_cast<std::size_t>(count));
    take_lines(false);
  }
}

void Process::Watch::post_delivery() {
  {
    const std::lock_guard lock(mutex);
    if (lines.empty()) return;
  }
  scheduler.post([watch = shared_from_this()] { watch->deliver(); });
}

void Process::Watch::run() {
  const Descriptor child(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  bool stopping = false;
  bool killed = false;
  for (;;) {
    int output_descriptor;
    {
      const std::lock_guard lock(mutex);
      output_descriptor = output.get();
    }
    pollfd descriptors[] = {{child.get(), POLLIN, 0},
                            {output_descriptor, POLLIN, 0},
                            {stopping ? -1 : stop.get(), POLLIN, 0}};
    const int timeout = stopping && !killed ? static_cast<int>(grace.count()) : -1;
    const int count = poll(descriptors, 3, timeout);
    if (count < 0 && errno != EINTR) break;
    if (count == 0) {
      killpg(pid, SIGKILL);
      killed = true;
    }
    if (descriptors[1].revents != 0) {
      {
        const std::lock_guard lock(mutex);
        read_output();
      }
      post_delivery();
    }
    if (descriptors[2].revents != 0) {
      stopping = true;
      killpg(pid, SIGTERM);
    }
    if (descriptors[0].revents != 0) break;
  }
  {
    const std::lock_guard lock(mutex);
    read_output();
    take_lines(true);
  }
  post_delivery();
  killpg(pid, SIGKILL);  // What the process left behind in its group.
  int status = 0;
  waitpid(pid, &status, 0);
  const ProcessEnd end{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                       .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  scheduler.post([events = events, alive = alive, end] {
    if (*alive) events->ended(end);
  });
}

Process::Process(Options options, Events events, Scheduler& scheduler) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw_errno("pipe");
  watch_ = std::make_shared<Watch>(ends[0], scheduler);
  const Descriptor write_end(ends[1]);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  watch_->events = std::make_shared<Events>(std::move(events));
  watch_->grace = options.grace;
  std::vector<std::string> arguments = {"/bin/sh", "-c", shell_command(options.command)};
  const std::vector<char*> argument_pointers = pointers(arguments);
  const std::vector<char*> environment_pointers = pointers(options.environment);
  watch_->pid = fork();
  if (watch_->pid < 0) throw_errno("fork");
  if (watch_->pid == 0)
    become(argument_pointers.data(), environment_pointers.data(), options.directory.c_str(),
           write_end.get());
  setpgid(watch_->pid, watch_->pid);  // Here too: whichever of the two comes first.
  thread_ = std::thread([watch = watch_] { watch->run(); });
}

Process::~Process() {
  *watch_->alive = false;
  terminate();
  thread_.join();
}

void Process::flush_output() {
  {
    const std::lock_guard lock(watch_->mutex);
    watch_->read_output();
  }
  watch_->deliver();
}

void Process::terminate() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(watch_->stop.get(), &one, sizeof one);
}

}  // namespace tailrace::lambda
