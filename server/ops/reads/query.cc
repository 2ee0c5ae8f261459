#include "server/ops/reads/query.h"

#include <utility>

#include "server/api/decode_value.h"
#include "server/ops/items/expression_parameters.h"
#include "server/ops/items/legacy_parameters.h"
#include "server/ops/reads/start_key.h"
#include "storage/value/key_encoding.h"

namespace tailrace::ops {
namespace {

using expression::ConditionalOperator;
using expression::ExpressionKind;
using expression::FilterParameter;
using expression::KeyBinding;
using expression::KeyCondition;
using expression::KeyOperator;
using expression::KeyTest;
using expression::LegacyTest;
using expression::Placeholders;

constexpr std::string_view kLegacy[] = {"AttributesToGet", "QueryFilter", "ConditionalOperator",
                                        "KeyConditions"};
constexpr std::string_view kExpressions[] = {"ProjectionExpression", "FilterExpression",
                                             "KeyConditionExpression"};
constexpr std::string_view kValueUsers[] = {"FilterExpression", "KeyConditionExpression"};

// KeyConditions go with the expressions of filter and projection, unless there are key conditions
// of both kinds. (behaviour/dynamodb 2.8)
ParameterRules rules_of(const json::Value& body) {
  const std::span<const std::string_view> legacy(kLegacy);
  const bool expression = json::find(body, "KeyConditionExpression") != nullptr;
  return {.legacy = expression ? legacy : legacy.first(legacy.size() - 1),
          .expressions = kExpressions,
          .value_users = kValueUsers};
}

// Rows of the partition that the range conditions leave. `prefix` is the partition's.
keys::Range narrowed(Buffer prefix, const KeyBinding& binding) {
  for (const AttributeValue& value : binding.range_equal) append_key_value(prefix, value);
  keys::Range range = keys::prefix_range(prefix);
  if (!binding.range_test) return range;
  const KeyTest& test = *binding.range_test;
  Buffer first = prefix;
  if (test.op == KeyOperator::kBeginsWith) {
    const AttributeValue& value = test.values.front();
    const auto* text = value.as<std::string>();
    append_key_prefix(first, text != nullptr ? Bytes(*text) : Bytes(value.as<Binary>()->bytes));
    return keys::prefix_range(first);
  }
  append_key_value(first, test.values.front());
  switch (test.op) {
    case KeyOperator::kEqual:
      return keys::prefix_range(first);
    case KeyOperator::kLess:
      range.end = std::move(first);
      break;
    case KeyOperator::kLessOrEqual:
      range.end = after_prefix(first);
      break;
    case KeyOperator::kGreater:
      range.begin = after_prefix(first);
      break;
    case KeyOperator::kGreaterOrEqual:
      range.begin = std::move(first);
      break;
    case KeyOperator::kBetween: {
      Buffer last = std::move(prefix);
      append_key_value(last, test.values.back());
      range = {.begin = std::move(first), .end = after_prefix(last)};
      break;
    }
    case KeyOperator::kBeginsWith:
    case KeyOperator::kNotIndexable:
      CHECK(false);
  }
  return range;
}

Buffer partition_prefix(const ReadSource& source, const KeyBinding& binding) {
  if (source.index == nullptr) return keys::items_prefix(*source.table, binding.hash.front());
  return keys::index_prefix(*source.table, *source.index, binding.hash);
}

// QueryFilter and KeyConditions, in the order in which they are checked.
Result<void> decode_legacy_conditions(const json::Value& body,
                                      std::vector<ReadTest> read_filter,
                                      std::vector<ReadTest> read_keys,
                                      QueryInput& in) {
  TRY(const ConditionalOperator op, decode_conditional_operator(body, "QueryFilter"));
  TRY(std::vector<LegacyTest> filter, legacy_tests(std::move(read_filter)));
  TRY(std::vector<LegacyTest> keys, legacy_tests(std::move(read_keys)));
  if (!keys.empty()) in.key_condition = expression::legacy_key_condition(std::move(keys));
  if (filter.empty()) return {};
  in.read.filter = expression::legacy_condition(std::move(filter), op);
  in.filter_parameter = FilterParameter::kQueryFilter;
  return {};
}

}  // namespace

keys::Range range_of(const ReadSource& source, const KeyBinding& binding) {
  return narrowed(partition_prefix(source, binding), binding);
}

Result<QueryInput> decode_query(const CallContext& context, const json::Value& body) {
  TRY(ItemRead read, begin_read(context, body));
  QueryInput in{.read = std::move(read),
                .key_condition = {},
                .filter_parameter = FilterParameter::kFilterExpression,
                .order = json::bool_or(body, "ScanIndexForward", true) ? Order::kAscending
                                                                       : Order::kDescending};
  const api::Reading& reading = context.reading;
  TRY(std::vector<ReadTest> filter, read_legacy_tests(body, "QueryFilter", reading));
  TRY(std::vector<ReadTest> keys, read_legacy_tests(body, "KeyConditions", reading));
  if (const json::Value* start = json::find(body, "ExclusiveStartKey")) {
    TRY(in.read.start_key, api::decode_start_key(*start, reading, api::DeepKey::kBare));
  }
  TRY(AttributeMap values, decode_values(body, reading));
  TRY_VOID(check_mixture(body, rules_of(body)));
  TRY_VOID(decode_legacy_conditions(body, std::move(filter), std::move(keys), in));
  TRY(in.read.projection, decode_attributes_to_get(body));
  TRY_VOID(check_placeholder_use(body, rules_of(body), reading));
  const json::Value* key_expression = json::find(body, "KeyConditionExpression");
  if (key_expression == nullptr && in.key_condition.tests.empty())
    return validation_error(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
        "request.");
  TRY_VOID(check_expressions_not_empty(body));
  TRY(Placeholders placeholders, decode_placeholders(body, std::move(values), reading));
  if (!in.read.filter) {
    TRY(in.read.filter,
        decode_condition(body, "FilterExpression", ExpressionKind::kFilter, placeholders));
  }
  TRY(in.read.select, decode_select(body));
  if (key_expression != nullptr) {
    TRY(in.key_condition, KeyCondition::parse(json::view(*key_expression), placeholders));
  }
  if (!in.read.projection) {
    TRY(in.read.projection, decode_projection(body, placeholders));
  }
  TRY_VOID(placeholders.check_all_used());
  return in;
}

Result<Page> execute_query(const CallContext& context, Txn& txn, const QueryInput& in) {
  const ItemRead& read = in.read;
  TRY(ReadSource source, find_source(context, read));
  TRY(const KeyBinding binding, expression::bind_key_condition(in.key_condition, source.keys()));
  if (read.start_key) {
    TRY_VOID(check_start_key(source, *read.start_key, ReadKind::kQuery));
    TRY_VOID(check_within_query(source, binding, *read.start_key));
  }
  if (read.filter)
    TRY_VOID(
        expression::check_filter_keys(in.filter_parameter, read.filter->paths(), source.keys()));
  if (read.projection)
    TRY_VOID(expression::check_key_paths(read.projection->paths(), *source.table));
  TRY_VOID(check_select_of_index(source, read.select));
  TRY_VOID(check_projected(source, read, ReadKind::kQuery));
  Walk walk{.range = range_of(source, binding), .order = in.order};
  if (read.start_key) {
    TRY(const Buffer position, start_position(source, *read.start_key));
    begin_after(walk, position);
  }
  return read_page(txn, std::move(source), {&walk, 1}, read);
}

Result<std::string> encode_query(const CallContext&, const QueryInput& in, Page& page) {
  return encode_page(in.read, page);
}

}  // namespace tailrace::ops
