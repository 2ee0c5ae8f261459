#include "server/ops/reads/start_key.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "server/ops/items/item_text.h"
#include "server/ops/items/key_rules.h"
#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"

namespace tailrace::ops {
namespace {

using expression::KeyBinding;
using expression::KeyOperator;
using expression::KeyTest;

ApiError invalid() {
  return validation_error("The provided starting key is invalid");
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

bool has_keys(const KeySchema& keys, const AttributeMap& start_key) {
  for (const auto* part : {&keys.hash, &keys.range}) {
    for (const KeyAttribute& key : *part) {
      const AttributeValue* value = start_key.find(key.name);
      if (value == nullptr || value->type() != key.type) return false;
    }
  }
  return true;
}

Result<void> check_index_types(const IndexSchema& index, const AttributeMap& start_key) {
  for (const auto* part : {&index.keys.hash, &index.keys.range}) {
    for (const KeyAttribute& key : *part) {
      const AttributeValue* value = start_key.find(key.name);
      if (value == nullptr || value->type() == key.type) continue;
      return validation_error(str_cat(
          "One or more parameter values were invalid: Type mismatch for Index Key ", key.name,
          " Expected: ", type_name(key.type), " Actual: ", type_name(value->type()),
          " IndexName: ", index.name));
    }
  }
  return {};
}

// A Scan looks at the keys of all indexes, that of the read first.
Result<void> check_index_types(const ReadSource& source, const AttributeMap& start_key) {
  if (source.index != nullptr) TRY_VOID(check_index_types(*source.index, start_key));
  for (const IndexSchema& index : source.table->indexes)
    TRY_VOID(check_index_types(index, start_key));
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

bool matches_range(const KeySchema& keys,
                   const KeyBinding& binding,
                   const AttributeMap& start_key) {
  for (std::size_t i = 0; i < binding.range_equal.size(); ++i)
    if (*start_key.find(keys.range[i].name) != binding.range_equal[i]) return false;
  return !binding.range_test ||
         satisfies(*binding.range_test, *start_key.find(binding.range_test->attribute));
}

ApiError cannot_be_restarted() {
  return validation_error("The query can return at most one row and cannot be restarted");
}

}  // namespace

Result<void> check_start_key(const ReadSource& source,
                             const AttributeMap& start_key,
                             ReadKind kind) {
  if (kind == ReadKind::kScan) TRY_VOID(check_index_types(source, start_key));
  if (start_key.size() != key_names(source).size() ||
      (source.index != nullptr && !has_keys(source.index->keys, start_key)) ||
      !has_keys(source.table->keys, start_key))
    return invalid();
  return kind == ReadKind::kQuery ? check_key_values(*source.table, start_key) : Result<void>();
}

Result<Buffer> start_position(const ReadSource& source, const AttributeMap& start_key) {
  if (source.index == nullptr) return keys::item(*source.table, start_key);
  auto position = keys::index_entry(*source.table, *source.index, start_key);
  if (!position) return invalid();  // An empty or overlong key.
  return *std::move(position);
}

Result<void> check_within_query(const ReadSource& source,
                                const KeyBinding& binding,
                                const AttributeMap& start_key) {
  const KeySchema& keys = source.keys();
  if (source.index == nullptr && keys.range.empty())
    return validation_error("The provided exclusive start key is invalid");
  const auto differs = [&](std::size_t i) {
    return *start_key.find(keys.hash[i].name) != binding.hash[i];
  };
  const std::size_t last = keys.hash.size() - 1;
  for (std::size_t i = 0; i < last; ++i) {
    if (differs(i)) return cannot_be_restarted();
  }
  if (!matches_range(keys, binding, start_key))
    return validation_error("The provided starting key does not match the range key predicate");
  if (!differs(last)) return {};
  if (binding.range_test || !binding.range_equal.empty()) return cannot_be_restarted();
  return validation_error(
      "The provided starting key is outside query boundaries based on provided conditions");
}

void append_last_key(std::string& out, const ReadSource& source, const StoredItem& last) {
  append_attributes_text(out, last, key_names(source));
}

}  // namespace tailrace::ops
