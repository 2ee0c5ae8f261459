// Failures that the service words or places unlike the scheme of constraint messages, as rows of
// one table. (behaviour/dynamodb 2.1, second table)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::api {

enum class Constraint : std::uint8_t {
  kRequiredParameter,
  kNotNull,
  kEnum,
  kPattern,
  kMinLength,
  kMaxLength,
  kMinValue,
  kMaxValue,
  kMapKeys,
  kMapValues,
  kElements,
};

struct Deviation {
  std::string_view operation;  // Empty: any.
  std::string_view
      path;  // As messages write it; `*` stands for one map key or list index; empty: any.
  enum class Where : std::uint8_t { kAnywhere, kRequiredParameter } where;
  Constraint constraint;
  // Empty: the usual text, but alone and before all other failures. Else the whole message, in
  // which <name> is the member's name and <key> what `*` stood for.
  std::string_view text;
};

struct Failure {
  std::string_view operation;
  std::string_view path;
  Constraint constraint;
  bool required_parameter;  // The member is one whose absence has the text of kRequiredParameter.
};

// nullptr: nothing special.
const Deviation* find_deviation(const Failure& failure);
std::string deviation_text(const Deviation& deviation,
                           std::string_view path,
                           std::string_view member_name);

// The member whose presence makes a required member of the request needless; empty: none does.
std::string_view stand_in_of(std::string_view operation, std::string_view member);

}  // namespace tailrace::api
