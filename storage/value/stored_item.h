// The stored form of an item: a short head, a directory of its top-level attributes, and the item's
// normalised DynamoDB JSON. Plain reads copy the JSON text; a condition finds one attribute by the directory
// without parsing the rest. (ARCHITECTURE.md, "The store's rows")
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/value/attribute_value.h"

namespace tailrace {

// Writes the stored form.
Buffer encode_item(const AttributeMap& item);

// The same of attributes that are held otherwise. `names` rise; append(out, i) appends the JSON of the
// i-th one's value, as append_value_json does, and gives its value_size(), or nullopt, which ends it
// all. It may be called twice for a value. The JSON has at least `json_bytes_min` bytes.
using AppendValue = std::function<std::optional<std::size_t>(std::string& out, std::size_t i)>;
std::optional<Buffer> encode_attributes(std::span<const std::string_view> names,
                                        std::size_t json_bytes_min,
                                        const AppendValue& append);

// A view of a stored form; the bytes must outlive it. Whatever reads it throws DamagedRow when the
// bytes are not what encode_item wrote.
class StoredItem {
 public:
  explicit StoredItem(Bytes bytes);

  std::size_t size() const;                // item_size() of the item.
  std::string_view json() const;           // {"a":{"S":"x"},…}
  Bytes bytes() const { return bytes_; }

  std::size_t attribute_count() const;
  std::string_view attribute_name(std::size_t i) const;   // In order of names.
  std::string_view attribute_json(std::size_t i) const;   // {"S":"x"}
  // JSON text of one attribute's value; nullopt: the item has no such attribute.
  std::optional<std::string_view> find_json(std::string_view name) const;
  std::optional<AttributeValue> find(std::string_view name) const;

  AttributeMap parse() const;              // The whole item.

  // Two stored forms are byte-equal exactly when the items are semantically equal.
  friend bool operator==(const StoredItem& a, const StoredItem& b) { return a.bytes_ == b.bytes_; }

 private:
  Bytes bytes_;
};

// An item that is to be written. Encoding costs more than all else that a put does, so that it is
// done before the queue is entered.
class EncodedItem {
 public:
  explicit EncodedItem(AttributeMap attributes)
      : attributes_(std::move(attributes)), bytes_(encode_item(*attributes_)) {}
  explicit EncodedItem(Buffer stored) : bytes_(std::move(stored)) {}

  // Parsed when it is first asked for: most puts need only their keys, which StoredItem finds.
  const AttributeMap& attributes() const {
    if (!attributes_) attributes_ = stored().parse();
    return *attributes_;
  }
  StoredItem stored() const { return StoredItem(bytes_); }  // Valid as long as this stays in place.
  std::size_t size() const { return stored().size(); }

 private:
  mutable std::optional<AttributeMap> attributes_;
  Buffer bytes_;
};

// Reads the JSON that append_value_json wrote (normal form only).
AttributeValue parse_value_json(std::string_view json);

// What an expression looks at: an item, however it is held.
class AttributeSource {
 public:
  virtual ~AttributeSource() = default;
  virtual const AttributeValue* find(std::string_view name) = 0;  // Valid as long as the source. nullptr: missing.
};

class ItemSource final : public AttributeSource {
 public:
  explicit ItemSource(const AttributeMap* item) : item_(item) {}  // nullptr: no item, nothing is found.
  const AttributeValue* find(std::string_view name) override { return item_ ? item_->find(name) : nullptr; }

 private:
  const AttributeMap* item_;
};

// Parses an attribute the first time it is asked for.
class StoredItemSource final : public AttributeSource {
 public:
  explicit StoredItemSource(const StoredItem& item) : item_(item) {}
  const AttributeValue* find(std::string_view name) override;

 private:
  StoredItem item_;
  std::map<std::string, AttributeValue, std::less<>> parsed_;  // Not an AttributeMap: values must stay in place.
};

}  // namespace tailrace
