// Type checks: depth first in the members' order, the first error ends the check.
// (behaviour/dynamodb 1.7)
#include <array>

#include "server/api/validator.h"
#include "storage/base/str_cat.h"

namespace tailrace::api {
namespace {

using json::Value;

constexpr std::string_view kStructureHere = "Start of structure or map found where not expected";
constexpr std::string_view kScalarHere = "Unexpected field type";
constexpr std::string_view kScalarAsElement = "Unexpected value type in payload";
// (sic) What the service says of a scalar where a list in a map or a map in a list should be.
constexpr std::string_view kScalarAsCollectionElement =
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "
    "java.lang.Class "
    "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in "
    "module java.base of "
    "loader 'bootstrap')";

// Deeper values are refused for their nesting (decode_value); the check need not go down there, and
// must not exhaust the stack.
constexpr int kDepthMax = 64;

ApiError type_error(std::string message) {
  return {.code = ErrorCode::kSerializationException,
          .message = std::move(message),
          .extra_members = {}};
}

ApiError wrong_collection(const Value& value, std::string_view java_class) {
  if (value.IsArray())
    return type_error(str_cat("Unrecognized collection type class ", java_class));
  return type_error(std::string(kStructureHere));
}

// TRUE_VALUE, NUMBER_VALUE, … as the service's parser names its tokens.
std::string_view token_name(const Value& value) {
  if (value.IsTrue()) return "TRUE_VALUE";
  if (value.IsFalse()) return "FALSE_VALUE";
  if (value.IsString()) return "STRING_VALUE";
  return value.IsDouble() ? "DECIMAL_VALUE" : "NUMBER_VALUE";
}

ApiError cannot_convert(const Value& value, std::string_view type) {
  return type_error(str_cat(token_name(value), " cannot be converted to ", type));
}

Result<void> check_string(const Value& value) {
  if (value.IsString()) return {};
  if (value.IsArray() || value.IsObject()) return wrong_collection(value, "java.lang.String");
  return cannot_convert(value, "String");
}

Result<void> check_boolean(const Value& value, Signs& signs) {
  if (value.IsBool()) return {};
  if (json::to_bool(value)) {
    signs.text_for_boolean = true;
    return {};
  }
  if (value.IsArray()) return type_error({});
  if (value.IsObject()) return type_error(std::string(kStructureHere));
  if (value.IsString()) return type_error("Unexpected token received from parser");
  return cannot_convert(value, "Boolean");
}

Result<void> check_number(const Value& value, const Shape& shape) {
  if (value.IsNumber()) return {};
  if (value.IsArray() || value.IsObject()) return wrong_collection(value, shape.java_type);
  return cannot_convert(value, shape.java_type.substr(shape.java_type.rfind('.') + 1));
}

constexpr std::array<std::int8_t, 256> kBase64Digits = [] {
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return digits;
}();

bool is_canonical_base64(std::string_view text) {
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  text.remove_suffix(padding);
  std::int8_t last = 0;
  for (const char c : text) {
    last = kBase64Digits[static_cast<unsigned char>(c)];
    if (last < 0) return false;
  }
  const int unused_bits = padding == 2 ? 0x0F : padding == 1 ? 0x03 : 0;
  return (last & unused_bits) == 0;
}

Result<void> check_blob(const Value& value) {
  if (value.IsArray() || value.IsObject()) return wrong_collection(value, "java.nio.ByteBuffer");
  if (!value.IsString()) return type_error("only base-64-encoded strings are convertible to bytes");
  const std::string_view text = json::view(value);
  if (text.size() % 4 != 0) {
    return type_error(str_cat("Base64 encoded length is expected a multiple of 4 bytes but found: ",
                              text.size()));
  }
  if (!is_canonical_base64(text))
    return type_error("Invalid last non-pad Base64 character dectected");
  return {};
}

Result<void> check_is_list(const Value& value, Place place) {
  if (value.IsArray()) return {};
  if (value.IsObject()) return type_error(std::string(kStructureHere));
  return type_error(
      std::string(place == Place::kMember ? kScalarHere : kScalarAsCollectionElement));
}

Result<void> check_is_map(const Value& value, std::string_view java_type, Place place) {
  if (value.IsObject()) return {};
  if (value.IsArray()) return type_error(str_cat("Unrecognized collection type ", java_type));
  return type_error(
      std::string(place == Place::kMember ? kScalarHere : kScalarAsCollectionElement));
}

Result<void> check_is_structure(const Value& value, std::string_view java_type, Place place) {
  if (value.IsObject()) return {};
  if (value.IsArray()) return type_error(str_cat("Unrecognized collection type class ", java_type));
  return type_error(std::string(place == Place::kMember ? kScalarHere : kScalarAsElement));
}

constexpr std::string_view kValueType = "com.amazonaws.dynamodb.v20120810.AttributeValue";
constexpr std::string_view kValueMapType =
    "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>";

Result<void> check_value(const Value& value, Place place, int depth, Signs& signs);

template <Result<void> (*check_element)(const Value&)>
Result<void> check_set(const Value& value) {
  TRY_VOID(check_is_list(value, Place::kMember));
  for (const Value& element : value.GetArray()) {
    if (!element.IsNull()) TRY_VOID(check_element(element));
  }
  return {};
}

Result<void> check_value_list(const Value& value, int depth, Signs& signs) {
  TRY_VOID(check_is_list(value, Place::kMember));
  if (depth >= kDepthMax) return {};
  for (const Value& element : value.GetArray()) {
    if (!element.IsNull()) TRY_VOID(check_value(element, Place::kElement, depth + 1, signs));
  }
  return {};
}

Result<void> check_value_map(const Value& value, int depth, Signs& signs) {
  TRY_VOID(check_is_map(value, kValueMapType, Place::kMember));
  if (depth >= kDepthMax) return {};
  for (const auto& member : value.GetObject()) {
    if (!member.value.IsNull())
      TRY_VOID(check_value(member.value, Place::kElement, depth + 1, signs));
  }
  return {};
}

// The types of an AttributeValue, in the order in which they are checked.
struct ValueMember {
  std::string_view name;
  Result<void> (*check)(const Value& value, int depth, Signs& signs);
};
constexpr ValueMember kValueMembers[] = {
    {"S", [](const Value& value, int, Signs&) { return check_string(value); }},
    {"B", [](const Value& value, int, Signs&) { return check_blob(value); }},
    {"N", [](const Value& value, int, Signs&) { return check_string(value); }},
    {"BOOL", [](const Value& value, int, Signs& signs) { return check_boolean(value, signs); }},
    {"NULL", [](const Value& value, int, Signs& signs) { return check_boolean(value, signs); }},
    {"BS", [](const Value& value, int, Signs&) { return check_set<check_blob>(value); }},
    {"NS", [](const Value& value, int, Signs&) { return check_set<check_string>(value); }},
    {"SS", [](const Value& value, int, Signs&) { return check_set<check_string>(value); }},
    {"L", check_value_list},
    {"M", check_value_map},
};

Result<void> check_value(const Value& value, Place place, int depth, Signs& signs) {
  if (depth >= kDepthMax) signs.deep = true;
  TRY_VOID(check_is_structure(value, kValueType, place));
  if (value.MemberCount() == 1) {  // As nearly every value is: no need to look for ten names.
    const auto& only = *value.MemberBegin();
    if (only.value.IsNull()) return {};
    for (const ValueMember& member : kValueMembers) {
      if (member.name == json::view(only.name)) return member.check(only.value, depth, signs);
    }
    return {};
  }
  int types = 0;
  for (const ValueMember& member : kValueMembers) {
    const Value* found = json::find(value, member.name);
    if (found == nullptr) continue;
    TRY_VOID(member.check(*found, depth, signs));
    if (++types > 1) signs.several_types = true;
  }
  return {};
}

Result<void> check(const Shape& shape, const Value& value, Place place, Signs& signs);

Result<void> check_list(const Shape& shape, const Value& value, Place place, Signs& signs) {
  TRY_VOID(check_is_list(value, place));
  for (const Value& element : value.GetArray()) {
    if (!element.IsNull()) TRY_VOID(check(*shape.element, element, Place::kElement, signs));
  }
  return {};
}

Result<void> check_map(const Shape& shape, const Value& value, Place place, Signs& signs) {
  TRY_VOID(check_is_map(value, shape.java_type, place));
  for (const auto& member : value.GetObject()) {
    if (!member.value.IsNull())
      TRY_VOID(check(*shape.element, member.value, Place::kElement, signs));
  }
  return {};
}

Result<void> check_structure(const Shape& shape, const Value& value, Place place, Signs& signs) {
  TRY_VOID(check_is_structure(value, shape.java_type, place));
  for (const Member& member : shape.members) {
    if (const Value* found = json::find(value, member.name))
      TRY_VOID(check(*member.shape, *found, Place::kMember, signs));
  }
  return {};
}

Result<void> check(const Shape& shape, const Value& value, Place place, Signs& signs) {
  switch (shape.kind) {
    case Kind::kString:
      return check_string(value);
    case Kind::kBoolean:
      return check_boolean(value, signs);
    case Kind::kInteger:
    case Kind::kLong:
    case Kind::kDouble:
    case Kind::kTimestamp:
      return check_number(value, shape);
    case Kind::kBlob:
      return check_blob(value);
    case Kind::kList:
      return check_list(shape, value, place, signs);
    case Kind::kMap:
      return check_map(shape, value, place, signs);
    case Kind::kStructure:
      return check_structure(shape, value, place, signs);
    case Kind::kAttributeValue:
      return check_value(value, place, 1, signs);
  }
  CHECK(false);
}

}  // namespace

Result<void> check_types(const Shape& input, const Value& body, Signs& signs) {
  if (!body.IsObject()) return type_error({});
  return check_structure(input, body, Place::kMember, signs);
}

Result<void> check_types(const Shape& input, const Value& body) {
  Signs signs;
  return check_types(input, body, signs);
}

}  // namespace tailrace::api
