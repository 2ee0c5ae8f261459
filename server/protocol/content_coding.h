// Compression of bodies. (behaviour/dynamodb 1.1, 1.2)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/protocol/services.h"

namespace tailrace::protocol {

// The first of gzip and deflate that Accept-Encoding names, whatever the weights but 0 (so does
// AWS in 2026); kIdentity if it names neither.
ContentCoding preferred_coding(std::string_view accept_encoding);

enum class Decoded : std::uint8_t { kDone, kBroken, kTooLarge };
// Replaces `body`, sent with that Content-Encoding. kBroken for unknown codings too.
Decoded decode_body(std::string_view content_encoding, std::size_t bytes_max, std::string& body);

std::string_view coding_name(ContentCoding coding);  // "gzip"
std::string encode_body(ContentCoding coding, std::string_view body);

}  // namespace tailrace::protocol
