#pragma once

#include <string_view>

namespace tailrace::ops {

// Whether tags may hold it: letters, digits and blanks of any script, and `+ - = . _ : / @`.
bool is_tag_character(char32_t character);

}  // namespace tailrace::ops
