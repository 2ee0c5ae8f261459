// Work that outlives the transaction that caused it (sweeping, backfill) stands in the store until
// it is done, so that it goes on after a restart. Written by Catalog, carried out by the slices,
// each row by one of them:
//
//   'm' work/sweep/<prefix>                      every row that begins with the prefix is garbage
//   'm' work/expiry/<table id(8)>                'w', or 'f' and the item key to go on after: see
//                                                expiry.h
//   'm' work/backfill/<table id(8)><index id(8)> the item key to go on after
//   'm' work/replica/<table id(8)>               the source's item key to go on after
#pragma once

#include <cstdint>

#include "storage/base/bytes.h"

namespace tailrace::work_rows {

Buffer sweep(Bytes prefix);
Buffer sweeps_prefix();
Buffer expiry(std::uint64_t table_id);
Buffer expiries_prefix();
Buffer replica(std::uint64_t table_id);
Buffer backfill(std::uint64_t table_id, std::uint32_t index_id);

// State of the rows under expiries_prefix().
inline constexpr char kWipe = 'w';
inline constexpr char kFill = 'f';

}  // namespace tailrace::work_rows
