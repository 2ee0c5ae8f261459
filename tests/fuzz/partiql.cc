// PartiQL: a statement is parsed, bound with a parameter for each ?, planned against a table and
// evaluated.
#include <vector>

#include "server/partiql/bind.h"
#include "server/partiql/key_plan.h"
#include "server/partiql/parser.h"
#include "storage/base/check.h"
#include "tests/fuzz/fuzz.h"

namespace tailrace::partiql {
namespace {

const KeySchema kKeys{.hash = {{"pk", AttributeType::kS}}, .range = {{"sk", AttributeType::kN}}};

void look(const std::optional<expression::Condition>& condition, const AttributeMap& item) {
  if (!condition) return;
  ItemSource source(&item);
  condition->evaluate(source);
}

void run(const BoundStatement& statement, const AttributeMap& item) {
  if (const auto* select = std::get_if<BoundSelect>(&statement)) {
    auto plan = plan_read(select->where, kKeys);
    if (!plan) return;
    (void)apply_order(select->order_by, kKeys, *plan);
    look(plan->filter, item);
    ItemSource source(&item);
    if (select->projection) select->projection->apply(source);
  } else if (const auto* insert = std::get_if<BoundInsert>(&statement)) {
    CHECK(insert->item.attributes() == insert->item.stored().parse());
  } else if (const auto* update = std::get_if<BoundUpdate>(&statement)) {
    const auto plan = plan_item(update->where, kKeys, Presence::kRequired);
    if (!plan || !*plan) return;
    look((*plan)->condition, item);
    (void)update->update.apply(&item, (*plan)->key);
  } else if (const auto* removal = std::get_if<BoundDelete>(&statement)) {
    const auto plan = plan_item(removal->where, kKeys, Presence::kAny);
    if (plan && *plan) look((*plan)->condition, item);
  }
}

}  // namespace
}  // namespace tailrace::partiql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace;           // NOLINT
  using namespace tailrace::partiql;  // NOLINT
  const std::string_view text = fuzz::text_of(data, size);
  auto parsed = parse_statement(text);
  if (!parsed) return 0;
  CHECK(!dump(*parsed).empty());
  std::vector<AttributeValue> parameters;
  const char* const kParameters[] = {R"({"S":"a"})", R"({"N":"1"})", R"({"L":[{"S":"b"}]})"};
  for (std::size_t i = 0; i < parsed->parameters; ++i)
    parameters.push_back(parse_value_json(kParameters[i % 3]));
  const auto bound = bind_statement(text, *std::move(parsed), std::move(parameters));
  if (bound)
    run(*bound,
        fuzz::item(
            R"({"a":{"N":"1"},"l":{"L":[{"S":"x"}]},"pk":{"S":"a"},"s":{"SS":["x"]},"sk":{"N":"1"}})"));
  return 0;
}
