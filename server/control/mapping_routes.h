// What the control API tells of event source mappings, and does with them.
// (behaviour/triggers 10.3)
//
//   POST drain {"TimeoutSeconds"?}
//     {"Drained":true} when every enabled mapping has finished all that was written before; after
//     the time-out (10 s) 503, and "Behind" names the batches in the way, with the reason.
//   GET mappings                    all, with state, positions and counters
//   GET mappings/<uuid>             one, and its lag: records and age of the oldest
//   GET mappings/<uuid>/invocations
//     the last ones, newest first: payload, response, duration
//   GET mappings/<uuid>/discarded   batches that were given up
//   POST mappings/<uuid>/discarded/<id>/replay {"TimeoutSeconds"?}
//     one more invocation; on success the batch is forgotten
//   POST mappings/<uuid>/replay {"SequenceNumber","ShardId"?,"TimeoutSeconds"?}
//     delivers again from there on
//   POST mappings/<uuid>/position {"StartingPosition","TimeoutSeconds"?}
//     TRIM_HORIZON, LATEST or NOW
//   These three wait for invocations that run; after the time-out (10 s; 900 s for a discarded
//   batch) they answer 503, and what was asked for still happens.
#pragma once

#include <functional>

#include "server/control/control_api.h"
#include "streams/triggers/trigger_dispatcher.h"

namespace tailrace::control {

// Runs a task on the home thread after real time, whatever the product's clock says.
using AfterRealTime = std::function<void(Millis delay, Task task)>;

// `dispatcher` must outlive `api`.
void add_mapping_routes(ControlApi& api,
                        triggers::TriggerDispatcher& dispatcher,
                        AfterRealTime after);

}  // namespace tailrace::control
