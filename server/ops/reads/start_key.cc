#include "server/ops/reads/start_key.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "server/ops/items/item_text.h"
#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"

namespace tailrace::ops {
namespace {

using expression::KeyBinding;
using expression::KeyOperator;
using expression::KeyTest;

constexpr std::string_view kInvalid = "The provided starting key is invalid";
constexpr std::string_view kMismatch = "The provided key element does not match the schema";

ApiError invalid_and_mismatched() {
  return validation_error(str_cat(kInvalid, ": ", kMismatch));
}

// Names of the key attributes of index and table, each once.
std::vector<std::string_view> key_names(const ReadSource& source) {
  std::vector<std::string_view> names;
  const auto add = [&](const KeySchema& keys) {
    for (const auto* part : {&keys.hash, &keys.range})
      for (const KeyAttribute& key : *part)
        if (std::find(names.begin(), names.end(), key.name) == names.end())
          names.push_back(key.name);
  };
  if (source.index != nullptr) add(source.index->keys);
  add(source.table->keys);
  return names;
}

Result<void> check_index_part(const KeySchema& keys, const AttributeMap& start_key) {
  for (const auto* part : {&keys.hash, &keys.range}) {
    for (const KeyAttribute& key : *part) {
      const AttributeValue* value = start_key.find(key.name);
      if (value == nullptr) return validation_error(std::string(kInvalid));
      if (value->type() != key.type) return validation_error(std::string(kMismatch));
    }
  }
  return {};
}

Result<void> check_table_part(const KeySchema& keys, const AttributeMap& start_key) {
  for (const auto* part : {&keys.hash, &keys.range}) {
    for (const KeyAttribute& key : *part) {
      const AttributeValue* value = start_key.find(key.name);
      if (value == nullptr || value->type() != key.type) return invalid_and_mismatched();
    }
  }
  return {};
}

bool begins_with(const AttributeValue& value, const AttributeValue& prefix) {
  if (const auto* text = value.as<std::string>())
    return text->starts_with(*prefix.as<std::string>());
  return value.as<Binary>()->bytes.starts_with(prefix.as<Binary>()->bytes);
}

bool satisfies(const KeyTest& test, const AttributeValue& value) {
  const AttributeValue& first = test.values.front();
  switch (test.op) {
    case KeyOperator::kEqual:
      return value == first;
    case KeyOperator::kLess:
      return compare_scalars(value, first) < 0;
    case KeyOperator::kLessOrEqual:
      return compare_scalars(value, first) <= 0;
    case KeyOperator::kGreater:
      return compare_scalars(value, first) > 0;
    case KeyOperator::kGreaterOrEqual:
      return compare_scalars(value, first) >= 0;
    case KeyOperator::kBetween:
      return compare_scalars(value, first) >= 0 && compare_scalars(value, test.values.back()) <= 0;
    case KeyOperator::kBeginsWith:
      return begins_with(value, first);
    case KeyOperator::kNotIndexable:
      break;
  }
  CHECK(false);
}

bool same_partition(const KeySchema& keys,
                    const KeyBinding& binding,
                    const AttributeMap& start_key) {
  for (std::size_t i = 0; i < keys.hash.size(); ++i)
    if (*start_key.find(keys.hash[i].name) != binding.hash[i]) return false;
  return true;
}

bool matches_range(const KeySchema& keys,
                   const KeyBinding& binding,
                   const AttributeMap& start_key) {
  for (std::size_t i = 0; i < binding.range_equal.size(); ++i)
    if (*start_key.find(keys.range[i].name) != binding.range_equal[i]) return false;
  return !binding.range_test ||
         satisfies(*binding.range_test, *start_key.find(binding.range_test->attribute));
}

}  // namespace

Result<void> check_start_key(const ReadSource& source,
                             const AttributeMap& start_key,
                             ReadKind kind) {
  if (start_key.size() != key_names(source).size()) {
    if (kind == ReadKind::kScan && source.index == nullptr) return invalid_and_mismatched();
    return validation_error(std::string(kInvalid));
  }
  if (source.index != nullptr) TRY_VOID(check_index_part(source.index->keys, start_key));
  return check_table_part(source.table->keys, start_key);
}

Result<Buffer> start_position(const ReadSource& source, const AttributeMap& start_key) {
  if (source.index == nullptr) return keys::item(*source.table, start_key);
  auto position = keys::index_entry(*source.table, *source.index, start_key);
  if (!position) return validation_error(std::string(kInvalid));  // An empty or overlong key.
  return *std::move(position);
}

Result<void> check_within_query(const ReadSource& source,
                                const KeyBinding& binding,
                                const AttributeMap& start_key) {
  const KeySchema& keys = source.keys();
  const bool same = same_partition(keys, binding, start_key);
  if (binding.range_test || !binding.range_equal.empty()) {
    if (!matches_range(keys, binding, start_key))
      return validation_error("The provided starting key does not match the range key predicate");
    if (!same)
      return validation_error("The query can return at most one row and cannot be restarted");
    return {};
  }
  if (!same)
    return validation_error(
        "The provided starting key is outside query boundaries based on provided conditions");
  if (source.index != nullptr || !keys.range.empty()) return {};
  return validation_error(str_cat(
      "The provided exclusive start key is invalid: ExclusiveStartKey: {", keys.hash.front().name,
      "=AttributeValue: {", value_text(*start_key.find(keys.hash.front().name)), "}}"));
}

void append_last_key(std::string& out, const ReadSource& source, const StoredItem& last) {
  append_attributes_text(out, last, key_names(source));
}

}  // namespace tailrace::ops
