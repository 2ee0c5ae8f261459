#include "storage/value/stored_item.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "storage/base/check.h"
#include "storage/base/engine_error.h"
#include "storage/base/json_text.h"

// The stored form, little-endian:
//
//   row        = version(1) flags(1) size(4) count(4) json_begin(4) directory [names] json
//   directory  = entry * count, in order of names
//   entry      = value_begin value_end            offsets from the row's begin
//   names      = name_end * count, name * count   only if a name of the item is escaped in JSON
//   json       = {"name":value,"name":value}
//
// Offsets take two bytes if the whole row fits into 65,535 (flag kWide: four). A name stands in the
// JSON between the value before it and its own, so the directory need not repeat it; only when some
// name has to be escaped there (flag kNames) all names are kept again as they are.

namespace tailrace {
namespace {

static_assert(std::endian::native == std::endian::little, "stored forms are read in place");

constexpr std::string_view kWhat = "item";
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kWide = 1;
constexpr std::uint8_t kNames = 2;

constexpr std::size_t kFlagsAt = 1;
constexpr std::size_t kSizeAt = 2;
constexpr std::size_t kCountAt = 6;
constexpr std::size_t kJsonAt = 10;
constexpr std::size_t kHeadBytes = 14;

// Between two attributes of the JSON: value `,"` name `":` value.
constexpr std::size_t kBeforeName = 2;
constexpr std::size_t kAfterName = 2;

template <class Word>
Word load(Bytes bytes, std::size_t at) {
  Word word;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

template <class Word>
void store(Buffer& out, std::size_t at, std::size_t value) {
  const auto word = static_cast<Word>(value);
  std::memcpy(out.data() + at, &word, sizeof word);
}

// Where things lie in a row, read from its head. All offsets are checked to be within the row.
class Layout {
 public:
  explicit Layout(Bytes row)
      : row_(row),
        word_bytes_((flags() & kWide) != 0 ? 4 : 2),
        count_(load<std::uint32_t>(row, kCountAt)),
        json_begin_(load<std::uint32_t>(row, kJsonAt)) {}

  bool has_names() const { return (flags() & kNames) != 0; }
  std::size_t size() const { return load<std::uint32_t>(row_, kSizeAt); }
  std::size_t count() const { return count_; }
  std::string_view json() const { return row_.substr(json_begin_); }
  std::size_t least_json_begin() const {
    return kHeadBytes + count_ * word_bytes_ * (has_names() ? 3 : 2);
  }
  std::size_t json_begin() const { return json_begin_; }

  std::string_view value(std::size_t i) const { return piece(word(2 * i), word(2 * i + 1)); }

  std::string_view name(std::size_t i) const {
    if (has_names()) {
      const std::size_t begin = i == 0 ? least_json_begin() : word(2 * count_ + i - 1);
      return piece(begin, word(2 * count_ + i));
    }
    const std::size_t value_before = i == 0 ? json_begin_ : word(2 * i - 1);
    return piece(value_before + kBeforeName, word(2 * i) - kAfterName);
  }

 private:
  std::uint8_t flags() const { return static_cast<std::uint8_t>(row_[kFlagsAt]); }

  std::size_t word(std::size_t index) const {
    return word_bytes_ == 2 ? load<std::uint16_t>(row_, kHeadBytes + 2 * index)
                            : load<std::uint32_t>(row_, kHeadBytes + 4 * index);
  }

  std::string_view piece(std::size_t begin, std::size_t end) const {
    require_stored(begin <= end && end <= row_.size(), kWhat);
    return {row_.data() + begin, end - begin};
  }

  Bytes row_;
  std::size_t word_bytes_;
  std::size_t count_;
  std::size_t json_begin_;
};

bool is_escaped_in_json(std::string_view name) {
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') return true;
  return false;
}

// Writes a row with offsets of type Word. The directory's room is left first and filled while the
// JSON grows; so is the place of the item's size.
template <class Word>
std::optional<Buffer> encode_with(std::span<const std::string_view> names,
                                  std::size_t json_bytes_min,
                                  std::uint8_t flags,
                                  const AppendValue& append) {
  const bool with_names = (flags & kNames) != 0;
  const std::size_t count = names.size();
  Buffer out;
  // Enough for most items: `"":{"S":""},` and the directory come to less than 32 bytes an
  // attribute.
  out.reserve(kHeadBytes + json_bytes_min + json_bytes_min / 8 + 32 * count);
  out.resize(kHeadBytes + count * sizeof(Word) * (with_names ? 3 : 2));
  if (with_names) {
    std::size_t name_end_at = kHeadBytes + count * sizeof(Word) * 2;
    for (const std::string_view name : names) {
      out.append(name);
      store<Word>(out, name_end_at, out.size());
      name_end_at += sizeof(Word);
    }
  }
  out[0] = static_cast<char>(kVersion);
  out[kFlagsAt] = static_cast<char>(flags);
  store<std::uint32_t>(out, kCountAt, count);
  store<std::uint32_t>(out, kJsonAt, out.size());

  std::size_t size = 0;
  std::size_t entry_at = kHeadBytes;
  char before = '{';
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(before);
    append_json_string(out, names[i]);
    out.push_back(':');
    store<Word>(out, entry_at, out.size());
    const auto value_bytes = append(out, i);
    if (!value_bytes) return std::nullopt;
    store<Word>(out, entry_at + sizeof(Word), out.size());
    size += names[i].size() + *value_bytes;
    entry_at += 2 * sizeof(Word);
    before = ',';
  }
  if (count == 0) out.push_back('{');
  out.push_back('}');
  store<std::uint32_t>(out, kSizeAt, size);
  CHECK(out.size() <= std::numeric_limits<std::uint32_t>::max());
  return out;
}

}  // namespace

std::optional<Buffer> encode_attributes(std::span<const std::string_view> names,
                                        std::size_t json_bytes_min,
                                        const AppendValue& append) {
  constexpr std::size_t kNarrowMax = std::numeric_limits<std::uint16_t>::max();
  const std::uint8_t flags = std::any_of(names.begin(), names.end(), is_escaped_in_json) ? kNames : 0;
  if (json_bytes_min <= kNarrowMax) {
    auto row = encode_with<std::uint16_t>(names, json_bytes_min, flags, append);
    if (!row || row->size() <= kNarrowMax) return row;
  }
  return encode_with<std::uint32_t>(names, json_bytes_min, flags | kWide, append);
}

Buffer encode_item(const AttributeMap& item) {
  std::vector<std::string_view> names;
  names.reserve(item.size());
  for (const auto& [name, value] : item) names.push_back(name);
  // JSON is never shorter than the item's text. Numbers alone may be: two digits count as one byte,
  // but their texts are longer.
  auto row = encode_attributes(names, item_size(item), [&](std::string& out, std::size_t i) {
    const AttributeValue& value = (item.begin() + static_cast<std::ptrdiff_t>(i))->second;
    append_value_json(out, value);
    return std::optional(value_size(value));
  });
  return *std::move(row);
}

StoredItem::StoredItem(Bytes bytes) : bytes_(bytes) {
  require_stored(bytes.size() > kHeadBytes && bytes[0] == static_cast<char>(kVersion), kWhat);
  const Layout layout(bytes);
  require_stored(
      layout.least_json_begin() <= layout.json_begin() && layout.json_begin() < bytes.size(), kWhat);
}

std::size_t StoredItem::size() const {
  return Layout(bytes_).size();
}
std::string_view StoredItem::json() const {
  return Layout(bytes_).json();
}
std::size_t StoredItem::attribute_count() const {
  return Layout(bytes_).count();
}

std::string_view StoredItem::attribute_name(std::size_t i) const {
  const Layout layout(bytes_);
  CHECK(i < layout.count());
  return layout.name(i);
}

std::string_view StoredItem::attribute_json(std::size_t i) const {
  const Layout layout(bytes_);
  CHECK(i < layout.count());
  return layout.value(i);
}

std::optional<std::string_view> StoredItem::find_json(std::string_view name) const {
  const Layout layout(bytes_);
  std::size_t low = 0;
  for (std::size_t high = layout.count(); low < high;) {
    const std::size_t middle = (low + high) / 2;
    const int order = layout.name(middle).compare(name);
    if (order == 0) return layout.value(middle);
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

std::optional<AttributeValue> StoredItem::find(std::string_view name) const {
  const auto json = find_json(name);
  if (!json) return std::nullopt;
  return parse_value_json(*json);
}

AttributeMap StoredItem::parse() const {
  const Layout layout(bytes_);
  std::vector<AttributeMap::Entry> entries;
  entries.reserve(layout.count());
  for (std::size_t i = 0; i < layout.count(); ++i)
    entries.emplace_back(layout.name(i), parse_value_json(layout.value(i)));
  return AttributeMap::from_entries(std::move(entries));
}

const AttributeValue* StoredItemSource::find(std::string_view name) {
  if (const auto parsed = parsed_.find(name); parsed != parsed_.end()) return &parsed->second;
  auto value = item_.find(name);
  if (!value) return nullptr;
  return &parsed_.emplace(name, *std::move(value)).first->second;
}

}  // namespace tailrace
