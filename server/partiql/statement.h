// A PartiQL statement as it was read: plain variants over one vector of nodes, parameters not yet
// filled in. (behaviour/dynamodb 4.4)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/expression/path.h"
#include "server/expression/tree.h"
#include "storage/value/attribute_value.h"

namespace tailrace::partiql {

using expression::kNoNode;
using expression::NodeIndex;

enum class SyntaxKind : std::uint8_t {
  // Terms.
  kPath,
  kLiteral,    // String, number, boolean, null.
  kParameter,  // ?
  kList,       // [a, b], and (a, b)
  kBag,        // <<a, b>>, a set
  kMap,        // {'a': b}: key and value by turns
  kCall,       // Of a function; its name is the node's text.
  kIon,        // `1`: a literal of Amazon Ion, which DynamoDB refuses; its type is the node's text.
  kStar,       // The argument of COUNT(*).
  // Tests.
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kBetween,
  kIn,      // Value and list.
  kIsType,  // IS MISSING, IS NULL, IS LIST; the type is the node's text, in lower case.
  // Logic; AND and OR have any number of children.
  kAnd,
  kOr,
  kNot,
  // Arithmetic.
  kPlus,
  kMinus,
  kOther,  // An operator that PartiQL has and DynamoDB does not; it is the node's text.
};

struct SyntaxNode {
  SyntaxKind kind = SyntaxKind::kLiteral;
  std::uint16_t begin = 0;  // Its first token in the statement.
  std::uint16_t end = 0;
  NodeIndex first = kNoNode;  // First child.
  NodeIndex next = kNoNode;   // Next child of the same parent.
  std::uint32_t position = 0;  // kPath: in Statement::paths; kParameter: in Parameters.
  std::string text = {};      // kLiteral: what is wrong with it; empty: nothing.
  AttributeValue value = {};  // kLiteral.
};

struct TableReference {
  std::string table;  // Name or ARN.
  std::optional<std::string> index;
};

enum class Returning : std::uint8_t { kAllOld, kAllNew, kModifiedOld, kModifiedNew };
std::string_view returning_text(Returning returning);  // "ALL OLD"

struct OrderKey {
  std::string attribute;
  bool descending = false;
};

struct Select {
  std::vector<std::uint32_t> projection;  // Positions in Statement::paths; none: *.
  TableReference from;
  NodeIndex where = kNoNode;
  std::vector<OrderKey> order_by;
};
struct Insert {
  TableReference into;
  NodeIndex value = kNoNode;
};
struct UpdateClause {
  std::uint32_t target = 0;   // Position in Statement::paths.
  NodeIndex value = kNoNode;  // kNoNode: REMOVE.
};
struct Update {
  TableReference table;
  std::vector<UpdateClause> clauses;
  NodeIndex where = kNoNode;
  std::optional<Returning> returning;
};
struct Delete {
  TableReference from;
  NodeIndex where = kNoNode;
  std::optional<Returning> returning;
};
struct Exists {
  Select select;
};

struct Statement {
  std::vector<SyntaxNode> nodes;
  std::vector<expression::Path> paths;
  std::size_t parameters = 0;  // How many ? there are.
  std::variant<Select, Insert, Update, Delete, Exists> what;
};

// S-expression, for tests: (select (a (path b 1)) t (= pk ?))
std::string dump(const Statement& statement);

}  // namespace tailrace::partiql
