// Standard base64 with padding, as DynamoDB's B values have it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/base/bytes.h"

namespace tailrace {

void append_base64(std::string& out, Bytes bytes);
std::string to_base64(Bytes bytes);
// nullopt unless `text` is canonical: length a multiple of 4, padding right, unused bits zero.
std::optional<Buffer> from_base64(std::string_view text);

}  // namespace tailrace
