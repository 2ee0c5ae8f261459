// An operation of the JSON protocol: a row in its family's table. All share one pipeline
// (server/call/pipeline): types -> constraints -> decode and rules that need no table -> one job in
// the queue -> encode.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "server/api/json.h"
#include "server/api/layers.h"
#include "server/call/eventual_reads.h"
#include "server/call/world.h"
#include "storage/base/check.h"
#include "storage/base/json_text.h"
#include "storage/base/result.h"
#include "storage/engine/engine_queue.h"
#include "storage/schema/table_schema.h"

namespace tailrace::ops {

struct CallContext {
  Owner caller;  // Account and region of the request.
  World& world;
  std::string host;           // Host and port that the client used (DescribeEndpoints).
  api::Reading reading = {};  // How AWS's validation reads the request.
};

// One request on its way through the pipeline. Created by an Operation's prepare on the
// connection's thread.
class Call {
 public:
  virtual ~Call() = default;
  // Whether what it reads may be stale.
  virtual ReadMode read_mode() const = 0;
  // A job of the world's queue; may run twice, so it starts afresh each time.
  virtual void run(Txn& txn) = 0;
  // After the commit of a run: true, and it is to run again. A read of many rows goes in slices, so
  // that it does not hold the queue.
  virtual bool wants_more() { return false; }
  // After the last commit, on the connection's thread: the body of the answer, or the error.
  virtual Result<std::string> answer() = 0;
};

struct Operation {
  std::string_view service;  // "DynamoDB_20120810" or "DynamoDBStreams_20120810"
  std::string_view name;
  // `body` has passed the checks by shape.
  Result<std::unique_ptr<Call>> (*prepare)(const CallContext& context, const json::Value& body);
};

namespace internal {

template <auto decode, auto execute, auto encode>
class TypedCall final : public Call {
 public:
  using Input = typename std::
      invoke_result_t<decltype(decode), const CallContext&, const json::Value&>::value_type;
  using Output = typename std::
      invoke_result_t<decltype(execute), const CallContext&, Txn&, const Input&>::value_type;

  TypedCall(const CallContext& context, Input input)
      : context_(context), input_(std::move(input)) {}

  static Result<std::unique_ptr<Call>> prepare(const CallContext& context,
                                               const json::Value& body) {
    TRY(Input input, decode(context, body));
    return std::unique_ptr<Call>(std::make_unique<TypedCall>(context, std::move(input)));
  }

  ReadMode read_mode() const override {
    if constexpr (requires { input_.read_mode(); }) {
      return input_.read_mode();
    } else {
      return ReadMode::kStrong;
    }
  }

  void run(Txn& txn) override { output_.emplace(execute(context_, txn, input_)); }

  Result<std::string> answer() override {
    CHECK(output_.has_value());
    if (!*output_) return std::move(*output_).error();
    if constexpr (std::is_invocable_v<decltype(encode), const CallContext&, const Input&,
                                      Output&>) {
      return encode(context_, input_, **output_);
    } else {
      std::string body;
      JsonWriter json(body);
      encode(context_, input_, **output_, json);
      return body;
    }
  }

 private:
  CallContext context_;
  Input input_;
  std::optional<Result<Output>> output_;
};

// The same in slices: each goes on from what the slices before it, all committed, have come to.
template <auto decode, auto slice, auto encode>
class SlicedCall final : public Call {
 public:
  using Input = typename std::
      invoke_result_t<decltype(decode), const CallContext&, const json::Value&>::value_type;
  template <class Progress>
  static Progress progress_of(
      Result<Progress> (*)(const CallContext&, Txn&, const Input&, const Progress&));
  using Progress = decltype(progress_of(slice));

  SlicedCall(const CallContext& context, Input input)
      : context_(context), input_(std::move(input)) {}

  static Result<std::unique_ptr<Call>> prepare(const CallContext& context,
                                               const json::Value& body) {
    TRY(Input input, decode(context, body));
    return std::unique_ptr<Call>(std::make_unique<SlicedCall>(context, std::move(input)));
  }

  ReadMode read_mode() const override { return input_.read_mode(); }

  void run(Txn& txn) override { next_.emplace(slice(context_, txn, input_, done_)); }

  bool wants_more() override {
    CHECK(next_.has_value());
    if (!*next_ || (*next_)->complete) return false;
    done_ = std::move(**next_);
    return true;
  }

  Result<std::string> answer() override {
    CHECK(next_.has_value());
    if (!*next_) return std::move(*next_).error();
    return encode(context_, input_, **next_);
  }

 private:
  CallContext context_;
  Input input_;
  Progress done_;
  std::optional<Result<Progress>> next_;
};

}  // namespace internal

// decode: members and the rules that can be decided from the request alone, in AWS's order.
//   Result<Input> decode(const CallContext&, const json::Value& body)
//   An Input that need not ask for consistency has `ReadMode read_mode() const`.
// execute: lookup, rules that need the table, effect.
//   Result<Output> execute(const CallContext&, Txn&, const Input&)
// encode: writes the answer's JSON object,
//   void encode(const CallContext&, const Input&, const Output&, JsonWriter&)
// or makes the whole body, when it can go on from texts that execute wrote:
//   Result<std::string> encode(const CallContext&, const Input&, Output&)
template <auto decode, auto execute, auto encode>
constexpr Operation operation(std::string_view service, std::string_view name) {
  return {service, name, &internal::TypedCall<decode, execute, encode>::prepare};
}

// As operation(), of a read that may take long. `slice` begins with an empty Progress, and sets its
// member `complete` when it has seen all:
//   Result<Progress> slice(const CallContext&, Txn&, const Input&, const Progress& before)
template <auto decode, auto slice, auto encode>
constexpr Operation sliced_operation(std::string_view service, std::string_view name) {
  return {service, name, &internal::SlicedCall<decode, slice, encode>::prepare};
}

inline constexpr std::string_view kDynamoDb = "DynamoDB_20120810";
inline constexpr std::string_view kDynamoDbStreams = "DynamoDBStreams_20120810";

}  // namespace tailrace::ops
