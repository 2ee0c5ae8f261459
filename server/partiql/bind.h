// A statement and its parameters to what can be run: the same conditions, updates and projections
// that expressions become. All that needs no table is checked here. (behaviour/dynamodb 4.4)
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "server/expression/projection.h"
#include "server/expression/update.h"
#include "server/partiql/statement.h"
#include "storage/base/result.h"
#include "storage/value/stored_item.h"

namespace tailrace::partiql {

// WHERE as a bound tree; absent: there is none.
using Where = std::optional<expression::Tree>;

struct BoundSelect {
  TableReference from;
  std::optional<expression::Projection> projection;  // Absent: *.
  Where where;
  std::vector<OrderKey> order_by;
};
struct BoundInsert {
  TableReference into;
  EncodedItem item;
};
struct BoundUpdate {
  TableReference table;
  expression::Update update;
  Where where;
  std::optional<Returning> returning;
};
struct BoundDelete {
  TableReference from;
  Where where;
  std::optional<Returning> returning;
};
// EXISTS(SELECT …)
struct BoundExists {
  TableReference from;
  Where where;
};
using BoundStatement =
    std::variant<BoundSelect, BoundInsert, BoundUpdate, BoundDelete, BoundExists>;

// `text` is the statement's. Errors: ValidationException.
Result<BoundStatement> bind_statement(std::string_view text,
                                      Statement statement,
                                      std::vector<AttributeValue> parameters);

const TableReference& table_of(const BoundStatement& statement);
std::optional<Returning> returning_of(const BoundStatement& statement);
bool is_read(const BoundStatement& statement);

}  // namespace tailrace::partiql
