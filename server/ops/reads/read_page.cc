#include "server/ops/reads/read_page.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/ops/items/capacity.h"
#include "server/ops/items/item_text.h"
#include "server/ops/reads/start_key.h"
#include "storage/base/engine_error.h"
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
  for (const auto* part : {&table.keys.hash, &table.keys.range}) {
    for (const KeyAttribute& attribute : *part) {
      std::optional<AttributeValue> value = entry.find(attribute.name);
      require_stored(value && value->type() == attribute.type, "index entry");
      key.set(attribute.name, *std::move(value));
    }
  }
  return key;
}

void take_from_table(
    Txn& txn, Page& page, RowUse use, const StoredItem& entry, Consistency consistency) {
  const TableSchema& table = *page.source.table;
  const auto row = find_item(txn, table, table_key_of(table, entry));
  require_stored(row.has_value(), "index entry");  // Of an item that is not there.
  page.fetch_units += read_units((*row)->size(), consistency);
  take_row(page, use, **row);
}

// Applies filter and projection to the rows that were kept for it. How many passed.
std::size_t append_kept_rows(const ItemRead& read, Page& page) {
  if (row_use(read) != RowUse::kLater) return page.scanned;
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

Consumed consumed_by(const Page& page) {
  Consumed consumed;
  if (page.source.index == nullptr) {
    consumed.table = page.units;
  } else {
    consumed.table = page.fetch_units;
    consumed.add_index(*page.source.index, page.units);
  }
  return consumed;
}

// Reads rows of a page, walk after walk.
class PageReader {
 public:
  PageReader(Txn& txn, Page& page, const ItemRead& read)
      : txn_(txn),
        page_(page),
        use_(row_use(read)),
        fetch_(table_fetch(page.source, read)),
        limit_(read.limit ? static_cast<std::size_t>(*read.limit)
                          : std::numeric_limits<std::size_t>::max()),
        consistency_(read.consistency) {}

  // False: the page is full.
  bool read(const Walk& walk, std::size_t number) {
    const std::size_t before = bytes_;
    const bool room = read_rows(walk, number);
    page_.units += read_units(bytes_ - before, consistency_);
    return room;
  }

  void stop() {
    Buffer row;
    CHECK(txn_.get(last_, row));
    page_.stop = {.walk = last_walk_, .position = last_, .last_key = {}};
    append_last_key(page_.stop->last_key, page_.source, StoredItem(row));
  }

 private:
  bool read_rows(const Walk& walk, std::size_t number) {
    if (!walk.range.end.empty() && walk.range.begin >= walk.range.end) return true;
    const auto cursor = txn_.scan(walk.range.begin, walk.range.end, walk.order);
    for (; cursor->valid(); cursor->next()) {
      if (!decode_row(cursor->key(), [&] { return read_row(cursor->value()); })) return false;
      last_.assign(cursor->key());
      last_walk_ = number;
      if (page_.scanned == limit_) return false;
    }
    return true;
  }

  // False: the page is full without it.
  bool read_row(Bytes value) {
    const StoredItem item(value);
    if (page_.scanned > 0 && bytes_ + item.size() > kPageBytesMax) return false;
    ++page_.scanned;
    bytes_ += item.size();
    if (fetch_ == TableFetch::kEachItem)
      take_from_table(txn_, page_, use_, item, consistency_);
    else
      take_row(page_, use_, item);
    return true;
  }

  Txn& txn_;
  Page& page_;
  const RowUse use_;
  const TableFetch fetch_;
  const std::size_t limit_;
  const Consistency consistency_;
  std::size_t bytes_ = 0;  // Evaluated, as the items count.
  Buffer last_;            // Key of the last row evaluated.
  std::size_t last_walk_ = 0;
};

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

Page read_page(Txn& txn, ReadSource source, std::span<const Walk> walks, const ItemRead& read) {
  Page page{.source = std::move(source),
            .body = std::string(read.select == Select::kCount ? "{" : kItemsBegin),
            .rows = {},
            .row_ends = {},
            .scanned = 0,
            .units = 0,
            .fetch_units = 0,
            .stop = std::nullopt};
  PageReader reader(txn, page, read);
  for (std::size_t i = 0; i < walks.size(); ++i) {
    if (reader.read(walks[i], i)) continue;
    reader.stop();
    break;
  }
  return page;
}

std::size_t complete_items(const ItemRead& read, Page& page) {
  const std::size_t passed = append_kept_rows(read, page);
  page.body.push_back(']');
  return passed;
}

void append_read_capacity(std::string& body, const ItemRead& read, const Page& page) {
  if (read.return_capacity == ReturnCapacity::kNone) return;
  body.append(",\"ConsumedCapacity\":");
  JsonWriter json(body);
  append_consumed(json, read.table_as_sent, consumed_by(page), read.return_capacity);
}

std::string encode_page(const ItemRead& read, Page& page) {
  const std::size_t passed = append_kept_rows(read, page);
  std::string body = std::move(page.body);
  if (read.select != Select::kCount) body.append("],");
  str_append(body, "\"Count\":", passed, ",\"ScannedCount\":", page.scanned);
  if (page.stop) str_append(body, ",\"LastEvaluatedKey\":", page.stop->last_key);
  append_read_capacity(body, read, page);
  body.push_back('}');
  return body;
}

}  // namespace tailrace::ops
