// Updates applied to items.
#include <gtest/gtest.h>

#include "server/expression/expression.h"
#include "tests/server/expression/expression_testing.h"

namespace tailrace::expression {
namespace {

Placeholders values() {
  AttributeMap map;
  const auto put = [&](std::string_view name, AttributeValue value) {
    map.set(name, std::move(value));
  };
  put(":0", {Number(0)});
  put(":1", {Number(1)});
  put(":2", {*Number::parse("2.5")});
  put(":b", {true});
  put(":big", {*Number::parse("9e125")});
  put(":long", {*Number::parse("1e-37")});
  put(":neg", {Number(-7)});
  for (
      const auto& [name, value] : item(
          R"({":bs":{"BS":["AQ=="]},":e":{"L":[]},":l":{"L":[{"S":"p"},{"S":"q"}]},":m":{"M":{"x":{"S":"y"}}},)"
          R"(":ns":{"NS":["1","2"]},":nsd":{"NS":["1"]},":s":{"S":"new"},":ss":{"SS":["b","c"]},)"
          R"(":ssa":{"SS":["a","b"]},":t":{"S":"other"}})")) {
    put(name, value);
  }
  return Placeholders({{"#n", "n"}}, std::move(map));
}

Update parse(std::string_view text) {
  Placeholders names = values();
  auto update = Update::parse(text, names);
  if (!update) ADD_FAILURE() << text << ": " << update.error().message;
  return *std::move(update);
}

std::string applied(std::string_view text, std::string_view old) {
  const AttributeMap before = item(old);
  const Update update = parse(text);
  const std::string copied =
      outcome(update.apply(&before, AttributeMap()),
              [](const std::optional<AttributeMap>& after) { return item_json(*after); });
  EXPECT_EQ(item_json(before), old) << "apply changed its input";
  const std::string moved = outcome(update.apply(AttributeMap(before)),
                                    [](const AttributeMap& after) { return item_json(after); });
  EXPECT_EQ(moved, copied);
  return copied;
}

struct ApplyCase {
  std::string_view text;
  std::string_view old;
  std::string_view expected;
};
void PrintTo(const ApplyCase& c, std::ostream* out) {
  *out << c.text << " on " << c.old;
}

class UpdateApplied : public testing::TestWithParam<ApplyCase> {};
TEST_P(UpdateApplied, GivesTheNewItem) {
  EXPECT_EQ(applied(GetParam().text, GetParam().old), GetParam().expected);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Set, UpdateApplied, testing::ValuesIn(std::initializer_list<ApplyCase>{
    {"SET a = :s", R"({})", R"({"a":{"S":"new"}})"},
    {"SET a = :s", R"({"a":{"N":"1"},"b":{"N":"2"}})", R"({"a":{"S":"new"},"b":{"N":"2"}})"},
    {"SET a = b", R"({"b":{"L":[{"N":"2"}]}})", R"({"a":{"L":[{"N":"2"}]},"b":{"L":[{"N":"2"}]}})"},
    {"SET a = b, b = a", R"({"a":{"N":"1"},"b":{"N":"2"}})", R"({"a":{"N":"2"},"b":{"N":"1"}})"},
    {"SET a = b REMOVE b", R"({"b":{"N":"2"}})", R"({"a":{"N":"2"}})"},
    {"REMOVE b SET a = b", R"({"b":{"N":"2"}})", R"({"a":{"N":"2"}})"},
    {"SET a.b = a.c", R"({"a":{"M":{"c":{"S":"v"}}}})", R"({"a":{"M":{"b":{"S":"v"},"c":{"S":"v"}}}})"},
    {"SET a.b = a", R"({"a":{"M":{"c":{"S":"v"}}}})", R"({"a":{"M":{"b":{"M":{"c":{"S":"v"}}},"c":{"S":"v"}}}})"},
    {"SET a.b.c = :s, a.b.d = :t, e = :1", R"({"a":{"M":{"b":{"M":{"c":{"N":"1"}}}}}})", R"({"a":{"M":{"b":{"M":{"c":{"S":"new"},"d":{"S":"other"}}}}},"e":{"N":"1"}})"},
    {"SET n = n + :1", R"({"n":{"N":"5"}})", R"({"n":{"N":"6"}})"},
    {"SET n = n - :2", R"({"n":{"N":"5"}})", R"({"n":{"N":"2.5"}})"},
    {"SET n = :neg - n", R"({"n":{"N":"5"}})", R"({"n":{"N":"-12"}})"},
    {"SET n = n + n", R"({"n":{"N":"0.1"}})", R"({"n":{"N":"0.2"}})"},
    {"SET n = n + m.k", R"({"m":{"M":{"k":{"N":"2"}}},"n":{"N":"5"}})", R"({"m":{"M":{"k":{"N":"2"}}},"n":{"N":"7"}})"},
    {"SET n = (n + :1) - (n - :1)", R"({"n":{"N":"5"}})", R"({"n":{"N":"2"}})"},
    {"SET n = if_not_exists(n, :0) + :1", R"({})", R"({"n":{"N":"1"}})"},
    {"SET n = if_not_exists(n, :0) + :1", R"({"n":{"N":"5"}})", R"({"n":{"N":"6"}})"},
    {"SET n = :1 + if_not_exists(o, if_not_exists(n, :0))", R"({"n":{"N":"5"}})", R"({"n":{"N":"6"}})"},
    {"SET a = if_not_exists(a, :s)", R"({"a":{"NULL":true}})", R"({"a":{"NULL":true}})"},
    {"SET a = if_not_exists(b, :s)", R"({"a":{"N":"1"}})", R"({"a":{"S":"new"}})"},
    {"SET a = if_not_exists(b, c)", R"({"c":{"N":"1"}})", R"({"a":{"N":"1"},"c":{"N":"1"}})"},
    {"SET l = list_append(l, :l)", R"({"l":{"L":[{"N":"1"}]}})", R"({"l":{"L":[{"N":"1"},{"S":"p"},{"S":"q"}]}})"},
    {"SET l = list_append(:l, l)", R"({"l":{"L":[{"N":"1"}]}})", R"({"l":{"L":[{"S":"p"},{"S":"q"},{"N":"1"}]}})"},
    {"SET l = list_append(l, l)", R"({"l":{"L":[{"N":"1"}]}})", R"({"l":{"L":[{"N":"1"},{"N":"1"}]}})"},
    {"SET l = list_append(if_not_exists(l, :e), :l)", R"({})", R"({"l":{"L":[{"S":"p"},{"S":"q"}]}})"},
    {"SET m = :m", R"({})", R"({"m":{"M":{"x":{"S":"y"}}}})"},
}));

INSTANTIATE_TEST_SUITE_P(Lists, UpdateApplied, testing::ValuesIn(std::initializer_list<ApplyCase>{
    {"SET l[0] = :s", R"({"l":{"L":[{"N":"1"},{"N":"2"}]}})", R"({"l":{"L":[{"S":"new"},{"N":"2"}]}})"},
    {"SET l[0] = :s", R"({"l":{"L":[]}})", R"({"l":{"L":[{"S":"new"}]}})"},
    {"SET l[10] = :s", R"({"l":{"L":[{"N":"1"}]}})", R"({"l":{"L":[{"N":"1"},{"S":"new"}]}})"},
    {"SET l[4294967294] = :s", R"({"l":{"L":[{"N":"1"}]}})", R"({"l":{"L":[{"N":"1"},{"S":"new"}]}})"},
    {"SET l[9] = :t, l[5] = :s", R"({"l":{"L":[{"N":"1"}]}})", R"({"l":{"L":[{"N":"1"},{"S":"new"},{"S":"other"}]}})"},
    {"SET l[9] = :t, l[0] = :s", R"({"l":{"L":[{"N":"1"}]}})", R"({"l":{"L":[{"S":"new"},{"S":"other"}]}})"},
    {"SET l[1] = l[0], l[0] = l[1]", R"({"l":{"L":[{"N":"1"},{"N":"2"}]}})", R"({"l":{"L":[{"N":"2"},{"N":"1"}]}})"},
    {"REMOVE l[0]", R"({"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}})", R"({"l":{"L":[{"N":"2"},{"N":"3"}]}})"},
    {"REMOVE l[0], l[2]", R"({"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}})", R"({"l":{"L":[{"N":"2"}]}})"},
    {"REMOVE l[2], l[0], l[1]", R"({"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}})", R"({"l":{"L":[]}})"},
    {"REMOVE l[0], l[1]", R"({"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"},{"N":"4"}]}})", R"({"l":{"L":[{"N":"3"},{"N":"4"}]}})"},
    {"REMOVE l[3]", R"({"l":{"L":[{"N":"1"}]}})", R"({"l":{"L":[{"N":"1"}]}})"},
    {"REMOVE l[0] SET l[1] = :s", R"({"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}})", R"({"l":{"L":[{"S":"new"},{"N":"3"}]}})"},
    {"REMOVE l[1] SET l[7] = :s", R"({"l":{"L":[{"N":"1"},{"N":"2"}]}})", R"({"l":{"L":[{"N":"1"},{"S":"new"}]}})"},
    {"REMOVE l[2] SET l[7] = :s", R"({"l":{"L":[{"N":"1"},{"N":"2"}]}})", R"({"l":{"L":[{"N":"1"},{"N":"2"},{"S":"new"}]}})"},
    {"REMOVE l[0], l[1][0], l[2].a", R"({"l":{"L":[{"N":"0"},{"L":[{"N":"1"},{"N":"2"}]},{"M":{"a":{"N":"1"},"b":{"N":"2"}}}]}})", R"({"l":{"L":[{"L":[{"N":"2"}]},{"M":{"b":{"N":"2"}}}]}})"},
    {"SET l[0][1] = :s REMOVE l[1]", R"({"l":{"L":[{"L":[]},{"N":"2"}]}})", R"({"l":{"L":[{"L":[{"S":"new"}]}]}})"},
    {"ADD l[0] :1, l[5] :1", R"({"l":{"L":[{"N":"1"}]}})", R"({"l":{"L":[{"N":"2"},{"N":"1"}]}})"},
    {"DELETE l[0] :ssa", R"({"l":{"L":[{"SS":["a"]},{"N":"2"}]}})", R"({"l":{"L":[{"N":"2"}]}})"},
}));

