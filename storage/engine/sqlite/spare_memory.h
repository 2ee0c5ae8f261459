// SpareMemory: what SQLite is given when the system gives it no memory. In the midst of a write to a
// store in memory it cannot be refused: without a journal it could not take back what it has done.
// Whoever wrote learns of it afterwards and takes back what it wrote. Private to this room.
#pragma once

namespace tailrace::sqlite {

// Before anything else is asked of SQLite. Whatever allocates for it now goes on to, unless it fails.
void install_spare_memory();

// True if SQLite was given spare memory on this thread since the last call.
bool take_spare_memory_used();

}  // namespace tailrace::sqlite
