// How streams, events and sequence numbers are written.
#include <charconv>

#include "storage/base/str_cat.h"
#include "streams/log/stream_log.h"

namespace tailrace {
namespace {

constexpr std::size_t kCounterDigits = 20;  // Every 64-bit number fits.

}  // namespace

std::string_view event_name_text(EventName name) {
  switch (name) {
    case EventName::kInsert:
      return "INSERT";
    case EventName::kModify:
      return "MODIFY";
    case EventName::kRemove:
      return "REMOVE";
  }
  check_failed("known EventName", __FILE__, __LINE__);
}

std::string sequence_number_text(std::uint64_t sequence) {
  char digits[kCounterDigits];
  const auto end = std::to_chars(digits, digits + sizeof digits, sequence).ptr;
  const auto count = static_cast<std::size_t>(end - digits);
  std::string text(1 + kCounterDigits, '0');
  text.front() = '1';
  text.replace(1 + kCounterDigits - count, count, digits, count);
  return text;
}

std::optional<std::uint64_t> parse_sequence_number(std::string_view text) {
  // Leading zeros change nothing of the value, by which consumers compare.
  while (text.size() > 1 + kCounterDigits && text.front() == '0') text.remove_prefix(1);
  if (text.size() != 1 + kCounterDigits || text.front() != '1') return std::nullopt;
  text.remove_prefix(1);
  std::uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sequence);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return sequence;
}

std::string stream_arn(const Stream& stream) {
  return str_cat(table_arn(stream.table), "/stream/", stream.label);
}

}  // namespace tailrace
