#include "streams/handlers/binding.h"

#include <rapidjson/document.h>

#include <charconv>

#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace {
namespace {

constexpr std::string_view kInvokeMark = "/2015-03-31/functions/";
constexpr std::string_view kInvokeEnd = "/invocations";
constexpr std::int64_t kTimeoutSecondsMax = 86'400;
constexpr int kConcurrencyMax = 1000;

ApiError invalid(std::string message) {
  return {.code = ErrorCode::kInvalidParameterValueException,
          .message = std::move(message),
          .extra_members = {}};
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536;
}

Result<Millis> read_timeout(const rapidjson::Value& value) {
  if (!value.IsNumber() ||
      !(value.GetDouble() >= 0 && value.GetDouble() <= static_cast<double>(kTimeoutSecondsMax)))
    return invalid(
        str_cat("TimeoutSeconds must be a number from 0 (no timeout) to ", kTimeoutSecondsMax));
  return Millis(static_cast<std::int64_t>(value.GetDouble() * 1000));
}

Result<std::map<std::string, std::string>> read_environment(const rapidjson::Value& value) {
  if (!value.IsObject()) return invalid("Environment must be an object of names and texts");
  std::map<std::string, std::string> environment;
  for (const auto& member : value.GetObject()) {
    if (!member.value.IsString())
      return invalid(str_cat("Environment.", member.name.GetString(), " must be a text"));
    environment[member.name.GetString()] = member.value.GetString();
  }
  return environment;
}

Result<int> read_concurrency(const rapidjson::Value& value) {
  if (!value.IsInt() || value.GetInt() < 0 || value.GetInt() > kConcurrencyMax)
    return invalid(
        str_cat("Concurrency must be a whole number from 0 (no limit) to ", kConcurrencyMax));
  return value.GetInt();
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  if (text.starts_with("http://") && text.size() > 7) {
    const std::size_t mark = text.find(kInvokeMark);
    const bool invoke = mark != std::string_view::npos && text.ends_with(kInvokeEnd) &&
                        text.size() > mark + kInvokeMark.size() + kInvokeEnd.size();
    return Target{invoke ? TargetKind::kInvoke : TargetKind::kHttp, std::string(text)};
  }
  if (text.starts_with("exec:") && text.size() > 5)
    return Target{TargetKind::kExec, std::string(text.substr(5))};
  if (text.starts_with("runtime:") && is_port(text.substr(8)))
    return Target{TargetKind::kRuntime, std::string(text.substr(8))};
  return invalid(
      str_cat("target '", text, "' is not http://host:port/path, exec:COMMAND or runtime:PORT"));
}

std::string target_text(const Target& target) {
  switch (target.kind) {
    case TargetKind::kHttp:
    case TargetKind::kInvoke:
      return target.text;
    case TargetKind::kExec:
      return str_cat("exec:", target.text);
    case TargetKind::kRuntime:
      return str_cat("runtime:", target.text);
  }
  CHECK(false);
}

std::string binding_json(const Binding& binding) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.string("FunctionName", binding.name);
  json.string("Target", target_text(binding.target));
  if (binding.timeout)
    json.number("TimeoutSeconds", static_cast<double>(binding.timeout->count()) / 1000);
  json.key("Environment").begin_object();
  for (const auto& [name, value] : binding.environment) json.string(name, value);
  json.end_object();
  json.number("Concurrency", binding.concurrency);
  json.end_object();
  return text;
}

Result<Binding> parse_binding(std::string_view name, std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      json.data(), json.size());
  if (document.HasParseError() || !document.IsObject())
    return invalid("the body must be a JSON object with a Target");
  Binding binding{.name = std::string(name)};
  const auto target = document.FindMember("Target");
  if (target == document.MemberEnd() || !target->value.IsString())
    return invalid("Target is missing or not a text");
  TRY(binding.target, parse_target({target->value.GetString(), target->value.GetStringLength()}));
  if (const auto it = document.FindMember("TimeoutSeconds"); it != document.MemberEnd()) {
    TRY(binding.timeout, read_timeout(it->value));
  }
  if (const auto it = document.FindMember("Environment"); it != document.MemberEnd()) {
    TRY(binding.environment, read_environment(it->value));
  }
  if (const auto it = document.FindMember("Concurrency"); it != document.MemberEnd()) {
    TRY(binding.concurrency, read_concurrency(it->value));
  }
  return binding;
}

}  // namespace tailrace
