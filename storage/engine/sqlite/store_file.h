// The file of a store: where it is, what format it has. Private to this room.
#pragma once

#include <filesystem>
#include <string>

#include "storage/engine/sqlite/connection.h"
#include "storage/engine/sqlite/statements.h"

namespace tailrace::sqlite {

// All throw EngineError with a text that says what to do.
void make_directory(const std::filesystem::path& directory);
void require_writable_files(const std::filesystem::path& directory);
std::string uri_of(const std::filesystem::path& directory);
// Makes the table of rows in a new file, brings an older file to this version's format, refuses
// others.
void prepare_store(Connection& connection, Kept kept);

}  // namespace tailrace::sqlite
