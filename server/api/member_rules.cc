#include "server/api/member_rules.h"

#include <algorithm>

namespace tailrace::api {
namespace {

using enum Layer;
using enum Wording;

constexpr std::uint32_t bits(auto... constraints) {
  return ((std::uint32_t{1} << static_cast<unsigned>(constraints)) | ...);
}
constexpr std::uint32_t kEnum = bits(Constraint::kEnum);
constexpr std::uint32_t kPattern = bits(Constraint::kPattern);
constexpr std::uint32_t kLength = bits(Constraint::kMinLength, Constraint::kMaxLength);
constexpr std::uint32_t kValue = bits(Constraint::kMinValue, Constraint::kMaxValue);
constexpr std::uint32_t kName = kPattern | kLength;

constexpr bool kBare = true;
constexpr auto kEmpty = When::kEmpty;
constexpr std::string_view kNotEmpty = "Member must have length greater than or equal to 1";
// (sic) Without member and value, and with a value that does not exist.
constexpr std::string_view kReturnValues =
    "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, "
    "ALL_NEW, UPDATE_NEW, NONE]";

// The first row that fits counts.
// clang-format off
constexpr MemberRule kRules[] = {
    // --- Newer: the request's own integers and an empty table name come before everything.
    {kNewer, "Query", "limit",         kValue,  1, 1, kUnvalued},
    {kNewer, "Scan",  "limit",         kValue,  1, 1, kUnvalued},
    {kNewer, "Scan",  "segment",       kValue,  1, 2, kUnvalued},
    {kNewer, "Scan",  "totalSegments", kValue,  1, 3, kUnvalued},
    {kNewer, "SearchVectors", "tableName", kLength,  1, 1, kUnvalued, kNotEmpty, kBare, kEmpty},
    {kNewer, "SearchVectors", "tableName", kLength,  2, 1, kUsual, {}, kBare},
    {kNewer, "SearchVectors", "tableName", kPattern, 2, 1, kUsual, {}, kBare, When::kLengthFits},
    {kNewer, "SearchVectors", "tableName", kPattern, kNever, 0},
    {kNewer, "", "tableName", kLength,  1, 4, kUnvalued, kNotEmpty, false, kEmpty},
    {kNewer, "", "tableName", kPattern, kNever, 0, kUsual, {}, false, kEmpty},

    // --- Newer: an update tells a bad name alone, then one enum, two of them without envelope.
    {kNewer, "UpdateItem", "tableName",                           kName, 2, 1},
    {kNewer, "UpdateItem", "returnValues",                        kEnum, 3, 1, kText, kReturnValues},
    {kNewer, "UpdateItem", "returnValuesOnConditionCheckFailure", kEnum, 4, 1, kUsual, {}, kBare},
    {kNewer, "UpdateItem", "returnItemCollectionMetrics",         kEnum, 5, 1},
    {kNewer, "UpdateItem", "returnConsumedCapacity",              kEnum, 6, 1, kUsual, {}, kBare},

    // --- Newer: batches of keys.
    {kNewer, "BatchGetItem", "requestItems",               kLength, 1, 1, kUnvalued},
    {kNewer, "BatchGetItem", "requestItems.*.member.keys", kLength, 2, 1, kUnvalued},
    {kNewer, "BatchGetItem", "requestItems", bits(Constraint::kMapKeys), 3, 1, kJson},
    {kNewer, "BatchGetItem", "returnConsumedCapacity",     kEnum,   3, 2},

    // --- Newer: the others tell name and enums together.
    {kNewer, "", "tableName", kLength,  kUsualStep, 1},
    {kNewer, "", "tableName", kPattern, kUsualStep, 1, kUsual, {}, false, When::kLengthFits},
    {kNewer, "", "tableName", kPattern, kNever, 0},
    {kNewer, "", "returnConsumedCapacity",              kEnum, kUsualStep, 2},
    {kNewer, "", "returnValues",                        kEnum, kUsualStep, 3, kText, kReturnValues},
    {kNewer, "", "returnItemCollectionMetrics",         kEnum, kUsualStep, 4},
    {kNewer, "", "returnValuesOnConditionCheckFailure", kEnum, kUsualStep, 5},
    {kNewer, "DeleteItem", "returnValues", bits(Constraint::kFit), kUsualStep, 99, kText,
     "ReturnValues can only be ALL_OLD or NONE"},

    // --- Newer: enums that are no longer members' constraints; the operations look at them.
    {kNewer, "", "select",                          kEnum, kNever, 0},
    {kNewer, "", "conditionalOperator",             kEnum, kNever, 0},
    {kNewer, "", "attributeUpdates.*.action",       kEnum, kNever, 0},
    {kNewer, "", "*.comparisonOperator",            kEnum, kNever, 0},

    // --- Older: tables.
    {kOlder, "", "*", bits(Constraint::kRequiredParameter), 1, 1, kText, "The parameter '<name>' is required but was not present in the request", kBare},
    {kOlder, "CreateTable", "tableName", kLength, 1, 1},
    {kOlder, "", "tableName", kLength, 1, 1, kText, "TableName must be at least 3 characters long and at most 255 characters long", kBare, When::kRequiredParameter},

    // --- Older: streams.
    {kOlder, "GetShardIterator", "sequenceNumber", kLength, kUsualStep, kUsualRank, kUnvaluedPath},

    // --- Older: what single items, Query and Scan fall back to.
    {kOlder, "", "returnValues", bits(Constraint::kFit), kNever, 0},
    {kOlder, "PutItem",    "tableName", kLength, 1, 1, kUnvalued, kNotEmpty, false, kEmpty},
    {kOlder, "UpdateItem", "tableName", kLength, 1, 1, kUnvalued, kNotEmpty, false, kEmpty},
    {kOlder, "DeleteItem", "tableName", kLength, 1, 1, kUnvalued, kNotEmpty, false, kEmpty},
    {kOlder, "GetItem",    "tableName", kLength, 1, 1, kUnvalued, kNotEmpty, false, kEmpty},
    {kOlder, "Query",      "tableName", kLength, 1, 1, kUnvalued, kNotEmpty, false, kEmpty},
    {kOlder, "Scan",       "tableName", kLength, 1, 1, kUnvalued, kNotEmpty, false, kEmpty},
    {kOlder, "UpdateItem", "returnConsumedCapacity", kEnum, kUsualStep, 1},
    {kOlder, "UpdateItem", "tableName", kName, kUsualStep, 2, kUsual, {}, false, When::kNothingMissing},
    {kOlder, "UpdateItem", "tableName", kName, kNever, 0},
    {kOlder, "UpdateItem", "tableName", bits(Constraint::kNotNull), kUsualStep, 2},
    {kOlder, "UpdateItem", "returnValues", kEnum, kUsualStep, 3},
    {kOlder, "UpdateItem", "returnValuesOnConditionCheckFailure", kEnum, kUsualStep, 4},
    {kOlder, "UpdateItem", "returnItemCollectionMetrics", kEnum, kUsualStep, 5},
    {kOlder, "UpdateItem", "conditionalOperator", kEnum, kUsualStep, 6},
    {kOlder, "UpdateItem", "key", bits(Constraint::kNotNull), kUsualStep, 99},

    // --- Older: batches and transactions.
    {kOlder, "BatchWriteItem", "requestItems", bits(Constraint::kMinLength), 1, 1, kText, "The requestItems parameter is required for BatchWriteItem", kBare},
    {kOlder, "BatchWriteItem", "requestItems", bits(Constraint::kMapValues), kUsualStep, 1},
    {kOlder, "BatchWriteItem", "returnConsumedCapacity",      kEnum, kUsualStep, 2},
    {kOlder, "BatchWriteItem", "returnItemCollectionMetrics", kEnum, kUsualStep, 3},
    {kOlder, "BatchWriteItem", "requestItems", bits(Constraint::kMapKeys), 11, 1},
    {kOlder, "TransactWriteItems", "*.returnValuesOnConditionCheckFailure", kEnum, kUsualStep, 1},
    {kOlder, "TransactWriteItems", "transactItems",               kLength, kUsualStep, 2},
    {kOlder, "TransactWriteItems", "clientRequestToken",          kLength, kUsualStep, 3},
    {kOlder, "TransactWriteItems", "returnConsumedCapacity",      kEnum,   kUsualStep, 4},
    {kOlder, "TransactWriteItems", "returnItemCollectionMetrics", kEnum,   kUsualStep, 5},
    {kOlder, "TransactWriteItems", "transactItems.*", bits(Constraint::kChoice), 11, 1, kText,
     "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request", kBare},
    {kOlder, "TransactWriteItems", "transactItems.*", bits(Constraint::kOneChoice), 11, 1, kText,
     "TransactItems can only contain one of Check, Put, Update or Delete", kBare},
    {kOlder, "TransactWriteItems", "transactItems.*.tableName", kLength,  12, 1},
    {kOlder, "TransactWriteItems", "transactItems.*.tableName", kPattern, 12, 1},
    {kOlder, "TransactGetItems",   "transactItems.*.tableName", kLength,  12, 1},
    {kOlder, "TransactGetItems",   "transactItems.*.tableName", kPattern, 12, 1},
};
// clang-format on

// A key for which `*` stands may itself hold dots (table names do), so the parts around it decide.
bool path_matches(std::string_view pattern, std::string_view path) {
  const std::size_t at = pattern.find('*');
  if (at == std::string_view::npos) return pattern == path;
  const std::string_view before = pattern.substr(0, at), after = pattern.substr(at + 1);
  return path.size() > before.size() + after.size() && path.starts_with(before) &&
         path.ends_with(after);
}

struct StandIn {
  std::string_view operation;
  std::string_view member;
  std::string_view stand_in;
};
// A replica has its source's keys.
constexpr StandIn kStandIns[] = {{"CreateTable", "AttributeDefinitions", "GlobalTableSourceArn"},
                                 {"CreateTable", "KeySchema", "GlobalTableSourceArn"}};

constexpr std::string_view kOldOrNone[] = {"ALL_OLD", "NONE"};
struct Fit {
  std::string_view operation;
  std::string_view member;
  std::span<const std::string_view> values;
};
// PutItem's is no member's constraint; the operation looks at it later. (behaviour/validation 4.4)
constexpr Fit kFits[] = {{"DeleteItem", "ReturnValues", kOldOrNone}};

bool applies(When when, const MemberFailure& failure, const FailureContext& context) {
  switch (when) {
    case When::kAlways:
      return true;
    case When::kEmpty:
      return failure.value != nullptr && failure.value->IsString() &&
             failure.value->GetStringLength() == 0;
    case When::kLengthFits:
      return !context.length_fails;
    case When::kNothingMissing:
      return !context.something_missing;
    case When::kRequiredParameter:
      return failure.required_parameter;
  }
  CHECK(false);
}

}  // namespace

const MemberRule* find_member_rule(Layer layer,
                                   std::string_view operation,
                                   const MemberFailure& failure,
                                   const FailureContext& context) {
  const std::uint32_t constraint = bits(failure.constraint);
  const auto* found = std::ranges::find_if(kRules, [&](const MemberRule& rule) {
    return rule.layer == layer && (rule.operation.empty() || rule.operation == operation) &&
           (rule.constraints & constraint) != 0 && path_matches(rule.path, failure.path) &&
           applies(rule.when, failure, context);
  });
  return found == std::end(kRules) ? nullptr : found;
}

std::string_view stand_in_of(std::string_view operation, std::string_view member) {
  const auto* found = std::ranges::find_if(kStandIns, [&](const StandIn& row) {
    return row.operation == operation && row.member == member;
  });
  return found == std::end(kStandIns) ? std::string_view() : found->stand_in;
}

std::span<const std::string_view> fitting_values(std::string_view operation,
                                                 std::string_view member) {
  const auto* found = std::ranges::find_if(
      kFits, [&](const Fit& row) { return row.operation == operation && row.member == member; });
  return found == std::end(kFits) ? std::span<const std::string_view>() : found->values;
}

}  // namespace tailrace::api
