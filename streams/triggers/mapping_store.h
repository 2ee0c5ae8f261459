// The rows that triggers keep: mappings, checkpoints, where deleted mappings stood, and discarded
// batches. All within jobs. (behaviour/triggers 10.2)
//
//   f event-source-mapping · uuid            the mapping as JSON
//   p uuid · shard id                        version 1 (1) · finished (1) · checkpoint (8) [·
//   window start (8) · end (8) · state] f last-stopped · stream ARN function ARN · shard id       a
//   checkpoint f discarded-batch · uuid/id              what the control API shows of it, JSON f
//   discarded-payload · uuid/id            the event
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/engine/engine_queue.h"
#include "streams/triggers/mapping.h"

namespace tailrace::triggers {

struct TumblingWindow {
  Instant start{};
  Instant end{};             // Exclusive.
  std::string state = "{}";  // JSON
  bool operator==(const TumblingWindow&) const = default;
};

struct Checkpoint {
  std::uint64_t sequence = 0;  // Everything up to here is finished.
  bool finished = false;       // The shard has been read to its end.
  std::optional<TumblingWindow> window;
  bool operator==(const Checkpoint&) const = default;
};
using Checkpoints = std::map<std::string, Checkpoint, std::less<>>;  // By shard id.

std::vector<Mapping> load_mappings(Txn& txn);  // In order of creation.
std::optional<Mapping> find_mapping(Txn& txn, const MappingKey& key);
bool mapping_exists(Txn& txn, const MappingKey& key);
// Of a new mapping; afterwards whoever changes one reads it with find_mapping() in the same job.
void put_mapping(Txn& txn, const Mapping& mapping);
// With its checkpoints, which are kept as last stopped point, and its discarded batches. Nothing to
// do if there is none.
void erase_mapping(Txn& txn, const MappingKey& key);

Checkpoints load_checkpoints(Txn& txn, std::string_view uuid);
void put_checkpoint(Txn& txn,
                    std::string_view uuid,
                    std::string_view shard_id,
                    const Checkpoint& checkpoint);
void erase_checkpoint(Txn& txn, std::string_view uuid, std::string_view shard_id);
// Where the last deleted mapping of this stream and function stood; empty: there was none.
Checkpoints load_last_stopped(Txn& txn, const Mapping& mapping);

// A batch that was given up. (behaviour/triggers 3.13)
struct DiscardedBatch {
  std::uint64_t id = 0;  // Ascending within a mapping.
  std::string shard_id;
  std::string summary;  // JSON object for listing.
  std::shared_ptr<const std::string> payload;
};
// Only the newest are kept.
inline constexpr std::uint64_t kDiscardedKept = 1000;
void put_discarded(Txn& txn, const MappingKey& mapping, const DiscardedBatch& batch);
void erase_discarded(Txn& txn, const MappingKey& mapping, std::uint64_t id);
std::uint64_t newest_discarded(Txn& txn, const MappingKey& mapping);  // 0: none.
// Summaries, oldest first.
std::vector<std::string> list_discarded(Txn& txn, const MappingKey& mapping);
std::optional<std::string> discarded_payload(Txn& txn, const MappingKey& mapping, std::uint64_t id);

}  // namespace tailrace::triggers
