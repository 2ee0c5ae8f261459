#include "server/api/decode_value.h"

#include <algorithm>
#include <array>
#include <optional>

#include "storage/base/base64.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::api {
namespace {

using json::Value;

// (behaviour/dynamodb 2.3; double blanks are the service's.)
constexpr std::string_view kEmptyValue =
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
constexpr std::string_view kSeveralTypes =
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
    "supported datatypes";
constexpr std::string_view kNullFalse =
    "One or more parameter values were invalid: Null attribute value types must have the value of "
    "true";
constexpr std::string_view kEmptyStringSet =
    "One or more parameter values were invalid: An string set  may not be empty";
constexpr std::string_view kEmptyNumberSet =
    "One or more parameter values were invalid: An number set  may not be empty";
constexpr std::string_view kEmptyBinarySet =
    "One or more parameter values were invalid: Binary sets should not be empty";
constexpr std::string_view kNullInStringSet =
    "One or more parameter values were invalid: An string set may not have a null string as a "
    "member";
constexpr std::string_view kNumberDuplicates = "Input collection contains duplicates";
constexpr std::string_view kTooDeep =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
    "beyond supported limit";
constexpr std::string_view kEmptyName =
    "One or more parameter values were invalid: Empty attribute name";
constexpr std::string_view kNameTooLarge =
    "Attribute name is too large, must be less than 65536 bytes";

constexpr int kDepthMax = 32;
constexpr int kDepthChecked = 64;  // As deep as check_types looks.
constexpr std::size_t kNameBytesMax = 65535;

ApiError refuse(std::string_view text) {
  return validation_error(std::string(text));
}

std::optional<AttributeType> type_of(std::string_view name) {
  if (name.size() == 1) {
    switch (name[0]) {
      case 'S':
        return AttributeType::kS;
      case 'N':
        return AttributeType::kN;
      case 'B':
        return AttributeType::kB;
      case 'L':
        return AttributeType::kL;
      case 'M':
        return AttributeType::kM;
      default:
        return std::nullopt;
    }
  }
  if (name == "BOOL") return AttributeType::kBool;
  if (name == "NULL") return AttributeType::kNull;
  if (name == "SS") return AttributeType::kSS;
  if (name == "NS") return AttributeType::kNS;
  if (name == "BS") return AttributeType::kBS;
  return std::nullopt;
}

Buffer decode_blob(const Value& value) {
  auto bytes = from_base64(json::view(value));
  CHECK(bytes.has_value());  // check_types has looked.
  return *std::move(bytes);
}

// `Input collection [a, b] contains duplicates.` and, for binary sets, `Input collection [a, b]of
// type BS contains duplicates.` (sic)
ApiError duplicates(const Value& set, std::string_view type_text) {
  std::string text = "One or more parameter values were invalid: Input collection [";
  std::string_view separator;
  for (const Value& element : set.GetArray())
    str_append(text, std::exchange(separator, ", "), json::view(element));
  return validation_error(str_cat(text, "]", type_text, " contains duplicates."));
}

bool has_null(const Value& set) {
  return std::any_of(set.Begin(), set.End(), [](const Value& element) { return element.IsNull(); });
}

// False: two elements are equal.
template <class T>
bool sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) == values.end();
}

Result<AttributeValue> decode_string_set(const Value& set) {
  if (set.Empty()) return refuse(kEmptyStringSet);
  if (has_null(set)) return refuse(kNullInStringSet);
  StringSet out;
  out.values.reserve(set.Size());
  for (const Value& element : set.GetArray()) out.values.emplace_back(json::view(element));
  if (!sort_unique(out.values)) return duplicates(set, "");
  return AttributeValue{std::move(out)};
}

Result<AttributeValue> decode_number_set(const Value& set) {
  if (set.Empty()) return refuse(kEmptyNumberSet);
  NumberSet out;
  out.values.reserve(set.Size());
  for (const Value& element : set.GetArray()) {
    TRY(Number number, Number::parse(element.IsNull() ? std::string_view() : json::view(element)));
    out.values.push_back(number);
  }
  if (!sort_unique(out.values)) return refuse(kNumberDuplicates);
  return AttributeValue{std::move(out)};
}

