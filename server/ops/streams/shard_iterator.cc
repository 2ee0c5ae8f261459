#include "server/ops/streams/shard_iterator.h"

#include "storage/base/base64.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "storage/value/key_encoding.h"
#include "streams/log/sip_hash.h"

namespace tailrace::ops {
namespace {

constexpr char kVersion = 1;
constexpr std::string_view kSeparator = "|1|";
constexpr std::size_t kMacBytes = 8;
constexpr std::size_t kHeadBytes = 1 + 1 + 8 + 4 + 8 + 8;

void append_u32(Buffer& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint32_t take_u32(Bytes& in) {
  std::uint32_t value = 0;
  for (const char c : in.substr(0, 4)) value = (value << 8) | static_cast<std::uint8_t>(c);
  in.remove_prefix(4);
  return value;
}

std::uint64_t mac_of(const IteratorKey& key, std::string_view arn, Bytes payload) {
  return sip_hash(key, str_cat(arn, kSeparator, payload));
}

ApiError invalid_iterator() {
  return validation_error("Invalid ShardIterator");
}

}  // namespace

std::string encode_shard_iterator(const IteratorKey& key, const ShardIterator& iterator) {
  Buffer payload;
  payload.push_back(kVersion);
  payload.push_back(static_cast<char>(random_u64()));
  append_u64(payload, iterator.stream_id);
  append_u32(payload, iterator.epoch);
  append_u64(payload, iterator.after);
  append_u64(payload, static_cast<std::uint64_t>(to_millis(iterator.issued)));
  CHECK(payload.size() == kHeadBytes);
  payload += iterator.shard_id;
  append_u64(payload, mac_of(key, iterator.stream_arn, payload));
  return str_cat(iterator.stream_arn, kSeparator, to_base64(payload));
}

Result<ShardIterator> decode_shard_iterator(const IteratorKey& key, std::string_view text) {
  const std::size_t end = text.find('|');
  if (end == std::string_view::npos || !text.substr(end).starts_with(kSeparator)) {
    return invalid_iterator();
  }
  const std::string_view arn = text.substr(0, end);
  const auto bytes = from_base64(text.substr(end + kSeparator.size()));
  if (!bytes || bytes->size() < kHeadBytes + kMacBytes) return invalid_iterator();
  Bytes payload = *bytes;
  Bytes mac = payload.substr(payload.size() - kMacBytes);
  payload.remove_suffix(kMacBytes);
  if (take_u64(mac) != mac_of(key, arn, payload) || payload.front() != kVersion) {
    return invalid_iterator();
  }
  payload.remove_prefix(2);
  ShardIterator iterator;
  iterator.stream_arn = arn;
  iterator.stream_id = take_u64(payload);
  iterator.epoch = take_u32(payload);
  iterator.after = take_u64(payload);
  iterator.issued = from_millis(static_cast<std::int64_t>(take_u64(payload)));
  iterator.shard_id = payload;
  return iterator;
}

}  // namespace tailrace::ops
