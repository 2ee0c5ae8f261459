// Requests on tables that several tests send.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "storage/base/str_cat.h"

namespace tailrace {

// A table `name` with the key pk (S), on demand; `more`: further members, each after a comma.
inline std::string create_request(std::string_view name, std::string_view more = "") {
  return str_cat(
      R"({"TableName":")", name,
      R"(","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)"
      R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST")",
      more, "}");
}

inline std::string table_request(std::string_view name, std::string_view more = "") {
  return str_cat(R"({"TableName":")", name, "\"", more, "}");
}

// CreateTable of `tbl`: `definitions` as "pk:S sk:N", `keys` as "pk:HASH sk:RANGE".
inline std::string create(std::string_view definitions, std::string_view keys, std::string_view more) {
  std::string text = R"({"TableName":"tbl","AttributeDefinitions":[)";
  const auto list = [&](std::string_view names, std::string_view first, std::string_view second) {
    // "pk:S sk:N"
    std::string_view separator;
    while (!names.empty()) {
      const std::string_view entry = names.substr(0, names.find(' '));
      names.remove_prefix(std::min(names.size(), entry.size() + 1));
      const std::size_t colon = entry.find(':');
      str_append(text, std::exchange(separator, ","), "{\"", first, "\":\"", entry.substr(0, colon),
                 "\",\"", second, "\":\"", entry.substr(colon + 1), "\"}");
    }
  };
  list(definitions, "AttributeName", "AttributeType");
  text += R"(],"KeySchema":[)";
  list(keys, "AttributeName", "KeyType");
  str_append(text, "]", more, "}");
  return text;
}

}  // namespace tailrace
