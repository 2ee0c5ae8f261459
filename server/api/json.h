// Request bodies as RapidJSON trees. The one header through which server rooms see RapidJSON.
#pragma once

#include <rapidjson/document.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace::json {

using Value = rapidjson::Value;

// Parses `text` in place (its bytes are changed and must outlive the document), iteratively:
// nesting cannot overflow the stack. False: not JSON, or not UTF-8. Numbers keep 64-bit integers
// exact.
bool parse_in_place(std::string& text, rapidjson::Document& document);
// For small texts that must stay as they are.
bool parse_copy(std::string_view text, rapidjson::Document& document);

inline std::string_view view(const Value& string) {
  return {string.GetString(), string.GetStringLength()};
}

// Member of an object; nullptr when absent or null (the service treats null as absent).
// Of duplicate members the last one counts.
const Value* find(const Value& object, std::string_view name);

// After validation by shape, these cannot meet another type; absent gives the default.
std::string_view string_or(const Value& object,
                           std::string_view name,
                           std::string_view otherwise = {});
std::optional<std::string> optional_string(const Value& object, std::string_view name);
bool bool_or(const Value& object, std::string_view name, bool otherwise);
std::optional<bool> optional_bool(const Value& object, std::string_view name);
std::optional<std::int64_t> optional_int(const Value& object, std::string_view name);

// The service takes texts for booleans (true, t, yes, y, 1, false, f, no, n, 0, any case;
// behaviour/validation 17) and cuts fractions of integers; integers beyond 64 bits become the
// nearest.
// nullopt: something else.
std::optional<bool> to_bool(const Value& value);
std::optional<std::int64_t> to_int(const Value& value);

// Any JSON value as compact text (stored members), however deep it nests.
std::string text(const Value& value);
// The same for values that the service takes as the same: members by name, without nulls and
// duplicates.
std::string canonical_text(const Value& value);

}  // namespace tailrace::json
