// The keeper of a function's process: a small process of its own (this program under another name)
// between Tailrace and the command. All that the command starts, and what that starts in turn, ends
// with it, however it detaches itself: the keeper is where orphans are put (a "child subreaper"),
// and it notices the end of Tailrace, kill -9 included, by the end of its control socket.
//
//   Tailrace ── control socket ── keeper ── sh -c COMMAND ── what it starts
//
// It lives in a program of its own, not in a copy of Tailrace made by fork: that would cost as much
// memory as Tailrace has, page by page, as soon as either changes it.
#pragma once

#include <cstdint>
#include <optional>

namespace tailrace::lambda {

inline constexpr char kKeeperName[] = "function-keeper";  // argv[0], by which it is told apart.
// Arguments: kKeeperName, working directory, grace in milliseconds, command for sh -c. Descriptors
// that it finds open: its command's standard output, and these.
inline constexpr int kKeeperControl = 3;      // SOCK_SEQPACKET; its end asks for the end of all.
inline constexpr int kKeeperEnvironment = 4;  // A file of NAME=value texts, each ended by a NUL.

// What the keeper tells, one packet each, in this order. Then it ends.
struct KeeperReport {
  enum Kind : std::int32_t { kStarted, kEnded };
  std::int32_t kind;
  std::int32_t value;  // kStarted: process id of the command. kEnded: its status, as of waitpid.
};

// For main(): the exit code, if this process is to be a keeper.
std::optional<int> keep_process(int argc, char** argv);

}  // namespace tailrace::lambda