INSTANTIATE_TEST_SUITE_P(RemoveAddDelete, UpdateApplied, testing::ValuesIn(std::initializer_list<ApplyCase>{
    {"REMOVE a", R"({"a":{"N":"1"},"b":{"N":"2"}})", R"({"b":{"N":"2"}})"},
    {"REMOVE a, c", R"({"b":{"N":"2"}})", R"({"b":{"N":"2"}})"},
    {"REMOVE m.a", R"({"m":{"M":{"a":{"N":"1"}}}})", R"({"m":{"M":{}}})"},
    {"REMOVE m.b", R"({"m":{"M":{"a":{"N":"1"}}}})", R"({"m":{"M":{"a":{"N":"1"}}}})"},
    {"ADD n :1", R"({})", R"({"n":{"N":"1"}})"},
    {"ADD #n :neg", R"({"n":{"N":"5"}})", R"({"n":{"N":"-2"}})"},
    {"ADD m.n :1, m.o :1", R"({"m":{"M":{"n":{"N":"5"}}}})", R"({"m":{"M":{"n":{"N":"6"},"o":{"N":"1"}}}})"},
    {"ADD s :ss", R"({})", R"({"s":{"SS":["b","c"]}})"},
    {"ADD s :ss", R"({"s":{"SS":["a","b"]}})", R"({"s":{"SS":["a","b","c"]}})"},
    {"ADD s :ns", R"({"s":{"NS":["1.5","2"]}})", R"({"s":{"NS":["1","1.5","2"]}})"},
    {"ADD s :bs", R"({"s":{"BS":["Ag=="]}})", R"({"s":{"BS":["AQ==","Ag=="]}})"},
    {"DELETE s :ss", R"({"s":{"SS":["a","b"]}})", R"({"s":{"SS":["a"]}})"},
    {"DELETE s :ns", R"({"s":{"NS":["2","3"]}})", R"({"s":{"NS":["3"]}})"},
    {"DELETE s :bs", R"({"s":{"BS":["AQ==","Ag=="]}})", R"({"s":{"BS":["Ag=="]}})"},
    {"DELETE s :ssa", R"({"s":{"SS":["a","b"]}})", R"({})"},
    {"DELETE s :ss", R"({"a":{"N":"1"}})", R"({"a":{"N":"1"}})"},
    {"DELETE m.s :ss", R"({"m":{"M":{}}})", R"({"m":{"M":{}}})"},
}));

