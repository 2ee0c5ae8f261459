#include "server/control/mapping_routes.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"
#include "storage/base/time_text.h"

namespace tailrace::control {

namespace {

using triggers::BehindBatch;
using triggers::Checkpoint;
using triggers::InvocationRecord;
using triggers::MappingRunner;
using triggers::MappingView;
using triggers::TriggerCounters;
using triggers::TriggerDispatcher;

constexpr double kSecondsDefault = 10;
constexpr double kSecondsMax = 3600;
constexpr double kInvocationSeconds = 900;  // The longest that a function may take.
constexpr std::string_view kNothing = "{}";

ApiError no_mapping(std::string_view uuid) {
  return {.code = ErrorCode::kResourceNotFoundException,
          .message = str_cat("there is no mapping ", uuid),
          .extra_members = {}};
}

// --- Waiting

// The member TimeoutSeconds, or the default.
Result<double> timeout_of(Members& members, double otherwise = kSecondsDefault) {
  const double seconds = members.optional_number("TimeoutSeconds").value_or(otherwise);
  TRY_VOID(members.finish());
  if (seconds < 0 || seconds > kSecondsMax) {
    return validation_error(
        str_cat("TimeoutSeconds must be from 0 to ", static_cast<int>(kSecondsMax)));
  }
  return seconds;
}

// A reply that is given after so much of the machine's time at the latest, and then is `late`'s.
ControlReply within(double seconds,
                    const AfterRealTime& after,
                    ControlReply reply,
                    std::function<ApiError()> late) {
  const auto waiting = std::make_shared<ControlReply>(std::move(reply));
  after(Millis(static_cast<std::int64_t>(seconds * 1000)), [waiting, late = std::move(late)] {
    if (*waiting) std::exchange(*waiting, nullptr)(late());
  });
  return [waiting](Result<std::string> result) {
    if (*waiting) std::exchange(*waiting, nullptr)(std::move(result));
  };
}

ApiError unfinished(double seconds, std::string_view what) {
  return {
      .code = ErrorCode::kServiceUnavailable,
      .message = str_cat("not finished within ", static_cast<std::int64_t>(seconds), " s: ", what),
      .extra_members = {}};
}

// --- Drain

void write_sequence(JsonWriter& json, std::string_view name, std::uint64_t sequence) {
  if (sequence != 0) json.string(name, sequence_number_text(sequence));
}

std::string behind_json(const std::vector<BehindBatch>& behind) {
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  for (const BehindBatch& batch : behind) {
    json.begin_object().string("UUID", batch.uuid).string("FunctionArn", batch.function_arn);
    json.string("ShardId", batch.shard_id);
    write_sequence(json, "Checkpoint", batch.checkpoint);
    write_sequence(json, "WrittenThrough", batch.target);
    write_sequence(json, "FirstSequenceNumber", batch.first_sequence);
    write_sequence(json, "LastSequenceNumber", batch.last_sequence);
    json.number("Records", static_cast<std::int64_t>(batch.records));
    json.number("Attempts", batch.attempts).string("Reason", batch.reason).end_object();
  }
  json.end_array();
  return text;
}

ApiError not_drained(double seconds, const std::vector<BehindBatch>& behind) {
  std::string message = str_cat("not drained within ", static_cast<std::int64_t>(seconds), " s");
  for (const BehindBatch& batch : behind) {
    str_append(message, "; mapping ", batch.uuid, " of ", batch.function_arn, ", shard ",
               batch.shard_id);
    if (batch.first_sequence != 0) {
      str_append(message, ", records ", sequence_number_text(batch.first_sequence), " to ",
                 sequence_number_text(batch.last_sequence));
    }
    str_append(message, ": ", batch.reason);
  }
  return {.code = ErrorCode::kServiceUnavailable,
          .message = std::move(message),
          .extra_members = str_cat("\"Drained\":false,\"Behind\":", behind_json(behind))};
}

void drain(TriggerDispatcher& dispatcher,
           const AfterRealTime& after,
           const ControlCall& call,
           ControlReply reply) {
  Members members(call.body);
  const auto seconds = timeout_of(members);
  if (!seconds) return reply(seconds.error());
  const auto drain = std::make_shared<std::shared_ptr<triggers::Drain>>();  // Lives until then.
  const ControlReply timed = within(*seconds, after, std::move(reply), [drain, seconds = *seconds] {
    return not_drained(seconds, (*drain)->behind());
  });
  *drain = dispatcher.drain([timed] { timed(std::string(R"({"Drained":true})")); });
}

// --- Mappings

void write_counters(JsonWriter& json, const TriggerCounters& counters) {
  const std::pair<std::string_view, std::uint64_t> rows[] = {
      {"RecordsRead", counters.records_read},
      {"RecordsFiltered", counters.records_filtered},
      {"RecordsDelivered", counters.records_delivered},
      {"RecordsDropped", counters.records_dropped},
      {"BatchesSent", counters.batches_sent},
      {"BatchesFailed", counters.batches_failed},
      {"BatchesRetried", counters.batches_retried},
      {"BatchesBisected", counters.batches_bisected},
      {"BatchesDropped", counters.batches_dropped},
      {"DestinationDeliveries", counters.destination_deliveries},
      {"DestinationDeliveryFailures", counters.destination_failures},
  };
  json.key("Counters").begin_object();
  for (const auto& [name, value] : rows) json.number(name, static_cast<std::int64_t>(value));
  json.number("IteratorAgeMilliseconds", counters.iterator_age_ms);
  json.end_object();
}

void write_shards(JsonWriter& json, const MappingRunner& runner) {
  json.key("Shards").begin_array();
  for (const MappingRunner::ShardStatus& shard : runner.status()) {
    json.begin_object().string("ShardId", shard.shard_id);
    json.string("Checkpoint", sequence_number_text(shard.checkpoint.sequence));
    json.boolean("Finished", shard.checkpoint.finished);
    json.key("Batches").begin_array();
    for (const triggers::Lane::Status& lane : shard.lanes) {
      json.begin_object();
      write_sequence(json, "FirstSequenceNumber", lane.first_sequence);
      write_sequence(json, "LastSequenceNumber", lane.last_sequence);
      json.number("Records", static_cast<std::int64_t>(lane.records))
          .number("Attempts", lane.attempts);
      json.string("State", lane.reason).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

void write_mapping(JsonWriter& json, const MappingView& view, const MappingRunner& runner) {
  json.string("UUID", view.mapping.uuid);
  json.string("EventSourceArn", view.mapping.stream_arn);
  json.string("FunctionArn", triggers::arn_of(view.mapping.options.function));
  json.string("State", triggers::state_name(view.state));
  json.string("LastProcessingResult", view.mapping.last_result);
  write_shards(json, runner);
  write_counters(json, runner.counters());
}

std::string mappings_json(const TriggerDispatcher& dispatcher) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("Mappings").begin_array();
  for (const MappingView& view : dispatcher.list_all()) {
    json.begin_object();
    write_mapping(json, view, *dispatcher.find_runner(view.mapping.uuid));
    json.end_object();
  }
  json.end_array().end_object();
  return text;
}

void describe(TriggerDispatcher& dispatcher,
              Instant now,
              const std::string& uuid,
              const ControlReply& reply) {
  dispatcher.measure_lag(
      uuid, [&dispatcher, now, uuid, reply](const Result<TriggerDispatcher::Lag>& lag) {
        if (!lag) return reply(lag.error());
        const auto views = dispatcher.list_all();
        const auto view = std::ranges::find_if(
            views, [&](const MappingView& one) { return one.mapping.uuid == uuid; });
        if (view == views.end()) return reply(no_mapping(uuid));
        std::string text;
        JsonWriter json(text);
        json.begin_object();
        const MappingRunner& runner = *dispatcher.find_runner(uuid);
        write_mapping(json, *view, runner);
        const bool enabled = view->mapping.options.enabled;
        json.boolean("Stalled", enabled && lag->records > 0 && runner.at_rest());
        json.key("Lag").begin_object().number("Records", static_cast<std::int64_t>(lag->records));
        const Millis age = lag->oldest ? std::max(now - *lag->oldest, Millis(0)) : Millis(0);
        json.number("OldestAgeMilliseconds", static_cast<std::int64_t>(age.count()));
        json.end_object().end_object();
        reply(std::move(text));
      });
}

void write_invocation(JsonWriter& json, const InvocationRecord& record) {
  json.begin_object().string("RequestId", record.request_id);
  json.string("StartedAt", iso_millis_z(record.started));
  json.number("DurationMicroseconds", static_cast<std::int64_t>(record.duration.count()));
  json.string("FunctionArn", record.function_arn).string("ShardId", record.shard_id);
  write_sequence(json, "FirstSequenceNumber", record.first_sequence);
  write_sequence(json, "LastSequenceNumber", record.last_sequence);
  json.number("Records", static_cast<std::int64_t>(record.records))
      .number("Attempt", record.attempt);
  json.string("Result", record.result);
  if (!record.error.empty()) json.string("Error", record.error);
  json.raw("Payload", *record.payload).string("Response", record.response).end_object();
}

Result<std::string> invocations_json(const TriggerDispatcher& dispatcher, const std::string& uuid) {
  const auto runner = dispatcher.find_runner(uuid);
  if (!runner) return no_mapping(uuid);
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("Invocations").begin_array();
  const auto& records = runner->invocations().records();
  for (auto record = records.rbegin(); record != records.rend(); ++record)
    write_invocation(json, *record);
  json.end_array().end_object();
  return text;
}

// --- Discarded batches, replay, position

void list_discarded(TriggerDispatcher& dispatcher,
                    const std::string& uuid,
                    const ControlReply& reply) {
  dispatcher.list_discarded(uuid, [reply](const Result<std::vector<std::string>>& batches) {
    if (!batches) return reply(batches.error());
    std::string text;
    JsonWriter json(text);
    json.begin_object().key("Discarded").begin_array();
    for (const std::string& batch : *batches) json.raw(batch);
    json.end_array().end_object();
    reply(std::move(text));
  });
}

std::string_view status_text(InvokeStatus status) {
  switch (status) {
    case InvokeStatus::kSuccess:
      return "Success";
    case InvokeStatus::kFunctionError:
      return "FunctionError";
    case InvokeStatus::kInvocationFailure:
      return "InvocationFailure";
  }
  return "";
}

void replay_discarded(TriggerDispatcher& dispatcher,
                      const AfterRealTime& after,
                      const ControlCall& call,
                      const ControlReply& reply) {
  Members members(call.body);
  const auto seconds = timeout_of(members, kInvocationSeconds);
  if (!seconds) return reply(seconds.error());
  const std::string& id = call.parameters[1];
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size()) {
    return reply(validation_error(str_cat("not the number of a discarded batch: ", id)));
  }
  const ControlReply timed = within(*seconds, after, reply, [seconds = *seconds] {
    return unfinished(seconds, "the function still runs; the batch goes when it succeeds");
  });
  dispatcher.replay_discarded(
      call.parameters[0], number, [reply = timed](const Result<InvokeOutcome>& outcome) {
        if (!outcome) return reply(outcome.error());
        std::string text;
        JsonWriter json(text);
        json.begin_object()
            .string("Result", status_text(outcome->status))
            .string("Response", outcome->body);
        if (!outcome->error_type.empty())
          json.string("Error", str_cat(outcome->error_type, ": ", outcome->error_text));
        json.end_object();
        reply(std::move(text));
      });
}

TriggerDispatcher::VoidCallback without_content(const ControlReply& reply) {
  return [reply](const Result<void>& result) {
    if (!result) return reply(result.error());
    reply(std::string(kNothing));
  };
}

// A mapping moves when nothing of it runs any more.
ControlReply when_moved(double seconds, const AfterRealTime& after, const ControlReply& reply) {
  return within(seconds, after, reply, [seconds] {
    return unfinished(
        seconds,
        "an invocation of the mapping's function still runs; the mapping moves when it ends");
  });
}

void replay_from(TriggerDispatcher& dispatcher,
                 const AfterRealTime& after,
                 const ControlCall& call,
                 const ControlReply& reply) {
  Members members(call.body);
  const std::string text = members.string("SequenceNumber");
  auto shard_id = members.optional_string("ShardId");
  const auto seconds = timeout_of(members);
  if (!seconds) return reply(seconds.error());
  const auto sequence = parse_sequence_number(text);
  if (!sequence || *sequence == 0)
    return reply(validation_error(str_cat("not a sequence number: ", text)));
  dispatcher.replay_from(call.parameters[0], *sequence, std::move(shard_id),
                         without_content(when_moved(*seconds, after, reply)));
}

void reposition(TriggerDispatcher& dispatcher,
                const AfterRealTime& after,
                const ControlCall& call,
                const ControlReply& reply) {
  Members members(call.body);
  const std::string name = members.string("StartingPosition");
  const auto seconds = timeout_of(members);
  if (!seconds) return reply(seconds.error());
  const auto position = triggers::parse_starting_position(name);
  if (!position || *position == triggers::StartingPosition::kLastStoppedPoint) {
    return reply(validation_error("StartingPosition must be TRIM_HORIZON, LATEST or NOW"));
  }
  dispatcher.reposition(call.parameters[0], *position,
                        without_content(when_moved(*seconds, after, reply)));
}

}  // namespace

void add_mapping_routes(ControlApi& api, TriggerDispatcher& dispatcher, AfterRealTime after) {
  api.add("POST", "drain", [&dispatcher, after](const ControlCall& call, ControlReply reply) {
    drain(dispatcher, after, call, std::move(reply));
  });
  api.add("GET", "mappings", [&dispatcher](const ControlCall&, const ControlReply& reply) {
    reply(mappings_json(dispatcher));
  });
  api.add("GET", "mappings/*", [&dispatcher](const ControlCall& call, const ControlReply& reply) {
    describe(dispatcher, dispatcher.now(), call.parameters[0], reply);
  });
  api.add("GET", "mappings/*/invocations",
          [&dispatcher](const ControlCall& call, const ControlReply& reply) {
            reply(invocations_json(dispatcher, call.parameters[0]));
          });
  api.add("GET", "mappings/*/discarded",
          [&dispatcher](const ControlCall& call, const ControlReply& reply) {
            list_discarded(dispatcher, call.parameters[0], reply);
          });
  api.add("POST", "mappings/*/discarded/*/replay",
          [&dispatcher, after](const ControlCall& call, const ControlReply& reply) {
            replay_discarded(dispatcher, after, call, reply);
          });
  api.add("POST", "mappings/*/replay",
          [&dispatcher, after](const ControlCall& call, const ControlReply& reply) {
            replay_from(dispatcher, after, call, reply);
          });
  api.add(
      "POST", "mappings/*/position",
      [&dispatcher, after = std::move(after)](const ControlCall& call, const ControlReply& reply) {
        reposition(dispatcher, after, call, reply);
      });
}

}  // namespace tailrace::control
