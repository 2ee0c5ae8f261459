// Pipeline: the way of every operation of the JSON protocol, from its parsed body to its answer:
// types -> constraints -> prepare (decode and the rules that need no table) -> one job in the
// world's queue -> answer after the commit. The gateway hands its calls over here.
#pragma once

#include <memory>

#include "server/api/shape.h"
#include "server/call/eventual_reads.h"
#include "server/call/operation.h"
#include "server/call/world.h"
#include "server/protocol/services.h"

namespace tailrace::ops {

class Pipeline final : public protocol::JsonService {
 public:
  // nullptr: no such operation.
  using FindOperation = const Operation* (*)(std::string_view service, std::string_view name);

  // `find` looks into the table of all operations, which lies above. The world outlives us.
  Pipeline(World& world, FindOperation find)
      : world_(world),
        find_(find),
        eventual_reads_(world.options.eventual_chance,
                        world.options.eventual_lag,
                        world.options.eventual_seed,
                        world.clock) {}

  bool known(std::string_view service, std::string_view operation) const override;
  void call(const protocol::JsonCall& call, protocol::JsonReply reply) override;

 private:
  struct Flight;
  // Runs the call's job, again as long as it wants more, and answers.
  void submit(std::shared_ptr<Flight> flight);

  Result<std::unique_ptr<Call>> prepare(const protocol::JsonCall& call) const;

  World& world_;
  const FindOperation find_;
  EventualReads eventual_reads_;
};

}  // namespace tailrace::ops
