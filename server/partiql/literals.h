// Values that statements spell: literals, lists, maps and sets of them, parameters.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/partiql/statement.h"
#include "storage/base/result.h"

namespace tailrace::partiql {

class Literals {
 public:
  // All outlive it. `text` is the statement's.
  Literals(std::string_view text,
           const Statement& statement,
           const std::vector<AttributeValue>& parameters)
      : text_(text), statement_(statement), parameters_(parameters) {}

  bool is_value(const SyntaxNode& node) const;
  // Errors: what cannot be stored, numbers out of range say, with its place below `root`; sets that
  // are none; keys that are no strings. nullopt: what is no value.
  Result<std::optional<AttributeValue>> value(const SyntaxNode& node) const;
  // The same of a map that is an item: its attributes nest 32 levels each. nullopt: no map.
  Result<std::optional<AttributeMap>> item(const SyntaxNode& node) const;

 private:
  using Optional = std::optional<AttributeValue>;

  // Where a value stands within the outermost one.
  struct Place {
    const Place* parent = nullptr;
    std::string_view key = {};
    std::optional<std::size_t> index = {};
  };
  static std::string place_text(const Place& place);
  std::string text_place(const SyntaxNode& node) const;

  Result<Optional> unchecked(const SyntaxNode& node, const Place& place) const;
  Result<Optional> list(const SyntaxNode& node, const Place& place) const;
  Result<Optional> map(const SyntaxNode& node, const Place& place) const;
  Result<Optional> set(const SyntaxNode& node, const Place& place) const;
  // Of a set's elements: all numbers, or all strings.
  Result<void> check_elements(const SyntaxNode& set,
                              const std::vector<AttributeValue>& elements) const;

  std::string_view text_;
  const Statement& statement_;
  const std::vector<AttributeValue>& parameters_;
};

}  // namespace tailrace::partiql
