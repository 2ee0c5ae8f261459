// Requests on tables that several tests send.
#pragma once

#include <string>
#include <string_view>

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

}  // namespace tailrace
