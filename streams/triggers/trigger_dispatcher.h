// TriggerDispatcher: all event source mappings of a store. Creates, changes, deletes and lists
// them, runs one MappingRunner for each, and answers the control API. What an operation's form
// allows is checked by its caller (server/lambda); here are the rules that need the store. Home
// thread only, but for load(). (behaviour/triggers 2, 3, 10)
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/result.h"
#include "streams/triggers/drain.h"
#include "streams/triggers/mapping.h"
#include "streams/triggers/mapping_errors.h"
#include "streams/triggers/mapping_runner.h"

namespace tailrace::triggers {

enum class MappingState : std::uint8_t {
  kCreating,
  kEnabling,
  kEnabled,
  kDisabling,
  kDisabled,
  kUpdating,
  kDeleting
};
std::string_view state_name(MappingState state);

struct MappingView {
  Mapping mapping;
  MappingState state = MappingState::kEnabled;
};

class TriggerDispatcher {
 public:
  using ViewCallback = std::function<void(Result<MappingView>)>;
  using VoidCallback = std::function<void(Result<void>)>;

  // All that the context names must outlive the dispatcher, and the scheduler must not run tasks
  // posted by it after its end.
  explicit TriggerDispatcher(const TriggerContext& context);
  ~TriggerDispatcher();
  TriggerDispatcher(const TriggerDispatcher&) = delete;
  TriggerDispatcher& operator=(const TriggerDispatcher&) = delete;

  void load(Txn& txn);  // Mappings of earlier runs. Before start().
  void start();
  // No more invocations; `stopped` once none is in flight and their results are stored.
  void stop(Task stopped);

  const TriggerOptions& options() const { return context_.options; }
  Instant now() const { return context_.clock.now(); }

  // --- Mappings. Callbacks run on the home thread.
  // `mapping` without UUID, order and time. The starting position is fixed before the answer.
  // Errors: stream not found, duplicate.
  void create(Mapping mapping, ViewCallback done);
  Result<MappingView> get(const Owner& owner, std::string_view uuid) const;
  std::vector<MappingView> list(const Owner& owner) const;  // By creation.
  void update(const Owner& owner, std::string_view uuid, MappingOptions options, ViewCallback done);
  void remove(const Owner& owner, std::string_view uuid, ViewCallback done);
  // `change` sees the tags as they are stored then, and may refuse. It may run twice.
  using TagMap = std::map<std::string, std::string>;
  void change_tags(const Owner& owner,
                   std::string_view uuid,
                   std::function<Result<void>(TagMap&)> change,
                   VoidCallback done);

  // --- Control. Mappings of any owner.
  std::vector<MappingView> list_all() const;
  std::shared_ptr<MappingRunner> find_runner(std::string_view uuid) const;  // nullptr: unknown.
  // `done` when all enabled mappings have finished what is committed now. Forget the handle to give
  // up.
  std::shared_ptr<Drain> drain(Drain::Done done);
  // Records after the checkpoints and the age of the oldest, counted in slices.
  struct Lag {
    std::uint64_t records = 0;
    std::optional<Instant> oldest;
  };
  void measure_lag(std::string_view uuid, std::function<void(Result<Lag>)> done);
  void list_discarded(std::string_view uuid,
                      std::function<void(Result<std::vector<std::string>>)> done);
  // Invokes the function once more with a discarded batch; on success the batch is no longer kept.
  void replay_discarded(std::string_view uuid,
                        std::uint64_t id,
                        std::function<void(Result<InvokeOutcome>)> done);
  // Delivers again everything from this sequence number on, in one shard or in all.
  void replay_from(std::string_view uuid,
                   std::uint64_t sequence,
                   std::optional<std::string> shard_id,
                   VoidCallback done);
  // Moves the mapping: TRIM_HORIZON all that is left, LATEST and NOW only what follows.
  void reposition(std::string_view uuid, StartingPosition position, VoidCallback done);

 private:
  struct Entry {
    std::shared_ptr<MappingRunner> runner;
    std::uint64_t stream_id = 0;  // 0: the stream is not there.
    std::optional<MappingState> transition;
    bool writing = false;  // An update or the end is being stored; neither may come between.
  };
  struct LagCount;

  // Mappings (trigger_dispatcher.cc).
  Entry* find(const Owner& owner, std::string_view uuid);
  const Entry* find(const Owner& owner, std::string_view uuid) const;
  MappingView view(const Entry& entry) const;
  Entry& add(Mapping mapping, std::shared_ptr<RecordFilter> filter, std::uint64_t newest_discarded);
  const Mapping* find_duplicate(const Mapping& mapping) const;
  void store_new(const Mapping& mapping, std::shared_ptr<RecordFilter> filter, ViewCallback done);
  void begin_transition(const std::string& uuid, MappingState state, Task then);
  void erase(const std::string& uuid, VoidCallback done);
  void erase_until_done(const std::string& uuid);
  void watch(std::uint64_t stream_id);
  void on_commit(std::uint64_t stream_id);  // Any thread.
  void wake_streams();
  void on_progress();
  Task guarded(Task task) const;  // Does nothing after our end.

  // Control (trigger_control.cc).
  void count_lag(std::shared_ptr<LagCount> count, std::function<void(Result<Lag>)> done);
  void finish_replay(const Mapping& mapping,
                     std::uint64_t batch,
                     InvokeOutcome outcome,
                     std::function<void(Result<InvokeOutcome>)> done);

  const TriggerContext context_;
  std::map<std::string, Entry, std::less<>> entries_;    // By UUID.
  std::map<std::string, Mapping, std::less<>> storing_;  // New or changed, by UUID.
  std::set<std::shared_ptr<MappingRunner>> retired_;     // Deleted, with an invocation in flight.
  std::vector<std::weak_ptr<Drain>> drains_;
  std::map<std::uint64_t, std::shared_ptr<void>> replays_;  // Invocations in flight.
  std::uint64_t next_replay_ = 1;
  std::uint64_t next_order_ = 1;
  bool checking_drains_ = false;
  bool stopping_ = false;
  std::vector<std::pair<Mapping, std::uint64_t>>
      loaded_;  // Until start(): with the newest discarded batch.
  std::uint64_t subscription_ = 0;
  std::mutex mutex_;
  std::set<std::uint64_t> watched_;  // Streams with mappings. Guarded by mutex_.
  std::set<std::uint64_t> woken_;    // Streams with news. Guarded by mutex_.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace tailrace::triggers
