// BatchExecuteStatement and ExecuteTransaction.
#include "tests/api/partiql_app.h"

namespace tailrace {
namespace {

using BatchExecuteStatement = PartiqlTest;
using ExecuteTransaction = PartiqlTest;

TEST_F(BatchExecuteStatement, AnswersWritesInTheirPlaces) {
  execute("INSERT INTO hsh VALUE {'pk':'old','n':1}");
  const Answer answer = batch(str_cat(
      statement("INSERT INTO hsh VALUE {'pk':'new'}"), ",", statement("SLECT"), ",",
      statement("INSERT INTO hsh VALUE {'pk':'old'}"), ",",
      statement("UPDATE hsh SET n = 2 WHERE pk = 'none'", kOldOnFailure), ",",
      statement("INSERT INTO none VALUE {'pk':'x'}"), ",", statement("DELETE FROM hsh"), ",",
      statement("UPDATE hsh SET n = n + 1 WHERE pk = 'c' AND n = 1"), ",",
      statement("DELETE FROM hsh WHERE pk = 'gone' RETURNING ALL OLD *")));
  EXPECT_EQ(
      answer.at("/Responses"),
      R"([{"TableName":"hsh"},)"
      R"({"Error":{"Code":"ValidationError","Message":"Unsupported operation: Id"}},)"
      R"({"Error":{"Code":"DuplicateItem","Message":"Duplicate primary key exists in table"},"TableName":"hsh"},)"
      R"({"Error":{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},"TableName":"hsh"},)"
      R"({"Error":{"Code":"ResourceNotFound","Message":"Requested resource not found"}},)"
      R"({"Error":{"Code":"ValidationError","Message":"Where clause does not contain a mandatory equality on all key attributes"}},)"
      R"({"Error":{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},"TableName":"hsh"},)"
      R"({"TableName":"hsh"}])");
  EXPECT_EQ(get("new"), R"({"pk":{"S":"new"}})");
}

TEST_F(BatchExecuteStatement, ReturnsItems) {
  execute("INSERT INTO hsh VALUE {'pk':'a','n':1,'x':2}");
  EXPECT_EQ(batch(str_cat(statement("SELECT n FROM hsh WHERE pk = 'a'"), ",",
                          statement("SELECT * FROM hsh WHERE pk = ?",
                                    R"(,"Parameters":[{"S":"none"}])")))
                .at("/Responses"),
            R"([{"TableName":"hsh","Item":{"n":{"N":"1"}}},{"TableName":"hsh"}])");
  EXPECT_EQ(batch(statement("SELECT n FROM hsh WHERE pk IN ['a']")).at("/Responses"),
            R"([{"TableName":"hsh","Item":{"n":{"N":"1"}}}])");
  EXPECT_EQ(
      batch(statement("UPDATE hsh SET n = 5 WHERE pk = 'a' RETURNING MODIFIED NEW *")).at("/Responses"),
      R"([{"TableName":"hsh","Item":{"n":{"N":"5"}}}])");
}

TEST_F(BatchExecuteStatement, ShowsTheItemThatFailedAConditionWhereAsked) {
  execute("INSERT INTO hsh VALUE {'pk':'a','n':1}");
  execute("INSERT INTO hsh VALUE {'pk':'b','n':1}");
  EXPECT_EQ(
      batch(str_cat(statement("UPDATE hsh SET n = 5 WHERE pk = 'a' AND n = 7", kOldOnFailure), ",",
                    statement("DELETE FROM hsh WHERE pk = 'b' AND n = 7")))
          .at("/Responses"),
      R"([{"Error":{"Code":"ConditionalCheckFailed","Message":"The conditional request failed","Item":{"n":{"N":"1"},"pk":{"S":"a"}}},"TableName":"hsh"},)"
      R"({"Error":{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},"TableName":"hsh"}])");
}

TEST_F(BatchExecuteStatement, SelectsNeedTheWholeKeyOfTheTable) {
  constexpr std::string_view kWhole =
      R"([{"Error":{"Code":"ValidationError","Message":"Select statements within BatchExecuteStatement must specify the primary key in the where clause."}}])";
  for (const std::string_view text :
       {"SELECT * FROM hsh", "SELECT * FROM rng WHERE pk = 'a'", "SELECT * FROM rng.g WHERE g = 'a'",
        "SELECT * FROM hsh WHERE pk IN ['a', 'b']", "SELECT * FROM hsh WHERE pk = 'a' AND n = 2"})
    EXPECT_EQ(batch(statement(text)).at("/Responses"), kWhole) << text;
}

TEST_F(BatchExecuteStatement, RefusesTheWholeRequest) {
  EXPECT_EQ(batch("").error(),
            "ValidationException: 1 validation error detected: Value '[]' at 'statements' failed "
            "to satisfy constraint: Member must have length greater than or equal to 1");
  EXPECT_EQ(batch(str_cat(statement("SELECT * FROM hsh WHERE pk = 'a'"), ",",
                          statement("DELETE FROM hsh WHERE pk = 'b'")))
                .error(),
            "ValidationException: Read and write requests together in the same batch is not "
            "supported.");
  EXPECT_EQ(batch(str_cat(statement("INSERT INTO hsh VALUE {'pk':'a'}"), ",",
                          statement("DELETE FROM hsh WHERE pk = 'a'")))
                .error(),
            "ValidationException: Provided list of item keys contains duplicates");
  EXPECT_EQ(get("a"), "(nothing)");
  EXPECT_EQ(batch(str_cat(statement("SELECT n FROM hsh WHERE pk = 'a'"), ",",
                          statement("SELECT * FROM hsh WHERE pk = 'a'")))
                .error(),
            "ValidationException: Provided list of item keys contains duplicates");
}

TEST_F(BatchExecuteStatement, CountsFailedMembersUnlessAllFailed) {
  const std::string big = str_cat(R"(,"Parameters":[{"S":")", std::string(3000, 'x'), R"("}])");
  execute("INSERT INTO hsh VALUE {'pk':'a','big':?}", big);
  EXPECT_EQ(batch(str_cat(statement("INSERT INTO hsh VALUE {'pk':'a'}"), ",",
                          statement("INSERT INTO hsh VALUE {'pk':'b'}"), ",",
                          statement("INSERT INTO rng VALUE {'pk':'b','sk':1,'g':'x'}")),
                  kIndexes)
                .at("/ConsumedCapacity"),
            R"([{"TableName":"hsh","CapacityUnits":4.0,"Table":{"CapacityUnits":4.0}},)"
            R"({"TableName":"rng","CapacityUnits":2.0,"Table":{"CapacityUnits":1.0},)"
            R"("GlobalSecondaryIndexes":{"g":{"CapacityUnits":1.0}}}])");
  EXPECT_EQ(batch(statement("INSERT INTO hsh VALUE {'pk':'a'}"), kTotal).find("/ConsumedCapacity"),
            nullptr);
  EXPECT_EQ(batch(str_cat(statement("SELECT * FROM hsh WHERE pk = 'b'"), ",",
                          statement("SELECT * FROM hsh WHERE pk = 'a'",
                                    R"(,"ConsistentRead":true)")),
                  kTotal)
                .at("/ConsumedCapacity"),
            R"([{"TableName":"hsh","CapacityUnits":1.5}])");
}

TEST_F(ExecuteTransaction, WritesAllOrNothing) {
  execute("INSERT INTO hsh VALUE {'pk':'a','n':1}");
  EXPECT_EQ(transact(str_cat(statement("INSERT INTO hsh VALUE {'pk':'b'}"), ",",
                             statement("UPDATE hsh SET n = n + 1 WHERE pk = 'a'"), ",",
                             statement("EXISTS(SELECT * FROM hsh WHERE pk = 'c' AND x = 1)")))
                .error(),
            "TransactionCanceledException: Transaction cancelled, please refer cancellation "
            "reasons for specific reasons [None, None, ConditionalCheckFailed]");
  EXPECT_EQ(get("b"), "(nothing)");
  execute("INSERT INTO hsh VALUE {'pk':'c','x':1}");
  EXPECT_EQ(
      transact(str_cat(statement("INSERT INTO hsh VALUE {'pk':'b'}"), ",",
                       statement("UPDATE hsh SET n = n + 1 WHERE pk = 'a'"), ",",
                       statement("EXISTS(SELECT * FROM hsh WHERE pk = 'c' AND x = ?)",
                                 R"(,"Parameters":[{"N":"1"}])")),
               kTotal)
          .text(),
      R"({"Responses":[],"ConsumedCapacity":[{"TableName":"hsh","WriteCapacityUnits":6.0,"CapacityUnits":6.0}]})");
  EXPECT_EQ(get("a"), R"({"n":{"N":"2"},"pk":{"S":"a"}})");
}

TEST_F(ExecuteTransaction, TellsWhyItWasCancelled) {
  execute("INSERT INTO hsh VALUE {'pk':'a','n':1}");
  const Answer answer = transact(
      str_cat(statement("INSERT INTO hsh VALUE {'pk':'a'}"), ",",
              statement("INSERT INTO hsh VALUE {'pk':'b'}"), ",",
              statement("EXISTS(SELECT * FROM hsh WHERE pk = 'c' AND x = 1)"), ",",
              statement("UPDATE rng SET x = 1 WHERE pk = 'a' AND sk = 1", kOldOnFailure)));
  EXPECT_EQ(
      answer.at("/CancellationReasons"),
      R"([{"Code":"DuplicateItem","Message":"Duplicate primary key exists in table"},{"Code":"None"},)"
      R"({"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},)"
      R"({"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}])");
  EXPECT_EQ(transact(statement("UPDATE hsh SET n = 5 WHERE pk = 'a' AND n = 7", kOldOnFailure))
                .at("/CancellationReasons"),
            R"([{"Code":"ConditionalCheckFailed","Item":{"n":{"N":"1"},"pk":{"S":"a"}},)"
            R"("Message":"The conditional request failed"}])");
  EXPECT_EQ(transact(statement("UPDATE hsh SET n = x + 1 WHERE pk = 'a'"))
                .string_at("/CancellationReasons/0/Message"),
            "The provided expression refers to an attribute that does not exist in the item");
}

