// Reason phrases of HTTP statuses, as far as this product answers them. (RFC 9110 15)
#pragma once

#include <string_view>

namespace tailrace::http {

std::string_view status_text(int status);  // "Other" for a status that it does not know.

}  // namespace tailrace::http
