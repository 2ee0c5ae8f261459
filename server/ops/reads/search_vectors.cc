// SearchVectors: the entries of a vector index that are nearest to a vector, by comparing every
// entry of the partition. Reads in slices, as a large index takes long. (behaviour/dynamodb 4.13)
#include <algorithm>
#include <memory>
#include <utility>

#include "server/api/decode_value.h"
#include "server/call/request_members.h"
#include "server/expression/search_condition.h"
#include "server/ops/items/expression_parameters.h"
#include "server/ops/items/item_text.h"
#include "server/ops/reads/operations.h"
#include "storage/base/engine_error.h"
#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"
#include "storage/table/vector_value.h"

namespace tailrace::ops {
namespace {

using expression::Placeholders;
using expression::Projection;
using expression::SearchCondition;

constexpr std::string_view kExpressions[] = {"ProjectionExpression", "SearchConditionExpression"};
constexpr std::string_view kValueUsers[] = {"SearchConditionExpression"};
constexpr ParameterRules kRules{
    .legacy = {}, .expressions = kExpressions, .value_users = kValueUsers};

constexpr std::int64_t kTopKMax = 100;
// A slice compares at least one entry, and stops when it has seen this many bytes: well under a
// millisecond.
constexpr std::size_t kSliceBytes = 256 * 1024;
constexpr double kRequestBytesMin = 1024;

struct SearchInput {
  TableName table;
  std::string index_name;
  std::vector<float> vector;
  std::size_t top_k = 1;
  std::optional<SearchCondition> condition;
  std::optional<Projection> projection;
  ReturnCapacity return_capacity = ReturnCapacity::kNone;

