// ExecuteStatement: writes, their conditions and RETURNING, and what is refused.
#include "tests/api/partiql_app.h"

namespace tailrace {
namespace {

using ExecuteStatement = PartiqlTest;

TEST_F(ExecuteStatement, InsertsAnItemOnce) {
  EXPECT_EQ(execute("INSERT INTO hsh VALUE {'pk':'a','n':1}").text(), R"({"Items":[]})");
  EXPECT_EQ(get("a"), R"({"n":{"N":"1"},"pk":{"S":"a"}})");
  EXPECT_EQ(execute("INSERT INTO hsh VALUE {'pk':'a','n':2}", kOldOnFailure).text(),
            R"({"__type":"com.amazonaws.dynamodb.v20120810#DuplicateItemException",)"
            R"("message":"Duplicate primary key exists in table"})");
  EXPECT_EQ(get("a"), R"({"n":{"N":"1"},"pk":{"S":"a"}})");
}

TEST_F(ExecuteStatement, ChecksKeysAndSizesOfInsertedItems) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"INSERT INTO rng VALUE {'pk':'a'}",
       "ValidationException: One or more parameter values were invalid: Missing the key sk in the "
       "item"},
      {"INSERT INTO hsh VALUE {'pk':1}",
       "ValidationException: One or more parameter values were invalid: Type mismatch for key pk "
       "expected: S actual: N"},
      {"INSERT INTO hsh VALUE {'pk':''}",
       "ValidationException: One or more parameter values are not valid. The AttributeValue for a "
       "key attribute cannot contain an empty string value. Key: pk"},
      {"INSERT INTO rng VALUE {'pk':'a','sk':1,'g':2}",
       "ValidationException: One or more parameter values were invalid: Type mismatch for Index "
       "Key g Expected: S Actual: N IndexName: g"},
      {"INSERT INTO none VALUE {'pk':'a'}",
       "ResourceNotFoundException: Requested resource not found"},
  };
  for (const auto& [text, error] : kCases) EXPECT_EQ(execute(text).error(), error) << text;
  const std::string big = str_cat(R"(,"Parameters":[{"S":")", std::string(409'600, 'x'), R"("}])");
  EXPECT_EQ(execute("INSERT INTO none VALUE {'pk':'a','big':?}", big).error(),
            "ValidationException: Item size has exceeded the maximum allowed size");
}

TEST_F(ExecuteStatement, UpdatesWithAllKindsOfClauses) {
  execute("INSERT INTO hsh VALUE {'pk':'a','n':1,'l':[1],'m':{'x':1,'y':2},'s':<<'p','q'>>,'o':1}");
  EXPECT_EQ(items("UPDATE hsh SET n = n + 1, l = list_append(l, [2]) SET m.x = 'new' SET s = "
                  "set_add(s, <<'r'>>) SET c = if_not_exists(c, 7) - 2 REMOVE m.y REMOVE o WHERE "
                  "pk = 'a'"),
            "[]");
  EXPECT_EQ(get("a"),
            R"({"c":{"N":"5"},"l":{"L":[{"N":"1"},{"N":"2"}]},"m":{"M":{"x":{"S":"new"}}},)"
            R"("n":{"N":"2"},"pk":{"S":"a"},"s":{"SS":["p","q","r"]}})");
  execute("UPDATE hsh SET s = set_delete(s, <<'p','q','r'>>) WHERE pk = 'a'");
  EXPECT_EQ(items("SELECT pk FROM hsh WHERE s IS MISSING"), R"([{"pk":{"S":"a"}}])");
}

