// Words that PartiQL reserves: unquoted they are no names. SQL-92's, and those that PartiQL adds.
#pragma once

#include <string_view>

namespace tailrace::partiql {

// In any case.
bool is_keyword(std::string_view word);
bool equals_ignoring_case(std::string_view word, std::string_view lower);

}  // namespace tailrace::partiql
