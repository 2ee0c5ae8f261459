// ListStreams, DescribeStream, GetShardIterator, GetRecords. (behaviour/streams 6-9)
#include <algorithm>

#include "server/ops/streams/operations.h"
#include "server/ops/streams/shard_iterator.h"
#include "storage/base/str_cat.h"
#include "streams/log/stream_arn.h"

namespace tailrace::ops {
namespace {

constexpr std::int64_t kStreamsPageMax = 100;
constexpr std::int64_t kShardsPageMax = 100;
constexpr std::int64_t kRecordsPageMax = 1000;
constexpr std::size_t kRecordsBytesMax = 1024 * 1024;

// --- Errors.

ApiError not_found(std::string_view what) {
  return {.code = ErrorCode::kResourceNotFoundException,
          .message = str_cat("Requested resource not found: ", what),
          .extra_members = {}};
}

ApiError stream_not_found(std::string_view arn) {
  return not_found(str_cat("Stream: ", arn, " not found"));
}

ApiError shard_not_found() {
  return not_found("Shard does not exist");
}

ApiError trimmed() {
  return {.code = ErrorCode::kTrimmedDataAccessException,
          .message = "The data you are trying to access has been trimmed",
          .extra_members = {}};
}

ApiError throttled() {
  return {.code = ErrorCode::kThrottlingException, .message = "Rate exceeded", .extra_members = {}};
}

// --- Members that several operations have.

// Its bounds are checked by shape.
std::size_t decode_limit(const json::Value& body, std::int64_t otherwise) {
  return static_cast<std::size_t>(json::optional_int(body, "Limit").value_or(otherwise));
}

Result<StreamArn> decode_arn(std::string_view text) {
  auto arn = parse_stream_arn(text);
  if (!arn) return validation_error("Invalid StreamArn");
  return *std::move(arn);
}

// Streams of other accounts and regions are as unknown as those that never were.
Result<std::shared_ptr<const Stream>> require_stream(const CallContext& context,
                                                     std::string_view arn) {
  auto stream = find_stream_by_arn(context.world.stream_log, arn);
  if (!stream || stream->table.owner != context.caller) return stream_not_found(arn);
  return stream;
}

// --- ListStreams.

struct ListStreamsInput {
  std::optional<std::string> table_name;
  std::optional<StreamArn> start;
  std::size_t limit = 0;
};

struct ListStreamsOutput {
  std::vector<std::shared_ptr<const Stream>> streams;
  bool has_more = false;
};

Result<ListStreamsInput> decode_list_streams(const CallContext&, const json::Value& body) {
  ListStreamsInput input;
  input.table_name = json::optional_string(body, "TableName");
  input.limit = decode_limit(body, kStreamsPageMax);
  if (const auto arn = json::optional_string(body, "ExclusiveStartStreamArn")) {
    TRY(input.start, decode_arn(*arn));
  }
  return input;
}

// Whether a stream stands behind the one named by `start`, which need not exist any more.
bool is_after(const Stream& stream, const StreamArn& start) {
  const int order = stream.table.name.compare(start.table.name);
  return order != 0 ? order > 0 : stream.label < start.label;
}

Result<ListStreamsOutput> execute_list_streams(const CallContext& context,
                                               Txn& txn,
                                               const ListStreamsInput& input) {
  if (!context.world.stream_log.take_call(txn, context.caller, MeteredCall::kListStreams)) {
    return throttled();
  }
  ListStreamsOutput output;
  for (auto& stream : context.world.stream_log.streams(context.caller)) {
    if (input.table_name && stream->table.name != *input.table_name) continue;
    if (input.start && !is_after(*stream, *input.start)) continue;
    if (output.streams.size() == input.limit) {
      output.has_more = true;
      break;
    }
    output.streams.push_back(std::move(stream));
  }
  return output;
}

void encode_list_streams(const CallContext&,
                         const ListStreamsInput&,
                         const ListStreamsOutput& output,
                         JsonWriter& json) {
  json.begin_object();
  json.key("Streams").begin_array();
  for (const auto& stream : output.streams) {
    json.begin_object()
        .string("StreamArn", stream_arn(*stream))
        .string("TableName", stream->table.name)
        .string("StreamLabel", stream->label)
        .end_object();
  }
  json.end_array();
  if (output.has_more) json.string("LastEvaluatedStreamArn", stream_arn(*output.streams.back()));
  json.end_object();
}

// --- DescribeStream.

struct DescribeStreamInput {
  std::string arn;
  std::string start_shard_id;            // Empty: from the first.
  std::optional<std::string> parent_id;  // Of the filter CHILD_SHARDS.
  std::size_t limit = 0;
};

struct DescribeStreamOutput {
  std::shared_ptr<const Stream> stream;
  std::vector<Shard> shards;
  bool has_more = false;
};

Result<DescribeStreamInput> decode_describe_stream(const CallContext&, const json::Value& body) {
  DescribeStreamInput input;
  input.arn = json::string_or(body, "StreamArn");
  input.start_shard_id = json::string_or(body, "ExclusiveStartShardId");
  input.limit = decode_limit(body, kShardsPageMax);
  if (const json::Value* filter = json::find(body, "ShardFilter")) {
    input.parent_id = json::optional_string(*filter, "ShardId");
  }
  TRY_VOID(decode_arn(input.arn));
  return input;
}

Result<DescribeStreamOutput> execute_describe_stream(const CallContext& context,
                                                     Txn& txn,
                                                     const DescribeStreamInput& input) {
  if (!context.world.stream_log.take_call(txn, context.caller, MeteredCall::kDescribeStream)) {
    return throttled();
  }
  DescribeStreamOutput output;
  TRY(output.stream, require_stream(context, input.arn));
  bool filter_known = !input.parent_id.has_value();
  for (Shard& shard : context.world.stream_log.shards(output.stream->id)) {
    if (input.parent_id) {
      const bool is_child = shard.parent_id == input.parent_id;
      filter_known = filter_known || is_child || shard.id == *input.parent_id;
      if (!is_child) continue;
    }
    if (shard.id <= input.start_shard_id) continue;
    if (output.shards.size() == input.limit) {
      output.has_more = true;
      continue;
    }
    output.shards.push_back(std::move(shard));
  }
  if (!filter_known) return shard_not_found();
  return output;
}

std::string_view status_text(StreamStatus status) {
  switch (status) {
    case StreamStatus::kEnabling:
      return "ENABLING";
    case StreamStatus::kEnabled:
      return "ENABLED";
    case StreamStatus::kDisabling:
      return "DISABLING";
    case StreamStatus::kDisabled:
      return "DISABLED";
  }
  check_failed("known StreamStatus", __FILE__, __LINE__);
}

// 1772356542.118: exact, where a double might print an exponent.
std::string seconds_text(Instant instant) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  const std::string fraction = str_cat((instant - seconds).count());
  return str_cat(seconds.time_since_epoch().count(), '.', std::string(3 - fraction.size(), '0'),
                 fraction);
}

void encode_key_schema(const KeySchema& keys, JsonWriter& json) {
  const auto append = [&](const KeyAttribute& attribute, std::string_view type) {
    json.begin_object()
        .string("AttributeName", attribute.name)
        .string("KeyType", type)
        .end_object();
  };
  json.key("KeySchema").begin_array();
  for (const KeyAttribute& attribute : keys.hash) append(attribute, "HASH");
  for (const KeyAttribute& attribute : keys.range) append(attribute, "RANGE");
  json.end_array();
}

void encode_shard(const Shard& shard, JsonWriter& json) {
  json.begin_object().string("ShardId", shard.id);
  json.key("SequenceNumberRange").begin_object();
  json.string("StartingSequenceNumber", sequence_number_text(shard.start_sequence));
  if (shard.end_sequence) {
    json.string("EndingSequenceNumber", sequence_number_text(*shard.end_sequence));
  }
  json.end_object();
  if (shard.parent_id) json.string("ParentShardId", *shard.parent_id);
  json.end_object();
}

void encode_describe_stream(const CallContext&,
                            const DescribeStreamInput& input,
                            const DescribeStreamOutput& output,
                            JsonWriter& json) {
  const Stream& stream = *output.stream;
  json.begin_object();
  json.key("StreamDescription").begin_object();
  json.string("StreamArn", input.arn)
      .string("StreamLabel", stream.label)
      .string("StreamStatus", status_text(stream.status))
      .string("StreamViewType", view_type_name(stream.view_type))
      .raw("CreationRequestDateTime", seconds_text(stream.requested))
      .string("TableName", stream.table.name);
  encode_key_schema(stream.keys, json);
  json.key("Shards").begin_array();
  for (const Shard& shard : output.shards) encode_shard(shard, json);
  json.end_array();
  if (output.has_more) json.string("LastEvaluatedShardId", output.shards.back().id);
  json.end_object().end_object();
}

// --- GetShardIterator.

enum class IteratorType : std::uint8_t { kTrimHorizon, kLatest, kAtSequence, kAfterSequence };

struct IteratorTypeRow {
  std::string_view name;
  IteratorType type;
  bool takes_sequence;
};
constexpr IteratorTypeRow kIteratorTypes[] = {
    {"TRIM_HORIZON", IteratorType::kTrimHorizon, false},
    {"LATEST", IteratorType::kLatest, false},
    {"AT_SEQUENCE_NUMBER", IteratorType::kAtSequence, true},
    {"AFTER_SEQUENCE_NUMBER", IteratorType::kAfterSequence, true},
};

struct GetShardIteratorInput {
  std::string arn;
  std::string shard_id;
  IteratorType type = IteratorType::kTrimHorizon;
  std::string sequence_number;
};

using GetShardIteratorOutput = ShardIterator;

Result<GetShardIteratorInput> decode_get_shard_iterator(const CallContext&,
                                                        const json::Value& body) {
  GetShardIteratorInput input;
  input.arn = json::string_or(body, "StreamArn");
  input.shard_id = json::string_or(body, "ShardId");
  const std::string_view name = json::string_or(body, "ShardIteratorType");
  const auto* row = std::find_if(std::begin(kIteratorTypes), std::end(kIteratorTypes),
                                 [&](const IteratorTypeRow& type) { return type.name == name; });
  CHECK(row != std::end(kIteratorTypes));
  input.type = row->type;
  const auto sequence = json::optional_string(body, "SequenceNumber");
  if (sequence.has_value() != row->takes_sequence) {  // (behaviour/validation 16)
    return validation_error(
        str_cat("One or more parameter values were invalid: SequenceNumber ",
                sequence ? "should not be passed for this iterator type" : "cannot be null"));
  }
  input.sequence_number = sequence.value_or("");
  TRY_VOID(decode_arn(input.arn));
  return input;
}

// The number that a client gave, checked against what shard and stream have held. Numbers below the
// stream's first are as good as trimmed.
Result<std::uint64_t> check_sequence(std::string_view text,
                                     const Shard& shard,
                                     std::uint64_t newest) {
  const ApiError unusable = validation_error("Invalid SequenceNumber for the shard");
  if (text.starts_with('+')) text.remove_prefix(1);
  const bool is_number =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return unusable;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  if (text.size() < sequence_number_text(0).size()) return trimmed();
  const auto sequence = parse_sequence_number(text);
  if (!sequence || *sequence > newest) return unusable;
  if (*sequence <= shard.trimmed_sequence || *sequence < shard.start_sequence) return trimmed();
  return *sequence;
}

Result<std::uint64_t> position_of(const GetShardIteratorInput& input,
                                  const StreamLog& log,
                                  Txn& txn,
                                  const Shard& shard) {
  switch (input.type) {
    case IteratorType::kTrimHorizon:
      return StreamLog::trim_horizon(shard);
    case IteratorType::kLatest:
      return log.latest(txn, shard);
    case IteratorType::kAtSequence:
    case IteratorType::kAfterSequence:
      break;
  }
  TRY(const std::uint64_t sequence,
      check_sequence(input.sequence_number, shard, log.newest_sequence(txn, shard.stream_id)));
  // Beyond the end of a closed shard is its end.
  if (shard.end_sequence && sequence > *shard.end_sequence) return *shard.end_sequence;
  return input.type == IteratorType::kAtSequence ? sequence - 1 : sequence;
}

Result<GetShardIteratorOutput> execute_get_shard_iterator(const CallContext& context,
                                                          Txn& txn,
                                                          const GetShardIteratorInput& input) {
  const StreamLog& log = context.world.stream_log;
  TRY(const auto stream, require_stream(context, input.arn));
  const auto shard = log.find_shard(stream->id, input.shard_id);
  if (!shard) return shard_not_found();
  TRY(const std::uint64_t after, position_of(input, log, txn, *shard));
  return ShardIterator{.stream_arn = input.arn,
                       .stream_id = stream->id,
                       .shard_id = shard->id,
                       .after = after,
                       .issued = context.world.clock.now(),
                       .epoch = stream->iterator_epoch};
}

void encode_get_shard_iterator(const CallContext& context,
                               const GetShardIteratorInput&,
                               const GetShardIteratorOutput& output,
                               JsonWriter& json) {
  const IteratorKey key = context.world.stream_log.iterator_key();
  json.begin_object().string("ShardIterator", encode_shard_iterator(key, output)).end_object();
}

// --- GetRecords.

struct GetRecordsInput {
  ShardIterator iterator;
  std::size_t limit = 0;
};

struct GetRecordsOutput {
  std::shared_ptr<const Stream> stream;
  std::vector<StreamRecord> records;
  std::optional<ShardIterator> next;
};

Result<GetRecordsInput> decode_get_records(const CallContext& context, const json::Value& body) {
  GetRecordsInput input;
  input.limit = decode_limit(body, kRecordsPageMax);
  TRY(input.iterator, decode_shard_iterator(context.world.stream_log.iterator_key(),
                                            json::string_or(body, "ShardIterator")));
  return input;
}

Result<GetRecordsOutput> execute_get_records(const CallContext& context,
                                             Txn& txn,
                                             const GetRecordsInput& input) {
  StreamLog& log = context.world.stream_log;
  const ShardIterator& iterator = input.iterator;
  const Instant now = context.world.clock.now();
  GetRecordsOutput output;
  output.stream = log.find_stream(iterator.stream_id);
  if (now - iterator.issued > log.options().iterator_ttl ||
      (output.stream && output.stream->iterator_epoch != iterator.epoch)) {
    return ApiError{.code = ErrorCode::kExpiredIteratorException,
                    .message = "Shard iterator has expired",
                    .extra_members = {}};
  }
  if (!output.stream) return stream_not_found(iterator.stream_arn);
  const auto shard = log.find_shard(iterator.stream_id, iterator.shard_id);
  if (!shard) return shard_not_found();
  if (shard->trimmed_sequence > iterator.after) return trimmed();
  if (!log.take_call(txn, context.caller, MeteredCall::kGetRecords, shard->number)) {
    return throttled();
  }

  output.records = log.read(txn, *shard, iterator.after, input.limit, kRecordsBytesMax);
  const std::uint64_t reached =
      output.records.empty() ? iterator.after : output.records.back().sequence;
  // Nothing read from a closed shard means that nothing is left, wherever the iterator stands.
  const bool at_end = !shard->open() && (output.records.empty() || reached >= *shard->end_sequence);
  if (!at_end) {
    output.next = iterator;
    output.next->after = reached;
    output.next->issued = now;
  }
  return output;
}

// What a record takes beside its keys and images: names, numbers, event id.
constexpr std::size_t kRecordFrameBytes = 400;

// Written as one text rather than by a JsonWriter: a page is up to a megabyte of finished JSON.
Result<std::string> encode_get_records(const CallContext& context,
                                       const GetRecordsInput&,
                                       GetRecordsOutput& output) {
  std::size_t bytes = kRecordFrameBytes;
  for (const StreamRecord& record : output.records) {
    bytes += kRecordFrameBytes + record.keys_json.size();
    if (record.new_image_json) bytes += record.new_image_json->size();
    if (record.old_image_json) bytes += record.old_image_json->size();
  }
  std::string body;
  body.reserve(bytes);
  body += R"({"Records":[)";
  for (const StreamRecord& record : output.records) {
    if (&record != &output.records.front()) body += ',';
    append_record_json(body, *output.stream, record, RecordForm::kStreamsApi);
  }
  body += ']';
  if (output.next) {
    const IteratorKey key = context.world.stream_log.iterator_key();
    str_append(body, R"(,"NextShardIterator":")", encode_shard_iterator(key, *output.next), '"');
  }
  body += '}';
  return body;
}

constexpr Operation kStreamOperations[] = {
    operation<decode_list_streams, execute_list_streams, encode_list_streams>(kDynamoDbStreams,
                                                                              "ListStreams"),
    operation<decode_describe_stream, execute_describe_stream, encode_describe_stream>(
        kDynamoDbStreams, "DescribeStream"),
    operation<decode_get_shard_iterator, execute_get_shard_iterator, encode_get_shard_iterator>(
        kDynamoDbStreams, "GetShardIterator"),
    operation<decode_get_records, execute_get_records, encode_get_records>(kDynamoDbStreams,
                                                                           "GetRecords"),
};

}  // namespace

std::span<const Operation> stream_operations() {
  return kStreamOperations;
}

}  // namespace tailrace::ops
