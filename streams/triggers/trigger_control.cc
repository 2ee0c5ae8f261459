// What the control API asks of the dispatcher: drain, lag, replay.
#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"
#include "storage/value/key_encoding.h"
#include "streams/log/record_codec.h"
#include "streams/log/stream_arn.h"
#include "streams/triggers/starting_point.h"
#include "streams/triggers/trigger_dispatcher.h"

namespace tailrace::triggers {

namespace {

constexpr std::size_t kLagRowsPerJob = 2000;

ApiError not_found(std::string what) {
  return {.code = ErrorCode::kResourceNotFoundException,
          .message = std::move(what),
          .extra_members = {}};
}
ApiError no_such_mapping(std::string_view uuid) {
  return not_found(str_cat("there is no mapping ", uuid));
}
ApiError no_such_batch(std::uint64_t id) {
  return not_found(str_cat("there is no discarded batch ", id));
}
ApiError store_failed() {
  return {.code = ErrorCode::kServiceException,
          .message = "the store could not be used; see the log",
          .extra_members = {}};
}

}  // namespace

std::shared_ptr<MappingRunner> TriggerDispatcher::find_runner(std::string_view uuid) const {
  const auto found = entries_.find(uuid);
  return found == entries_.end() ? nullptr : found->second.runner;
}

std::shared_ptr<Drain> TriggerDispatcher::drain(Drain::Done done) {
  auto drain = std::make_shared<Drain>(
      [this](const std::string& uuid) { return find_runner(uuid); }, std::move(done));
  drains_.push_back(drain);
  std::vector<std::pair<std::string, std::string>> mappings;  // UUID, stream
  for (const auto& [uuid, entry] : entries_) {
    const Mapping& mapping = entry.runner->mapping();
    if (mapping.options.enabled) mappings.emplace_back(uuid, mapping.stream_arn);
  }
  auto targets = std::make_shared<std::vector<DrainTarget>>();
  const auto run = [targets, mappings, &log = context_.log](Txn& txn) {
    targets->clear();
    for (const auto& [uuid, arn] : mappings) {
      for (DrainTarget& target : drain_targets(txn, log, uuid, arn))
        targets->push_back(std::move(target));
    }
  };
  context_.submit(
      run, [this, alive = std::weak_ptr(alive_), weak = std::weak_ptr(drain), targets](bool) {
        const auto asked = weak.lock();
        if (alive.expired() || !asked) return;
        asked->set_targets(std::move(*targets));
        on_progress();
      });
  return drain;
}

// --- Lag

struct TriggerDispatcher::LagCount {
  struct Place {
    std::uint64_t shard_number;
    std::uint64_t after;
  };
  std::vector<Place> places;  // The last one is being counted.
  Lag lag;
  bool first = true;  // Of its place: its time may be the oldest.
};

void TriggerDispatcher::measure_lag(std::string_view uuid, std::function<void(Result<Lag>)> done) {
  const auto runner = find_runner(uuid);
  if (!runner) return done(no_such_mapping(uuid));
  auto count = std::make_shared<LagCount>();
  if (const auto stream = find_stream_by_arn(context_.log, runner->mapping().stream_arn)) {
    for (const Shard& shard : context_.log.shards(stream->id)) {
      const Checkpoint* checkpoint = runner->checkpoint(shard.id);
      if (checkpoint && checkpoint->finished) continue;
      const std::uint64_t after =
          checkpoint ? checkpoint->sequence : StreamLog::trim_horizon(shard);
      count->places.push_back({.shard_number = shard.number, .after = after});
    }
  }
  count_lag(std::move(count), std::move(done));
}

void TriggerDispatcher::count_lag(std::shared_ptr<LagCount> count,
                                  std::function<void(Result<Lag>)> done) {
  if (count->places.empty()) return done(count->lag);
  auto next = std::make_shared<LagCount>();
  const auto run = [count, next](Txn& txn) {
    *next = *count;  // The job may run twice.
    LagCount::Place& place = next->places.back();
    const Buffer begin = keys::record(place.shard_number, place.after + 1);
    const Buffer end = keys::prefix_range(keys::records_prefix(place.shard_number)).end;
    std::size_t rows = 0;
    const auto row = txn.scan(begin, end, Order::kAscending);
    for (; row->valid() && rows < kLagRowsPerJob; row->next(), ++rows) {
      if (std::exchange(next->first, false)) {
        const Instant created = record_created(row->value());
        if (!next->lag.oldest || created < *next->lag.oldest) next->lag.oldest = created;
      }
      Bytes sequence = row->key().substr(row->key().size() - sizeof(std::uint64_t));
      place.after = take_u64(sequence);
    }
    next->lag.records += rows;
    if (row->valid()) return;
    next->places.pop_back();
    next->first = true;
  };
  context_.submit(
      run, [this, alive = std::weak_ptr(alive_), next, done = std::move(done)](bool committed) {
        if (alive.expired()) return;
        if (!committed) return done(store_failed());
        count_lag(next, done);
      });
}

// --- Discarded batches

void TriggerDispatcher::list_discarded(std::string_view uuid,
                                       std::function<void(Result<std::vector<std::string>>)> done) {
  const auto runner = find_runner(uuid);
  if (!runner) return done(no_such_mapping(uuid));
  auto summaries = std::make_shared<std::vector<std::string>>();
  context_.submit([summaries, key = key_of(runner->mapping())](
                      Txn& txn) { *summaries = triggers::list_discarded(txn, key); },
                  [summaries, done = std::move(done)](bool committed) {
                    if (!committed) return done(store_failed());
                    done(std::move(*summaries));
                  });
}

void TriggerDispatcher::replay_discarded(std::string_view uuid,
                                         std::uint64_t id,
                                         std::function<void(Result<InvokeOutcome>)> done) {
  const auto asked = find_runner(uuid);
  if (!asked) return done(no_such_mapping(uuid));
  auto payload = std::make_shared<std::optional<std::string>>();
  const auto run = [payload, key = key_of(asked->mapping()), id](Txn& txn) {
    *payload = discarded_payload(txn, key, id);
  };
  // The name, not the runner: a callback may outlive us, and runners don't.
  context_.submit(run, [this, alive = std::weak_ptr(alive_), uuid = std::string(uuid), id, payload,
                        done = std::move(done)](bool committed) {
    if (alive.expired()) return;
    if (!committed) return done(store_failed());
    const auto runner = find_runner(uuid);
    if (!runner) return done(no_such_mapping(uuid));
    if (!*payload) return done(no_such_batch(id));
    const FunctionRef& function = runner->mapping().options.function;
    const std::uint64_t replay = next_replay_++;
    replays_[replay] = context_.functions.invoke(
        {.owner = function.owner,
         .function_name = function.name,
         .qualifier = function.qualifier,
         .request_id = random_uuid(),
         .payload = std::make_shared<const std::string>(**std::move(payload)),
         .client_context = {}},
        [this, alive, replay, mapping = runner->mapping(), id, done](InvokeOutcome outcome) {
          if (alive.expired()) return;
          const auto finished = std::move(replays_[replay]);
          replays_.erase(replay);
          finish_replay(mapping, id, std::move(outcome), done);
        });
  });
}

void TriggerDispatcher::finish_replay(const Mapping& mapping,
                                      std::uint64_t batch,
                                      InvokeOutcome outcome,
                                      std::function<void(Result<InvokeOutcome>)> done) {
  const bool reports = mapping.options.report_item_failures;
  // Any reported failure leaves the batch as it is, so which records are named does not matter.
  const HandlerResponse response =
      read_response(outcome.body, {.report_item_failures = reports, .window_state = false}, {});
  const bool success = outcome.status == InvokeStatus::kSuccess &&
                       response.attempt.result == AttemptResult::kSuccess;
  if (!success) return done(std::move(outcome));
  context_.submit([key = key_of(mapping), batch](Txn& txn) { erase_discarded(txn, key, batch); },
                  [outcome = std::move(outcome), done = std::move(done)](bool committed) {
                    if (!committed) return done(store_failed());
                    done(outcome);
                  });
}

// --- Moving a mapping

void TriggerDispatcher::replay_from(std::string_view uuid,
                                    std::uint64_t sequence,
                                    std::optional<std::string> shard_id,
                                    VoidCallback done) {
  const auto runner = find_runner(uuid);
  if (!runner) return done(no_such_mapping(uuid));
  runner->reposition([context = &context_, mapping = runner->mapping(), sequence,
                      shard_id = std::move(shard_id), done = std::move(done)](const Task& go_on) {
    auto found = std::make_shared<bool>(false);
    const auto run = [found, mapping, sequence, shard_id, &log = context->log](Txn& txn) {
      const auto stream = find_stream_by_arn(log, mapping.stream_arn);
      *found = stream && rewind_to(txn, log, mapping, *stream, sequence, shard_id);
    };
    context->submit(run, [found, done, go_on](bool committed) {
      go_on();
      if (!committed) return done(store_failed());
      if (!*found) return done(not_found("the mapping's stream has no such shard"));
      done({});
    });
  });
}

void TriggerDispatcher::reposition(std::string_view uuid,
                                   StartingPosition position,
                                   VoidCallback done) {
  const auto runner = find_runner(uuid);
  if (!runner) return done(no_such_mapping(uuid));
  runner->reposition([context = &context_, mapping = runner->mapping(), position,
                      done = std::move(done)](const Task& go_on) {
    auto found = std::make_shared<bool>(false);
    const auto run = [found, mapping, position, &log = context->log](Txn& txn) {
      const auto stream = find_stream_by_arn(log, mapping.stream_arn);
      *found = stream != nullptr;
      if (stream) write_starting_point(txn, log, mapping, *stream, position);
    };
    context->submit(run, [found, done, go_on](bool committed) {
      go_on();
      if (!committed) return done(store_failed());
      if (!*found) return done(not_found("the mapping's stream does not exist"));
      done({});
    });
  });
}

}  // namespace tailrace::triggers
