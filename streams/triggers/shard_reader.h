// ShardReader: one mapping's reader of one shard. It reads committed records after its position,
// drops what the filter refuses, deals the rest to its lanes, and writes the checkpoint: the
// highest number below which everything is finished. Woken by commits; a small number of records is
// read ahead. (behaviour/triggers 3.1 to 3.5, 10.3)
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "streams/triggers/lane.h"

namespace tailrace::triggers {

class ShardReader final : public LaneHost, public std::enable_shared_from_this<ShardReader> {
 public:
  // `start`: where reading goes on. The host must outlive the reader.
  static std::shared_ptr<ShardReader> create(ReaderHost& host,
                                             std::shared_ptr<const Stream> stream,
                                             const Shard& shard,
                                             const Checkpoint& start);
  ~ShardReader() override;

  void wake();                   // Records may have been committed, or the shard closed.
  void set_mode(LaneMode mode);  // kFinishing and kStopping end in host.on_reader_idle().
  void on_options_changed();

  bool idle() const;  // Nothing in flight, waiting or being written.
  // As idle(), and no timer runs either: without a wake() nothing will happen here.
  bool at_rest() const;
  const Checkpoint& checkpoint() const { return durable_; }
  std::uint64_t shard_number() const { return shard_number_; }
  std::vector<Lane::Status> status() const;

  // --- LaneHost
  ReaderHost& mapping_host() override { return host_; }
  const std::string& shard_id() const override { return shard_id_; }
  std::uint64_t position() const override;
  bool nothing_to_wait_for() const override;
  bool all_read(Instant committed) const override;
  bool at_end_of_shard() const override { return at_end_; }
  void look_for_records() override;
  std::optional<TumblingWindow>& window() override { return window_; }
  void commit(std::shared_ptr<DiscardedBatch> discarded, Task then) override;
  void on_lane_changed() override;

 private:
  struct Page;
  struct Budget {
    std::size_t records = 0;
    std::size_t bytes = 0;
  };
  // What goes along with one write of the checkpoint.
  struct Write {
    std::vector<std::shared_ptr<DiscardedBatch>> discarded;
    std::vector<Task> then;  // Once it is durable.
  };

  ShardReader(ReaderHost& host,
              std::shared_ptr<const Stream> stream,
              const Shard& shard,
              const Checkpoint& start);
  void make_lanes();
  Budget budget() const;
  void read_more();
  void on_page(const Page& page);
  void deal(const std::vector<StreamRecord>& records);
  void settle();
  void advance();
  void write();
  void on_written(const Checkpoint& next, Write written, bool committed);
  void cancel(TimerId& timer);

  ReaderHost& host_;
  std::shared_ptr<const Stream> stream_;
  const std::uint64_t shard_number_;
  const std::string shard_id_;
  LaneMode mode_ = LaneMode::kRunning;
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::optional<TumblingWindow> window_;
  std::uint64_t read_through_;  // The last record read, filtered ones included.
  Checkpoint durable_;
  Write gathered_;        // Waits for the write under way to end.
  bool writing_ = false;  // At most one write at a time, so that an older one never comes last.
  bool wanted_ = true;    // There may be records that were not read yet. Never at the end.
  bool reading_ = false;
  bool caught_up_ = false;               // The last read found the end of what there was.
  bool at_end_ = false;                  // The shard is closed and read through.
  bool finished_ = false;                // Written, or about to be, that the shard is done.
  std::optional<Instant> caught_up_at_;  // When the last read that found the end began.
  TimerId poll_timer_ = TimerId::kNone;
  TimerId read_retry_ = TimerId::kNone;
  TimerId write_retry_ = TimerId::kNone;
};

}  // namespace tailrace::triggers
