#include "storage/base/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <vector>

namespace tailrace {
namespace {

constexpr std::size_t kMarginMin = std::size_t{64} << 20;

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find(by), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

bool has_part(std::string_view list, std::string_view part) {
  const auto parts = split(list, ',');
  return std::ranges::find(parts, part) != parts.end();
}

// Of one version: the group of this process, and the file that holds a group's limit.
struct Hierarchy {
  std::string_view group;
  std::string_view limit_file;
  bool version_2 = false;
};

// Lines `0::/path` (version 2) and `4:cpu,memory:/path` (version 1); a path may hold colons.
std::vector<Hierarchy> hierarchies(std::string_view groups) {
  std::vector<Hierarchy> found;
  for (const std::string_view line : split(groups, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    if (controllers.empty())
      found.push_back({.group = path, .limit_file = "memory.max", .version_2 = true});
    else if (has_part(controllers, "memory"))
      found.push_back({.group = path, .limit_file = "memory.limit_in_bytes", .version_2 = false});
  }
  return found;
}

struct Mount {
  std::string_view root;  // The group that lies at `point`.
  std::string_view point;
};

// Lines `36 35 98:0 /root /point rw,noatime shared:1 - cgroup2 cgroup2 rw` (proc_pid_mountinfo(5)).
std::optional<Mount> find_mount(std::string_view mounts, const Hierarchy& hierarchy) {
  for (const std::string_view line : split(mounts, '\n')) {
    const auto fields = split(line, ' ');
    const auto dash = std::ranges::find(fields, "-");
    if (fields.size() < 6 || fields.end() - dash < 4) continue;
    const bool fits = hierarchy.version_2 ? dash[1] == "cgroup2"
                                          : dash[1] == "cgroup" && has_part(dash[3], "memory");
    if (fits) return Mount{.root = fields[3], .point = fields[4]};
  }
  return std::nullopt;
}

// Where the group lies below the mount's; empty: there, or outside of what is mounted.
std::string_view below(std::string_view group, std::string_view root) {
  if (root != "/") {
    if (!group.starts_with(root)) return {};
    group.remove_prefix(root.size());
    if (!group.empty() && group.front() != '/') return {};
  }
  return group.find("/..") == group.npos ? group : std::string_view();
}

std::optional<std::size_t> read_limit(const ReadFile& read, const std::string& path) {
  const auto text = read(path);
  if (!text) return std::nullopt;
  std::size_t bytes = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), bytes);
  if (error != std::errc() || end == text->data()) return std::nullopt;  // "max"
  return bytes;
}

}  // namespace

std::optional<std::size_t> group_memory_limit(const ReadFile& read) {
  const auto groups = read("/proc/self/cgroup");
  const auto mounts = read("/proc/self/mountinfo");
  if (!groups || !mounts) return std::nullopt;
  std::optional<std::size_t> smallest;
  for (const Hierarchy& hierarchy : hierarchies(*groups)) {
    const auto mount = find_mount(*mounts, hierarchy);
    if (!mount) continue;
    std::string directory(mount->point);
    const auto look = [&] {
      const auto limit = read_limit(read, directory + '/' + std::string(hierarchy.limit_file));
      if (limit) smallest = std::min(*limit, smallest.value_or(*limit));
    };
    look();
    for (const std::string_view name : split(below(hierarchy.group, mount->root), '/')) {
      if (name.empty()) continue;
      directory.append("/").append(name);
      look();
    }
  }
  return smallest;
}

std::size_t memory_for_budget(std::size_t machine_bytes, std::optional<std::size_t> group_limit) {
  const std::size_t bytes = std::min(machine_bytes, group_limit.value_or(machine_bytes));
  return bytes - std::min(std::max(bytes / 8, kMarginMin), bytes / 2);
}

MemoryParts memory_parts(std::size_t bytes) {
  constexpr std::size_t kMessagesMin = std::size_t{32} << 20;  // Two of the largest bodies.
  constexpr std::size_t kMessagesMax = std::size_t{1} << 30;
  const std::size_t messages =
      std::min(std::clamp(bytes / 8, kMessagesMin, kMessagesMax), bytes / 2);
  return {.store = bytes - messages, .messages = messages};
}

std::size_t memory_for_budget() {
  const auto read = [](const std::string& path) -> std::optional<std::string> {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
  };
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  constexpr std::size_t kUnknown = std::size_t{1} << 30;
  const std::size_t machine = pages > 0 ? static_cast<std::size_t>(pages) *
                                              static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))
                                        : kUnknown;
  return memory_for_budget(machine, group_memory_limit(read));
}

}  // namespace tailrace
