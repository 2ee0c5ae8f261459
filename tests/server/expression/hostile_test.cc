// Texts that try to break parsers: depth, length, nonsense. They must end in an error or a tree,
// quickly and within a small stack.
#include <gtest/gtest.h>
#include <pthread.h>

#include <functional>
#include <random>

#include "server/expression/expression.h"
#include "storage/base/sanitizer.h"
#include "tests/server/expression/expression_testing.h"

namespace tailrace::expression {
namespace {

// Larger with sanitizers, whose frames are several times as large.
#if defined(TAILRACE_ADDRESS_SANITIZER) || defined(TAILRACE_THREAD_SANITIZER)
constexpr std::size_t kStackBytes = 16U << 20;
#else
constexpr std::size_t kStackBytes = 1U << 20;
#endif

void run_on_small_stack(std::function<void()> work) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kStackBytes), 0);
  pthread_t thread;
  const auto run = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, &work), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

std::string times(std::size_t count, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string condition(std::string_view text) {
  Placeholders names = placeholders({{"#n", "n"}}, R"({":v":{"S":"x"}})");
  return outcome(Condition::parse(text, ExpressionKind::kCondition, names), [](const Condition& c) {
    const AttributeMap stored = item(R"({"a":{"S":"x"}})");
    ItemSource source(&stored);
    return str_cat(c.evaluate(source) ? "holds: " : "fails: ", c.dump().substr(0, 20));
  });
}
std::string update(std::string_view text) {
  Placeholders names = placeholders({{"#n", "n"}}, R"({":v":{"N":"1"}})");
  return outcome(Update::parse(text, names),
                 [](const Update& u) { return u.dump().substr(0, 30); });
}

TEST(HostileConditions, NestAsDeepAsTheTextAllows) {
  run_on_small_stack([] {
    constexpr std::string_view kInvalid = "Invalid ConditionExpression: ";
    EXPECT_EQ(condition(times(4096, "(")),
              str_cat(kInvalid, "Syntax error; token: \"<EOF>\", near: \"(\""));
    EXPECT_EQ(condition(times(4096, ")")),
              str_cat(kInvalid, "Syntax error; token: \")\", near: \"))\""));
    EXPECT_EQ(condition(times(2046, "(") + "a=:v" + times(2046, ")")),
              str_cat(kInvalid, "The expression has redundant parentheses;"));
    EXPECT_EQ(condition("a=" + times(2040, "(") + ":v" + times(2040, ")")),
              str_cat(kInvalid, "The expression has redundant parentheses;"));
    EXPECT_EQ(condition(times(1022, "NOT ") + "a=:v"),
              str_cat(kInvalid, "The expression contains too many operators; operator count: 301"));
    EXPECT_EQ(condition(times(298, "NOT ") + "a=:v").substr(0, 7), "holds: ");
    EXPECT_EQ(condition(times(299, "NOT(") + "a=:v" + times(299, ")")).substr(0, 7), "fails: ");
    EXPECT_EQ(
        condition(times(680, "size(") + "a" + times(680, ")") + "=:v"),
        str_cat(
            kInvalid,
            "Incorrect operand type for operator or function; operator or function: size, operand "
            "type: N"));
    EXPECT_EQ(condition(times(1000, "f(") + "a" + times(1000, ")")),
              str_cat(kInvalid, "Invalid function name; function: f"));
    EXPECT_EQ(condition("a" + times(31, "[1]") + "=:v"), "fails: (= (path a 1 1 1 1 1");
    EXPECT_EQ(
        condition("a" + times(1300, "[1]") + "=:v"),
        str_cat(kInvalid, "The document path has too many nesting levels; nesting levels: 1301"));
    EXPECT_EQ(
        condition("a" + times(2000, ".b") + "=:v"),
        str_cat(kInvalid, "The document path has too many nesting levels; nesting levels: 2001"));
  });
}

TEST(HostileUpdates, NestAsDeepAsTheTextAllows) {
  run_on_small_stack([] {
    constexpr std::string_view kInvalid = "Invalid UpdateExpression: ";
    EXPECT_EQ(update("SET a=" + times(4090, "(")),
              str_cat(kInvalid, "Syntax error; token: \"<EOF>\", near: \"(\""));
    EXPECT_EQ(update("SET a=" + times(2000, "(") + "b" + times(2000, ")")),
              str_cat(kInvalid, "The expression has redundant parentheses;"));
    EXPECT_EQ(update("SET a=" + times(290, "(b+") + ":v" + times(290, ")")).substr(0, 8),
              "(update ");
    EXPECT_EQ(
        update("SET a=" + times(200, "if_not_exists(b,") + ":v" + times(200, ")")).substr(0, 8),
        "(update ");
    EXPECT_EQ(update("SET a=" + times(300, "list_append(") + "b" + times(300, ")")),
              str_cat(kInvalid,
                      "The function is not allowed to be used this way in an expression; function: "
                      "list_append"));
  });
}

TEST(HostileUpdates, EvaluateWhateverNestingIsAccepted) {
  run_on_small_stack([] {
    Placeholders names = placeholders({}, R"({":v":{"N":"1"}})");
    const auto sums = Update::parse("SET a=" + times(290, "(b+") + ":v" + times(290, ")"), names);
    const AttributeMap old = item(R"({"b":{"N":"2"}})");
    EXPECT_EQ(item_json(**sums->apply(&old, AttributeMap())), R"({"a":{"N":"581"},"b":{"N":"2"}})");
    const auto choices =
        Update::parse("SET a=" + times(230, "if_not_exists(c,") + ":v" + times(230, ")"), names);
    EXPECT_EQ(item_json(**choices->apply(&old, AttributeMap())),
              R"({"a":{"N":"1"},"b":{"N":"2"}})");
  });
}

TEST(HostileTexts, QuoteWholeCharacters) {
  EXPECT_EQ(condition("\U0001F600\U0001F600 x"),
            "Invalid ConditionExpression: Syntax error; token: \"\U0001F600\", near: "
            "\"\U0001F600\U0001F600\"");
  EXPECT_EQ(update("SET \u00e4 = :v"),
            "Invalid UpdateExpression: Syntax error; token: \"\u00e4\", near: \"SET \u00e4 =\"");
  EXPECT_EQ(update("SET a\u00a0= :v"),
            "Invalid UpdateExpression: Syntax error; token: \"\u00a0\", near: \"a\u00a0=\"");
  EXPECT_EQ(
      condition(std::string("a\0= :v", 6)),
      std::string("Invalid ConditionExpression: Syntax error; token: \"\0\", near: \"a\0=\"", 66));
}

// Random sequences of tokens: each is refused or gives a tree, in all kinds of expressions.
TEST(HostileTexts, OfRandomTokensDoNoHarm) {
  static const char* const kTokens[] = {"a",
                                        "b",
                                        "size",
                                        "#n",
                                        "#u",
                                        ":v",
                                        ":u",
                                        "0",
                                        "1",
                                        "99999999999999999999",
                                        "=",
                                        "<>",
                                        "<",
                                        "<=",
                                        ">",
                                        ">=",
                                        "+",
                                        "-",
                                        ",",
                                        ".",
                                        "(",
                                        ")",
                                        "[",
                                        "]",
                                        "AND",
                                        "OR",
                                        "NOT",
                                        "BETWEEN",
                                        "IN",
                                        "SET",
                                        "REMOVE",
                                        "ADD",
                                        "DELETE",
                                        "attribute_exists(",
                                        "size(",
                                        "contains(",
                                        "if_not_exists(",
                                        "list_append(",
                                        "foo(",
                                        "!",
                                        "\xC3\xA9",
                                        "\xFF",
                                        " "};
  std::mt19937 random(1);
  int accepted = 0;
  for (int i = 0; i < 30000; ++i) {
    std::string text;
    for (int n = std::uniform_int_distribution<int>(1, 12)(random); n > 0; --n) {
      str_append(
          text,
          kTokens[std::uniform_int_distribution<std::size_t>(0, std::size(kTokens) - 1)(random)],
          n % 3 ? " " : "");
    }
    Placeholders names = placeholders({{"#n", "n"}}, R"({":v":{"S":"x"}})");
    accepted += Condition::parse(text, ExpressionKind::kFilter, names).has_value();
    accepted += Update::parse(text, names).has_value();
    accepted += Projection::parse(text, names).has_value();
    accepted += KeyCondition::parse(text, names).has_value();
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace tailrace::expression
