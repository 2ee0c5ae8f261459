// What CreateEventSourceMapping and UpdateEventSourceMapping take, checked as far as the request
// alone decides. (behaviour/triggers 2.2, 2.5, 2.6, 2.9)
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "server/api/json.h"
#include "storage/base/result.h"
#include "streams/triggers/mapping.h"

namespace tailrace::lambda {

struct MappingRules {
  std::size_t filters_max = 5;
  // Whether a function is known.
  std::function<bool(const triggers::FunctionRef&)> exists;
};

// Checks of creation in their order, up to the filters.
struct CreateMappingInput {
  std::string stream_arn;
  triggers::StartingPosition starting_position = triggers::StartingPosition::kTrimHorizon;
  triggers::MappingOptions options;
  std::map<std::string, std::string> tags;
};
// Changes `input`: this product's own starting positions are taken out before AWS's constraints are
// checked.
Result<CreateMappingInput> read_create_input(const Owner& caller,
                                             json::Value& input,
                                             const MappingRules& rules);

// Types and constraints of an update.
Result<void> check_update_input(const std::string& uuid, const json::Value& input);
// After check_update_input: the options as they will be; members that are not given stay.
Result<triggers::MappingOptions> read_update_input(const Owner& caller,
                                                   const json::Value& input,
                                                   const triggers::MappingOptions& before,
                                                   const MappingRules& rules);

}  // namespace tailrace::lambda
