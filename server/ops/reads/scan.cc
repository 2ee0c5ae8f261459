#include "server/ops/reads/scan.h"

#include <utility>
#include <vector>

#include "server/api/decode_value.h"
#include "server/ops/items/expression_parameters.h"
#include "server/ops/items/legacy_parameters.h"
#include "server/ops/reads/start_key.h"
#include "storage/base/str_cat.h"
#include "storage/value/key_encoding.h"

namespace tailrace::ops {
namespace {

using expression::ConditionalOperator;
using expression::ExpressionKind;
using expression::LegacyTest;
using expression::Placeholders;

constexpr std::string_view kLegacy[] = {"AttributesToGet", "ScanFilter", "ConditionalOperator"};
constexpr std::string_view kExpressions[] = {"ProjectionExpression", "FilterExpression"};
constexpr std::string_view kValueUsers[] = {"FilterExpression"};
constexpr ParameterRules kRules{
    .legacy = kLegacy, .expressions = kExpressions, .value_users = kValueUsers};

Result<std::optional<Segment>> decode_segment(const json::Value& body) {
  const auto number = json::optional_int(body, "Segment");
  const auto total = json::optional_int(body, "TotalSegments");
  if (!number && !total) return std::optional<Segment>();
  if (!total)
    return validation_error(
        "The TotalSegments parameter is required but was not present in the request when Segment "
        "parameter is present");
  if (!number)
    return validation_error(
        "The Segment parameter is required but was not present in the request when parameter "
        "TotalSegments is present");
  if (*number >= *total)
    return validation_error(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments");
  return std::optional<Segment>(Segment{.number = static_cast<std::uint64_t>(*number),
                                        .total = static_cast<std::uint64_t>(*total)});
}

Result<std::optional<AttributeMap>> decode_start_key(const json::Value& body,
                                                     const api::Reading& reading) {
  const json::Value* start = json::find(body, "ExclusiveStartKey");
  if (start == nullptr) return std::optional<AttributeMap>();
  TRY(AttributeMap key, api::decode_start_key(*start, reading, api::DeepKey::kPrefixed));
  return std::optional<AttributeMap>(std::move(key));
}

// The first hash of a segment: buckets of 12 bits of it, or of 24 where there are more segments.
// nullopt: past all hashes. (behaviour/dynamodb 5.1)
std::optional<std::uint64_t> first_hash(const Segment& segment) {
  const unsigned bits = segment.total <= 4096 ? 12 : 24;
  const std::uint64_t buckets = std::uint64_t{1} << bits;
  const std::uint64_t bucket = (buckets * segment.number + segment.total - 1) / segment.total;
  if (bucket >= buckets) return std::nullopt;
  return bucket << (64 - bits);
}

Result<void> check_in_segment(const keys::Range& range, Bytes position, const Segment& segment) {
  if (position >= range.begin && position < range.end) return {};
  return validation_error(
      str_cat("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
              "ExclusiveStartKey with correct Segment. TotalSegments: ",
              segment.total, " Segment: ", segment.number));
}

}  // namespace

// Rows of a table and of an index begin with a prefix and the hash of the partition key.
keys::Range range_of(const ReadSource& source, const std::optional<Segment>& segment) {
  const Buffer prefix = source.index == nullptr
                            ? keys::items_prefix(source.table->id)
                            : keys::index_prefix(source.table->id, source.index->id);
  keys::Range range = keys::prefix_range(prefix);
  if (!segment) return range;
  if (const auto first = first_hash(*segment)) {
    range.begin = prefix;
    append_u64(range.begin, *first);
  } else {
    range.begin = range.end;
  }
  if (const auto next = first_hash({.number = segment->number + 1, .total = segment->total})) {
    range.end = prefix;
    append_u64(range.end, *next);
  }
  return range;
}

Result<ScanInput> decode_scan(const CallContext& context, const json::Value& body) {
  TRY(ItemRead read, begin_read(context, body));
  ScanInput in{.read = std::move(read), .segment = std::nullopt};
  const api::Reading& reading = context.reading;
  auto start_key = decode_start_key(body, reading);
  auto read_filter = read_legacy_tests(body, "ScanFilter", reading, api::Nesting::kOneMore);
  // Of the faults of values empty names alone come before the mixture.
  if (!start_key && api::is_empty_name(start_key.error())) return std::move(start_key).error();
  if (!read_filter && api::is_empty_name(read_filter.error()))
    return std::move(read_filter).error();
  TRY_VOID(check_mixture(body, kRules));
  TRY(const ConditionalOperator op, decode_conditional_operator(body, "ScanFilter"));
  if (!read_filter) return std::move(read_filter).error();
  TRY(std::vector<LegacyTest> filter, legacy_tests(*std::move(read_filter)));
  if (!filter.empty()) in.read.filter = expression::legacy_condition(std::move(filter), op);
  TRY(in.read.projection, decode_attributes_to_get(body));
  TRY_VOID(check_placeholder_use(body, kRules, reading));
  TRY(Placeholders placeholders, decode_placeholders(body, reading));
  if (!in.read.filter) {
    TRY(in.read.filter, decode_condition(body, "FilterExpression", ExpressionKind::kFilter,
                                         placeholders, expression::ToldSize::kWithSize));
  }
  if (!in.read.projection) {
    TRY(in.read.projection, decode_projection(body, placeholders));
  }
  TRY_VOID(placeholders.check_all_used());
  TRY(in.read.select, decode_select(body));
  TRY(in.segment, decode_segment(body));
  TRY(in.read.start_key, std::move(start_key));
  return in;
}

Result<Page> execute_scan(const CallContext& context, Txn& txn, const ScanInput& in) {
  const ItemRead& read = in.read;
  TRY(ReadSource source, find_source(context, read));
  TRY_VOID(check_select_of_index(source, read.select));
  Walk walk{.range = range_of(source, in.segment), .order = Order::kAscending};
  if (read.start_key) {
    TRY_VOID(check_start_key(source, *read.start_key, ReadKind::kScan));
    TRY(const Buffer position, start_position(source, *read.start_key));
    if (in.segment) TRY_VOID(check_in_segment(walk.range, position, *in.segment));
    begin_after(walk, position);
  }
  for (const auto* paths : {read.filter ? &read.filter->paths() : nullptr,
                            read.projection ? &read.projection->paths() : nullptr})
    if (paths != nullptr) TRY_VOID(expression::check_key_paths(*paths, *source.table));
  TRY_VOID(check_projected(source, read, ReadKind::kScan));
  return read_page(txn, std::move(source), {&walk, 1}, read);
}

Result<std::string> encode_scan(const CallContext&, const ScanInput& in, Page& page) {
  return encode_page(in.read, page);
}

}  // namespace tailrace::ops
