#include "storage/table/background.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "storage/base/log.h"
#include "storage/table/expiry_slices.h"
#include "storage/table/index_backfill.h"
#include "storage/table/range_sweep.h"
#include "storage/table/replica_fill.h"

namespace tailrace {
namespace {

// Kinds of work take turns, so that sweeping a large table does not hold up a new index.
enum class Kind : std::uint8_t { kSweep, kIndexes, kExpiryRows, kExpire, kCount, kReplicas };
constexpr std::size_t kKinds = 6;

// Counting only reads.
constexpr std::size_t kCountRowsFactor = 8;

// The disk may be full for a while.
constexpr Millis kRetryAfter = std::chrono::seconds(1);

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

using ExpireDone = std::function<void(std::size_t)>;

}  // namespace

// Lives on the home thread but for what is atomic. Jobs and tasks share it, and do nothing once it
// is stopped.
struct BackgroundWork::State : std::enable_shared_from_this<State> {
  State(EngineQueue& q, Catalog& c, ItemWriter& w, const Clock& t, Scheduler& s, Options o)
      : queue(q), catalog(c), writer(w), clock(t), scheduler(s), options(o) {}

  // What a job tells the home thread. It may run twice, so each run sets everything.
  struct Outcome {
    bool more = false;
    ExpiryPass pass;
    std::optional<std::string> error;
  };

  void wake();
  void look();
  void advance();
  void run_slice(Kind kind);
  Outcome slice(Txn& txn, Kind kind);
  void finish(Kind kind, const Outcome& outcome);
  void finish_pass();
  void begin_pass();
  void note_expiry(Txn& txn, Instant expiry);
  void arm(Instant expiry);
  void retry_later(const std::string& error);
  std::optional<Kind> next_kind();
  bool& pending(Kind kind) { return pending_kinds[static_cast<std::size_t>(kind)]; }

  EngineQueue& queue;
  Catalog& catalog;
  ItemWriter& writer;
  const Clock& clock;
  Scheduler& scheduler;
  const Options options;

  std::atomic<bool> stopped = false;
  std::atomic<bool> woken = false;                // look() is posted.
  std::atomic<bool> active = false;               // Some kind is pending.
  std::atomic<bool> failing = false;              // A slice has failed; it will be tried again.
  std::atomic<std::int64_t> next_check = kNever;  // When expiry_timer is due.

