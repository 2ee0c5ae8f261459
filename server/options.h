// What the command line and the environment may say. Every option is a row of one table
// (options.cc), from which
// --help and the TAILRACE_* variables are made as well.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/call/world.h"
#include "server/http/io_runtime.h"
#include "server/protocol/gateway.h"
#include "storage/base/log.h"
#include "storage/engine/sqlite/sqlite_engine.h"
#include "streams/log/stream_log.h"

namespace tailrace {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
  int threads = 2;
  int connections_max = http::ListenOptions{}.connections_max;
  SqliteOptions store;
  std::optional<std::size_t> max_memory;  // Bytes; absent: memory_for_budget().
  // For bodies and events that wait, as memory_parts has it; nullptr: nobody counts.
  std::shared_ptr<MemoryBudget> messages;
  std::string region = "us-east-1";
  bool shared_db = false;
  bool verify_signatures = false;
  std::map<std::string, std::string> access_keys;  // Id to secret.
  protocol::ControlAccess control_access = protocol::ControlAccess::kLoopbackOnly;
  protocol::PagePolicy::Settings pages;
  std::filesystem::path destination_dir;  // Of file: destinations bound over HTTP; empty: none may.
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  ops::WorldOptions world;
  StreamOptions streams;
  // Triggers.
  std::vector<std::pair<std::string, std::string>> functions;     // Name to target.
  std::vector<std::pair<std::string, std::string>> destinations;  // ARN to target.
  std::vector<std::filesystem::path> trigger_files;
  std::vector<std::filesystem::path> templates;
  Millis poll_interval{0};
  bool allow_exec = false;
  std::string warning;  // To be logged; empty: all is well.
};

// What to do instead of serving.
struct PrintAndExit {
  std::string text;
  int exit_code = 0;  // 0: on standard output; otherwise on standard error.
};

using Environment = std::map<std::string, std::string, std::less<>>;  // Variables by name.
Environment read_environment(const char* const* lines);  // "NAME=value", of names TAILRACE_*.

// Command line over environment over defaults. A mistake gives one clear line and exit code 2; a
// variable that is no option gives a warning.
std::variant<Options, PrintAndExit> parse_options(const std::vector<std::string>& arguments,
                                                  const Environment& environment);

std::string_view version();  // "0.1.0"

}  // namespace tailrace
