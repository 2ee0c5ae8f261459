// Which failures of members are told together, ahead of which others, and in which words: rows of
// one table. (behaviour/validation 3, 4, 8, 9, 12, 13)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "server/api/failures.h"
#include "server/api/layers.h"

namespace tailrace::api {

enum class Wording : std::uint8_t {
  kUsual,     // Value '<v>' at '<path>' failed to satisfy constraint: <constraint>
  kUnvalued,  // Value at '<Path>' failed to satisfy constraint: <constraint>
  kUnvaluedPath,  // Value at '<path>' failed to satisfy constraint: <constraint>
  kJson,      // kUsual, with the value as compact JSON.
  kText,      // The rule's text.
};

enum class When : std::uint8_t {
  kAlways,
  kEmpty,              // The value is an empty text.
  kLengthFits,         // No length of the same member fails.
  kNothingMissing,     // No member of the request is missing that must be there.
  kRequiredParameter,  // The member is one whose absence has a text of its own.
};

struct MemberRule {
  Layer layer;
  std::string_view operation;  // Empty: any on the layer.
  std::string_view path;       // `*` stands for anything.
  std::uint32_t constraints;   // Bits of Constraint.
  // Only failures of the lowest step are told. kNever: such failures are not told here.
  std::uint8_t step;
  std::uint8_t rank;  // Place among those of one step; within a rank as members were checked.
  Wording wording = Wording::kUsual;
  // Of kText, in which <name> is the member's name; of kUnvalued instead of the constraint's.
  std::string_view text = {};
  bool bare = false;  // Told alone and without `1 validation error detected: `.
  When when = When::kAlways;
};

inline constexpr std::uint8_t kNever = 255;
// Of failures without a rule.
inline constexpr std::uint8_t kUsualStep = 10, kUsualRank = 50;

struct FailureContext {
  bool length_fails = false;
  bool something_missing = false;
};
// nullptr: as usual.
const MemberRule* find_member_rule(Layer layer,
                                   std::string_view operation,
                                   const MemberFailure& failure,
                                   const FailureContext& context);

// The member whose presence makes a required member of the request needless; empty: none does.
std::string_view stand_in_of(std::string_view operation, std::string_view member);

// The values of an enum that an operation takes of it, where these are not all: members of the
// request alone. Empty: all.
std::span<const std::string_view> fitting_values(std::string_view operation,
                                                 std::string_view member);

}  // namespace tailrace::api
