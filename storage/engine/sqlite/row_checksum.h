// The checksum that a row of a file carries, by which a changed one is found when it is read. Of rows
// in memory none is kept. Private to this room.
#pragma once

#include <cstdint>

#include "storage/base/bytes.h"

namespace tailrace::sqlite {

std::uint32_t row_checksum(Bytes key, Bytes value);

// XXH64 by Yann Collet (github.com/Cyan4973/xxHash, doc/xxhash_spec.md): 1 KB takes a tenth of a
// microsecond.
std::uint64_t xxhash64(Bytes bytes, std::uint64_t seed);

}  // namespace tailrace::sqlite
