// A pattern is compiled to alternatives ($or multiplied out), each a list of fields that must all
// match. A field is the path of names joined by dots, so that {"a.b":…} and {"a":{"b":…}} are the
// same, and its list of matches.

#include "streams/triggers/filter_pattern.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "storage/base/log.h"
#include "storage/base/str_cat.h"
#include "streams/triggers/filter_matcher.h"

namespace tailrace::triggers {

namespace {

using Json = rapidjson::Value;

// EventBridge: a pattern may have at most this many combinations of its $or lists.
constexpr std::size_t kAlternativesMax = 1000;

struct Field {
  std::string path;
  std::vector<Matcher> matchers;
  bool absent_passes = false;  // {"exists":false} is among the matches.
};
using FieldPtr = std::shared_ptr<const Field>;  // Alternatives of one pattern share fields.
using Alternative = std::vector<FieldPtr>;
using Alternatives = std::vector<Alternative>;

std::string_view text_of(const Json& string) {
  return {string.GetString(), string.GetStringLength()};
}

std::optional<FieldPtr> compile_field(std::string path, const Json& list) {
  if (list.Empty()) return std::nullopt;
  auto field = std::make_shared<Field>();
  field->path = std::move(path);
  for (const Json& match : list.GetArray()) {
    auto matcher = compile_matcher(match);
    if (!matcher) return std::nullopt;
    if (std::holds_alternative<LeafAbsent>(*matcher)) field->absent_passes = true;
    field->matchers.push_back(*std::move(matcher));
  }
  return field;
}

std::optional<Alternatives> compile_object(const std::string& path, const Json& object);

// Every alternative of `a` together with every one of `b`. nullopt: too many.
std::optional<Alternatives> both(const Alternatives& a, const Alternatives& b) {
  if (a.size() * b.size() > kAlternativesMax) return std::nullopt;
  Alternatives out;
  out.reserve(a.size() * b.size());
  for (const Alternative& left : a) {
    for (const Alternative& right : b) {
      Alternative& joined = out.emplace_back(left);
      joined.insert(joined.end(), right.begin(), right.end());
    }
  }
  return out;
}

// Names that no object below $or may have. (event-ruler, RESERVED_FIELD_NAMES_IN_OR_RELATIONSHIP)
constexpr std::string_view kReservedInOr[] = {
    "exactly", "prefix",   "suffix",             "anything-but", "numeric", "cidr", "exists",
    "wildcard", "equals-ignore-case", "=", "<", "<=", ">", ">="};

// Of the object and of those within it.
bool has_reserved_name(const Json& object) {
  return std::any_of(object.MemberBegin(), object.MemberEnd(), [](const auto& member) {
    return std::ranges::find(kReservedInOr, text_of(member.name)) != std::end(kReservedInOr) ||
           (member.value.IsObject() && has_reserved_name(member.value));
  });
}

// Any other member of that name is a field like others.
bool is_or(std::string_view name, const Json& list) {
  if (name != "$or" || !list.IsArray() || list.Size() < 2) return false;
  return std::all_of(list.Begin(), list.End(), [](const Json& choice) {
    return choice.IsObject() && !choice.ObjectEmpty() && !has_reserved_name(choice);
  });
}

std::optional<Alternatives> compile_or(const std::string& path, const Json& list) {
  Alternatives out;
  for (const Json& choice : list.GetArray()) {
    auto alternatives = compile_object(path, choice);
    if (!alternatives || out.size() + alternatives->size() > kAlternativesMax) return std::nullopt;
    std::move(alternatives->begin(), alternatives->end(), std::back_inserter(out));
  }
  return out;
}

std::optional<Alternatives> compile_member(const std::string& path,
                                           std::string_view name,
                                           const Json& value) {
  if (is_or(name, value)) return compile_or(path, value);
  std::string inner = path.empty() ? std::string(name) : str_cat(path, ".", name);
  if (value.IsObject()) return compile_object(inner, value);
  if (!value.IsArray()) return std::nullopt;  // A leaf must be a list.
  auto field = compile_field(std::move(inner), value);
  if (!field) return std::nullopt;
  return Alternatives{Alternative{*std::move(field)}};
}

std::optional<Alternatives> compile_object(const std::string& path, const Json& object) {
  if (!object.IsObject() || object.ObjectEmpty()) return std::nullopt;
  Alternatives out(1);
  for (const auto& member : object.GetObject()) {
    auto alternatives = compile_member(path, text_of(member.name), member.value);
    if (!alternatives) return std::nullopt;
    auto joined = both(out, *alternatives);
    if (!joined) return std::nullopt;
    out = *std::move(joined);
  }
  return out;
}

// Of lists at one path the last one counts, wherever it is written.
void keep_last_of_each_path(Alternative& alternative) {
  std::set<std::string_view> seen;
  std::reverse(alternative.begin(), alternative.end());
  std::erase_if(alternative,
                [&](const FieldPtr& field) { return !seen.insert(field->path).second; });
  std::reverse(alternative.begin(), alternative.end());
}

// --- Matching

// A field on its way down the record: the part of its path that is still to go.
struct Goal {
  const Field* field;
  std::string_view rest;
};

// Whether `rest` can go on into a member `name`, and what is left of it then.
std::optional<std::string_view> enter(std::string_view rest, std::string_view name) {
  if (!rest.starts_with(name)) return std::nullopt;
  rest.remove_prefix(name.size());
  if (rest.empty()) return rest;
  if (rest.front() != '.') return std::nullopt;
  rest.remove_prefix(1);
  // A trailing dot in a path stands for an empty last name, which "nothing left" would hide.
  if (rest.empty()) return std::nullopt;
  return rest;
}

// Whether some value that is no object lies at the path.
bool has_leaf(const Json& node, std::string_view rest) {
  if (node.IsArray()) {
    return std::any_of(node.Begin(), node.End(),
                       [&](const Json& element) { return has_leaf(element, rest); });
  }
  if (!node.IsObject()) return rest.empty();
  if (rest.empty()) return false;
  return std::any_of(node.MemberBegin(), node.MemberEnd(), [&](const auto& member) {
    const auto inner = enter(rest, text_of(member.name));
    return inner && has_leaf(member.value, *inner);
  });
}

bool matches_all(const Json& node, const std::vector<Goal>& goals);

bool matches_leaf(const Json& leaf, const std::vector<Goal>& goals) {
  return std::all_of(goals.begin(), goals.end(), [&](const Goal& goal) {
    if (!goal.rest.empty()) return false;
    const auto& matchers = goal.field->matchers;
    return std::any_of(matchers.begin(), matchers.end(),
                       [&](const Matcher& matcher) { return leaf_matches(matcher, leaf); });
  });
}

// Goals that go into the same member are decided together, so that one element of a list below must
// satisfy all of them. A goal with several ways to go ("a.b" in {"a":{"b":…},"a.b":…}) is decided
// alone.
bool matches_object(const Json& object, const std::vector<Goal>& goals) {
  std::vector<std::pair<const Json*, std::vector<Goal>>> groups;
  for (const Goal& goal : goals) {
    std::vector<std::pair<const Json*, Goal>> ways;
    if (!goal.rest.empty()) {
      for (const auto& member : object.GetObject()) {
        if (const auto rest = enter(goal.rest, text_of(member.name))) {
          ways.emplace_back(&member.value, Goal{goal.field, *rest});
        }
      }
    }
    if (ways.empty()) return false;
    if (ways.size() > 1) {
      const bool found = std::any_of(ways.begin(), ways.end(), [](const auto& way) {
        return matches_all(*way.first, {way.second});
      });
      if (!found) return false;
      continue;
    }
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& existing) {
      return existing.first == ways.front().first;
    });
    if (group == groups.end()) {
      groups.emplace_back(ways.front().first, std::vector<Goal>{ways.front().second});
    } else {
      group->second.push_back(ways.front().second);
    }
  }
  return std::all_of(groups.begin(), groups.end(),
                     [](const auto& group) { return matches_all(*group.first, group.second); });
}

