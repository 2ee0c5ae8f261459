// What clients carry for us: iterators and tokens as they are sent, and with a right signature over
// wrong content; and the texts of numbers and of base64 that come with every request.
#include "server/ops/partiql/next_token.h"
#include "server/ops/streams/shard_iterator.h"
#include "storage/base/base64.h"
#include "storage/base/check.h"
#include "storage/value/key_encoding.h"
#include "storage/value/number.h"
#include "streams/log/sip_hash.h"
#include "tests/fuzz/fuzz.h"

namespace tailrace::ops {
namespace {

const IteratorKey kKey{1, 2};

// What is decoded is encoded to something that decodes to the same.
void read_iterator(std::string_view text) {
  const auto iterator = decode_shard_iterator(kKey, text);
  if (!iterator) return;
  const auto again = decode_shard_iterator(kKey, encode_shard_iterator(kKey, *iterator));
  CHECK(again && again->stream_arn == iterator->stream_arn &&
        again->shard_id == iterator->shard_id && again->after == iterator->after &&
        again->issued == iterator->issued);
}

void read_token(std::string_view text) {
  const auto token = decode_next_token(kKey, text);
  if (token) CHECK(encode_next_token(kKey, *token) == text);
}

Buffer signed_payload(std::string_view context, std::string_view payload) {
  Buffer bytes(payload);
  append_u64(bytes, sip_hash(kKey, str_cat(context, payload)));
  return bytes;
}

void read_number(std::string_view text) {
  const auto number = Number::parse(text);
  if (!number) return;
  const auto again = Number::parse(number->text());
  CHECK(again && again->text() == number->text());
}

}  // namespace
}  // namespace tailrace::ops

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace;       // NOLINT
  using namespace tailrace::ops;  // NOLINT
  const std::string_view text = fuzz::text_of(data, size);
  read_iterator(text);
  read_token(text);
  read_iterator(str_cat("arn|1|", to_base64(signed_payload("arn|1|", text))));
  read_token(to_base64(signed_payload("", text)));
  if (const auto bytes = from_base64(text)) CHECK(to_base64(*bytes) == text);
  read_number(text);
  return 0;
}
