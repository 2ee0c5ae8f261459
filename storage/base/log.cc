#include "storage/base/log.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "storage/base/clock.h"
#include "storage/base/json_text.h"
#include "storage/base/time_text.h"

namespace tailrace {
namespace {

struct LevelNames {
  std::string_view text;  // Of one width, so that messages stand in a column.
  std::string_view json;
};

constexpr LevelNames kLevels[] = {
    {"DEBUG", "debug"}, {"INFO ", "info"}, {"WARN ", "warn"}, {"ERROR", "error"}, {"OFF  ", "off"}};

// Written once before other threads run (set_log), read by all.
struct Settings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
};
Settings settings;

const LevelNames& names_of(LogLevel level) {
  return kLevels[static_cast<std::size_t>(level)];
}

// Bare if that is unmistakable: no blanks, quotes, or control characters.
void append_field_value(std::string& line, std::string_view value) {
  const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '=' && c != '\\';
  });
  if (plain) {
    line.append(value);
  } else {
    append_json_string(line, value);
  }
}

// A message of several lines would break the one-line-an-event rule.
void append_message(std::string& line, std::string_view message) {
  for (const char c : message) line.push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
}

std::string text_line(LogLevel level, std::string_view message, LogFields fields) {
  std::string line = iso_millis_z(machine_now());  // Also where the product's clock is frozen.
  line.append(" ").append(names_of(level).text).append(" ");
  append_message(line, message);
  for (const auto& [name, value] : fields) {
    line.append(" ").append(name).append("=");
    append_field_value(line, value);
  }
  return line;
}

std::string json_line(LogLevel level, std::string_view message, LogFields fields) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.string("time", iso_millis_z(machine_now()));
  json.string("level", names_of(level).json);
  json.string("message", message);
  for (const auto& [name, value] : fields) json.string(name, value);
  json.end_object();
  return line;
}

}  // namespace

void set_log(LogLevel level, LogFormat format) {
  settings = {.level = level, .format = format};
}

bool log_enabled(LogLevel level) {
  return level >= settings.level && level != LogLevel::kOff;
}

void log_line(LogLevel level, std::string_view message, LogFields fields) {
  if (!log_enabled(level)) return;
  std::string line = settings.format == LogFormat::kJson ? json_line(level, message, fields)
                                                         : text_line(level, message, fields);
  line.push_back('\n');
  std::fwrite(line.data(), 1, line.size(), stderr);  // One call, so that lines do not mix.
}

bool LogSeldom::is_due() {
  constexpr std::int64_t kPauseMs = 60'000;
  const std::int64_t now = to_millis(machine_now());
  std::int64_t last = last_ms_.load(std::memory_order_relaxed);
  return now - last >= kPauseMs &&
         last_ms_.compare_exchange_strong(last, now, std::memory_order_relaxed);
}

}  // namespace tailrace
