#include "streams/triggers/trigger_dispatcher.h"

#include <algorithm>

#include "storage/base/check.h"
#include "storage/base/log.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "streams/log/stream_arn.h"
#include "streams/triggers/starting_point.h"

namespace tailrace::triggers {

namespace {

// AWS recommends at most this many readers of a shard. (behaviour/triggers 3.15)
constexpr std::ptrdiff_t kMappingsPerStreamAdvised = 2;

ApiError duplicate(const Mapping& wanted, const Mapping& existing) {
  return {.code = ErrorCode::kResourceConflictException,
          .message = str_cat(
              "The event source arn (\" ", wanted.stream_arn, " \") and function (\" ",
              wanted.options.function.name,
              " \") provided mapping already exists. Please update or delete the existing mapping "
              "with UUID ",
              existing.uuid),
          .extra_members = {}};
}

}  // namespace

std::string_view state_name(MappingState state) {
  switch (state) {
    case MappingState::kCreating:
      return "Creating";
    case MappingState::kEnabling:
      return "Enabling";
    case MappingState::kEnabled:
      return "Enabled";
    case MappingState::kDisabling:
      return "Disabling";
    case MappingState::kDisabled:
      return "Disabled";
    case MappingState::kUpdating:
      return "Updating";
    case MappingState::kDeleting:
      return "Deleting";
  }
  return "";
}

TriggerDispatcher::TriggerDispatcher(const TriggerContext& context) : context_(context) {}

TriggerDispatcher::~TriggerDispatcher() {
  alive_.reset();
  if (subscription_ != 0) context_.log.unsubscribe(subscription_ - 1);
}

Task TriggerDispatcher::guarded(Task task) const {
  return [weak = std::weak_ptr<const bool>(alive_), task = std::move(task)] {
    if (!weak.expired()) task();
  };
}

// --- Start and end

void TriggerDispatcher::load(Txn& txn) {
  loaded_.clear();
  for (Mapping& mapping : load_mappings(txn)) {
    const std::uint64_t newest = newest_discarded(txn, key_of(mapping));
    loaded_.emplace_back(std::move(mapping), newest);
  }
}

void TriggerDispatcher::start() {
  subscription_ =
      context_.log.subscribe([this](std::uint64_t stream_id) { on_commit(stream_id); }) + 1;
  for (auto& [mapping, newest] : std::exchange(loaded_, {})) {
    next_order_ = std::max(next_order_, mapping.order + 1);
    auto filter = RecordFilter::compile(mapping.options.filters);
    CHECK(filter.has_value());  // Checked when it was stored.
    const bool deleting = mapping.deleting;
    const std::string uuid = mapping.uuid;
    Entry& entry = add(std::move(mapping), *std::move(filter), newest);
    if (deleting) {
      erase_until_done(uuid);
    } else {
      entry.runner->start();
    }
  }
}

void TriggerDispatcher::stop(Task stopped) {
  stopping_ = true;
  auto left = std::make_shared<std::size_t>(1);
  auto one_less = [left, stopped = std::move(stopped)] {
    if (--*left == 0) stopped();
  };
  *left += entries_.size() + retired_.size();
  for (auto& [uuid, entry] : entries_) entry.runner->stop(one_less);
  for (const auto& runner : retired_) runner->stop(one_less);
  one_less();
}

TriggerDispatcher::Entry& TriggerDispatcher::add(Mapping mapping,
                                                 std::shared_ptr<RecordFilter> filter,
                                                 std::uint64_t newest_discarded) {
  const std::string uuid = mapping.uuid;
  Entry entry;
  if (const auto stream = find_stream_by_arn(context_.log, mapping.stream_arn)) {
    entry.stream_id = stream->id;
    watch(stream->id);
  }
  entry.runner = MappingRunner::create(context_, std::move(mapping), std::move(filter),
                                       newest_discarded, guarded([this] { on_progress(); }));
  return entries_.insert_or_assign(uuid, std::move(entry)).first->second;
}

// --- News from the stream log

void TriggerDispatcher::watch(std::uint64_t stream_id) {
  const std::lock_guard lock(mutex_);
  watched_.insert(stream_id);
}

void TriggerDispatcher::on_commit(std::uint64_t stream_id) {
  {
    const std::lock_guard lock(mutex_);
    if (!watched_.contains(stream_id)) return;
    const bool posted = !woken_.empty();
    woken_.insert(stream_id);
    if (posted) return;
  }
  context_.scheduler.post(guarded([this] { wake_streams(); }));
}

void TriggerDispatcher::wake_streams() {
  std::set<std::uint64_t> woken;
  {
    const std::lock_guard lock(mutex_);
    woken.swap(woken_);
  }
  for (const auto& [uuid, entry] : entries_) {
    if (woken.contains(entry.stream_id)) entry.runner->wake();
  }
}

void TriggerDispatcher::on_progress() {
  if (drains_.empty() || checking_drains_) return;
  checking_drains_ = true;  // One look for many checkpoints.
  context_.scheduler.post(guarded([this] {
    checking_drains_ = false;
    std::erase_if(drains_, [](const auto& weak) {
      const auto drain = weak.lock();
      return !drain || drain->check();
    });
  }));
}

// --- Mappings

TriggerDispatcher::Entry* TriggerDispatcher::find(const Owner& owner, std::string_view uuid) {
  const auto found = entries_.find(uuid);
  if (found == entries_.end() || found->second.runner->mapping().owner != owner) return nullptr;
  return &found->second;
}

const TriggerDispatcher::Entry* TriggerDispatcher::find(const Owner& owner,
                                                        std::string_view uuid) const {
  const auto found = entries_.find(uuid);
  if (found == entries_.end() || found->second.runner->mapping().owner != owner) return nullptr;
  return &found->second;
}

MappingView TriggerDispatcher::view(const Entry& entry) const {
  const Mapping& mapping = entry.runner->mapping();
  const MappingState settled =
      mapping.options.enabled ? MappingState::kEnabled : MappingState::kDisabled;
  return {.mapping = mapping, .state = entry.transition.value_or(settled)};
}

Result<MappingView> TriggerDispatcher::get(const Owner& owner, std::string_view uuid) const {
  const Entry* entry = find(owner, uuid);
  if (!entry) return mapping_not_found();
  return view(*entry);
}

std::vector<MappingView> TriggerDispatcher::list_all() const {
  std::vector<MappingView> views;
  for (const auto& [uuid, entry] : entries_) views.push_back(view(entry));
  std::sort(views.begin(), views.end(), [](const MappingView& a, const MappingView& b) {
    return a.mapping.order < b.mapping.order;
  });
  return views;
}

std::vector<MappingView> TriggerDispatcher::list(const Owner& owner) const {
  std::vector<MappingView> views = list_all();
  std::erase_if(views, [&](const MappingView& view) { return view.mapping.owner != owner; });
  return views;
}

const Mapping* TriggerDispatcher::find_duplicate(const Mapping& wanted) const {
  const auto same = [&](const Mapping& other) {
    return other.uuid != wanted.uuid && other.stream_arn == wanted.stream_arn &&
           other.options.function == wanted.options.function;
  };
  for (const auto& [uuid, entry] : entries_) {
    if (same(entry.runner->mapping())) return &entry.runner->mapping();
  }
  for (const auto& [uuid, mapping] : storing_) {
    if (same(mapping)) return &mapping;
  }
  return nullptr;
}

void TriggerDispatcher::create(Mapping mapping, ViewCallback done) {
  auto filter = RecordFilter::compile(mapping.options.filters);
  if (!filter) return done(std::move(filter).error());
  if (!find_stream_by_arn(context_.log, mapping.stream_arn))
    return done(stream_not_found(mapping.stream_arn));
  mapping.uuid = random_uuid();
  if (const Mapping* existing = find_duplicate(mapping)) return done(duplicate(mapping, *existing));
  mapping.order = next_order_++;
  mapping.modified = context_.clock.now();
  storing_.emplace(mapping.uuid, mapping);
  store_new(mapping, *std::move(filter), std::move(done));
}

// Mapping and starting point in one job, so that LATEST means this moment: before the answer, after
// every write that was acknowledged before the request.
void TriggerDispatcher::store_new(const Mapping& mapping,
                                  std::shared_ptr<RecordFilter> filter,
                                  ViewCallback done) {
  auto found = std::make_shared<bool>(false);
  const auto run = [found, mapping, &log = context_.log](Txn& txn) {
    const auto stream = find_stream_by_arn(log, mapping.stream_arn);
    *found = stream != nullptr;
    if (!stream) return;
    put_mapping(txn, mapping);
    write_starting_point(txn, log, mapping, *stream, mapping.starting_position);
  };
  context_.submit(run, [this, alive = std::weak_ptr(alive_), found, mapping,
                        filter = std::move(filter), done = std::move(done)](bool committed) {
    if (alive.expired()) return;
    storing_.erase(mapping.uuid);
    if (!committed) return done(mapping_not_stored());
    if (!*found) return done(stream_not_found(mapping.stream_arn));
    const auto readers = std::count_if(entries_.begin(), entries_.end(), [&](const auto& entry) {
      return entry.second.runner->mapping().stream_arn == mapping.stream_arn;
    });
    if (readers >= kMappingsPerStreamAdvised) {
      log_warn("a stream has more than two mappings; AWS may throttle its readers",
               {{"stream", mapping.stream_arn}, {"mappings", str_cat(readers + 1)}});
    }
    Entry& entry = add(mapping, filter, 0);
    begin_transition(mapping.uuid, MappingState::kCreating, {});
    if (!stopping_) entry.runner->start();
    done(MappingView{.mapping = mapping, .state = MappingState::kCreating});
  });
}

void TriggerDispatcher::update(const Owner& owner,
                               std::string_view uuid,
                               MappingOptions options,
                               ViewCallback done) {
  Entry* entry = find(owner, uuid);
  if (!entry) return done(mapping_not_found());
  if (entry->transition || entry->writing) return done(mapping_in_use("update"));
  const auto runner = entry->runner;
  Mapping wanted = runner->mapping();
  wanted.options = std::move(options);
  if (const Mapping* existing = find_duplicate(wanted)) return done(duplicate(wanted, *existing));
  if (const auto filter = RecordFilter::compile(wanted.options.filters); !filter)
    return done(filter.error());
  MappingState state = MappingState::kUpdating;
  if (runner->mapping().options.enabled != wanted.options.enabled)
    state = wanted.options.enabled ? MappingState::kEnabling : MappingState::kDisabling;
  entry->writing = true;
  storing_.emplace(wanted.uuid, wanted);
  runner->change(
      [wanted = wanted.options, now = context_.clock.now()](Mapping& mapping) -> Result<void> {
        mapping.options = wanted;
        mapping.modified = now;
        return {};
      },
      [this, alive = std::weak_ptr(alive_), uuid = wanted.uuid, state,
       done = std::move(done)](const Result<void>& stored) {
        if (alive.expired()) return;
        storing_.erase(uuid);
        Entry& changed = entries_.at(uuid);  // `writing` keeps it there.
        changed.writing = false;
        if (!stored) return done(stored.error());
        begin_transition(uuid, state, {});
        done(MappingView{.mapping = changed.runner->mapping(), .state = state});
      });
}

void TriggerDispatcher::remove(const Owner& owner, std::string_view uuid_view, ViewCallback done) {
  Entry* entry = find(owner, uuid_view);
  if (!entry) return done(mapping_not_found());
  if (entry->transition || entry->writing) return done(mapping_in_use("delete"));
  const std::string uuid(uuid_view);
  MappingView answer = view(*entry);
  answer.state = MappingState::kDeleting;
  const auto answered = [answer, done = std::move(done)](const Result<void>& stored) {
    if (!stored) return done(stored.error());
    done(answer);
  };
  if (context_.options.transition_delay.count() == 0) return erase(uuid, answered);
  entry->writing = true;
  entry->runner->change(
      [](Mapping& mapping) -> Result<void> {
        mapping.deleting = true;
        return {};
      },
      [this, alive = std::weak_ptr(alive_), uuid, answered](const Result<void>& stored) {
        if (alive.expired()) return;
        Entry& marked = entries_.at(uuid);  // `writing` keeps it there.
        marked.writing = false;
        if (stored) {
          marked.runner->stop({});
          begin_transition(uuid, MappingState::kDeleting, [this, uuid] { erase_until_done(uuid); });
        }
        answered(stored);
      });
}

// The rows first: should they stay, so does the mapping. The runner stays until what it has in
// flight ends.
void TriggerDispatcher::erase(const std::string& uuid, VoidCallback done) {
  const auto found = entries_.find(uuid);
  if (found == entries_.end()) return done(mapping_not_found());
  found->second.writing = true;
  context_.submit(
      [key = key_of(found->second.runner->mapping())](Txn& txn) { erase_mapping(txn, key); },
      [this, alive = std::weak_ptr(alive_), uuid, done = std::move(done)](bool committed) {
        if (alive.expired()) return;
        Entry& erased = entries_.at(uuid);  // `writing` keeps it there.
        if (!committed) {
          erased.writing = false;
          return done(mapping_not_stored());
        }
        const auto runner = erased.runner;
        entries_.erase(uuid);
        retired_.insert(runner);
        runner->stop(
            guarded([this, weak = std::weak_ptr(runner)] { retired_.erase(weak.lock()); }));
        on_progress();  // Nobody waits for it any more.
        done({});
      });
}

// Of a mapping that nobody waits for: its client has been told that it is being deleted.
void TriggerDispatcher::erase_until_done(const std::string& uuid) {
  erase(uuid, [this, uuid](const Result<void>& erased) {
    if (erased || !entries_.contains(uuid)) return;
    context_.scheduler.run_at(context_.store_retry_time(),
                              guarded([this, uuid] { erase_until_done(uuid); }));
  });
}

void TriggerDispatcher::change_tags(const Owner& owner,
                                    std::string_view uuid,
                                    std::function<Result<void>(TagMap&)> change,
                                    VoidCallback done) {
  Entry* entry = find(owner, uuid);
  if (!entry) return done(mapping_not_found());
  entry->runner->change(
      [change = std::move(change)](Mapping& mapping) { return change(mapping.tags); },
      std::move(done));
}

void TriggerDispatcher::begin_transition(const std::string& uuid, MappingState state, Task then) {
  if (context_.options.transition_delay.count() == 0) return;
  const auto found = entries_.find(uuid);
  if (found == entries_.end()) return;
  found->second.transition = state;
  context_.scheduler.run_at(context_.clock.now() + context_.options.transition_delay,
                            guarded([this, uuid, then = std::move(then)] {
                              const auto ended = entries_.find(uuid);
                              if (ended != entries_.end()) ended->second.transition.reset();
                              if (then) then();
                            }));
}

}  // namespace tailrace::triggers
