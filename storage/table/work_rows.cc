#include "storage/table/work_rows.h"

#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"
#include "storage/value/key_encoding.h"

namespace tailrace::work_rows {

Buffer sweeps_prefix() {
  return keys::meta("work/sweep/");
}
Buffer sweep(Bytes prefix) {
  return str_cat(sweeps_prefix(), prefix);
}

Buffer expiries_prefix() {
  return keys::meta("work/expiry/");
}
Buffer expiry(std::uint64_t table_id) {
  Buffer key = expiries_prefix();
  append_u64(key, table_id);
  return key;
}

Buffer replica(std::uint64_t table_id) {
  Buffer key = keys::meta("work/replica/");
  append_u64(key, table_id);
  return key;
}

Buffer backfill(std::uint64_t table_id, std::uint32_t index_id) {
  Buffer key = keys::meta("work/backfill/");
  append_u64(key, table_id);
  append_u64(key, index_id);
  return key;
}

}  // namespace tailrace::work_rows
