#include "storage/base/utf8.h"

#include <algorithm>

namespace tailrace {

char32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  std::size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  length = std::min(length, text.size());
  char32_t character = length == 1 ? first : first & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  text.remove_prefix(length);
  return character;
}

std::size_t utf16_length(std::string_view text) {
  std::size_t length = 0;
  while (!text.empty()) length += take_character(text) >= 0x10000 ? 2 : 1;
  return length;
}

}  // namespace tailrace
