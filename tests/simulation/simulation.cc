#include "tests/simulation/simulation.h"

#include <algorithm>

#include "storage/base/str_cat.h"
#include "tests/simulation/json_view.h"

namespace tailrace::simulation {
namespace {

constexpr Millis kEndsWithin = std::chrono::seconds(20);
// However far a command moves the clock.
constexpr int kClockStepsMax = 5'000;

}  // namespace

Simulation::Simulation(const Plan& plan)
    : plan_(plan),
      story_(plan, [this](Outgoing sent) { mappings_.on_request(std::move(sent)); }),
      tables_(story_),
      mappings_(story_, tables_),
      steps_left_(plan.steps),
      options_(options()) {}

Options Simulation::options() {
  Options options;
  options.log_level = LogLevel::kOff;
  options.destinations.emplace_back(kDestinationArn, kDestinationUrl);
  if (story_.has(Feature::kManyShards)) options.streams.initial_shards = story_.chance.from(2, 4);
  if (story_.has(Feature::kShortShards)) options.streams.shard_age_max = std::chrono::seconds(3);
  options.streams.trim_interval = std::chrono::seconds(story_.chance.from(1, 60));
  if (story_.has(Feature::kPolling)) options.poll_interval = Millis(250);
  return options;
}

std::optional<std::string> Simulation::run() {
  while (!story_.is_wrong() && (steps_left_ > 0 || !last_life_)) {
    last_life_ = steps_left_ <= 0;
    story_.tell("start");
    switch (story_.server.run(options_, [this] { live(); })) {
      case Server::End::kAsItShould:
        break;
      case Server::End::kNotStarted:
        story_.tell("the start failed");
        mend_disk();
        break;
      case Server::End::kListenersLeft:
        story_.wrong("a listener has outlived the product");
    }
    mappings_.life_ended();
  }
  return story_.what_was_wrong();
}

void Simulation::live() {
  if (boot()) {
    mend_disk();
    mappings_.start_clients();
    tables_.reconcile();
    mappings_.reconcile();
    if (last_life_ && !story_.over()) check_all();
    while (!story_.over() && steps_left_ > 0) {
      --steps_left_;
      story_.tick();
      act();
      wander();
    }
    if (!story_.over()) check_all();
    if (!story_.over()) end_life();
  }
  // Time goes on, also where the product's clock was ahead.
  story_.machine.set(std::max(story_.machine.now(), story_.product_now()));
  if (story_.is_wrong()) story_.server.kill();
}

bool Simulation::boot() {
  SimulatedRuntime& runtime = story_.server.runtime();
  while (!story_.over() && runtime.listener(options_.port) == nullptr)
    runtime.go_on(std::chrono::seconds(1));
  return !story_.over();
}

void Simulation::act() {
  const int what = story_.chance.from(0, 99);
  if (what < 60) return tables_.act();
  if (what < 75) return mappings_.act();
  if (what < 82) return command_streams();
  if (what < 85) return mappings_.change_mood();
  if (what < 88) return disturb_disk();
  if (what < 90 && story_.has(Feature::kDrains)) return mappings_.drain();
  if (what < 92 && story_.has(Feature::kClock)) return move_clock();
  if (what < 93 && story_.sometimes(Feature::kStops, 50)) return end_life();
  if (what < 94 && story_.sometimes(Feature::kKills, 50)) {
    story_.tell("kill");
    // In the middle of whatever will be going on then.
    story_.server.runtime().later(SimulatedRuntime::Thread::kRequests, Millis(0),
                                  [this] { story_.server.kill(); });
  }
}

// What was begun goes on for a while.
void Simulation::wander() {
  SimulatedRuntime& runtime = story_.server.runtime();
  for (int steps = story_.chance.from(0, 12); steps > 0 && !story_.over(); --steps) runtime.step();
  if (story_.over() || !story_.chance.percent(30)) return;
  const int scale = story_.chance.from(0, 99);
  const int up_to = scale < 60 ? 20 : scale < 90 ? 500 : scale < 98 ? 5'000 : 100'000;
  runtime.pass(Millis(story_.chance.from(1, up_to)));
}

void Simulation::disturb_disk() {
  Disk& disk = story_.server.disk();
  disk.full = false;
  if (story_.sometimes(Feature::kFailingCommits, 50)) disk.fail_commit = story_.chance.from(1, 20);
  if (story_.sometimes(Feature::kFailingReads, 50)) disk.fail_read = story_.chance.from(1, 50);
  if (story_.sometimes(Feature::kFullDisk, 30)) disk.full = true;
  story_.tell("disk: ", disk.full ? "full; " : "", "commit fails in ", disk.fail_commit,
              ", read in ", disk.fail_read);
}

void Simulation::mend_disk() {
  Disk& disk = story_.server.disk();
  disk.full = false;
  disk.fail_commit = disk.fail_read = disk.fail_write = 0;
}

void Simulation::command_streams() {
  StreamModel* stream = tables_.any_stream();
  if (!stream) return;
  std::string command;
  if (story_.sometimes(Feature::kTrims, 5)) {
    command = "trim";
  } else if (story_.sometimes(Feature::kSplits, 25)) {
    command = "split";
  } else if (story_.has(Feature::kRollOvers)) {
    command = "rollover";
  } else {
    return;
  }
  story_.tell(command, " ", stream->table());
  if (command == "trim") stream->trim();
  story_.server.send(rest("POST", str_cat("/_tailrace/streams/", command),
                          str_cat(R"({"StreamArn":")", stream->arn(), "\"}")),
                     [stream, command](const Reply&) {
                       if (command == "trim") stream->trim();
                     });
}

