// Lane: one strictly sequential chain of batches of a shard. Without ParallelizationFactor a shard
// has one lane; with it, each item belongs to one lane by the hash of its key.
// (behaviour/triggers 3.4, 3.11, 3.12)
//
//   former (records read, in order) -> batch -> invoke -> decide -> checkpoint -> next
//
// A bisected batch leaves its halves on a stack, the one to do next on top. Home thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "streams/triggers/batch_decision.h"
#include "streams/triggers/batch_former.h"
#include "streams/triggers/event_builder.h"
#include "streams/triggers/handler_response.h"
#include "streams/triggers/mapping_store.h"
#include "streams/triggers/reader_host.h"

namespace tailrace::triggers {

// The reader of the lane's shard.
class LaneHost {
 public:
  virtual ~LaneHost() = default;
  virtual ReaderHost& mapping_host() = 0;
  virtual const std::string& shard_id() const = 0;
  virtual std::uint64_t position() const = 0;  // Everything up to here is finished.
  // Everything that is there has been read, or nothing more may be read before something is
  // delivered.
  virtual bool nothing_to_wait_for() const = 0;
  virtual bool all_read(Instant committed)
      const = 0;  // Everything that was committed before this moment has been read.
  virtual bool at_end_of_shard() const = 0;  // Nothing will ever follow what is queued.
  virtual void look_for_records() = 0;  // A window ended: read what is there, then step the lane.
  virtual std::optional<TumblingWindow>& window() = 0;
  // Writes the checkpoint (and the discarded batch) and calls `then` once it is durable.
  virtual void commit(std::shared_ptr<DiscardedBatch> discarded, Task then) = 0;
  virtual void on_lane_changed() = 0;  // It took records from its queue, or fell idle.
};

enum class LaneMode : std::uint8_t {
  kRunning,
  kFinishing,  // What was begun is brought to its end, retries included; nothing new.
  // Only an invocation in flight is waited for, and its result applied. What is not finished then
  // goes on holding the checkpoint, so that whoever reads next begins with it.
  kStopping,
};

class Lane final : public std::enable_shared_from_this<Lane> {
 public:
  explicit Lane(LaneHost& host) : host_(host) {}
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void push(QueuedRecord record);
  void step();  // Does what can be done now. Safe to call at any time.
  void set_mode(LaneMode mode);
  void on_options_changed();

  bool idle() const {
    return phase_ == Phase::kIdle && (work_.empty() || mode_ == LaneMode::kStopping);
  }
  bool at_rest() const { return idle() && timer_ == TimerId::kNone; }
  std::size_t queued() const { return former_.size(); }
  std::size_t queued_bytes() const { return former_.bytes(); }
  // The oldest record that is not finished; 0: none.
  std::uint64_t oldest_unfinished() const;

  struct Status {
    std::uint64_t first_sequence = 0;  // 0: the batch has no records.
    std::uint64_t last_sequence = 0;
    std::size_t records = 0;
    int attempts = 0;
    std::string reason;
  };
  // What the lane is at; nullopt: nothing to do.
  std::optional<Status> status() const;

 private:
  enum class Phase : std::uint8_t { kIdle, kInvoking, kDelivering, kCommitting, kWaiting };
  enum class Purpose : std::uint8_t { kRecords, kWindowEnd, kWindowTerminated };
  struct Batch {
    std::vector<QueuedRecord> records;
    BatchState state;
    Purpose purpose = Purpose::kRecords;
    std::string request_id;  // Of the last invocation.
    std::string last_error;
    std::shared_ptr<const std::string> payload;  // Kept for retries.
  };

  const MappingOptions& options() const { return host_.mapping_host().mapping().options; }
  const TriggerContext& context() const { return host_.mapping_host().context(); }
  Instant now() const { return context().clock.now(); }

  Surroundings surroundings() const;
  bool begin_batch();
  std::size_t aged_in_batch(const Batch& batch) const;
  std::optional<WindowEvent> window_event(Purpose purpose, const std::string& stream) const;
  std::shared_ptr<const std::string> event_of(std::span<const QueuedRecord> records,
                                              Purpose purpose) const;

  void attempt();
  void invoke();
  void on_outcome(const InvokeOutcome& outcome,
                  std::chrono::microseconds duration,
                  Instant started);
  void apply(const Finish& finish);
  void apply(const Retry& retry);
  void apply(const Shorten& shorten);
  void apply(const Split& split);
  void apply(const Discard& discard);
  void discard(std::size_t records, DiscardCondition condition);
  DiscardedRecords describe_discarded(std::span<const QueuedRecord> records,
                                      DiscardCondition condition) const;
  void keep_discarded(std::size_t records,
                      const DiscardedRecords& discarded,
                      std::string document,
                      std::shared_ptr<const std::string> payload,
                      bool sent);
  void finish_records(std::size_t records, std::shared_ptr<DiscardedBatch> discarded);
  void retry_later(Instant at);
  void go_on();
  void record_invocation(const InvokeOutcome& outcome,
                         const HandlerResponse& response,
                         std::chrono::microseconds duration,
                         Instant started);
  RetryRules retry_rules() const;
  void cancel_timer();
  void start_timer(Instant when, std::function<void()> task);

  LaneHost& host_;
  LaneMode mode_ = LaneMode::kRunning;
  Phase phase_ = Phase::kIdle;
  BatchFormer former_;
  std::vector<Batch> work_;  // The last one is next.
  std::shared_ptr<void> invocation_;
  TimerId timer_ = TimerId::kNone;
  Instant timer_at_{};
  bool unhandled_ = false;  // The last attempt of the current batch was an error of the function.
  std::string executed_version_ = "$LATEST";
};

}  // namespace tailrace::triggers
