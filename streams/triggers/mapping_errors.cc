#include "streams/triggers/mapping_errors.h"

#include "storage/base/str_cat.h"

namespace tailrace::triggers {

ApiError mapping_not_found() {
  return {.code = ErrorCode::kResourceNotFoundException,
          .message = "The resource you requested does not exist.",
          .extra_members = {}};
}

ApiError mapping_in_use(std::string_view verb) {
  return {.code = ErrorCode::kResourceInUseException,
          .message = str_cat("Cannot ", verb, " the event source mapping because it is in use."),
          .extra_members = {}};
}

ApiError stream_not_found(std::string_view stream_arn) {
  return {.code = ErrorCode::kInvalidParameterValueException,
          .message = str_cat("Stream not found: ", stream_arn),
          .extra_members = {}};
}

ApiError mapping_not_stored() {
  return {.code = ErrorCode::kServiceException,
          .message = "The mapping could not be written to the store; see the log.",
          .extra_members = {}};
}

}  // namespace tailrace::triggers
