// Conditions: text to tree, or to the error that the service gives.
#include <gtest/gtest.h>

#include "server/expression/expression.h"
#include "tests/server/expression/expression_testing.h"

namespace tailrace::expression {
namespace {

constexpr std::string_view kValues = R"({
  ":b":{"B":"AQ=="},":bool":{"BOOL":true},":bs":{"BS":["AQ=="]},":l":{"L":[]},":m":{"M":{}},":n":{"N":"5"},
  ":n2":{"N":"10"},":ns":{"NS":["1"]},":null":{"NULL":true},":s":{"S":"abc"},":s2":{"S":"abd"},":ss":{"SS":["x"]},
  ":type":{"S":"SS"},":v":{"S":"v"}})";

std::string compact(std::string_view json) {
  std::string text;
  for (const char c : json) {
    if (c != ' ' && c != '\n') text += c;
  }
  return text;
}

std::string parsed(std::string_view text, ExpressionKind kind = ExpressionKind::kCondition) {
  Placeholders names = placeholders(
      {{"#n", "name"}, {"#dot", "a.b"}, {"#size", "size"}, {"#u", "\u00fc"}}, compact(kValues));
  return outcome(Condition::parse(text, kind, names), [](const Condition& c) { return c.dump(); });
}

struct ParseCase {
  std::string_view text;
  std::string_view expected;
};
void PrintTo(const ParseCase& c, std::ostream* out) {
  *out << c.text;
}

class ConditionTree : public testing::TestWithParam<ParseCase> {};
TEST_P(ConditionTree, IsBuiltByPrecedence) {
  EXPECT_EQ(parsed(GetParam().text), GetParam().expected);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Texts, ConditionTree, testing::ValuesIn(std::initializer_list<ParseCase>{
    {"a = :v", "(= a :v)"},
    {"a<>:v", "(<> a :v)"},
    {":v < a", "(< :v a)"},
    {"a <= :v", "(<= a :v)"},
    {"a > :v", "(> a :v)"},
    {"a >= b", "(>= a b)"},
    {"a = :v AND b = :v", "(and (= a :v) (= b :v))"},
    {"a = :v and b = :v And c = :v", "(and (= a :v) (= b :v) (= c :v))"},
    {"a = :v OR b = :v AND c = :v", "(or (= a :v) (and (= b :v) (= c :v)))"},
    {"a = :v AND b = :v OR c = :v AND d = :v", "(or (and (= a :v) (= b :v)) (and (= c :v) (= d :v)))"},
    {"a = :v OR b = :v OR c = :v", "(or (= a :v) (= b :v) (= c :v))"},
    {"(a = :v OR b = :v) AND c = :v", "(and (or (= a :v) (= b :v)) (= c :v))"},
    {"c = :v AND (a = :v OR b = :v)", "(and (= c :v) (or (= a :v) (= b :v)))"},
    {"(a = :v AND b = :v) AND c = :v", "(and (and (= a :v) (= b :v)) (= c :v))"},
    {"NOT a = :v AND b = :v", "(and (not (= a :v)) (= b :v))"},
    {"NOT (a = :v AND b = :v)", "(not (and (= a :v) (= b :v)))"},
    {"NOT NOT a = :v", "(not (not (= a :v)))"},
    {"NOT (a) = :v", "(not (= a :v))"},
    {"a = :v AND NOT b = :v OR NOT c = :v", "(or (and (= a :v) (not (= b :v))) (not (= c :v)))"},
    {"a BETWEEN :n AND :n2", "(between a :n :n2)"},
    {"a BETWEEN :n AND :n2 AND b = :v", "(and (between a :n :n2) (= b :v))"},
    {"NOT a BETWEEN b AND c OR d = :v", "(or (not (between a b c)) (= d :v))"},
    {":n BETWEEN low AND high", "(between :n low high)"},
    {"size(a) BETWEEN :n AND :n2", "(between (size a) :n :n2)"},
    {"a IN (:v)", "(in a :v)"},
    {"a IN (:v, :n, b.c, size(d))", "(in a :v :n (path b c) (size d))"},
    {"NOT a IN (:v) AND b = :v", "(and (not (in a :v)) (= b :v))"},
    {":s IN (a, b)", "(in :s a b)"},
    {"attribute_exists(a)", "(attribute_exists a)"},
    {"attribute_exists (a)", "(attribute_exists a)"},
    {"attribute_exists((a))", "(attribute_exists a)"},
    {"attribute_not_exists(a.b[3])", "(attribute_not_exists (path a b 3))"},
    {"attribute_type(a, :type)", "(attribute_type a :type)"},
    {"attribute_type(:ss, :type)", "(attribute_type :ss :type)"},
    {"begins_with(a, :s)", "(begins_with a :s)"},
    {"begins_with(:b, b)", "(begins_with :b b)"},
    {"begins_with(a, a)", "(begins_with a a)"},
    {"contains(a, :s)", "(contains a :s)"},
    {"contains(:ss, a)", "(contains :ss a)"},
    {"contains(a, size(a))", "(contains a (size a))"},
    {"size(a) > :n", "(> (size a) :n)"},
    {":n < size(a)", "(< :n (size a))"},
    {"size(a) = size(b)", "(= (size a) (size b))"},
    {"size(a) = size(a)", "(= (size a) (size a))"},
    {"size(:s) = :n", "(= (size :s) :n)"},
    {"(size(a)) = :n", "(= (size a) :n)"},
    {"(a) = (:v)", "(= a :v)"},
    {"((a) = :v)", "(= a :v)"},
    {"(a = :v)", "(= a :v)"},
    {"((a = :v) AND (b = :v))", "(and (= a :v) (= b :v))"},
    {"((a = :v) AND b = :v)", "(and (= a :v) (= b :v))"},
    {"(NOT (a = :v))", "(not (= a :v))"},
    {"(attribute_exists(a)) AND (size(b)) = :n", "(and (attribute_exists a) (= (size b) :n))"},
    {"a.b.c = :v", "(= (path a b c) :v)"},
    {"a[0][12].b = :v", "(= (path a 0 12 b) :v)"},
    {"a [ 0 ] . b = :v", "(= (path a 0 b) :v)"},
    {"a[70] = :v", "(= (path a 70) :v)"},
    {"a[4294967294] = :v", "(= (path a 4294967294) :v)"},
    {"#n = :v", "(= name :v)"},
    {"a.#n[1].#n = :v", "(= (path a name 1 name) :v)"},
    {"#dot = :v", "(= a.b :v)"},
    {"#size = :v AND #u = :v", "(and (= size :v) (= \u00fc :v))"},
    {"remove = :v", "(= remove :v)"},
    {"a\t=\r\n:v", "(= a :v)"},
    {"begins_with = :s", "(= begins_with :s)"},
    {":s = :s2", "(= :s :s2)"},
    {":s = :s", "(= :s :s)"},
    {"a = :bool AND b = :null AND c = :m", "(and (= a :bool) (= b :null) (= c :m))"},
    {"a <> :l", "(<> a :l)"},
    {"a IN (:bool, :null)", "(in a :bool :null)"},
    {"a BETWEEN :s AND :s", "(between a :s :s)"},
    {"a BETWEEN a AND a", "(between a a a)"},
}));
// clang-format on

