// Process: a child process with its own process group, its output line by line, and word of its
// end. One thread of its own watches it; what it sees is posted to the home thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/base/clock.h"

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
  struct Events {
    std::function<void(std::string line)>
        output;  // Both on the home thread; none after destruction.
    std::function<void(ProcessEnd end)> ended;
  };

  // Throws std::system_error if no process can be made.
  Process(Options options, Events events, Scheduler& scheduler);
  // Ends the process group, by force after the grace; waits for it.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Hands over at once what has been written so far: what a runtime printed before it posted its
  // result belongs to that result. Home thread.
  void flush_output();

  // Asks the group to end, and ends it by force after the grace; `ended` follows. Does not wait.
  void terminate();

 private:
  struct Watch;
  std::shared_ptr<Watch> watch_;
  std::thread thread_;
};

}  // namespace tailrace::lambda
