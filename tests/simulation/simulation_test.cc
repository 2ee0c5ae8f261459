// A range of seeds of the simulation of the whole product. A seed that fails is printed with its
// last lines, and made as short as it can be. Variables of the environment:
//
//   TAILRACE_SIMULATION_SEEDS=1000-1999    these seeds (one number: this one)
//   TAILRACE_SIMULATION_STEPS=300          steps of each
//   TAILRACE_SIMULATION_WITHOUT=kills,ttl  features that are turned off
//   TAILRACE_SIMULATION_PRINT=1            every line as it comes
#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "storage/base/log.h"
#include "storage/base/str_cat.h"

namespace tailrace::simulation {
namespace {

constexpr std::uint64_t kSeeds = 12;  // scripts/torture takes more.

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::uint64_t features(std::string names) {
  std::uint64_t bits = 0;
  while (!names.empty()) {
    const std::string name = names.substr(0, names.find(','));
    names.erase(0, name.size() + 1);
    const auto feature = find_feature(name);
    EXPECT_TRUE(feature.has_value()) << name;
    if (feature) bits |= std::uint64_t{1} << static_cast<unsigned>(*feature);
  }
  return bits;
}

Plan plan_of(std::uint64_t seed) {
  Plan plan{.seed = seed};
  if (const std::string steps = variable("TAILRACE_SIMULATION_STEPS"); !steps.empty())
    plan.steps = std::stoi(steps);
  if (const std::string without = variable("TAILRACE_SIMULATION_WITHOUT"); !without.empty())
    plan.without = features(without);
  plan.print = !variable("TAILRACE_SIMULATION_PRINT").empty();
  return plan;
}

std::pair<std::uint64_t, std::uint64_t> seeds() {
  const std::string range = variable("TAILRACE_SIMULATION_SEEDS");
  if (range.empty()) return {1, kSeeds};
  const std::size_t dash = range.find('-');
  const std::uint64_t first = std::stoull(range);
  return {first, dash == std::string::npos ? first : std::stoull(range.substr(dash + 1))};
}

void expect_nothing_wrong(std::uint64_t seed) {
  const Plan plan = plan_of(seed);
  Simulation simulation(plan);
  const auto wrong = simulation.run();
  if (!wrong) return;
  // At once, as shrinking takes its time.
  std::printf("seed %lu: %s\n%s", seed, wrong->c_str(), simulation.last_lines().c_str());
  std::fflush(stdout);
  const Plan least = shrink(plan);
  Simulation again(least);
  const auto shorter = again.run();
  ADD_FAILURE() << "seed " << seed << ": " << *wrong << "\nrepeat with " << repeat_text(plan)
                << "\nshorter: " << shorter.value_or("") << "\n"
                << again.last_lines() << "repeat with " << repeat_text(least);
}

// Each part takes the seeds that it has by this number, so that they can run side by side.
constexpr std::uint64_t kParts = 4;
class Simulations : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Simulations, FindNothingWrong) {
  set_log(LogLevel::kOff, LogFormat::kText);
  const auto [first, last] = seeds();
  std::uint64_t count = 0;
  for (std::uint64_t seed = first; seed <= last && !HasFailure(); ++seed) {
    if (seed % kParts != GetParam()) continue;
    if (count++ % 100 == 0 && first != last)
      std::printf("seed %lu of %lu to %lu\n", seed, first, last);
    std::fflush(stdout);  // Before it runs, for it might end the program.
    expect_nothing_wrong(seed);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, Simulations, ::testing::Range(std::uint64_t{0}, kParts));

// What repeats cannot depend on addresses, the machine's time or its chance.
TEST(Simulation, RepeatsASeed) {
  set_log(LogLevel::kOff, LogFormat::kText);
  const auto lines = [] {
    Simulation simulation({.seed = 7, .steps = 100});
    simulation.run();
    return simulation.last_lines();
  };
  EXPECT_EQ(lines(), lines());
}

}  // namespace
}  // namespace tailrace::simulation
