// Case folding for the `equals-ignore-case` filter: ASCII, Latin, Greek and Cyrillic letters, one
// to one.
#pragma once

#include <string>
#include <string_view>

namespace tailrace::triggers {

// Lower case of a UTF-8 text; other characters and malformed bytes stay as they are.
std::string fold_case(std::string_view text);

}  // namespace tailrace::triggers