struct SyntaxCase {
  std::string_view text;
  std::string_view token;
  std::string_view near;
};
void PrintTo(const SyntaxCase& c, std::ostream* out) {
  *out << c.text;
}

class ConditionSyntax : public testing::TestWithParam<SyntaxCase> {};
TEST_P(ConditionSyntax, IsQuotedWhereItBreaks) {
  EXPECT_EQ(parsed(GetParam().text),
            str_cat("Invalid ConditionExpression: Syntax error; token: \"", GetParam().token,
                    "\", near: \"", GetParam().near, "\""));
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Syntax, ConditionSyntax, testing::ValuesIn(std::initializer_list<SyntaxCase>{
    {" ", "<EOF>", " "},
    {" \t ", "<EOF>", " \t "},
    {"a[007] = :v", "0", "007"},
    {"a", "<EOF>", "a"},
    {":v", "<EOF>", ":v"},
    {"(a)", "<EOF>", ")"},
    {"a = ", "<EOF>", "="},
    {"a = :v AND", "<EOF>", "AND"},
    {"(a = :v", "<EOF>", ":v"},
    {"a = :v)", ")", ":v)"},
    {"!!! x", "!", "!!"},
    {"a ! = :v", "!", "a ! ="},
    {"a == :v", "=", "== :v"},
    {"a = :v  b", "b", ":v  b"},
    {"a b = :v", "b", "a b ="},
    {"a AND b = :v", "AND", "a AND b"},
    {"a = :v AND b", "<EOF>", "b"},
    {"a = :v AND OR b = :v", "OR", "AND OR b"},
    {"NOT a", "<EOF>", "a"},
    {"NOT", "<EOF>", "NOT"},
    {"(a) AND b = :v", "AND", ") AND b"},
    {"a = b = c", "=", "b = c"},
    {"a = (b = c)", "=", "b = c"},
    {"(a = b) = c", "=", ") = c"},
    {"(a = b) > c", ">", ") > c"},
    {"a = b OR", "<EOF>", "OR"},
    {"()", ")", "()"},
    {"_a = :v", "_", "_a"},
    {"1a = :v", "1", "1a"},
    {"# = :v", "#", "# ="},
    {"a = :", ":", "= :"},
    {"a[:v] = :v", ":v", "[:v]"},
    {"a[#n] = :v", "#n", "[#n]"},
    {"a[-1] = :v", "-", "[-1"},
    {"a[] = :v", "]", "[] ="},
    {"a[1 = :v", "=", "1 = :v"},
    {"a[1.5] = :v", ".", "1.5"},
    {"a. = :v", "=", ". = :v"},
    {"a.[1] = :v", "[", ".[1"},
    {".a = :v", ".", ".a"},
    {"a.:v = :v", ":v", ".:v ="},
    {":v.a = :v", ".", ":v.a"},
    {":v[0] = :v", "[", ":v[0"},
    {"a = 5", "5", "= 5"},
    {"a = 'x'", "'", "= 'x"},
    {"a = \"x\"", "\"", "= \"x"},
    {"a + b = :v", "+", "a + b"},
    {"a IN :v", ":v", "IN :v"},
    {"a IN ()", ")", "()"},
    {"a IN (:v", "<EOF>", ":v"},
    {"a IN (:v,)", ")", ",)"},
    {"a NOT IN (:v)", "NOT", "a NOT IN"},
    {"a BETWEEN :n", "<EOF>", ":n"},
    {"a BETWEEN :n OR :n2", "OR", ":n OR :n2"},
    {"a BETWEEN (:n AND :n2)", "AND", ":n AND :n2"},
    {"size()", ")", "()"},
    {"size(a) > ", "<EOF>", ">"},
    {"attribute_exists(a", "<EOF>", "a"},
    {"attribute_exists(a = b)", "=", "a = b"},
    {"#n(a)", "(", "#n(a"},
    {"a.size(b) = :n", "(", "size(b"},
    {"attribute_exists a", "a", "attribute_exists a"},
    {"and = :v", "and", "and ="},
    {"a = in", "in", "= in"},
    {"a = :v; b = :v", ";", ":v; b"},
    {"a = \u00e9 b", "\u00e9", "= \u00e9 b"},
    {"((a = :v)", "<EOF>", ")"},
}));
// clang-format on

