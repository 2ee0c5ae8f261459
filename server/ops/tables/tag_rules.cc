#include "server/ops/tables/tag_rules.h"

#include <algorithm>

#include "server/ops/tables/tag_characters.h"
#include "storage/base/str_cat.h"
#include "storage/base/utf8.h"

namespace tailrace::ops {
namespace {

constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kKeyLengthMax = 128;
constexpr std::size_t kValueLengthMax = 256;

bool are_tag_characters(std::string_view text) {
  while (!text.empty()) {
    if (!is_tag_character(take_character(text))) return false;
  }
  return true;
}

// `key` is nullptr: it is absent.
Result<std::string> check_key(const json::Value* key) {
  const std::string_view text = key == nullptr ? "null" : json::view(*key);
  if (key == nullptr || text.empty() || utf16_length(text) > kKeyLengthMax ||
      !are_tag_characters(text))
    return validation_error(str_cat("The Tag Key provided is invalid, Key: ", text));
  if (text.starts_with("aws:"))
    return validation_error(str_cat("Tag Key cannot be prefixed with aws:, Key: ", text));
  return std::string(text);
}

Result<std::string> check_value(const json::Value* value) {
  const std::string_view text = value == nullptr ? "null" : json::view(*value);
  if (value == nullptr || utf16_length(text) > kValueLengthMax || !are_tag_characters(text))
    return validation_error(str_cat("The Tag Value provided is invalid, Value: ", text));
  return std::string(text);
}

}  // namespace

Result<Tags> decode_tags(const json::Value& list) {
  Tags tags;
  for (const json::Value& element : list.GetArray()) {
    TRY(std::string key, check_key(json::find(element, "Key")));
    TRY(std::string value, check_value(json::find(element, "Value")));
    if (tags.contains(key)) {
      return validation_error(
          str_cat("Duplicate Tag Keys provided as input: Duplicate Tag Key found ", key));
    }
    tags.emplace(std::move(key), std::move(value));
  }
  TRY_VOID(check_tag_count(tags.size()));
  return tags;
}

Result<std::vector<std::string>> decode_tag_keys(const json::Value& list) {
  std::vector<std::string> keys;
  for (const json::Value& element : list.GetArray()) {
    TRY(std::string key, check_key(&element));
    keys.push_back(std::move(key));
  }
  TRY_VOID(check_tag_count(keys.size()));
  return keys;
}

Result<void> check_tag_count(std::size_t count) {
  if (count <= kTagsMax) return {};
  return validation_error("Number of Tags exceed the current limit for the provided ResourceArn");
}

}  // namespace tailrace::ops
