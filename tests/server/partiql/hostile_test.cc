// Statements that are made to hurt: every one gets an answer, most of them an error. The seed is
// fixed; TAILRACE_SEED in the environment gives another.
#include <cstdlib>
#include <random>

#include "server/partiql/key_plan.h"
#include "tests/server/partiql/partiql_testing.h"

namespace tailrace::partiql {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string answer(const std::string& text, std::vector<AttributeValue> parameters = {}) {
  const auto statement = bound(text, std::move(parameters));
  return statement ? "ok" : error_text(statement.error());
}

TEST(PartiqlHostile, NestingIsLimited) {
  constexpr std::string_view kDeep = "!!Expressions nest deeper than 200 levels";
  EXPECT_EQ(answer(str_cat("SELECT * FROM t WHERE ", repeated("(", 8000))), kDeep);
  EXPECT_EQ(answer(str_cat("SELECT * FROM t WHERE ", repeated("NOT ", 2000), "a = 1")), kDeep);
  EXPECT_EQ(answer(str_cat("SELECT * FROM t WHERE a = ", repeated("- ", 4000), "a")), kDeep);
  EXPECT_EQ(answer(str_cat("INSERT INTO t VALUE {'a': ", repeated("[", 8000))), kDeep);
  EXPECT_EQ(answer(str_cat("INSERT INTO t VALUE ", repeated("{'a':", 1600))), kDeep);
  EXPECT_EQ(answer(str_cat("INSERT INTO t VALUE {'a': ", repeated("<<", 4000))), kDeep);
  EXPECT_EQ(answer(str_cat("SELECT * FROM t WHERE ", repeated("f(", 4000))), kDeep);
  EXPECT_EQ(answer(str_cat("SELECT * FROM t WHERE a = ", repeated("a + (", 1600))), kDeep);
  EXPECT_EQ(answer(str_cat("SELECT * FROM t WHERE ", repeated("(", 150), "a = 1",
                           repeated(")", 150))),
            "ok");
}

TEST(PartiqlHostile, LongStatementsAreReadInOneGo) {
  constexpr std::string_view kTooMany =
      "!The expression contains too many operators; operator count: 301";
  EXPECT_EQ(answer(str_cat("SELECT * FROM t WHERE a = 1", repeated(" AND a = 1", 800))), kTooMany);
  EXPECT_EQ(answer(str_cat("SELECT * FROM t WHERE a = 1", repeated(" OR a = 1", 800))), kTooMany);
  EXPECT_EQ(answer(str_cat("SELECT a", repeated(".a", 4000), " FROM t")), "ok");
  EXPECT_EQ(answer(str_cat("UPDATE t", repeated(" REMOVE a", 800), " WHERE a = 1"))
                .substr(0, 24),
            "!Two document paths over");
  const std::size_t many = 4000;
  EXPECT_EQ(answer(str_cat("INSERT INTO t VALUE {'a': [?", repeated(",?", many - 1), "]}"),
                   std::vector<AttributeValue>(many, value(R"({"N":"1"})"))),
            "ok");
  EXPECT_EQ(answer(str_cat("SELECT * FROM t WHERE a IN [?", repeated(",?", many - 1), "]"),
                   std::vector<AttributeValue>(many, value(R"({"N":"1"})"))),
            "!The IN operator is provided with too many operands; number of operands: 4000");
}

TEST(PartiqlHostile, PrefixesOfStatementsAreAnswered) {
  constexpr std::string_view kStatements[] = {
      "SELECT a.b[1], \"c\" FROM \"t\".\"i\" WHERE pk = 'it''s' AND sk BETWEEN 1 AND 2e3 ORDER BY sk "
      "DESC;",
      "INSERT INTO t VALUE {'a': <<1, 2>>, 'b': [NULL, {'c': -1.5}]} -- end",
      "UPDATE t SET a = list_append(a, [?]) SET b = b + 1 REMOVE c[0] WHERE pk = ? RETURNING "
      "MODIFIED NEW *",
      "DELETE FROM t WHERE NOT (a IN (1, 2) OR b IS NOT MISSING) /* all */ RETURNING ALL OLD *",
      "EXISTS(SELECT * FROM t WHERE begins_with(a, 'x'))",
  };
  for (const std::string_view statement : kStatements)
    for (std::size_t length = 0; length <= statement.size(); ++length)
      EXPECT_FALSE(answer(std::string(statement.substr(0, length))).empty());
}

// Random sequences of pieces: whatever they are, parsing ends, and what is bound can be planned.
TEST(PartiqlHostile, RandomPiecesAreAnswered) {
  constexpr std::string_view kPieces[] = {
      "SELECT", "*",   "FROM", "t",   "WHERE", "pk",  "=",  "'a'", "AND", "OR",     "NOT",     "(",
      ")",      "[",   "]",    "{",   "}",     "<<",  ">>", "1",   ".5",  "1e",     "?",       ",",
      ":",      ".",   "IN",   "IS",  "NULL",  "BETWEEN", "MISSING", "size", "begins_with(", "INSERT",
      "INTO",   "VALUE", "UPDATE", "SET", "REMOVE", "DELETE", "RETURNING ALL OLD *", "'", "\"", "--\n",
      "/*",     "*/",  "+",    "-",   "<>",    "sk",  ";",  "\xC3\xBC", "ORDER BY", "count(*)", "%"};
  constexpr std::string_view kStarts[] = {"", "SELECT * FROM t WHERE ", "INSERT INTO t VALUE ",
                                          "UPDATE t SET ", "DELETE FROM t WHERE pk = 'a' AND "};
  const char* given = std::getenv("TAILRACE_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : 1;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const KeySchema keys{.hash = {{"pk", AttributeType::kS}}, .range = {{"sk", AttributeType::kN}}};
  for (int round = 0; round < 20000; ++round) {
    std::string text(kStarts[random() % std::size(kStarts)]);
    for (std::size_t pieces = random() % 14; pieces > 0; --pieces)
      str_append(text, kPieces[random() % std::size(kPieces)], " ");
    auto parsed = parse_statement(text);
    if (!parsed) continue;
    const std::string before = dump(*parsed);
    ASSERT_FALSE(before.empty());
    const std::size_t parameters = parsed->parameters;
    const auto statement = bind_statement(
        text, *std::move(parsed), std::vector<AttributeValue>(parameters, value(R"({"S":"a"})")));
    if (!statement) continue;
    if (const auto* select = std::get_if<BoundSelect>(&*statement)) {
      auto plan = plan_read(select->where, keys);
      if (plan && plan->filter) {
        const AttributeMap item;
        ItemSource source(&item);
        plan->filter->evaluate(source);
      }
    }
  }
}

}  // namespace
}  // namespace tailrace::partiql
