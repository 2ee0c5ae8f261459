#include "server/ops/read_page.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/ops/capacity.h"
#include "server/ops/item_text.h"
#include "server/ops/start_key.h"
#include "storage/base/str_cat.h"
#include "storage/table/item_reader.h"

namespace tailrace::ops {
namespace {

constexpr std::string_view kItemsBegin = "{\"Items\":[";

// What is done with each row.
enum class RowUse : std::uint8_t { kCount, kWhole, kLater };

RowUse row_use(const ItemRead& read) {
  if (read.filter) return RowUse::kLater;
  if (read.select == Select::kCount) return RowUse::kCount;
  return read.projection ? RowUse::kLater : RowUse::kWhole;
}

void take_row(Page& page, RowUse use, const StoredItem& item) {
  switch (use) {
    case RowUse::kCount:
      return;
    case RowUse::kWhole:
      if (page.body.back() != '[') page.body.push_back(',');
      page.body.append(item.json());
      return;
    case RowUse::kLater:
      page.rows.append(item.bytes());
      page.row_ends.push_back(page.rows.size());
      return;
  }
}

AttributeMap table_key_of(const TableSchema& table, const StoredItem& entry) {
  AttributeMap key;
  for (const auto* part : {&table.keys.hash, &table.keys.range})
    for (const KeyAttribute& attribute : *part)
      key.set(attribute.name, *entry.find(attribute.name));
  return key;
}

void take_from_table(
    Txn& txn, Page& page, RowUse use, const StoredItem& entry, Consistency consistency) {
  const TableSchema& table = *page.source.table;
  const auto row = find_item(txn, table, table_key_of(table, entry));
  CHECK(row.has_value());
  page.fetch_units += read_units((*row)->size(), consistency);
  take_row(page, use, **row);
}

// Applies filter and projection to the rows that were kept for it. How many passed.
std::size_t append_kept_rows(const ItemRead& read, Page& page) {
  const expression::Projection* projection = read.projection ? &*read.projection : nullptr;
  std::size_t passed = 0;
  std::size_t begin = 0;
  for (const std::size_t end : page.row_ends) {
    const StoredItem item(Bytes(page.rows).substr(begin, end - begin));
    begin = end;
    if (read.filter) {
      StoredItemSource source(item);
      if (!read.filter->evaluate(source)) continue;
    }
    ++passed;
    if (read.select == Select::kCount) continue;
    if (passed > 1) page.body.push_back(',');
    append_item_text(page.body, item, projection);
  }
  return passed;
}

Consumed consumed_by(const ItemRead& read, const Page& page) {
  const double units = read_units(page.bytes, read.consistency);
  Consumed consumed;
  if (page.source.index == nullptr) {
    consumed.table = units;
  } else {
    consumed.table = page.fetch_units;
    consumed.add_index(*page.source.index, units);
  }
  return consumed;
}

}  // namespace

void begin_after(Walk& walk, Bytes position) {
  if (walk.order == Order::kDescending) {
    if (walk.range.end.empty() || position < walk.range.end) walk.range.end = Buffer(position);
    return;
  }
  Buffer next(position);
  next.push_back('\0');  // The least key after it.
  if (next > walk.range.begin) walk.range.begin = std::move(next);
}

Page read_page(Txn& txn, ReadSource source, const Walk& walk, const ItemRead& read) {
  const RowUse use = row_use(read);
  const TableFetch fetch = table_fetch(source, read);
  const std::size_t limit =
      read.limit ? static_cast<std::size_t>(*read.limit) : std::numeric_limits<std::size_t>::max();
  Page page{.source = std::move(source),
            .body = std::string(read.select == Select::kCount ? "{" : kItemsBegin),
            .rows = {},
            .row_ends = {},
            .scanned = 0,
            .bytes = 0,
            .fetch_units = 0,
            .last_key = std::nullopt};
  if (!walk.range.end.empty() && walk.range.begin >= walk.range.end) return page;
  Buffer last;  // Key of the last row evaluated.
  const auto cursor = txn.scan(walk.range.begin, walk.range.end, walk.order);
  for (; cursor->valid(); cursor->next()) {
    const StoredItem item(cursor->value());
    if (page.scanned > 0 && page.bytes + item.size() > kPageBytesMax) break;
    ++page.scanned;
    page.bytes += item.size();
    if (fetch == TableFetch::kEachItem)
      take_from_table(txn, page, use, item, read.consistency);
    else
      take_row(page, use, item);
    last.assign(cursor->key());
    if (page.scanned == limit) break;
  }
  if (cursor->valid()) {
    Buffer row;
    CHECK(txn.get(last, row));
    append_last_key(page.last_key.emplace(), page.source, StoredItem(row));
  }
  return page;
}

std::string encode_page(const ItemRead& read, Page& page) {
  const bool kept = row_use(read) == RowUse::kLater;
  const std::size_t passed = kept ? append_kept_rows(read, page) : page.scanned;
  std::string body = std::move(page.body);
  if (read.select != Select::kCount) body.append("],");
  str_append(body, "\"Count\":", passed, ",\"ScannedCount\":", page.scanned);
  if (page.last_key) str_append(body, ",\"LastEvaluatedKey\":", *page.last_key);
  if (read.return_capacity != ReturnCapacity::kNone) {
    body.append(",\"ConsumedCapacity\":");
    JsonWriter json(body);
    append_consumed(json, read.table_as_sent, consumed_by(read, page), read.return_capacity);
  }
  body.push_back('}');
  return body;
}

}  // namespace tailrace::ops
