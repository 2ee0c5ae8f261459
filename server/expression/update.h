// UpdateExpression, bound, and what legacy AttributeUpdates become. (behaviour/dynamodb 3.5, 3.8)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/expression/expression_kind.h"
#include "server/expression/path.h"
#include "server/expression/placeholders.h"
#include "server/expression/tree.h"
#include "storage/base/result.h"
#include "storage/schema/table_schema.h"
#include "storage/value/attribute_value.h"

namespace tailrace::expression {

enum class ActionKind : std::uint8_t { kSet, kRemove, kAdd, kDelete };
// Legacy updates add to lists, and call a type mismatch by another text. PartiQL answers fragments
// under other names.
enum class UpdateDialect : std::uint8_t { kExpression, kLegacy, kStatement };

struct Action {
  ActionKind kind = ActionKind::kSet;
  NodeIndex value = kNoNode;  // Of Tree; kNoNode for REMOVE.
};

class Update {
 public:
  // Errors: ValidationException, `Invalid UpdateExpression: …`.
  static Result<Update> parse(std::string_view text, Placeholders& placeholders);

  // The same of actions whose names and values are in place, one target each.
  static Result<Update> bind(ExpressionKind kind,
                             std::vector<Action> actions,
                             std::vector<Path> targets,
                             Tree values);

  // One target per action; they must not clash. `values` is bound.
  Update(UpdateDialect dialect,
         std::vector<Action> actions,
         std::vector<Path> targets,
         Tree values);

  // Rules against the table, before any item is read: key attributes are protected and take no
  // document paths, index keys keep their types and are not empty where that is known from the
  // request. (behaviour/dynamodb 2.5, 3.5)
  Result<void> check_against(const TableSchema& table) const;
  // The same for index keys whose new value was known only now. `old`: nullptr: there was no item.
  Result<void> check_index_keys(const TableSchema& table,
                                const AttributeMap* old,
                                const AttributeMap& item) const;

  // The new item. `old`: the item as it was; nullptr: there was none, then `key` is what the new
  // item begins with. All right-hand sides see the old item. Errors come from data: missing
  // operand, wrong type, invalid path. nullopt: the update creates nothing (only REMOVE or DELETE
  // on a missing item).
  Result<std::optional<AttributeMap>> apply(const AttributeMap* old, const AttributeMap& key) const;
  // For an item that exists and that the caller no longer needs: changed in place, without copying
  // the rest of it.
  Result<AttributeMap> apply(AttributeMap&& old) const;

  // Paths that the update touches, for UPDATED_OLD and UPDATED_NEW.
  const std::vector<Path>& paths() const { return targets_; }
  // Paths that its values read.
  const std::vector<Path>& operand_paths() const { return values_.paths; }
  // Fragments of `item` at the touched paths (behaviour/dynamodb 4.1), of a statement each under its last
  // part; empty: nothing is there.
  AttributeMap touched(const AttributeMap& item) const;
  // Bytes that AWS counts of the statement itself, whatever the item holds.
  // (behaviour/validation 7.1)
  std::size_t statement_size() const;
  std::string dump() const;  // S-expression, for tests: (update (set a (+ a :v)) (remove b))

 private:
  // In place; `existed` tells REMOVE whether a missing parent is an error.
  enum class Existence : std::uint8_t { kExisted, kCreated };
  Result<void> apply_to(AttributeMap& item, Existence existence) const;
  bool creates_items() const;

  UpdateDialect dialect_;
  std::vector<Action> actions_;
  std::vector<Path> targets_;  // One per action.
  PathOrder order_;            // Of targets_.
  Tree values_;
};

}  // namespace tailrace::expression
