#include "streams/log/record_codec.h"

#include "storage/base/engine_error.h"
#include "storage/value/key_encoding.h"

namespace tailrace {
namespace {

constexpr std::string_view kWhat = "stream record";
constexpr char kVersion = 1;
constexpr std::size_t kHeadBytes = 1 + 1 + 8 + 8 + 16 + 4 + 4;
constexpr std::size_t kCreatedOffset = 2;
constexpr std::size_t kSizeOffset = 10;
constexpr std::size_t kEventIdOffset = 18;
constexpr std::size_t kEventIdBytes = 16;
constexpr std::size_t kLengthsOffset = 34;

constexpr unsigned kEventMask = 0x03;
constexpr unsigned kByTtl = 0x04;
constexpr unsigned kHasNewImage = 0x08;
constexpr unsigned kHasOldImage = 0x10;

void append_u32(Buffer& out, std::size_t value) {
  CHECK(value <= 0xFFFFFFFF);
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint32_t read_u32(Bytes bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = (value << 8) | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

std::uint64_t read_u64(Bytes row, std::size_t offset) {
  require_stored(row.size() >= kHeadBytes && row.front() == kVersion, kWhat);
  Bytes bytes = row.substr(offset, 8);
  return take_u64(bytes);
}

std::string hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 0x0F]);
  }
  return text;
}

}  // namespace

void encode_record(Buffer& out, const RecordInput& input) {
  const std::string_view new_json = input.new_image ? input.new_image->json() : std::string_view();
  const std::string_view old_json = input.old_image ? input.old_image->json() : std::string_view();
  unsigned flags = static_cast<unsigned>(input.event);
  if (input.cause == ChangeCause::kTimeToLive) flags |= kByTtl;
  if (input.new_image) flags |= kHasNewImage;
  if (input.old_image) flags |= kHasOldImage;

  out.clear();
  out.reserve(kHeadBytes + input.keys_json.size() + new_json.size() + old_json.size());
  out.push_back(kVersion);
  out.push_back(static_cast<char>(flags));
  append_u64(out, static_cast<std::uint64_t>(to_millis(input.created)));
  append_u64(out, input.size_bytes);
  append_u64(out, input.event_id[0]);
  append_u64(out, input.event_id[1]);
  append_u32(out, input.keys_json.size());
  append_u32(out, new_json.size());
  CHECK(out.size() == kHeadBytes);
  out.append(input.keys_json).append(new_json).append(old_json);
}

StreamRecord decode_record(std::uint64_t sequence, Bytes row) {
  StreamRecord record;
  record.sequence = sequence;
  record.created = record_created(row);
  record.size_bytes = record_size_bytes(row);
  const auto flags = static_cast<std::uint8_t>(row[1]);
  require_stored((flags & kEventMask) <= static_cast<unsigned>(EventName::kRemove), kWhat);
  record.event = static_cast<EventName>(flags & kEventMask);
  record.by_ttl = (flags & kByTtl) != 0;
  record.event_id = hex(row.substr(kEventIdOffset, kEventIdBytes));
  const std::size_t keys_bytes = read_u32(row.substr(kLengthsOffset));
  const std::size_t new_bytes = read_u32(row.substr(kLengthsOffset + 4));
  row.remove_prefix(kHeadBytes);
  require_stored(keys_bytes <= row.size() && new_bytes <= row.size() - keys_bytes, kWhat);
  record.keys_json = row.substr(0, keys_bytes);
  if (flags & kHasNewImage) record.new_image_json.emplace(row.substr(keys_bytes, new_bytes));
  if (flags & kHasOldImage) record.old_image_json.emplace(row.substr(keys_bytes + new_bytes));
  return record;
}

Instant record_created(Bytes row) {
  return from_millis(static_cast<std::int64_t>(read_u64(row, kCreatedOffset)));
}

std::uint64_t record_size_bytes(Bytes row) {
  return read_u64(row, kSizeOffset);
}

}  // namespace tailrace
