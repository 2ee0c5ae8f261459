#include "storage/engine/engine_queue.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "storage/base/check.h"
#include "storage/base/str_cat.h"

namespace tailrace {
namespace {

// Batches that a thread runs before it offers the turn to another one that submits.
constexpr int kBatchesMax = 2;
// How long it offers it: a thread that serves connections submits again within some microseconds, or
// has nothing to do but to wait for the jobs that are in the queue.
constexpr std::chrono::microseconds kOffered{200};

struct Job {
  EngineQueue::Run run;
  EngineQueue::Done done;
};

// The transaction of one group. Reused from group to group, so that its vectors keep their memory.
class GroupTxn final : public Txn {
 public:
  explicit GroupTxn(StorageEngine& engine) : engine_(engine) {}

  bool get(Bytes key, Buffer& value) override { return engine_.get(key, value); }
  void put(Bytes key, Bytes value) override {
    begin_once();
    engine_.put(key, value);
  }
  void erase(Bytes key) override {
    begin_once();
    engine_.erase(key);
  }
  std::unique_ptr<Cursor> scan(Bytes begin, Bytes end, Order order) override {
    return engine_.scan(begin, end, order);
  }
  void require_room() override { engine_.require_room(); }
  void on_commit(std::function<void()> action) override { on_commit_.push_back(std::move(action)); }
  void on_rollback(std::function<void()> action) override {
    on_rollback_.push_back(std::move(action));
  }

  bool release_space(std::size_t pages_max) {
    begin_once();
    return engine_.release_space(pages_max);
  }

  void commit() {
    if (begun_) engine_.commit();
    begun_ = false;
    on_rollback_.clear();
  }

  // After commit(). Nothing can be undone any more, so nothing may fail.
  void tell_committed() noexcept {
    for (const auto& action : on_commit_) action();
    on_commit_.clear();
  }

  void rollback() {
    if (begun_) engine_.rollback();
    begun_ = false;
    on_commit_.clear();
    for (auto action = on_rollback_.rbegin(); action != on_rollback_.rend(); ++action) (*action)();
    on_rollback_.clear();
  }

 private:
  void begin_once() {
    if (begun_) return;
    engine_.begin();
    begun_ = true;
  }

  StorageEngine& engine_;
  bool begun_ = false;
  std::vector<std::function<void()>> on_commit_;
  std::vector<std::function<void()>> on_rollback_;
};

}  // namespace

// Whoever sets `draining` owns engine, transaction and batch until it clears it again; the mutex
// hands them on from thread to thread.
struct EngineQueue::State {
  State(std::unique_ptr<StorageEngine> store, Options opts)
      : engine(std::move(store)), options(std::move(opts)), txn(*engine) {}

  const std::unique_ptr<StorageEngine> engine;
  const Options options;
  GroupTxn txn;
  std::vector<Job> batch;

  std::mutex mutex;  // Guards what follows.
  std::vector<Job> waiting;
  bool draining = false;
  bool closing = false;
  std::thread::id drainer;       // Meaningful while draining.
  std::condition_variable work;  // For the drain thread: something waits, or closing.
  std::condition_variable idle;  // For the destructor: draining has ended.
  int batches = 0;               // That the drainer has run in its turn.
  enum class Turn { kKept, kWanted, kOffered } turn = Turn::kKept;
  std::condition_variable taken;  // For the thread that offers the turn: it has another drainer.
  std::thread thread;

