#include "server/ops/items/request_tokens.h"

#include <algorithm>

#include "storage/base/engine_error.h"
#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"
#include "storage/value/key_encoding.h"
#include "storage/value/md5.h"

namespace tailrace::ops {
namespace {

constexpr std::string_view kWhat = "client token";
constexpr Millis kTokenLife = std::chrono::minutes(10);
// Rows looked at by each call that writes one: more than one, so that those that are over stay few
// however many tokens come.
constexpr int kSweepRows = 8;

// Value of a row: end(8) · content(16) · { units(8) · length(8) · table as sent }
struct TokenRow {
  Instant end;
  std::array<std::uint8_t, 16> content{};
  std::vector<ReplayUnits> replay;
};

Buffer encode_row(const TokenRow& row) {
  Buffer out;
  append_u64(out, static_cast<std::uint64_t>(to_millis(row.end)));
  out.append(row.content.begin(), row.content.end());
  for (const ReplayUnits& entry : row.replay) {
    append_u64(out, static_cast<std::uint64_t>(entry.units));
    append_u64(out, entry.table_as_sent.size());
    out.append(entry.table_as_sent);
  }
  return out;
}

Instant take_end(Bytes& in) {
  return from_millis(static_cast<std::int64_t>(take_u64(in)));
}

TokenRow decode_token(Bytes in) {
  TokenRow row{.end = take_end(in), .content = {}, .replay = {}};
  require_stored(in.size() >= row.content.size(), kWhat);
  std::transform(in.begin(), in.begin() + row.content.size(), row.content.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  in.remove_prefix(row.content.size());
  while (!in.empty()) {
    ReplayUnits entry;
    entry.units = static_cast<std::int64_t>(take_u64(in));
    const auto length = static_cast<std::size_t>(take_u64(in));
    require_stored(length <= in.size(), kWhat);
    entry.table_as_sent = in.substr(0, length);
    in.remove_prefix(length);
    row.replay.push_back(std::move(entry));
  }
  return row;
}

Buffer row_key(const Owner& caller, const RequestToken& token) {
  return keys::token(caller.account, str_cat(caller.region, "/", token.operation, "/", token.text));
}

// Tokens are random, so the rows after a new one are a sample of all.
void sweep_after(Txn& txn, const Buffer& key, Instant now) {
  std::vector<Buffer> over;
  {
    const auto cursor =
        txn.scan(key, keys::prefix_range(keys::tokens_prefix()).end, Order::kAscending);
    for (int i = 0; i < kSweepRows && cursor->valid(); ++i, cursor->next()) {
      Bytes value = cursor->value();
      if (take_end(value) <= now) over.emplace_back(cursor->key());
    }
  }
  for (const Buffer& row : over) txn.erase(row);
}

}  // namespace

RequestToken make_request_token(std::string_view operation,
                                std::string_view text,
                                std::string_view content) {
  Md5 md5;
  md5.update(content);
  return {.operation = std::string(operation), .text = std::string(text), .content = md5.finish()};
}

Result<std::optional<std::vector<ReplayUnits>>> find_replay(Txn& txn,
                                                            const Owner& caller,
                                                            const RequestToken& token,
                                                            Instant now) {
  using Replay = std::optional<std::vector<ReplayUnits>>;
  Buffer value;
  if (!txn.get(row_key(caller, token), value)) return Replay();
  TokenRow row = decode_row(row_key(caller, token), [&] { return decode_token(value); });
  if (row.end <= now) return Replay();
  if (row.content != token.content)
    return ApiError{ErrorCode::kIdempotentParameterMismatchException,
                    "The request uses the same client token as a previous, but non-identical "
                    "request. Do not reuse a client token with different requests, unless the "
                    "requests are identical",
                    {}};
  return Replay(std::move(row.replay));
}

void remember(Txn& txn,
              const Owner& caller,
              const RequestToken& token,
              const std::vector<ReplayUnits>& replay,
              Instant now) {
  const Buffer key = row_key(caller, token);
  sweep_after(txn, key, now);
  txn.put(key, encode_row({.end = now + kTokenLife, .content = token.content, .replay = replay}));
}

}  // namespace tailrace::ops