constexpr std::string_view kMissing = "The provided expression refers to an attribute that does not exist in the item";
constexpr std::string_view kWrongType = "An operand in the update expression has an incorrect data type";
constexpr std::string_view kInvalidPath = "The document path provided in the update expression is invalid for update";
constexpr std::string_view kItem =
    R"({"l":{"L":[{"N":"1"}]},"m":{"M":{"a":{"S":"x"}}},"n":{"N":"9000000000000000000000000000000000000"},"s":{"S":"x"},"ss":{"SS":["a"]}})";

INSTANTIATE_TEST_SUITE_P(Errors, UpdateApplied, testing::ValuesIn(std::initializer_list<ApplyCase>{
    {"SET a = b", kItem, kMissing},
    {"SET a = m.b", kItem, kMissing},
    {"SET a = l[1]", kItem, kMissing},
    {"SET a = b + :1", kItem, kMissing},
    {"SET a = if_not_exists(b, c)", kItem, kMissing},
    {"SET a = list_append(b, :l)", kItem, kMissing},
    {"SET b = :1, a = b", kItem, kMissing},
    {"SET a = s + :1", kItem, kWrongType},
    {"SET a = :1 - ss", kItem, kWrongType},
    {"SET a = if_not_exists(s, :1) + :1", kItem, kWrongType},
    {"SET a = if_not_exists(b, :s) + :1", kItem, kWrongType},
    {"SET a = list_append(l, :l) + :1", kItem, kWrongType},
    {"SET a = list_append(s, :l)", kItem, kWrongType},
    {"SET a = list_append(l, if_not_exists(b, :s))", kItem, kWrongType},
    {"ADD s :1", kItem, kWrongType},
    {"ADD n :ss", kItem, kWrongType},
    {"ADD ss :ns", kItem, kWrongType},
    {"ADD m :1", kItem, kWrongType},
    {"DELETE s :ss", kItem, kWrongType},
    {"DELETE ss :ns", kItem, kWrongType},
    {"DELETE n :ns", kItem, kWrongType},
    {"SET a.b = :s", kItem, kInvalidPath},
    {"SET m.b.c = :s", kItem, kInvalidPath},
    {"SET m[0] = :s", kItem, kInvalidPath},
    {"SET l.a = :s", kItem, kInvalidPath},
    {"SET s.a = :s", kItem, kInvalidPath},
    {"SET s[0] = :s", kItem, kInvalidPath},
    {"SET l[1].a = :s", kItem, kInvalidPath},
    {"SET l[0].a = :s", kItem, kInvalidPath},
    {"SET a[0] = :s", kItem, kInvalidPath},
    {"SET a = :m, b.x = :s", kItem, kInvalidPath},
    {"REMOVE a.b", kItem, kInvalidPath},
    {"REMOVE l[5].b", kItem, kInvalidPath},
    {"REMOVE s.b", kItem, kInvalidPath},
    {"REMOVE m[0]", kItem, kInvalidPath},
    {"ADD a.b :1", kItem, kInvalidPath},
    {"DELETE a.b :ss", kItem, kInvalidPath},
}));
// clang-format on

