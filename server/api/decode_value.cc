#include "server/api/decode_value.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "storage/base/base64.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::api {
namespace {

using json::Value;

// (behaviour/dynamodb 2.3; behaviour/validation 6; double blanks are the service's.)
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
constexpr std::string_view kNumberDuplicates =
    "One or more parameter values were invalid: Input collection contains duplicates.";
constexpr std::string_view kNumberDuplicatesOlder = "Input collection contains duplicates";
constexpr std::string_view kNotANumber = "The parameter cannot be converted to a numeric value: ";
constexpr std::string_view kTooDeep =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
    "beyond supported limit";
constexpr std::string_view kEmptyName = "Empty attribute name";
constexpr std::string_view kNameTooLarge =
    "Attribute name is too large, must be less than 65536 bytes";

// What is said of values that were each fine, and together are not.
constexpr std::string_view kTooDeepShort = "Nesting Levels have exceeded supported limits";

constexpr int kDepthMax = 32;
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

// As the newer layer writes the members of a set: in quotes; those before the first repeated one in
// their order, then the repeated one, then the rest as sent.
template <class Key>
std::string quoted_members(const Value& set, std::string_view separator, Key key) {
  std::vector<const Value*> members;
  for (const Value& element : set.GetArray()) members.push_back(&element);
  const auto by_key = [&](const Value* a, const Value* b) { return key(*a) < key(*b); };
  std::set<const Value*, decltype(by_key)> seen(by_key);
  for (const Value* member : members)
    if (!seen.insert(member).second) break;
  std::copy(seen.begin(), seen.end(), members.begin());  // As many as come before the repeated one.
  std::string text;
  for (const Value* member : members)
    str_append(text, text.empty() ? "\"" : separator, json::view(*member));
  return text + "\"";
}

std::string plain_members(const Value& set) {
  std::string text;
  std::string_view separator;
  for (const Value& element : set.GetArray())
    str_append(text, std::exchange(separator, ", "), json::view(element));
  return text;
}

ApiError duplicates(std::string_view members, std::string_view type_text) {
  return validation_error(str_cat("One or more parameter values were invalid: Input collection [",
                                  members, "]", type_text, " contains duplicates."));
}

// The same set may be repeated in an order of its decoded bytes.
ApiError duplicate_texts(const Value& set, const Reading& reading) {
  if (reading.layer == Layer::kOlder) return duplicates(plain_members(set), "");
  return duplicates(
      quoted_members(set, "\", \"", [](const Value& element) { return json::view(element); }), "");
}
ApiError duplicate_binaries(const Value& set, const Reading& reading) {
  constexpr std::string_view kType = "of type BS";  // (sic) No blank before it.
  if (reading.layer == Layer::kOlder) return duplicates(plain_members(set), kType);
  return duplicates(quoted_members(set, "\",\"", decode_blob), kType);
}

// --- Numbers.

struct Exponents {
  std::int64_t written = 0;    // Behind the `e`; of more than 18 digits the largest of them.
  std::int64_t precision = 0;  // Digits without leading zeros; of zero 1.
  std::int64_t fraction = 0;   // Digits behind the point.
};

// Of a text that is a number.
Exponents exponents_of(std::string_view text) {
  constexpr std::int64_t kWrittenMax = 1'000'000'000'000'000'000;
  Exponents out;
  const std::size_t e = text.find_first_of("eE");
  bool behind_point = false;
  for (const char c : text.substr(0, e)) {
    if (c == '.') behind_point = true;
    if (c < '0' || c > '9') continue;
    if (behind_point) ++out.fraction;
    if (c != '0' || out.precision > 0) ++out.precision;
  }
  out.precision = std::max<std::int64_t>(out.precision, 1);
  if (e == text.npos) return out;
  for (const char c : text.substr(e + 1))
    if (c >= '0' && c <= '9') out.written = std::min(out.written * 10 + (c - '0'), kWrittenMax);
  if (text[e + 1] == '-') out.written = -out.written;
  return out;
}

bool fits_32_bits(std::int64_t number) {
  return number == static_cast<std::int32_t>(number);
}

// The older layer reads exponents as 32 bits: what does not fit is no number, and the magnitude of
// what fits wraps around, so that 1e2147483647 is too small. (behaviour/validation 6.1)
ApiError number_error_older(std::string_view text, ApiError error) {
  if (error.message.starts_with(kNotANumber.substr(0, kNotANumber.size() - 2)) ||
      error.message.starts_with("Attempting"))
    return error;
  const Exponents exponents = exponents_of(text);
  const std::int64_t scale = exponents.fraction - exponents.written;
  if (!fits_32_bits(exponents.written) || !fits_32_bits(scale))
    return validation_error(str_cat(kNotANumber, text));
  const std::int64_t magnitude = exponents.precision - scale;
  if (fits_32_bits(magnitude)) return error;
  return Number::parse(magnitude > 0 ? "1e-131" : "1e131").error();
}

Result<Number> decode_number(std::string_view text, const Reading& reading) {
  auto number = Number::parse(text);
  if (number) return number;
  if (reading.layer == Layer::kOlder) return number_error_older(text, std::move(number).error());
  if (text.empty()) return refuse(kNotANumber);
  return number;
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

Result<AttributeValue> decode_string_set(const Value& set, const Reading& reading) {
  if (set.Empty()) return refuse(kEmptyStringSet);
  if (has_null(set)) return refuse(kNullInStringSet);
  StringSet out;
  out.values.reserve(set.Size());
  for (const Value& element : set.GetArray()) out.values.emplace_back(json::view(element));
  if (!sort_unique(out.values)) return duplicate_texts(set, reading);
  return AttributeValue{std::move(out)};
}

Result<AttributeValue> decode_number_set(const Value& set, const Reading& reading) {
  if (set.Empty()) return refuse(kEmptyNumberSet);
  NumberSet out;
  out.values.reserve(set.Size());
  for (const Value& element : set.GetArray()) {
    TRY(Number number,
        decode_number(element.IsNull() ? std::string_view() : json::view(element), reading));
    out.values.push_back(number);
  }
  if (!sort_unique(out.values))
    return refuse(reading.layer == Layer::kOlder ? kNumberDuplicatesOlder : kNumberDuplicates);
  return AttributeValue{std::move(out)};
}

Result<AttributeValue> decode_binary_set(const Value& set, const Reading& reading) {
  if (set.Empty()) return refuse(kEmptyBinarySet);
  if (has_null(set)) return refuse(kNullInStringSet);
  BinarySet out;
  out.values.reserve(set.Size());
  for (const Value& element : set.GetArray()) out.values.push_back(decode_blob(element));
  if (!sort_unique(out.values)) return duplicate_binaries(set, reading);
  return AttributeValue{std::move(out)};
}

Result<AttributeValue> decode(const Value& value, int depth, const Reading& reading);

Result<AttributeValue> decode_list(const Value& list, int depth, const Reading& reading) {
  List out;
  out.values.reserve(list.Size());
  for (const Value& element : list.GetArray()) {
    auto decoded = decode(element, depth + 1, reading);
    if (!decoded) return std::move(decoded).error();
    out.values.push_back(*std::move(decoded));
  }
  return AttributeValue{std::move(out)};
}

Result<AttributeMap> decode_members(const Value& object, int depth, const Reading& reading) {
  std::vector<AttributeMap::Entry> entries;
  entries.reserve(object.MemberCount());
  for (const auto& member : object.GetObject()) {
    TRY_VOID(check_attribute_name(json::view(member.name)));
    auto decoded = decode(member.value, depth, reading);
    if (!decoded) return std::move(decoded).error();
    entries.emplace_back(json::view(member.name), *std::move(decoded));
  }
  return AttributeMap::from_entries(std::move(entries));
}

Result<AttributeValue> decode_typed(AttributeType type,
                                    const Value& content,
                                    int depth,
                                    const Reading& reading) {
  switch (type) {
    case AttributeType::kS:
      return AttributeValue{std::string(json::view(content))};
    case AttributeType::kN: {
      TRY(Number number, decode_number(json::view(content), reading));
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
      return decode_string_set(content, reading);
    case AttributeType::kNS:
      return decode_number_set(content, reading);
    case AttributeType::kBS:
      return decode_binary_set(content, reading);
    case AttributeType::kL:
      return decode_list(content, depth, reading);
    case AttributeType::kM: {
      TRY(AttributeMap map, decode_members(content, depth + 1, reading));
      return AttributeValue{std::move(map)};
    }
  }
  CHECK(false);
}

constexpr std::array kTypes = {AttributeType::kS,    AttributeType::kB,    AttributeType::kN,
                               AttributeType::kBool, AttributeType::kNull, AttributeType::kBS,
                               AttributeType::kNS,   AttributeType::kSS,   AttributeType::kL,
                               AttributeType::kM};

// What is wrong with one of several types is told before that there are several: empty sets, then
// numbers, then the rest. (behaviour/validation 6.1)
Result<void> check_parts(const Value& value, int depth, const Reading& reading) {
  const auto each = [&](auto check) -> Result<void> {
    for (const AttributeType type : kTypes) {
      const Value* content = json::find(value, type_name(type));
      if (content == nullptr || type == AttributeType::kL || type == AttributeType::kM) continue;
      TRY_VOID(check(type, *content));
    }
    return {};
  };
  const auto decoded = [&](AttributeType type, const Value& content) -> Result<void> {
    auto part = decode_typed(type, content, depth, reading);
    if (!part) return std::move(part).error();
    return {};
  };
  TRY_VOID(each([&](AttributeType type, const Value& content) -> Result<void> {
    if (!content.IsArray() || !content.Empty()) return {};
    return decoded(type, content);
  }));
  TRY_VOID(each([&](AttributeType type, const Value& content) -> Result<void> {
    if (type != AttributeType::kN && type != AttributeType::kNS) return {};
    return decoded(type, content);
  }));
  return each(decoded);
}

// Not exactly one member.
Result<AttributeValue> decode_unusual(const Value& value, int depth, const Reading& reading) {
  std::optional<AttributeType> only;
  int count = 0;
  for (const AttributeType type : kTypes) {
    if (json::find(value, type_name(type)) == nullptr) continue;
    only = type;
    ++count;
  }
  if (count == 0) return refuse(kEmptyValue);
  if (count == 1) return decode_typed(*only, *json::find(value, type_name(*only)), depth, reading);
  TRY_VOID(check_parts(value, depth, reading));
  return refuse(kSeveralTypes);
}

Result<AttributeValue> decode(const Value& value, int depth, const Reading& reading) {
  if (depth > kDepthMax) return refuse(kTooDeep);
  if (!value.IsObject())
    return refuse(kEmptyValue);  // null; everything else was refused by check_types.
  if (value.MemberCount() != 1) return decode_unusual(value, depth, reading);
  const auto& member = *value.MemberBegin();
  const auto type = type_of(json::view(member.name));
  if (!type || member.value.IsNull()) return refuse(kEmptyValue);
  return decode_typed(*type, member.value, depth, reading);
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
  const auto decoded = decode(value, 1, Reading());
  if (!decoded) return std::nullopt;  // Whoever asks decodes once more, to tell the error.
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
    if (name(member).empty() || name(member).size() > kNameBytesMax ||
        (!names.empty() && names.back() == name(member)))
      return std::nullopt;
    names.push_back(name(member));
  }
  return encode_attributes(names, bytes_min, [&](std::string& out, std::size_t i) {
    return append_value(out, members[i]->value);
  });
}

// --- Which of several faults is told: nesting, then empty names, then what was met first.
// (behaviour/validation 18)

int first_depth(Nesting nesting) {
  return nesting == Nesting::kLimited ? 1 : 0;
}

bool is_too_deep(const Value& value, int depth) {
  if (depth > kDepthMax) return true;
  if (!value.IsObject()) return false;
  if (const Value* list = json::find(value, "L"))
    return std::any_of(list->Begin(), list->End(),
                       [&](const Value& element) { return is_too_deep(element, depth + 1); });
  const Value* map = json::find(value, "M");
  return map != nullptr &&
         std::any_of(map->MemberBegin(), map->MemberEnd(), [&](const Value::Member& member) {
           return is_too_deep(member.value, depth + 1);
         });
}

bool names_nothing(const Value::Member& member);

// Of a value that is not too deep.
bool has_empty_name(const Value& value) {
  if (!value.IsObject()) return false;
  if (const Value* list = json::find(value, "L"))
    return std::any_of(list->Begin(), list->End(), has_empty_name);
  const Value* map = json::find(value, "M");
  return map != nullptr && std::any_of(map->MemberBegin(), map->MemberEnd(), names_nothing);
}

bool names_nothing(const Value::Member& member) {
  return member.name.GetStringLength() == 0 || has_empty_name(member.value);
}

ApiError first_fault(const Value& object, ApiError met) {
  const auto deep = [](const Value::Member& member) { return is_too_deep(member.value, 1); };
  if (std::any_of(object.MemberBegin(), object.MemberEnd(), deep)) return refuse(kTooDeep);
  if (std::any_of(object.MemberBegin(), object.MemberEnd(), names_nothing))
    return refuse(kEmptyName);
  return met;
}

bool has_no_one_type(std::string_view text) {
  return text == kEmptyValue || text == kSeveralTypes;
}

// Faults that are never counted among the validation errors. (behaviour/validation 3)
bool stands_bare(std::string_view text) {
  return has_no_one_type(text) || text == kNameTooLarge;
}

ApiError as_read(ApiError error, const Reading& reading) {
  if (reading.counts_all && !stands_bare(error.message)) error.message = counted(error.message);
  return error;
}

bool names_key(std::string_view text, const Reading& reading) {
  if (text == kEmptyValue) return reading.naming.empty;
  if (text == kSeveralTypes) return reading.naming.several_types;
  if (text == kTooDeep) return reading.layer == Layer::kOlder && reading.naming.deep;
  return reading.layer == Layer::kOlder && reading.naming.older;
}

}  // namespace

Result<AttributeValue> decode_value(const Value& value, const Reading& reading, Nesting nesting) {
  const int depth = first_depth(nesting);
  auto decoded = decode(value, depth, reading);
  if (decoded) return decoded;
  if (is_too_deep(value, depth)) return as_read(refuse(kTooDeep), reading);
  if (has_empty_name(value)) return as_read(refuse(kEmptyName), reading);
  return as_read(std::move(decoded).error(), reading);
}

Result<AttributeMap> decode_item(const Value& object, const Reading& reading) {
  auto decoded = decode_members(object, 1, reading);
  if (decoded) return decoded;
  return as_read(first_fault(object, std::move(decoded).error()), reading);
}

Result<EncodedItem> encode_item(const Value& object, const Reading& reading) {
  if (auto row = encode_distinct(object)) return EncodedItem(*std::move(row));
  // The first error is that of the attribute that was sent first, and of two attributes of one name
  // the last one stays.
  TRY(AttributeMap item, decode_item(object, reading));
  return EncodedItem(std::move(item));
}

bool is_empty_name(const ApiError& error) {
  return error.message == kEmptyName;
}

Result<void> check_attribute_name(std::string_view name) {
  if (name.empty()) return refuse(kEmptyName);
  if (name.size() > kNameBytesMax) return refuse(kNameTooLarge);
  return {};
}

Result<void> check_attribute_name(std::string_view name, const Reading& reading) {
  auto checked = check_attribute_name(name);
  if (checked) return checked;
  return as_read(std::move(checked).error(), reading);
}

Result<AttributeMap> decode_expression_values(const Value& object,
                                              const Reading& reading,
                                              Nesting nesting) {
  const int depth = first_depth(nesting);
  std::vector<AttributeMap::Entry> entries;
  entries.reserve(object.MemberCount());
  for (const auto& member : object.GetObject()) {
    auto decoded = decode(member.value, depth, reading);
    if (!decoded) {
      ApiError error = std::move(decoded).error();
      if (is_too_deep(member.value, depth))
        error = refuse(kTooDeep);
      else if (has_empty_name(member.value))
        error = refuse(kEmptyName);
      if (!names_key(error.message, reading)) return as_read(std::move(error), reading);
      return validation_error(str_cat("ExpressionAttributeValues contains invalid value: ",
                                      error.message, " for key ", json::view(member.name)));
    }
    entries.emplace_back(json::view(member.name), *std::move(decoded));
  }
  return AttributeMap::from_entries(std::move(entries));
}

ApiError nested_too_deep() {
  return refuse(kTooDeepShort);
}

Result<AttributeMap> decode_start_key(const Value& object, const Reading& reading, DeepKey deep) {
  auto decoded = decode_item(object, reading);
  if (decoded) return decoded;
  const std::string& text = decoded.error().message;
  const bool prefixed = text == kTooDeep ? deep == DeepKey::kPrefixed : has_no_one_type(text);
  if (!prefixed) return decoded;
  return validation_error(str_cat("The provided starting key is invalid: ", text));
}

}  // namespace tailrace::api
