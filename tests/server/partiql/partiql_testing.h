// Short ways from statements to text in tests of PartiQL.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "server/partiql/bind.h"
#include "server/partiql/parser.h"
#include "storage/base/str_cat.h"
#include "storage/value/stored_item.h"

namespace tailrace::partiql {

constexpr std::string_view kMalformed = "Statement wasn't well formed, can't be processed: ";

struct TextCase {
  std::string_view statement;
  std::string_view expected;  // A message after `!`; after `!!` that of the malformed statement.
};

inline std::string error_text(const ApiError& error) {
  EXPECT_EQ(error.code, ErrorCode::kValidationException);
  const std::string_view message = error.message;
  if (message.starts_with(kMalformed)) return str_cat("!!", message.substr(kMalformed.size()));
  return str_cat("!", message);
}

inline AttributeValue value(std::string_view json) {
  return parse_value_json(json);
}

inline Result<BoundStatement> bound(std::string_view text,
                                    std::vector<AttributeValue> parameters = {}) {
  TRY(Statement statement, parse_statement(text));
  return bind_statement(text, std::move(statement), std::move(parameters));
}

}  // namespace tailrace::partiql
