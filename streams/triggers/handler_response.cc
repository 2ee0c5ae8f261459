#include "streams/triggers/handler_response.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "storage/base/str_cat.h"
#include "streams/log/stream_log.h"

namespace tailrace::triggers {

namespace {

using Json = rapidjson::Value;

HandlerResponse failed(std::string problem) {
  return {.attempt = {.result = AttemptResult::kFunctionError, .first_failed = 0},
          .state = std::nullopt,
          .problem = std::move(problem)};
}

// Index of the record that a batchItemFailures element names; nullopt: none of the batch.
std::optional<std::size_t> find_record(const Json& failure,
                                       std::span<const std::uint64_t> sequences) {
  if (!failure.IsObject()) return std::nullopt;
  const auto member = failure.FindMember("itemIdentifier");
  if (member == failure.MemberEnd() || !member->value.IsString()) return std::nullopt;
  const auto sequence =
      parse_sequence_number({member->value.GetString(), member->value.GetStringLength()});
  if (!sequence) return std::nullopt;
  const auto found = std::lower_bound(sequences.begin(), sequences.end(), *sequence);
  if (found == sequences.end() || *found != *sequence) return std::nullopt;
  return static_cast<std::size_t>(found - sequences.begin());
}

HandlerResponse read_item_failures(const Json& body, std::span<const std::uint64_t> sequences) {
  HandlerResponse response;
  if (!body.IsObject()) return response;
  const auto member = body.FindMember("batchItemFailures");
  if (member == body.MemberEnd() || member->value.IsNull()) return response;
  if (!member->value.IsArray()) return failed("batchItemFailures is not a list");
  if (member->value.Empty()) return response;
  std::size_t first = sequences.size();
  for (const Json& failure : member->value.GetArray()) {
    const auto index = find_record(failure, sequences);
    if (!index) return failed("batchItemFailures has an element that names no record of the batch");
    first = std::min(first, *index);
  }
  response.attempt = {.result = AttemptResult::kPartialFailure, .first_failed = first};
  return response;
}

// The `state` of a tumbling window's response as compact JSON; nullopt: there is none.
std::optional<std::string> read_state(const Json& body) {
  if (!body.IsObject()) return std::nullopt;
  const auto member = body.FindMember("state");
  if (member == body.MemberEnd() || member->value.IsNull()) return std::nullopt;
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  member->value.Accept(writer);
  return std::string(buffer.GetString(), buffer.GetSize());
}

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

HandlerResponse read_response(std::string_view body,
                              const ResponseRules& rules,
                              std::span<const std::uint64_t> sequences) {
  if (!rules.report_item_failures && !rules.window_state) return {};
  rapidjson::Document document;
  if (!blank(body)) {
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                   rapidjson::kParseFullPrecisionFlag>(body.data(), body.size());
    if (document.HasParseError()) return failed("the response is not JSON");
  }
  HandlerResponse response;
  if (rules.report_item_failures) response = read_item_failures(document, sequences);
  if (response.attempt.result == AttemptResult::kFunctionError || !rules.window_state)
    return response;
  response.state = read_state(document);
  if (!response.state) return failed("the response has no state");
  return response;
}

}  // namespace tailrace::triggers
