#pragma once

#include <string_view>

namespace tailrace {

// Takes one character from the front of a text that is not empty. A byte that begins none stands
// for itself, so that any bytes can be walked through.
char32_t take_character(std::string_view& text);

// Characters as Java counts them: UTF-16 units.
std::size_t utf16_length(std::string_view text);

}  // namespace tailrace
