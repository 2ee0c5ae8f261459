// FunctionConfiguration: reading CreateFunction, UpdateFunctionConfiguration and UpdateFunctionCode
// into it, with Lambda's checks and defaults, and writing it. (behaviour/triggers 6.2, 6.3)
#pragma once

#include <string>
#include <string_view>

#include "server/lambda/stored_function.h"
#include "server/protocol/services.h"
#include "storage/base/result.h"

namespace tailrace::lambda {

// What a function that is only bound looks like.
StoredFunction default_function(const Owner& owner, const std::string& name, Instant now);

// `input` as it came; `name` has been taken from its FunctionName already.
Result<StoredFunction> read_create_function(const Owner& owner,
                                            const std::string& name,
                                            const json::Value& input,
                                            protocol::RequestSource source,
                                            Instant now);
// Both change `function`, but for LastModified and RevisionId.
Result<void> apply_configuration(const json::Value& input,
                                 protocol::RequestSource source,
                                 StoredFunction& function);
Result<void> apply_code(const json::Value& code, StoredFunction& function);
// New RevisionId and LastModified of $LATEST.
void touch(StoredFunction& function, Instant now);

// Where and how a configuration is shown. (behaviour/triggers 6.2)
enum class Shown : std::uint8_t { kBeingCreated, kBeingUpdated, kSettled, kInList };
std::string function_configuration_json(const Members& configuration, Shown shown);

// The whole request, parts of path and query included, against the model's constraints.
Result<void> check_input(std::string_view operation, const json::Value& input);
// With FunctionName and further texts of path or query beside the body's members.
Result<void> check_input(std::string_view operation,
                         const json::Value& input,
                         const std::vector<std::pair<std::string, std::string>>& texts);

}  // namespace tailrace::lambda
