#include "server/control/clock_routes.h"

#include <atomic>
#include <cmath>
#include <deque>

#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"
#include "storage/base/time_text.h"

namespace tailrace::control {
namespace {

constexpr double kAdvanceSecondsMax = 100.0 * 366 * 86400;  // Instants must stay in range.

// Of one stop. Tasks that others post meanwhile must not hold the clock for ever.
constexpr int kRoundsMax = 1000;
// To ask a connection costs a system call.
constexpr int kRoundsPerLook = 256;

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

std::string clock_text(Instant now, bool frozen) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().string("Now", iso_millis_z(now)).boolean("Frozen", frozen).end_object();
  return text;
}

ApiError given_up(Instant now) {
  return {.code = ErrorCode::kServiceUnavailable,
          .message = str_cat("the server stops; the clock stands at ", iso_millis_z(now)),
          .extra_members = {}};
}

}  // namespace

struct ClockCommands::State {
  struct Waiting {
    ClockCommand command;
    http::Respond client;
    ControlReply reply;
  };
  // The command that is carried out. The clock stands still between its stops.
  struct Way {
    ControlReply reply;
    http::Respond client;
    Instant target;
    bool frozen_after;
    int rounds = 0;      // Of this stop.
    int all_rounds = 0;  // Of all stops.
    std::shared_ptr<std::atomic<bool>> client_gone = std::make_shared<std::atomic<bool>>(false);
  };

  State(ControlledTime& its_time, Settle its_settle)
      : time(its_time), settle(std::move(its_settle)) {}

  void take(Waiting waiting);
  void set_out(Waiting waiting);
  void settle_here();
  void go_on(Settled settled);
  void look_for_client();
  void arrive();

  ControlledTime& time;
  const Settle settle;
  std::optional<Way> way;
  std::deque<Waiting> waiting;
  bool stopped = false;
};

void ClockCommands::State::take(Waiting next) {
  if (stopped) return next.reply(given_up(time.now()));
  if (way) return waiting.push_back(std::move(next));
  set_out(std::move(next));
}

void ClockCommands::State::set_out(Waiting next) {
  const ClockCommand& command = next.command;
  const bool frozen_after = !command.resume && (command.freeze || time.frozen());
  time.freeze();
  if (command.set) time.set(*command.set);
  way.emplace(Way{.reply = std::move(next.reply),
                  .client = std::move(next.client),
                  .target = time.now() + command.advance.value_or(Millis(0)),
                  .frozen_after = frozen_after});
  time.head_for(way->target);
  settle_here();
}

void ClockCommands::State::settle_here() {
  settle([this](Settled settled) { go_on(settled); });
}

// A stop is over when nothing runs any more that it started.
void ClockCommands::State::go_on(Settled settled) {
  ++way->rounds;
  if (++way->all_rounds % kRoundsPerLook == 0) look_for_client();
  if (stopped || *way->client_gone) return arrive();
  if (settled == Settled::kNotYet) return settle_here();
  if (time.has_posted() && way->rounds < kRoundsMax) return settle_here();
  way->rounds = 0;
  if (time.step_clock(way->target)) return settle_here();
  arrive();
}

void ClockCommands::State::look_for_client() {
  way->client.on_thread([client = way->client, gone = way->client_gone] {
    if (!client.connected()) *gone = true;
  });
}

void ClockCommands::State::arrive() {
  const Way ended = *std::exchange(way, std::nullopt);
  time.head_for(time.now());
  if (!ended.frozen_after) time.resume();
  if (stopped) {
    ended.reply(given_up(time.now()));
    for (const Waiting& next : std::exchange(waiting, {})) next.reply(given_up(time.now()));
    return;
  }
  ended.reply(clock_text(time.now(), time.frozen()));
  if (way || waiting.empty()) return;
  Waiting next = std::move(waiting.front());
  waiting.pop_front();
  set_out(std::move(next));
}

ClockCommands::ClockCommands(ControlledTime& time, Settle settle)
    : state_(std::make_unique<State>(time, std::move(settle))) {}

ClockCommands::~ClockCommands() = default;

void ClockCommands::stop() {
  state_->stopped = true;
}

void ClockCommands::add_routes(ControlApi& api) {
  State& state = *state_;
  api.add("GET", "clock", [&state](const ControlCall&, const ControlReply& reply) {
    const bool frozen = state.way ? state.way->frozen_after : state.time.frozen();
    reply(clock_text(state.time.now(), frozen));
  });
  api.add("PUT", "clock", [&state](const ControlCall& call, ControlReply reply) {
    const auto command = read_command(call.body);
    if (!command) return reply(command.error());
    state.take({.command = *command, .client = call.client, .reply = std::move(reply)});
  });
}

}  // namespace tailrace::control