TEST_F(ExecuteStatement, ReturnsWhatReturningAsksFor) {
  execute("INSERT INTO hsh VALUE {'pk':'a','n':1,'m':{'x':1,'y':2}}");
  EXPECT_EQ(items("UPDATE hsh SET n = 2 WHERE pk = 'a' RETURNING ALL OLD *"),
            R"([{"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}},"n":{"N":"1"},"pk":{"S":"a"}}])");
  EXPECT_EQ(items("UPDATE hsh SET n = 3, m.x = 5 WHERE pk = 'a' RETURNING MODIFIED OLD *"),
            R"([{"n":{"N":"2"},"x":{"N":"1"}}])");
  EXPECT_EQ(items("UPDATE hsh SET n = 4, m.x = 6 WHERE pk = 'a' RETURNING MODIFIED NEW *"),
            R"([{"n":{"N":"4"},"x":{"N":"6"}}])");
  EXPECT_EQ(items("UPDATE hsh REMOVE n WHERE pk = 'a' RETURNING MODIFIED NEW *"), "[]");
  EXPECT_EQ(items("UPDATE hsh REMOVE m WHERE pk = 'a' RETURNING ALL NEW *"), R"([{"pk":{"S":"a"}}])");
  EXPECT_EQ(items("DELETE FROM hsh WHERE pk = 'a' RETURNING ALL OLD *"), R"([{"pk":{"S":"a"}}])");
  EXPECT_EQ(items("DELETE FROM hsh WHERE pk = 'a' RETURNING ALL OLD *"), "[]");
}

TEST_F(ExecuteStatement, UpdateCreatesNothing) {
  EXPECT_EQ(execute("UPDATE hsh SET n = 1 WHERE pk = 'a'").error(),
            "ConditionalCheckFailedException: The conditional request failed");
  EXPECT_EQ(execute("UPDATE hsh SET n = 1 WHERE pk = 'a' AND n IS MISSING").error(),
            "ConditionalCheckFailedException: The conditional request failed");
  EXPECT_EQ(get("a"), "(nothing)");
}

TEST_F(ExecuteStatement, DeletesWhatIsNotThereWhateverIsAsked) {
  EXPECT_EQ(items("DELETE FROM hsh WHERE pk = 'a'"), "[]");
  EXPECT_EQ(items("DELETE FROM hsh WHERE pk = 'a' AND n = 1 RETURNING ALL OLD *"), "[]");
  execute("INSERT INTO hsh VALUE {'pk':'a'}");
  EXPECT_EQ(execute("DELETE FROM hsh WHERE pk = 'a' AND n = 1").error(),
            "ConditionalCheckFailedException: The conditional request failed");
}

TEST_F(ExecuteStatement, OtherTestsAreConditions) {
  execute("INSERT INTO hsh VALUE {'pk':'a','n':1}");
  EXPECT_EQ(execute("UPDATE hsh SET n = 2 WHERE pk = 'a' AND n > 1", kOldOnFailure).text(),
            R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",)"
            R"("message":"The conditional request failed","Item":{"n":{"N":"1"},"pk":{"S":"a"}}})");
  EXPECT_EQ(execute("DELETE FROM hsh WHERE pk = 'a' AND n <> 1").error(),
            "ConditionalCheckFailedException: The conditional request failed");
  EXPECT_TRUE(execute("UPDATE hsh SET n = 2 WHERE n = 1 AND 'a' = pk AND x IS MISSING").ok());
  EXPECT_TRUE(execute("DELETE FROM hsh WHERE pk = 'a' AND n BETWEEN 1 AND 2").ok());
}

TEST_F(ExecuteStatement, RefusesWritesWithoutTheWholeKey) {
  constexpr std::string_view kMandatory =
      "ValidationException: Where clause does not contain a mandatory equality on all key "
      "attributes";
  for (const std::string_view text :
       {"UPDATE hsh SET n = 1", "DELETE FROM hsh", "DELETE FROM rng WHERE pk = 'a'",
        "DELETE FROM rng WHERE pk = 'a' AND sk > 1", "DELETE FROM hsh WHERE pk = 'a' OR n = 1",
        "DELETE FROM hsh WHERE NOT pk = 'a'", "DELETE FROM hsh WHERE pk IN ['a', 'b']"})
    EXPECT_EQ(execute(text).error(), kMandatory) << text;
  EXPECT_EQ(execute("DELETE FROM hsh WHERE pk = 1").error(),
            "ValidationException: Key attribute's data type should match its data type in table's "
            "schema: Key pk");
  EXPECT_EQ(execute("DELETE FROM hsh WHERE pk = [1]").error(),
            "ValidationException: Key value must be of type S, N, or B. Key name: pk, Key type: L");
  EXPECT_EQ(execute("DELETE FROM hsh WHERE pk = 'a' AND pk = 'b'").error(),
            "ValidationException: Multiple conditions on same key pk. Only single item "
            "Update/Insert/Delete are supported");
  EXPECT_TRUE(execute("DELETE FROM hsh WHERE pk IN ['a'] AND pk = 'a'").ok());
  EXPECT_EQ(execute("UPDATE hsh SET pk = 'b' WHERE pk = 'a'").error(),
            "ValidationException: One or more parameter values were invalid: Cannot update "
            "attribute pk. This attribute is part of the key");
}

