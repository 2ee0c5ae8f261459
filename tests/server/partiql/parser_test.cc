#include "tests/server/partiql/partiql_testing.h"

namespace tailrace::partiql {
namespace {

std::string parsed(std::string_view text) {
  const auto statement = parse_statement(text);
  return statement ? dump(*statement) : error_text(statement.error());
}

template <std::size_t n>
void expect_all(const TextCase (&cases)[n]) {
  for (const TextCase& c : cases) EXPECT_EQ(parsed(c.statement), c.expected) << c.statement;
}

TEST(PartiqlParser, ReadsSelect) {
  const TextCase kCases[] = {
      {"SELECT * FROM t", "(select (*) t)"},
      {"select all * from \"t-1\";", "(select (*) t-1)"},
      {"SELECT a, b.c, d[1].\"e f\" FROM \"t\".\"i\"",
       "(select (a (path b c) (path d 1 e f)) t.i)"},
      {"SELECT a['k'] FROM t", "(select ((path a k)) t)"},
      {"SELECT * FROM t WHERE a = 1", "(select (*) t (= a {\"N\":\"1\"}))"},
      {"SELECT * FROM t WHERE a = ? AND b <> ? AND c > ?",
       "(select (*) t (and (= a ?) (<> b ?) (> c ?)))"},
      {"SELECT * FROM t WHERE pk = 'x' ORDER BY a DESC, b ASC, c",
       "(select (*) t (= pk {\"S\":\"x\"}) desc:a asc:b asc:c)"},
      {"SELECT * FROM \"arn:aws:dynamodb:us-east-1:000000000000:table/t\"",
       "(select (*) arn:aws:dynamodb:us-east-1:000000000000:table/t)"},
  };
  expect_all(kCases);
}

TEST(PartiqlParser, KnowsPrecedence) {
  const TextCase kCases[] = {
      {"SELECT * FROM t WHERE a = ? OR b = ? AND NOT c = ?",
       "(select (*) t (or (= a ?) (and (= b ?) (not (= c ?)))))"},
      {"SELECT * FROM t WHERE (a = ? OR b = ?) AND c = ?",
       "(select (*) t (and (or (= a ?) (= b ?)) (= c ?)))"},
      {"SELECT * FROM t WHERE NOT a = ? AND NOT NOT b < ?",
       "(select (*) t (and (not (= a ?)) (not (not (< b ?)))))"},
      {"SELECT * FROM t WHERE a BETWEEN ? AND ? AND b IN (?, ?)",
       "(select (*) t (and (between a ? ?) (in b (list ? ?))))"},
      {"SELECT * FROM t WHERE a NOT BETWEEN ? AND ? OR b NOT IN [?]",
       "(select (*) t (or (not (between a ? ?)) (not (in b (list ?)))))"},
      {"SELECT * FROM t WHERE a IS MISSING AND b IS NOT NULL AND c IS NOT MISSING",
       "(select (*) t (and (is-missing a) (not (is-null b)) (not (is-missing c))))"},
      {"SELECT * FROM t WHERE Begins_With(a, ?) AND contains(b, ?) AND size(c) > ?",
       "(select (*) t (and (begins_with a ?) (contains b ?) (> (size c) ?)))"},
      {"SELECT * FROM t WHERE a = b + 1 - 2",
       "(select (*) t (= a (- (+ b {\"N\":\"1\"}) {\"N\":\"2\"})))"},
  };
  expect_all(kCases);
}

TEST(PartiqlParser, ReadsValues) {
  const TextCase kCases[] = {
      {"INSERT INTO t VALUE {'a':'it''s','b':-1.50,'c':TRUE,'d':NULL,'e':[1,[]],'f':{},'g':<<1>>}",
       "(insert t (map {\"S\":\"a\"} {\"S\":\"it's\"} {\"S\":\"b\"} {\"N\":\"-1.5\"} {\"S\":\"c\"} "
       "{\"BOOL\":true} {\"S\":\"d\"} {\"NULL\":true} {\"S\":\"e\"} (list {\"N\":\"1\"} (list)) "
       "{\"S\":\"f\"} (map) {\"S\":\"g\"} (bag {\"N\":\"1\"})))"},
      {"insert into t value ?", "(insert t ?)"},
  };
  expect_all(kCases);
}

TEST(PartiqlParser, ReadsUpdateAndDelete) {
  const TextCase kCases[] = {
      {"UPDATE t SET a = ?, b.c = b.c + 1 SET d = list_append(d, ?) REMOVE e[0] WHERE pk = ?",
       "(update t (set a ?) (set (path b c) (+ (path b c) {\"N\":\"1\"})) (set d (list_append d ?)) "
       "(remove (path e 0)) (= pk ?))"},
      {"UPDATE t REMOVE a WHERE pk = ? RETURNING MODIFIED NEW *",
       "(update t (remove a) (= pk ?) MODIFIED NEW)"},
      {"DELETE FROM t WHERE pk = ? RETURNING ALL OLD *", "(delete t (= pk ?) ALL OLD)"},
      {"FROM t WHERE pk = ? SET a = 1 REMOVE b RETURNING ALL NEW *",
       "(update t (set a {\"N\":\"1\"}) (remove b) (= pk ?) ALL NEW)"},
      {"EXISTS(SELECT * FROM t WHERE pk = ?)", "(exists (select (*) t (= pk ?)))"},
  };
  expect_all(kCases);
}

TEST(PartiqlParser, RefusesWhatIsNoStatement) {
  const TextCase kCases[] = {
      {"SLECT * FROM t", "!!Unexpected keyword"},
      {"INSRT INTO t VALUE {}", "!!Unexpected token after expression"},
      {" ", "!!Expected data manipulation"},
      {"CREATE TABLE t", "!!Expected data manipulation"},
      {"UPDATE Payment-x SET a = 1 WHERE b = 2", "!!Expected data manipulation"},
      {"UPDATE t = 1 WHERE b = 2", "!!Expected data manipulation"},
      {"INSERT t VALUE {}", "!!Unexpected keyword"},
      {"INSERT INTO urls (key, b) VALUES (?, ?)", "!!Unexpected keyword"},
      {"SELECT FROM t", "!!Unexpected keyword"},
      {"SELECT key FROM t", "!!Unexpected keyword"},
      {"SELECT a.key FROM t", "!!Invalid path dot component"},
      {"SELECT a t", "!Unsupported clause: AS at 1:10:1"},
      {"SELECT *", "!!Expected FROM after SELECT list"},
      {"SELECT * FROM", "!!Unexpected term"},
      {"DELETE FROM 'a'", "!!Expected identifier for simple path"},
      {"DELETE FROM my-data WHERE a = 1", "!!Unexpected token after expression"},
      {"INSERT INTO my-data VALUE {}", "!!Unexpected token after expression"},
      {"SELECT *, a FROM t",
       "!!Other expressions may not be present in the select list when '*' is used without dot "
       "notation."},
      {"SELECT * FROM t WHERE", "!!Unexpected term"},
      {"SELECT * FROM t WHERE a =", "!!Missing right-hand side expression of infix operator"},
      {"SELECT * FROM t WHERE a = 1 b", "!!Unexpected token after expression"},
      {"SELECT * FROM t WHERE (a = 1", "!!Expected RIGHT_PAREN"},
      {"SELECT * FROM t WHERE a IN (1", "!!Expected RIGHT_PAREN"},
      {"SELECT * FROM t WHERE a = [1", "!!Expected RIGHT_BRACKET"},
      {"SELECT * FROM t WHERE a = <<1", "!!Expected RIGHT_DOUBLE_ANGLE_BRACKET"},
      {"SELECT * FROM t WHERE a = {'b' 1}", "!!Expected COLON"},
      {"SELECT * FROM t WHERE a = {'b': 1", "!!Expected RIGHT_CURLY"},
      {"SELECT * FROM t WHERE ()", "!!Expression group cannot be empty"},
      {"SELECT * FROM t WHERE a BETWEEN 1 OR 2", "!!Expected AND keyword"},
      {"SELECT * FROM t WHERE a IS b", "!!Expected type name"},
      {"SELECT l[-1] FROM t", "!!Invalid path component for simple path"},
      {"SELECT * FROM t; SELECT * FROM t",
       "!!Unexpected token after semicolon. (Only one query is allowed.)"},
      {"SELECT * FROM t WHERE a = 'x", "!!A quote or comment does not end; it begins at 1:27:2"},
      {"SELECT * FROM t WHERE a = `x", "!!A quote or comment does not end; it begins at 1:27:2"},
      {"DELETE FROM t WHERE a = 1 RETURNING ALL OLD * RETURNING ALL OLD *",
       "!!Unexpected token after expression"},
      {"UPDATE t SET a WHERE b = 1", "!!Expected '='"},
      {"DELETE t WHERE b = 1", "!!Expected FROM after DELETE"},
      {"DELETE FROM t WHERE a = 1 RETURNING ALL",
       "!!Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element."},
      {"DELETE FROM t WHERE a = 1 RETURNING OLD *",
       "!!Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element."},
      {"DELETE FROM t WHERE a = 1 RETURNING ALL OLD", "!!Unexpected term"},
      {"DELETE FROM t WHERE a = 1 RETURNING ALL OLD a",
       "!!Unsupported syntax in RETURNING columns."},
  };
  expect_all(kCases);
}

TEST(PartiqlParser, RefusesWhatDynamoDbDoesNotHave) {
  const TextCase kCases[] = {
      {"SELECT COUNT(*) FROM t", "!Unexpected path component at 1:8:5"},
      {"SELECT a,\n size(b) FROM t", "!Unexpected path component at 2:2:4"},
      {"SELECT 1 FROM t", "!Unexpected path component at 1:8:1"},
      {"SELECT * FROM a.b.c", "!A path may contain at most 2 components in the FROM clause"},
      {"SELECT * FROM \"\"", "!Path component cannot be an empty string"},
      {"SELECT * FROM t.\"\"", "!Path component cannot be an empty string"},
      {"SELECT * FROM 'a'", "!Unexpected from source at 1:15:3"},
      {"SELECT * FROM my-data WHERE a = 1", "!Unexpected from source at 1:17:1"},
      {"INSERT INTO t VALUES (1)",
       "!Unsupported operation: Inserting multiple items in a single statement is not supported, "
       "use \"INSERT INTO tableName VALUE item\" instead"},
      {"SELECT * FROM t, u", "!Only select from a single table or index is supported."},
      {"SELECT * FROM t JOIN u ON 1 = 1",
       "!Only select from a single table or index is supported."},
      {"SELECT * FROM t AS x", "!Aliasing is not supported"},
      {"SELECT * FROM t x", "!Aliasing is not supported"},
      {"UPDATE t x SET a = 1 WHERE b = 2", "!Aliasing is not supported"},
      {"DELETE FROM t AS x WHERE b = 2", "!Aliasing is not supported"},
      {"SLECT", "!Unsupported operation: Id"},
      {"a.b;", "!Unsupported operation: Path"},
      {"'a'", "!Unsupported operation: Lit"},
      {"[1]", "!Unsupported operation: List"},
      {"a = 1", "!EXISTS can only be used in ExecuteTransaction write requests."},
      {"f(a)", "!EXISTS can only be used in ExecuteTransaction write requests."},
      {"SELECT * FROM t WHERE EXISTS(SELECT * FROM u)",
       "!Unsupported token in expression: SELECT at 1:30:6"},
      {"SELECT DISTINCT a FROM t", "!Unsupported clause: DISTINCT at 1:8:8"},
      {"SELECT * FROM t LIMIT 5", "!Unsupported clause: LIMIT at 1:17:5"},
      {"SELECT * FROM t GROUP BY a", "!Unsupported clause: GROUP BY at 1:17:5"},
      {"INSERT INTO t.i VALUE {}",
       "!FROM clause may only contain a single table name in data manipulation statements at "
       "1:13:1"},
      {"INSERT INTO t <<{'a': 1}>>",
       "!Unsupported operation: Inserting multiple items in a single statement is not supported, "
       "use \"INSERT INTO tableName VALUE item\" instead"},
      {"UPDATE t.i SET a = 1 WHERE b = 2", "!This operation is not supported on an index"},
      {"DELETE FROM t.i WHERE b = 2", "!This operation is not supported on an index"},
      {"DELETE FROM t WHERE a = 1 RETURNING MODIFIED OLD *",
       "!Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed "
       "in DELETE statements."},
      {"SELECT a[4294967295] FROM t",
       "!List index is not within the allowable range; index: [4294967295]"},
  };
  expect_all(kCases);
}

}  // namespace
}  // namespace tailrace::partiql
