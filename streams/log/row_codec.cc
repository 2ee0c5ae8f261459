#include "streams/log/row_codec.h"

#include "storage/base/engine_error.h"
#include "storage/value/key_encoding.h"

namespace tailrace {
namespace {

constexpr std::string_view kWhat = "stream or shard";
constexpr std::uint64_t kStreamVersion = 1;
constexpr std::uint64_t kShardVersion = 1;

// Which hash spreads the keys of a stream over its shards; a later one would be for new streams
// only.
constexpr std::uint64_t kHashSip = 1;

class FieldWriter {
 public:
  explicit FieldWriter(std::uint64_t version) { out_.push_back(static_cast<char>(version)); }

  FieldWriter& number(std::uint64_t value) {
    append_u64(out_, value);
    return *this;
  }
  FieldWriter& instant(Instant value) {
    return number(static_cast<std::uint64_t>(to_millis(value)));
  }
  FieldWriter& text(std::string_view value) {
    number(value.size());
    out_.append(value);
    return *this;
  }
  FieldWriter& attributes(const std::vector<KeyAttribute>& values) {
    number(values.size());
    for (const KeyAttribute& value : values) {
      text(value.name).number(static_cast<std::uint64_t>(value.type));
    }
    return *this;
  }
  template <class T, class Write>
  FieldWriter& optional(const std::optional<T>& value, Write write) {
    number(value ? 1 : 0);
    if (value) (this->*write)(*value);
    return *this;
  }
  Buffer finish() { return std::move(out_); }

 private:
  Buffer out_;
};

class FieldReader {
 public:
  FieldReader(Bytes row, std::uint64_t version) : rest_(row) {
    require_stored(!rest_.empty() && static_cast<std::uint8_t>(rest_.front()) == version, kWhat);
    rest_.remove_prefix(1);
  }

  std::uint64_t number() {
    require_stored(rest_.size() >= 8, kWhat);
    return take_u64(rest_);
  }
  Instant instant() { return from_millis(static_cast<std::int64_t>(number())); }
  std::string text() {
    const std::uint64_t length = number();
    require_stored(length <= rest_.size(), kWhat);
    std::string value(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return value;
  }
  template <class Enum>
  Enum enumerator(Enum last) {
    const std::uint64_t value = number();
    require_stored(value <= static_cast<std::uint64_t>(last), kWhat);
    return static_cast<Enum>(value);
  }
  std::vector<KeyAttribute> attributes() {
    std::vector<KeyAttribute> values;
    for (std::uint64_t left = number(); left > 0; --left) {
      KeyAttribute& value = values.emplace_back();
      value.name = text();
      value.type = enumerator(AttributeType::kM);
    }
    return values;
  }
  template <class T>
  std::optional<T> optional(T (FieldReader::*read)()) {
    if (number() == 0) return std::nullopt;
    return (this->*read)();
  }
  void finish() const { require_stored(rest_.empty(), kWhat); }

 private:
  Bytes rest_;
};

}  // namespace

Buffer encode_stream(const Stream& stream) {
  return FieldWriter(kStreamVersion)
      .text(stream.table.owner.account)
      .text(stream.table.owner.region)
      .text(stream.table.name)
      .number(stream.table_id)
      .text(stream.label)
      .number(static_cast<std::uint64_t>(stream.view_type))
      .attributes(stream.keys.hash)
      .attributes(stream.keys.range)
      .instant(stream.requested)
      .number(static_cast<std::uint64_t>(stream.status))
      .optional(stream.disabled, &FieldWriter::instant)
      .number(kHashSip)
      .number(stream.iterator_epoch)
      .finish();
}

Stream decode_stream(std::uint64_t stream_id, Bytes row) {
  FieldReader in(row, kStreamVersion);
  Stream stream;
  stream.id = stream_id;
  stream.table.owner.account = in.text();
  stream.table.owner.region = in.text();
  stream.table.name = in.text();
  stream.table_id = in.number();
  stream.label = in.text();
  stream.view_type = in.enumerator(StreamViewType::kNewAndOldImages);
  stream.keys.hash = in.attributes();
  stream.keys.range = in.attributes();
  stream.requested = in.instant();
  stream.status = in.enumerator(StreamStatus::kDisabled);
  stream.disabled = in.optional(&FieldReader::instant);
  require_stored(in.number() == kHashSip, kWhat);
  stream.iterator_epoch = static_cast<std::uint32_t>(in.number());
  in.finish();
  return stream;
}

Buffer encode_shard(const Shard& shard) {
  return FieldWriter(kShardVersion)
      .text(shard.id)
      .optional(shard.parent_id, &FieldWriter::text)
      .number(shard.hash_low)
      .number(shard.hash_high)
      .instant(shard.created)
      .optional(shard.closed, &FieldWriter::instant)
      .number(shard.start_sequence)
      .optional(shard.end_sequence, &FieldWriter::number)
      .number(shard.trimmed_sequence)
      .finish();
}

Shard decode_shard(std::uint64_t stream_id, std::uint64_t number, Bytes row) {
  FieldReader in(row, kShardVersion);
  Shard shard;
  shard.number = number;
  shard.stream_id = stream_id;
  shard.id = in.text();
  shard.parent_id = in.optional(&FieldReader::text);
  shard.hash_low = in.number();
  shard.hash_high = in.number();
  shard.created = in.instant();
  shard.closed = in.optional(&FieldReader::instant);
  shard.start_sequence = in.number();
  shard.end_sequence = in.optional(&FieldReader::number);
  shard.trimmed_sequence = in.number();
  in.finish();
  return shard;
}

}  // namespace tailrace
