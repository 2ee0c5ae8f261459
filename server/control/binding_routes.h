// Functions and on-failure destinations in the hands of a test.
//
//   GET            /_tailrace/functions            ->
//   {"Functions":[{"FunctionName":…,"Target":…,…},…]} GET PUT DELETE /_tailrace/functions/NAME
//   {"Target","TimeoutSeconds"?,"Environment"?,"Concurrency"?} GET /_tailrace/destinations ->
//   {"Destinations":[{"DestinationArn":…,"Target":…},…]} GET PUT DELETE
//   /_tailrace/destinations/<ARN>      {"Target"}, the ARN URL-encoded
//
// Bindings made here are kept in the store.
#pragma once

#include <filesystem>

#include "server/control/control_api.h"
#include "streams/handlers/destinations.h"
#include "streams/handlers/function_registry.h"

namespace tailrace::control {

enum class ExecTargets : std::uint8_t {
  kRefused,
  kAllowed
};  // --allow-exec: exec: targets run commands.

void add_function_routes(ControlApi& api, FunctionRegistry& functions, ExecTargets exec);
// file: targets are taken below `files` only; empty: none are.
void add_destination_routes(ControlApi& api,
                            Destinations& destinations,
                            const std::filesystem::path& files);

}  // namespace tailrace::control