class ConditionError : public testing::TestWithParam<ParseCase> {};
TEST_P(ConditionError, HasTheTextOfTheService) {
  EXPECT_EQ(parsed(GetParam().text), str_cat("Invalid ConditionExpression: ", GetParam().expected));
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Static, ConditionError, testing::ValuesIn(std::initializer_list<ParseCase>{
    {"((a = :v))", "The expression has redundant parentheses;"},
    {"((a)) = :v", "The expression has redundant parentheses;"},
    {"a = ((:v))", "The expression has redundant parentheses;"},
    {"a IN (((:v)))", "The expression has redundant parentheses;"},
    {"NOT ((a = :v))", "The expression has redundant parentheses;"},
    {"b = :v AND ((a = :v) ) OR c = :v", "The expression has redundant parentheses;"},
    {"((a = :v AND b = :v))", "The expression has redundant parentheses;"},
    {"foo(a)", "Invalid function name; function: foo"},
    {"SIZE(a) = :n", "Invalid function name; function: SIZE"},
    {"Attribute_Exists(a)", "Invalid function name; function: Attribute_Exists"},
    {"foo(a) = bar(b)", "Invalid function name; function: foo"},
    {"if_not_exists(a, :v) = :v", "The function is not allowed in a condition expression; function: if_not_exists"},
    {"list_append(a, :l) = :l", "The function is not allowed in a condition expression; function: list_append"},
    {"size(a)", "The function is not allowed to be used this way in an expression; function: size"},
    {"size(a) AND b = :v", "The function is not allowed to be used this way in an expression; function: size"},
    {"NOT size(a)", "The function is not allowed to be used this way in an expression; function: size"},
    {"(size(a))", "The function is not allowed to be used this way in an expression; function: size"},
    {"attribute_exists(a) = :v", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
    {"a = contains(b, :v)", "The function is not allowed to be used this way in an expression; function: contains"},
    {"begins_with(attribute_type(a, :type), :v)", "The function is not allowed to be used this way in an expression; function: attribute_type"},
    {"(begins_with(a, :v)) IN (:v)", "The function is not allowed to be used this way in an expression; function: begins_with"},
    {"size = :v", "Attribute name is a reserved keyword; reserved keyword: size"},
    {"a.Name = :v", "Attribute name is a reserved keyword; reserved keyword: Name"},
    {"a[1].sTATUS = :v", "Attribute name is a reserved keyword; reserved keyword: sTATUS"},
    {"a.and = :v", "Attribute name is a reserved keyword; reserved keyword: and"},
    {"attribute_exists(year)", "Attribute name is a reserved keyword; reserved keyword: year"},
    {"set = :v", "Attribute name is a reserved keyword; reserved keyword: set"},
    {"delete = :v AND add = :v", "Attribute name is a reserved keyword; reserved keyword: delete"},
    {"a[4294967295] = :v", "List index is not within the allowable range; index: [4294967295]"},
    {"a[99999999999999999999999] = :v", "List index is not within the allowable range; index: [99999999999999999999999]"},
    {"#x = :v", "An expression attribute name used in the document path is not defined; attribute name: #x"},
    {"a.#x[0] = :v", "An expression attribute name used in the document path is not defined; attribute name: #x"},
    {"a = :x", "An expression attribute value used in expression is not defined; attribute value: :x"},
    {"a = :V", "An expression attribute value used in expression is not defined; attribute value: :V"},
    {"attribute_exists(a, b)", "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2"},
    {"attribute_not_exists(a, b, c)", "Incorrect number of operands for operator or function; operator or function: attribute_not_exists, number of operands: 3"},
    {"attribute_type(a)", "Incorrect number of operands for operator or function; operator or function: attribute_type, number of operands: 1"},
    {"begins_with(a)", "Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1"},
    {"contains(a, :v, :s)", "Incorrect number of operands for operator or function; operator or function: contains, number of operands: 3"},
    {"size(a, b) = :n", "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2"},
    {"a = a", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]"},
    {"(a) <> (a)", "The first operand must be distinct from the remaining operands for this operator or function; operator: <>, first operand: [a]"},
    {"a.b[3].#n < a.b[3].name1 AND a.b[3].#n >= a.b[3].#n", "The first operand must be distinct from the remaining operands for this operator or function; operator: >=, first operand: [a, b, [3], name]"},
    {"contains(#n, #n)", "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [name]"},
    {"attribute_exists(:v)", "Operator or function requires a document path; operator or function: attribute_exists"},
    {"attribute_not_exists(size(a))", "Operator or function requires a document path; operator or function: attribute_not_exists"},
    {"attribute_type(a, :n)", "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N"},
    {"attribute_type(a, b)", "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
    {"attribute_type(a, size(b))", "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N"},
    {"attribute_type(a, :s)", "Invalid attribute type name found; type: abc, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
    {"begins_with(a, :n)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
    {"begins_with(:ss, a)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: SS"},
    {"begins_with(a, size(b))", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
    {"size(:n) = :n", "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
    {"size(:bool) = :n", "Incorrect operand type for operator or function; operator or function: size, operand type: BOOL"},
    {":n = size(:null)", "Incorrect operand type for operator or function; operator or function: size, operand type: NULL"},
    {"size(size(a)) = :n", "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
    {"a < :bool", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
    {":null >= a", "Incorrect operand type for operator or function; operator or function: >=, operand type: NULL"},
    {"a > :ss", "Incorrect operand type for operator or function; operator or function: >, operand type: SS"},
    {"a <= :m", "Incorrect operand type for operator or function; operator or function: <=, operand type: M"},
    {"a BETWEEN :l AND :l", "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: L"},
    {"a BETWEEN :n AND :s", "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {S:abc}"},
    {"a BETWEEN :n2 AND :n", "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:10}, upper bound operand: AttributeValue: {N:5}"},
}));

// The earlier class of errors wins wherever it stands; within tests the leftmost.
INSTANTIATE_TEST_SUITE_P(Order, ConditionError, testing::ValuesIn(std::initializer_list<ParseCase>{
    {"((a = :x)) AND", "Syntax error; token: \"<EOF>\", near: \"AND\""},
    {"foo(year) = :x AND ((a = :v))", "The expression has redundant parentheses;"},
    {"size(a) AND year = :x AND foo(a)", "Invalid function name; function: foo"},
    {"year = :x AND size(a)", "The function is not allowed to be used this way in an expression; function: size"},
    {"#x = :x AND a.year = a.year", "Attribute name is a reserved keyword; reserved keyword: year"},
    {"a = a AND #x = :v", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]"},
    {"#x = :v AND a = a", "An expression attribute name used in the document path is not defined; attribute name: #x"},
    {"begins_with(a, :n) AND size(b, c) = :n", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
    {"size(b, c) = :x", "An expression attribute value used in expression is not defined; attribute value: :x"},
    {":x = #x", "An expression attribute value used in expression is not defined; attribute value: :x"},
    {"size(:n, :n) = size(:n)", "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2"},
}));
// clang-format on

TEST(Condition, NamesItsKindInErrors) {
  EXPECT_EQ(parsed("a", ExpressionKind::kFilter),
            "Invalid FilterExpression: Syntax error; token: \"<EOF>\", near: \"a\"");
  EXPECT_EQ(parsed("", ExpressionKind::kFilter),
            "Invalid FilterExpression: The expression can not be empty;");
}

TEST(Condition, TakesAtMost4096Bytes) {
  const std::string test = "a=:v";
  EXPECT_EQ(parsed(test + std::string(4092, ' ')), "(= a :v)");
  EXPECT_EQ(parsed(test + std::string(4093, ' ')),
            "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size;");
  EXPECT_EQ(parsed(std::string(5000, '(')),
            "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size;");
  EXPECT_EQ(outcome(check_expression_size(ExpressionKind::kFilter, std::string(4097, 'a'),
                                          ToldSize::kWithSize)),
            "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; "
            "expression size: 4097");
}

std::string repeated(int count, std::string_view text, std::string_view separator) {
  std::string all;
  for (int i = 0; i < count; ++i) str_append(all, i ? separator : "", text);
  return all;
}

constexpr std::string_view kTooMany =
    "Invalid ConditionExpression: The expression contains too many operators; operator count: 301";

TEST(Condition, TakesAtMost300Operators) {
  const std::string half = repeated(150, "a=:v", " OR ");  // 150 comparators, 149 ORs.
  EXPECT_EQ(parsed("NOT " + half).substr(0, 5), "(or (");
  EXPECT_EQ(parsed("NOT NOT " + half), kTooMany);
  EXPECT_EQ(parsed(repeated(151, "a=:v", " OR ")), kTooMany);
  EXPECT_EQ(parsed(repeated(150, "a IN (:v)", " OR ") + " OR b=:v"), kTooMany);
  EXPECT_EQ(parsed(repeated(150, "a BETWEEN b AND c", " OR ")).substr(0, 4), "(or ");
  EXPECT_EQ(parsed(repeated(151, "attribute_exists(a)", " OR ")).substr(0, 4), "(or ");
}

TEST(Condition, TakesAtMost99OperandsInTheListOfIn) {
  EXPECT_EQ(parsed("a IN (" + repeated(99, ":v", ",") + ")").substr(0, 8), "(in a :v");
  EXPECT_EQ(parsed("a IN (" + repeated(100, ":v", ",") + ")"),
            "Invalid ConditionExpression: Incorrect number of operands for operator or function; "
            "operator or function: "
            "IN, number of operands: 101");
}

TEST(Condition, TellsAllItsPaths) {
  Placeholders names = placeholders({{"#n", "x"}});
  const auto condition =
      Condition::parse("a.b = #n OR NOT size(c[1]) IN (d, e)", ExpressionKind::kFilter, names);
  ASSERT_TRUE(condition);
  std::string all;
  for (const Path& path : condition->paths()) all += path_text(path);
  EXPECT_EQ(all, "[a, b][x][c, [1]][d][e]");
}

TEST(Condition, OutlivesItsPlaceholders) {
  auto names = std::make_unique<Placeholders>(
      placeholders({}, R"({":v":{"S":"a text that is not short"}})"));
  const auto condition = Condition::parse("a = :v", ExpressionKind::kCondition, *names);
  names.reset();
  const AttributeMap stored = item(R"({"a":{"S":"a text that is not short"}})");
  ItemSource source(&stored);
  EXPECT_TRUE(condition->evaluate(source));
}

}  // namespace
}  // namespace tailrace::expression
