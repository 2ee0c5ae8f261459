// SqliteEngine: one SQLite table of rows(key, value), in memory (MemoryPages) or in a directory
// (WAL). Knows nothing of DynamoDB.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "storage/base/memory_budget.h"
#include "storage/engine/storage_engine.h"

namespace tailrace {

enum class Durability {
  kProcessCrash,  // synchronous=NORMAL: what was committed survives kill -9.
  kPowerLoss,     // synchronous=FULL: and the loss of power.
};

struct SqliteOptions {
  std::optional<std::filesystem::path> directory;  // Absent: in memory.
  Durability durability = Durability::kProcessCrash;
  // What a store in memory takes its pages out of; nullptr: one of its own, of memory_for_budget().
  std::shared_ptr<MemoryBudget> memory = nullptr;
};

// Throws EngineError with a text that says what to do: directory not writable, another process
// holds the store, the store is of a later version.
std::unique_ptr<StorageEngine> open_sqlite(const SqliteOptions& options);

}  // namespace tailrace
