// What is wrong with a request's members, collected and put into one message: which failures are
// told together, in which order and in which words. (behaviour/dynamodb 2.1; behaviour/validation
// 2-4)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/json.h"
#include "server/api/layers.h"
#include "server/api/shape.h"
#include "storage/base/result.h"

namespace tailrace::api {

enum class Constraint : std::uint8_t {
  kRequiredParameter,
  kNotNull,
  kEnum,
  kPattern,
  kMinLength,
  kMaxLength,
  kMinValue,
  kMaxValue,
  kMapKeys,
  kMapValues,
  kElements,
  kFit,        // One of the enum's values, but not one for this operation.
  kChoice,     // A structure of which exactly one member is to be there: there is none.
  kOneChoice,  // The same: there are several.
};

struct MemberFailure {
  Constraint constraint;
  const Shape* shape;
  const json::Value* value;  // nullptr: absent.
  std::string path;          // requestItems.tbl.member.keys
  std::string written_path;  // RequestItems.tbl.member.Keys
  std::size_t member = 0;    // Failures of one member have one number; in the order of the check.
  bool required_parameter = false;
  bool lossy = false;  // An integer that is not as it was sent.
};

// `layer`: of the request, as far as its values show; what is missing makes it the older one.
Result<void> report(std::string_view operation, Layer layer, std::vector<MemberFailure> failures);

}  // namespace tailrace::api
