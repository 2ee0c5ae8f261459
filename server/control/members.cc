#include "server/control/members.h"

#include <algorithm>

#include "storage/base/str_cat.h"

namespace tailrace::control {

std::string Members::string(std::string_view name) {
  auto value = optional_string(name);
  if (!value && !error_) error_ = validation_error(str_cat("Member ", name, " is required"));
  return std::move(value).value_or("");
}

std::optional<std::string> Members::optional_string(std::string_view name) {
  const json::Value* value = take(name);
  if (!value) return std::nullopt;
  if (!value->IsString()) {
    fail(name, "a string");
    return std::nullopt;
  }
  return std::string(json::view(*value));
}

std::optional<double> Members::optional_number(std::string_view name) {
  const json::Value* value = take(name);
  if (!value) return std::nullopt;
  if (!value->IsNumber()) {
    fail(name, "a number");
    return std::nullopt;
  }
  return value->GetDouble();
}

bool Members::flag(std::string_view name) {
  const json::Value* value = take(name);
  if (!value) return false;
  if (!value->IsBool()) fail(name, "true or false");
  return value->IsTrue();
}

Result<void> Members::finish() const {
  if (error_) return *error_;
  for (const auto& member : body_.GetObject()) {
    const std::string_view name = json::view(member.name);
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    std::string names;
    for (const std::string_view known : known_) {
      str_append(names, names.empty() ? "" : ", ", known);
    }
    return validation_error(str_cat("Unknown member ", name, "; there are: ", names));
  }
  return {};
}

const json::Value* Members::take(std::string_view name) {
  known_.push_back(name);
  return json::find(body_, name);
}

void Members::fail(std::string_view name, std::string_view expected) {
  if (!error_) error_ = validation_error(str_cat("Member ", name, " must be ", expected));
}

}  // namespace tailrace::control
