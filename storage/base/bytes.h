// Bytes: a view of raw bytes; Buffer: owned ones. Both may hold any byte, zero included.
#pragma once

#include <string>
#include <string_view>

namespace tailrace {

using Bytes = std::string_view;
using Buffer = std::string;

}  // namespace tailrace
