#include "server/call/pipeline.h"

#include <memory>
#include <utility>

#include "server/api/validator.h"
#include "storage/base/engine_error.h"

namespace tailrace::ops {

// A call between its submission and its answer.
struct Pipeline::Flight {
  std::unique_ptr<Call> call;
  protocol::JsonReply reply;
};

namespace {

// The store failed, not the caller: the world stays as it was, the client may try again.
ApiError store_failure(const EngineError& error) {
  log_store_failure("the store failed a request", error);
  const bool full = dynamic_cast<const StoreFull*>(&error) != nullptr;  // Which its user can mend.
  return {ErrorCode::kInternalServerError, full ? error.what() : "Internal server error", {}};
}

// What the job has read is decoded here, after it.
Result<std::string> encode(Call& call) {
  try {
    return call.answer();
  } catch (const DamagedRow& damage) {
    return store_failure(damage);
  }
}

template <class Flight>
void answer(std::shared_ptr<Flight> flight, const EngineError* error) {
  const protocol::JsonReply reply = flight->reply;
  if (error != nullptr) {
    reply(store_failure(*error));
    return;
  }
  reply.encoded_by([flight = std::move(flight)] { return encode(*flight->call); });
}

}  // namespace

bool Pipeline::known(std::string_view service, std::string_view operation) const {
  return find_(service, operation) != nullptr;
}

Result<std::unique_ptr<Call>> Pipeline::prepare(const protocol::JsonCall& call) const {
  const Operation* operation = find_(call.service, call.operation);
  const api::Shape* shape = api::find_shape(
      call.service == kDynamoDbStreams ? api::streams_shapes() : api::dynamodb_shapes(),
      call.operation);
  if (operation == nullptr || shape == nullptr)
    return ApiError{ErrorCode::kUnknownOperationException, {}, {}};
  api::Signs signs;
  TRY_VOID(api::check_types(*shape, call.body, signs));
  const api::Reading reading = api::reading_of(api::layer_of(call.operation), signs.any());
  TRY_VOID(api::check_constraints(*shape, call.body, call.operation, reading.layer));
  const CallContext context{
      .caller = call.caller, .world = world_, .host = std::string(call.host), .reading = reading};
  return operation->prepare(context, call.body);
}

void Pipeline::call(const protocol::JsonCall& call, protocol::JsonReply reply) {
  auto prepared = prepare(call);
  if (!prepared) {
    reply(std::move(prepared).error());
    return;
  }
  const auto flight =
      std::make_shared<Flight>(Flight{.call = *std::move(prepared), .reply = std::move(reply)});
  submit(flight);
}

// The queue keeps Run as long as Done; Done alone owns the flight.
void Pipeline::submit(std::shared_ptr<Flight> flight) {
  Call* const call = flight->call.get();
  world_.queue.submit(
      [this, mode = call->read_mode(), call](Txn& txn) {
        eventual_reads_.run(txn, mode, [call](Txn& seen) { call->run(seen); });
      },
      [this, flight = std::move(flight)](const EngineError* error) {
        if (error == nullptr && flight->call->wants_more()) return submit(flight);
        answer(flight, error);
      });
}

}  // namespace tailrace::ops