TEST(Update, RefusesResultsThatANumberCannotHold) {
  const AttributeMap old = item(R"({"n":{"N":"1"}})");
  for (const std::string_view text : {"SET n = :big + :big", "SET n = :big - n", "ADD n :big"}) {
    const auto result = parse(text).apply(&old, AttributeMap());
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, ErrorCode::kValidationException);
  }
}

TEST(Update, ComputesWith38Digits) {
  EXPECT_EQ(applied("SET n = n + :long", R"({"n":{"N":"1"}})"),
            R"({"n":{"N":"1.0000000000000000000000000000000000001"}})");
}

std::string created(std::string_view text) {
  const AttributeMap key = item(R"({"pk":{"S":"k"}})");
  return outcome(parse(text).apply(nullptr, key), [](const std::optional<AttributeMap>& after) {
    return after ? item_json(*after) : "nothing";
  });
}

TEST(Update, CreatesTheItemFromKeyAndResults) {
  EXPECT_EQ(created("SET a = :s ADD n :1"), R"({"a":{"S":"new"},"n":{"N":"1"},"pk":{"S":"k"}})");
  EXPECT_EQ(created("ADD n :ss"), R"({"n":{"SS":["b","c"]},"pk":{"S":"k"}})");
  EXPECT_EQ(created("SET a = :s REMOVE b, c.d, e[1]"), R"({"a":{"S":"new"},"pk":{"S":"k"}})");
  // The key is there when the item is not. (behaviour/validation 7)
  EXPECT_EQ(created("SET a = if_not_exists(pk, :s)"), R"({"a":{"S":"k"},"pk":{"S":"k"}})");
  EXPECT_EQ(created("SET a = pk"), R"({"a":{"S":"k"},"pk":{"S":"k"}})");
}

