#include "server/protocol/content_coding.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <system_error>

#include "server/http/http_message.h"
#include "server/protocol/text.h"
#include "storage/base/check.h"

namespace tailrace::protocol {
namespace {

using http::equals_ignoring_case;

constexpr int kGzipBits = 15 + 16;  // zlib's windowBits.
constexpr int kZlibBits = 15;
constexpr int kRawBits = -15;
// Local networks are fast: what compression costs is time.
constexpr int kLevel = 1;

// "gzip;q=0.5": 0.5. Unreadable weights count as 0.
double weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = trimmed(take_until(parameters, ';'));
    if (parameter.size() < 2 || !equals_ignoring_case(parameter.substr(0, 2), "q=")) continue;
    double weight = 0;
    const char* end = parameter.data() + parameter.size();
    const auto [parsed, error] = std::from_chars(parameter.data() + 2, end, weight);
    return error == std::errc() && parsed == end ? weight : 0;
  }
  return 1;
}

// Inflates one stream after the other, as gzip files may be concatenated.
Decoded inflate_all(int window_bits, std::size_t bytes_max, std::string_view in, std::string& out) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) return Decoded::kBroken;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  while (true) {
    const std::size_t used = out.size();
    out.resize(std::max<std::size_t>(2 * used, 16 * 1024));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(out.size() - used);
    const int result = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > bytes_max) return Decoded::kTooLarge;
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) return Decoded::kDone;
      if (inflateReset(&stream) != Z_OK) return Decoded::kBroken;
    } else if (result != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0)) {
      return Decoded::kBroken;  // Z_BUF_ERROR among them: the data ended too soon.
    }
  }
}

}  // namespace

ContentCoding preferred_coding(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    std::string_view entry = take_until(accept_encoding, ',');
    const std::string_view name = trimmed(take_until(entry, ';'));
    const bool gzip = equals_ignoring_case(name, "gzip");
    if (!gzip && !equals_ignoring_case(name, "deflate")) continue;
    if (weight_of(entry) > 0) return gzip ? ContentCoding::kGzip : ContentCoding::kDeflate;
  }
  return ContentCoding::kIdentity;
}

Decoded decode_body(std::string_view content_encoding, std::size_t bytes_max, std::string& body) {
  const std::string_view name = trimmed(content_encoding);
  if (name.empty() || equals_ignoring_case(name, "identity")) return Decoded::kDone;
  std::string decoded;
  Decoded result = Decoded::kBroken;
  if (equals_ignoring_case(name, "gzip")) {
    result = inflate_all(kGzipBits, bytes_max, body, decoded);
  } else if (equals_ignoring_case(name, "deflate")) {
    result = inflate_all(kZlibBits, bytes_max, body, decoded);
    if (result == Decoded::kBroken) {  // Some clients leave zlib's head away.
      decoded.clear();
      result = inflate_all(kRawBits, bytes_max, body, decoded);
    }
  }
  if (result == Decoded::kDone) body = std::move(decoded);
  return result;
}

std::string_view coding_name(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kIdentity:
      return "identity";
    case ContentCoding::kGzip:
      return "gzip";
    case ContentCoding::kDeflate:
      return "deflate";
  }
  return {};
}

std::string encode_body(ContentCoding coding, std::string_view body) {
  z_stream stream{};
  const int bits = coding == ContentCoding::kGzip ? kGzipBits : kZlibBits;
  CHECK(deflateInit2(&stream, kLevel, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, deflateEnd);
  std::string out(deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  return out;
}

}  // namespace tailrace::protocol