TEST_F(ExecuteTransaction, ReadsItems) {
  execute("INSERT INTO hsh VALUE {'pk':'a','n':1,'x':2}");
  EXPECT_EQ(
      transact(str_cat(statement("SELECT n FROM hsh WHERE pk = 'a'"), ",",
                       statement("SELECT * FROM hsh WHERE pk = 'none'"), ",",
                       statement("SELECT * FROM rng WHERE pk = 'a' AND sk = 1")),
               kTotal)
          .text(),
      R"({"Responses":[{"Item":{"n":{"N":"1"}}},{},{}],"ConsumedCapacity":[)"
      R"({"TableName":"hsh","ReadCapacityUnits":4.0,"CapacityUnits":4.0},)"
      R"({"TableName":"rng","ReadCapacityUnits":2.0,"CapacityUnits":2.0}]})");
  EXPECT_EQ(transact(statement("SELECT * FROM hsh WHERE pk = 'a' AND n > 1"))
                .at("/CancellationReasons/0/Code"),
            R"("ValidationError")");
}

TEST_F(ExecuteTransaction, RefusesTheWholeRequest) {
  const std::pair<std::string, std::string_view> kCases[] = {
      {str_cat(statement("SELECT * FROM hsh WHERE pk = 'a'"), ",",
               statement("DELETE FROM hsh WHERE pk = 'b'")),
       "ExecuteTransaction API does not support both read and write operations in the same "
       "request."},
      {str_cat(statement("SELECT * FROM hsh WHERE pk = 'a'"), ",",
               statement("EXISTS(SELECT * FROM hsh WHERE pk = 'b' AND x = 1)")),
       "ExecuteTransaction API does not support both read and write operations in the same "
       "request."},
      {str_cat(statement("DELETE FROM hsh WHERE pk = 'b'"), ",",
               statement("DELETE FROM hsh WHERE pk = 'a' RETURNING ALL OLD *")),
       "Validation failed in TransactStatements[1]: RETURNING clause is not supported in "
       "ExecuteTransaction."},
      {statement("SELECT * FROM rng.g WHERE g = 'a'"),
       "Validation failed in TransactStatements[0]: Reads on indices are not supported within "
       "transactions."},
      {str_cat(statement("DELETE FROM hsh WHERE pk = 'b'"), ",",
               statement("UPDATE hsh SET n = 1 WHERE pk = 'b'")),
       "Transaction request cannot include multiple operations on one item"},
      {statement("SLECT"),
       "Validation failed in TransactStatements[0]: Unsupported operation: Id"},
      {"",
       "1 validation error detected: Value '[]' at 'transactStatements' failed to satisfy "
       "constraint: Member must have length greater than or equal to 1"},
  };
  for (const auto& [statements, message] : kCases)
    EXPECT_EQ(transact(statements).error(), str_cat("ValidationException: ", message));
  EXPECT_EQ(transact(statement("DELETE FROM none WHERE pk = 'b'")).error(),
            "TransactionCanceledException: Transaction cancelled, please refer cancellation "
            "reasons for specific reasons [ResourceNotFound]");
  EXPECT_EQ(transact(statement("DELETE FROM rng WHERE pk = 'b'")).at("/CancellationReasons"),
            R"([{"Code":"ValidationError","Message":"Where clause does not contain a mandatory )"
            R"(equality on all key attributes"}])");
  EXPECT_EQ(transact(statement("DELETE FROM hsh WHERE pk = 1")).at("/CancellationReasons"),
            R"([{"Code":"ValidationError","Message":"The provided key element does not match the )"
            R"(schema"}])");
  EXPECT_EQ(transact(statement("EXISTS(SELECT * FROM hsh WHERE pk = 'b')"))
                .string_at("/CancellationReasons/0/Code"),
            "ValidationError");
}

