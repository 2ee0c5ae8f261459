// Updates: text to actions, or to the error that the service gives.
#include <gtest/gtest.h>

#include "server/expression/expression.h"
#include "tests/server/expression/expression_testing.h"

namespace tailrace::expression {
namespace {

constexpr std::string_view kValues =
    R"({":b":{"B":"AQ=="},":bool":{"BOOL":true},":bs":{"BS":["AQ=="]},":l":{"L":[]},":m":{"M":{}},":n":{"N":"5"},)"
    R"(":ns":{"NS":["1"]},":null":{"NULL":true},":s":{"S":"abc"},":ss":{"SS":["x"]},":v":{"S":"v"}})";

Result<Update> parse(std::string_view text) {
  Placeholders names = placeholders({{"#n", "name"}, {"#a", "a"}, {"#dot", "a.b"}}, kValues);
  return Update::parse(text, names);
}
std::string parsed(std::string_view text) {
  return outcome(parse(text), [](const Update& update) { return update.dump(); });
}

struct ParseCase {
  std::string_view text;
  std::string_view expected;
};
void PrintTo(const ParseCase& c, std::ostream* out) {
  *out << c.text;
}

class UpdateTree : public testing::TestWithParam<ParseCase> {};
TEST_P(UpdateTree, HasTheActionsInTheOrderWritten) {
  EXPECT_EQ(parsed(GetParam().text), str_cat("(update ", GetParam().expected, ")"));
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Texts, UpdateTree, testing::ValuesIn(std::initializer_list<ParseCase>{
    {"SET a = :v", "(set a :v)"},
    {"set a=:v,b=:n", "(set a :v) (set b :n)"},
    {"SET a.b[2].#n = c.d", "(set (path a b 2 name) (path c d))"},
    {"SET #dot = :v", "(set a.b :v)"},
    {"SET a = b + :n", "(set a (+ b :n))"},
    {"SET a = :n - a", "(set a (- :n a))"},
    {"SET a = (b + :n)", "(set a (+ b :n))"},
    {"SET a = (b) + (:n)", "(set a (+ b :n))"},
    {"SET a = ((b) + :n)", "(set a (+ b :n))"},
    {"SET a = (b + :n) - c", "(set a (- (+ b :n) c))"},
    {"SET a = (b)", "(set a b)"},
    {"SET a = if_not_exists(a, :n)", "(set a (if_not_exists a :n))"},
    {"SET a = if_not_exists(b.c, :n) + :n", "(set a (+ (if_not_exists (path b c) :n) :n))"},
    {"SET a = :n + if_not_exists(a, :n)", "(set a (+ :n (if_not_exists a :n)))"},
    {"SET a = if_not_exists(a, if_not_exists(b, :n))", "(set a (if_not_exists a (if_not_exists b :n)))"},
    {"SET a = list_append(a, :l)", "(set a (list_append a :l))"},
    {"SET a = list_append(:l, :l)", "(set a (list_append :l :l))"},
    {"SET a = list_append(if_not_exists(a, :l), :l)", "(set a (list_append (if_not_exists a :l) :l))"},
    {"SET a = list_append((a), (:l))", "(set a (list_append a :l))"},
    {"REMOVE a", "(remove a)"},
    {"remove a, b[1], c.d", "(remove a) (remove (path b 1)) (remove (path c d))"},
    {"ADD a :n, b :ss", "(add a :n) (add b :ss)"},
    {"ADD a.b :ns", "(add (path a b) :ns)"},
    {"DELETE a :ss, b :bs", "(delete a :ss) (delete b :bs)"},
    {"SET a = :v REMOVE b ADD c :n DELETE d :ss", "(set a :v) (remove b) (add c :n) (delete d :ss)"},
    {"DELETE d :ss ADD c :n REMOVE b SET a = :v", "(delete d :ss) (add c :n) (remove b) (set a :v)"},
    {"SET a=:v REMOVE b", "(set a :v) (remove b)"},
    {"SET if_not_exists = :v", "(set if_not_exists :v)"},
    {"SET a[0] = :v, a[1] = :v", "(set (path a 0) :v) (set (path a 1) :v)"},
    {"SET a.b = :v, a.c = a.b", "(set (path a b) :v) (set (path a c) (path a b))"},
    {"SET a = a", "(set a a)"},
    {"SET ab = :v REMOVE a", "(set ab :v) (remove a)"},
}));

class UpdateError : public testing::TestWithParam<ParseCase> {};
TEST_P(UpdateError, HasTheTextOfTheService) {
  EXPECT_EQ(parsed(GetParam().text), str_cat("Invalid UpdateExpression: ", GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(Syntax, UpdateError, testing::ValuesIn(std::initializer_list<ParseCase>{
    {"", "The expression can not be empty;"},
    {"INVALID SYNTAX HERE", "Syntax error; token: \"INVALID\", near: \"INVALID SYNTAX\""},
    {"SET _123=:v", "Syntax error; token: \"_\", near: \"SET _123\""},
    {"SET a = :v, #, b = :v", "Syntax error; token: \"#\", near: \", #,\""},
    {"SET", "Syntax error; token: \"<EOF>\", near: \"SET\""},
    {"SET a", "Syntax error; token: \"<EOF>\", near: \"a\""},
    {"SET a =", "Syntax error; token: \"<EOF>\", near: \"=\""},
    {"SET a :v", "Syntax error; token: \":v\", near: \"a :v\""},
    {"SET a = :v,", "Syntax error; token: \"<EOF>\", near: \",\""},
    {"SET a = :v, SET b = :v", "Syntax error; token: \"SET\", near: \", SET b\""},
    {"SET a = :v b = :v", "Syntax error; token: \"b\", near: \":v b =\""},
    {"SET a = :n + :n + :n", "Syntax error; token: \"+\", near: \":n + :n\""},
    {"SET a = b + ", "Syntax error; token: \"<EOF>\", near: \"+\""},
    {"SET a = + b", "Syntax error; token: \"+\", near: \"= + b\""},
    {"SET a = b * :n", "Syntax error; token: \"*\", near: \"b * :n\""},
    {"SET a = -5", "Syntax error; token: \"-\", near: \"= -5\""},
    {"SET a = 5", "Syntax error; token: \"5\", near: \"= 5\""},
    {"SET a = if_not_exists(a, :n + :n)", "Syntax error; token: \"+\", near: \":n + :n\""},
    {"SET a = if_not_exists(a, (:n + :n))", "Syntax error; token: \"+\", near: \":n + :n\""},
    {"SET a = if_not_exists()", "Syntax error; token: \")\", near: \"()\""},
    {"SET a = (b", "Syntax error; token: \"<EOF>\", near: \"b\""},
    {"SET a = b)", "Syntax error; token: \")\", near: \"b)\""},
    {"SET :v = :v", "Syntax error; token: \":v\", near: \"SET :v =\""},
    {"SET a = :v AND b = :v", "Syntax error; token: \"AND\", near: \":v AND b\""},
    {"SET add = :v", "Syntax error; token: \"add\", near: \"SET add =\""},
    {"REMOVE", "Syntax error; token: \"<EOF>\", near: \"REMOVE\""},
    {"REMOVE a b", "Syntax error; token: \"b\", near: \"a b\""},
    {"REMOVE a = :v", "Syntax error; token: \"=\", near: \"a = :v\""},
    {"REMOVE :v", "Syntax error; token: \":v\", near: \"REMOVE :v\""},
    {"ADD a b", "Syntax error; token: \"b\", near: \"a b\""},
    {"ADD a = :n", "Syntax error; token: \"=\", near: \"a = :n\""},
    {"ADD a", "Syntax error; token: \"<EOF>\", near: \"a\""},
    {"ADD a (:n)", "Syntax error; token: \"(\", near: \"a (:n\""},
    {"DELETE a", "Syntax error; token: \"<EOF>\", near: \"a\""},
    {"DELETE a :ss :ss", "Syntax error; token: \":ss\", near: \":ss :ss\""},
}));

INSTANTIATE_TEST_SUITE_P(Static, UpdateError, testing::ValuesIn(std::initializer_list<ParseCase>{
    {"SET a = ((b))", "The expression has redundant parentheses;"},
    {"SET a = ((b + :n))", "The expression has redundant parentheses;"},
    {"SET a = list_append(((a)), :l)", "The expression has redundant parentheses;"},
    {"SET year = :v", "Attribute name is a reserved keyword; reserved keyword: year"},
    {"SET a = Status", "Attribute name is a reserved keyword; reserved keyword: Status"},
    {"REMOVE a.date", "Attribute name is a reserved keyword; reserved keyword: date"},
    {"REMOVE a.set", "Attribute name is a reserved keyword; reserved keyword: set"},
    {"SET and = :v", "Attribute name is a reserved keyword; reserved keyword: and"},
    {"SET a[4294967295] = :v", "List index is not within the allowable range; index: [4294967295]"},
    {"SET a = foo(b)", "Invalid function name; function: foo"},
    {"SET a = IF_NOT_EXISTS(b, :v)", "Invalid function name; function: IF_NOT_EXISTS"},
    {"SET a = size(b)", "The function is not allowed in an update expression; function: size"},
    {"SET a = attribute_exists(b)", "The function is not allowed in an update expression; function: attribute_exists"},
    {"SET a = list_append(list_append(a, :l), :l)", "The function is not allowed to be used this way in an expression; function: list_append"},
    {"SET a = if_not_exists(a, list_append(b, :l))", "The function is not allowed to be used this way in an expression; function: list_append"},
    {"SET a = :v SET b = :v", "The \"SET\" section can only be used once in an update expression;"},
    {"remove a remove b", "The \"REMOVE\" section can only be used once in an update expression;"},
    {"ADD a :n DELETE b :ss ADD c :n", "The \"ADD\" section can only be used once in an update expression;"},
    {"DELETE b :ss DELETE c :ss", "The \"DELETE\" section can only be used once in an update expression;"},
    {"SET #x = :v", "An expression attribute name used in the document path is not defined; attribute name: #x"},
    {"SET a = #x", "An expression attribute name used in the document path is not defined; attribute name: #x"},
    {"SET a = :x", "An expression attribute value used in expression is not defined; attribute value: :x"},
    {"ADD a :x", "An expression attribute value used in expression is not defined; attribute value: :x"},
    {"SET a = :v, a = :n", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
    {"SET a = :v REMOVE #a", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
    {"SET a.b = :v REMOVE a", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]"},
    {"SET a[1] = :v ADD a[1].b :n", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, [1]], path two: [a, [1], b]"},
    {"SET a[1] = :v, a.b = :v", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, [1]], path two: [a, b]"},
    {"SET a.b.c = :v REMOVE a.b[0].d", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b, c], path two: [a, b, [0], d]"},
    {"ADD a :s", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"ADD a :b", "Incorrect operand type for operator or function; operator: ADD, operand type: Binary, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"ADD a :bool", "Incorrect operand type for operator or function; operator: ADD, operand type: BOOL, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"ADD a :null", "Incorrect operand type for operator or function; operator: ADD, operand type: NULL, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"ADD a :l", "Incorrect operand type for operator or function; operator: ADD, operand type: LIST, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"ADD a :m", "Incorrect operand type for operator or function; operator: ADD, operand type: MAP, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"DELETE a :n", "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"DELETE a :s", "Incorrect operand type for operator or function; operator: DELETE, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"SET a = if_not_exists(a)", "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1"},
    {"SET a = if_not_exists(a, :v, :v)", "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 3"},
    {"SET a = list_append(:l)", "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1"},
    {"SET a = if_not_exists(:v, :v)", "Operator or function requires a document path; operator or function: if_not_exists"},
    {"SET a = list_append(a, :s)", "Incorrect operand type for operator or function; operator or function: list_append, operand type: S"},
    {"SET a = list_append(:ss, a)", "Incorrect operand type for operator or function; operator or function: list_append, operand type: SS"},
    {"SET a = a + :s", "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
    {"SET a = :l - a", "Incorrect operand type for operator or function; operator or function: -, operand type: L"},
    {"SET a = a + :ns", "Incorrect operand type for operator or function; operator or function: +, operand type: NS"},
}));

INSTANTIATE_TEST_SUITE_P(Order, UpdateError, testing::ValuesIn(std::initializer_list<ParseCase>{
    {"SET a = ((b)), year", "Syntax error; token: \"<EOF>\", near: \"year\""},
    {"SET year = foo(((b)))", "The expression has redundant parentheses;"},
    {"SET a = foo(b), year = :v", "Attribute name is a reserved keyword; reserved keyword: year"},
    {"SET a = foo(b) SET c = :v", "Invalid function name; function: foo"},
    {"SET #x = :v SET b = :v", "The \"SET\" section can only be used once in an update expression;"},
    {"SET a = :x, b = #x", "An expression attribute name used in the document path is not defined; attribute name: #x"},
    {"SET a = :x, a = :v", "An expression attribute value used in expression is not defined; attribute value: :x"},
    {"SET a[0] = :v, a.b = :v, c = :v, c = :v", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [c], path two: [c]"},
    {"SET a[0] = :v, a.b = :v ADD c :s", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, [0]], path two: [a, b]"},
    {"SET a = list_append(:s) ADD c :s", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"SET a = b + :s, c = if_not_exists(:v)", "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
}));
// clang-format on

TEST(Update, TakesAtMost4096Bytes) {
  EXPECT_EQ(parsed("SET a=:v" + std::string(4088, ' ')), "(update (set a :v))");
  EXPECT_EQ(parsed("SET a=:v" + std::string(4089, ' ')),
            "Invalid UpdateExpression: Expression size has exceeded the maximum allowed size;");
}

TEST(Update, TakesAtMost300Operators) {
  std::string text = "SET ";
  for (int i = 0; i < 300; ++i) str_append(text, i ? "," : "", "a", i, "=b+:n");
  EXPECT_EQ(parsed(text).substr(0, 13), "(update (set ");
  EXPECT_EQ(
      parsed(text + ",c=b-:n"),
      "Invalid UpdateExpression: The expression contains too many operators; operator count: 301");
}

TEST(Update, FindsAClashAmongManyPaths) {
  std::string text = "REMOVE a0";
  for (int i = 1; i < 600; ++i) str_append(text, ",a", i);
  EXPECT_EQ(parsed(text).substr(0, 21), "(update (remove a0) (");
  EXPECT_EQ(parsed(text + ",a17.b,a5.c"),
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or "
            "rewrite one of these "
            "paths; path one: [a17], path two: [a17, b]");
  EXPECT_EQ(parsed(text + ",b[1],b.c"),
            "Invalid UpdateExpression: Two document paths conflict with each other; must remove or "
            "rewrite one of these "
            "paths; path one: [b, [1]], path two: [b, c]");
}

TEST(Update, TellsTargetsAndOperandsApart) {
  const auto update = parse("SET a.b = if_not_exists(c, d[1]) + #n REMOVE e ADD f :n");
  ASSERT_TRUE(update);
  std::string targets;
  for (const Path& path : update->paths()) targets += path_text(path);
  std::string operands;
  for (const Path& path : update->operand_paths()) operands += path_text(path);
  EXPECT_EQ(targets, "[a, b][e][f]");
  EXPECT_EQ(operands, "[c][d, [1]][name]");
  EXPECT_EQ(
      update->dump(),
      "(update (set (path a b) (+ (if_not_exists c (path d 1)) name)) (remove e) (add f :n))");
}

// :v has 1 byte, :n 2, :l and :m 3.
TEST(Update, CostsBytesByItsClauses) {
  EXPECT_EQ(parse("SET b = :v")->statement_size(), 24U);
  EXPECT_EQ(parse("SET n = n + :n")->statement_size(), 75U);
  EXPECT_EQ(parse("REMOVE l[10]")->statement_size(), 11U);
  EXPECT_EQ(parse("SET c = m.z")->statement_size(), 54U);
  EXPECT_EQ(parse("SET a = :v, b = :v")->statement_size(), 45U);
  EXPECT_EQ(parse("SET #n[1][2].c = (:v)")->statement_size(), 42U);
  EXPECT_EQ(parse("SET a = a - :n")->statement_size(), 78U);
  EXPECT_EQ(parse("SET a = if_not_exists(b, :v)")->statement_size(), 79U);
  EXPECT_EQ(parse("SET a = list_append(:l, b)")->statement_size(), 79U);
  EXPECT_EQ(parse("ADD a :n")->statement_size(), 25U);
  EXPECT_EQ(parse("DELETE a :ss")->statement_size(), 5U);
  EXPECT_EQ(parse("REMOVE a, b[1]")->statement_size(), 12U);
}

}  // namespace
}  // namespace tailrace::expression
