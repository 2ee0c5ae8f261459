#include "server/expression/placeholders.h"

#include <algorithm>
#include <functional>

#include "storage/base/str_cat.h"

namespace tailrace::expression {
namespace {

constexpr std::size_t kBytesMax = 2U << 20;

class UnusedKeys {
 public:
  explicit UnusedKeys(std::string_view parameter) : parameter_(parameter) {}
  void add(std::string_view key) { str_append(keys_, keys_.empty() ? "" : ", ", key); }
  Result<void> result() const {
    if (keys_.empty()) return {};
    return validation_error(
        str_cat("Value provided in ", parameter_, " unused in expressions: keys: {", keys_, "}"));
  }

 private:
  std::string_view parameter_;
  std::string keys_;
};

}  // namespace

Placeholders::Placeholders(NameMap names, AttributeMap values)
    : names_(std::move(names)),
      values_(std::make_shared<AttributeMap>(std::move(values))),
      used_values_(values_->size(), false) {}

Result<void> Placeholders::check_size() const {
  std::size_t bytes = values_ ? item_size(*values_) : 0;
  for (const auto& [reference, name] : names_) bytes += reference.size() + name.size();
  if (bytes <= kBytesMax) return {};
  // The service's text is not known.
  return validation_error(
      str_cat("ExpressionAttributeNames and ExpressionAttributeValues have exceeded the maximum "
              "allowed size; size: ",
              bytes));
}

const std::string* Placeholders::use_name(std::string_view reference) {
  const auto found = names_.find(reference);
  if (found == names_.end()) return nullptr;
  used_names_.push_back(&found->first);
  return &found->second;
}

const AttributeMap::Entry* Placeholders::use_value(std::string_view reference) {
  if (!values_) return nullptr;
  const auto found = std::lower_bound(
      values_->begin(), values_->end(), reference,
      [](const AttributeMap::Entry& entry, std::string_view name) { return entry.first < name; });
  if (found == values_->end() || found->first != reference) return nullptr;
  used_values_[static_cast<std::size_t>(found - values_->begin())] = true;
  return &*found;
}

Result<void> Placeholders::check_all_used() const {
  std::vector<const std::string*> used = used_names_;
  std::sort(used.begin(), used.end(), std::less<>());
  UnusedKeys names("ExpressionAttributeNames");
  for (const auto& [reference, name] : names_) {
    if (!std::binary_search(used.begin(), used.end(), &reference, std::less<>()))
      names.add(reference);
  }
  TRY_VOID(names.result());

  if (!values_) return {};
  UnusedKeys values("ExpressionAttributeValues");
  std::size_t position = 0;
  for (const auto& [reference, value] : *values_) {
    if (!used_values_[position++]) values.add(reference);
  }
  return values.result();
}

}  // namespace tailrace::expression
