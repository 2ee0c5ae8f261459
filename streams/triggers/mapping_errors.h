// What more than one operation on event source mappings is refused with. (behaviour/triggers 2.6)
#pragma once

#include <string_view>

#include "storage/base/api_error.h"

namespace tailrace::triggers {

ApiError mapping_not_found();
ApiError mapping_in_use(std::string_view verb);  // "update", "delete"
ApiError stream_not_found(std::string_view stream_arn);
ApiError mapping_not_stored();  // The store failed; the log says how. Ours.

}  // namespace tailrace::triggers
