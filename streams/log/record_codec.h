// The stored form of a stream record: what GetRecords shows is copied, not encoded again.
//
//   version 1 (1) · flags (1) · created, ms since the epoch (8) · size in bytes (8) · event id (16)
//   · length of the keys (4) · length of the new image (4) · keys · new image · old image     (big-endian)
//
// Flags: bits 0-1 the event, 2 by TTL, 3 a new image follows, 4 an old image follows. Keys and images are
// DynamoDB JSON. The sequence number is in the row's key.
#pragma once

#include "storage/base/bytes.h"
#include "storage/base/clock.h"
#include "storage/table/item_writer.h"
#include "streams/log/stream_log.h"

namespace tailrace {

struct RecordInput {
  Instant created;
  EventName event = EventName::kInsert;
  ChangeCause cause = ChangeCause::kUser;
  std::uint64_t size_bytes = 0;
  std::array<std::uint64_t, 2> event_id{};
  std::string_view keys_json;
  const StoredItem* new_image = nullptr;  // nullptr: none, or the view type leaves it out.
  const StoredItem* old_image = nullptr;
};

// Replaces the content of `out`.
void encode_record(Buffer& out, const RecordInput& input);

// Hostile bytes are a CHECK failure: only what encode_record wrote is read.
StreamRecord decode_record(std::uint64_t sequence, Bytes row);

// The two members that are needed without the rest.
Instant record_created(Bytes row);
std::uint64_t record_size_bytes(Bytes row);

}  // namespace tailrace
