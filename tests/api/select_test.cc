// SELECT: what it walks, its pages and tokens, indexes, order.
#include <set>

#include "tests/api/partiql_app.h"

namespace tailrace {
namespace {

class SelectStatement : public PartiqlTest {
 protected:
  // Items of `r`: partition pk, sk from 0, v = 10 - sk.
  void fill(std::string_view pk, int count) {
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(execute(str_cat("INSERT INTO rng VALUE {'pk':'", pk, "','sk':", i,
                                  ",'v':", 10 - i, ",'g':'", i % 2 == 0 ? "even" : "odd",
                                  "','n':", i * i, "}"))
                      .ok());
  }
  // Values of `sk` in the answer, separated by blanks.
  std::string sks(const Answer& answer) {
    if (!answer.ok()) return answer.error();
    std::string all;
    for (std::size_t i = 0; i < answer.size_at("/Items"); ++i)
      str_append(all, i == 0 ? "" : " ", answer.string_at(str_cat("/Items/", i, "/sk/N")));
    return all;
  }
  std::string sks(std::string_view condition, std::string_view members = "") {
    return sks(execute(str_cat("SELECT sk FROM rng WHERE ", condition), members));
  }
  static std::string token_of(const Answer& answer) {
    return str_cat(R"(,"NextToken":")", answer.string_at("/NextToken"), "\"");
  }
};

TEST_F(SelectStatement, WalksAPartitionInOrderOfItsSortKey) {
  fill("a", 5);
  fill("b", 2);
  EXPECT_EQ(sks("pk = 'a'"), "0 1 2 3 4");
  EXPECT_EQ(sks("pk = 'a' AND sk >= 2"), "2 3 4");
  EXPECT_EQ(sks("pk = 'a' AND sk > 1 AND sk < 4"), "2 3");
  EXPECT_EQ(sks("pk = 'a' AND sk BETWEEN 1 AND 2"), "1 2");
  EXPECT_EQ(sks("pk = 'a' AND sk = 3"), "3");
  EXPECT_EQ(sks("pk = 'a' AND sk IN [4, 1]"), "1 4");
  EXPECT_EQ(sks("pk = 'a' AND NOT sk = 3"), "0 1 2 4");
  EXPECT_EQ(sks("pk = 'a' AND n > 3"), "2 3 4");
  EXPECT_EQ(sks("pk = 'a' ORDER BY sk DESC"), "4 3 2 1 0");
  EXPECT_EQ(sks("pk = 'a' AND sk < 3 ORDER BY sk ASC"), "0 1 2");
  EXPECT_EQ(sks("pk = 'none'"), "");
}

TEST_F(SelectStatement, WalksSeveralPartitions) {
  fill("a", 2);
  fill("b", 3);
  EXPECT_EQ(sks("pk IN ['b', 'none', 'a']"), "0 1 2 0 1");
  EXPECT_EQ(sks("pk = 'a' OR pk = 'b'"), "0 1 0 1 2");
  EXPECT_EQ(sks("pk IN ['b', 'a'] AND sk > 0 ORDER BY pk, sk DESC"), "1 2 1");
  EXPECT_EQ(execute("SELECT sk FROM rng WHERE pk IN ['a', 'b', 'none']", kTotal)
                .number_at("/ConsumedCapacity/CapacityUnits"),
            1.5);
}

TEST_F(SelectStatement, ScansWithoutAPartitionKey) {
  fill("a", 2);
  fill("b", 2);
  EXPECT_EQ(execute("SELECT * FROM rng").size_at("/Items"), 4);
  EXPECT_EQ(execute("SELECT * FROM rng WHERE n = 1").size_at("/Items"), 2);
  EXPECT_EQ(execute("SELECT * FROM rng WHERE pk > 'a'").size_at("/Items"), 2);
  EXPECT_EQ(execute("SELECT * FROM rng WHERE pk = 'a' OR sk = 1").size_at("/Items"), 3);
}

TEST_F(SelectStatement, TreatsMissingAttributesAsPartiqlDoes) {
  execute("INSERT INTO hsh VALUE {'pk':'a','x':1}");
  execute("INSERT INTO hsh VALUE {'pk':'b','x':2}");
  execute("INSERT INTO hsh VALUE {'pk':'c','y':NULL}");
  const auto passing = [&](std::string_view condition) {
    const Answer answer = execute(str_cat("SELECT pk FROM hsh WHERE ", condition));
    std::set<std::string> keys;
    for (std::size_t i = 0; i < answer.size_at("/Items"); ++i)
      keys.insert(answer.string_at(str_cat("/Items/", i, "/pk/S")));
    std::string all;
    for (const std::string& key : keys) all += key;
    return answer.ok() ? all : answer.error();
  };
  EXPECT_EQ(passing("x = 1"), "a");
  EXPECT_EQ(passing("x <> 1"), "bc");
  EXPECT_EQ(passing("NOT x = 1"), "bc");
  EXPECT_EQ(passing("NOT x <> 1"), "a");
  EXPECT_EQ(passing("attribute_exists(x)"), "ab");
  EXPECT_EQ(passing("ATTRIBUTE_NOT_EXISTS(x) = FALSE"), "ab");
  EXPECT_EQ(passing("x IS MISSING"), "c");
  EXPECT_EQ(passing("x IS NOT MISSING"), "ab");
  EXPECT_EQ(passing("y IS NULL"), "c");
  EXPECT_EQ(passing("x < 5"), "ab");
  EXPECT_EQ(passing("x IN [2, 'z']"), "b");
  EXPECT_EQ(passing("attribute_type(x, 'N')"), "ab");
  EXPECT_EQ(passing("x IS STRING"), "");
}

TEST_F(SelectStatement, ComparesSetsListsAndMapsDeeply) {
  execute("INSERT INTO hsh VALUE {'pk':'a','s':<<'x','y'>>,'l':[1,{'k':[]}],'m':{'b':1,'a':2}}");
  for (const std::string_view condition :
       {"s = <<'y','x'>>", "l = [1.0,{'k':[]}]", "m = {'a':2,'b':1}", "l[1].k = []", "m.a = 2",
        "contains(s, 'x')", "contains(l, 1)", "size(l) = 2", "size(m) >= 2"})
    EXPECT_EQ(items(str_cat("SELECT pk FROM hsh WHERE ", condition)), R"([{"pk":{"S":"a"}}])")
        << condition;
}

TEST_F(SelectStatement, ProjectsPaths) {
  execute("INSERT INTO hsh VALUE {'pk':'a','m':{'x':{'y':1},'z':2},'l':[1,2,3]}");
  EXPECT_EQ(items("SELECT pk, m.x, l[2], l[0], none FROM hsh WHERE pk = 'a'"),
            R"([{"[0]":{"N":"1"},"[2]":{"N":"3"},"pk":{"S":"a"},"x":{"M":{"y":{"N":"1"}}}}])");
  EXPECT_EQ(items("SELECT m.\"x\".y, m['z'] FROM hsh WHERE pk = 'a'"),
            R"([{"y":{"N":"1"},"z":{"N":"2"}}])");
  EXPECT_EQ(items("SELECT none FROM hsh WHERE pk = 'a'"), "[{}]");
}

TEST_F(SelectStatement, GoesOnWithItsToken) {
  fill("a", 5);
  const Answer first = execute("SELECT sk FROM rng WHERE pk = 'a' AND n >= 0", R"(,"Limit":2)");
  EXPECT_EQ(sks(first), "0 1");
  EXPECT_EQ(first.at("/LastEvaluatedKey"), R"({"pk":{"S":"a"},"sk":{"N":"1"}})");
  const Answer second = execute("SELECT sk FROM rng WHERE pk = 'a' AND n >= 0",
                                str_cat(R"(,"Limit":2)", token_of(first)));
  EXPECT_EQ(sks(second), "2 3");
  const Answer third =
      execute("SELECT sk FROM rng WHERE pk = 'a' AND n >= 0", token_of(second));
  EXPECT_EQ(sks(third), "4");
  EXPECT_EQ(third.find("/NextToken"), nullptr);
  EXPECT_EQ(third.find("/LastEvaluatedKey"), nullptr);
}

TEST_F(SelectStatement, GoesOnBackwards) {
  fill("a", 4);
  const std::string_view text = "SELECT sk FROM rng WHERE pk = 'a' ORDER BY sk DESC";
  const Answer first = execute(text, R"(,"Limit":3)");
  EXPECT_EQ(sks(first), "3 2 1");
  EXPECT_EQ(sks(execute(text, token_of(first))), "0");
}

TEST_F(SelectStatement, GoesOnAcrossPartitions) {
  fill("a", 2);
  fill("b", 2);
  const std::string_view text = "SELECT sk FROM rng WHERE pk IN ['a', 'b']";
  std::string all;
  std::string token;
  int pages = 0;
  do {
    const Answer page = execute(text, str_cat(R"(,"Limit":1)", token));
    str_append(all, sks(page), ";");
    token = page.find("/NextToken") != nullptr ? token_of(page) : "";
    ++pages;
  } while (!token.empty() && pages < 10);
  EXPECT_EQ(all, "0;1;0;1;;");
}

TEST_F(SelectStatement, ReadsTenPartitionsAPage) {
  std::string list;
  for (int i = 0; i < 23; ++i) {
    execute(str_cat("INSERT INTO hsh VALUE {'pk':'", i, "'}"));
    str_append(list, i == 0 ? "'" : ",'", i, "'");
  }
  const std::string text = str_cat("SELECT pk FROM hsh WHERE pk IN [", list, "]");
  const Answer first = execute(text);
  EXPECT_EQ(first.size_at("/Items"), 10);
  const Answer second = execute(text, token_of(first));
  EXPECT_EQ(second.size_at("/Items"), 10);
  const Answer third = execute(text, token_of(second));
  EXPECT_EQ(third.size_at("/Items"), 3);
  EXPECT_EQ(third.find("/NextToken"), nullptr);
}

TEST_F(SelectStatement, EndsAPageAfterOneMegabyte) {
  const std::string big = str_cat(R"(,"Parameters":[{"S":")", std::string(300'000, 'x'), R"("}])");
  for (int i = 0; i < 5; ++i)
    execute(str_cat("INSERT INTO rng VALUE {'pk':'a','sk':", i, ",'big':?}"), big);
  const Answer first = execute("SELECT sk FROM rng WHERE pk = 'a'", kTotal);
  EXPECT_EQ(sks(first), "0 1 2");
  EXPECT_EQ(first.number_at("/ConsumedCapacity/CapacityUnits"), 110);
  EXPECT_EQ(sks(execute("SELECT sk FROM rng WHERE pk = 'a'", token_of(first))), "3 4");
}

TEST_F(SelectStatement, BindsTokensToStatementParametersAndTable) {
  fill("a", 3);
  const std::string parameters = R"(,"Parameters":[{"S":"a"}])";
  const Answer first =
      execute("SELECT sk FROM rng WHERE pk = ?", str_cat(R"(,"Limit":1)", parameters));
  const std::string token = token_of(first);
  constexpr std::string_view kForeign = "ValidationException: NextToken does not match request";
  EXPECT_EQ(execute("SELECT sk FROM rng WHERE pk = ? ", str_cat(token, parameters)).error(),
            kForeign);
  EXPECT_EQ(execute("SELECT sk FROM rng WHERE pk = ?",
                    str_cat(token, R"(,"Parameters":[{"S":"b"}])"))
                .error(),
            kForeign);
  EXPECT_EQ(execute("INSERT INTO hsh VALUE {'pk':'a'}", token).error(), kForeign);
  EXPECT_EQ(execute("SELECT sk FROM rng WHERE pk = ?",
                    str_cat(R"(,"NextToken":"nonsense")", parameters))
                .error(),
            "ValidationException: Invalid NextToken");
}

TEST_F(SelectStatement, BindsTokensToATableUntilItIsDeleted) {
  app.create_table(range_table("range"));
  for (const int sk : {1, 2})
    execute(str_cat("INSERT INTO range VALUE {'pk':'a','sk':", sk, "}"));
  const std::string token = token_of(execute("SELECT * FROM range", R"(,"Limit":1)"));
  EXPECT_EQ(sks(execute("SELECT * FROM range", token)), "2");
  app.expect_ok("DeleteTable", R"({"TableName":"range"})");
  app.create_table(range_table("range"));
  EXPECT_EQ(execute("SELECT * FROM range", token).error(),
            "ValidationException: NextToken does not match request");
}

TEST_F(SelectStatement, ReadsGlobalIndexes) {
  fill("a", 4);
  EXPECT_EQ(items("SELECT * FROM rng.g WHERE g = 'odd' AND pk = 'a'"),
            R"([{"g":{"S":"odd"},"pk":{"S":"a"},"sk":{"N":"1"}},)"
            R"({"g":{"S":"odd"},"pk":{"S":"a"},"sk":{"N":"3"}}])");
  const Answer page = execute("SELECT sk FROM \"rng\".\"g\" WHERE g = 'odd'",
                              str_cat(R"(,"Limit":1)", kIndexes));
  EXPECT_EQ(page.at("/LastEvaluatedKey"),
            R"({"g":{"S":"odd"},"pk":{"S":"a"},"sk":{"N":"1"}})");
  EXPECT_EQ(page.at("/ConsumedCapacity"),
            R"({"TableName":"rng","CapacityUnits":0.5,"Table":{"CapacityUnits":0.0},)"
            R"("GlobalSecondaryIndexes":{"g":{"CapacityUnits":0.5}}})");
  EXPECT_EQ(sks(execute("SELECT sk FROM \"rng\".\"g\" WHERE g = 'odd'", token_of(page))), "3");
}

TEST_F(SelectStatement, RefusesWhatAGlobalIndexDoesNotHave) {
  fill("a", 2);
  const std::tuple<std::string_view, std::string_view, std::string_view> kCases[] = {
      {"SELECT * FROM rng.none", "",
       "ValidationException: The table does not have the specified index"},
      {"SELECT * FROM rng.g WHERE g = 'odd'", R"(,"ConsistentRead":true)",
       "ValidationException: Strongly consistent read is not supported on Global Secondary "
       "Indexes"},
      {"SELECT n, pk, x FROM rng.g WHERE g = 'odd'", "",
       "ValidationException: One or more parameter values were invalid: Global secondary index g "
       "does not project [n, x]"},
      {"SELECT pk FROM rng.g WHERE g = 'odd' AND n = 1", "",
       "ValidationException: One or more parameter values were invalid: Secondary index g does "
       "not project one or more filter attributes: [n]"},
  };
  for (const auto& [text, members, error] : kCases)
    EXPECT_EQ(execute(text, members).error(), error) << text;
  EXPECT_EQ(items("SELECT pk FROM rng.g WHERE n = 1"), "[]");
}

TEST_F(SelectStatement, FetchesWhatALocalIndexLacks) {
  fill("a", 3);
  EXPECT_EQ(items("SELECT n FROM rng.l WHERE pk = 'a' AND v <= 9"),
            R"([{"n":{"N":"4"}},{"n":{"N":"1"}}])");
  EXPECT_EQ(items("SELECT * FROM rng.l WHERE pk = 'a' AND v = 9"),
            R"([{"pk":{"S":"a"},"sk":{"N":"1"},"v":{"N":"9"}}])");
  EXPECT_EQ(execute("SELECT sk FROM rng.l WHERE pk = 'a' ORDER BY v DESC",
                    R"(,"ConsistentRead":true)")
                .string_at("/Items/0/sk/N"),
            "0");
}

TEST_F(SelectStatement, RefusesOrderThatKeysDoNotGive) {
  EXPECT_EQ(items("SELECT * FROM rng ORDER BY sk"),
            "ValidationException: Must have WHERE clause in the statement when using ORDER BY "
            "clause.");
  EXPECT_EQ(items("SELECT * FROM rng WHERE n = 1 ORDER BY sk"),
            "ValidationException: Must have at least one non-optional hash key condition in WHERE "
            "clause when using ORDER BY clause.");
  EXPECT_EQ(items("SELECT * FROM rng WHERE pk = 'a' ORDER BY n"),
            "ValidationException: Attribute n in ORDER BY clause must be part of the primary key");
}

TEST_F(SelectStatement, RefusesKeysThatAreTooLong) {
  const std::string long_key = str_cat(R"(,"Parameters":[{"S":")", std::string(2049, 'x'), R"("}])");
  EXPECT_EQ(items("SELECT * FROM rng WHERE pk = ?", long_key),
            "ValidationException: One or more parameter values were invalid: Size of hashkey has "
            "exceeded the maximum size limit of2048 bytes");
  EXPECT_EQ(items("SELECT * FROM rng WHERE pk IN [?, 'a']", long_key), "[]");
}

TEST_F(SelectStatement, RefusesIndexesWithSeveralHashAttributes) {
  app.create_table(range_table(
      "mul", {index_of("idx", IndexKind::kGlobal,
                     {.hash = {string_key("a"), string_key("b")}, .range = {}},
                     ProjectionType::kAll)}));
  EXPECT_TRUE(items("SELECT * FROM mul.idx WHERE a = 'x' AND b = 'y'").starts_with("ValidationException"));
  EXPECT_EQ(items("SELECT * FROM mul"), "[]");
}

TEST_F(SelectStatement, RefusesAlternativesThatMeet) {
  EXPECT_EQ(items("SELECT * FROM hsh WHERE pk = 'a' OR pk = 'a'"),
            "ValidationException: Overlapping conditions with range keys are not supported in "
            "where clause");
}

TEST_F(SelectStatement, CannotGoOnWithDocuments) {
  fill("a", 3);
  const std::string parameters = R"(,"Parameters":[{"L":[{"S":"a"},{"S":"b"}]}])";
  const Answer first =
      execute("SELECT sk FROM rng WHERE pk IN ?", str_cat(R"(,"Limit":1)", parameters));
  EXPECT_EQ(execute("SELECT sk FROM rng WHERE pk IN ?", str_cat(token_of(first), parameters)).error(),
            "ValidationException: NextToken does not match request");
}

TEST_F(SelectStatement, RefusesPathsIntoKeys) {
  EXPECT_EQ(items("SELECT pk.x FROM rng WHERE pk = 'a'"),
            "ValidationException: Key attributes must be scalars; list random access '[]' and map "
            "lookup '.' are not allowed: Key: pk");
}

}  // namespace
}  // namespace tailrace
