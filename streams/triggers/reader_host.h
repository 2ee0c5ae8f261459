// What a shard's reader and its lanes need of their mapping. MappingRunner implements it; home
// thread only.
#pragma once

#include <memory>
#include <string_view>

#include "streams/triggers/filter_pattern.h"
#include "streams/triggers/invocation_log.h"
#include "streams/triggers/mapping.h"
#include "streams/triggers/trigger_context.h"

namespace tailrace::triggers {

class ReaderHost {
 public:
  virtual ~ReaderHost() = default;
  virtual const TriggerContext& context() const = 0;
  virtual const Mapping& mapping() const = 0;  // As it is now; options may differ at the next call.
  virtual RecordFilter& filter() = 0;
  virtual TriggerCounters& counters() = 0;
  virtual InvocationLog& invocations() = 0;
  virtual std::uint64_t next_discarded_id() = 0;
  virtual void set_last_result(std::string_view text) = 0;
  virtual void on_progress() = 0;        // A checkpoint moved.
  virtual void on_shard_finished() = 0;  // Its children may start.
  virtual void on_reader_idle() = 0;     // A reader that was told to stop has.
};

}  // namespace tailrace::triggers
