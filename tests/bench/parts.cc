// What the parts cost, with Google Benchmark: build/release/tests/bench/parts
#include <benchmark/benchmark.h>

#include <string>

#include "server/api/decode_value.h"
#include "server/api/json.h"
#include "server/expression/expression.h"
#include "storage/engine/engine_queue.h"
#include "storage/engine/sqlite/sqlite_engine.h"
#include "storage/value/key_encoding.h"
#include "storage/value/stored_item.h"

namespace tailrace {
namespace {

const std::string kItemJson =
    R"({"pk":{"S":"customer#1"},"sk":{"N":"42"},"flag":{"BOOL":true},"count":{"N":"7"},)"
    R"("tags":{"SS":["a","b"]},"lines":{"L":[{"M":{"sku":{"S":"x1"},"n":{"N":"2"}}}]},"padding":{"S":")" +
    std::string(800, 'p') + R"("}})";

AttributeMap item() {
  rapidjson::Document document;
  CHECK(json::parse_copy(kItemJson, document));
  return *api::decode_item(document);
}

void parse_and_decode_item(benchmark::State& state) {
  for (auto _ : state) {
    std::string text = kItemJson;
    rapidjson::Document document;
    CHECK(json::parse_in_place(text, document));
    benchmark::DoNotOptimize(api::decode_item(document));
  }
}
BENCHMARK(parse_and_decode_item);

void encode_stored_item(benchmark::State& state) {
  const AttributeMap source = item();
  for (auto _ : state) benchmark::DoNotOptimize(encode_item(source));
}
BENCHMARK(encode_stored_item);

void find_attribute_in_stored_item(benchmark::State& state) {
  const Buffer bytes = encode_item(item());
  const StoredItem stored(bytes);
  for (auto _ : state) benchmark::DoNotOptimize(stored.find_json("flag"));
}
BENCHMARK(find_attribute_in_stored_item);

void parse_stored_item(benchmark::State& state) {
  const Buffer bytes = encode_item(item());
  const StoredItem stored(bytes);
  for (auto _ : state) benchmark::DoNotOptimize(stored.parse());
}
BENCHMARK(parse_stored_item);

void hash_partition_key(benchmark::State& state) {
  const AttributeValue key{std::string("customer#1")};
  for (auto _ : state) benchmark::DoNotOptimize(scan_hash(key));
}
BENCHMARK(hash_partition_key);

void parse_condition(benchmark::State& state) {
  AttributeMap values;
  values.set(":t", AttributeValue{true});
  for (auto _ : state) {
    expression::Placeholders placeholders({}, values);
    benchmark::DoNotOptimize(expression::Condition::parse("attribute_exists(pk) AND flag = :t",
                                                          expression::ExpressionKind::kCondition,
                                                          placeholders));
  }
}
BENCHMARK(parse_condition);

// One row a transaction, as a lone client's put.
void put_row(benchmark::State& state) {
  EngineQueue queue(open_sqlite({}), {});
  const Buffer value(1000, 'v');
  std::uint64_t n = 0;
  for (auto _ : state) {
    Buffer key;
    append_u64(key, ++n * 0x9e3779b97f4a7c15ULL);
    queue.run([&](Txn& txn) { txn.put(key, value); });
  }
}
BENCHMARK(put_row);

void get_row(benchmark::State& state) {
  EngineQueue queue(open_sqlite({}), {});
  queue.run([](Txn& txn) {
    for (std::uint64_t n = 0; n < 10'000; ++n) {
      Buffer key;
      append_u64(key, n * 0x9e3779b97f4a7c15ULL);
      txn.put(key, Buffer(1000, 'v'));
    }
  });
  std::uint64_t n = 0;
  Buffer value;
  for (auto _ : state) {
    Buffer key;
    append_u64(key, (n++ * 7919 % 10'000) * 0x9e3779b97f4a7c15ULL);
    queue.run([&](Txn& txn) { benchmark::DoNotOptimize(txn.get(key, value)); });
  }
}
BENCHMARK(get_row);

}  // namespace
}  // namespace tailrace

BENCHMARK_MAIN();
