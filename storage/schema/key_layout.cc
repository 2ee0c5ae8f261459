#include "storage/schema/key_layout.h"

#include <algorithm>
#include <array>
#include <span>

#include "storage/base/check.h"
#include "storage/base/engine_error.h"
#include "storage/base/str_cat.h"
#include "storage/value/key_encoding.h"

namespace tailrace::keys {
namespace {

constexpr char kItem = 'i';
constexpr char kIndexEntry = 'x';
constexpr char kTable = 't';
constexpr char kDocument = 'f';
constexpr char kStream = 's';
constexpr char kShard = 'h';
constexpr char kRecord = 'r';
constexpr char kExpiry = 'e';
constexpr char kCheckpoint = 'p';
constexpr char kToken = 'k';
constexpr char kMeta = 'm';

// Ends a text that another part follows. None of these texts holds a zero byte.
constexpr char kEndOfText = '\0';

// Limits of a key's parts in bytes (behaviour/dynamodb 2.5), each for all attributes of the part
// together.
constexpr std::size_t kHashBytesMax = 2048;
constexpr std::size_t kRangeBytesMax = 1024;

// A GSI has up to four attributes of each kind.
constexpr std::size_t kPartAttributesMax = 4;

Buffer start(char kind) {
  return Buffer(1, kind);
}

Buffer start(char kind, std::uint64_t id) {
  Buffer key;
  key.reserve(64);  // Most keys fit, and the buffer then never grows.
  key.push_back(kind);
  append_u64(key, id);
  return key;
}

void append_u32(Buffer& out, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(value >> shift & 0xff));
}

std::uint64_t read_big_endian(Bytes bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

void append_text(Buffer& out, std::string_view text) {
  out.append(text);
  out.push_back(kEndOfText);
}

void append_owner(Buffer& out, const Owner& owner) {
  append_text(out, owner.account);
  append_text(out, owner.region);
}

// The values of the attributes of one part of a key, in order of the key schema.
class PartValues {
 public:
  void add(const AttributeValue* value) {
    CHECK(count_ < values_.size());
    values_[count_++] = value;
  }
  std::span<const AttributeValue* const> all() const { return {values_.data(), count_}; }

 private:
  std::array<const AttributeValue*, kPartAttributesMax> values_{};
  std::size_t count_ = 0;
};

// nullopt: a value is missing, of another type, empty, or all are too long together.
std::optional<PartValues> indexable_values(const std::vector<KeyAttribute>& attributes,
                                           const AttributeMap& item,
                                           std::size_t bytes_max) {
  PartValues values;
  std::size_t bytes = 0;
  for (const KeyAttribute& attribute : attributes) {
    const AttributeValue* value = item.find(attribute.name);
    if (value == nullptr || value->type() != attribute.type) return std::nullopt;
    const std::size_t value_bytes = value_size(*value);  // Of a number never 0.
    if (value_bytes == 0) return std::nullopt;
    bytes += value_bytes;
    values.add(value);
  }
  if (bytes > bytes_max) return std::nullopt;
  return values;
}

const AttributeValue& require_value(const KeyAttribute& attribute, const AttributeMap& item) {
  const AttributeValue* value = item.find(attribute.name);
  CHECK(value != nullptr && value->type() == attribute.type);
  return *value;
}

void append_hash_part(Buffer& key, std::span<const AttributeValue* const> values) {
  append_u64(key, scan_hash(values));
  for (const AttributeValue* value : values) append_key_value(key, *value);
}

// hash(8) · pk · sk
void append_primary_key(Buffer& key, const TableSchema& table, const AttributeMap& item) {
  PartValues hash_values;
  for (const KeyAttribute& attribute : table.keys.hash)
    hash_values.add(&require_value(attribute, item));
  append_hash_part(key, hash_values.all());
  for (const KeyAttribute& attribute : table.keys.range)
    append_key_value(key, require_value(attribute, item));
}

}  // namespace

Range prefix_range(Bytes prefix) {
  return {.begin = Buffer(prefix), .end = after_prefix(prefix)};
}

Buffer item(const TableSchema& table, const AttributeMap& key_attributes) {
  Buffer key = items_prefix(table.id);
  append_primary_key(key, table, key_attributes);
  return key;
}

Buffer items_prefix(std::uint64_t table_id) {
  return start(kItem, table_id);
}

Buffer items_prefix(const TableSchema& table, const AttributeValue& partition_key) {
  CHECK(partition_key.type() == table.keys.hash.front().type);
  Buffer key = items_prefix(table.id);
  const AttributeValue* const values[] = {&partition_key};
  append_hash_part(key, values);
  return key;
}

std::optional<Buffer> index_entry(const TableSchema& table,
                                  const IndexSchema& index,
                                  const AttributeMap& item) {
  const auto hash_values = indexable_values(index.keys.hash, item, kHashBytesMax);
  if (!hash_values) return std::nullopt;
  const auto range_values = indexable_values(index.keys.range, item, kRangeBytesMax);
  if (!range_values) return std::nullopt;
  Buffer key = index_prefix(table.id, index.id);
  append_hash_part(key, hash_values->all());
  for (const AttributeValue* value : range_values->all()) append_key_value(key, *value);
  append_primary_key(key, table, item);
  return key;
}

std::optional<std::pair<std::uint64_t, std::uint32_t>> counted_holder(Bytes row_key) {
  if (row_key.empty() || (row_key[0] != kItem && row_key[0] != kIndexEntry)) return std::nullopt;
  const std::size_t index_bytes = row_key[0] == kIndexEntry ? 4 : 0;
  require_stored(row_key.size() >= 9 + index_bytes, "key");
  const std::uint64_t table_id = read_big_endian(row_key.substr(1, 8));
  return std::pair(table_id, static_cast<std::uint32_t>(read_big_endian(row_key.substr(9, index_bytes))));
}

std::array<Range, 2> counted_ranges() {
  return {prefix_range(start(kItem)), prefix_range(start(kIndexEntry))};
}

Buffer index_prefix(std::uint64_t table_id, std::uint32_t index_id) {
  Buffer key = start(kIndexEntry, table_id);
  append_u32(key, index_id);
  return key;
}

Buffer index_prefix(const TableSchema& table,
                    const IndexSchema& index,
                    const std::vector<AttributeValue>& hash_values) {
  CHECK(hash_values.size() == index.keys.hash.size());
  PartValues values;
  for (const AttributeValue& value : hash_values) values.add(&value);
  Buffer key = index_prefix(table.id, index.id);
  append_hash_part(key, values.all());
  return key;
}

Buffer table(const TableName& name) {
  return tables_prefix(name.owner) + name.name;
}

Buffer tables_prefix(const Owner& owner) {
  Buffer key = all_tables_prefix();
  append_owner(key, owner);
  return key;
}

Buffer all_tables_prefix() {
  return start(kTable);
}

Buffer document(std::string_view collection, const Owner& owner, std::string_view name) {
  return str_cat(documents_prefix(collection, owner), name);
}

Buffer documents_prefix(std::string_view collection, const Owner& owner) {
  Buffer key = documents_prefix(collection);
  append_owner(key, owner);
  return key;
}

Buffer documents_prefix(std::string_view collection) {
  Buffer key = start(kDocument);
  append_text(key, collection);
  return key;
}

Buffer stream(std::uint64_t stream_id) {
  return start(kStream, stream_id);
}

Buffer streams_prefix() {
  return start(kStream);
}

Buffer shard(std::uint64_t stream_id, std::uint64_t shard_number) {
  Buffer key = shards_prefix(stream_id);
  append_u64(key, shard_number);
  return key;
}

Buffer shards_prefix(std::uint64_t stream_id) {
  return start(kShard, stream_id);
}

Buffer record(std::uint64_t shard_number, std::uint64_t sequence) {
  Buffer key = records_prefix(shard_number);
  append_u64(key, sequence);
  return key;
}

Buffer records_prefix(std::uint64_t shard_number) {
  return start(kRecord, shard_number);
}

Buffer expiry(std::uint64_t table_id, Instant when, Bytes item_key) {
  Buffer key = expiries_prefix(table_id);
  // What is before 1970 has expired all the same; below zero the bytes would sort after everything.
  append_u64(key, static_cast<std::uint64_t>(std::max<std::int64_t>(to_millis(when), 0)));
  key.append(item_key);
  return key;
}

Buffer expiries_prefix(std::uint64_t table_id) {
  return start(kExpiry, table_id);
}

Buffer checkpoint(std::string_view mapping_uuid, std::string_view shard_id) {
  return str_cat(checkpoints_prefix(mapping_uuid), shard_id);
}

Buffer checkpoints_prefix(std::string_view mapping_uuid) {
  Buffer key = start(kCheckpoint);
  append_text(key, mapping_uuid);
  return key;
}

Buffer token(std::string_view account, std::string_view token_text) {
  Buffer key = tokens_prefix();
  append_text(key, account);
  key.append(token_text);
  return key;
}

Buffer tokens_prefix() {
  return start(kToken);
}

Buffer meta(std::string_view name) {
  return str_cat(start(kMeta), name);
}

}  // namespace tailrace::keys
