// Sets of names in the order in which AWS's messages list them: that of Java's hash tables.
// (behaviour/validation 15)
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tailrace::ops {

// Each name once, as java.util.HashSet iterates over them. `capacity`: that with which the set was
// made; it grows as Java's does. Names are UTF-8.
std::vector<std::string> java_hash_order(const std::vector<std::string>& names,
                                         std::size_t capacity = 16);

}  // namespace tailrace::ops
