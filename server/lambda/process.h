// Process: a command of a function's, with all that it starts: its output, and word of its end. A
// keeper stands between (process_keeper.h), so that nothing outlives Tailrace, however that ends.
// One thread watches each; what it sees is posted to the home thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "storage/base/clock.h"
#include "storage/base/result.h"

namespace tailrace::lambda {

struct ProcessEnd {
  int exit_code = 0;
  int signal = 0;  // 0: it exited by itself.
};
// As the Runtime API's host words it: "exit status 1", "signal: killed"; empty for exit status 0.
std::string end_text(const ProcessEnd& end);

class Process {
 public:
  struct Options {
    std::string command;                   // For sh -c.
    std::string directory;                 // Working directory.
    std::vector<std::string> environment;  // NAME=value, all of it.
    std::chrono::milliseconds grace{500};  // Between TERM and KILL.
  };
  // On the home thread; none after destruction.
  struct Events {
    // Whole lines, each ended by a newline; the next turn's a moment later (process_output.h). A
    // process that writes faster than its lines are taken waits.
    std::function<void(std::string_view lines)> output;
    std::function<void(ProcessEnd end)> ended;
  };

  // Has the command and all below it ended, by force after the grace. Does not wait: ProcessHost
  // does.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Hands over at once what has been written so far: what a runtime printed before it posted its
  // result belongs to that result. Home thread.
  void flush_output();

  // Asks all to end, and ends them by force after the grace; `ended` follows. Does not wait.
  void terminate();

 private:
  friend class ProcessHost;
  struct Watch;
  explicit Process(std::shared_ptr<Watch> watch) : watch_(std::move(watch)) {}

  std::shared_ptr<Watch> watch_;
};

// Starts processes, and waits for the end of all when it goes itself: at most their grace and two
// seconds, whatever state they are in. Home thread; must not outlive the scheduler.
class ProcessHost {
 public:
  explicit ProcessHost(Scheduler& scheduler) : scheduler_(scheduler) {}
  ~ProcessHost();
  ProcessHost(const ProcessHost&) = delete;
  ProcessHost& operator=(const ProcessHost&) = delete;

  // Errors: ServiceException with the system's reason.
  Result<std::unique_ptr<Process>> start(const Process::Options& options, Process::Events events);

 private:
  struct Watched {
    std::shared_ptr<Process::Watch> watch;
    std::thread thread;
  };
  void join_finished();

  Scheduler& scheduler_;
  std::vector<Watched> watched_;
};

}  // namespace tailrace::lambda
