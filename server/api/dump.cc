#include "server/api/dump.h"

#include <algorithm>
#include <span>
#include <utility>

#include "server/api/integer.h"
#include "storage/base/str_cat.h"

namespace tailrace::api {
namespace {

using json::Value;

// Hostile nesting must not exhaust the stack; nobody reads a dump that deep.
constexpr int kDepthMax = 100;

// An AttributeValue's types as the service's class prints them, with those that it never had.
constexpr std::string_view kValueMembers[] = {
    "S",  "N",      "B",          "INT",       "DECIMAL", "DOUBLE", "SS",   "NS",
    "BS", "INTSET", "DECIMALSET", "DOUBLESET", "M",       "L",      "NULL", "BOOL"};

template <class Append>
void append_list(std::string& out, const Value& list, const Append& append) {
  out += '[';
  std::string_view separator;
  for (const Value& element : list.GetArray()) {
    out += std::exchange(separator, ", ");
    append(element);
  }
  out += ']';
}

template <class Append>
void append_map(std::string& out, const Value& map, const Append& append) {
  out += '{';
  std::string_view separator;
  for (const auto& member : map.GetObject()) {
    out += std::exchange(separator, ", ");
    out += json::view(member.name);
    out += '=';
    append(member.value);
  }
  out += '}';
}

// `Name(a=1, b=null)`: all members, whether or not they are there.
template <class Append>
void append_structure(std::string& out,
                      std::string_view name,
                      std::span<const std::string_view> members,
                      const Value& value,
                      const Append& append) {
  str_append(out, name, "(");
  std::string_view separator;
  for (const std::string_view member : members) {
    str_append(out, std::exchange(separator, ", "), lower_first(member), "=");
    const Value* found = json::find(value, member);
    if (found == nullptr)
      out += "null";
    else
      append(member, *found);
  }
  out += ')';
}

void append_value(std::string& out, const Value& value, int depth);

// One type's content.
void append_content(std::string& out, const Value& value, int depth) {
  if (value.IsString())
    out += json::view(value);
  else if (value.IsArray())
    append_list(out, value, [&](const Value& element) { append_value(out, element, depth); });
  else if (value.IsObject())
    append_map(out, value, [&](const Value& element) { append_value(out, element, depth); });
  else
    out += json::text(value);
}

// An AttributeValue, or a set's element.
void append_value(std::string& out, const Value& value, int depth) {
  if (depth > kDepthMax) {
    out += "...";
  } else if (!value.IsObject()) {
    append_content(out, value, depth);
  } else {
    append_structure(
        out, "AttributeValue", kValueMembers, value,
        [&](std::string_view, const Value& content) { append_content(out, content, depth + 1); });
  }
}

std::string_view simple_name(std::string_view java_type) {
  return java_type.substr(java_type.rfind('.') + 1);
}

// nullptr: the model does not have it.
const Shape* find_member(const Shape& structure, std::string_view name) {
  const auto found = std::ranges::find(structure.members, name, &Member::name);
  return found == structure.members.end() ? nullptr : found->shape;
}

void append_shaped(std::string& out, const Shape& shape, const Value& value) {
  if (value.IsNull()) {
    out += "null";
    return;
  }
  switch (shape.kind) {
    case Kind::kList:
      append_list(out, value,
                  [&](const Value& element) { append_shaped(out, *shape.element, element); });
      return;
    case Kind::kMap:
      append_map(out, value,
                 [&](const Value& element) { append_shaped(out, *shape.element, element); });
      return;
    case Kind::kStructure:
      append_structure(out, simple_name(shape.java_type), shape.printed, value,
                       [&](std::string_view name, const Value& found) {
                         const Shape* member = find_member(shape, name);
                         if (member == nullptr)
                           out += "null";
                         else
                           append_shaped(out, *member, found);
                       });
      return;
    case Kind::kAttributeValue:
      append_value(out, value, 1);
      return;
    case Kind::kInteger:
    case Kind::kLong:
      str_append(out, integer_of(shape, value));
      return;
    case Kind::kString:
    case Kind::kBoolean:
    case Kind::kDouble:
    case Kind::kTimestamp:
    case Kind::kBlob:
      append_content(out, value, 1);
      return;
  }
}

}  // namespace

std::string dump(const Shape& shape, const Value& value) {
  std::string out;
  append_shaped(out, shape, value);
  return out;
}

std::string lower_first(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z')
    out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

}  // namespace tailrace::api
