// Drain: waits until mappings have finished everything that was committed before it was asked for.
// (behaviour/triggers 10.3, rule 5)
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "streams/triggers/mapping_runner.h"

namespace tailrace::triggers {

// What stands in the way: one batch, or a shard that is not read so far.
struct BehindBatch {
  std::string uuid;
  std::string function_arn;
  std::string shard_id;
  std::uint64_t checkpoint = 0;
  std::uint64_t target = 0;          // Last record that must be finished.
  std::uint64_t first_sequence = 0;  // Of the batch; 0: none.
  std::uint64_t last_sequence = 0;
  std::size_t records = 0;
  int attempts = 0;
  std::string reason;
};

// How far a shard must be read.
struct DrainTarget {
  std::string uuid;
  std::string shard_id;
  std::uint64_t sequence = 0;
};

class Drain {
 public:
  using Runners =
      std::function<std::shared_ptr<MappingRunner>(const std::string& uuid)>;  // nullptr: deleted.
  using Done = std::function<void()>;

  Drain(Runners runners, Done done) : runners_(std::move(runners)), done_(std::move(done)) {}

  void set_targets(std::vector<DrainTarget> targets);
  // Calls `done` when all targets are reached. True: it was called, now or before.
  bool check();
  // Why it is not done yet, by the targets.
  std::vector<BehindBatch> behind() const;

 private:
  bool reached(const DrainTarget& target) const;

  Runners runners_;
  Done done_;
  bool ready_ = false;  // The targets are known.
  std::vector<DrainTarget> targets_;
};

// The last record of each shard of the stream that is there to be read. In a job.
std::vector<DrainTarget> drain_targets(Txn& txn,
                                       const StreamLog& log,
                                       const std::string& uuid,
                                       const std::string& stream_arn);

}  // namespace tailrace::triggers