TEST_F(ExecuteStatement, RaisesWhatUpdatesFindInTheItem) {
  execute("INSERT INTO hsh VALUE {'pk':'a','s':'text'}");
  EXPECT_EQ(execute("UPDATE hsh SET n = n + 1 WHERE pk = 'a'").error(),
            "ValidationException: The provided expression refers to an attribute that does not "
            "exist in the item");
  EXPECT_EQ(execute("UPDATE hsh SET s = s + 1 WHERE pk = 'a'").error(),
            "ValidationException: An operand in the update expression has an incorrect data type");
  EXPECT_EQ(execute("UPDATE hsh SET m.x = 1 WHERE pk = 'a'").error(),
            "ValidationException: The document path provided in the update expression is invalid "
            "for update");
  // The finished item counts, not AWS's estimate of the update's cost.
  const std::string big = str_cat(R"(,"Parameters":[{"S":")", std::string(409'600 - 15, 'x'),
                                  R"("}])");
  EXPECT_TRUE(execute("UPDATE hsh SET s = ? WHERE pk = 'a'", big).ok());
  const std::string bigger = str_cat(R"(,"Parameters":[{"S":")", std::string(409'600, 'x'),
                                     R"("}])");
  EXPECT_EQ(execute("UPDATE hsh SET s = ? WHERE pk = 'a'", bigger).error(),
            "ValidationException: Item size to update has exceeded the maximum allowed size");
}

TEST_F(ExecuteStatement, CountsCapacityLikeTheOperationItStandsFor) {
  EXPECT_EQ(execute("INSERT INTO rng VALUE {'pk':'a','sk':1,'g':'x','v':1}", kIndexes)
                .at("/ConsumedCapacity"),
            R"({"TableName":"rng","CapacityUnits":3.0,"Table":{"CapacityUnits":1.0},)"
            R"("LocalSecondaryIndexes":{"l":{"CapacityUnits":1.0}},)"
            R"("GlobalSecondaryIndexes":{"g":{"CapacityUnits":1.0}}})");
  EXPECT_EQ(execute("UPDATE rng REMOVE g WHERE pk = 'a' AND sk = 1", kTotal).at("/ConsumedCapacity"),
            R"({"TableName":"rng","CapacityUnits":2.0})");
  EXPECT_EQ(execute("DELETE FROM hsh WHERE pk = 'a'", kTotal).at("/ConsumedCapacity"),
            R"({"TableName":"hsh","CapacityUnits":1.0})");
}

TEST_F(ExecuteStatement, ChecksConstraintsFirst) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {R"({})",
       "ValidationException: 1 validation error detected: Value null at 'statement' failed to "
       "satisfy constraint: Member must not be null"},
      {R"({"Statement":""})",
       "ValidationException: 1 validation error detected: Value '' at 'statement' failed to "
       "satisfy constraint: Member must have length greater than or equal to 1"},
      {R"({"Statement":"x","Parameters":[]})",
       "ValidationException: 1 validation error detected: Value '[]' at 'parameters' failed to "
       "satisfy constraint: Member must have length greater than or equal to 1"},
      {R"({"Statement":"x","Limit":0})",
       "ValidationException: 1 validation error detected: Value '0' at 'limit' failed to satisfy "
       "constraint: Member must have value greater than or equal to 1"},
      {R"({"Statement":"x","Parameters":[{}]})",
       "ValidationException: Supplied AttributeValue is empty, must contain exactly one of the "
       "supported datatypes"},
      {R"({"Statement":"SELECT * FROM hsh WHERE a = ?","Parameters":[{}]})",
       "ValidationException: Supplied AttributeValue is empty, must contain exactly one of the "
       "supported datatypes"},
      {R"({"Statement":1})",
       "SerializationException: NUMBER_VALUE cannot be converted to String"},
      {R"x({"Statement":"EXISTS(SELECT * FROM hsh WHERE pk = 'a')"})x",
       "ValidationException: EXISTS can only be used in ExecuteTransaction write requests."},
  };
  for (const auto& [body, error] : kCases)
    EXPECT_EQ(app.error("ExecuteStatement", body), error) << body;
  EXPECT_EQ(app.error("ExecuteStatement", statement(std::string(8193, 'x'))).substr(0, 62),
            "ValidationException: 1 validation error detected: Value 'xxxxx");
}

