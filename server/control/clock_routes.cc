#include "server/control/clock_routes.h"

#include <cmath>

#include "storage/base/json_text.h"
#include "storage/base/time_text.h"

namespace tailrace::control {
namespace {

constexpr double kAdvanceSecondsMax = 100.0 * 366 * 86400;  // Instants must stay in range.

struct ClockCommand {
  bool freeze = false;
  std::optional<Instant> set;
  std::optional<Millis> advance;
  bool resume = false;
};

Result<ClockCommand> read_command(const json::Value& body) {
  Members members(body);
  ClockCommand command;
  command.freeze = members.flag("Freeze");
  const auto set = members.optional_string("Set");
  const auto seconds = members.optional_number("AdvanceSeconds");
  command.resume = members.flag("Resume");
  TRY_VOID(members.finish());
  if (set) {
    command.set = parse_iso(*set);
    if (!command.set) {
      return validation_error("Member Set must be a time like 2026-02-03T04:05:06Z");
    }
  }
  if (seconds) {
    if (!(*seconds >= 0 && *seconds <= kAdvanceSecondsMax)) {
      return validation_error(
          "Member AdvanceSeconds must be from 0 to 3162240000; to go back, Set");
    }
    command.advance = Millis(std::llround(*seconds * 1000));
  }
  if (!command.freeze && !command.set && !command.advance && !command.resume) {
    return validation_error("Give one of Freeze, Set, AdvanceSeconds, Resume");
  }
  return command;
}

std::string clock_text(const ControlledTime& time) {
  std::string text;
  JsonWriter json(text);
  json.begin_object()
      .string("Now", iso_millis_z(time.now()))
      .boolean("Frozen", time.frozen())
      .end_object();
  return text;
}

Result<std::string> run_command(const json::Value& body, ControlledTime& time, const Task& settle) {
  TRY(const ClockCommand command, read_command(body));
  if (command.freeze) time.freeze();
  if (command.set) time.set(*command.set);
  if (command.advance) time.advance(*command.advance, settle);
  if (command.resume) time.resume();
  time.advance(Millis(0), settle);  // What Set made due may go on in further tasks.
  return clock_text(time);
}

}  // namespace

void add_clock_routes(ControlApi& api, ControlledTime& time, Task settle) {
  api.add("GET", "clock",
          [&time](const ControlCall&, const ControlReply& reply) { reply(clock_text(time)); });
  api.add("PUT", "clock",
          [&time, settle = std::move(settle)](const ControlCall& call, const ControlReply& reply) {
            reply(run_command(call.body, time, settle));
          });
}

}  // namespace tailrace::control
