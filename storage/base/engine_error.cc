#include "storage/base/engine_error.h"

#include "storage/base/log.h"
#include "storage/base/str_cat.h"

namespace tailrace {

void throw_damaged(std::string_view what) {
  throw DamagedRow(str_cat("a stored ", what, " does not decode"));
}

void log_store_failure(std::string_view what_failed, const EngineError& error) {
  if (dynamic_cast<const StoreFull*>(&error) != nullptr) return;
  log_error(what_failed, {{"error", error.what()}});
}

}  // namespace tailrace
