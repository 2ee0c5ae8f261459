// Conditions against items.
#include <gtest/gtest.h>

#include "server/expression/expression.h"
#include "tests/server/expression/expression_testing.h"

namespace tailrace::expression {
namespace {

constexpr std::string_view kItem =
    R"({"big":{"N":"12345678901234567890123456789012345678"},"bin":{"B":"AAH/"},"blank":{"S":""},)"
    R"("bset":{"BS":["AQ==","/w=="]},"flag":{"BOOL":true},)"
    R"("l":{"L":[{"N":"1"},{"S":"x"},{"M":{"k":{"L":[{"BOOL":false}]}}}]},)"
    R"("m":{"M":{"a":{"N":"1"},"b":{"M":{"c":{"S":"deep"}}}}},"n":{"N":"5"},"neg":{"N":"-1.5"},"nil":{"NULL":true},)"
    R"("nset":{"NS":["1","2.5"]},"s":{"S":"hello"},"sset":{"SS":["a","b"]},"uni":{"S":"ä€😀"}})";

constexpr std::string_view kValues =
    R"({":1":{"N":"1"},":10":{"N":"10"},":2":{"N":"2"},":3":{"N":"3"},":4":{"N":"4"},":5":{"N":"5"},)"
    R"(":B":{"S":"B"},":BS":{"S":"BS"},":L":{"S":"L"},":M":{"S":"M"},":N":{"S":"N"},":NS":{"S":"NS"},)"
    R"(":NULL":{"S":"NULL"},":S":{"S":"S"},":SS":{"S":"SS"},":a":{"S":"a"},":bin":{"B":"AAH/"},":bin1":{"B":"AQ=="},)"
    R"(":bin2":{"B":"AAE="},":boolt":{"S":"BOOL"},":e":{"S":""},":ell":{"S":"ell"},)"
    R"(":f":{"BOOL":false},":false":{"L":[{"BOOL":false}]},":he":{"S":"he"},":hello":{"S":"hello"},)"
    R"(":l":{"L":[{"N":"1"},{"S":"x"},{"M":{"k":{"L":[{"BOOL":false}]}}}]},)"
    R"(":l2":{"L":[{"S":"x"},{"N":"1"},{"M":{"k":{"L":[{"BOOL":false}]}}}]},)"
    R"(":m":{"M":{"a":{"N":"1"},"b":{"M":{"c":{"S":"deep"}}}}},":nil":{"NULL":true},":nset":{"NS":["1","2.5"]},)"
    R"(":null":{"NULL":true},":s5":{"S":"5"},":sset":{"SS":["a","b"]},":sset3":{"SS":["a","b","c"]},)"
    R"(":t":{"BOOL":true},":x":{"S":"x"},":zz":{"S":"zz"}})";

struct EvaluationCase {
  std::string_view text;
  bool expected;
};
void PrintTo(const EvaluationCase& c, std::ostream* out) {
  *out << c.text;
}

Result<Condition> parse(std::string_view text) {
  Placeholders names = placeholders({{"#size", "size"}}, kValues);
  return Condition::parse(text, ExpressionKind::kCondition, names);
}

class ConditionValue : public testing::TestWithParam<EvaluationCase> {};
TEST_P(ConditionValue, IsAsDocumented) {
  const auto condition = parse(GetParam().text);
  ASSERT_TRUE(condition) << condition.error().message;
  const AttributeMap stored = item(kItem);
  ItemSource source(&stored);
  EXPECT_EQ(condition->evaluate(source), GetParam().expected);

  const Buffer bytes = encode_item(stored);
  StoredItemSource lazily{StoredItem(bytes)};
  EXPECT_EQ(condition->evaluate(lazily), GetParam().expected) << "from the stored form";
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Tests, ConditionValue, testing::ValuesIn(std::initializer_list<EvaluationCase>{
    {"s = :hello", true}, {"s = :he", false}, {"n = :5", true}, {"n = :s5", false}, {":5 = n", true},
    {"s <> :hello", false}, {"n <> :s5", true}, {"n <> :5", false},
    {"absent = :5", false}, {"absent <> :5", true}, {"absent = gone", false}, {"absent <> gone", true},
    {"absent < gone", false}, {"absent < :5", false}, {":5 > absent", false},
    {"n < :10", true}, {"n < :5", false}, {"n <= :5", true}, {"n > :4", true}, {"n > :5", false}, {"n >= :5", true},
    {"neg < :1", true}, {"big > :10", true}, {"n < :s5", false}, {"n > :s5", false}, {"s > :he", true}, {"s < :zz", true},
    {"bin > :bin2", true}, {"bin < :bin1", true}, {"bin = :bin", true}, {"blank < :a", true}, {"blank = :e", true},
    {"flag = :t", true}, {"flag = :f", false}, {"nil = :nil", true}, {"flag < n", false}, {"sset < l", false},
    {"sset = :sset", true}, {"sset = :sset3", false}, {"nset = :nset", true}, {"sset <> :sset3", true},
    {"l = :l", true}, {"l = :l2", false}, {"m = :m", true}, {"m.b = :m", false},
    {"m.a = :1", true}, {"m.b.c = :hello", false}, {"l[0] = :1", true}, {"l[1] = :x", true}, {"l[2].k[0] = :f", true},
    {"l[3] = :1", false}, {"l[4294967294] = :1", false}, {"l.a = :1", false}, {"m[0] = :1", false}, {"s.x = :1", false},
    {"n BETWEEN :1 AND :10", true}, {"n BETWEEN :5 AND :5", true}, {"n BETWEEN :1 AND :4", false},
    {"n BETWEEN m.a AND big", true}, {"n BETWEEN big AND m.a", false}, {"n BETWEEN s AND big", false},
    {"n BETWEEN absent AND :10", false}, {"n BETWEEN :1 AND absent", false}, {"absent BETWEEN :1 AND :10", false},
    {":5 BETWEEN m.a AND big", true}, {"s BETWEEN :he AND :zz", true}, {"NOT n BETWEEN :1 AND :4", true},
    {"n IN (:1, :5)", true}, {"n IN (:1, :s5)", false}, {"n IN (:s5, :t, :5)", true}, {"absent IN (:1)", false},
    {"absent IN (gone)", false}, {"n IN (absent, :5)", true}, {"l IN (:1, :l)", true}, {":x IN (s, l[1])", true},
    {"attribute_exists(s)", true}, {"attribute_exists(nil)", true}, {"attribute_exists(absent)", false},
    {"attribute_exists(m.b.c)", true}, {"attribute_exists(m.x.c)", false}, {"attribute_exists(l[2])", true},
    {"attribute_exists(l[3])", false}, {"attribute_not_exists(l[3])", true}, {"attribute_not_exists(s)", false},
    {"attribute_type(s, :S)", true}, {"attribute_type(n, :S)", false}, {"attribute_type(n, :N)", true},
    {"attribute_type(bin, :B)", true}, {"attribute_type(flag, :boolt)", true}, {"attribute_type(nil, :NULL)", true},
    {"attribute_type(sset, :SS)", true}, {"attribute_type(nset, :NS)", true}, {"attribute_type(bset, :BS)", true},
    {"attribute_type(l, :L)", true}, {"attribute_type(m, :M)", true}, {"attribute_type(absent, :S)", false},
    {"NOT attribute_type(absent, :S)", true}, {"attribute_type(:5, :N)", true},
    {"begins_with(s, :he)", true}, {"begins_with(s, :ell)", false}, {"begins_with(s, :e)", true},
    {"begins_with(s, :hello)", true}, {"begins_with(:he, s)", false}, {"begins_with(bin, :bin2)", true},
    {"begins_with(bin, :he)", false}, {"begins_with(n, :s5)", false}, {"begins_with(absent, :he)", false},
    {"begins_with(s, absent)", false},
    {"contains(s, :ell)", true}, {"contains(s, :a)", false}, {"contains(s, :e)", true}, {"contains(s, :5)", false},
    {"contains(bin, :bin1)", true}, {"contains(sset, :a)", true}, {"contains(sset, :x)", false}, {"contains(sset, :1)", false},
    {"contains(nset, :1)", true}, {"contains(nset, :2)", false}, {"contains(nset, :a)", false}, {"contains(bset, :bin1)", true},
    {"contains(bset, :bin2)", false}, {"contains(l, :1)", true}, {"contains(l, :x)", true}, {"contains(l, :2)", false},
    {"contains(l, m)", false}, {"contains(l[2].k, :f)", true}, {"contains(:l, l[2])", true}, {"contains(m, :a)", false},
    {"contains(n, :5)", false}, {"contains(flag, :t)", false}, {"contains(absent, :a)", false},
    {"contains(s, absent)", false}, {"contains(sset, :sset)", false}, {"contains(:hello, s)", true},
    {"size(s) = :5", true}, {"size(blank) < :1", true}, {"size(bin) = :3", true}, {"size(sset) = :2", true},
    {"size(nset) = :2", true}, {"size(bset) = :2", true}, {"size(l) = :3", true}, {"size(m) = :2", true},
    {"size(uni) = :4", true}, {"size(n) = :1", false}, {"size(n) <> :1", true}, {"size(flag) = :1", false},
    {"size(absent) = :1", false}, {"size(absent) < :1", false}, {"size(s) > size(l)", true}, {"size(:l) = :3", true},
    {"n = size(s)", true}, {"size(s) BETWEEN :4 AND :10", true}, {"size(s) IN (:4, :5)", true}, {"size(s) = :s5", false},
    {"contains(nset, size(l[1]))", true},
    {"n = :5 AND s = :hello", true}, {"n = :5 AND s = :he", false}, {"n = :1 OR s = :hello", true}, {"n = :1 OR s = :he", false},
    {"NOT n = :5", false}, {"NOT absent = :5", true}, {"NOT (n = :5 AND s = :he)", true}, {"NOT NOT n = :5", true},
    {"n = :1 AND s = :he OR flag = :t", true}, {"n = :1 AND (s = :he OR flag = :t)", false},
    {"NOT n = :1 AND n = :5", true}, {"n = :5 OR n = :1 AND n = :2", true},
}));
// clang-format on

TEST(Condition, SeesNothingWhereThereIsNoItem) {
  ItemSource nothing(nullptr);
  EXPECT_TRUE(parse("attribute_not_exists(s)")->evaluate(nothing));
  EXPECT_FALSE(parse("attribute_exists(s)")->evaluate(nothing));
  EXPECT_FALSE(parse("s = :x")->evaluate(nothing));
  EXPECT_TRUE(parse("s <> :x")->evaluate(nothing));
}

class CountingSource final : public AttributeSource {
 public:
  explicit CountingSource(const AttributeMap* map) : inner_(map) {}
  const AttributeValue* find(std::string_view name) override {
    asked += name;
    return inner_.find(name);
  }
  std::string asked;

 private:
  ItemSource inner_;
};

TEST(Condition, StopsAtTheFirstPartThatDecides) {
  const AttributeMap stored = item(R"({"a":{"N":"1"},"b":{"N":"2"}})");
  CountingSource or_source(&stored);
  EXPECT_TRUE(parse("a = :1 OR b = :1 OR c = :1")->evaluate(or_source));
  EXPECT_EQ(or_source.asked, "a");
  CountingSource and_source(&stored);
  EXPECT_FALSE(parse("a = :1 AND b = :1 AND c = :1")->evaluate(and_source));
  EXPECT_EQ(and_source.asked, "ab");
}

}  // namespace
}  // namespace tailrace::expression
