// Errors in the form of Lambda's REST API: status, x-amzn-ErrorType, and one of its two spellings
// of the body. (behaviour/triggers 1.1)
#pragma once

#include "server/http/http_message.h"
#include "storage/base/api_error.h"

namespace tailrace::lambda {

// `extra_members` of the error (Reason, for one) come before the message.
http::Response error_response(const ApiError& error);

http::Response json_response(int status, std::string body);

// The frequent ones.
ApiError invalid_parameter(std::string message);
ApiError resource_not_found(std::string message);

}  // namespace tailrace::lambda
