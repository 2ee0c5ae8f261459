// Pages of Lambda's lists: entries in order, cut at MaxItems, with NextMarker where there are more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/base/result.h"

namespace tailrace::lambda {

struct PageEntry {
  std::string key;  // Markers name the last entry shown.
  std::string json;
};

// {"<name>":[…],"NextMarker":"…"}. `max_items` is the query's text, 1 to 10000; at most `page_max`.
Result<std::string> page_json(std::string_view name,
                              const std::vector<PageEntry>& entries,
                              const std::string* marker,
                              const std::string* max_items,
                              std::size_t page_max);

}  // namespace tailrace::lambda
