// Rows of a store as a disk may have changed them: every decoder reads them or throws DamagedRow, and
// nothing else happens.
#include "storage/base/engine_error.h"
#include "storage/schema/key_layout.h"
#include "storage/value/key_encoding.h"
#include "streams/log/record_codec.h"
#include "streams/log/row_codec.h"
#include "streams/triggers/mapping.h"
#include "tests/fuzz/fuzz.h"

namespace tailrace {
namespace {

template <class Decode>
void decode(Decode decode_one) {
  try {
    decode_one();
  } catch (const DamagedRow&) {
  }
}

void read_item(Bytes row) {
  const StoredItem item(row);
  item.find("pk");
  StoredItemSource source(item);
  source.find("sk");
  const Buffer again = encode_item(item.parse());
  StoredItem(again).parse();
}

void read_key(Bytes row, AttributeType type) {
  decode_key_value(row, type);
}

}  // namespace
}  // namespace tailrace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace;  // NOLINT
  const Bytes row = fuzz::text_of(data, size);
  decode([&] { read_item(row); });
  decode([&] { decode_schema(row); });
  decode([&] { decode_stream(1, row); });
  decode([&] { decode_shard(1, 2, row); });
  decode([&] { decode_record(1, row); });
  decode([&] { triggers::decode_mapping(row); });
  for (const AttributeType type : {AttributeType::kS, AttributeType::kN, AttributeType::kB})
    decode([&] { read_key(row, type); });
  keys::describe(row, nullptr);
  return 0;
}
