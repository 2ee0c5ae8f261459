// The regular expressions of AWS's models, matched as the service does: the whole text.
#pragma once

#include <string_view>

namespace tailrace::api {

bool matches(std::string_view pattern, std::string_view text);

}  // namespace tailrace::api