Result<AttributeValue> decode_binary_set(const Value& set) {
  if (set.Empty()) return refuse(kEmptyBinarySet);
  if (has_null(set)) return refuse(kNullInStringSet);
  BinarySet out;
  out.values.reserve(set.Size());
  for (const Value& element : set.GetArray()) out.values.push_back(decode_blob(element));
  if (!sort_unique(out.values)) return duplicates(set, "of type BS");
  return AttributeValue{std::move(out)};
}

Result<AttributeValue> decode(const Value& value, int depth);

Result<AttributeValue> decode_list(const Value& list, int depth) {
  List out;
  out.values.reserve(list.Size());
  for (const Value& element : list.GetArray()) {
    auto decoded = decode(element, depth + 1);
    if (!decoded) return std::move(decoded).error();
    out.values.push_back(*std::move(decoded));
  }
  return AttributeValue{std::move(out)};
}

Result<AttributeMap> decode_members(const Value& object, int depth) {
  std::vector<AttributeMap::Entry> entries;
  entries.reserve(object.MemberCount());
  for (const auto& member : object.GetObject()) {
    if (member.name.GetStringLength() > kNameBytesMax) return refuse(kNameTooLarge);
    auto decoded = decode(member.value, depth);
    if (!decoded) return std::move(decoded).error();
    entries.emplace_back(json::view(member.name), *std::move(decoded));
  }
  return AttributeMap::from_entries(std::move(entries));
}

Result<AttributeValue> decode_typed(AttributeType type, const Value& content, int depth) {
  switch (type) {
    case AttributeType::kS:
      return AttributeValue{std::string(json::view(content))};
    case AttributeType::kN: {
      TRY(Number number, Number::parse(json::view(content)));
      return AttributeValue{number};
    }
    case AttributeType::kB:
      return AttributeValue{Binary{decode_blob(content)}};
    case AttributeType::kBool:
      return AttributeValue{json::to_bool(content).value_or(false)};
    case AttributeType::kNull:
      if (!json::to_bool(content).value_or(false)) return refuse(kNullFalse);
      return AttributeValue{Null{}};
    case AttributeType::kSS:
      return decode_string_set(content);
    case AttributeType::kNS:
      return decode_number_set(content);
    case AttributeType::kBS:
      return decode_binary_set(content);
    case AttributeType::kL:
      return decode_list(content, depth);
    case AttributeType::kM: {
      TRY(AttributeMap map, decode_members(content, depth + 1));
      return AttributeValue{std::move(map)};
    }
  }
  CHECK(false);
}

// Not exactly one member: the types that are set, each checked on its own first, because a bad
// number or set is reported before the surplus type.
Result<AttributeValue> decode_unusual(const Value& value, int depth) {
  constexpr std::array kTypes = {AttributeType::kS,    AttributeType::kB,    AttributeType::kN,
                                 AttributeType::kBool, AttributeType::kNull, AttributeType::kBS,
                                 AttributeType::kNS,   AttributeType::kSS,   AttributeType::kL,
                                 AttributeType::kM};
  std::optional<AttributeType> only;
  int count = 0;
  for (const AttributeType type : kTypes) {
    const Value* content = json::find(value, type_name(type));
    if (content == nullptr) continue;
    only = type;
    ++count;
    if (type != AttributeType::kL && type != AttributeType::kM) {
      auto decoded = decode_typed(type, *content, depth);
      if (!decoded) return decoded;
    }
  }
  if (count == 0) return refuse(kEmptyValue);
  if (count > 1) return refuse(kSeveralTypes);
  return decode_typed(*only, *json::find(value, type_name(*only)), depth);
}

Result<AttributeValue> decode(const Value& value, int depth) {
  if (depth > kDepthMax) return refuse(kTooDeep);
  if (!value.IsObject())
    return refuse(kEmptyValue);  // null; everything else was refused by check_types.
  if (value.MemberCount() != 1) return decode_unusual(value, depth);
  const auto& member = *value.MemberBegin();
  const auto type = type_of(json::view(member.name));
  if (!type || member.value.IsNull()) return refuse(kEmptyValue);
  return decode_typed(*type, member.value, depth);
}

