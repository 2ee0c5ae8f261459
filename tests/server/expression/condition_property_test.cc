// Random conditions on random items, against an evaluator that is as plain as possible. The seed is
// fixed; TAILRACE_SEED in the environment gives another.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>

#include "server/expression/expression.h"
#include "tests/server/expression/expression_testing.h"

namespace tailrace::expression {
namespace {

// --- The plain model: a value is its type and a few plain members.
struct Plain {
  std::string type;  // "N", "S", "BOOL", "SS", "L", "M"
  int number = 0;
  std::string text;
  std::vector<Plain> parts;             // Of SS (as S) and L.
  std::map<std::string, Plain> fields;  // Of M.
  bool operator==(const Plain&) const = default;
};
using Item = std::map<std::string, Plain>;

AttributeValue real(const Plain& plain) {
  if (plain.type == "N") return {Number(plain.number)};
  if (plain.type == "S") return {plain.text};
  if (plain.type == "BOOL") return {plain.number != 0};
  if (plain.type == "SS") {
    StringSet set;
    for (const Plain& part : plain.parts) set.values.push_back(part.text);
    return {std::move(set)};
  }
  if (plain.type == "L") {
    List list;
    for (const Plain& part : plain.parts) list.values.push_back(real(part));
    return {std::move(list)};
  }
  AttributeMap map;
  for (const auto& [name, field] : plain.fields) map.set(name, real(field));
  return {std::move(map)};
}

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;
struct Expr {
  std::string op;                 // "path", "value", "size", "=", "AND", "contains", …
  std::string text;               // Of a path or value.
  std::vector<std::string> path;  // Names, or indexes as "[1]".
  Plain value;
  std::vector<ExprPtr> args;
};

std::optional<Plain> plain_operand(const Expr& e, const Item& item) {
  if (e.op == "value") return e.value;
  if (e.op == "size") {
    const auto of = plain_operand(*e.args[0], item);
    if (!of || of->type == "N" || of->type == "BOOL") return std::nullopt;
    const std::size_t size = of->type == "S"   ? of->text.size()
                             : of->type == "M" ? of->fields.size()
                                               : of->parts.size();
    return Plain{.type = "N", .number = static_cast<int>(size)};
  }
  Plain at{.type = "M", .fields = item};
  for (const std::string& step : e.path) {
    if (step[0] == '[') {
      const auto index = static_cast<std::size_t>(std::stoi(step.substr(1)));
      if (at.type != "L" || index >= at.parts.size()) return std::nullopt;
      at = Plain(at.parts[index]);
    } else {
      if (at.type != "M" || !at.fields.contains(step)) return std::nullopt;
      at = Plain(at.fields.at(step));
    }
  }
  return at;
}

bool plain_less(const std::optional<Plain>& a, const std::optional<Plain>& b) {
  if (!a || !b || a->type != b->type) return false;
  if (a->type == "N") return a->number < b->number;
  return a->type == "S" && a->text < b->text;
}
bool plain_ordered(const std::optional<Plain>& a, const std::optional<Plain>& b) {
  return plain_less(a, b) || (a && b && *a == *b && (a->type == "N" || a->type == "S"));
}

bool plain_holds(const Expr& e, const Item& item) {
  if (e.op == "AND") {
    bool all = true;
    for (const ExprPtr& arg : e.args) all = plain_holds(*arg, item) && all;
    return all;
  }
  if (e.op == "OR") {
    bool any = false;
    for (const ExprPtr& arg : e.args) any = plain_holds(*arg, item) || any;
    return any;
  }
  if (e.op == "NOT") return !plain_holds(*e.args[0], item);
  std::vector<std::optional<Plain>> v;
  for (const ExprPtr& arg : e.args) v.push_back(plain_operand(*arg, item));
  if (e.op == "=") return v[0] && v[1] && *v[0] == *v[1];
  if (e.op == "<>") return !(v[0] && v[1] && *v[0] == *v[1]);
  if (e.op == "<") return plain_less(v[0], v[1]);
  if (e.op == ">") return plain_less(v[1], v[0]);
  if (e.op == "<=") return plain_ordered(v[0], v[1]);
  if (e.op == ">=") return plain_ordered(v[1], v[0]);
  if (e.op == "BETWEEN") return plain_ordered(v[1], v[0]) && plain_ordered(v[0], v[2]);
  if (e.op == "IN") {
    for (std::size_t i = 1; i < v.size(); ++i) {
      if (v[0] && v[i] && *v[0] == *v[i]) return true;
    }
    return false;
  }
  if (e.op == "attribute_exists") return v[0].has_value();
  if (e.op == "attribute_not_exists") return !v[0].has_value();
  if (!v[0] || !v[1]) return false;
  if (e.op == "attribute_type") return v[0]->type == v[1]->text;
  if (e.op == "begins_with") {
    return v[0]->type == "S" && v[1]->type == "S" &&
           v[0]->text.substr(0, v[1]->text.size()) == v[1]->text;
  }
  if (e.op == "contains") {
    if (v[0]->type == "S")
      return v[1]->type == "S" && v[0]->text.find(v[1]->text) != std::string::npos;
    for (const Plain& part : v[0]->parts) {
      if (part == *v[1]) return true;
    }
    return false;
  }
  ADD_FAILURE() << e.op;
  return false;
}

// --- Random conditions and items, small enough to meet often.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Item item() {
    Item all;
    for (const std::string name : {"a", "b", "c", "d"}) {
      if (below(4)) all[name] = value(2);
    }
    return all;
  }

