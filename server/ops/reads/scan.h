// Scan: all items of a table or an index, or one segment of them. (behaviour/dynamodb 5)
#pragma once

#include <cstdint>
#include <optional>

#include "server/ops/reads/item_read.h"
#include "server/ops/reads/read_page.h"

namespace tailrace::ops {

struct Segment {
  std::uint64_t number = 0;
  std::uint64_t total = 1;
};

struct ScanInput {
  ItemRead read;
  std::optional<Segment> segment;  // Absent: everything.

  ReadMode read_mode() const { return read_mode_of(read.consistency); }
};

// Rows of a table or index; all, or those of a segment.
keys::Range range_of(const ReadSource& source, const std::optional<Segment>& segment);

Result<ScanInput> decode_scan(const CallContext& context, const json::Value& body);
Result<Page> execute_scan(const CallContext& context, Txn& txn, const ScanInput& in);
Result<std::string> encode_scan(const CallContext& context, const ScanInput& in, Page& page);

}  // namespace tailrace::ops