TEST_F(ExecuteStatement, AcceptsAnArnForATable) {
  execute("INSERT INTO \"arn:aws:dynamodb:us-east-1:000000000000:table/hsh\" VALUE {'pk':'a'}");
  EXPECT_EQ(get("a"), R"({"pk":{"S":"a"}})");
}

class StatementConflicts : public PartiqlTest {
 protected:
  StatementConflicts() : PartiqlTest({.transaction_conflict_window = Millis(100)}) {}
};

TEST_F(StatementConflicts, AWriteToAnItemOfATransactionIsRefusedWithinTheWindow) {
  ASSERT_TRUE(transact(statement("INSERT INTO hsh VALUE {'pk':'a'}")).ok());
  EXPECT_EQ(execute("UPDATE hsh SET n = 1 WHERE pk = 'a'").error(),
            "TransactionConflictException: Transaction is ongoing for the item");
  EXPECT_EQ(batch(statement("UPDATE hsh SET n = 1 WHERE pk = 'a'")).at("/Responses/0/Error/Code"),
            R"("TransactionConflict")");
  EXPECT_EQ(transact(statement("DELETE FROM hsh WHERE pk = 'a'"))
                .string_at("/CancellationReasons/0/Code"),
            "TransactionConflict");
  EXPECT_EQ(transact(statement("SELECT * FROM hsh WHERE pk = 'a'"))
                .string_at("/CancellationReasons/0/Code"),
            "TransactionConflict");
  app.advance(Millis(100));
  EXPECT_TRUE(execute("UPDATE hsh SET n = 1 WHERE pk = 'a'").ok());
}

class EventualStatements : public PartiqlTest {
 protected:
  EventualStatements()
      : PartiqlTest({.eventual_chance = 1, .eventual_lag = Millis(200), .eventual_seed = 7}) {}
};

TEST_F(EventualStatements, ReadsAreStaleUnlessAskedOtherwise) {
  ASSERT_TRUE(execute("INSERT INTO hsh VALUE {'pk':'a'}").ok());
  EXPECT_EQ(items("SELECT * FROM hsh WHERE pk = 'a'"), "[]");
  EXPECT_EQ(items("SELECT * FROM hsh WHERE pk = 'a'", R"(,"ConsistentRead":true)"),
            R"([{"pk":{"S":"a"}}])");
  EXPECT_EQ(batch(statement("SELECT * FROM hsh WHERE pk = 'a'")).at("/Responses"),
            R"([{"TableName":"hsh"}])");
  EXPECT_EQ(batch(statement("SELECT * FROM hsh WHERE pk = 'a'", R"(,"ConsistentRead":true)"))
                .at("/Responses"),
            R"([{"TableName":"hsh","Item":{"pk":{"S":"a"}}}])");
  EXPECT_EQ(transact(statement("SELECT * FROM hsh WHERE pk = 'a'")).at("/Responses"),
            R"([{"Item":{"pk":{"S":"a"}}}])");
  EXPECT_TRUE(execute("UPDATE hsh SET n = 1 WHERE pk = 'a'").ok());
  app.advance(Millis(200));
  EXPECT_EQ(items("SELECT * FROM hsh WHERE pk = 'a'"), R"([{"n":{"N":"1"},"pk":{"S":"a"}}])");
}

}  // namespace
}  // namespace tailrace
