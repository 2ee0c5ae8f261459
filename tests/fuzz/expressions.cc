// Expressions of all kinds: one text is parsed as each of them, and what is accepted meets an item.
#include "server/expression/expression.h"
#include "storage/base/check.h"
#include "tests/fuzz/fuzz.h"

namespace tailrace::expression {
namespace {

constexpr std::string_view kItem =
    R"({"a":{"S":"x"},"b":{"N":"5"},"bin":{"B":"AQI="},"l":{"L":[{"N":"1"},{"S":"y"},{"L":[{"NULL":true}]}]},)"
    R"("m":{"M":{"a":{"N":"1"},"l":{"L":[{"BOOL":true}]}}},"ns":{"NS":["1","2"]},"pk":{"S":"key"},"ss":{"SS":["x","y"]}})";
constexpr std::string_view kValues =
    R"({":b":{"B":"AQI="},":l":{"L":[{"N":"1"}]},":m":{"M":{"a":{"S":"x"}}},":n":{"N":"7"},":ns":{"NS":["1"]},)"
    R"(":ss":{"SS":["x"]},":v":{"S":"x"}})";

Placeholders placeholders() {
  static const AttributeMap values = fuzz::item(kValues);
  return Placeholders({{"#a", "a"}, {"#m", "m"}, {"#l", "l"}}, values);
}

const TableSchema& table() {
  static const TableSchema schema = [] {
    TableSchema made;
    made.keys = {.hash = {{"pk", AttributeType::kS}}, .range = {}};
    made.indexes = {IndexSchema{
        .id = 1,
        .name = "i",
        .keys = {.hash = {{"a", AttributeType::kS}}, .range = {{"b", AttributeType::kN}}}}};
    return made;
  }();
  return schema;
}

void parse_conditions(std::string_view text, const AttributeMap& stored) {
  for (const ExpressionKind kind : {ExpressionKind::kCondition, ExpressionKind::kFilter}) {
    Placeholders names = placeholders();
    const auto condition = Condition::parse(text, kind, names);
    if (!condition) continue;
    CHECK(!condition->dump().empty());
    ItemSource there(&stored);
    ItemSource nothing(nullptr);
    condition->evaluate(there);
    condition->evaluate(nothing);
  }
}

void parse_update(std::string_view text, const AttributeMap& stored) {
  Placeholders names = placeholders();
  const auto update = Update::parse(text, names);
  if (!update || !update->check_against(table())) return;
  CHECK(!update->dump().empty());
  const auto applied = update->apply(&stored, fuzz::item(R"({"pk":{"S":"key"}})"));
  // In place or to a copy: it must be the same.
  const auto in_place = update->apply(AttributeMap(stored));
  CHECK(applied.has_value() == in_place.has_value());
  if (in_place) {
    CHECK(*applied && **applied == *in_place);
    update->touched(*in_place);
  }
  (void)update->apply(nullptr, fuzz::item(R"({"pk":{"S":"key"}})"));
}

void parse_others(std::string_view text, const AttributeMap& stored) {
  Placeholders names = placeholders();
  ItemSource source(&stored);
  if (const auto projection = Projection::parse(text, names)) projection->apply(source);
  if (const auto condition = KeyCondition::parse(text, names)) {
    (void)bind_key_condition(*condition, table().keys);
    (void)bind_key_condition(*condition, table().indexes.front().keys);
  }
}

}  // namespace
}  // namespace tailrace::expression

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace;  // NOLINT
  const std::string_view text = fuzz::text_of(data, size);
  static const AttributeMap stored = fuzz::item(expression::kItem);
  expression::parse_conditions(text, stored);
  expression::parse_update(text, stored);
  expression::parse_others(text, stored);
  return 0;
}