TEST(Update, CreatesNothingByRemovingAlone) {
  EXPECT_EQ(created("REMOVE a"), "nothing");
  EXPECT_EQ(created("REMOVE a.b[3]"), "nothing");
  EXPECT_EQ(created("DELETE a :ss REMOVE b"), "nothing");
  EXPECT_EQ(created("DELETE a.b :ss"), "nothing");
}

TEST(Update, RefusesMissingOperandsAndParentsOfANewItem) {
  EXPECT_EQ(created("SET a = a + :1"), kMissing);
  EXPECT_EQ(created("SET a.b = :s"), kInvalidPath);
  EXPECT_EQ(created("ADD a[0] :1"), kInvalidPath);
  EXPECT_EQ(created("SET a.b = :s REMOVE a.c"), kInvalidPath);
}

TEST(Update, MayBeAppliedTwice) {
  const Update update = parse("SET a = :m, b = list_append(:l, l) ADD n :1");
  const AttributeMap old = item(R"({"l":{"L":[{"N":"1"}]},"n":{"N":"1"}})");
  const auto first = update.apply(&old, AttributeMap());
  const auto second = update.apply(&old, AttributeMap());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(**first, **second);
}

std::string touched(std::string_view text, std::string_view json) {
  return item_json(parse(text).touched(item(json)));
}

TEST(Update, ShowsTheFragmentsThatItTouched) {
  constexpr std::string_view kBefore =
      R"({"a":{"M":{"b":{"N":"1"},"c":{"N":"2"}}},"l":{"L":[{"N":"0"},{"N":"1"},{"M":{"x":{"N":"2"},"y":{"N":"3"}}}]},"z":{"N":"1"}})";
  EXPECT_EQ(touched("SET a.b = :1", kBefore), R"({"a":{"M":{"b":{"N":"1"}}}})");
  EXPECT_EQ(touched("SET a.b = :1 REMOVE a.c", kBefore),
            R"({"a":{"M":{"b":{"N":"1"},"c":{"N":"2"}}}})");
  EXPECT_EQ(touched("SET l[2].y = :1, l[0] = :1", kBefore),
            R"({"l":{"L":[{"N":"0"},{"M":{"y":{"N":"3"}}}]}})");
  EXPECT_EQ(touched("REMOVE q, a.q, l[7]", kBefore), "{}");
  EXPECT_EQ(touched("ADD n :1 SET z = :1", kBefore), R"({"z":{"N":"1"}})");
}

// --- Against the table.

TableSchema schema() {
  TableSchema table;
  table.keys.hash = {{"pk", AttributeType::kS}};
  table.keys.range = {{"sk", AttributeType::kN}};
  IndexSchema later;
  later.name = "later";
  later.keys.hash = {{"g", AttributeType::kS}};
  later.keys.range = {{"h", AttributeType::kN}};
  IndexSchema early;
  early.name = "early";
  early.keys.hash = {{"h", AttributeType::kN}, {"bin", AttributeType::kB}};
  table.indexes = {later, early};
  return table;
}

