#include "server/protocol/answers.h"

#include <utility>

#include "server/protocol/content_coding.h"
#include "server/protocol/crc32.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"

namespace tailrace::protocol {
namespace {

constexpr std::size_t kCompressedFrom = 4096;  // Bodies beyond.
constexpr std::size_t kHeadBytes = 256;        // Enough for most.

// (AWS does not document the values; SDKs for browsers read these.)
constexpr std::string_view kExposedHeaders =
    "x-amzn-errortype,x-amzn-requestid,x-amzn-errormessage,x-amzn-trace-id,x-amz-apigw-id,date";

void append_cors(std::string& lines) {
  str_append(lines,
             "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: ", kExposedHeaders,
             "\r\n");
}

// Takes the body as it is to be sent.
void append_identity(http::Response& response, AnswerForm form) {
  str_append(response.header_lines, "x-amzn-RequestId: ", random_request_id(),
             "\r\nx-amz-crc32: ", crc32_of(response.body), "\r\n");
  if (form.cross_origin) append_cors(response.header_lines);
}

}  // namespace

http::Response json_answer(int status, std::string body, AnswerForm form) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  std::string& lines = response.header_lines;
  lines.reserve(kHeadBytes);
  lines.append(form.json_1_0 ? "Content-Type: application/x-amz-json-1.0\r\n"
                             : "Content-Type: application/json\r\n");
  if (form.coding != ContentCoding::kIdentity && response.body.size() > kCompressedFrom) {
    response.body = encode_body(form.coding, response.body);
    str_append(lines, "Content-Encoding: ", coding_name(form.coding), "\r\n");
  }
  append_identity(response, form);
  return response;
}

http::Response json_error(const ApiError& error, AnswerForm form) {
  return json_answer(error_form(error.code).http_status, error_body(error), form);
}

http::Response plain_answer(int status, std::string body, AnswerForm form) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  append_identity(response, form);
  return response;
}

http::Response not_found(AnswerForm form) {
  return plain_answer(404, "<UnknownOperationException/>\n", form);
}

http::Response preflight_answer(const http::Request& request) {
  http::Response response = plain_answer(200, {}, {.cross_origin = true});
  response.add_header("Access-Control-Max-Age", "172800");
  response.add_header("Access-Control-Allow-Headers",
                      request.header("access-control-request-headers"));
  response.add_header("Access-Control-Allow-Methods",
                      request.header("access-control-request-method"));
  return response;
}

void complete_rest_answer(http::Response& response) {
  if (response.header("x-amzn-RequestId").empty())
    response.add_header("x-amzn-RequestId", random_uuid());
  response.add_header("x-amz-crc32", std::to_string(crc32_of(response.body)));
}

void JsonReply::operator()(Result<std::string> answer) const {
  respond_(answer ? json_answer(200, *std::move(answer), form_)
                  : json_error(answer.error(), form_));
}

void JsonReply::encoded_by(std::function<Result<std::string>()> encode) const {
  respond_.on_thread([reply = *this, encode = std::move(encode)] { reply(encode()); });
}

const std::string* RestRequest::query_value(std::string_view name) const {
  for (const auto& [its_name, value] : query)
    if (its_name == name) return &value;
  return nullptr;
}

}  // namespace tailrace::protocol