bool matches_all(const Json& node, const std::vector<Goal>& goals) {
  if (node.IsArray()) {
    return std::any_of(node.Begin(), node.End(),
                       [&](const Json& element) { return matches_all(element, goals); });
  }
  return node.IsObject() ? matches_object(node, goals) : matches_leaf(node, goals);
}

bool matches(const Json& record, const Alternative& alternative) {
  std::vector<Goal> goals;
  goals.reserve(alternative.size());
  for (const FieldPtr& field : alternative) {
    if (field->absent_passes && !has_leaf(record, field->path)) continue;
    goals.push_back({field.get(), field->path});
  }
  return matches_all(record, goals);
}

}  // namespace

struct RecordFilter::State {
  Alternatives alternatives;  // Of all patterns: any of them lets a record pass.
  bool empty = true;
  std::string text;  // The record, parsed in place.
};

RecordFilter::RecordFilter(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordFilter::~RecordFilter() = default;

bool RecordFilter::empty() const {
  return state_->empty;
}

Result<std::shared_ptr<RecordFilter>> RecordFilter::compile(
    const std::vector<std::string>& patterns) {
  auto state = std::make_unique<State>();
  state->empty = patterns.empty();
  for (const std::string& pattern : patterns) {
    rapidjson::Document document;
    // What comes behind the object is not looked at, as by event-ruler.
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                   rapidjson::kParseStopWhenDoneFlag>(
        pattern.data(), pattern.size());
    std::optional<Alternatives> alternatives;
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // RapidJSON passes it over.
    if (!document.HasParseError() && !pattern.starts_with(kByteOrderMark)) alternatives = compile_object("", document);
    if (alternatives) std::ranges::for_each(*alternatives, keep_last_of_each_path);
    if (!alternatives) {
      return ApiError{.code = ErrorCode::kInvalidParameterValueException,
                      .message = "Invalid filter pattern definition.",
                      .extra_members = {}};
    }
    std::move(alternatives->begin(), alternatives->end(), std::back_inserter(state->alternatives));
  }
  return std::shared_ptr<RecordFilter>(new RecordFilter(std::move(state)));
}

bool RecordFilter::passes(std::string_view record_json) {
  if (state_->empty) return true;
  state_->text.assign(record_json);
  char buffer[16 * 1024];
  rapidjson::MemoryPoolAllocator<> allocator(buffer, sizeof buffer);
  rapidjson::Document record(&allocator);
  record.ParseInsitu(state_->text.data());
  if (record.HasParseError()) {
    // Nobody could be given it. What is read from a file and was changed there is found before.
    log_error("a stream record is no JSON; it is left out", {{"record", std::string(record_json)}});
    return false;
  }
  return std::any_of(state_->alternatives.begin(), state_->alternatives.end(),
                     [&](const Alternative& alternative) { return matches(record, alternative); });
}

}  // namespace tailrace::triggers
