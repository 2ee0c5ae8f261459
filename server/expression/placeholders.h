// ExpressionAttributeNames and ExpressionAttributeValues of one request, and which of them its
// expressions used.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/result.h"
#include "storage/value/attribute_value.h"

namespace tailrace::expression {

// References with their sign, "#n" and ":v". One object serves all expressions of a request; what
// they bind keeps the values alive, so it need not outlive them.
class Placeholders {
 public:
  using NameMap = std::map<std::string, std::string, std::less<>>;

  Placeholders() = default;
  Placeholders(NameMap names, AttributeMap values);
  Placeholders(Placeholders&&) noexcept = default;
  Placeholders& operator=(Placeholders&&) noexcept = default;

  // All names and values together are at most 2 MB.
  Result<void> check_size() const;

  // "#n"; nullptr: not defined. Counts as used from now on.
  const std::string* use_name(std::string_view reference);
  // ":v" and its value; nullptr: not defined. Counts as used from now on.
  const AttributeMap::Entry* use_value(std::string_view reference);
  // Whoever keeps an entry of use_value keeps this too. nullptr: there are no values.
  const std::shared_ptr<const AttributeMap>& values() const { return values_; }

  // `Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}`, then
  // Values. Ask when all expressions of the request are parsed. (behaviour/dynamodb 2.8)
  Result<void> check_all_used() const;

 private:
  NameMap names_;
  std::vector<const std::string*> used_names_;  // Keys of names_, repeated as often as used.
  std::shared_ptr<const AttributeMap> values_;  // nullptr: none.
  std::vector<bool> used_values_;               // By position in values_.
};

}  // namespace tailrace::expression
