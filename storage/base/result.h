// Result<T>: a value, or the ApiError that the caller is to see. The interface is std::expected's,
// which g++ 12 lacks in C++20.
//
//   TRY(const Table& table, require_table(name));   // returns the error from this function, or binds
//   TRY_VOID(check_limits(input));
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "storage/base/api_error.h"
#include "storage/base/check.h"

namespace tailrace {

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  // NOLINTBEGIN(google-explicit-constructor): as std::expected
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(ApiError error) : state_(std::in_place_index<1>, std::move(error)) {}
  // NOLINTEND(google-explicit-constructor)

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& value() { CHECK(has_value()); return *std::get_if<0>(&state_); }
  const T& value() const { CHECK(has_value()); return *std::get_if<0>(&state_); }
  ApiError& error() & { CHECK(!has_value()); return *std::get_if<1>(&state_); }
  const ApiError& error() const& { CHECK(!has_value()); return *std::get_if<1>(&state_); }
  ApiError&& error() && { CHECK(!has_value()); return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, ApiError> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as std::expected
  Result(ApiError error) : error_(std::move(error)) {}

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  ApiError& error() & { CHECK(error_.has_value()); return *error_; }
  const ApiError& error() const& { CHECK(error_.has_value()); return *error_; }
  ApiError&& error() && { CHECK(error_.has_value()); return std::move(*error_); }

 private:
  std::optional<ApiError> error_;
};

}  // namespace tailrace

#define TAILRACE_JOIN_INNER(a, b) a##b
#define TAILRACE_JOIN(a, b) TAILRACE_JOIN_INNER(a, b)
#define TAILRACE_TRY(result, declaration, ...)       \
  auto result = (__VA_ARGS__);                       \
  if (!result) return std::move(result).error();     \
  declaration = *std::move(result)
#define TRY(declaration, ...) TAILRACE_TRY(TAILRACE_JOIN(try_result_, __COUNTER__), declaration, __VA_ARGS__)
#define TRY_VOID(...)                                            \
  do {                                                           \
    if (auto try_void = (__VA_ARGS__); !try_void) return std::move(try_void).error(); \
  } while (false)
