#include "server/partiql/key_plan.h"

#include "tests/server/partiql/partiql_testing.h"

namespace tailrace::partiql {
namespace {

const KeySchema kKeys{.hash = {{"pk", AttributeType::kS}}, .range = {{"sk", AttributeType::kN}}};
const KeySchema kComposite{
    .hash = {{"a", AttributeType::kS}, {"b", AttributeType::kS}},
    .range = {{"c", AttributeType::kN}, {"d", AttributeType::kN}}};

Where where_of(std::string_view condition) {
  auto statement = bound(str_cat("SELECT * FROM t WHERE ", condition));
  if (!statement) {
    ADD_FAILURE() << statement.error().message;
    return {};
  }
  return std::move(std::get<BoundSelect>(*statement).where);
}

std::string values_text(const std::vector<AttributeValue>& values) {
  std::string text;
  for (const AttributeValue& value : values)
    str_append(text, text.empty() ? "" : ",", value_text(value));
  return text;
}

// `[S:a N:1] [S:b] filter`
std::string read_plan(std::string_view condition, const KeySchema& keys = kKeys) {
  const auto plan = plan_read(where_of(condition), keys);
  if (!plan) return error_text(plan.error());
  std::string text;
  for (const expression::KeyBinding& partition : plan->partitions) {
    str_append(text, "[", values_text(partition.hash));
    if (!partition.range_equal.empty())
      str_append(text, " =", values_text(partition.range_equal));
    if (partition.range_test)
      str_append(text, " op", static_cast<int>(partition.range_test->op), " ",
                 values_text(partition.range_test->values));
    text += "]";
  }
  if (plan->filter) str_append(text, " ", plan->filter->dump());
  return text;
}

TEST(PartiqlKeyPlan, NarrowsWhatIsWalked) {
  const TextCase kCases[] = {
      {"pk = 'a'", "[S:a]"},
      {"'a' = pk AND sk = 1", "[S:a =N:1]"},
      {"pk = 'a' AND sk > 1", "[S:a op3 N:1]"},
      {"pk = 'a' AND 1 > sk", "[S:a op1 N:1]"},
      {"pk = 'a' AND sk BETWEEN 1 AND 2 AND x = 3", "[S:a op5 N:1,N:2] (= x :3)"},
      {"pk = 'a' AND sk > 1 AND sk < 5", "[S:a op3 N:1] (< sk :2)"},
      {"pk = 'a' AND sk > 1 AND sk = 5", "[S:a =N:5] (> sk :1)"},
      {"x = 1 AND (pk = 'a' AND (sk = 2 AND y = 3))", "[S:a =N:2] (and (= x :0) (= y :3))"},
      {"pk = 'a' AND pk = 'b'", "[S:a] (= pk :1)"},
      {"pk IN ['b', 'a', 'b']", "[S:b][S:a]"},
      {"pk IN ('a', 'b') AND sk >= 1", "[S:a op4 N:1][S:b op4 N:1]"},
      {"pk = 'a' OR pk = 'b'", "[S:a][S:b]"},
      {"(pk = 'a' OR pk = 'b') AND x = 1", "[S:a][S:b] (= x :2)"},
      {"pk = 'a' OR x = 1", " (or (= pk :0) (= x :1))"},
      {"pk > 'a'", " (> pk :0)"},
      {"NOT pk = 'a'", " (not (= pk :0))"},
      {"pk IN ['a', x]", " (in pk :0 x)"},
      {"sk = 1", " (= sk :0)"},
  };
  for (const TextCase& c : kCases) EXPECT_EQ(read_plan(c.statement), c.expected) << c.statement;
}

TEST(PartiqlKeyPlan, UsesCompositeKeysFromTheLeft) {
  const TextCase kCases[] = {
      {"a = 'x' AND b = 'y'", "[S:x,S:y]"},
      {"b = 'y' AND a = 'x' AND c = 1 AND d > 2", "[S:x,S:y =N:1 op3 N:2]"},
      {"b = 'y' AND a = 'x' AND d > 2", "[S:x,S:y] (> d :2)"},
      {"a = 'x' AND c = 1", " (and (= a :0) (= c :1))"},
      {"a IN ['x', 'z'] AND b = 'y'", " (and (in a :0 :1) (= b :2))"},
  };
  for (const TextCase& c : kCases)
    EXPECT_EQ(read_plan(c.statement, kComposite), c.expected) << c.statement;
}

TEST(PartiqlKeyPlan, RefusesValuesThatKeysCannotHave) {
  constexpr std::string_view kMismatch =
      "!Key attribute's data type should match its data type in table's schema: Key ";
  EXPECT_EQ(read_plan("pk = 1"), str_cat(kMismatch, "pk"));
  EXPECT_EQ(read_plan("pk IN ['a', 1]"), str_cat(kMismatch, "pk"));
  EXPECT_EQ(read_plan("pk = 'a' AND sk = 'x'"), str_cat(kMismatch, "sk"));
  EXPECT_EQ(read_plan("pk = {'a': 1}"),
            "!Key value must be of type S, N, or B. Key name: pk, Key type: M");
}

TEST(PartiqlKeyPlan, RefusesAlternativesThatMeet) {
  for (const std::string_view condition :
       {"pk = 'a' OR pk = 'a'", "pk = 'a' OR (pk = 'a' AND sk = 1)",
        "(pk = 'a' AND sk BETWEEN 1 AND 5) OR (pk = 'a' AND sk >= 5)",
        "x = 1 AND (pk = 'a' OR pk = 'b' OR pk = 'a')"}) {
    EXPECT_EQ(read_plan(condition),
              "!Overlapping conditions with range keys are not supported in where clause")
        << condition;
  }
  for (const std::string_view condition :
       {"pk = 'a' OR pk = 'b'", "(pk = 'a' AND sk < 5) OR (pk = 'a' AND sk >= 5)",
        "(pk = 'a' AND sk > 1 AND sk < 5) OR pk = 'a'", "(pk = 'a' AND sk <> 1) OR pk = 'a'",
        "pk = 'a' OR x = 1"})
    EXPECT_FALSE(read_plan(condition).starts_with("!")) << condition;
}

TEST(PartiqlKeyPlan, TakesFiftyPartitions) {
  const auto list = [](int count) {
    std::string text = "pk IN [";
    for (int i = 0; i < count; ++i) str_append(text, i == 0 ? "'" : ",'", i, "'");
    return text + "]";
  };
  EXPECT_TRUE(read_plan(list(50)).starts_with("[S:0]"));
  EXPECT_EQ(read_plan(list(51)),
            "!The partition key may have at most 50 values in a condition; there are 51");
}

std::string item_plan(std::string_view condition, Presence presence) {
  const auto planned = plan_item(where_of(condition), kKeys, presence);
  if (!planned) return error_text(planned.error());
  const std::optional<ItemPlan>& plan = *planned;
  if (!plan) return "none";
  std::string text = item_json(plan->key);
  if (plan->condition) str_append(text, " ", plan->condition->dump());
  return text;
}

TEST(PartiqlKeyPlan, FindsTheOneItem) {
  constexpr std::string_view kKey = R"({"pk":{"S":"a"},"sk":{"N":"1"}})";
  EXPECT_EQ(item_plan("sk = 1 AND pk = 'a'", Presence::kAny), kKey);
  EXPECT_EQ(item_plan("sk = 1 AND pk = 'a'", Presence::kRequired),
            str_cat(kKey, " (attribute_exists pk)"));
  EXPECT_EQ(item_plan("sk = 1 AND x <> 2 AND pk = 'a'", Presence::kRequired),
            str_cat(kKey, " (and (attribute_exists pk) (<> x :1))"));
  EXPECT_EQ(item_plan("sk = 1 AND pk = 'a' AND pk IN ['a']", Presence::kRequired),
            str_cat(kKey, " (attribute_exists pk)"));
  EXPECT_EQ(item_plan("sk = 1 AND pk = 'a' AND pk = 'b'", Presence::kRequired),
            "!Multiple conditions on same key pk. Only single item Update/Insert/Delete are "
            "supported");
  EXPECT_EQ(item_plan("sk = 1 AND pk = 'a'", Presence::kMissingPasses), kKey);
  EXPECT_EQ(item_plan("sk = 1 AND x = 2 AND pk = 'a' AND y = 3", Presence::kMissingPasses),
            str_cat(kKey, " (or (attribute_not_exists pk) (and (= x :1) (= y :3)))"));
  EXPECT_EQ(item_plan("pk = 'a'", Presence::kAny), "none");
  EXPECT_EQ(item_plan("pk = 'a' AND sk > 1", Presence::kAny), "none");
  EXPECT_EQ(item_plan("pk = 'a' OR sk = 1", Presence::kAny), "none");
  EXPECT_FALSE(*plan_item(Where(), kKeys, Presence::kAny));
}

TEST(PartiqlKeyPlan, OrdersPartitionsAndRows) {
  auto plan = plan_read(where_of("pk IN ['b', 'c', 'a']"), kKeys);
  ASSERT_TRUE(plan);
  const auto rows = apply_order({{.attribute = "pk", .descending = true},
                                 {.attribute = "sk", .descending = true}},
                                kKeys, *plan);
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, RowOrder::kDescending);
  std::string order;
  for (const auto& partition : plan->partitions) order += values_text(partition.hash) + " ";
  EXPECT_EQ(order, "S:c S:b S:a ");
}

}  // namespace
}  // namespace tailrace::partiql
