#include "storage/value/attribute_value.h"

#include <algorithm>
#include <iterator>

#include "storage/base/base64.h"
#include "storage/base/check.h"
#include "storage/base/json_text.h"
#include "storage/base/overloaded.h"

namespace tailrace {
namespace {

constexpr std::string_view kTypeNames[] = {"S",  "N",  "B",  "BOOL", "NULL",
                                           "SS", "NS", "BS", "L",    "M"};
static_assert(std::size(kTypeNames) == std::variant_size_v<AttributeValue::Variant>);

// Overhead of a document and of each of its elements (behaviour/dynamodb 2.6).
constexpr std::size_t kDocumentBytes = 3;
constexpr std::size_t kElementBytes = 1;

template <class Entries>
auto lower_bound_of(Entries& entries, std::string_view name) {
  return std::lower_bound(entries.begin(), entries.end(), name,
                          [](const AttributeMap::Entry& entry, std::string_view wanted) {
                            return entry.first.compare(wanted) < 0;
                          });
}

// [element,element…], each written by `append`.
template <class Values, class Append>
void append_array(std::string& out, const Values& values, Append append) {
  char before = '[';
  for (const auto& value : values) {
    out.push_back(before);
    append(value);
    before = ',';
  }
  if (before == '[') out.push_back('[');
  out.push_back(']');
}

void append_quoted_number(std::string& out, const Number& number) {
  out.push_back('"');
  number.append_text(out);
  out.push_back('"');
}

void append_quoted_base64(std::string& out, Bytes bytes) {
  out.push_back('"');
  append_base64(out, bytes);
  out.push_back('"');
}

void append_value_text(std::string& out, const AttributeValue& value);

// [a, b] as Java prints a collection.
template <class Values, class Append>
void append_text_list(std::string& out, const Values& values, Append append) {
  out.push_back('[');
  std::string_view before;
  for (const auto& value : values) {
    out.append(before);
    append(value);
    before = ", ";
  }
  out.push_back(']');
}

void append_map_text(std::string& out, const AttributeMap& map) {
  out.push_back('{');
  std::string_view before;
  for (const auto& [name, value] : map) {
    out.append(before).append(name).append("={");
    append_value_text(out, value);
    out.push_back('}');
    before = ", ";
  }
  out.push_back('}');
}

void append_value_text(std::string& out, const AttributeValue& value) {
  out.append(type_name(value.type())).push_back(':');
  const auto append_string = [&](const std::string& text) { out.append(text); };
  const auto append_number = [&](const Number& number) { number.append_text(out); };
  const auto append_binary = [&](const Buffer& bytes) { append_base64(out, bytes); };
  const auto append_element = [&](const AttributeValue& element) {
    out.push_back('{');
    append_value_text(out, element);
    out.push_back('}');
  };
  std::visit(
      Overloaded{[&](const std::string& text) { append_string(text); },
                 [&](const Number& number) { append_number(number); },
                 [&](const Binary& binary) { append_binary(binary.bytes); },
                 [&](bool flag) { out.append(flag ? "true" : "false"); },
                 [&](Null) { out.append("true"); },
                 [&](const StringSet& set) { append_text_list(out, set.values, append_string); },
                 [&](const NumberSet& set) { append_text_list(out, set.values, append_number); },
                 [&](const BinarySet& set) { append_text_list(out, set.values, append_binary); },
                 [&](const List& list) { append_text_list(out, list.values, append_element); },
                 [&](const AttributeMap& map) { append_map_text(out, map); }},
      value.value);
}

// Stable. Entries are large, so their addresses are sorted and each entry moves once.
std::vector<AttributeMap::Entry> sorted_by_name(std::vector<AttributeMap::Entry> entries) {
  std::vector<AttributeMap::Entry*> order;
  order.reserve(entries.size());
  for (AttributeMap::Entry& entry : entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(),
            [](const AttributeMap::Entry* a, const AttributeMap::Entry* b) {
              const int names = a->first.compare(b->first);
              return names != 0 ? names < 0 : a < b;
            });
  std::vector<AttributeMap::Entry> sorted;
  sorted.reserve(entries.size());
  for (AttributeMap::Entry* entry : order) sorted.push_back(std::move(*entry));
  return sorted;
}

}  // namespace

std::string_view type_name(AttributeType type) {
  return kTypeNames[static_cast<std::size_t>(type)];
}

bool List::operator==(const List&) const = default;
bool AttributeValue::operator==(const AttributeValue&) const = default;

AttributeMap::AttributeMap() = default;
AttributeMap::AttributeMap(const AttributeMap&) = default;
AttributeMap::AttributeMap(AttributeMap&&) noexcept = default;
AttributeMap& AttributeMap::operator=(const AttributeMap&) = default;
AttributeMap& AttributeMap::operator=(AttributeMap&&) noexcept = default;
AttributeMap::~AttributeMap() = default;
bool AttributeMap::operator==(const AttributeMap&) const = default;

AttributeMap AttributeMap::from_entries(std::vector<Entry> entries) {
  const auto by_name = [](const Entry& a, const Entry& b) { return a.first < b.first; };
  if (!std::is_sorted(entries.begin(), entries.end(), by_name))
    entries = sorted_by_name(std::move(entries));
  // Of a run of equal names the last stays: unique() over the reverse keeps the first that it
  // meets.
  const auto kept = std::unique(entries.rbegin(), entries.rend(),
                                [](const Entry& a, const Entry& b) { return a.first == b.first; });
  entries.erase(entries.begin(), kept.base());
  AttributeMap map;
  map.entries_ = std::move(entries);
  return map;
}

const AttributeValue* AttributeMap::find(std::string_view name) const {
  const auto it = lower_bound_of(entries_, name);
  return it != entries_.end() && it->first == name ? &it->second : nullptr;
}

AttributeValue* AttributeMap::find(std::string_view name) {
  const auto it = lower_bound_of(entries_, name);
  return it != entries_.end() && it->first == name ? &it->second : nullptr;
}

AttributeValue& AttributeMap::set(std::string_view name, AttributeValue value) {
  if (entries_.empty() || entries_.back().first < name)
    return entries_.emplace_back(name, std::move(value)).second;
  const auto it = lower_bound_of(entries_, name);
  if (it->first != name) return entries_.emplace(it, name, std::move(value))->second;
  it->second = std::move(value);
  return it->second;
}

bool AttributeMap::erase(std::string_view name) {
  const auto it = lower_bound_of(entries_, name);
  if (it == entries_.end() || it->first != name) return false;
  entries_.erase(it);
  return true;
}

void AttributeMap::insert_all(std::vector<Entry> entries) {
  if (entries.empty()) return;
  const auto middle = static_cast<std::ptrdiff_t>(entries_.size());
  entries_.insert(entries_.end(), std::make_move_iterator(entries.begin()),
                  std::make_move_iterator(entries.end()));
  std::inplace_merge(entries_.begin(), entries_.begin() + middle, entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.first < b.first; });
}

