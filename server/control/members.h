// Members: reads the members of a control request and refuses what it does not know, so that a
// misspelt member is an error and not silence.
//
//   Members members(body);
//   const auto arn = members.string("StreamArn");
//   const auto shard = members.optional_string("ShardId");
//   TRY_VOID(members.finish());
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/json.h"
#include "storage/base/result.h"

namespace tailrace::control {

class Members {
 public:
  // `body` must be an object and outlive this.
  explicit Members(const json::Value& body) : body_(body) {}

  // Absent or of another type: a default, and finish() gives the error.
  std::string string(std::string_view name);
  std::optional<std::string> optional_string(std::string_view name);
  std::optional<double> optional_number(std::string_view name);
  bool flag(std::string_view name);  // Absent: false.

  // The first error of the reads above, or a member that none of them asked for.
  Result<void> finish() const;

 private:
  const json::Value* take(std::string_view name);
  void fail(std::string_view name, std::string_view expected);

  const json::Value& body_;
  std::vector<std::string_view> known_;
  std::optional<ApiError> error_;
};

}  // namespace tailrace::control
