// StreamLog: DynamoDB Streams' log. Appends a record inside the transaction of its write, keeps shards and their
// life (roll-over, split, close, trim), and reads by position. (behaviour/streams 13)
// All calls that take a Txn are within the queue's jobs; all others may come from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/clock.h"
#include "storage/base/result.h"
#include "storage/table/item_writer.h"

namespace tailrace {

enum class EventName : std::uint8_t { kInsert, kModify, kRemove };
enum class StreamStatus : std::uint8_t { kEnabling, kEnabled, kDisabling, kDisabled };

std::string_view event_name_text(EventName name);        // INSERT
std::string sequence_number_text(std::uint64_t sequence);  // "1" and 20 digits
std::optional<std::uint64_t> parse_sequence_number(std::string_view text);  // nullopt: none that we ever issued.

struct Stream {
  std::uint64_t id = 0;
  TableName table;
  std::uint64_t table_id = 0;
  std::string label;
  StreamViewType view_type = StreamViewType::kNewAndOldImages;
  KeySchema keys;
  Instant requested{};
  StreamStatus status = StreamStatus::kEnabled;
  std::optional<Instant> disabled;
  std::uint32_t iterator_epoch = 0;  // Iterators of an earlier epoch count as expired.
};
std::string stream_arn(const Stream& stream);

struct Shard {
  std::uint64_t number = 0;
  std::uint64_t stream_id = 0;
  std::string id;                            // shardId-<20 digits of ms>-<8 hex>
  std::optional<std::string> parent_id;
  std::uint64_t hash_low = 0;                // Inclusive.
  std::uint64_t hash_high = 0;               // Inclusive.
  Instant created{};
  std::optional<Instant> closed;
  std::uint64_t start_sequence = 0;
  std::optional<std::uint64_t> end_sequence;  // Absent: open.
  std::uint64_t trimmed_sequence = 0;         // Newest trimmed record; 0: none.
  bool open() const { return !end_sequence.has_value(); }
};

// A record as it lies in the log; JSON texts are DynamoDB JSON of items.
struct StreamRecord {
  std::uint64_t sequence = 0;
  Instant created{};                         // Whole milliseconds; readers show whole seconds.
  EventName event = EventName::kInsert;
  bool by_ttl = false;
  std::uint64_t size_bytes = 0;
  std::string event_id;                      // 32 hex digits.
  std::string keys_json;
  std::optional<std::string> new_image_json;
  std::optional<std::string> old_image_json;
};

// Differ in userIdentity and eventSourceARN. (behaviour/streams 4.5)
enum class RecordForm : std::uint8_t { kStreamsApi, kLambdaEvent };
// One element of GetRecords' Records, or of a Lambda event's Records.
void append_record_json(std::string& out, const Stream& stream, const StreamRecord& record, RecordForm form);

// Key of the keyed hash (SipHash-2-4) that signs iterators.
using IteratorKey = std::array<std::uint64_t, 2>;

// Calls whose rate AWS limits: for each account and region, GetRecords for each shard.
enum class MeteredCall : std::uint8_t { kListStreams, kDescribeStream, kGetRecords };

struct StreamOptions {
  int initial_shards = 1;
  Millis shard_age_max = std::chrono::hours(4);       // 0: never.
  int split_rate = 0;                                 // Writes a second to a shard; 0: off.
  Millis split_age_min = std::chrono::seconds(30);
  int open_shards_max = 256;
  Millis retention = std::chrono::hours(24);
  Millis trim_interval = std::chrono::seconds(60);
  Millis iterator_ttl = std::chrono::minutes(15);
  bool enforce_rates = false;
};

class StreamLog final : public ChangeSink {
 public:
  StreamLog(StreamOptions options, const Clock& clock);
  ~StreamLog() override;

  void load(Txn& txn);

  // --- Table side. All are part of the caller's transaction. The effect is there at once; kLater only
  // shows ENABLING or DISABLING until settle(). (behaviour/streams 2.4)
  enum class Settled : std::uint8_t { kAtOnce, kLater };
  // The stream of a table from now on, with a label that no stream of that name ever had.
  TableStream enable(Txn& txn,
                     const TableSchema& table,
                     StreamViewType view_type,
                     Settled settled = Settled::kAtOnce);
  // Closes every open shard; the stream stays readable for the retention time.
  void disable(Txn& txn, const TableSchema& table, Settled settled = Settled::kAtOnce);
  // ENABLING becomes ENABLED, DISABLING DISABLED; any other stream stays as it is.
  void settle(Txn& txn, std::uint64_t stream_id);

  void on_change(Txn& txn, const Change& change) override;

  // --- Reading.
  std::vector<std::shared_ptr<const Stream>> streams(const Owner& owner) const;
  std::shared_ptr<const Stream> find_stream(const Owner& owner, std::string_view table, std::string_view label) const;
  std::shared_ptr<const Stream> find_stream(std::uint64_t stream_id) const;
  std::vector<Shard> shards(std::uint64_t stream_id) const;   // In order of ids: parents before children.
  std::optional<Shard> find_shard(std::uint64_t stream_id, std::string_view shard_id) const;
  // Records of a shard with sequence > after, in order: at most `limit`, and at most `bytes_max` of size_bytes,
  // but at least one if there is one.
  std::vector<StreamRecord> read(Txn& txn, const Shard& shard, std::uint64_t after, std::size_t limit, std::size_t bytes_max) const;
  // Position of LATEST: after the newest record.
  std::uint64_t latest(Txn& txn, const Shard& shard) const;
  // Position of TRIM_HORIZON: before the oldest record left.
  static std::uint64_t trim_horizon(const Shard& shard);
  // The greatest sequence number that the stream has issued, for a record or as the start of a shard.
  std::uint64_t newest_sequence(Txn& txn, std::uint64_t stream_id) const;

  // --- Iterators are values (server/ops/streams/shard_iterator); the log keeps what makes them ours.
  // Secret of this store, the same across restarts. After load().
  IteratorKey iterator_key() const;
  // Every iterator of the stream that was issued so far is expired from now on.
  Result<void> expire_iterators(Txn& txn, std::uint64_t stream_id);

  // --- Shard life by command (control API, tests) and by age (StreamMaintenance, each call one bounded slice).
  // Errors: ResourceNotFoundException; ValidationException for a closed shard or one that cannot be split.
  Result<Shard> roll_over(Txn& txn, std::uint64_t stream_id, std::string_view shard_id);
  Result<std::vector<Shard>> split(Txn& txn, std::uint64_t stream_id, std::string_view shard_id);
  // Deletes at most `rows_max` records at or before `through` (by age: created before the retention time; also
  // the empty closed shards and the disabled streams that are past it). True: there may be more to do.
  bool trim_slice(Txn& txn, std::size_t rows_max);
  bool trim_slice(Txn& txn, std::uint64_t stream_id, std::optional<std::string_view> shard_id, std::uint64_t through, std::size_t rows_max);
  bool roll_over_aged(Txn& txn, std::size_t shards_max);

  // --- Push: called after each commit that added records or changed shards of a stream, on the committing
  // thread; must only post. Wake-ups are merged: one per stream and group. A listener is not called after
  // unsubscribe() returned.
  using Listener = std::function<void(std::uint64_t stream_id)>;
  std::uint64_t subscribe(Listener listener);
  void unsubscribe(std::uint64_t subscription);

  // Counts a call; false: AWS would throttle it. Always true unless options().enforce_rates.
  // `shard_number`: of GetRecords' shard.
  bool take_call(Txn& txn, const Owner& owner, MeteredCall call, std::uint64_t shard_number = 0);

  const StreamOptions& options() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tailrace
