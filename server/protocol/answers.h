// The form of answers: request id, checksum, content type, compression, CORS.
// (behaviour/dynamodb 1.2, 1.3, 1.6)
#pragma once

#include <string>
#include <string_view>

#include "server/http/http_message.h"
#include "server/protocol/services.h"

namespace tailrace::protocol {

// Text of a JSON answer, or error; `status` and body as the protocol has them.
http::Response json_answer(int status, std::string body, AnswerForm form);
http::Response json_error(const ApiError& error, AnswerForm form);

// A body that is no JSON: health text, the 404. No content type.
http::Response plain_answer(int status, std::string body, AnswerForm form);
http::Response not_found(AnswerForm form);
http::Response preflight_answer(const http::Request& request);

// What REST answers carry beside the service's own. The checksum is DynamoDB's: every answer of
// this server can be checked alike.
void complete_rest_answer(http::Response& response);

}  // namespace tailrace::protocol