TEST_F(ExecuteTransaction, ExecutesATokenOnce) {
  const std::string insert = statement("INSERT INTO hsh VALUE {'pk':'a'}");
  constexpr std::string_view kToken =
      R"(,"ClientRequestToken":"token","ReturnConsumedCapacity":"TOTAL")";
  EXPECT_TRUE(transact(insert, kToken).ok());
  EXPECT_EQ(
      transact(insert, kToken).text(),
      R"({"Responses":[],"ConsumedCapacity":[{"TableName":"hsh","ReadCapacityUnits":2.0,"CapacityUnits":2.0}]})");
  EXPECT_EQ(transact(statement("INSERT INTO hsh VALUE {'pk':'b'}"), kToken).error().substr(0, 37),
            "IdempotentParameterMismatchException:");
  // The tokens of TransactWriteItems are others.
  EXPECT_TRUE(
      app.call(
             "TransactWriteItems",
             R"({"ClientRequestToken":"token","TransactItems":[{"Put":{"TableName":"hsh","Item":{"pk":{"S":"c"}}}}]})")
          .ok());
  app.advance(std::chrono::minutes(11));
  EXPECT_EQ(transact(insert, kToken).string_at("/CancellationReasons/0/Code"), "DuplicateItem");
}

}  // namespace
}  // namespace tailrace
