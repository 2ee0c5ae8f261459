// The regular expressions of AWS's models, matched as the service does: the whole text.
#pragma once

#include <string_view>

namespace tailrace::api {

// `pattern`: one of a model or another constant; what is made of it is kept.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace tailrace::api
