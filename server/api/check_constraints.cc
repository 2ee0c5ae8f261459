// Constraint checks: finds all failures of a request's members. (behaviour/dynamodb 2.1)
#include <algorithm>
#include <span>
#include <vector>

#include "server/api/dump.h"
#include "server/api/failures.h"
#include "server/api/integer.h"
#include "server/api/member_rules.h"
#include "server/api/pattern.h"
#include "server/api/validator.h"
#include "storage/base/str_cat.h"

namespace tailrace::api {
namespace {

using json::Value;

// A message names ten of them; which ones is decided when all are known, within reason.
constexpr std::size_t kFailuresFoundMax = 1'000;

// Characters as Java counts them: UTF-16 units.
std::int64_t text_length(std::string_view text) {
  std::int64_t length = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) ++length;
    if (byte >= 0xF0) ++length;
  }
  return length;
}

bool is_arn_for_name(const Shape& shape, std::string_view text) {
  return shape.takes_arn && text.starts_with("arn:");
}

// Limits that a text breaks, in the order of messages.
void text_failures(const Shape& shape, std::string_view text, std::vector<Constraint>& out) {
  if (is_arn_for_name(shape, text)) {
    // An ARN's own limit in the model; no name comes near it.
    constexpr std::int64_t kArnLengthMax = 1024;
    if (text_length(text) > kArnLengthMax) out.push_back(Constraint::kMaxLength);
    return;
  }
  if (!shape.enum_values.empty() &&
      std::ranges::find(shape.enum_values, text) == shape.enum_values.end()) {
    out.push_back(Constraint::kEnum);
  }
  // Of a text that may only not be empty the length is reported, not that it fits no pattern.
  // (behaviour/dynamodb 2.1, item operations)
  const bool is_just_empty = text.empty() && shape.has_min && shape.min == 1;
  if (!shape.pattern.empty() && !is_just_empty && !matches(shape.pattern, text))
    out.push_back(Constraint::kPattern);
  if (!shape.has_min && !shape.has_max) return;
  const std::int64_t length = text_length(text);
  if (shape.has_min && length < shape.min) out.push_back(Constraint::kMinLength);
  if (shape.has_max && length > shape.max) out.push_back(Constraint::kMaxLength);
}

void count_failures(const Shape& shape, std::size_t count, std::vector<Constraint>& out) {
  if (shape.has_min && static_cast<std::int64_t>(count) < shape.min)
    out.push_back(Constraint::kMinLength);
  if (shape.has_max && static_cast<std::int64_t>(count) > shape.max)
    out.push_back(Constraint::kMaxLength);
}

void number_failures(const Shape& shape, const Value& value, std::vector<Constraint>& out) {
  if (!shape.has_min && !shape.has_max) return;
  const auto compare = [&](auto number, auto min, auto max) {
    if (shape.has_min && number < min) out.push_back(Constraint::kMinValue);
    if (shape.has_max && number > max) out.push_back(Constraint::kMaxValue);
  };
  if (shape.kind == Kind::kDouble && value.IsNumber())
    return compare(value.GetDouble(), static_cast<double>(shape.min),
                   static_cast<double>(shape.max));
  compare(integer_of(shape, value), shape.min, shape.max);
}

// Constraints of `value` itself; not of what it contains.
void own_failures(const Shape& shape, const Value& value, std::vector<Constraint>& out) {
  switch (shape.kind) {
    case Kind::kString:
      return text_failures(shape, json::view(value), out);
    case Kind::kInteger:
    case Kind::kLong:
    case Kind::kDouble:
      return number_failures(shape, value, out);
    case Kind::kBlob:
      return count_failures(shape, value.GetStringLength() / 4 * 3, out);
    case Kind::kList:
      return count_failures(shape, value.Size(), out);
    case Kind::kMap:
      return count_failures(shape, value.MemberCount(), out);
    case Kind::kBoolean:
    case Kind::kTimestamp:
    case Kind::kStructure:
    case Kind::kAttributeValue:
      return;
  }
}

bool has_own_failures(const Shape& shape, const Value& value) {
  std::vector<Constraint> failures;
  own_failures(shape, value, failures);
  return !failures.empty();
}

bool key_fails(const Shape& key, std::string_view text) {
  std::vector<Constraint> failures;
  text_failures(key, text, failures);
  return !failures.empty();
}

// Step on the way from the request's root. Paths are only written out when something failed.
struct PathStep {
  enum class Kind : std::uint8_t { kMember, kListElement, kMapValue };
  const PathStep* parent;
  Kind kind;
  std::string_view name;  // Of a member or map key.
  std::size_t index;      // Of a list element, from 0.
};

// requestItems.tbl.member.keys, or with names as requests write them: RequestItems.tbl.member.Keys.
enum class Spelling : std::uint8_t { kLowerFirst, kAsSent };
void append_path(std::string& out, const PathStep& step, Spelling spelling) {
  if (step.parent != nullptr) {
    append_path(out, *step.parent, spelling);
    out += '.';
  }
  switch (step.kind) {
    case PathStep::Kind::kMember:
      if (spelling == Spelling::kLowerFirst)
        out += lower_first(step.name);
      else
        out += step.name;
      return;
    case PathStep::Kind::kListElement:
      str_append(out, step.index + 1, ".member");
      return;
    case PathStep::Kind::kMapValue:
      str_append(out, step.name, ".member");
      return;
  }
}

std::string path_text(const PathStep& step, Spelling spelling) {
  std::string path;
  append_path(path, step, spelling);
  return path;
}

