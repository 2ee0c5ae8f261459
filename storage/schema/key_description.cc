// keys::describe: the layout of key_layout.h, read for people.
#include <algorithm>
#include <cstdint>
#include <string>

#include "storage/base/engine_error.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"
#include "storage/value/key_encoding.h"
#include "storage/value/stored_item.h"

namespace tailrace::keys {
namespace {

constexpr std::size_t kHashBytes = 8;

std::string hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string quoted(Bytes text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string table_text(const TableName& name) {
  return str_cat("table ", quoted(name.name), " of account ", name.owner.account, " in ",
                 name.owner.region);
}

void skip(Bytes& in, std::size_t bytes) {
  require_stored(in.size() >= bytes, "key");
  in.remove_prefix(bytes);
}

// The text before the next zero byte.
Bytes take_part(Bytes& in) {
  const std::size_t end = std::min(in.find('\0'), in.size());
  const Bytes part = in.substr(0, end);
  in.remove_prefix(std::min(end + 1, in.size()));
  return part;
}

void take_values(Bytes& in, const std::vector<KeyAttribute>& attributes, AttributeMap& key) {
  for (const KeyAttribute& attribute : attributes)
    key.set(attribute.name, decode_key_value(in, attribute.type));
}

// {"pk":{"S":"x"},"sk":{"N":"1"}} of what follows the prefix of a row of an item or an index entry.
std::string primary_key(Bytes in, const TableSchema& table, const IndexSchema* index) {
  AttributeMap key;
  if (index != nullptr) {
    AttributeMap of_index;
    skip(in, kHashBytes);
    take_values(in, index->keys.hash, of_index);
    take_values(in, index->keys.range, of_index);
  }
  skip(in, kHashBytes);
  take_values(in, table.keys.hash, key);
  take_values(in, table.keys.range, key);
  const Buffer stored = encode_item(key);
  return std::string(StoredItem(stored).json());
}

std::string describe_item(Bytes row_key, const TableSchema* table) {
  const auto [table_id, index_id] = *counted_holder(row_key);
  if (table == nullptr)
    return str_cat("an item of a table that is gone (id ", table_id, "), key ", hex(row_key));
  if (index_id == 0) {
    return str_cat("the item ", primary_key(row_key.substr(9), *table, nullptr), " of ",
                   table_text(table->name));
  }
  const auto index = std::find_if(table->indexes.begin(), table->indexes.end(),
                                  [id = index_id](const auto& each) { return each.id == id; });
  if (index == table->indexes.end())
    return str_cat("an entry of an index that is gone, of ", table_text(table->name));
  return str_cat("the entry of the item ", primary_key(row_key.substr(13), *table, &*index),
                 " in the index ", quoted(index->name), " of ", table_text(table->name));
}

std::string describe_other(Bytes row_key) {
  Bytes in = row_key.substr(1);
  switch (row_key.front()) {
    case 't': {
      TableName name;
      name.owner.account = take_part(in);
      name.owner.region = take_part(in);
      name.name = in;
      return str_cat("the schema of ", table_text(name));
    }
    case 'f': {
      const Bytes collection = take_part(in);
      const Bytes account = take_part(in);
      const Bytes region = take_part(in);
      return str_cat("the ", collection, " ", quoted(in), " of account ", account, " in ", region);
    }
    case 's':
      return str_cat("stream number ", take_u64(in));
    case 'h': {
      const std::uint64_t stream = take_u64(in);
      return str_cat("shard number ", take_u64(in), " of stream number ", stream);
    }
    case 'r': {
      const std::uint64_t shard = take_u64(in);
      return str_cat("record number ", take_u64(in), " of shard number ", shard);
    }
    case 'p': {
      const Bytes mapping = take_part(in);
      return str_cat("the position of mapping ", mapping, " in ", in);
    }
    default:
      return str_cat("the row ", quoted(row_key.substr(0, 1)), " ", hex(row_key.substr(1)));
  }
}

}  // namespace

std::string describe(Bytes row_key, const TableSchema* table) {
  try {
    if (row_key.empty()) return "a row without a key";
    return counted_holder(row_key) ? describe_item(row_key, table) : describe_other(row_key);
  } catch (const DamagedRow&) {
    return str_cat("a row whose key is damaged too (", hex(row_key), ")");
  }
}

}  // namespace tailrace::keys
