#include "streams/triggers/lane.h"

#include <algorithm>

#include "storage/base/check.h"
#include "storage/base/json_text.h"
#include "storage/base/log.h"
#include "storage/base/overloaded.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "storage/base/time_text.h"

namespace tailrace::triggers {

namespace {

constexpr std::string_view kResultOk = "OK";
constexpr std::string_view kResultProblem = "PROBLEM: Function call failed";

std::string_view result_name(AttemptResult result) {
  switch (result) {
    case AttemptResult::kSuccess:
      return "Success";
    case AttemptResult::kFunctionError:
      return "FunctionError";
    case AttemptResult::kPartialFailure:
      return "PartialFailure";
    case AttemptResult::kInvocationFailure:
      return "InvocationFailure";
  }
  return "";
}

std::string error_of(const InvokeOutcome& outcome, const HandlerResponse& response) {
  if (!response.problem.empty()) return response.problem;
  if (outcome.status == InvokeStatus::kSuccess) return {};
  return outcome.error_text.empty() ? outcome.error_type
                                    : str_cat(outcome.error_type, ": ", outcome.error_text);
}

}  // namespace

Lane::~Lane() {
  cancel_timer();
}

void Lane::push(QueuedRecord record) {
  former_.push(std::move(record));
}

void Lane::step() {
  if (phase_ != Phase::kIdle || mode_ == LaneMode::kStopping) return;
  if (work_.empty() && !begin_batch()) return;
  attempt();
}

void Lane::set_mode(LaneMode mode) {
  mode_ = mode;
  if (mode == LaneMode::kRunning) return;
  if (phase_ == Phase::kIdle) cancel_timer();  // Nothing new is begun, so nothing is waited for.
  if (mode == LaneMode::kStopping && phase_ == Phase::kWaiting) {
    cancel_timer();
    phase_ = Phase::kIdle;
  }
}

void Lane::on_options_changed() {
  if (phase_ == Phase::kIdle) {
    cancel_timer();
    step();
  } else if (phase_ == Phase::kWaiting && !retry_allowed(work_.back().state, retry_rules())) {
    cancel_timer();
    phase_ = Phase::kIdle;
    step();
  }
}

std::uint64_t Lane::oldest_unfinished() const {
  for (auto batch = work_.rbegin(); batch != work_.rend(); ++batch) {
    if (!batch->records.empty()) return batch->records.front().sequence;
  }
  return former_.empty() ? 0 : former_.front().sequence;
}

RetryRules Lane::retry_rules() const {
  return {.retry_attempts_max = options().retry_attempts_max,
          .bisect = options().bisect,
          .first_delay = context().options.first_retry_delay,
          .largest_delay = context().options.largest_retry_delay};
}

void Lane::cancel_timer() {
  if (timer_ == TimerId::kNone) return;
  context().scheduler.cancel(timer_);
  timer_ = TimerId::kNone;
}

void Lane::start_timer(Instant when, std::function<void()> task) {
  cancel_timer();
  timer_at_ = when;
  timer_ = context().scheduler.run_at(when, [weak = weak_from_this(), task = std::move(task)] {
    const auto lane = weak.lock();
    if (!lane) return;
    lane->timer_ = TimerId::kNone;
    task();
  });
}

// --- Forming a batch

Surroundings Lane::surroundings() const {
  const auto& window = host_.window();
  return {.now = now(),
          .options = options(),
          .window = window,
          .retention = context().log.options().retention,
          .at_end_of_shard = host_.at_end_of_shard(),
          .nothing_to_wait_for = host_.nothing_to_wait_for(),
          .window_is_read = window && host_.all_read(window->end)};
}

// False: there is none yet; what is to come first has been set going.
bool Lane::begin_batch() {
  if (mode_ != LaneMode::kRunning) return false;
  return std::visit(Overloaded{[this](const TakeRecords& take) {
                                 cancel_timer();
                                 work_.emplace_back().records = former_.take(take.count);
                                 host_.on_lane_changed();
                                 return true;
                               },
                               [this](const EndWindow& end) {
                                 work_.emplace_back().purpose = end.terminated_early
                                                                    ? Purpose::kWindowTerminated
                                                                    : Purpose::kWindowEnd;
                                 return true;
                               },
                               [this](const WaitUntil& wait) {
                                 if (wait.then == WaitUntil::Then::kRead) {
                                   start_timer(wait.when, [this] { host_.look_for_records(); });
                                 } else {
                                   start_timer(wait.when, [this] { step(); });
                                 }
                                 return false;
                               },
                               [this](const ReadFirst&) {
                                 host_.look_for_records();
                                 return false;
                               },
                               [](const AwaitRecords&) { return false; }},
                    former_.next(surroundings()));
}

std::size_t Lane::aged_in_batch(const Batch& batch) const {
  const bool retrying = batch.state.waits > 0;
  const Surroundings around = surroundings();
  std::size_t aged = 0;
  while (aged < batch.records.size() && is_aged(batch.records[aged].created, retrying, around))
    ++aged;
  return aged;
}

std::optional<WindowEvent> Lane::window_event(Purpose purpose, const std::string& stream) const {
  const auto& window = host_.window();
  if (!window) return std::nullopt;
  return WindowEvent{.start = window->start,
                     .end = window->end,
                     .state = window->state,
                     .shard_id = host_.shard_id(),
                     .stream_arn = stream,
                     .is_final = purpose != Purpose::kRecords,
                     .terminated_early = purpose == Purpose::kWindowTerminated};
}

std::shared_ptr<const std::string> Lane::event_of(std::span<const QueuedRecord> records,
                                                  Purpose purpose) const {
  const std::string& stream = host_.mapping_host().mapping().stream_arn;
  const auto window = window_event(purpose, stream);
  return build_event(records, window ? &*window : nullptr);
}

// --- One attempt

void Lane::attempt() {
  Batch& batch = work_.back();
  batch.state.records = batch.records.size();
  if (batch.state.failures > 0 && !retry_allowed(batch.state, retry_rules())) {
    discard(batch.records.size(), DiscardCondition::kRetryAttemptsExhausted);
    return;
  }
  if (const std::size_t aged = aged_in_batch(batch); aged > 0) {
    discard(aged, DiscardCondition::kRecordAgeExceeded);
    return;
  }
  const auto& window = host_.window();
  if (batch.records.empty() && batch.state.waits > 0 && window &&
      is_aged(window->end, true, surroundings())) {
    discard(0, DiscardCondition::kRecordAgeExceeded);
    return;
  }
  invoke();
}

void Lane::invoke() {
  Batch& batch = work_.back();
  // A batch that was begun before windows were configured is brought to its end without one: its
  // event has none, so the function would return no state.
  const bool in_windows = options().tumbling_window_s > 0 && mode_ == LaneMode::kRunning;
  if (batch.purpose == Purpose::kRecords && in_windows && !host_.window()) {
    host_.window() = window_of(batch.records.front(), options());
  }
  if (!batch.payload) batch.payload = event_of(batch.records, batch.purpose);
  batch.request_id = random_uuid();
  TriggerCounters& counters = host_.mapping_host().counters();
  ++counters.batches_sent;
  if (batch.state.waits > 0) ++counters.batches_retried;
  phase_ = Phase::kInvoking;
  const FunctionRef& function = options().function;
  const Instant started = now();
  const auto begin = std::chrono::steady_clock::now();
  invocation_ = context().functions.invoke(
      {.owner = function.owner,
       .function_name = function.name,
       .qualifier = function.qualifier,
       .request_id = batch.request_id,
       .payload = batch.payload,
       .client_context = {}},
      [weak = weak_from_this(), started, begin](const InvokeOutcome& outcome) {
        const auto lane = weak.lock();
        if (!lane) return;
        const auto duration = std::chrono::steady_clock::now() - begin;
        lane->on_outcome(outcome, std::chrono::duration_cast<std::chrono::microseconds>(duration),
                         started);
      });
}

void Lane::on_outcome(const InvokeOutcome& outcome,
                      std::chrono::microseconds duration,
                      Instant started) {
  CHECK(phase_ == Phase::kInvoking);
  const auto finished_invocation = std::move(invocation_);
  invocation_.reset();
  phase_ = Phase::kIdle;
  Batch& batch = work_.back();
  HandlerResponse response;
  switch (outcome.status) {
    case InvokeStatus::kSuccess: {
      std::vector<std::uint64_t> sequences;
      sequences.reserve(batch.records.size());
      for (const QueuedRecord& record : batch.records) sequences.push_back(record.sequence);
      response = read_response(outcome.body,
                               {.report_item_failures = options().report_item_failures,
                                .window_state = host_.window().has_value()},
                               sequences);
      break;
    }
    case InvokeStatus::kFunctionError:
      response.attempt.result = AttemptResult::kFunctionError;
      break;
    case InvokeStatus::kInvocationFailure:
      response.attempt.result = AttemptResult::kInvocationFailure;
      break;
  }
  unhandled_ = outcome.status == InvokeStatus::kFunctionError;
  executed_version_ = outcome.executed_version;
  record_invocation(outcome, response, duration, started);
  if (response.state && batch.purpose == Purpose::kRecords)
    host_.window()->state = *std::move(response.state);
  const Decision decision = decide(batch.state, response.attempt, retry_rules(), now());
  std::visit([this](const auto& what) { apply(what); }, decision);
}

void Lane::record_invocation(const InvokeOutcome& outcome,
                             const HandlerResponse& response,
                             std::chrono::microseconds duration,
                             Instant started) {
  Batch& batch = work_.back();
  ReaderHost& host = host_.mapping_host();
  const AttemptResult result = response.attempt.result;
  const bool failed =
      result == AttemptResult::kFunctionError || result == AttemptResult::kInvocationFailure;
  batch.last_error = error_of(outcome, response);
  if (result != AttemptResult::kSuccess) ++host.counters().batches_failed;
  host.set_last_result(failed ? kResultProblem : kResultOk);
  const std::uint64_t first = batch.records.empty() ? 0 : batch.records.front().sequence;
  const std::uint64_t last = batch.records.empty() ? 0 : batch.records.back().sequence;
  if (failed) {
    log_warn("invocation failed", {{"mapping", host.mapping().uuid},
                                   {"function", options().function.name},
                                   {"shard", host_.shard_id()},
                                   {"first", sequence_number_text(first)},
                                   {"last", sequence_number_text(last)},
                                   {"attempt", str_cat(batch.state.waits + 1)},
                                   {"result", std::string(result_name(result))},
                                   {"error", batch.last_error}});
  }
  host.invocations().add({.started = started,
                          .duration = duration,
                          .request_id = batch.request_id,
                          .function_arn = arn_of(options().function),
                          .shard_id = host_.shard_id(),
                          .first_sequence = first,
                          .last_sequence = last,
                          .records = batch.records.size(),
                          .attempt = batch.state.waits + 1,
                          .result = std::string(result_name(result)),
                          .error = batch.last_error,
                          .payload = batch.payload,
                          .response = outcome.body});
}

// --- Its consequences

void Lane::apply(const Finish&) {
  host_.mapping_host().counters().records_delivered += work_.back().records.size();
  finish_records(work_.back().records.size(), nullptr);
}

void Lane::apply(const Retry& retry) {
  work_.back().state = retry.state;
  retry_later(retry.at);
}

void Lane::apply(const Shorten& shorten) {
  host_.mapping_host().counters().records_delivered += shorten.first;
  Batch& batch = work_.back();
  batch.records.erase(batch.records.begin(),
                      batch.records.begin() + static_cast<std::ptrdiff_t>(shorten.first));
  batch.payload.reset();
  batch.state = shorten.state;
  phase_ = Phase::kCommitting;
  host_.commit(nullptr, [weak = weak_from_this(), at = shorten.at] {
    const auto lane = weak.lock();
    if (!lane) return;
    lane->phase_ = Phase::kIdle;
    lane->retry_later(at);
  });
}

void Lane::apply(const Split& split) {
  ++host_.mapping_host().counters().batches_bisected;
  Batch first;
  Batch second;
  auto& records = work_.back().records;
  const auto middle = records.begin() + static_cast<std::ptrdiff_t>(split.first_half);
  first.records.assign(std::make_move_iterator(records.begin()), std::make_move_iterator(middle));
  second.records.assign(std::make_move_iterator(middle), std::make_move_iterator(records.end()));
  work_.pop_back();
  work_.push_back(std::move(second));
  work_.push_back(std::move(first));
  go_on();
}

void Lane::apply(const Discard& discarded) {
  work_.back().state = discarded.state;
  discard(work_.back().records.size(), DiscardCondition::kRetryAttemptsExhausted);
}

void Lane::retry_later(Instant at) {
  if (mode_ == LaneMode::kStopping) {
    go_on();
    return;
  }
  phase_ = Phase::kWaiting;
  start_timer(at, [this] {
    phase_ = Phase::kIdle;
    step();
  });
}

// --- Discarding

DiscardedRecords Lane::describe_discarded(std::span<const QueuedRecord> records,
                                          DiscardCondition condition) const {
  const Batch& batch = work_.back();
  const auto& window = host_.window();
  const Instant no_records = window ? window->start : now();
  return {.request_id = batch.request_id.empty() ? random_uuid() : batch.request_id,
          .function_arn = arn_of(options().function),
          .condition = condition,
          .invocations = batch.state.invocations,
          .executed_version = executed_version_,
          .unhandled = unhandled_,
          .at = now(),
          .shard_id = host_.shard_id(),
          .stream_arn = host_.mapping_host().mapping().stream_arn,
          .first_sequence = records.empty() ? host_.position() : records.front().sequence,
          .last_sequence = records.empty() ? host_.position() : records.back().sequence,
          .first_arrival = records.empty() ? no_records : records.front().created,
          .last_arrival = records.empty() ? no_records : records.back().created,
          .records = records.size()};
}

// Gives up the first `count` records of the batch: the destination is told first, so that a crash
// cannot lose the message, then message and checkpoint are written together.
void Lane::discard(std::size_t count, DiscardCondition condition) {
  const Batch& batch = work_.back();
  const std::span<const QueuedRecord> records(batch.records.data(), count);
  DiscardedRecords discarded = describe_discarded(records, condition);
  std::string document = failure_document(discarded);
  auto payload = count == batch.records.size() && batch.payload ? batch.payload
                                                                : event_of(records, batch.purpose);
  if (!options().on_failure) {
    keep_discarded(count, discarded, std::move(document), std::move(payload), false);
    return;
  }
  phase_ = Phase::kDelivering;
  const DestinationMessage message{
      .destination_arn = *options().on_failure,
      .document = document,
      .payload = *payload,
      .object_path =
          str_cat("aws/lambda/", host_.mapping_host().mapping().uuid, '/', host_.shard_id()),
      .at = discarded.at};
  const bool bound = context().destinations.send(
      message, [weak = weak_from_this(), count, discarded, document, payload](bool delivered) {
        const auto lane = weak.lock();
        if (!lane) return;
        TriggerCounters& counters = lane->host_.mapping_host().counters();
        ++(delivered ? counters.destination_deliveries : counters.destination_failures);
        lane->keep_discarded(count, discarded, document, payload, delivered);
      });
  if (!bound) keep_discarded(count, discarded, std::move(document), std::move(payload), false);
}

void Lane::keep_discarded(std::size_t count,
                          const DiscardedRecords& discarded,
                          std::string document,
                          std::shared_ptr<const std::string> payload,
                          bool sent) {
  ReaderHost& host = host_.mapping_host();
  ++host.counters().batches_dropped;
  host.counters().records_dropped += count;
  log_warn("batch discarded", {{"mapping", host.mapping().uuid},
                               {"function", options().function.name},
                               {"shard", discarded.shard_id},
                               {"first", sequence_number_text(discarded.first_sequence)},
                               {"last", sequence_number_text(discarded.last_sequence)},
                               {"records", str_cat(count)},
                               {"condition", std::string(condition_name(discarded.condition))}});
  auto kept = std::make_shared<DiscardedBatch>();
  kept->id = host.next_discarded_id();
  kept->shard_id = discarded.shard_id;
  kept->payload = std::move(payload);
  JsonWriter json(kept->summary);
  json.begin_object();
  json.number("Id", static_cast<std::int64_t>(kept->id));
  json.string("ShardId", discarded.shard_id);
  json.string("FirstSequenceNumber", sequence_number_text(discarded.first_sequence));
  json.string("LastSequenceNumber", sequence_number_text(discarded.last_sequence));
  json.number("Records", static_cast<std::int64_t>(count));
  json.string("Condition", condition_name(discarded.condition));
  json.string("Error", work_.back().last_error);
  json.string("DiscardedAt", iso_millis_z(discarded.at));
  json.boolean("SentToDestination", sent);
  json.raw("Message", document);
  json.end_object();
  finish_records(count, std::move(kept));
}

// --- Going on

// The first `count` records of the current batch are done with, and the batch itself if none are
// left.
void Lane::finish_records(std::size_t count, std::shared_ptr<DiscardedBatch> discarded) {
  Batch& batch = work_.back();
  if (count > 0) {
    const Millis age = now() - batch.records[count - 1].created;
    host_.mapping_host().counters().iterator_age_ms = std::max<std::int64_t>(0, age.count());
  }
  batch.records.erase(batch.records.begin(),
                      batch.records.begin() + static_cast<std::ptrdiff_t>(count));
  batch.payload.reset();
  if (batch.records.empty()) {
    if (batch.purpose != Purpose::kRecords) host_.window().reset();
    work_.pop_back();
    former_.on_batch_ended(now());
  }
  phase_ = Phase::kCommitting;
  host_.commit(std::move(discarded), [weak = weak_from_this()] {
    const auto lane = weak.lock();
    if (!lane) return;
    lane->phase_ = Phase::kIdle;
    lane->go_on();
  });
}

void Lane::go_on() {
  step();
  host_.on_lane_changed();
}

std::optional<Lane::Status> Lane::status() const {
  Status status;
  if (work_.empty()) {
    if (former_.empty()) return std::nullopt;
    status.first_sequence = former_.front().sequence;
    status.last_sequence = former_.back().sequence;
    status.records = former_.size();
    status.reason = timer_ == TimerId::kNone
                        ? "records were read and wait for their turn"
                        : str_cat("collecting a batch until ", iso_millis_z(timer_at_));
    return status;
  }
  const Batch& batch = work_.back();
  if (!batch.records.empty()) {
    status.first_sequence = batch.records.front().sequence;
    status.last_sequence = batch.records.back().sequence;
  }
  status.records = batch.records.size();
  status.attempts = batch.state.waits + (phase_ == Phase::kInvoking ? 1 : 0);
  switch (phase_) {
    case Phase::kIdle:
      status.reason =
          mode_ == LaneMode::kStopping ? "the mapping is being stopped" : "about to be sent";
      break;
    case Phase::kInvoking:
      status.reason = "waiting for the answer of the function";
      break;
    case Phase::kDelivering:
      status.reason = "waiting for the on-failure destination";
      break;
    case Phase::kCommitting:
      status.reason = "writing the checkpoint";
      break;
    case Phase::kWaiting:
      status.reason = str_cat("retry at ", iso_millis_z(timer_at_), " after: ", batch.last_error);
      break;
  }
  return status;
}

}  // namespace tailrace::triggers
