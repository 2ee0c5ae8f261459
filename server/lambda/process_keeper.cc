#include "server/lambda/process_keeper.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::lambda {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Between two looks for what is still there: a killed process needs a moment to go.
constexpr int kLookAgainMs = 20;

std::vector<std::string> read_environment_file() {
  std::string text;
  std::array<char, 4096> buffer{};
  lseek(kKeeperEnvironment, 0, SEEK_SET);
  for (ssize_t count; (count = read(kKeeperEnvironment, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  close(kKeeperEnvironment);
  std::vector<std::string> variables;
  for (std::size_t begin = 0, end; (end = text.find('\0', begin)) != std::string::npos;
       begin = end + 1)
    variables.push_back(text.substr(begin, end - begin));
  return variables;
}

// In the child, which becomes the command.
[[noreturn]] void become(const char* command,
                         const char* directory,
                         std::vector<std::string> environment,
                         pid_t keeper) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // The keeper killed: at least the command goes with it.
  if (getppid() != keeper) _exit(127);
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  dup2(STDOUT_FILENO, STDERR_FILENO);
  syscall(SYS_close_range, 3U, ~0U, 0U);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // Ignored signals stay ignored in a new program; these Tailrace ignores for itself alone.
  for (const int number : {SIGPIPE, SIGXFSZ}) signal(number, SIG_DFL);
  if (chdir(directory) != 0) _exit(126);
  std::vector<char*> variables;
  for (std::string& text : environment) variables.push_back(text.data());
  variables.push_back(nullptr);
  const char* arguments[] = {"/bin/sh", "-c", command, nullptr};
  execve(arguments[0], const_cast<char* const*>(arguments), variables.data());
  _exit(127);
}

struct Relation {
  pid_t parent = 0;
  pid_t group = 0;
};

// Of every process that can be seen.
std::map<pid_t, Relation> all_processes() {
  std::map<pid_t, Relation> processes;
  DIR* directory = opendir("/proc");
  if (directory == nullptr) return processes;
  while (const dirent* entry = readdir(directory)) {
    const pid_t pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 0) continue;
    std::ifstream file(std::string("/proc/") + entry->d_name + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    // "12 (its name, which may hold anything) S 11 10 …"
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) continue;  // Gone meanwhile.
    std::istringstream rest(text.substr(name_end + 1));
    std::string state;
    Relation relation;
    if (rest >> state >> relation.parent >> relation.group) processes[pid] = relation;
  }
  closedir(directory);
  return processes;
}

// Kills everything below this process once; what is forked meanwhile is seen the next time. Whole
// groups at a time where there are any, as those cannot outrun it by forking.
void kill_descendants() {
  const std::map<pid_t, Relation> processes = all_processes();
  std::set<pid_t> family = {getpid()};
  for (std::size_t before = 0; before != family.size();) {
    before = family.size();
    for (const auto& [pid, relation] : processes)
      if (family.contains(relation.parent)) family.insert(pid);
  }
  family.erase(getpid());
  std::set<pid_t> groups;
  for (const pid_t pid : family) groups.insert(processes.at(pid).group);
  for (const pid_t group : groups)
    if (group > 1 && group != getpgrp()) killpg(group, SIGKILL);
  for (const pid_t pid : family) kill(pid, SIGKILL);
}

class Keeper {
 public:
  Keeper(pid_t command, std::chrono::milliseconds grace, int signals)
      : command_(command), grace_(grace), signals_(signals) {}

  // Until nothing is left. The status of the command.
  int run() {
    report(KeeperReport::kStarted, command_);
    while (keep_waiting()) wait_for_event();
    while (reap()) {
      kill_descendants();
      pollfd descriptor = {signals_, POLLIN, 0};
      poll(&descriptor, 1, kLookAgainMs);
      take_signals();
    }
    report(KeeperReport::kEnded, status_);
    return 0;
  }

 private:
  // What the command leaves behind when it ends by itself is killed at once; when all are asked to
  // end, they have the grace.
  bool keep_waiting() {
    const bool children = reap();
    if (!stopping_) return !ended_;
    return children && SteadyClock::now() < deadline_;
  }

  void wait_for_event() {
    pollfd descriptors[] = {{signals_, POLLIN, 0}, {stopping_ ? -1 : kKeeperControl, POLLIN, 0}};
    poll(descriptors, 2, stopping_ ? kLookAgainMs : -1);
    if (descriptors[0].revents != 0 && take_signals()) stop();
    if (descriptors[1].revents != 0) stop();
  }

  // True: one of them asks to end.
  bool take_signals() {
    bool asked = false;
    signalfd_siginfo info;
    while (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      asked = asked || info.ssi_signo != SIGCHLD;
    return asked;
  }

  void stop() {
    if (stopping_) return;
    stopping_ = true;
    deadline_ = SteadyClock::now() + grace_;
    if (ended_) return;
    killpg(command_, SIGTERM);
    killpg(command_, SIGCONT);  // One that is stopped would not even notice.
  }

  // False: no child is left, and hence nothing below one, as its orphans would be ours.
  bool reap() {
    for (;;) {
      int status = 0;
      const pid_t pid = waitpid(-1, &status, WNOHANG);
      if (pid < 0) return errno != ECHILD;
      if (pid == 0) return true;
      if (pid != command_ || ended_) continue;
      ended_ = true;
      status_ = status;
    }
  }

  static void report(KeeperReport::Kind kind, std::int32_t value) {
    const KeeperReport message{.kind = kind, .value = value};
    send(kKeeperControl, &message, sizeof message, MSG_NOSIGNAL);
  }

  const pid_t command_;
  const std::chrono::milliseconds grace_;
  const int signals_;
  bool ended_ = false;
  int status_ = 0;
  bool stopping_ = false;
  SteadyClock::time_point deadline_{};
};

int keep(const char* directory, std::chrono::milliseconds grace, const char* command) {
  syscall(SYS_close_range, static_cast<unsigned>(kKeeperEnvironment) + 1, ~0U, 0U);
  fcntl(kKeeperControl, F_SETFD, FD_CLOEXEC);
  prctl(PR_SET_NAME, kKeeperName);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  signal(SIGCHLD, SIG_DFL);  // Whoever started Tailrace may have ignored it, which hides statuses.
  sigset_t watched;
  sigemptyset(&watched);
  for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&watched, number);
  sigprocmask(SIG_BLOCK, &watched, nullptr);
  const int signals = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
  std::vector<std::string> environment = read_environment_file();
  const pid_t keeper = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(command, directory, std::move(environment), keeper);
  if (pid < 0 || signals < 0) return 1;
  setpgid(pid, pid);  // Here too: whichever of the two comes first.
  // The output is the command's alone: it ends with the last that writes to it.
  const int null = open("/dev/null", O_RDWR);
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (null >= 0) dup2(null, descriptor);
  return Keeper(pid, grace, signals).run();
}

}  // namespace

std::optional<int> keep_process(int argc, char** argv) {
  if (argc != 4 || std::string_view(argv[0]) != kKeeperName) return std::nullopt;
  return keep(argv[1], std::chrono::milliseconds(std::strtol(argv[2], nullptr, 10)), argv[3]);
}

}  // namespace tailrace::lambda
