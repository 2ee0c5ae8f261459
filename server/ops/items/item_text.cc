#include "server/ops/items/item_text.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "storage/base/json_text.h"

namespace tailrace::ops {
namespace {

void append_member(std::string& out, const StoredItem& item, std::string_view name) {
  const std::optional<std::string_view> value = item.find_json(name);
  if (!value) return;
  if (out.back() != '{') out.push_back(',');
  append_json_string(out, name);
  out.push_back(':');
  out.append(*value);
}

}  // namespace

void append_item_text(std::string& out,
                      const StoredItem& item,
                      const expression::Projection* projection) {
  if (projection == nullptr) {
    out.append(item.json());
    return;
  }
  const auto& paths = projection->paths();
  if (std::all_of(paths.begin(), paths.end(),
                  [](const expression::Path& path) { return path.is_top_level(); })) {
    out.push_back('{');
    for (const expression::Path& path : paths) append_member(out, item, path.root());
    out.push_back('}');
    return;
  }
  StoredItemSource source(item);
  append_item_json(out, projection->apply(source));
}

void append_attributes_text(std::string& out,
                            const StoredItem& item,
                            const std::vector<std::string_view>& names) {
  out.push_back('{');
  for (const std::string_view name : names) append_member(out, item, name);
  out.push_back('}');
}

}  // namespace tailrace::ops