  ExprPtr condition(int depth) {
    const int kind = depth > 0 ? below(7) : 6;
    if (kind < 2) return node("AND", several(depth));
    if (kind < 4) return node("OR", several(depth));
    if (kind < 5) return node("NOT", {condition(depth - 1)});
    return test();
  }

  // With all needed and some needless parentheses, but no redundant ones.
  std::string text(const Expr& e, int parent = 0) {
    static const std::map<std::string, int> kPrecedence = {{"OR", 1}, {"AND", 2}, {"NOT", 3}};
    const auto found = kPrecedence.find(e.op);
    const int precedence = found == kPrecedence.end() ? 9 : found->second;
    std::string inner;
    if (e.op == "AND" || e.op == "OR") {
      for (const ExprPtr& arg : e.args) {
        str_append(inner, inner.empty() ? "" : str_cat(blank(), e.op, blank()),
                   text(*arg, precedence + 1));
      }
    } else if (e.op == "NOT") {
      inner = str_cat("NOT ", text(*e.args[0], precedence));
    } else {
      inner = test_text(e);
    }
    if (precedence < parent || below(6) == 0) return str_cat("(", inner, ")");
    return inner;
  }

  const AttributeMap& values() const { return values_; }

 private:
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  std::string blank() { return below(5) ? " " : " \t\n"; }

  ExprPtr node(std::string op, std::vector<ExprPtr> args) {
    auto e = std::make_shared<Expr>();
    e->op = std::move(op);
    e->args = std::move(args);
    return e;
  }
  std::vector<ExprPtr> several(int depth) {
    std::vector<ExprPtr> all;
    for (int i = 2 + below(2); i > 0; --i) all.push_back(condition(depth - 1));
    return all;
  }

  std::string word() {
    static const char* const kWords[] = {"", "x", "xy", "y", "yx"};
    return kWords[below(5)];
  }
  Plain number() { return {.type = "N", .number = below(4)}; }
  Plain string() { return {.type = "S", .text = word()}; }
  Plain value(int depth) {
    switch (below(depth > 0 ? 7 : 3)) {
      case 0:
        return number();
      case 1:
        return string();
      case 2:
        return {.type = "BOOL", .number = below(2)};
      case 3: {
        Plain set{.type = "SS"};
        for (const char* element : {"x", "xy", "y"}) {
          if (below(2) || (set.parts.empty() && element[0] == 'y')) {
            set.parts.push_back({.type = "S", .text = element});
          }
        }
        return set;
      }
      case 4:
      case 5: {
        Plain list{.type = "L"};
        for (int i = below(3); i > 0; --i) list.parts.push_back(value(depth - 1));
        return list;
      }
      default: {
        Plain map{.type = "M"};
        for (const std::string name : {"a", "b"}) {
          if (below(2)) map.fields[name] = value(depth - 1);
        }
        return map;
      }
    }
  }

  ExprPtr literal(Plain plain) {
    auto e = std::make_shared<Expr>();
    e->op = "value";
    e->text = str_cat(":v", values_.size());
    values_.set(e->text, real(plain));
    e->value = std::move(plain);
    return e;
  }
  ExprPtr path() {
    auto e = std::make_shared<Expr>();
    e->op = "path";
    e->path = {std::string(1, static_cast<char>('a' + below(4)))};
    e->text = e->path.front();
    for (int i = below(3); i > 0; --i) {
      const std::string step = below(2) ? str_cat("[", below(3), "]")
                                        : std::string(1, static_cast<char>('a' + below(2)));
      e->path.push_back(step);
      str_append(e->text, step[0] == '[' ? "" : ".", step);
    }
    return e;
  }
  ExprPtr size() { return node("size", {path()}); }
  ExprPtr operand() {
    const int kind = below(6);
    return kind < 3 ? path() : kind < 5 ? literal(value(2)) : size();
  }
  ExprPtr orderable() {
    const int kind = below(6);
    return kind < 3 ? path() : kind < 5 ? literal(below(2) ? number() : string()) : size();
  }
  ExprPtr textual() { return below(2) ? path() : literal(string()); }

