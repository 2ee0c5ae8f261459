// Scan: all items of a table or an index, or one segment of them. (spec dynamodb 5)
#pragma once

#include <cstdint>
#include <optional>

#include "server/ops/item_read.h"
#include "server/ops/read_page.h"

namespace tailrace::ops {

struct Segment {
  std::uint64_t number = 0;
  std::uint64_t total = 1;
};

struct ScanInput {
  ItemRead read;
  std::optional<Segment> segment;  // Absent: everything.
};

Result<ScanInput> decode_scan(const CallContext& context, const json::Value& body);
Result<Page> execute_scan(const CallContext& context, Txn& txn, const ScanInput& in);
Result<std::string> encode_scan(const CallContext& context, const ScanInput& in, Page& page);

}  // namespace tailrace::ops
