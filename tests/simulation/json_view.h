// Reading answers and events.
#pragma once

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::simulation {

// Parsed JSON; of what is not there, the empty text and zero.
class Json {
 public:
  explicit Json(std::string_view text) { document_.Parse(text.data(), text.size()); }

  const rapidjson::Value* find(const char* pointer) const {
    return document_.HasParseError() ? nullptr : rapidjson::Pointer(pointer).Get(document_);
  }
  std::string text(const char* pointer) const { return text_of(find(pointer)); }
  // Of a JSON number, or a text of digits.
  std::uint64_t number(const char* pointer) const { return number_of(find(pointer)); }
  bool flag(const char* pointer) const {
    const rapidjson::Value* value = find(pointer);
    return value != nullptr && value->IsTrue();
  }
  // Elements of an array; nothing if there is none.
  rapidjson::Value::ConstArray elements(const char* pointer) const {
    static const rapidjson::Value kEmpty(rapidjson::kArrayType);
    const rapidjson::Value* value = find(pointer);
    return value != nullptr && value->IsArray() ? value->GetArray() : kEmpty.GetArray();
  }

  static std::string text_of(const rapidjson::Value* value) {
    if (value == nullptr || !value->IsString()) return {};
    return {value->GetString(), value->GetStringLength()};
  }
  static std::uint64_t number_of(const rapidjson::Value* value) {
    if (value == nullptr) return 0;
    if (value->IsUint64()) return value->GetUint64();
    const std::string digits = text_of(value);
    return digits.empty() ? 0 : std::stoull(digits);
  }
  // Sequence numbers are "1" and 20 digits.
  static std::uint64_t sequence_of(const rapidjson::Value* value) {
    const std::string digits = text_of(value);
    return digits.size() < 2 ? 0 : std::stoull(digits.substr(1));
  }
  static const rapidjson::Value* in(const rapidjson::Value& value, const char* pointer) {
    return rapidjson::Pointer(pointer).Get(value);
  }

 private:
  rapidjson::Document document_;
};

}  // namespace tailrace::simulation
