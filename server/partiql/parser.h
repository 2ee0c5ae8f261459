// Text of a PartiQL statement to its tree. (behaviour/dynamodb 4.4; Developer Guide, "PartiQL
// statements for DynamoDB")
#pragma once

#include <string_view>

#include "server/partiql/statement.h"
#include "storage/base/result.h"

namespace tailrace::partiql {

// Errors: ValidationException, `Statement wasn't well formed, can't be processed: <detail>`, and
// bare texts for what the language has and DynamoDB does not.
Result<Statement> parse_statement(std::string_view text);

}  // namespace tailrace::partiql