void Simulation::move_clock() {
  const int seconds =
      story_.chance.one_of(std::vector{1, 10, 300, 4 * 3600, 30 * 3600, 30 * 86400});
  story_.tell("clock advances by ", seconds, " s");
  SimulatedRuntime& runtime = story_.server.runtime();
  const int before = runtime.clock_steps();
  story_.server.send(
      rest("PUT", "/_tailrace/clock", str_cat(R"({"AdvanceSeconds":)", seconds, "}")),
      [this, &runtime, before](const Reply& reply) {
        if (!reply.ok()) return;
        const int steps = runtime.clock_steps() - before;
        if (steps > kClockStepsMax) story_.wrong("the clock was moved in ", steps, " steps");
      });
}

void Simulation::end_life() {
  story_.tell("SIGTERM");
  SimulatedRuntime& runtime = story_.server.runtime();
  runtime.terminate();
  runtime.pass(kEndsWithin);
  if (!runtime.ended()) story_.wrong("SIGTERM has not ended it after 20 s");
}

void Simulation::check_all() {
  story_.tell("calm");
  mend_disk();
  SimulatedRuntime& runtime = story_.server.runtime();
  mappings_.calm_down();
  while (story_.server.open_calls() > 0 && !story_.over()) runtime.go_on(std::chrono::seconds(1));
  if (!story_.over()) runtime.pass(std::chrono::seconds(30));
  if (!story_.over()) tables_.check();
  if (!story_.over()) mappings_.check();
}

// --- Shrinking

std::string repeat_text(const Plan& plan) {
  std::string without;
  for (unsigned i = 0; i < kFeatures; ++i) {
    if ((plan.without >> i & 1) != 0)
      str_append(without, without.empty() ? "" : ",", feature_name(static_cast<Feature>(i)));
  }
  return str_cat("TAILRACE_SIMULATION_SEEDS=", plan.seed, " TAILRACE_SIMULATION_STEPS=", plan.steps,
                 " TAILRACE_SIMULATION_WITHOUT=", without);
}

Plan shrink(const Plan& failing) {
  Plan least = failing;
  // Another fault would be another seed's story.
  constexpr std::size_t kSame = 12;
  const std::string what = Simulation(failing).run().value_or("").substr(0, kSame);
  const auto try_instead = [&](const Plan& plan) {
    if (Simulation(plan).run().value_or("").substr(0, kSame) == what) least = plan;
  };
  for (unsigned i = 0; i < kFeatures; ++i) {
    Plan plan = least;
    plan.without |= std::uint64_t{1} << i;
    try_instead(plan);
  }
  for (int step = failing.steps / 2; step >= 5; step /= 2) {
    Plan plan = least;
    plan.steps -= step;
    if (plan.steps > 0) try_instead(plan);
  }
  return least;
}

}  // namespace tailrace::simulation
