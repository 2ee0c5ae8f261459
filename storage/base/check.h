// CHECK(condition): aborts with file, line and condition when the program itself is wrong.
// For a caller's mistakes there is Result (result.h), for a broken disk EngineError (storage/engine).
#pragma once

namespace tailrace {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace tailrace

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::tailrace::check_failed(#condition, __FILE__, __LINE__))
