#include "server/lambda/event_stream.h"

#include <cstdint>

#include "server/protocol/crc32.h"

namespace tailrace::lambda {
namespace {

constexpr char kStringValue = 7;
constexpr std::size_t kFrameBytes = 16;  // Lengths and checksums.

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((value >> shift) & 0xFF));
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  append_big_endian(out, name.size(), 1);
  out.append(name).push_back(kStringValue);
  append_big_endian(out, value.size(), 2);
  out.append(value);
}

}  // namespace

void append_event(std::string& out,
                  std::string_view type,
                  std::string_view content_type,
                  std::string_view payload) {
  std::string headers;
  append_header(headers, ":event-type", type);
  append_header(headers, ":content-type", content_type);
  append_header(headers, ":message-type", "event");
  const std::size_t begin = out.size();
  append_big_endian(out, kFrameBytes + headers.size() + payload.size(), 4);
  append_big_endian(out, headers.size(), 4);
  append_big_endian(out, protocol::crc32_of(std::string_view(out).substr(begin)), 4);
  out.append(headers).append(payload);
  append_big_endian(out, protocol::crc32_of(std::string_view(out).substr(begin)), 4);
}

}  // namespace tailrace::lambda
