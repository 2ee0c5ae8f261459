// StoredFunction: a function as Lambda's API knows it, and its stored form. Configurations are kept
// member by member as the JSON text that goes out again, so that whatever was given is returned
// faithfully.
//
//   document 'function' · owner · name -> {"Account","Region","Name","Deleted",
//     "Latest":{…FunctionConfiguration…},"Versions":{"1":{…}},"NextVersion":2,"Aliases":{"a":{…}},
//     "Policies":{"":{"sid":{…}}},"EventInvoke":{"$LATEST":{…}},"Reserved":5,"Tags":{…},"Code":{…},"TimeoutGiven":true,
//     "FromFiles":["Environment"]}
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "server/api/json.h"
#include "server/lambda/tag_routes.h"
#include "storage/schema/table_schema.h"
#include "streams/handlers/function_configurations.h"

namespace tailrace::lambda {

// Name of a member to the JSON text of its value.
using Members = std::map<std::string, std::string, std::less<>>;

Members members_of(const json::Value& object);  // Without nulls.
std::string members_json(const Members& members);
// Text of a string member; empty if absent.
std::string text_member(const Members& members, std::string_view name);
std::int64_t number_member(const Members& members, std::string_view name);  // 0 if absent.
std::string quoted(std::string_view text);

using Policy = Members;  // Statement id to statement.

struct StoredFunction {
  Owner owner;
  std::string name;
  bool deleted = false;  // Bound by an option, but deleted by DeleteFunction: nothing else counts.
  Members latest;        // FunctionConfiguration of $LATEST, as it is when nothing is under way.
  std::map<std::uint64_t, Members> versions;
  std::uint64_t next_version = 1;
  std::map<std::string, Members, std::less<>> aliases;  // AliasConfiguration by name.
  std::map<std::string, Policy, std::less<>> policies;  // By qualifier; "": unqualified.
  std::map<std::string, Members, std::less<>> event_invoke;  // FunctionEventInvokeConfig by
                                                             // qualifier; "$LATEST": unqualified.
  std::optional<int> reserved_concurrency;
  TagMap tags;
  Members code;                // FunctionCodeLocation
  bool timeout_given = false;  // Otherwise the product's default acts, not the 3 s shown.
  // Which of Environment and Handler a file of the user's gave (--template). The others came over
  // HTTP, and reach processes only with --allow-exec.
  std::set<std::string, std::less<>> from_files;
};

std::string stored_json(const StoredFunction& function);
std::optional<StoredFunction> parse_stored(std::string_view json);  // nullopt: damaged.

FunctionSettings settings_of(const StoredFunction& function);
// The version behind a qualifier; a qualifier that names no alias is one itself. `draw`, 0 to below
// 1, decides between the two versions of a routed alias.
std::string version_behind(const StoredFunction& function, std::string_view qualifier, double draw);

}  // namespace tailrace::lambda
