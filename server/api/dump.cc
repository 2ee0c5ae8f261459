#include "server/api/dump.h"

#include "storage/base/str_cat.h"

namespace tailrace::api {
namespace {

using json::Value;

// Hostile nesting must not exhaust the stack; nobody reads a dump that deep.
constexpr int kDepthMax = 100;

void append_plain(std::string& out, const Value& value, int depth);

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

void append_structure(std::string& out, std::string_view name, const Value& value, int depth) {
  str_append(out, name, "(");
  std::string_view separator;
  for (const auto& member : value.GetObject()) {
    str_append(out, std::exchange(separator, ", "), lower_first(json::view(member.name)), "=");
    append_plain(out, member.value, depth);
  }
  out += ')';
}

// A value without its shape: inside AttributeValues.
void append_plain(std::string& out, const Value& value, int depth) {
  if (depth > kDepthMax) {
    out += "...";
  } else if (value.IsString()) {
    out += json::view(value);
  } else if (value.IsArray()) {
    append_list(out, value, [&](const Value& element) { append_plain(out, element, depth + 1); });
  } else if (value.IsObject()) {
    append_map(out, value, [&](const Value& element) { append_plain(out, element, depth + 1); });
  } else {
    out += json::text(value);
  }
}

std::string_view simple_name(std::string_view java_type) {
  return java_type.substr(java_type.rfind('.') + 1);
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
    case Kind::kStructure: {
      str_append(out, simple_name(shape.java_type), "(");
      std::string_view separator;
      for (const Member& member : shape.members) {
        const Value* found = json::find(value, member.name);
        if (found == nullptr) continue;
        str_append(out, std::exchange(separator, ", "), lower_first(member.name), "=");
        append_shaped(out, *member.shape, *found);
      }
      out += ')';
      return;
    }
    case Kind::kAttributeValue:
      append_structure(out, simple_name(shape.java_type), value, 1);
      return;
    case Kind::kInteger:
    case Kind::kLong:
      str_append(out, json::to_int(value).value_or(0));
      return;
    case Kind::kString:
    case Kind::kBoolean:
    case Kind::kDouble:
    case Kind::kTimestamp:
    case Kind::kBlob:
      append_plain(out, value, 1);
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
