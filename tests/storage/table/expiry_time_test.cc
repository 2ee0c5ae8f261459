#include "storage/table/expiry_time.h"

#include "tests/storage/table/table_fixture.h"

namespace tailrace {
namespace {

struct ExpiryCase {
  const char* seconds;
  std::optional<std::int64_t> millis;
};

TEST(ExpiryTime, IsTheNumberInSecondsRoundedUpToMilliseconds) {
  const ExpiryCase kCases[] = {
      {"0", 0},
      {"1770091506", 1770091506000},
      {"1770091506.789", 1770091506789},
      {"1770091506.7890001", 1770091506790},
      {"1.7E9", 1700000000000},
      {"17E8", 1700000000000},
      {"0.5", 500},
      {"0.0001", 1},
      {"1E-130", 1},
      {"999999999999", 999999999999000},
      {"1000000000000", std::nullopt},
      {"1E125", std::nullopt},
      {"-1", std::nullopt},
  };
  TableSchema schema = things_schema();
  schema.ttl_attribute = "ttl";
  for (const ExpiryCase& row : kCases) {
    const AttributeMap item = attributes({{"id", text("a")}, {"ttl", number(row.seconds)}});
    const auto expected = row.millis ? std::optional(from_millis(*row.millis)) : std::nullopt;
    EXPECT_EQ(expiry_time(schema, item), expected) << row.seconds;
    const Buffer stored = encode_item(item);
    EXPECT_EQ(expiry_time(schema, StoredItem(stored)), expected) << row.seconds;
  }
}

TEST(ExpiryTime, IgnoresOtherTypesAndMissingAttributes) {
  TableSchema schema = things_schema();
  EXPECT_EQ(expiry_time(schema, attributes({{"ttl", number("1")}})), std::nullopt)
      << "TTL is disabled";
  schema.ttl_attribute = "ttl";
  EXPECT_EQ(expiry_time(schema, attributes({{"ttl", text("1770091506")}})), std::nullopt);
  EXPECT_EQ(expiry_time(schema, attributes({{"other", number("1")}})), std::nullopt);
  const AttributeMap nested = attributes({{"m", {.value = attributes({{"ttl", number("1")}})}}});
  EXPECT_EQ(expiry_time(schema, nested), std::nullopt);
}

}  // namespace
}  // namespace tailrace
