#include <gtest/gtest.h>

#include "server/expression/expression.h"
#include "tests/server/expression/expression_testing.h"

namespace tailrace::expression {
namespace {

constexpr std::string_view kItem =
    R"({"a":{"N":"1"},"l":{"L":[{"S":"l0"},{"S":"l1"},{"M":{"x":{"N":"2"},"y":{"N":"3"}}},{"L":[{"S":"p"},{"S":"q"}]}]},)"
    R"("m":{"M":{"c":{"M":{"d":{"S":"deep"},"e":{"S":"too"}}},"k":{"S":"v"},"none":{"M":{}}}},"pk":{"S":"k"}})";

std::string projected(std::string_view text) {
  Placeholders names = placeholders({{"#n", "name"}, {"#a", "a"}, {"#dot", "m.k"}, {"#m", "m"}});
  const AttributeMap stored = item(kItem);
  return outcome(Projection::parse(text, names), [&](const Projection& projection) {
    ItemSource source(&stored);
    return item_json(projection.apply(source));
  });
}

struct ProjectionCase {
  std::string_view text;
  std::string_view expected;
};
void PrintTo(const ProjectionCase& c, std::ostream* out) {
  *out << c.text;
}

class ProjectionOf : public testing::TestWithParam<ProjectionCase> {};
TEST_P(ProjectionOf, RebuildsTheItem) {
  EXPECT_EQ(projected(GetParam().text), GetParam().expected);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Paths, ProjectionOf, testing::ValuesIn(std::initializer_list<ProjectionCase>{
    {"a", R"({"a":{"N":"1"}})"},
    {"pk , a", R"({"a":{"N":"1"},"pk":{"S":"k"}})"},
    {"#a,#n", R"({"a":{"N":"1"}})"},
    {"nowhere", "{}"},
    {"#dot", "{}"},
    {"m.k", R"({"m":{"M":{"k":{"S":"v"}}}})"},
    {"m.k, m.c.d", R"({"m":{"M":{"c":{"M":{"d":{"S":"deep"}}},"k":{"S":"v"}}}})"},
    {"#m.c.e, m.c.d", R"({"m":{"M":{"c":{"M":{"d":{"S":"deep"},"e":{"S":"too"}}}}}})"},
    {"m.none1, m.c.x", "{}"},
    {"m.c.x, m.k", R"({"m":{"M":{"k":{"S":"v"}}}})"},
    {"l[0]", R"({"l":{"L":[{"S":"l0"}]}})"},
    {"l[1], l[0]", R"({"l":{"L":[{"S":"l0"},{"S":"l1"}]}})"},
    {"l[2].y, l[0], l[2].x", R"({"l":{"L":[{"S":"l0"},{"M":{"x":{"N":"2"},"y":{"N":"3"}}}]}})"},
    {"l[2].y", R"({"l":{"L":[{"M":{"y":{"N":"3"}}}]}})"},
    {"l[3][1], l[1]", R"({"l":{"L":[{"S":"l1"},{"L":[{"S":"q"}]}]}})"},
    {"l[9], l[4294967294]", "{}"},
    {"l[9], l[1]", R"({"l":{"L":[{"S":"l1"}]}})"},
    {"l.x, m[0], a.b, a1[0]", "{}"},
    {"l[10], l[2]", R"({"l":{"L":[{"M":{"x":{"N":"2"},"y":{"N":"3"}}}]}})"},
}));

INSTANTIATE_TEST_SUITE_P(Errors, ProjectionOf, testing::ValuesIn(std::initializer_list<ProjectionCase>{
    {"", "Invalid ProjectionExpression: The expression can not be empty;"},
    {" ", "Invalid ProjectionExpression: Syntax error; token: \"<EOF>\", near: \" \""},
    {"a,", "Invalid ProjectionExpression: Syntax error; token: \"<EOF>\", near: \",\""},
    {",a", "Invalid ProjectionExpression: Syntax error; token: \",\", near: \",a\""},
    {"a b", "Invalid ProjectionExpression: Syntax error; token: \"b\", near: \"a b\""},
    {"a, :v", "Invalid ProjectionExpression: Syntax error; token: \":v\", near: \", :v\""},
    {"size(a)", "Invalid ProjectionExpression: Syntax error; token: \"(\", near: \"size(a\""},
    {"a..b", "Invalid ProjectionExpression: Syntax error; token: \".\", near: \"..b\""},
    {"(a)", "Invalid ProjectionExpression: Syntax error; token: \"(\", near: \"(a\""},
    {"a, year", "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: year"},
    {"and", "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: and"},
    {"a.Set", "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: Set"},
    {"a[4294967295]", "Invalid ProjectionExpression: List index is not within the allowable range; index: [4294967295]"},
    {"#x, year", "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: year"},
    {"a, a, #x", "Invalid ProjectionExpression: An expression attribute name used in the document path is not defined; attribute name: #x"},
    {"a, #a", "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
    {"a.b, a", "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]"},
    {"l[01]", "Invalid ProjectionExpression: Syntax error; token: \"1\", near: \"01]\""},
    {"l[00]", "Invalid ProjectionExpression: Syntax error; token: \"0\", near: \"00]\""},
    {"a.b.c, l, a[1].b", "Invalid ProjectionExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b, c], path two: [a, [1], b]"},
    {"a.b, a[1], l, l", "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [l], path two: [l]"},
}));
// clang-format on

TEST(Projection, KeepsEmptyContainersThatWereAskedForAsAWhole) {
  Placeholders names = placeholders({{"#none", "none"}});
  const auto projection = Projection::parse("m.#none", names);
  const AttributeMap stored = item(kItem);
  ItemSource source(&stored);
  EXPECT_EQ(item_json(projection->apply(source)), R"({"m":{"M":{"none":{"M":{}}}}})");
}

TEST(Projection, OfNamesKnowsNoPaths) {
  const AttributeMap stored = item(R"({"a.b":{"N":"1"},"size":{"N":"2"},"z":{"N":"3"}})");
  ItemSource source(&stored);
  EXPECT_EQ(item_json(Projection::of_names({"size", "a.b", "nowhere"}).apply(source)),
            R"({"a.b":{"N":"1"},"size":{"N":"2"}})");
}

TEST(Projection, OfNoItemIsEmpty) {
  ItemSource nothing(nullptr);
  EXPECT_TRUE(Projection::of_names({"a"}).apply(nothing).empty());
}

TEST(Projection, TakesHundredsOfPaths) {
  std::string text = "l[0]";
  for (int i = 4; i < 700; ++i) str_append(text, ",l[", i, "]");
  EXPECT_EQ(projected(text.substr(0, 4096 - 4096 % 4)).substr(0, 7), "Invalid");
  text.resize(text.rfind(',', 4090));
  EXPECT_EQ(projected(text), R"({"l":{"L":[{"S":"l0"}]}})");
}

}  // namespace
}  // namespace tailrace::expression
