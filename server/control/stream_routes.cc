#include "server/control/stream_routes.h"

#include <memory>

#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"
#include "streams/log/stream_arn.h"

namespace tailrace::control {
namespace {

constexpr std::size_t kRecordsPerSlice = 64;
constexpr std::string_view kNothing = "{}";

struct StreamCommand {
  std::string arn;
  std::optional<std::string> shard_id;
  std::optional<std::uint64_t> through;
};

ApiError not_found(std::string_view what) {
  return {.code = ErrorCode::kResourceNotFoundException,
          .message = str_cat("Requested resource not found: ", what),
          .extra_members = {}};
}

ApiError engine_failure(const EngineError& error) {
  return {.code = ErrorCode::kInternalServerError, .message = error.what(), .extra_members = {}};
}

Result<std::shared_ptr<const Stream>> require_stream(const StreamLog& log, std::string_view arn) {
  auto stream = find_stream_by_arn(log, arn);
  if (!stream) return not_found(str_cat("Stream: ", arn, " not found"));
  return stream;
}

std::vector<std::string> open_shards(const StreamLog& log, const Stream& stream) {
  std::vector<std::string> ids;
  for (const Shard& shard : log.shards(stream.id)) {
    if (shard.open()) ids.push_back(shard.id);
  }
  return ids;
}

// The shards that a command is for: the one it names, or all that are open.
std::vector<std::string> shards_of(const StreamLog& log,
                                   const Stream& stream,
                                   const StreamCommand& command) {
  if (command.shard_id) return {*command.shard_id};
  return open_shards(log, stream);
}

std::string shards_text(const std::vector<Shard>& shards) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("Shards").begin_array();
  for (const Shard& shard : shards) {
    json.begin_object().string("ShardId", shard.id);
    if (shard.parent_id) json.string("ParentShardId", *shard.parent_id);
    json.end_object();
  }
  json.end_array().end_object();
  return text;
}

Result<std::string> roll_over(StreamLog& log, Txn& txn, const StreamCommand& command) {
  TRY(const auto stream, require_stream(log, command.arn));
  std::vector<Shard> children;
  for (const std::string& id : shards_of(log, *stream, command)) {
    TRY(Shard child, log.roll_over(txn, stream->id, id));
    children.push_back(std::move(child));
  }
  return shards_text(children);
}

Result<std::string> split(StreamLog& log, Txn& txn, const StreamCommand& command) {
  TRY(const auto stream, require_stream(log, command.arn));
  const std::vector<std::string> ids = shards_of(log, *stream, command);
  // Each split makes one shard more, and all of a stream's shards twice as many.
  const auto open_max = static_cast<std::size_t>(log.options().open_shards_max);
  if (open_shards(log, *stream).size() + ids.size() > open_max) {
    return ApiError{.code = ErrorCode::kLimitExceededException,
                    .message = str_cat("a stream has at most ", open_max, " open shards"),
                    .extra_members = {}};
  }
  std::vector<Shard> children;
  for (const std::string& id : ids) {
    TRY(auto two, log.split(txn, stream->id, id));
    children.insert(children.end(), two.begin(), two.end());
  }
  return shards_text(children);
}

// Runs `job` in the queue and replies after the commit.
void run(ops::World& world, std::function<Result<std::string>(Txn&)> job, ControlReply reply) {
  auto result = std::make_shared<std::optional<Result<std::string>>>();
  world.queue.submit([job = std::move(job), result](Txn& txn) { result->emplace(job(txn)); },
                     [result, reply = std::move(reply)](const EngineError* error) {
                       if (error) {
                         reply(engine_failure(*error));
                       } else {
                         reply(*std::move(*result));
                       }
                     });
}

void trim(ops::World& world,
          const AfterPause& after_pause,
          std::uint64_t stream_id,
          std::optional<std::string> shard_id,
          std::uint64_t through,
          ControlReply reply) {
  run_in_slices(
      world.queue, after_pause,
      [=, &world](Txn& txn) {
        return world.stream_log.trim_slice(txn, stream_id, shard_id, through, kRecordsPerSlice);
      },
      [reply = std::move(reply)](const EngineError* error) {
        if (error) return reply(engine_failure(*error));
        reply(std::string(kNothing));
      });
}

void start_trim(ops::World& world,
                const AfterPause& after_pause,
                const StreamCommand& command,
                const ControlReply& reply) {
  const auto stream = require_stream(world.stream_log, command.arn);
  if (!stream) return reply(stream.error());
  const std::uint64_t id = (*stream)->id;
  if (command.shard_id && !world.stream_log.find_shard(id, *command.shard_id)) {
    return reply(not_found("Shard does not exist"));
  }
  // What is written from now on stays, or a busy stream would keep this busy for ever.
  auto newest = std::make_shared<std::uint64_t>(0);
  world.queue.submit(
      [&world, id, newest](Txn& txn) { *newest = world.stream_log.newest_sequence(txn, id); },
      [&world, after_pause, id, command, newest, reply](const EngineError* error) {
        if (error) return reply(engine_failure(*error));
        trim(world, after_pause, id, command.shard_id, command.through.value_or(*newest), reply);
      });
}

Result<std::string> expire_iterators(StreamLog& log,
                                     Txn& txn,
                                     const Owner& caller,
                                     const std::optional<std::string>& arn) {
  std::vector<std::uint64_t> ids;
  if (arn) {
    TRY(const auto stream, require_stream(log, *arn));
    ids.push_back(stream->id);
  } else {
    for (const auto& stream : log.streams(caller)) ids.push_back(stream->id);
  }
  for (const std::uint64_t id : ids) TRY_VOID(log.expire_iterators(txn, id));
  return std::string(kNothing);
}

enum class Through : std::uint8_t { kRefused, kTaken };

Result<StreamCommand> read_command(const json::Value& body, Through through) {
  Members members(body);
  StreamCommand command;
  command.arn = members.string("StreamArn");
  command.shard_id = members.optional_string("ShardId");
  std::optional<std::string> number;
  if (through == Through::kTaken) number = members.optional_string("ThroughSequenceNumber");
  TRY_VOID(members.finish());
  if (number) {
    command.through = parse_sequence_number(*number);
    if (!command.through) return validation_error("Invalid ThroughSequenceNumber");
  }
  return command;
}

using ShardCommand = Result<std::string> (*)(StreamLog&, Txn&, const StreamCommand&);

ControlHandler shard_handler(ops::World& world, ShardCommand command) {
  return [&world, command](const ControlCall& call, ControlReply reply) {
    auto input = read_command(call.body, Through::kRefused);
    if (!input) return reply(input.error());
    run(
        world,
        [&world, command, input = *std::move(input)](Txn& txn) {
          return command(world.stream_log, txn, input);
        },
        std::move(reply));
  };
}

}  // namespace

void add_stream_routes(ControlApi& api, ops::World& world, AfterPause after_pause) {
  api.add("POST", "streams/rollover", shard_handler(world, roll_over));
  api.add("POST", "streams/split", shard_handler(world, split));
  api.add("POST", "streams/trim",
          [&world, after_pause = std::move(after_pause)](const ControlCall& call,
                                                         const ControlReply& reply) {
            const auto command = read_command(call.body, Through::kTaken);
            if (!command) return reply(command.error());
            start_trim(world, after_pause, *command, reply);
          });
  api.add("POST", "streams/expire-iterators",
          [&world](const ControlCall& call, ControlReply reply) {
            Members members(call.body);
            auto arn = members.optional_string("StreamArn");
            if (const auto checked = members.finish(); !checked) return reply(checked.error());
            run(
                world,
                [&world, caller = call.caller, arn = std::move(arn)](Txn& txn) {
                  return expire_iterators(world.stream_log, txn, caller, arn);
                },
                std::move(reply));
          });
}

}  // namespace tailrace::control
