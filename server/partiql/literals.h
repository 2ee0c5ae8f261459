// Values that statements spell: literals, lists, maps and sets of them, parameters.
#pragma once

#include <vector>

#include "server/partiql/statement.h"
#include "storage/base/result.h"

namespace tailrace::partiql {

class Literals {
 public:
  // Both outlive it.
  Literals(const Statement& statement, const std::vector<AttributeValue>& parameters)
      : statement_(statement), parameters_(parameters) {}

  bool is_value(const SyntaxNode& node) const;
  // Errors: sets that are none, keys that are no strings, nesting over 32 levels, and what is no
  // value (nullopt).
  Result<std::optional<AttributeValue>> value(const SyntaxNode& node) const;
  // The same of a map that is an item: its attributes nest 32 levels each. nullopt: no map.
  Result<std::optional<AttributeMap>> item(const SyntaxNode& node) const;

 private:
  using Optional = std::optional<AttributeValue>;

  Result<Optional> unchecked(const SyntaxNode& node) const;
  Result<Optional> list(const SyntaxNode& node) const;
  Result<Optional> map(const SyntaxNode& node) const;
  Result<Optional> set(const SyntaxNode& node) const;

  const Statement& statement_;
  const std::vector<AttributeValue>& parameters_;
};

}  // namespace tailrace::partiql
