#include "server/expression/reserved_words.h"

#include <gtest/gtest.h>

#include <string>

namespace tailrace::expression {
namespace {

TEST(ReservedWords, FindsEveryWordInAnyCase) {
  EXPECT_EQ(reserved_words().size(), 573U);
  for (const std::string_view word : reserved_words()) {
    EXPECT_TRUE(is_reserved_word(word)) << word;
    std::string mixed(word);
    for (std::size_t i = 0; i < mixed.size(); i += 2)
      mixed[i] = static_cast<char>(mixed[i] - 'A' + 'a');
    EXPECT_TRUE(is_reserved_word(mixed)) << mixed;
  }
}

TEST(ReservedWords, DoesNotFindOthers) {
  for (const std::string_view word :
       {"", "a", "pk", "metadata", "REMOVE", "contains", "ZONES", "YEAR2", "_", "9", "ABOR",
        "ABORTS", "AUTHORIZATIONAUTHORIZATION", "\xC3\xA9t\xC3\xA9"}) {
    EXPECT_FALSE(is_reserved_word(word)) << word;
  }
}

}  // namespace
}  // namespace tailrace::expression