  void run_group(std::span<Job> group);
  void run_alone(Job& job);
  void fail(Job& job, const EngineError& error);
  DamagedRow named(const DamagedRow& damage) const;
  void run_batch();
  void drain(std::unique_lock<std::mutex>& lock);
  bool give_turn(std::unique_lock<std::mutex>& lock);
  void want_turn(std::unique_lock<std::mutex>& lock);
  void drain_forever();
};

// Anything but an EngineError that leaves a job is our bug, and ends the program here.
void EngineQueue::State::run_group(std::span<Job> group) {
  if (group.size() == 1) return run_alone(group.front());
  bool committed = false;
  try {
    for (const Job& job : group) job.run(txn);
    txn.commit();
    committed = true;
  } catch (const EngineError&) {
    txn.rollback();
  }
  if (!committed) {
    for (Job& job : group) run_alone(job);
    return;
  }
  txn.tell_committed();
  for (const Job& job : group) {
    if (job.done) job.done(nullptr);
  }
}

DamagedRow EngineQueue::State::named(const DamagedRow& damage) const {
  const bool known = !damage.key().empty() && options.describe_row;
  return DamagedRow(
      str_cat(damage.what(), known ? str_cat(": ", options.describe_row(damage.key())) : "",
              "; restore the data directory from a copy, or delete what holds the row"),
      damage.key());
}

void EngineQueue::State::fail(Job& job, const EngineError& error) {
  txn.rollback();
  if (job.done) job.done(&error);
}

void EngineQueue::State::run_alone(Job& job) {
  try {
    job.run(txn);
    txn.commit();
  } catch (const DamagedRow& damage) {
    return fail(job, named(damage));
  } catch (const EngineError& error) {
    return fail(job, error);
  }
  txn.tell_committed();
  if (job.done) job.done(nullptr);
}

void EngineQueue::State::run_batch() {
  for (std::size_t begin = 0; begin < batch.size(); begin += options.group_max) {
    const std::size_t count = std::min(options.group_max, batch.size() - begin);
    run_group(std::span(batch).subspan(begin, count));
  }
  batch.clear();
}

// Called with the lock held and `draining` set by this thread; left with the lock held. Whoever
// drains serves nobody else meanwhile, and while others submit as fast as it runs their jobs it
// would do so for ever: it ends when another thread takes the turn.
void EngineQueue::State::drain(std::unique_lock<std::mutex>& lock) {
  for (batches = 0; !waiting.empty(); ++batches) {
    if (turn == Turn::kWanted && give_turn(lock)) return;
    batch.swap(waiting);
    lock.unlock();
    run_batch();
    lock.lock();
  }
  turn = Turn::kKept;
  draining = false;
  if (closing) idle.notify_all();
}

// False: nobody has come for it.
bool EngineQueue::State::give_turn(std::unique_lock<std::mutex>& lock) {
  turn = Turn::kOffered;
  const auto self = std::this_thread::get_id();
  // By now whoever came may itself have offered it again.
  if (taken.wait_for(lock, kOffered, [this, self] { return drainer != self; })) return true;
  turn = Turn::kKept;
  batches = 0;
  return false;
}

// By a thread that has submitted. Drains if the turn is offered.
void EngineQueue::State::want_turn(std::unique_lock<std::mutex>& lock) {
  if (turn == Turn::kOffered) {
    turn = Turn::kKept;
    drainer = std::this_thread::get_id();
    taken.notify_all();  // One that was relieved before may not have woken yet.
    drain(lock);
  } else if (batches >= kBatchesMax) {
    turn = Turn::kWanted;
  }
}

void EngineQueue::State::drain_forever() {
  std::unique_lock lock(mutex);
  drainer = std::this_thread::get_id();
  while (true) {
    work.wait(lock, [this] { return closing || !waiting.empty(); });
    if (waiting.empty()) return;
    drain(lock);
    draining = true;
  }
}

EngineQueue::EngineQueue(std::unique_ptr<StorageEngine> engine, Options options)
    : state_(std::make_unique<State>(std::move(engine), std::move(options))) {
  CHECK(state_->options.group_max > 0);
  if (state_->options.drain_thread) {
    state_->draining = true;
    state_->thread = std::thread([state = state_.get()] { state->drain_forever(); });
  }
}

EngineQueue::~EngineQueue() {
  std::unique_lock lock(state_->mutex);
  state_->closing = true;
  if (state_->thread.joinable()) {
    state_->work.notify_one();
    lock.unlock();
    state_->thread.join();
    return;
  }
  state_->idle.wait(lock, [this] { return !state_->draining; });
}

void EngineQueue::submit(Run run, Done done) {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  if (state.draining) {
    state.waiting.push_back({.run = std::move(run), .done = std::move(done)});
    if (state.options.drain_thread) {
      if (state.waiting.size() == 1) state.work.notify_one();
    } else if (state.drainer != std::this_thread::get_id()) {
      state.want_turn(lock);
    }
    return;
  }
  state.draining = true;
  state.drainer = std::this_thread::get_id();
  state.batches = 0;
  lock.unlock();
  Job job{.run = std::move(run), .done = std::move(done)};
  state.run_alone(job);
  job = {};  // What it holds is let go outside the lock, and before others' jobs.
  lock.lock();
  state.drain(lock);
}

bool EngineQueue::release_space(Txn& txn, std::size_t pages_max) {
  CHECK(&txn == &state_->txn);
  return state_->txn.release_space(pages_max);
}

void EngineQueue::run(const Run& run) {
  {
    const std::lock_guard lock(state_->mutex);
    // It would wait for itself.
    CHECK(!state_->draining || state_->drainer != std::this_thread::get_id());
  }
  // Shared: the draining thread may still be inside set_value() when the waiting one has returned.
  const auto outcome = std::make_shared<std::promise<void>>();
  submit([&run](Txn& txn) { run(txn); },
         [outcome](const EngineError* error) {
           if (error) {
             outcome->set_exception(std::make_exception_ptr(*error));
           } else {
             outcome->set_value();
           }
         });
  outcome->get_future().get();
}

}  // namespace tailrace