  ReadMode read_mode() const { return ReadMode::kEventual; }
};

struct Hit {
  float score = 0;
  std::shared_ptr<const Buffer> entry;  // Stored form.
};

// How far a search has come.
struct Search {
  TablePtr table;
  const IndexSchema* index = nullptr;  // Of the table.
  keys::Range rest;
  std::vector<Hit> hits;  // Best first; of equal ones the one read first.
  double examined_bytes = 0;
  bool complete = false;
};

Result<std::vector<float>> decode_vector(const json::Value& list, const api::Reading& reading) {
  std::vector<float> vector;
  for (const json::Value& element : list.GetArray()) {
    TRY(const AttributeValue value, api::decode_value(element, reading));
    const auto* number = value.as<Number>();
    const std::optional<float> component = number ? to_float(*number) : std::nullopt;
    if (!component) {
      return validation_error(
          "Search vector contains invalid values. All values in the search vector must be a 32-bit "
          "floating-point number attribute");
    }
    vector.push_back(*component);
  }
  return vector;
}

Result<SearchInput> decode_search(const CallContext& context, const json::Value& body) {
  TRY(TableName table, table_name_of(context, json::string_or(body, "TableName")));
  SearchInput in{.table = std::move(table),
                 .index_name = std::string(json::string_or(body, "IndexName")),
                 .vector = {},
                 .top_k = 1,
                 .condition = std::nullopt,
                 .projection = std::nullopt,
                 .return_capacity = return_capacity_of(body)};
  const std::int64_t top_k = json::optional_int(body, "TopK").value_or(1);
  if (top_k > kTopKMax) {
    return validation_error(str_cat("Provided TopK value '", top_k,
                                    "' is out of valid range. The value must be between 1 and ",
                                    kTopKMax, " inclusive"));
  }
  in.top_k = static_cast<std::size_t>(top_k);
  TRY(in.vector, decode_vector(*json::find(body, "SearchVector"), context.reading));
  TRY_VOID(check_placeholder_use(body, kRules, context.reading));
  TRY(Placeholders placeholders, decode_placeholders(body, context.reading));
  if (const json::Value* text = json::find(body, "SearchConditionExpression")) {
    TRY(SearchCondition condition, SearchCondition::parse(json::view(*text), placeholders));
    in.condition = std::move(condition);
  }
  TRY(in.projection, decode_projection(body, placeholders));
  TRY_VOID(placeholders.check_all_used());
  return in;
}

// Table, index and partition of a new search.
Result<Search> begin_search(const CallContext& context, const SearchInput& in) {
  Search search;
  TRY(search.table, context.world.catalog.require(in.table));
  search.index = search.table->find_index(in.index_name);
  if (search.index == nullptr || !search.index->vector ||
      search.index->status == IndexStatus::kDeleting) {
    return validation_error(
        str_cat("The table does not have the specified index: ", in.index_name));
  }
  if (search.index->status == IndexStatus::kCreating)
    return validation_error(str_cat("Cannot search backfilling vector index: ", in.index_name));
  const VectorSchema& vector = *search.index->vector;
  if (in.vector.size() != vector.dimensions) {
    return validation_error(str_cat("Input search vector dimension ", in.vector.size(),
                                    " does not match vector index dimension ", vector.dimensions));
  }
  std::vector<AttributeValue> partition;
  if (in.condition) {
    TRY(std::optional<AttributeValue> hash, in.condition->bind(vector));
    if (hash) partition.push_back(*std::move(hash));
  } else if (!search.index->keys.hash.empty()) {
    return SearchCondition::missing();
  }
  search.rest = keys::prefix_range(keys::index_prefix(*search.table, *search.index, partition));
  return search;
}

void take_entry(const SearchInput& in, Search& search, Bytes bytes) {
  const StoredItem entry(bytes);
  const VectorSchema& vector = *search.index->vector;
  search.examined_bytes += static_cast<double>(vector.dimensions * sizeof(float));
  if (in.condition) {
    StoredItemSource source(entry);
    if (!in.condition->evaluate(source)) return;
  }
  const std::optional<AttributeValue> packed = entry.find(vector.attribute);
  require_stored(packed && packed->as<Binary>() != nullptr, "index entry");
  const float score =
      vector_score(vector.distance, in.vector, unpack_vector(packed->as<Binary>()->bytes));
  std::vector<Hit>& hits = search.hits;
  const auto better = [&](float a, const Hit& b) {
    return is_better_score(vector.distance, a, b.score);
  };
  if (hits.size() == in.top_k) {
    if (!better(score, hits.back())) return;
    hits.pop_back();
  }
  hits.insert(std::upper_bound(hits.begin(), hits.end(), score, better),
              Hit{.score = score, .entry = std::make_shared<const Buffer>(bytes)});
}

Result<Search> search_slice(const CallContext& context,
                            Txn& txn,
                            const SearchInput& in,
                            const Search& before) {
  Search search = before;
  if (search.table == nullptr) {
    TRY(search, begin_search(context, in));
  }
  std::size_t bytes = 0;
  const auto row = txn.scan(search.rest.begin, search.rest.end, Order::kAscending);
  for (; row->valid() && bytes < kSliceBytes; row->next()) {
    bytes += row->key().size() + row->value().size();
    decode_row(row->key(), [&] { take_entry(in, search, row->value()); });
  }
  search.complete = !row->valid();
  if (!search.complete) search.rest.begin = Buffer(row->key());
  return search;
}

// --- The answer.

std::string vector_json(Bytes packed) {
  std::string text = "{\"L\":[";
  std::string_view separator;
  for (const float component : unpack_vector(packed))
    str_append(text, std::exchange(separator, ","), "{\"N\":\"", float_text(component), "\"}");
  return text + "]}";
}

// The projected item with its vector as numbers again.
AttributeMap with_numbers(const StoredItem& entry, const VectorSchema& vector) {
  AttributeMap item = entry.parse();
  List numbers;
  for (const float component : unpack_vector(item.find(vector.attribute)->as<Binary>()->bytes)) {
    const Result<Number> number = Number::parse(float_text(component));
    CHECK(static_cast<bool>(number));
    numbers.values.push_back({.value = *number});
  }
  item.set(vector.attribute, {.value = std::move(numbers)});
  return item;
}

void append_vector(std::string& body, const StoredItem& entry, const VectorSchema& vector) {
  body.pop_back();  // The item's closing brace.
  if (body.back() != '{') body.push_back(',');
  append_json_string(body, vector.attribute);
  str_append(body, ":", vector_json(entry.find(vector.attribute)->as<Binary>()->bytes), "}");
}

// The vector is left out unless the projection asks for it.
void append_hit_item(std::string& body,
                     const StoredItem& entry,
                     const VectorSchema& vector,
                     const std::optional<Projection>& projection) {
  std::vector<std::string_view> names;
  if (!projection) {
    for (std::size_t i = 0; i < entry.attribute_count(); ++i)
      if (entry.attribute_name(i) != vector.attribute) names.push_back(entry.attribute_name(i));
    return append_attributes_text(body, entry, names);
  }
  bool nested = false, with_vector = false;
  for (const expression::Path& path : projection->paths()) {
    nested = nested || !path.is_top_level();
    if (path.root() == vector.attribute)
      with_vector = true;
    else
      names.push_back(path.root());
  }
  if (!with_vector) return append_item_text(body, entry, &*projection);
  if (nested) {
    const AttributeMap item = with_numbers(entry, vector);
    ItemSource source(&item);
    return append_item_json(body, projection->apply(source));
  }
  append_attributes_text(body, entry, names);
  append_vector(body, entry, vector);
}

Result<std::string> encode_search(const CallContext&, const SearchInput& in, Search& search) {
  const VectorSchema& vector = *search.index->vector;
  std::string body = "{\"SearchResults\":[";
  double returned_bytes = 0;
  for (const Hit& hit : search.hits) {
    if (body.back() != '[') body.push_back(',');
    body.append("{\"Item\":");
    const std::size_t begin = body.size();
    append_hit_item(body, StoredItem(*hit.entry), vector, in.projection);
    returned_bytes += static_cast<double>(body.size() - begin);
    str_append(body, ",\"Score\":", float_text(hit.score), "}");
  }
  body.push_back(']');
  if (in.return_capacity != ReturnCapacity::kNone) {
    body.append(",\"ConsumedCapacity\":");
    JsonWriter json(body);
    json.begin_object();
    json.number("VectorSearchRequestBytes",
                std::max(kRequestBytesMin, search.examined_bytes + returned_bytes));
    json.end_object();
  }
  body.push_back('}');
  return body;
}

constexpr Operation kOperations[] = {
    sliced_operation<decode_search, search_slice, encode_search>(kDynamoDb, "SearchVectors"),
};

}  // namespace

std::span<const Operation> search_operations() {
  return kOperations;
}

}  // namespace tailrace::ops
