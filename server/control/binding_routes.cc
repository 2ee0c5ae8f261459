#include "server/control/binding_routes.h"

#include <functional>
#include <system_error>
#include <utility>

#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::control {
namespace {

ApiError not_found(std::string message) {
  return {.code = ErrorCode::kResourceNotFoundException, .message = std::move(message)};
}

Result<Binding> read_binding(ExecTargets exec, const ControlCall& call) {
  TRY(Binding binding, parse_binding(call.parameters[0], json::text(call.body)));
  if (binding.target.kind == TargetKind::kExec && exec == ExecTargets::kRefused)
    return ApiError{.code = ErrorCode::kAccessDeniedException,
                    .message =
                        "exec: targets run commands and are refused over HTTP; start Tailrace with "
                        "--allow-exec, "
                        "or bind the function with --function or in the triggers file"};
  return binding;
}

// The text, once a change is stored.
std::function<void(Result<void>)> answer(const ControlReply& reply, std::string text) {
  return [reply, text = std::move(text)](const Result<void>& stored) {
    reply(stored ? Result<std::string>(text) : stored.error());
  };
}

void put_function(FunctionRegistry& functions,
                  ExecTargets exec,
                  const ControlCall& call,
                  const ControlReply& reply) {
  auto binding = read_binding(exec, call);
  if (!binding) return reply(std::move(binding).error());
  std::string text = binding_json(*binding);
  functions.bind_and_keep(*std::move(binding), answer(reply, std::move(text)));
}

Result<std::string> get_function(const FunctionRegistry& functions, const std::string& name) {
  const Binding* binding = functions.find(name);
  if (binding == nullptr) return not_found(str_cat("function ", name, " is not bound"));
  return binding_json(*binding);
}

std::string list_functions(const FunctionRegistry& functions) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("Functions").begin_array();
  for (const Binding* binding : functions.list()) json.raw(binding_json(*binding));
  json.end_array().end_object();
  return text;
}

void write_destination(JsonWriter& json, std::string_view arn, const DestinationTarget& target) {
  json.begin_object()
      .string("DestinationArn", arn)
      .string("Target", destination_target_text(target))
      .end_object();
}

std::string destination_json(std::string_view arn, const DestinationTarget& target) {
  std::string text;
  JsonWriter json(text);
  write_destination(json, arn, target);
  return text;
}

// With links and dots followed, as far as the path exists already.
bool is_below(const std::filesystem::path& path, const std::filesystem::path& directory) {
  std::error_code error;
  const auto place = std::filesystem::weakly_canonical(path, error);
  if (error) return false;
  const auto root = std::filesystem::weakly_canonical(directory, error);
  if (error) return false;
  const auto relative = place.lexically_relative(root);
  return !relative.empty() && *relative.begin() != "..";
}

Result<void> check_file_target(const DestinationTarget& target,
                               const std::filesystem::path& files) {
  if (target.kind == DestinationKind::kHttp) return {};
  if (!files.empty() && is_below(target.text, files)) return {};
  return ApiError{
      .code = ErrorCode::kAccessDeniedException,
      .message = files.empty()
                     ? "file: targets are refused over HTTP; start Tailrace with --destination-dir "
                       "DIR, or bind the destination with --destination or in the triggers file"
                     : str_cat("file: targets are taken over HTTP only below ", files.native(),
                               " (--destination-dir)")};
}

Result<DestinationTarget> read_destination(const std::filesystem::path& files,
                                           const ControlCall& call) {
  const std::string& arn = call.parameters[0];
  Members members(call.body);
  const std::string text = members.string("Target");
  TRY_VOID(members.finish());
  if (!arn.starts_with("arn:"))
    return ApiError{
        .code = ErrorCode::kInvalidParameterValueException,
        .message = str_cat("'", arn, "' is no ARN; URL-encode it into one path segment")};
  TRY(DestinationTarget target, parse_destination_target(text));
  TRY_VOID(check_file_target(target, files));
  return target;
}

void put_destination(Destinations& destinations,
                     const std::filesystem::path& files,
                     const ControlCall& call,
                     const ControlReply& reply) {
  const std::string& arn = call.parameters[0];
  auto target = read_destination(files, call);
  if (!target) return reply(std::move(target).error());
  std::string text = destination_json(arn, *target);
  destinations.bind_and_keep(arn, *std::move(target), answer(reply, std::move(text)));
}

Result<std::string> get_destination(const Destinations& destinations, const std::string& arn) {
  const auto found = destinations.bindings().find(arn);
  if (found == destinations.bindings().end())
    return not_found(str_cat("destination ", arn, " is not bound"));
  return destination_json(arn, found->second);
}

std::string list_destinations(const Destinations& destinations) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("Destinations").begin_array();
  for (const auto& [arn, target] : destinations.bindings()) write_destination(json, arn, target);
  json.end_array().end_object();
  return text;
}

}  // namespace

void add_function_routes(ControlApi& api, FunctionRegistry& functions, ExecTargets exec) {
  api.add("GET", "functions", [&functions](const ControlCall&, const ControlReply& reply) {
    reply(list_functions(functions));
  });
  api.add("GET", "functions/*", [&functions](const ControlCall& call, const ControlReply& reply) {
    reply(get_function(functions, call.parameters[0]));
  });
  api.add("PUT", "functions/*",
          [&functions, exec](const ControlCall& call, const ControlReply& reply) {
            put_function(functions, exec, call, reply);
          });
  api.add("DELETE", "functions/*",
          [&functions](const ControlCall& call, const ControlReply& reply) {
            functions.unbind(call.parameters[0], answer(reply, {}));
          });
}

void add_destination_routes(ControlApi& api,
                            Destinations& destinations,
                            const std::filesystem::path& files) {
  api.add("GET", "destinations", [&destinations](const ControlCall&, const ControlReply& reply) {
    reply(list_destinations(destinations));
  });
  api.add("GET", "destinations/*",
          [&destinations](const ControlCall& call, const ControlReply& reply) {
            reply(get_destination(destinations, call.parameters[0]));
          });
  api.add("PUT", "destinations/*",
          [&destinations, files](const ControlCall& call, const ControlReply& reply) {
            put_destination(destinations, files, call, reply);
          });
  api.add("DELETE", "destinations/*",
          [&destinations](const ControlCall& call, const ControlReply& reply) {
            destinations.unbind(call.parameters[0], answer(reply, {}));
          });
}

}  // namespace tailrace::control