struct CheckCase {
  std::string_view text;
  std::string_view expected;
};
void PrintTo(const CheckCase& c, std::ostream* out) {
  *out << c.text;
}
class UpdateAgainstTable : public testing::TestWithParam<CheckCase> {};
TEST_P(UpdateAgainstTable, IsChecked) {
  EXPECT_EQ(outcome(parse(GetParam().text).check_against(schema())), GetParam().expected);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Rules, UpdateAgainstTable, testing::ValuesIn(std::initializer_list<CheckCase>{
    {"SET a = :s REMOVE b", "ok"},
    {"SET a = pk, b = g", "ok"},
    {"SET pk = :s", "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"},
    {"REMOVE sk", "One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key"},
    {"ADD sk :1", "One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key"},
    {"SET a = :s DELETE pk :ss", "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"},
    {"SET pk.a = :s", "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"},
    {"SET a = sk[1]", "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: sk"},
    {"SET g.a = :s", "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g"},
    {"SET a = if_not_exists(h[0], :s)", "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: h"},
    {"SET g = :s, h = :1", "ok"},
    {"SET g = a", "ok"},
    {"SET h = h + :1", "ok"},
    {"ADD h :1", "ok"},
    {"REMOVE g, h", "ok"},
    {"SET g = :1", "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: later"},
    {"SET g = :1, h = :s", "One or more parameter values were invalid: Type mismatch for Index Key h Expected: N Actual: S IndexName: early"},
    {"SET g = a + :1", "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: later"},
    {"SET g = list_append(a, :l)", "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: L IndexName: later"},
    {"ADD g :1", "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: later"},
    {"ADD h :ns", "One or more parameter values were invalid: Type mismatch for Index Key h Expected: N Actual: NS IndexName: early"},
}));
// clang-format on

constexpr std::string_view kEmptyKey =
    "One or more parameter values are not valid. The update expression attempted to update a "
    "secondary index key to a "
    "value that is not supported. The AttributeValue for a key attribute cannot contain an empty "
    "string value.";

TEST(Update, RefusesEmptyIndexKeys) {
  Placeholders empty = placeholders({}, R"({":e":{"S":""}})");
  const auto text = Update::parse("SET g = :e", empty);
  EXPECT_EQ(outcome(text->check_against(schema())), kEmptyKey);

  AttributeMap map;
  map.set(":e", {Binary{}});
  Placeholders empty_binary({}, std::move(map));
  const auto binary = Update::parse("SET bin = :e", empty_binary);
  std::string expected(kEmptyKey);
  expected.replace(expected.find("string value"), 6, "binary");
  EXPECT_EQ(outcome(binary->check_against(schema())), expected);
}

TEST(Update, ChecksIndexKeysThatItChangedOnceTheyAreKnown) {
  const auto check = [](std::string_view text, std::string_view json) {
    const AttributeMap old = item(json);
    const Update update = parse(text);
    const auto after = update.apply(&old, AttributeMap());
    return outcome(update.check_index_keys(schema(), &old, **after));
  };
  constexpr std::string_view kUnsupported =
      "The update expression attempted to update the secondary index key to unsupported type";
  EXPECT_EQ(check("SET g = a", R"({"a":{"S":"x"}})"), "ok");
  EXPECT_EQ(check("SET g = a", R"({"a":{"N":"1"}})"), kUnsupported);
  EXPECT_EQ(check("SET g = a", R"({"a":{"S":""}})"), kEmptyKey);
  EXPECT_EQ(check("SET g = a", R"({"a":{"N":"1"},"g":{"N":"1"}})"), "ok");
  EXPECT_EQ(check("SET a = :1", R"({"g":{"N":"1"}})"), "ok");
  EXPECT_EQ(check("REMOVE g", R"({"g":{"N":"1"}})"), "ok");
}

}  // namespace
}  // namespace tailrace::expression
