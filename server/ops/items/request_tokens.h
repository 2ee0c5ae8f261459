// ClientRequestToken: a transaction that succeeded is not executed again when its token returns
// within ten minutes. Rows of their own, written in the transaction that they remember.
// (behaviour/dynamodb 4.3)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/clock.h"
#include "storage/base/result.h"
#include "storage/engine/engine_queue.h"
#include "storage/schema/table_schema.h"

namespace tailrace::ops {

// What a replay reports as consumed: reads of the images of the first call, table by table.
struct ReplayUnits {
  std::string table_as_sent;
  std::int64_t units = 0;
};

// A token of an operation, and the content that came with it.
struct RequestToken {
  std::string operation;  // Tokens of different operations are different tokens.
  std::string text;
  std::array<std::uint8_t, 16> content{};  // MD5 of the request's content.
};
RequestToken make_request_token(std::string_view operation,
                                std::string_view text,
                                std::string_view content);

// nullopt: not seen, or too long ago. Errors: IdempotentParameterMismatchException.
Result<std::optional<std::vector<ReplayUnits>>> find_replay(Txn& txn,
                                                            const Owner& caller,
                                                            const RequestToken& token,
                                                            Instant now);
// Remembers a call, and forgets some that are over.
void remember(Txn& txn,
              const Owner& caller,
              const RequestToken& token,
              const std::vector<ReplayUnits>& replay,
              Instant now);

}  // namespace tailrace::ops
