// Story: what every part of a simulation shares: chance, time, the server, what has happened, and
// what was wrong with it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "storage/base/str_cat.h"
#include "tests/simulation/server.h"
#include "tests/simulation/stream_model.h"

namespace tailrace::simulation {

// What a simulation may do; each seed has a choice of its own, so that rare things meet.
enum class Feature : std::uint8_t {
  kRollOvers,
  kSplits,
  kTrims,
  kShortShards,
  kManyShards,
  kTtl,
  kIndexes,
  kBatches,
  kTransactions,
  kStreamChanges,
  kTableDeletion,
  kPolling,
  kMappingUpdates,
  kDisabling,
  kMappingDeletion,
  kFactors,
  kBisection,
  kRetryLimits,
  kRecordAges,
  kItemFailures,
  kBatchingWindows,
  kTumblingWindows,
  kFilters,
  kLatest,
  kTags,
  kBindings,
  kFailingHandlers,
  kSlowHandlers,
  kNetworkFaults,
  kFailingCommits,
  kFailingReads,
  kFullDisk,
  kKills,
  kStops,
  kClock,
  kDrains,
  kRuntimeApi,
};
inline constexpr unsigned kFeatures = 37;
std::string_view feature_name(Feature feature);
std::optional<Feature> find_feature(std::string_view name);

struct Plan {
  std::uint64_t seed = 0;
  int steps = 300;
  std::uint64_t without = 0;  // Bits of features that are off whatever the seed says.
  bool print = false;         // Every line of the trace as it comes.
};

class Story {
 public:
  Story(const Plan& plan, std::function<void(Outgoing)> network);

  bool has(Feature feature) const { return (features_ >> static_cast<unsigned>(feature) & 1) != 0; }
  // Has the feature, and chance says so now.
  bool sometimes(Feature feature, int percent) { return chance.percent(percent) && has(feature); }

  Moment now() const { return moment_; }
  Moment tick() { return ++moment_; }
  Instant product_now() const { return server.runtime().clock().now(); }

  // A line of the trace.
  template <class... Parts>
  void tell(const Parts&... parts) {
    add_line(str_cat(parts...));
  }
  // The first thing that was wrong ends the simulation.
  template <class... Parts>
  void wrong(const Parts&... parts) {
    if (is_wrong()) return;
    wrong_ = str_cat(parts...);
    add_line(str_cat("WRONG: ", *wrong_));
  }
  bool is_wrong() const { return wrong_.has_value(); }
  const std::optional<std::string>& what_was_wrong() const { return wrong_; }
  std::string last_lines() const;
  bool over() const { return is_wrong() || server.gone(); }

  // Sends and waits, letting everything else go on. Wrong if no answer comes within two minutes.
  Reply ask(ClientRequest request);
  // As ask(), of what must succeed; again if the disk failed it.
  Reply ask_ok(const ClientRequest& request);

  Chance chance;
  ManualClock machine;
  mutable Server server;

 private:
  void add_line(std::string line);

  const Plan plan_;
  std::uint64_t features_ = 0;
  Moment moment_ = 1;
  std::deque<std::string> lines_;
  std::optional<std::string> wrong_;
};

ClientRequest dynamodb(std::string_view operation, std::string body);
ClientRequest streams(std::string_view operation, std::string body);
ClientRequest rest(std::string_view method, std::string path, std::string body = {});

}  // namespace tailrace::simulation
