// NextToken of ExecuteStatement: where a SELECT goes on, as a signed text that clients carry;
// nothing is kept here, so tokens outlast restarts. (behaviour/dynamodb 4.4)
//
//   base64 of: version 1 (1) · content (16) · table (8) · index (4) · partition (4) · position ·
//              MAC (8)  (big-endian)
//
// The content is the MD5 of statement and parameters; the MAC is SipHash-2-4 over what precedes it,
// with the store's secret key.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/base/bytes.h"
#include "storage/base/result.h"
#include "streams/log/stream_log.h"

namespace tailrace::ops {

using StatementContent = std::array<std::uint8_t, 16>;

struct NextToken {
  StatementContent content{};
  std::uint64_t table_id = 0;
  std::uint32_t index_id = 0;   // 0: the table itself.
  std::uint32_t partition = 0;  // Of those that the statement names.
  Buffer position;              // After this row of the partition; empty: from its beginning.
};

std::string encode_next_token(const IteratorKey& key, const NextToken& token);
// Errors: ValidationException `Invalid NextToken` for what this store never issued.
Result<NextToken> decode_next_token(const IteratorKey& key, std::string_view text);
// ValidationException `NextToken does not match request`.
ApiError foreign_next_token();

}  // namespace tailrace::ops
