#include "server/ops/items/key_rules.h"

#include <optional>
#include <string>

#include "server/ops/items/item_vectors.h"
#include "storage/base/str_cat.h"

namespace tailrace::ops {
namespace {

constexpr std::size_t kHashBytesMax = 2048;
constexpr std::size_t kRangeBytesMax = 1024;
constexpr std::string_view kSchemaMismatch = "The provided key element does not match the schema";
constexpr std::string_view kHashTooLongText =
    "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
    "limit of2048 bytes";
constexpr std::string_view kRangeTooLongText =
    "One or more parameter values were invalid: Aggregated size of all range keys has exceeded "
    "the size limit of 1024 bytes";

std::size_t key_bytes(const AttributeValue& value) {
  if (const auto* text = value.as<std::string>()) return text->size();
  if (const auto* binary = value.as<Binary>()) return binary->bytes.size();
  return 0;  // Numbers always fit.
}

bool is_empty(const AttributeValue& value) {
  if (const auto* text = value.as<std::string>()) return text->empty();
  if (const auto* binary = value.as<Binary>()) return binary->bytes.empty();
  return false;
}

std::string_view empty_kind(AttributeType type) {
  return type == AttributeType::kB ? "binary" : "string";
}

// Visits hash, then range attributes, until one of them has an error.
template <class Visit>
Result<void> each_key(const KeySchema& keys, Visit visit) {
  for (const auto* part : {&keys.hash, &keys.range})
    for (const KeyAttribute& attribute : *part) TRY_VOID(visit(attribute));
  return {};
}

Result<void> check_not_empty(const KeyAttribute& key, const AttributeMap& attributes) {
  const AttributeValue* value = attributes.find(key.name);
  if (value == nullptr || !is_empty(*value)) return {};
  return validation_error(str_cat(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
      "contain an empty ",
      empty_kind(value->type()), " value. Key: ", key.name));
}

std::size_t bytes_of(const std::vector<KeyAttribute>& keys, const AttributeMap& attributes) {
  std::size_t bytes = 0;
  for (const KeyAttribute& key : keys)
    if (const AttributeValue* value = attributes.find(key.name)) bytes += key_bytes(*value);
  return bytes;
}

enum class IndexFault : std::uint8_t { kType, kEmpty, kHashTooLong, kRangeTooLong };
struct IndexViolation {
  const IndexSchema* index;
  const KeyAttribute* key;
  AttributeType actual;
  IndexFault fault;
};

// `ignored` tells which attributes need not be looked at.
template <class Ignored>
std::optional<IndexViolation> violation_of(const IndexSchema& index,
                                           const AttributeMap& item,
                                           Ignored ignored) {
  for (const auto* part : {&index.keys.hash, &index.keys.range}) {
    std::size_t bytes = 0;
    for (const KeyAttribute& key : *part) {
      const AttributeValue* value = item.find(key.name);
      if (value == nullptr) continue;
      bytes += key_bytes(*value);
      if (ignored(key.name, *value)) continue;
      const IndexViolation violation{&index, &key, value->type(), IndexFault::kType};
      if (value->type() != key.type) return violation;
      if (is_empty(*value)) return IndexViolation{&index, &key, key.type, IndexFault::kEmpty};
      if (part == &index.keys.hash && bytes > kHashBytesMax)
        return IndexViolation{&index, &key, key.type, IndexFault::kHashTooLong};
      if (part == &index.keys.range && bytes > kRangeBytesMax)
        return IndexViolation{&index, &key, key.type, IndexFault::kRangeTooLong};
    }
  }
  return std::nullopt;
}

// Of several violations the one of the index with the first name counts.
template <class Ignored>
std::optional<IndexViolation> first_violation(const TableSchema& table,
                                              const AttributeMap& item,
                                              Ignored ignored) {
  std::optional<IndexViolation> first;
  for (const IndexSchema& index : table.indexes) {
    if (index.status == IndexStatus::kDeleting) continue;
    if (first && first->index->name < index.name) continue;
    if (auto violation = violation_of(index, item, ignored)) first = violation;
  }
  return first;
}

std::string index_size_message(const IndexViolation& violation) {
  const bool hash = violation.fault == IndexFault::kHashTooLong;
  return str_cat(hash ? kHashTooLongText : kRangeTooLongText, " IndexName: ", violation.index->name,
                 ", IndexKey: ", violation.key->name);
}

std::string put_message(const IndexViolation& violation) {
  switch (violation.fault) {
    case IndexFault::kType:
      return str_cat("One or more parameter values were invalid: Type mismatch for Index Key ",
                     violation.key->name, " Expected: ", type_name(violation.key->type),
                     " Actual: ", type_name(violation.actual),
                     " IndexName: ", violation.index->name);
    case IndexFault::kEmpty:
      return str_cat(
          "One or more parameter values are not valid. A value specified for a secondary index "
          "key is not supported. The AttributeValue for a key attribute cannot contain an empty ",
          empty_kind(violation.actual), " value. IndexName: ", violation.index->name,
          ", IndexKey: ", violation.key->name);
    case IndexFault::kHashTooLong:
    case IndexFault::kRangeTooLong:
      return index_size_message(violation);
  }
  CHECK(false);
}

}  // namespace

Result<void> check_key_schema(const TableSchema& table, const AttributeMap& key) {
  const ApiError mismatch = validation_error(std::string(kSchemaMismatch));
  if (key.size() != table.keys.hash.size() + table.keys.range.size()) return mismatch;
  return each_key(table.keys, [&](const KeyAttribute& attribute) -> Result<void> {
    const AttributeValue* value = key.find(attribute.name);
    if (value == nullptr || value->type() != attribute.type) return mismatch;
    return {};
  });
}

Result<void> check_key_values(const TableSchema& table, const AttributeMap& attributes) {
  TRY_VOID(each_key(table.keys,
                    [&](const KeyAttribute& key) { return check_not_empty(key, attributes); }));
  if (bytes_of(table.keys.hash, attributes) > kHashBytesMax)
    return validation_error(std::string(kHashTooLongText));
  if (bytes_of(table.keys.range, attributes) > kRangeBytesMax)
    return validation_error(std::string(kRangeTooLongText));
  return {};
}

Result<void> check_key(const TableSchema& table, const AttributeMap& key) {
  TRY_VOID(check_key_schema(table, key));
  return check_key_values(table, key);
}

Result<void> check_item_keys(const TableSchema& table,
                             const AttributeMap& item,
                             ItemKeyTexts texts) {
  TRY_VOID(each_key(table.keys, [&](const KeyAttribute& key) -> Result<void> {
    const AttributeValue* value = item.find(key.name);
    if (value != nullptr && value->type() == key.type) return {};
    if (texts == ItemKeyTexts::kBatch) return validation_error(std::string(kSchemaMismatch));
    if (value == nullptr)
      return validation_error(str_cat("One or more parameter values were invalid: Missing the key ",
                                      key.name, " in the item"));
    return validation_error(
        str_cat("One or more parameter values were invalid: Type mismatch for key ", key.name,
                " expected: ", type_name(key.type), " actual: ", type_name(value->type())));
  }));
  return check_key_values(table, item);
}

Result<void> check_index_keys(const TableSchema& table, const AttributeMap& item) {
  const auto none_ignored = [](const std::string&, const AttributeValue&) { return false; };
  const IndexSchema* first = nullptr;  // The one with the first name of those that refuse the item.
  std::string text;
  for (const IndexSchema& index : table.indexes) {
    if (index.status == IndexStatus::kDeleting) continue;
    if (first != nullptr && first->name < index.name) continue;
    std::optional<std::string> fault;
    if (const auto violation = violation_of(index, item, none_ignored))
      fault = put_message(*violation);
    else if (index.vector)
      fault = vector_fault(index, item);
    if (!fault) continue;
    first = &index;
    text = *std::move(fault);
  }
  if (first != nullptr) return validation_error(std::move(text));
  return {};
}

Result<void> check_changed_index_key_sizes(const TableSchema& table,
                                           const AttributeMap* old,
                                           const AttributeMap& item) {
  const auto unchanged = [&](const std::string& name, const AttributeValue& value) {
    const AttributeValue* before = old != nullptr ? old->find(name) : nullptr;
    return before != nullptr && *before == value;
  };
  if (const auto violation = first_violation(table, item, unchanged))
    return validation_error(put_message(*violation));
  return {};
}

Result<void> check_no_empty_keys(const TableSchema& table, const AttributeMap& attributes) {
  TRY_VOID(each_key(table.keys,
                    [&](const KeyAttribute& key) { return check_not_empty(key, attributes); }));
  const auto not_empty = [](const std::string&, const AttributeValue& value) {
    return !is_empty(value);
  };
  if (const auto violation = first_violation(table, attributes, not_empty);
      violation && violation->fault == IndexFault::kEmpty)
    return validation_error(put_message(*violation));
  return {};
}

}  // namespace tailrace::ops