void AttributeMap::erase_all(const std::vector<std::string_view>& names) {
  if (names.empty()) return;
  auto next = names.begin();
  std::erase_if(entries_, [&](const Entry& entry) {
    const bool gone = next != names.end() && entry.first == *next;
    if (gone) ++next;
    return gone;
  });
}

std::size_t AttributeMap::size() const {
  return entries_.size();
}
bool AttributeMap::empty() const {
  return entries_.empty();
}
AttributeMap::const_iterator AttributeMap::begin() const {
  return entries_.begin();
}
AttributeMap::const_iterator AttributeMap::end() const {
  return entries_.end();
}

std::strong_ordering compare_scalars(const AttributeValue& a, const AttributeValue& b) {
  CHECK(a.type() == b.type());
  // char_traits<char> compares as unsigned bytes, which for UTF-8 is code point order too.
  if (const auto* text = a.as<std::string>()) return *text <=> *b.as<std::string>();
  if (const auto* number = a.as<Number>()) return *number <=> *b.as<Number>();
  const auto* binary = a.as<Binary>();
  CHECK(binary != nullptr);
  return binary->bytes <=> b.as<Binary>()->bytes;
}

std::size_t value_size(const AttributeValue& value) {
  const auto sum_of_sizes = [](const auto& values) {
    std::size_t sum = 0;
    for (const auto& element : values) sum += element.size();
    return sum;
  };
  return std::visit(
      Overloaded{[](const std::string& text) { return text.size(); },
                 [](const Number& number) { return number.size(); },
                 [](const Binary& binary) { return binary.bytes.size(); },
                 [](bool) { return std::size_t{1}; }, [](Null) { return std::size_t{1}; },
                 [&](const StringSet& set) { return sum_of_sizes(set.values); },
                 [&](const NumberSet& set) { return sum_of_sizes(set.values); },
                 [&](const BinarySet& set) { return sum_of_sizes(set.values); },
                 [](const List& list) {
                   std::size_t sum = kDocumentBytes;
                   for (const auto& element : list.values)
                     sum += kElementBytes + value_size(element);
                   return sum;
                 },
                 [](const AttributeMap& map) {
                   return kDocumentBytes + kElementBytes * map.size() + item_size(map);
                 }},
      value.value);
}