class Checker {
 public:
  explicit Checker(std::string_view operation) : operation_(operation) {}

  void check_structure(const Shape& shape, const Value& value, const PathStep* parent) {
    if (shape.is_choice) check_choice(shape, value, *parent);
    for (const Member& member : shape.members) {
      const PathStep step{
          .parent = parent, .kind = PathStep::Kind::kMember, .name = member.name, .index = 0};
      const Value* found = json::find(value, member.name);
      if (found != nullptr) {
        check_value(*member.shape, *found, step, member.required_parameter);
      } else if (member.required_parameter) {
        fail(Constraint::kRequiredParameter, *member.shape, nullptr, step, true);
      } else if (member.required && !has_stand_in(member, value, parent)) {
        fail(Constraint::kNotNull, *member.shape, nullptr, step, false);
      }
    }
  }

  std::vector<MemberFailure> take() && { return std::move(failures_); }

 private:
  bool has_stand_in(const Member& member, const Value& value, const PathStep* parent) const {
    if (parent != nullptr) return false;
    const std::string_view stand_in = stand_in_of(operation_, member.name);
    return !stand_in.empty() && json::find(value, stand_in) != nullptr;
  }

  void check_choice(const Shape& shape, const Value& value, const PathStep& step) {
    const auto count = std::ranges::count_if(shape.members, [&](const Member& member) {
      return json::find(value, member.name) != nullptr;
    });
    if (count == 1) return;
    fail(count == 0 ? Constraint::kChoice : Constraint::kOneChoice, shape, &value, step, false);
    ++member_;
  }

  void check_value(const Shape& shape,
                   const Value& value,
                   const PathStep& step,
                   bool required_parameter) {
    std::vector<Constraint> constraints;
    own_failures(shape, value, constraints);
    if (shape.kind == Kind::kMap) map_failures(shape, value, constraints);
    if (shape.kind == Kind::kList && elements_fail(shape, value))
      constraints.push_back(Constraint::kElements);
    if (!shape.enum_values.empty() && constraints.empty() && !fits(value, step))
      constraints.push_back(Constraint::kFit);
    for (const Constraint constraint : constraints)
      fail(constraint, shape, &value, step, required_parameter);
    if (!constraints.empty()) ++member_;
    check_contents(shape, value, step);
  }

  bool fits(const Value& value, const PathStep& step) const {
    if (step.parent != nullptr) return true;
    const auto fitting = fitting_values(operation_, step.name);
    return fitting.empty() || std::ranges::find(fitting, json::view(value)) != fitting.end();
  }

  // Limits on keys and values are reported at the map, once each.
  static void map_failures(const Shape& shape, const Value& map, std::vector<Constraint>& out) {
    const auto object = map.GetObject();
    if (std::any_of(object.begin(), object.end(), [&](const auto& member) {
          return key_fails(*shape.key, json::view(member.name));
        })) {
      out.push_back(Constraint::kMapKeys);
    }
    if (std::any_of(object.begin(), object.end(), [&](const auto& member) {
          return !member.value.IsNull() && has_own_failures(*shape.element, member.value);
        })) {
      out.push_back(Constraint::kMapValues);
    }
  }

  static bool elements_fail(const Shape& shape, const Value& list) {
    const auto array = list.GetArray();
    return std::any_of(array.begin(), array.end(), [&](const Value& element) {
      return !element.IsNull() && has_own_failures(*shape.element, element);
    });
  }

  void check_contents(const Shape& shape, const Value& value, const PathStep& step) {
    if (shape.kind == Kind::kStructure) {
      check_structure(shape, value, &step);
      return;
    }
    // AttributeValues have rules of their own (decode_value).
    if (shape.element == nullptr || shape.element->kind == Kind::kAttributeValue) return;
    if (shape.kind == Kind::kList) {
      std::size_t index = 0;
      for (const Value& element : value.GetArray()) {
        check_element(
            *shape.element, element,
            {.parent = &step, .kind = PathStep::Kind::kListElement, .name = {}, .index = index++});
      }
    } else {
      for (const auto& member : value.GetObject()) {
        check_element(*shape.element, member.value,
                      {.parent = &step,
                       .kind = PathStep::Kind::kMapValue,
                       .name = json::view(member.name),
                       .index = 0});
      }
    }
  }

  // A null is no element: whoever reads the request need not look out for one. The limits of
  // scalars were checked with their container.
  void check_element(const Shape& shape, const Value& element, const PathStep& step) {
    if (element.IsNull()) {
      fail(Constraint::kNotNull, shape, nullptr, step, false);
    } else {
      check_contents(shape, element, step);
    }
  }

  void fail(Constraint constraint,
            const Shape& shape,
            const Value* value,
            const PathStep& step,
            bool required_parameter) {
    if (failures_.size() == kFailuresFoundMax) return;
    failures_.push_back({.constraint = constraint,
                         .shape = &shape,
                         .value = value,
                         .path = path_text(step, Spelling::kLowerFirst),
                         .written_path = path_text(step, Spelling::kAsSent),
                         .member = value == nullptr ? member_++ : member_,
                         .required_parameter = required_parameter,
                         .lossy = value != nullptr && is_lossy(shape, *value)});
  }

  std::string_view operation_;
  std::vector<MemberFailure> failures_;
  std::size_t member_ = 0;
};

}  // namespace

Result<void> check_constraints(const Shape& input,
                               const Value& body,
                               std::string_view operation,
                               Layer layer) {
  Checker checker(operation);
  checker.check_structure(input, body, nullptr);
  return report(operation, layer, std::move(checker).take());
}

}  // namespace tailrace::api
