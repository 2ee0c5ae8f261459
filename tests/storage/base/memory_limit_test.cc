#include "storage/base/memory_limit.h"

#include <gtest/gtest.h>

#include <map>

namespace tailrace {
namespace {

using Files = std::map<std::string, std::string>;

constexpr std::size_t kMega = std::size_t{1} << 20;
constexpr const char* kV2Mount =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* kV1Mounts =
    "31 30 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 30 0:28 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n";

struct LimitCase {
  const char* what;
  const char* groups;
  const char* mounts;
  Files limits;
  std::optional<std::size_t> expected;
};

const LimitCase kCases[] = {
    {"no control groups", "", "", {}, std::nullopt},
    {"version 2, no limit",
     "0::/\n",
     kV2Mount,
     {{"/sys/fs/cgroup/memory.max", "max\n"}},
     std::nullopt},
    {"version 2, a container with a namespace of its own",
     "0::/\n",
     kV2Mount,
     {{"/sys/fs/cgroup/memory.max", "536870912\n"}},
     512 * kMega},
    {"version 2, the group itself",
     "0::/user.slice/app.scope\n",
     kV2Mount,
     {{"/sys/fs/cgroup/user.slice/memory.max", "max\n"},
      {"/sys/fs/cgroup/user.slice/app.scope/memory.max", "1073741824\n"}},
     1024 * kMega},
    {"version 2, a group above has less",
     "0::/pod/container\n",
     kV2Mount,
     {{"/sys/fs/cgroup/pod/memory.max", "268435456\n"},
      {"/sys/fs/cgroup/pod/container/memory.max", "1073741824\n"}},
     256 * kMega},
    {"version 2, a group's name with a colon and a space",
     "0::/a:b/c\n",
     kV2Mount,
     {{"/sys/fs/cgroup/a:b/c/memory.max", "1048576\n"}},
     kMega},
    {"version 2, the process is outside of what is mounted",
     "0::/../../other\n",
     kV2Mount,
     {{"/sys/fs/cgroup/memory.max", "2097152\n"}, {"/sys/fs/cgroup/other/memory.max", "1\n"}},
     2 * kMega},
    {"version 1, no limit is a large one",
     "4:memory:/\n",
     kV1Mounts,
     {{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"}},
     9223372036854771712U},
    {"version 1, nested",
     "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n",
     kV1Mounts,
     {{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
      {"/sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "3145728\n"},
      {"/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "4194304\n"}},
     3 * kMega},
    {"version 1, a container sees its own group as root of the mount",
     "4:memory:/docker/abc\n",
     "32 30 0:28 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
     {{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "5242880\n"}},
     5 * kMega},
    {"version 1, the name of the mounted group begins that of another",
     "4:memory:/docker/abcd\n",
     "32 30 0:28 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
     {{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "5242880\n"}},
     5 * kMega},
    {"both versions, memory in version 1",
     "4:memory:/g\n0::/g\n",
     "30 23 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
     "32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
     {{"/sys/fs/cgroup/memory/g/memory.limit_in_bytes", "6291456\n"}},
     6 * kMega},
    {"broken files", "nonsense\n0:\n::\n", "a b - c\n- - - -\n", {}, std::nullopt},
    {"a limit that is no number",
     "0::/\n",
     kV2Mount,
     {{"/sys/fs/cgroup/memory.max", "\n"}},
     std::nullopt},
};

TEST(GroupMemoryLimit, IsTheSmallestOnTheWayToTheProcess) {
  for (const LimitCase& each : kCases) {
    Files files = each.limits;
    files["/proc/self/cgroup"] = each.groups;
    files["/proc/self/mountinfo"] = each.mounts;
    const auto limit =
        group_memory_limit([&](const std::string& path) -> std::optional<std::string> {
          const auto file = files.find(path);
          return file == files.end() ? std::nullopt : std::optional(file->second);
        });
    EXPECT_EQ(limit, each.expected) << each.what;
  }
}

TEST(GroupMemoryLimit, IsUnknownWithoutProc) {
  EXPECT_EQ(group_memory_limit([](const std::string&) { return std::nullopt; }), std::nullopt);
}

TEST(MemoryForBudget, IsTheSmallerOneLessAMargin) {
  EXPECT_EQ(memory_for_budget(16'384 * kMega, std::nullopt), 14'336 * kMega);
  EXPECT_EQ(memory_for_budget(16'384 * kMega, 512 * kMega), 448 * kMega);
  EXPECT_EQ(memory_for_budget(256 * kMega, 9223372036854771712U), 192 * kMega);
  EXPECT_EQ(memory_for_budget(16'384 * kMega, 64 * kMega), 32 * kMega);
}

TEST(MemoryParts, AreTogetherWhatThereIs) {
  for (const auto& [whole, messages] : {std::pair{16 * kMega, 8 * kMega},
                                        {64 * kMega, 32 * kMega},
                                        {448 * kMega, 56 * kMega},
                                        {65'536 * kMega, 1024 * kMega}}) {
    EXPECT_EQ(memory_parts(whole).messages, messages) << whole;
    EXPECT_EQ(memory_parts(whole).store, whole - messages) << whole;
  }
}

TEST(MemoryForBudget, OfThisMachineIsThere) {
  EXPECT_GT(memory_for_budget(), kMega);
}

}  // namespace
}  // namespace tailrace
