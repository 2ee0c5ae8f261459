// How much memory this process may have: the machine's, or less where a container (a control group
// of Linux, cgroups(7)) has a limit, at which the kernel ends the process without a word.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace tailrace {

// A file's text; nullopt: it cannot be read.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

// The smallest limit on the way from the root of the hierarchy to this process's group, of version
// 2 (memory.max) and 1 (memory.limit_in_bytes); nullopt: there is none. Reads /proc/self/cgroup,
// /proc/self/mountinfo and the groups' files.
std::optional<std::size_t> group_memory_limit(const ReadFile& read);

// Of `machine_bytes` and the groups' limit the smaller one, less what the process needs besides: an
// eighth, at least 64 MB, but not more than a half.
std::size_t memory_for_budget(std::size_t machine_bytes, std::optional<std::size_t> group_limit);

// As above, of this machine and process.
std::size_t memory_for_budget();

// Who may have how much of it, each for itself: stalled clients leave the store its part, and a
// full store lets requests in that read and delete.
struct MemoryParts {
  std::size_t store;
  std::size_t messages;  // Bodies of requests and answers, events that wait.
};
MemoryParts memory_parts(std::size_t bytes);

}  // namespace tailrace
