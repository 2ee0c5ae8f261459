// Words that DynamoDB does not accept as bare attribute names in expressions.
// (AWS: "Reserved words in DynamoDB")
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tailrace::expression {

// All of them, upper case, sorted.
std::span<const std::string_view> reserved_words();

// Case is ignored.
bool is_reserved_word(std::string_view name);

}  // namespace tailrace::expression
