// A store that has taken all memory that it may: what makes it larger is refused, all else goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/base/str_cat.h"
#include "tests/api/table_requests.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

using testing::StartsWith;

constexpr std::size_t kBudget = 8 << 20;

class FullStore : public testing::Test {
 protected:
  FullStore() {
    app.expect_ok("CreateTable",
                  create_request("abc", R"(,"StreamSpecification":{"StreamEnabled":true,)"
                                        R"("StreamViewType":"NEW_AND_OLD_IMAGES"})"));
    while (put(rows).ok()) ++rows;
  }
  Answer put(int number) {
    return app.call("PutItem", str_cat(R"({"TableName":"abc","Item":{"pk":{"S":"k)", number,
                                       R"("},"text":{"S":")", std::string(20'000, 'x'), R"("}}})"));
  }
  static std::string key(int number) {
    return str_cat(R"({"TableName":"abc","Key":{"pk":{"S":"k)", number, R"("}})");
  }

  TestApp app{{.memory = std::make_shared<MemoryBudget>(kBudget)}};
  int rows = 0;
};

TEST_F(FullStore, RefusesWritesAndSaysWhatToDo) {
  EXPECT_GT(rows, 50);
  constexpr std::string_view kRefusal =
      "InternalServerError: The store may take 8 MB of memory and has taken them: delete items or "
      "tables, or start the server with a larger --max-memory or with --data-dir";
  EXPECT_EQ(put(rows).error(), kRefusal);
  EXPECT_EQ(
      app.error("UpdateItem", str_cat(key(0), R"(,"UpdateExpression":"SET a = :v",)"
                                              R"("ExpressionAttributeValues":{":v":{"N":"1"}}})")),
      kRefusal);
  EXPECT_EQ(app.error("BatchWriteItem",
                      R"({"RequestItems":{"abc":[{"PutRequest":{"Item":{"pk":{"S":"n"}}}}]}})"),
            kRefusal);
  EXPECT_EQ(app.error("TransactWriteItems",
                      R"({"TransactItems":[{"Put":{"TableName":"abc","Item":{"pk":{"S":"n"}}}}]})"),
            kRefusal);
  EXPECT_EQ(app.call("GetItem", R"({"TableName":"abc","Key":{"pk":{"S":"n"}}})").text(), "{}");
}

TEST_F(FullStore, ReadsAndDeletesGoOnAndMakeRoom) {
  EXPECT_EQ(app.expect_ok("GetItem", str_cat(key(0), "}")).string_at("/Item/pk/S"), "k0");
  EXPECT_GT(app.expect_ok("Scan", table_request("abc")).number_at("/Count"), 10);
  // Each leaves its old image in the stream, so room comes only with the records' end.
  for (int i = 0; i < rows; ++i) app.expect_ok("DeleteItem", str_cat(key(i), "}"));
  app.expect_ok("DeleteTable", table_request("abc"));
}

}  // namespace
}  // namespace tailrace
