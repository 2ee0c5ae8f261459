#include "server/api/failures.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "server/api/dump.h"
#include "server/api/member_rules.h"
#include "storage/base/str_cat.h"

namespace tailrace::api {
namespace {

constexpr std::size_t kFailuresMax = 10;

std::string min_length_text(const Shape& shape) {
  return str_cat("Member must have length greater than or equal to ", shape.min);
}
std::string max_length_text(const Shape& shape) {
  return str_cat("Member must have length less than or equal to ", shape.max);
}
std::string min_value_text(const Shape& shape) {
  return str_cat("Member must have value greater than or equal to ", shape.min);
}
std::string max_value_text(const Shape& shape) {
  return str_cat("Member must have value less than or equal to ", shape.max);
}
bool is_number(const Shape& shape) {
  return shape.kind == Kind::kInteger || shape.kind == Kind::kLong || shape.kind == Kind::kDouble;
}
std::string pattern_text(const Shape& shape) {
  return str_cat("Member must satisfy regular expression pattern: ", shape.pattern);
}
std::string enum_text(const Shape& shape) {
  std::string text = "Member must satisfy enum value set: [";
  std::string_view separator;
  for (const std::string_view value : shape.enum_values)
    str_append(text, std::exchange(separator, ", "), value);
  return text + "]";
}

// All constraints of a map's key or value, or of a list's scalar element, as one failure lists
// them.
std::string all_constraints_text(const Shape& shape) {
  std::vector<std::string> parts;
  if (shape.has_max)
    parts.push_back(is_number(shape) ? max_value_text(shape) : max_length_text(shape));
  if (shape.has_min)
    parts.push_back(is_number(shape) ? min_value_text(shape) : min_length_text(shape));
  if (!shape.pattern.empty()) parts.push_back(pattern_text(shape));
  if (!shape.enum_values.empty()) parts.push_back(enum_text(shape));
  std::string text = "[";
  std::string_view separator;
  for (const std::string& part : parts) str_append(text, std::exchange(separator, ", "), part);
  return text + "]";
}

std::string constraint_text(Constraint constraint, const Shape& shape) {
  switch (constraint) {
    case Constraint::kRequiredParameter:
    case Constraint::kNotNull:
      return "Member must not be null";
    case Constraint::kEnum:
      return enum_text(shape);
    case Constraint::kPattern:
      return pattern_text(shape);
    case Constraint::kMinLength:
      return min_length_text(shape);
    case Constraint::kMaxLength:
      return max_length_text(shape);
    case Constraint::kMinValue:
      return min_value_text(shape);
    case Constraint::kMaxValue:
      return max_value_text(shape);
    case Constraint::kMapKeys:
      return str_cat("Map keys must satisfy constraint: ", all_constraints_text(*shape.key));
    case Constraint::kMapValues:
      return str_cat("Map value must satisfy constraint: ", all_constraints_text(*shape.element));
    case Constraint::kElements:
      return str_cat("Member must satisfy constraint: ", all_constraints_text(*shape.element));
    case Constraint::kFit:
    case Constraint::kChoice:
    case Constraint::kOneChoice:
      return {};  // They have texts of their own.
  }
  CHECK(false);
}

// A failure with the place and the words that its rule gives it.
struct Told {
  const MemberFailure* failure;
  const MemberRule* rule;

  std::uint8_t step() const { return rule == nullptr ? kUsualStep : rule->step; }
  std::uint8_t rank() const { return rule == nullptr ? kUsualRank : rule->rank; }
};

std::string text_of(const Told& told) {
  const MemberFailure& failure = *told.failure;
  const Wording wording = told.rule == nullptr ? Wording::kUsual : told.rule->wording;
  constexpr std::string_view kFails = " failed to satisfy constraint: ";
  switch (wording) {
    case Wording::kText: {
      std::string text(told.rule->text);
      constexpr std::string_view kName = "<name>";
      const std::size_t at = text.find(kName);
      if (at == std::string::npos) return text;
      return text.replace(at, kName.size(),
                          failure.written_path.substr(failure.written_path.rfind('.') + 1));
    }
    case Wording::kUnvalued:
    case Wording::kUnvaluedPath:
      return str_cat("Value at '",
                     wording == Wording::kUnvalued ? failure.written_path : failure.path, "'",
                     kFails,
                     told.rule->text.empty() ? constraint_text(failure.constraint, *failure.shape)
                                             : std::string(told.rule->text));
    case Wording::kUsual:
    case Wording::kJson: {
      std::string shown = "null";
      if (failure.value != nullptr)
        shown = str_cat("'",
                        wording == Wording::kJson ? json::canonical_text(*failure.value)
                                                  : dump(*failure.shape, *failure.value),
                        "'");
      return str_cat("Value ", shown, " at '", failure.path, "'", kFails,
                     constraint_text(failure.constraint, *failure.shape));
    }
  }
  CHECK(false);
}

bool is_missing(const MemberFailure& failure) {
  return failure.constraint == Constraint::kNotNull ||
         failure.constraint == Constraint::kRequiredParameter;
}

bool is_length(const MemberFailure& failure) {
  return failure.constraint == Constraint::kMinLength ||
         failure.constraint == Constraint::kMaxLength;
}

// Those of the lowest step, in order.
std::vector<Told> first_step(std::string_view operation,
                             Layer layer,
                             const std::vector<MemberFailure>& failures) {
  const bool missing = std::ranges::any_of(failures, is_missing);
  std::set<std::size_t> with_length;  // Members.
  for (const MemberFailure& failure : failures)
    if (is_length(failure)) with_length.insert(failure.member);
  std::vector<Told> told;
  for (const MemberFailure& failure : failures) {
    const bool length_fails = with_length.contains(failure.member);
    const MemberRule* rule = find_member_rule(
        layer, operation, failure, {.length_fails = length_fails, .something_missing = missing});
    if (rule != nullptr && rule->step == kNever) continue;
    const Told next{&failure, rule};
    if (!told.empty() && next.step() > told.front().step()) continue;
    if (!told.empty() && next.step() < told.front().step()) told.clear();
    told.push_back(next);
  }
  const auto place = [](const Told& each) {
    return std::tuple(each.rank(), each.failure->member, each.rule);
  };
  std::ranges::stable_sort(told, [&](const Told& a, const Told& b) { return place(a) < place(b); });
  return told;
}

}  // namespace

Result<void> report(std::string_view operation, Layer layer, std::vector<MemberFailure> failures) {
  if (failures.empty()) return {};
  const bool older = std::ranges::any_of(
      failures, [](const MemberFailure& failure) { return is_missing(failure) || failure.lossy; });
  std::vector<Told> told = first_step(operation, older ? Layer::kOlder : layer, failures);
  if (told.empty()) return {};
  if (told.front().rule != nullptr && told.front().rule->bare)
    return validation_error(text_of(told.front()));
  if (told.size() > kFailuresMax) told.resize(kFailuresMax);
  std::string text = str_cat(told.size(), told.size() == 1 ? " validation error detected: "
                                                           : " validation errors detected: ");
  std::string_view separator;
  for (const Told& each : told) str_append(text, std::exchange(separator, "; "), text_of(each));
  return validation_error(std::move(text));
}

}  // namespace tailrace::api
