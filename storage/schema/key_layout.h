// Where everything lies in the one ordered key space. The only place that knows it.
//
//   kind                key after the kind byte                                              value
//   'i' item            table id(8) · hash(8) · pk · sk                                        stored item
//   'x' index entry     table id(8) · index id(4) · hash(8) · index key parts · hash(8) · table pk · sk
//                                                                                              stored item (projected)
//   't' table           account 00 region 00 name                                              schema
//   'f' document        collection 00 account 00 region 00 name                                free (mapping, function, …)
//   's' stream          stream id(8)                                                           stream
//   'h' shard           stream id(8) · shard number(8)                                         shard
//   'r' record          shard number(8) · sequence(8)                                          record
//   'e' expiry          table id(8) · time(8) · item key                                       –
//   'p' checkpoint      mapping uuid 00 shard id                                               position
//   'k' token           account 00 token                                                       outcome, expiry
//   'm' meta            name                                                                   schema version, secret, counters
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/base/bytes.h"
#include "storage/schema/table_schema.h"
#include "storage/value/attribute_value.h"

namespace tailrace::keys {

// Half open: begin <= key < end; an empty end is unbounded.
struct Range {
  Buffer begin;
  Buffer end;
};
Range prefix_range(Bytes prefix);

Buffer item(const TableSchema& table, const AttributeMap& key_attributes);   // All key attributes must be there, well typed.
Buffer items_prefix(std::uint64_t table_id);                                 // Every item of a table.
Buffer items_prefix(const TableSchema& table, const AttributeValue& partition_key);  // One item collection.
// Entry of `item` in an index; nullopt: the item is not in it, because a key attribute is missing, of another
// type, an empty S or B, or too long for a key (behaviour/dynamodb 2.5, 5.3).
std::optional<Buffer> index_entry(const TableSchema& table, const IndexSchema& index, const AttributeMap& item);
// Whose row a key of kind 'i' (index 0) or 'x' is: table and index; nullopt: another kind.
std::optional<std::pair<std::uint64_t, std::uint32_t>> counted_holder(Bytes row_key);
std::array<Range, 2> counted_ranges();  // Of all such rows, in order.
// What a row is, for people. `table` is the schema of counted_holder(), if it is known. Any bytes.
std::string describe(Bytes row_key, const TableSchema* table);
Buffer index_prefix(std::uint64_t table_id, std::uint32_t index_id);
Buffer index_prefix(const TableSchema& table, const IndexSchema& index, const std::vector<AttributeValue>& hash_values);

Buffer table(const TableName& name);
Buffer tables_prefix(const Owner& owner);
Buffer all_tables_prefix();
Buffer document(std::string_view collection, const Owner& owner, std::string_view name);
Buffer documents_prefix(std::string_view collection, const Owner& owner);
Buffer documents_prefix(std::string_view collection);

Buffer stream(std::uint64_t stream_id);
Buffer streams_prefix();
Buffer shard(std::uint64_t stream_id, std::uint64_t shard_number);
Buffer shards_prefix(std::uint64_t stream_id);
Buffer record(std::uint64_t shard_number, std::uint64_t sequence);
Buffer records_prefix(std::uint64_t shard_number);

Buffer expiry(std::uint64_t table_id, Instant when, Bytes item_key);
Buffer expiries_prefix(std::uint64_t table_id);
Buffer checkpoint(std::string_view mapping_uuid, std::string_view shard_id);
Buffer checkpoints_prefix(std::string_view mapping_uuid);
Buffer token(std::string_view account, std::string_view token_text);
Buffer tokens_prefix();
Buffer meta(std::string_view name);

}  // namespace tailrace::keys