// Strings and numbers, which most of an item is, are written from one JSON to the other.
std::optional<std::size_t> append_value(std::string& out, const Value& value) {
  if (value.IsObject() && value.MemberCount() == 1 && value.MemberBegin()->value.IsString()) {
    const std::string_view content = json::view(value.MemberBegin()->value);
    const auto type = type_of(json::view(value.MemberBegin()->name));
    if (type == AttributeType::kS) {
      out.append("{\"S\":");
      append_json_string(out, content);
      out.push_back('}');
      return content.size();
    }
    if (type == AttributeType::kN) {
      const auto number = Number::parse(content);
      if (!number) return std::nullopt;
      out.append("{\"N\":\"");
      number->append_text(out);
      out.append("\"}");
      return number->size();
    }
  }
  const auto decoded = decode(value, 1);
  if (!decoded) return std::nullopt;
  append_value_json(out, *decoded);
  return value_size(*decoded);
}

// nullopt: the item has two attributes of one name, or an error.
std::optional<Buffer> encode_distinct(const Value& object) {
  std::vector<const Value::Member*> members;
  members.reserve(object.MemberCount());
  std::size_t bytes_min = 0;  // Of strings: what else there is may become shorter.
  for (const Value::Member& member : object.GetObject()) {
    members.push_back(&member);
    const Value* text = member.value.IsObject() ? json::find(member.value, "S") : nullptr;
    if (text != nullptr && text->IsString()) bytes_min += text->GetStringLength();
  }
  const auto name = [](const Value::Member* member) { return json::view(member->name); };
  std::sort(members.begin(), members.end(), [&](auto* a, auto* b) { return name(a) < name(b); });
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const Value::Member* member : members) {
    if (name(member).size() > kNameBytesMax || (!names.empty() && names.back() == name(member)))
      return std::nullopt;
    names.push_back(name(member));
  }
  return encode_attributes(names, bytes_min, [&](std::string& out, std::size_t i) {
    return append_value(out, members[i]->value);
  });
}

Result<void> check_no_empty_name(const Value& object) {
  for (const auto& member : object.GetObject())
    if (member.name.GetStringLength() == 0) return refuse(kEmptyName);
  return {};
}

bool is_number_error(std::string_view text) {
  return text.starts_with("The parameter cannot be converted to a numeric value") ||
         text.starts_with("Attempting to store more than 38 significant digits") ||
         text.starts_with("Number overflow") || text.starts_with("Number underflow");
}

bool is_set_error(std::string_view text) {
  return text == kEmptyNumberSet || text == kNumberDuplicates ||
         text.ends_with(" contains duplicates.");
}

}  // namespace

Result<AttributeValue> decode_value(const Value& value) {
  return decode(value, 1);
}

Result<AttributeMap> decode_item(const Value& object) {
  TRY_VOID(check_no_empty_name(object));
  return decode_members(object, 1);
}

Result<EncodedItem> encode_item(const Value& object) {
  TRY_VOID(check_no_empty_name(object));
  if (auto row = encode_distinct(object)) return EncodedItem(*std::move(row));
  // The first error is that of the attribute that was sent first, and of two attributes of one name
  // the last one stays.
  TRY(AttributeMap item, decode_members(object, 1));
  return EncodedItem(std::move(item));
}

Result<void> check_attribute_name(std::string_view name) {
  if (name.empty()) return refuse(kEmptyName);
  if (name.size() > kNameBytesMax) return refuse(kNameTooLarge);
  return {};
}

Result<AttributeMap> decode_expression_values(const Value& object, Nesting nesting) {
  const int depth = nesting == Nesting::kLimited ? 1 : 1 - (kDepthChecked - kDepthMax);
  std::vector<AttributeMap::Entry> entries;
  entries.reserve(object.MemberCount());
  for (const auto& member : object.GetObject()) {
    auto decoded = decode(member.value, depth);
    if (!decoded) {
      const std::string& text = decoded.error().message;
      if (text == kTooDeep || text == kNullFalse) return std::move(decoded).error();
      return validation_error(str_cat("ExpressionAttributeValues contains invalid value: ", text,
                                      " for key ", json::view(member.name)));
    }
    entries.emplace_back(json::view(member.name), *std::move(decoded));
  }
  return AttributeMap::from_entries(std::move(entries));
}

ApiError nested_too_deep() {
  return refuse(kTooDeep);
}

Result<AttributeMap> decode_start_key(const Value& object) {
  auto decoded = decode_item(object);
  if (decoded) return decoded;
  const std::string& text = decoded.error().message;
  if (is_number_error(text) || is_set_error(text)) return decoded;
  return validation_error(str_cat("The provided starting key is invalid: ", text));
}

}  // namespace tailrace::api
