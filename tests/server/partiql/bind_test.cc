#include "server/expression/tree.h"
#include "tests/server/partiql/partiql_testing.h"

namespace tailrace::partiql {
namespace {

// WHERE of a SELECT as the expression room sees it; values by number.
std::string where(std::string_view condition, std::vector<AttributeValue> parameters = {}) {
  const std::string text = str_cat("SELECT * FROM t WHERE ", condition);
  const auto statement = bound(text, std::move(parameters));
  if (!statement) return error_text(statement.error());
  const auto& tree = *std::get<BoundSelect>(*statement).where;
  std::string dump;
  expression::append_dump(dump, tree, tree[tree.root]);
  return dump;
}

std::string update(std::string_view clauses) {
  const std::string text = str_cat("UPDATE t ", clauses, " WHERE pk = 'a'");
  const auto statement = bound(text);
  return statement ? std::get<BoundUpdate>(*statement).update.dump()
                   : error_text(statement.error());
}

std::string insert(std::string_view item, std::vector<AttributeValue> parameters = {}) {
  const std::string text = str_cat("INSERT INTO t VALUE ", item);
  const auto statement = bound(text, std::move(parameters));
  return statement ? std::string(std::get<BoundInsert>(*statement).item.stored().json())
                   : error_text(statement.error());
}

TEST(PartiqlBind, MakesConditions) {
  const TextCase kCases[] = {
      {"a = 1 AND b.c > 2 OR NOT d < 'x'",
       "(or (and (= a :0) (> (path b c) :1)) (not (< d :2)))"},
      {"a <> 1", "(<> a :0)"},
      {"1 != size(a)", "(<> :0 (size a))"},
      {"a IN [1]", "(= a :0)"},
      {"Attribute_Exists(a) = TRUE AND attribute_not_exists(b.c)",
       "(and (attribute_exists a) (attribute_not_exists (path b c)))"},
      {"attribute_exists(a) <> TRUE OR FALSE = attribute_not_exists(b)",
       "(or (not (attribute_exists a)) (not (attribute_not_exists b)))"},
      {"a IS MISSING", "(attribute_not_exists a)"},
      {"a IS NOT NULL", "(not (attribute_type a :0))"},
      {"a IS TUPLE", "(attribute_type a :0)"},
      {"a IN [1, 'x']", "(in a :0 :1)"},
      {"a NOT BETWEEN 1 AND 2", "(not (between a :0 :1))"},
      {"contains(a, 'x') AND BEGINS_WITH(b, 'y') AND attribute_type(c, 'SS')",
       "(and (contains a :0) (begins_with b :1) (attribute_type c :2))"},
  };
  for (const TextCase& c : kCases) EXPECT_EQ(where(c.statement), c.expected) << c.statement;
}

TEST(PartiqlBind, RefusesConditionsThatAreNone) {
  const TextCase kCases[] = {
      {"a", "!Unsupported expression at 1:23:1"},
      {"a = 1 AND 'x'", "!Unsupported expression at 1:33:3"},
      {"a LIKE 'x'", "!Unsupported operator: LIKE at 1:25:4"},
      {"a = b + 1", "!Unsupported expression at 1:29:1"},
      {"a = b * 2", "!Unsupported operator: * at 1:29:1"},
      {"a = MISSING", "!MISSING must be compared using IS operator"},
      {"a < MISSING", "!MISSING must be compared using IS operator"},
      {"FOO(a)", "!Unrecognized function: foo at 1:23:3"},
      {"EXISTS(a)", "!Unrecognized function: exists at 1:23:6"},
      {"a = upper('x')", "!Unrecognized function: upper at 1:27:5"},
      {"a IS BAG", "!Unsupported expression at 1:28:3"},
      {"size(a)", "!WHERE clause must contain an expression that resolves to a boolean"},
      {"a IN [1, a]",
       "!The first operand must be distinct from the remaining operands for this operator or "
       "function; operator: IN, first operand: [a]"},
      {"a BETWEEN 1 AND a",
       "!The first operand must be distinct from the remaining operands for this operator or "
       "function; operator: BETWEEN, first operand: [a]"},
      {"a = `1`", "!Ion Literals are not supported: INT under key root at 1:27:3"},
      {"a = 1e200",
       "!Number overflow. Attempting to store a number with magnitude larger than supported range "
       "under root"},
      {"a IN []", "!Unsupported expression at 1:28:1"},
      {"size() = 1", "!Unrecognized function: size at 1:23:4"},
      {"a < TRUE",
       "!Incorrect operand type for operator or function; operator or function: <, operand type: "
       "BOOL"},
      {"begins_with(a)",
       "!Incorrect number of operands for operator or function; operator or function: "
       "begins_with, number of operands: 1"},
      {"a BETWEEN 2 AND 1",
       "!The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
       "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"},
  };
  for (const TextCase& c : kCases) EXPECT_EQ(where(c.statement), c.expected) << c.statement;
}

TEST(PartiqlBind, TakesThreeHundredOperators) {
  const auto alternatives = [](int count) {
    std::string text = "a = 1";
    for (int i = 1; i < count; ++i) text += " OR a = 1";
    return text;
  };
  EXPECT_TRUE(where(alternatives(150)).starts_with("(or "));
  EXPECT_TRUE(where(str_cat("NOT (", alternatives(150), ")")).starts_with("(not "));
  EXPECT_EQ(where(alternatives(151)),
            "!The expression contains too many operators; operator count: 301");
}

TEST(PartiqlBind, TakesParametersInOrder) {
  EXPECT_EQ(insert("{'a': ?, 'b': [?]}", {value(R"({"S":"x"})"), value(R"({"BOOL":true})")}),
            R"({"a":{"S":"x"},"b":{"L":[{"BOOL":true}]}})");
  EXPECT_EQ(insert("?", {value(R"({"M":{"a":{"B":"AAE="}}})")}), R"({"a":{"B":"AAE="}})");
  EXPECT_EQ(where("a IN ?", {value(R"({"L":[{"N":"1"},{"N":"2"}]})")}), "(in a :0 :1)");
  EXPECT_EQ(where("a = ?"), "!Number of parameters in request and statement don't match.");
  EXPECT_EQ(where("a = 1", {value(R"({"N":"1"})")}), "(= a :0)");
}

TEST(PartiqlBind, MakesItems) {
  EXPECT_EQ(insert("{'s': <<'b','a'>>, 'n': <<2,1.0>>, 'm': {'x': {'y': NULL}}}"),
            R"({"m":{"M":{"x":{"M":{"y":{"NULL":true}}}}},"n":{"NS":["1","2"]},"s":{"SS":["a","b"]}})");
  const TextCase kCases[] = {
      {"{'a': <<>>}", "!Empty bags are not supported"},
      {"{'a': <<'x','x'>>}",
       "!One or more parameter values were invalid: Input collection [x, x] contains duplicates! "
       "under root.a"},
      {"{'a': [0, {'b': <<2,1,2>>}]}",
       "!One or more parameter values were invalid: Input collection [2, 1, 2] contains "
       "duplicates! under root.a[1].b"},
      {"{'a': <<1,'x'>>}",
       "!Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"},
      {"{'a': <<'x',1>>}",
       "!Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags at "
       "1:33:1"},
      {"{'a': <<TRUE,'x'>>}",
       "!Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags at "
       "1:29:4"},
      {"{'a': {'b': [0, 1e200]}}",
       "!Number overflow. Attempting to store a number with magnitude larger than supported range "
       "under root.a.b[1]"},
      {"{1: 2}", "!The keys of a map must be strings"},
      {"{'': 2}", "!Path component cannot be an empty string"},
      {"{'a': {'': 2}}", "!Path component cannot be an empty string"},
      {"'x'", "!Unsupported expression at 1:21:3"},
      {"{'a': b}", "!Unsupported expression at 1:21:1"},
  };
  for (const TextCase& c : kCases) EXPECT_EQ(insert(c.statement), c.expected) << c.statement;
}

TEST(PartiqlBind, LimitsNestingOfValues) {
  const auto nested = [](int levels) {
    return str_cat("{'a': ", std::string(static_cast<std::size_t>(levels), '['),
                   std::string(static_cast<std::size_t>(levels), ']'), "}");
  };
  EXPECT_TRUE(insert(nested(32)).starts_with("{\"a\""));
  EXPECT_EQ(insert(nested(33)), "!Nesting Levels have exceeded supported limits under root.a");
}

TEST(PartiqlBind, MakesUpdates) {
  const TextCase kCases[] = {
      {"SET a = 1, b = c SET d.e = d.e - 2 REMOVE f[1]",
       "(update (set a :0) (set b c) (set (path d e) (- (path d e) :1)) (remove (path f 1)))"},
      {"SET a = list_append(a, [1]) SET b = if_not_exists(b, 0) + 1",
       "(update (set a (list_append a :0)) (set b (+ (if_not_exists b :1) :2)))"},
      {"SET a = SET_ADD(a, <<1>>) SET b = set_delete(b, <<'x'>>)",
       "(update (add a :0) (delete b :1))"},
      {"SET a = set_add(b, <<1>>)", "!Unrecognized function: set_add at 1:18:7"},
      {"SET a = set_add(a, 1)",
       "!Incorrect operand type for operator or function; operator or function: set_add, operand "
       "type: N"},
      {"SET a = set_delete(a, 'x')",
       "!Incorrect operand type for operator or function; operator: DELETE, operand type: STRING, "
       "typeSet: ALLOWED_FOR_ADD_OPERAND"},
      {"SET a = list_append(a, 1)",
       "!Incorrect operand type for operator or function; operator or function: list_append, "
       "operand type: N"},
      {"SET a = 1 REMOVE a",
       "!Two document paths overlap with each other; must remove or rewrite one of these paths; "
       "path one: [a], path two: [a]"},
      {"SET a = size(b)", "!Unrecognized function: size at 1:18:4"},
      {"SET a = b = 1", "!Unsupported expression at 1:20:1"},
  };
  for (const TextCase& c : kCases) EXPECT_EQ(update(c.statement), c.expected) << c.statement;
}

TEST(PartiqlBind, RefusesProjectionsThatOverlap) {
  const auto statement = bound("SELECT a.b, a FROM t");
  ASSERT_FALSE(statement);
  EXPECT_EQ(error_text(statement.error()),
            "!Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [a, b], path two: [a]");
}

}  // namespace
}  // namespace tailrace::partiql
