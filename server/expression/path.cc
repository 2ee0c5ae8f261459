#include "server/expression/path.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "storage/base/check.h"
#include "storage/base/str_cat.h"

namespace tailrace::expression {
namespace {

// Below this number of paths every pair is looked at; above, only neighbours in sorted order first.
constexpr std::size_t kPairwisePathsMax = 16;

std::optional<ClashKind> clash_of(const Path& a, const Path& b) {
  const std::size_t common = std::min(a.elements.size(), b.elements.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (a.elements[i].index() != b.elements[i].index()) return ClashKind::kConflict;
    if (a.elements[i] != b.elements[i]) return std::nullopt;
  }
  return ClashKind::kOverlap;
}

std::optional<Clash> find_pair(const std::vector<Path>& paths, ClashKind kind) {
  for (std::size_t two = 1; two < paths.size(); ++two) {
    for (std::size_t one = 0; one < two; ++one) {
      if (clash_of(paths[one], paths[two]) == kind) return Clash{kind, one, two};
    }
  }
  return std::nullopt;
}

// In sorted order a path that is a prefix of others is followed at once by one of them, and where
// names turn into indexes behind a common prefix, there two neighbours conflict.
bool neighbours_clash(const std::vector<Path>& paths) {
  const PathOrder order = path_order(paths);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (clash_of(paths[order[i - 1]], paths[order[i]])) return true;
  }
  return false;
}

// Rebuilds the parts of a value that neighbouring paths select.
class Selection {
 public:
  explicit Selection(const std::vector<Path>& paths) : paths_(paths) {}

  std::optional<AttributeValue> select(const AttributeValue& value,
                                       std::span<const std::uint32_t> range,
                                       std::size_t depth) const {
    const Path& first = paths_[range.front()];
    if (first.elements.size() == depth) return value;
    if (std::holds_alternative<std::string>(first.elements[depth])) {
      const auto* map = value.as<AttributeMap>();
      return map ? select_entries(*map, range, depth) : std::nullopt;
    }
    const auto* list = value.as<List>();
    return list ? select_elements(*list, range, depth) : std::nullopt;
  }

  // The paths at the front of `range` that share their element at `depth`.
  std::span<const std::uint32_t> group(std::span<const std::uint32_t> range,
                                       std::size_t depth) const {
    const PathElement& element = paths_[range.front()].elements[depth];
    std::size_t n = 1;
    while (n < range.size() && paths_[range[n]].elements[depth] == element) ++n;
    return range.first(n);
  }

 private:
  std::optional<AttributeValue> select_entries(const AttributeMap& map,
                                               std::span<const std::uint32_t> range,
                                               std::size_t depth) const {
    AttributeMap parts;
    while (!range.empty()) {
      const auto same = group(range, depth);
      range = range.subspan(same.size());
      const auto& name = std::get<std::string>(paths_[same.front()].elements[depth]);
      const AttributeValue* child = map.find(name);
      if (!child) continue;
      if (auto part = select(*child, same, depth + 1)) parts.set(name, *std::move(part));
    }
    if (parts.empty()) return std::nullopt;
    return AttributeValue{std::move(parts)};
  }

  std::optional<AttributeValue> select_elements(const List& list,
                                                std::span<const std::uint32_t> range,
                                                std::size_t depth) const {
    List parts;
    while (!range.empty()) {
      const auto same = group(range, depth);
      range = range.subspan(same.size());
      const std::size_t index = std::get<std::size_t>(paths_[same.front()].elements[depth]);
      if (index >= list.values.size()) continue;
      if (auto part = select(list.values[index], same, depth + 1))
        parts.values.push_back(*std::move(part));
    }
    if (parts.values.empty()) return std::nullopt;
    return AttributeValue{std::move(parts)};
  }

  const std::vector<Path>& paths_;
};

}  // namespace

Path top_level_path(std::string name) {
  Path path;
  path.elements.emplace_back(std::move(name));
  return path;
}

std::string path_text(const Path& path) {
  std::string text = "[";
  for (const PathElement& element : path.elements) {
    if (text.size() > 1) text += ", ";
    if (const auto* name = std::get_if<std::string>(&element)) {
      text += *name;
    } else {
      str_append(text, "[", std::get<std::size_t>(element), "]");
    }
  }
  return text += "]";
}

const AttributeValue* resolve(AttributeSource& item, const Path& path) {
  const AttributeValue* value = item.find(path.root());
  for (std::size_t i = 1; value && i < path.elements.size(); ++i) {
    if (const auto* name = std::get_if<std::string>(&path.elements[i])) {
      const auto* map = value->as<AttributeMap>();
      value = map ? map->find(*name) : nullptr;
    } else {
      const auto* list = value->as<List>();
      const std::size_t index = std::get<std::size_t>(path.elements[i]);
      value = list && index < list->values.size() ? &list->values[index] : nullptr;
    }
  }
  return value;
}

std::optional<Clash> find_clash(const std::vector<Path>& paths) {
  if (paths.size() > kPairwisePathsMax && !neighbours_clash(paths)) return std::nullopt;
  if (auto overlap = find_pair(paths, ClashKind::kOverlap)) return overlap;
  return find_pair(paths, ClashKind::kConflict);
}

std::string clash_text(const Clash& clash, const std::vector<Path>& paths) {
  return str_cat("Two document paths ", clash.kind == ClashKind::kOverlap ? "overlap" : "conflict",
                 " with each other; must remove or rewrite one of these paths; path one: ",
                 path_text(paths[clash.one]), ", path two: ", path_text(paths[clash.two]));
}

PathOrder path_order(const std::vector<Path>& paths) {
  PathOrder order(paths.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return paths[a].elements < paths[b].elements;
  });
  return order;
}

AttributeMap select_paths(AttributeSource& item,
                          const std::vector<Path>& paths,
                          const PathOrder& order) {
  const Selection selection(paths);
  AttributeMap parts;
  std::span<const std::uint32_t> range(order);
  while (!range.empty()) {
    const auto same = selection.group(range, 0);
    range = range.subspan(same.size());
    const std::string& root = paths[same.front()].root();
    const AttributeValue* value = item.find(root);
    if (!value) continue;
    if (auto part = selection.select(*value, same, 1)) parts.set(root, *std::move(part));
  }
  return parts;
}

AttributeMap select_last_parts(AttributeSource& item, const std::vector<Path>& paths) {
  AttributeMap parts;
  for (const Path& path : paths) {
    const AttributeValue* value = resolve(item, path);
    if (value == nullptr) continue;
    const PathElement& last = path.elements.back();
    const auto* name = std::get_if<std::string>(&last);
    parts.set(name != nullptr ? *name : str_cat("[", std::get<std::size_t>(last), "]"), *value);
  }
  return parts;
}

}  // namespace tailrace::expression
