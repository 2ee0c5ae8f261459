// MappingRunner: one event source mapping at work. Has a reader per shard that is not finished,
// starts children after their parents, and stops, changes and goes on as the mapping is updated.
// The mapping's home is its row; the copy here follows each committed change of it. Home thread
// only. (behaviour/triggers 3.1, 3.15, 3.18)
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/base/result.h"
#include "streams/triggers/shard_reader.h"

namespace tailrace::triggers {

class MappingRunner final : public ReaderHost, public std::enable_shared_from_this<MappingRunner> {
 public:
  // Runs within a job, on the stored mapping; a refusal leaves it as it is. May run twice.
  using Change = std::function<Result<void>(Mapping&)>;
  using Changed = std::function<void(const Result<void>&)>;

  // `on_progress` is called whenever a checkpoint moved or the runner fell idle.
  static std::shared_ptr<MappingRunner> create(const TriggerContext& context,
                                               Mapping mapping,
                                               std::shared_ptr<RecordFilter> filter,
                                               std::uint64_t newest_discarded,
                                               Task on_progress);
  ~MappingRunner() override;

  void start();  // Begins to read, if the mapping is enabled.
  void wake();   // The stream has something new.
  // The one way to change a mapping: reads, changes and puts its row in one job, then works by it:
  // what is in flight ends under the old filter and lanes. Errors: what `change` says, no such
  // mapping, and ServiceException if the store could not be written.
  void change(Change change, Changed done);
  // Nothing is invoked any more; `then` once nothing is in flight.
  void stop(Task then);
  // Stops, runs `change` (which may submit jobs and calls its argument when they are done), and
  // goes on from what is stored then.
  void reposition(std::function<void(Task done)> change);

  bool busy() const;  // Something is in flight.
  // Nothing is in flight, waiting or due: what is there now stays where it is until a wake(). A
  // mapping that is at rest although records wait for it has stalled.
  bool at_rest() const;
  // Where the shard's reading stands; nullptr: it has not begun.
  const Checkpoint* checkpoint(std::string_view shard_id) const;

  struct ShardStatus {
    std::string shard_id;
    Checkpoint checkpoint;
    std::vector<Lane::Status> lanes;
  };
  std::vector<ShardStatus> status() const;

  // --- ReaderHost
  const TriggerContext& context() const override { return context_; }
  const Mapping& mapping() const override { return mapping_; }
  RecordFilter& filter() override { return *filter_; }
  TriggerCounters& counters() override { return counters_; }
  const TriggerCounters& counters() const { return counters_; }
  InvocationLog& invocations() override { return invocations_; }
  std::uint64_t next_discarded_id() override { return ++newest_discarded_; }
  void set_last_result(std::string_view text) override;
  void on_progress() override { on_progress_(); }
  void on_shard_finished() override { look_at_shards(); }
  void on_reader_idle() override;

 private:
  struct Shards;
  MappingRunner(const TriggerContext& context,
                Mapping mapping,
                std::shared_ptr<RecordFilter> filter,
                std::uint64_t newest_discarded,
                Task on_progress);
  void follow(Mapping stored);
  void quiesce(LaneMode mode, Task then);
  void finish_quiescing();
  void go_on();
  void look_at_shards();
  void look_later();
  void on_shards(const Shards& shards);
  bool may_read() const;

  const TriggerContext& context_;
  Mapping mapping_;
  std::shared_ptr<RecordFilter> filter_;
  std::shared_ptr<RecordFilter> next_filter_;  // After what is in flight.
  std::string announced_result_;               // The last one stored or being stored.
  TriggerCounters counters_;
  InvocationLog invocations_;
  std::uint64_t newest_discarded_;
  Task on_progress_;
  std::map<std::string, std::shared_ptr<ShardReader>, std::less<>> readers_;  // By shard id.
  Checkpoints finished_;  // Of shards without a reader.
  bool stopped_ = false;
  int repositioning_ = 0;  // Changes of position that are under way; nothing is read meanwhile.
  bool looking_ = false;   // A job looks at the shards.
  bool look_again_ = false;
  TimerId look_retry_ = TimerId::kNone;
  bool quiescing_ = false;
  std::vector<Task> after_quiescing_;
};

}  // namespace tailrace::triggers