std::size_t item_size(const AttributeMap& item) {
  std::size_t sum = 0;
  for (const auto& [name, value] : item) sum += name.size() + value_size(value);
  return sum;
}

int nesting_depth(const AttributeValue& value) {
  int deepest = 0;
  if (const auto* list = value.as<List>()) {
    for (const auto& element : list->values) deepest = std::max(deepest, nesting_depth(element));
  } else if (const auto* map = value.as<AttributeMap>()) {
    for (const auto& [name, element] : *map) deepest = std::max(deepest, nesting_depth(element));
  }
  return 1 + deepest;
}

void append_value_json(std::string& out, const AttributeValue& value) {
  out.append("{\"").append(type_name(value.type())).append("\":");
  const auto append_string = [&](const std::string& text) { append_json_string(out, text); };
  const auto append_number = [&](const Number& number) { append_quoted_number(out, number); };
  const auto append_binary = [&](const Buffer& bytes) { append_quoted_base64(out, bytes); };
  const auto append_element = [&](const AttributeValue& element) {
    append_value_json(out, element);
  };
  std::visit(Overloaded{[&](const std::string& text) { append_string(text); },
                        [&](const Number& number) { append_number(number); },
                        [&](const Binary& binary) { append_binary(binary.bytes); },
                        [&](bool flag) { out.append(flag ? "true" : "false"); },
                        [&](Null) { out.append("true"); },
                        [&](const StringSet& set) { append_array(out, set.values, append_string); },
                        [&](const NumberSet& set) { append_array(out, set.values, append_number); },
                        [&](const BinarySet& set) { append_array(out, set.values, append_binary); },
                        [&](const List& list) { append_array(out, list.values, append_element); },
                        [&](const AttributeMap& map) { append_item_json(out, map); }},
             value.value);
  out.push_back('}');
}

void append_item_json(std::string& out, const AttributeMap& item) {
  char before = '{';
  for (const auto& [name, value] : item) {
    out.push_back(before);
    append_json_string(out, name);
    out.push_back(':');
    append_value_json(out, value);
    before = ',';
  }
  if (before == '{') out.push_back('{');
  out.push_back('}');
}

std::string item_json(const AttributeMap& item) {
  std::string out;
  append_item_json(out, item);
  return out;
}

std::string value_text(const AttributeValue& value) {
  std::string out;
  append_value_text(out, value);
  return out;
}

}  // namespace tailrace
