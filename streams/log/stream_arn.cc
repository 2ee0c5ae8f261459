#include "streams/log/stream_arn.h"

#include <algorithm>

namespace tailrace {
namespace {

constexpr std::size_t kAccountDigits = 12;
constexpr std::size_t kTableNameMin = 3;
constexpr std::size_t kTableNameMax = 255;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_table_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '.' ||
         c == '-';
}

// Removes and returns what stands before `separator`; nullopt: there is no separator.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view separator) {
  const std::size_t end = text.find(separator);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end + separator.size());
  return part;
}

}  // namespace

std::optional<StreamArn> parse_stream_arn(std::string_view text) {
  if (take_until(text, ":") != "arn") return std::nullopt;
  const auto partition = take_until(text, ":");
  if (!partition || !partition->starts_with("aws")) return std::nullopt;
  if (take_until(text, ":") != "dynamodb") return std::nullopt;
  const auto region = take_until(text, ":");
  if (!region || region->empty()) return std::nullopt;
  const auto account = take_until(text, ":");
  if (!account || account->size() != kAccountDigits ||
      !std::all_of(account->begin(), account->end(), is_digit)) {
    return std::nullopt;
  }
  if (take_until(text, "/") != "table") return std::nullopt;
  const auto name = take_until(text, "/stream/");
  if (!name || name->size() < kTableNameMin || name->size() > kTableNameMax ||
      !std::all_of(name->begin(), name->end(), is_table_name_character)) {
    return std::nullopt;
  }
  if (text.empty() || text.find('/') != std::string_view::npos) return std::nullopt;
  return StreamArn{
      .table = {.owner = {.account = std::string(*account), .region = std::string(*region)},
                .name = std::string(*name)},
      .label = std::string(text)};
}

std::shared_ptr<const Stream> find_stream_by_arn(const StreamLog& log, std::string_view arn) {
  const auto parsed = parse_stream_arn(arn);
  if (!parsed) return nullptr;
  auto stream = log.find_stream(parsed->table.owner, parsed->table.name, parsed->label);
  return stream && stream_arn(*stream) == arn ? stream : nullptr;
}

}  // namespace tailrace
