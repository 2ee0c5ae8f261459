// AttributeValue: one value of DynamoDB's data model, and AttributeMap: names to values (an item, or an M).
// Values are normal forms: sets and maps are sorted, so two values are equal when they are written equally.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "storage/base/bytes.h"
#include "storage/value/number.h"

namespace tailrace {

enum class AttributeType : std::uint8_t { kS, kN, kB, kBool, kNull, kSS, kNS, kBS, kL, kM };

std::string_view type_name(AttributeType type);  // "S", "BOOL", …

struct AttributeValue;

struct Binary {
  Buffer bytes;
  bool operator==(const Binary&) const = default;
};
struct Null {
  bool operator==(const Null&) const = default;
};
// Sorted (bytes or numeric order) and without duplicates.
struct StringSet {
  std::vector<std::string> values;
  bool operator==(const StringSet&) const = default;
};
struct NumberSet {
  std::vector<Number> values;
  bool operator==(const NumberSet&) const = default;
};
struct BinarySet {
  std::vector<Buffer> values;
  bool operator==(const BinarySet&) const = default;
};
struct List {
  std::vector<AttributeValue> values;
  bool operator==(const List&) const;
};

// Sorted by name (bytes), names unique.
class AttributeMap {
 public:
  using Entry = std::pair<std::string, AttributeValue>;
  using const_iterator = std::vector<Entry>::const_iterator;

  AttributeMap();
  AttributeMap(const AttributeMap&);
  AttributeMap(AttributeMap&&) noexcept;
  AttributeMap& operator=(const AttributeMap&);
  AttributeMap& operator=(AttributeMap&&) noexcept;
  ~AttributeMap();

  // Any order; of entries with one name the last wins. For many names in no order: set() in a loop is quadratic.
  static AttributeMap from_entries(std::vector<Entry> entries);

  const AttributeValue* find(std::string_view name) const;  // nullptr: no such attribute.
  AttributeValue* find(std::string_view name);
  AttributeValue& set(std::string_view name, AttributeValue value);  // Inserts or replaces.
  bool erase(std::string_view name);                          // False: there was none.
  // Many at once, at the price of one. All of `entries` are new, all of `names` are there; both are
  // in order.
  void insert_all(std::vector<Entry> entries);
  void erase_all(const std::vector<std::string_view>& names);
  std::size_t size() const;
  bool empty() const;
  const_iterator begin() const;
  const_iterator end() const;
  bool operator==(const AttributeMap&) const;

 private:
  std::vector<Entry> entries_;
};

struct AttributeValue {
  // In the order of AttributeType.
  using Variant = std::variant<std::string, Number, Binary, bool, Null, StringSet, NumberSet, BinarySet, List, AttributeMap>;
  Variant value;

  AttributeType type() const { return static_cast<AttributeType>(value.index()); }
  template <class T>
  const T* as() const { return std::get_if<T>(&value); }
  template <class T>
  T* as() { return std::get_if<T>(&value); }
  bool operator==(const AttributeValue&) const;
};

using Item = AttributeMap;
inline constexpr std::size_t kItemBytesMax = 409'600;  // By item_size. (behaviour/dynamodb 2.6)

// Order of S by UTF-8 bytes, B by unsigned bytes, N by value. Both must be of one of these types and of the
// same: callers check first.
std::strong_ordering compare_scalars(const AttributeValue& a, const AttributeValue& b);

// Sizes as DynamoDB counts them toward 400 KB (behaviour/dynamodb 2.6).
std::size_t value_size(const AttributeValue& value);
std::size_t item_size(const AttributeMap& item);  // Sum of name and value sizes; also SizeBytes of streams.

// Levels of nesting, a scalar being 1. DynamoDB allows 32.
int nesting_depth(const AttributeValue& value);

// DynamoDB JSON: {"S":"x"}; an item is {"name":{"S":"x"},…} in order of names. Binary as base64.
void append_value_json(std::string& out, const AttributeValue& value);
void append_item_json(std::string& out, const AttributeMap& item);
std::string item_json(const AttributeMap& item);

// How messages of DynamoDB print a value, {S:abc} without braces: `S:abc` (used in BETWEEN errors and start keys).
std::string value_text(const AttributeValue& value);

}  // namespace tailrace