  ExprPtr test() {
    static const char* const kOrderings[] = {"<", "<=", ">", ">="};
    ExprPtr first = path();
    switch (below(9)) {
      case 0:
      case 1:
        return distinct(below(2) ? "=" : "<>", operand(), operand());
      case 2:
        return distinct(kOrderings[below(4)], orderable(), orderable());
      case 3: {
        const int low = below(3);
        const Plain a{.type = "N", .number = low};
        const Plain b{.type = "N", .number = low + below(3)};
        if (below(2)) return node("BETWEEN", {orderable(), literal(a), literal(b)});
        return node("BETWEEN", {orderable(), path(), orderable()});
      }
      case 4: {
        std::vector<ExprPtr> all{operand()};
        for (int i = 1 + below(3); i > 0; --i) all.push_back(operand());
        return node("IN", all);
      }
      case 5:
        return node(below(2) ? "attribute_exists" : "attribute_not_exists", {first});
      case 6: {
        static const char* const kTypes[] = {"N", "S", "BOOL", "SS", "L", "M"};
        return node("attribute_type", {first, literal({.type = "S", .text = kTypes[below(6)]})});
      }
      case 7:
        return node("begins_with", {textual(), textual()});
      default:
        return distinct("contains", operand(), operand());
    }
  }
  ExprPtr distinct(std::string op, ExprPtr a, ExprPtr b) {
    if (a->op == "path" && b->op == "path" && a->text == b->text) b = literal(number());
    return node(std::move(op), {std::move(a), std::move(b)});
  }

  std::string operand_text(const Expr& e) {
    const std::string inner =
        e.op == "size" ? str_cat("size(", operand_text(*e.args[0]), ")") : e.text;
    return below(6) ? inner : str_cat("(", inner, ")");
  }
  std::string test_text(const Expr& e) {
    std::vector<std::string> args;
    for (const ExprPtr& arg : e.args) args.push_back(operand_text(*arg));
    if (e.op == "BETWEEN") return str_cat(args[0], " BETWEEN ", args[1], " AND ", args[2]);
    std::string list;
    for (std::size_t i = e.op == "IN" ? 1 : 0; i < args.size(); ++i)
      str_append(list, list.empty() ? "" : ",", args[i]);
    if (e.op == "IN") return str_cat(args[0], " IN (", list, ")");
    if (e.op.size() > 2) return str_cat(e.op, "(", list, ")");
    return str_cat(args[0], below(2) ? " " : "", e.op, args[1]);
  }

  std::mt19937 random_;
  AttributeMap values_;
};

TEST(ConditionProperty, AgreesWithThePlainEvaluator) {
  const char* given = std::getenv("TAILRACE_SEED");
  const unsigned base = given ? static_cast<unsigned>(std::stoul(given)) : 20120810U;
  int held = 0;
  constexpr int kConditions = 4000;
  constexpr int kItems = 5;
  for (unsigned i = 0; i < kConditions; ++i) {
    Generator generator(base + i);
    const ExprPtr expected = generator.condition(3);
    const std::string text = generator.text(*expected);
    if (text.size() > 4096) continue;
    Placeholders names({}, generator.values());
    const auto condition = Condition::parse(text, ExpressionKind::kFilter, names);
    ASSERT_TRUE(condition) << "seed " << base + i << ": " << text << "\n"
                           << condition.error().message;
    ASSERT_TRUE(names.check_all_used()) << text;
    for (int j = 0; j < kItems; ++j) {
      const Item plain = generator.item();
      const AttributeValue stored = real({.type = "M", .fields = plain});
      ItemSource source(stored.as<AttributeMap>());
      const bool holds = plain_holds(*expected, plain);
      ASSERT_EQ(condition->evaluate(source), holds)
          << "seed " << base + i << ": " << text << "\non " << item_json(*stored.as<AttributeMap>())
          << "\nwith " << item_json(generator.values());
      held += holds;
    }
  }
  // Else the test shows nothing.
  EXPECT_GT(held, kConditions * kItems / 5);
  EXPECT_LT(held, kConditions * kItems * 4 / 5);
}

}  // namespace
}  // namespace tailrace::expression