  std::array<bool, kKinds> pending_kinds{};
  std::size_t last_kind = 0;
  bool running = false;  // A slice is in the queue.
  bool told_of_failure = false;
  TimerId expiry_timer = TimerId::kNone;
  bool passing = false;
  ExpiryPass pass;                         // While passing.
  std::vector<ExpireDone> done_with_pass;  // Wait for this pass.
  std::vector<ExpireDone> done_with_next;  // Came while it was under way already.
  std::vector<Task> done_when_idle;
};

void BackgroundWork::State::wake() {
  if (stopped || woken.exchange(true)) return;
  scheduler.post([self = shared_from_this()] { self->look(); });
}

void BackgroundWork::State::look() {
  if (stopped) return;
  // In this order: idle() must not see neither, and what commits after `woken` is cleared posts
  // again.
  active = true;
  woken = false;
  for (const Kind kind : {Kind::kSweep, Kind::kIndexes, Kind::kExpiryRows, Kind::kReplicas})
    pending(kind) = true;
  advance();
}

// Items expire by rows that must be there first.
std::optional<Kind> BackgroundWork::State::next_kind() {
  for (std::size_t turn = 1; turn <= kKinds; ++turn) {
    const std::size_t index = (last_kind + turn) % kKinds;
    const Kind kind = static_cast<Kind>(index);
    if (!pending_kinds[index] || (kind == Kind::kExpire && pending(Kind::kExpiryRows))) continue;
    last_kind = index;
    return kind;
  }
  return std::nullopt;
}

void BackgroundWork::State::advance() {
  if (stopped || running || failing) return;
  if (const std::optional<Kind> kind = next_kind()) return run_slice(*kind);
  active = false;
  told_of_failure = false;
  for (const Task& done : std::exchange(done_when_idle, {})) done();
}

void BackgroundWork::State::run_slice(Kind kind) {
  running = true;
  pending(kind) = false;  // Now, so that what comes in meanwhile is not taken for done.
  const auto outcome = std::make_shared<Outcome>();
  queue.submit(
      [self = shared_from_this(), outcome, kind](Txn& txn) {
        if (!self->stopped) *outcome = self->slice(txn, kind);
      },
      [self = shared_from_this(), outcome, kind](const EngineError* error) {
        if (self->stopped) return;
        if (error) outcome->error = error->what();
        self->scheduler.post([self, outcome, kind] { self->finish(kind, *outcome); });
      });
}

BackgroundWork::State::Outcome BackgroundWork::State::slice(Txn& txn, Kind kind) {
  Outcome outcome;
  switch (kind) {
    case Kind::kSweep:
      outcome.more = sweep_slice(txn, writer.statistics(), options.slice_rows);
      break;
    case Kind::kIndexes:
      outcome.more = index_slice(txn, catalog, writer.statistics(), options.slice_rows);
      break;
    case Kind::kReplicas:
      outcome.more = replica_slice(txn, catalog, writer, options.slice_rows);
      break;
    case Kind::kExpiryRows:
      outcome.more = expiry_rows_slice(txn, catalog, options.slice_rows);
      break;
    case Kind::kExpire:
      outcome.pass = expire_slice(txn, catalog, writer, pass, options.slice_rows);
      outcome.more = !outcome.pass.complete;
      break;
    case Kind::kCount:
      outcome.more = writer.statistics().count_slice(txn, kCountRowsFactor * options.slice_rows);
      break;
  }
  return outcome;
}

void BackgroundWork::State::finish(Kind kind, const Outcome& outcome) {
  if (stopped) return;
  running = false;
  if (outcome.error) {
    pending(kind) = true;
    return retry_later(*outcome.error);
  }
  if (outcome.more) pending(kind) = true;
  if (kind == Kind::kExpire) {
    pass = outcome.pass;
    if (pass.complete) finish_pass();
  }
  // The writer has not told of these rows, so a pass has to look for what they hold.
  if (kind == Kind::kExpiryRows && outcome.more) arm(clock.now());
  advance();
}

void BackgroundWork::State::begin_pass() {
  if (passing) return;
  passing = true;
  pass = {.now = clock.now()};
  done_with_pass = std::exchange(done_with_next, {});
  pending(Kind::kExpire) = true;
  active = true;
}

void BackgroundWork::State::finish_pass() {
  passing = false;
  if (pass.next_due) arm(*pass.next_due);
  for (const ExpireDone& done : std::exchange(done_with_pass, {})) done(pass.expired);
  if (!done_with_next.empty()) begin_pass();
}

// On the thread of the write. Most expiries are later than the next check, and cost nothing here.
void BackgroundWork::State::note_expiry(Txn& txn, Instant expiry) {
  if (to_millis(std::max(expiry, clock.now() + options.ttl_interval)) >= next_check) return;
  txn.on_commit([self = shared_from_this(), expiry] {
    if (self->stopped) return;
    self->scheduler.post([self, expiry] { self->arm(expiry); });
  });
}

// Sees to a pass at `expiry`, but not before the interval is over.
void BackgroundWork::State::arm(Instant expiry) {
  if (stopped) return;
  const Instant due = std::max(expiry, clock.now() + sweep_interval(clock, options.ttl_interval));
  if (to_millis(due) >= next_check) return;
  scheduler.cancel(expiry_timer);
  next_check = to_millis(due);
  expiry_timer = scheduler.run_at(due, [self = shared_from_this()] {
    self->expiry_timer = TimerId::kNone;
    self->next_check = kNever;
    if (self->stopped) return;
    self->begin_pass();
    self->advance();
  });
}

// By the machine's time: a disk has no more room because the product's clock was moved.
void BackgroundWork::State::retry_later(const std::string& error) {
  if (!std::exchange(told_of_failure, true))
    log_error("background work failed; will try again", {{"error", error}});
  failing = true;
  scheduler.after(kRetryAfter, [self = shared_from_this()] {
    self->failing = false;
    self->advance();
  });
}

BackgroundWork::BackgroundWork(EngineQueue& queue,
                               Catalog& catalog,
                               ItemWriter& writer,
                               const Clock& clock,
                               Scheduler& scheduler,
                               Options options)
    : state_(std::make_shared<State>(queue, catalog, writer, clock, scheduler, options)) {}

BackgroundWork::~BackgroundWork() {
  state_->stopped = true;
  state_->scheduler.cancel(state_->expiry_timer);
  // Whatever slice was submitted before this job has ended when it has.
  state_->queue.run([](Txn&) {});
}

void BackgroundWork::start() {
  state_->catalog.on_work([state = state_] { state->wake(); });
  state_->writer.on_expiry(
      [state = state_](Txn& txn, Instant expiry) { state->note_expiry(txn, expiry); });
  state_->queue.run([this](Txn&) { state_->writer.statistics().begin_count(); });
  state_->pending(Kind::kCount) = true;
  state_->arm(state_->clock.now());
  state_->look();
}

void BackgroundWork::wake() {
  state_->wake();
}

void BackgroundWork::expire_now(std::function<void(std::size_t)> done) {
  state_->done_with_next.push_back(std::move(done));
  state_->begin_pass();
  state_->look();  // A change of the TTL attribute may be on its way here.
}

void BackgroundWork::when_idle(Task done) {
  state_->done_when_idle.push_back(std::move(done));
  state_->look();
}

bool BackgroundWork::idle() const {
  return !state_->woken && !state_->active;
}

bool BackgroundWork::settled() const {
  return !state_->woken && (!state_->active || state_->failing);
}

}  // namespace tailrace
