// The binary event stream encoding of AWS, for InvokeWithResponseStream. (AWS documentation "Event
// stream encoding")
//
//   message: total length(4) · headers' length(4) · CRC-32 of these(4) · headers · payload ·
//            CRC-32 of all before(4); big endian
//   header:  name length(1) · name · 07 · value length(2) · value
#pragma once

#include <string>
#include <string_view>

namespace tailrace::lambda {

inline constexpr std::string_view kEventStreamType = "application/vnd.amazon.eventstream";

// Appends one event: `type` is "PayloadChunk" or "InvokeComplete".
void append_event(std::string& out,
                  std::string_view type,
                  std::string_view content_type,
                  std::string_view payload);

}  // namespace tailrace::lambda
