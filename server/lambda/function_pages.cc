#include "server/lambda/function_pages.h"

#include <algorithm>
#include <charconv>

#include "server/lambda/lambda_error.h"
#include "storage/base/base64.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

constexpr std::int64_t kMaxItemsMax = 10'000;

Result<std::size_t> read_max_items(const std::string* text, std::size_t page_max) {
  if (text == nullptr) return page_max;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size())
    return ApiError{.code = ErrorCode::kSerializationException,
                    .message = str_cat("'", *text, "' can not be converted to an Integer")};
  if (number < 1 || number > kMaxItemsMax)
    return validation_error(
        str_cat("1 validation error detected: Value '", *text,
                "' at 'maxItems' failed to satisfy constraint: Member must have value ",
                number < 1 ? "greater than or equal to 1" : "less than or equal to 10000"));
  return std::min(static_cast<std::size_t>(number), page_max);
}

}  // namespace

Result<std::string> page_json(std::string_view name,
                              const std::vector<PageEntry>& entries,
                              const std::string* marker,
                              const std::string* max_items,
                              std::size_t page_max) {
  TRY(const std::size_t count, read_max_items(max_items, page_max));
  auto at = entries.begin();
  if (marker != nullptr && !marker->empty()) {
    const auto key = from_base64(*marker);
    const auto last = key ? std::ranges::find(entries, *key, &PageEntry::key) : entries.end();
    if (last == entries.end()) return invalid_parameter("Invalid Marker");
    at = last + 1;
  }
  const auto left = static_cast<std::size_t>(entries.end() - at);
  const auto end = at + static_cast<std::ptrdiff_t>(std::min(count, left));
  std::string text;
  JsonWriter json(text);
  json.begin_object().key(name).begin_array();
  for (; at != end; ++at) json.raw(at->json);
  json.end_array();
  if (left > count) json.string("NextMarker", to_base64((end - 1)->key));
  json.end_object();
  return text;
}

}  // namespace tailrace::lambda
