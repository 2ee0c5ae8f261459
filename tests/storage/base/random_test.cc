#include "storage/base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace tailrace {
namespace {

using ::testing::MatchesRegex;

TEST(Random, UuidsAreOfVersionFour) {
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = random_uuid();
    ASSERT_EQ(uuid.size(), 36u);
    for (std::size_t k = 0; k < uuid.size(); ++k) {
      const bool dash = k == 8 || k == 13 || k == 18 || k == 23;
      const std::string_view allowed = dash ? "-" : "0123456789abcdef";
      EXPECT_NE(allowed.find(uuid[k]), std::string_view::npos) << uuid;
    }
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
  }
}

TEST(Random, RequestIdsHave52CharactersAsThoseOfDynamoDb) {
  for (int i = 0; i < 100; ++i) {
    const std::string id = random_request_id();
    EXPECT_EQ(id.size(), 52u);
    EXPECT_THAT(id, MatchesRegex("[0-9A-Z]+"));
  }
}

TEST(Random, HexHasAsManyDigitsAsAsked) {
  EXPECT_EQ(random_hex(0), "");
  EXPECT_THAT(random_hex(1), MatchesRegex("[0-9a-f]"));
  EXPECT_EQ(random_hex(33).size(), 33u);
}

TEST(Random, DoesNotRepeatItself) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(seen.insert(random_uuid()).second);
    EXPECT_TRUE(seen.insert(random_request_id()).second);
  }
}

}  // namespace
}  // namespace tailrace
