#include "server/ops/partiql/next_token.h"

#include <algorithm>

#include "storage/base/base64.h"
#include "storage/value/key_encoding.h"
#include "streams/log/sip_hash.h"

namespace tailrace::ops {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kMacBytes = 8;
constexpr std::size_t kHeadBytes = 1 + 16 + 8 + 4 + 4;

ApiError invalid_next_token() {
  return validation_error("Invalid NextToken");
}

}  // namespace

std::string encode_next_token(const IteratorKey& key, const NextToken& token) {
  Buffer payload;
  payload.push_back(kVersion);
  payload.append(token.content.begin(), token.content.end());
  append_u64(payload, token.table_id);
  append_u64(payload, std::uint64_t{token.index_id} << 32 | token.partition);
  CHECK(payload.size() == kHeadBytes);
  payload += token.position;
  append_u64(payload, sip_hash(key, payload));
  return to_base64(payload);
}

Result<NextToken> decode_next_token(const IteratorKey& key, std::string_view text) {
  const auto bytes = from_base64(text);
  if (!bytes || bytes->size() < kHeadBytes + kMacBytes) return invalid_next_token();
  Bytes payload = *bytes;
  Bytes mac = payload.substr(payload.size() - kMacBytes);
  payload.remove_suffix(kMacBytes);
  if (take_u64(mac) != sip_hash(key, payload) || payload.front() != kVersion)
    return invalid_next_token();
  payload.remove_prefix(1);
  NextToken token;
  std::transform(payload.begin(), payload.begin() + token.content.size(), token.content.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  payload.remove_prefix(token.content.size());
  token.table_id = take_u64(payload);
  const std::uint64_t place = take_u64(payload);
  token.index_id = static_cast<std::uint32_t>(place >> 32);
  token.partition = static_cast<std::uint32_t>(place);
  token.position = Buffer(payload);
  return token;
}

ApiError foreign_next_token() {
  return validation_error("NextToken does not match request");
}

}  // namespace tailrace::ops
