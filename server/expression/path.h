// Document paths: a.b[3].c, as conditions, projections and updates share them, and the parts of an
// item that a set of paths selects. (behaviour/dynamodb 3.1, 3.4)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "storage/value/attribute_value.h"
#include "storage/value/stored_item.h"

namespace tailrace::expression {

// A name, or an index into a list. Names sort before indexes.
using PathElement = std::variant<std::string, std::size_t>;

// The first element is a name.
struct Path {
  std::vector<PathElement> elements;
  const std::string& root() const { return std::get<std::string>(elements.front()); }
  bool is_top_level() const { return elements.size() == 1; }
  bool operator==(const Path&) const = default;
};

Path top_level_path(std::string name);

// [a, [3], b], as messages print it.
std::string path_text(const Path& path);

// Value at a path; nullptr: nothing is there. Valid as long as the source.
const AttributeValue* resolve(AttributeSource& item, const Path& path);

// Two paths that cannot stand in one projection or update, as positions in the list of paths.
enum class ClashKind : std::uint8_t {
  kOverlap,   // Equal, or one is a prefix of the other.
  kConflict,  // A common prefix goes on with a name in one and with an index in the other.
};
struct Clash {
  ClashKind kind;
  std::size_t one;
  std::size_t two;
};
// The first overlap; without any, the first conflict.
std::optional<Clash> find_clash(const std::vector<Path>& paths);
// `Two document paths overlap with each other; …`, without the prefix of the expression's kind.
std::string clash_text(const Clash& clash, const std::vector<Path>& paths);

// Positions of the paths in ascending order, so that all that go through one parent are neighbours.
using PathOrder = std::vector<std::uint32_t>;
PathOrder path_order(const std::vector<Path>& paths);

// The item rebuilt from what is found at the paths: parts of one map merge, elements of one list
// are dense, in the order of their indexes. The paths must not clash.
AttributeMap select_paths(AttributeSource& item,
                          const std::vector<Path>& paths,
                          const PathOrder& order);

// As PartiQL answers: what is found at each path, under the path's last part (`n` of m.n, `[0]` of
// l[0]). Of two with one name the last counts.
AttributeMap select_last_parts(AttributeSource& item, const std::vector<Path>& paths);

}  // namespace tailrace::expression
