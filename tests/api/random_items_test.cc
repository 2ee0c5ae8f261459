// Random writes, updates and reads against the simplest model there is: a sorted map. The seed is
// printed and can be given by TAILRACE_SEED.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "storage/base/str_cat.h"
#include "tests/api/schemas.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

struct ModelItem {
  int v = 0;
  int g = -1;  // Partition of the index; -1: not in it.
};
using Key = std::pair<std::string, int>;

class RandomItems : public testing::Test {
 protected:
  RandomItems() {
    const char* given = std::getenv("TAILRACE_SEED");
    seed_ = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device()();
    random_.seed(seed_);
    app_.create_table(
        range_table("rng", {index_of("gsi", IndexKind::kGlobal,
                                   {.hash = {number_key("g")}, .range = {number_key("v")}})}));
  }
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  Key any_key() { return {std::string(1, static_cast<char>('a' + below(3))), below(12) - 6}; }

  static std::string key_json(const Key& key) {
    return str_cat(R"("pk":{"S":")", key.first, R"("},"sk":{"N":")", key.second, R"("})");
  }
  static std::string item_json(const Key& key, const ModelItem& item) {
    std::string json = "{";
    if (item.g >= 0) str_append(json, R"("g":{"N":")", item.g, R"("},)");
    str_append(json, key_json(key), R"(,"v":{"N":")", item.v, R"("}})");
    return json;
  }

  void put() {
    const Key key = any_key();
    const ModelItem item{.v = below(100), .g = below(4) - 1};
    app_.expect_ok("PutItem", str_cat(R"({"TableName":"rng","Item":)", item_json(key, item), "}"));
    model_[key] = item;
  }

  void erase() {
    const Key key = any_key();
    app_.expect_ok("DeleteItem", str_cat(R"({"TableName":"rng","Key":{)", key_json(key), "}}"));
    model_.erase(key);
  }

  // Counts up if the value is below a bound; the condition also refuses missing items.
  void update() {
    const Key key = any_key();
    const int bound = below(100);
    const auto found = model_.find(key);
    const bool holds = found != model_.end() && found->second.v < bound;
    const Answer answer = app_.call(
        "UpdateItem",
        str_cat(R"({"TableName":"rng","Key":{)", key_json(key),
                R"(},"UpdateExpression":"SET v = v + :one REMOVE g",)",
                R"("ConditionExpression":"v < :b","ReturnValues":"ALL_NEW",)",
                R"("ExpressionAttributeValues":{":one":{"N":"1"},":b":{"N":")", bound, R"("}}})"));
    ASSERT_EQ(answer.ok(), holds) << answer.text();
    if (!holds) return;
    ++found->second.v;
    found->second.g = -1;
    EXPECT_EQ(answer.at("/Attributes"), item_json(key, found->second));
  }

  // Two puts that both happen, or neither.
  void transact() {
    const Key first = any_key();
    const Key second = any_key();
    const ModelItem item{.v = below(100), .g = below(4) - 1};
    const bool holds = first != second && !model_.contains(second);
    const auto action = [&](const Key& key, std::string_view condition) {
      return str_cat(R"({"Put":{"TableName":"rng","Item":)", item_json(key, item), condition, "}}");
    };
    constexpr std::string_view kIfNew = R"~(,"ConditionExpression":"attribute_not_exists(pk)")~";
    EXPECT_EQ(app_.call("TransactWriteItems", str_cat(R"({"TransactItems":[)", action(first, ""),
                                                      ",", action(second, kIfNew), "]}"))
                  .ok(),
              holds);
    if (holds) model_[first] = model_[second] = item;
  }

  // All pages of a read, as JSON texts in order.
  std::vector<std::string> read_all(std::string_view operation, std::string_view members) {
    std::vector<std::string> items;
    std::string start;
    for (;;) {
      const Answer answer = app_.expect_ok(
          operation,
          str_cat(R"({"TableName":"rng","Limit":)", 1 + below(6), ",", members, start, "}"));
      for (const json::Value& item : answer.find("/Items")->GetArray())
        items.push_back(json::text(item));
      if (answer.find("/LastEvaluatedKey") == nullptr) return items;
      start = str_cat(R"(,"ExclusiveStartKey":)", answer.at("/LastEvaluatedKey"));
    }
  }

  void query_partition() {
    const std::string pk = any_key().first;
    const int low = below(12) - 6;
    const bool forward = below(2) == 0;
    std::vector<std::string> expected;
    for (const auto& [key, item] : model_)
      if (key.first == pk && key.second >= low) expected.push_back(item_json(key, item));
    if (!forward) expected = {expected.rbegin(), expected.rend()};
    EXPECT_EQ(read_all("Query", str_cat(R"("KeyConditionExpression":"pk = :p AND sk >= :l",)",
                                        R"("ExpressionAttributeValues":{":p":{"S":")", pk,
                                        R"("},":l":{"N":")", low, R"("}},"ScanIndexForward":)",
                                        forward ? "true" : "false")),
              expected);
  }

  // Ties of the index's sort key have no order of AWS's: compared without one.
  void query_index() {
    const int g = below(3);
    std::multimap<int, std::string> by_value;
    for (const auto& [key, item] : model_)
      if (item.g == g) by_value.emplace(item.v, item_json(key, item));
    std::vector<std::string> expected;
    for (const auto& [value, text] : by_value) expected.push_back(text);
    std::vector<std::string> found =
        read_all("Query", str_cat(R"("IndexName":"gsi","KeyConditionExpression":"g = :g",)",
                                  R"("ExpressionAttributeValues":{":g":{"N":")", g, R"("}})"));
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(found, expected);
  }

  void scan() {
    std::vector<std::string> expected;
    for (const auto& [key, item] : model_) expected.push_back(item_json(key, item));
    std::vector<std::string> found = read_all("Scan", R"("ConsistentRead":true)");
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(found, expected);
  }

  unsigned seed_ = 0;
  std::mt19937 random_;
  std::map<Key, ModelItem> model_;
  TestApp app_;
};

TEST_F(RandomItems, AgreeWithAMap) {
  SCOPED_TRACE(str_cat("TAILRACE_SEED=", seed_));
  for (int step = 0; step < 3000 && !HasFailure(); ++step) {
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
        put();
        break;
      case 3:
        erase();
        break;
      case 4:
      case 5:
        update();
        break;
      case 6:
        transact();
        break;
      case 7:
        query_partition();
        break;
      case 8:
        query_index();
        break;
      default:
        scan();
        break;
    }
  }
}

}  // namespace
}  // namespace tailrace
