#include "server/api/deviations.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tailrace::api {
namespace {

using enum Constraint;
constexpr auto kAnywhere = Deviation::Where::kAnywhere;

// clang-format off
constexpr Deviation kDeviations[] = {
    {"",               "",             kAnywhere, Constraint::kRequiredParameter, "The parameter '<name>' is required but was not present in the request"},
    {"CreateTable",    "tableName",    kAnywhere, kMinLength, ""},
    {"CreateTable",    "tableName",    kAnywhere, kMaxLength, ""},
    {"",               "tableName",    Deviation::Where::kRequiredParameter, kMinLength, "TableName must be at least 3 characters long and at most 255 characters long"},
    {"",               "tableName",    Deviation::Where::kRequiredParameter, kMaxLength, "TableName must be at least 3 characters long and at most 255 characters long"},
    {"PutItem",        "tableName",    kAnywhere, kPattern,   ""},
    {"PutItem",        "tableName",    kAnywhere, kMinLength, ""},
    {"PutItem",        "tableName",    kAnywhere, kMaxLength, ""},
    {"UpdateItem",     "tableName",    kAnywhere, kPattern,   ""},
    {"UpdateItem",     "tableName",    kAnywhere, kMinLength, ""},
    {"UpdateItem",     "tableName",    kAnywhere, kMaxLength, ""},
    {"Query",          "limit",        kAnywhere, kMinValue,  "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
    {"BatchGetItem",   "requestItems", kAnywhere, kMinLength, "The requestItems parameter is required for BatchGetItem"},
    {"BatchWriteItem", "requestItems", kAnywhere, kMinLength, "The requestItems parameter is required for BatchWriteItem"},
    {"BatchGetItem",   "requestItems.*.member.keys", kAnywhere, kMaxLength,
     "1 validation error detected: Value at 'RequestItems.<key>.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100"},
};
// clang-format on

struct StandIn {
  std::string_view operation;
  std::string_view member;
  std::string_view stand_in;
};
// A replica has its source's keys.
constexpr StandIn kStandIns[] = {{"CreateTable", "AttributeDefinitions", "GlobalTableSourceArn"},
                                 {"CreateTable", "KeySchema", "GlobalTableSourceArn"}};

// Sets `key` to what `*` stands for. A key may itself hold dots (table names do), so the parts
// around `*` decide.
bool path_matches(std::string_view pattern, std::string_view path, std::string_view* key) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern.empty() || pattern == path;
  const std::string_view before = pattern.substr(0, star), after = pattern.substr(star + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after))
    return false;
  *key = path.substr(before.size(), path.size() - before.size() - after.size());
  return true;
}

void replace(std::string& text, std::string_view placeholder, std::string_view value) {
  const std::size_t at = text.find(placeholder);
  if (at != std::string::npos) text.replace(at, placeholder.size(), value);
}

}  // namespace

const Deviation* find_deviation(const Failure& failure) {
  std::string_view key;
  const auto* found = std::ranges::find_if(kDeviations, [&](const Deviation& row) {
    return (row.operation.empty() || row.operation == failure.operation) &&
           row.constraint == failure.constraint &&
           (row.where == kAnywhere || failure.required_parameter) &&
           path_matches(row.path, failure.path, &key);
  });
  return found == std::end(kDeviations) ? nullptr : found;
}

std::string deviation_text(const Deviation& deviation,
                           std::string_view path,
                           std::string_view member_name) {
  std::string_view key;
  path_matches(deviation.path, path, &key);
  std::string text(deviation.text);
  replace(text, "<name>", member_name);
  replace(text, "<key>", key);
  return text;
}

std::string_view stand_in_of(std::string_view operation, std::string_view member) {
  const auto* found = std::ranges::find_if(kStandIns, [&](const StandIn& row) {
    return row.operation == operation && row.member == member;
  });
  return found == std::end(kStandIns) ? std::string_view() : found->stand_in;
}

}  // namespace tailrace::api
