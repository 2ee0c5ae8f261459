// Shape: what AWS's service model says of one member, as constant data. gen_shapes writes the
// tables into the build tree from server/api/model/; nobody edits limits by hand.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tailrace::api {

enum class Kind : std::uint8_t {
  kString,
  kBoolean,
  kInteger,
  kLong,
  kDouble,
  kTimestamp,
  kBlob,
  kList,
  kMap,
  kStructure,
  kAttributeValue,
};

// Which texts a wrong JSON type gives (behaviour/dynamodb 1.7).
enum class Place : std::uint8_t { kMember, kElement };

struct Member;

struct Shape {
  Kind kind;
  std::string_view java_type;  // Class named in SerializationException messages.
  std::span<const Member> members =
      {};                          // Structure: in the order in which the service checks them.
  const Shape* element = nullptr;  // List element or map value.
  const Shape* key = nullptr;      // Map key, for its constraints.
  bool has_min = false, has_max = false;
  std::int64_t min = 0, max = 0;  // Length of strings, lists and maps; value of numbers.
  std::string_view pattern = {};  // As printed; see pattern.h.
  std::span<const std::string_view> enum_values = {};  // In the order in which messages list them.
  bool takes_arn = false;  // A table's ARN is taken for its name: then these limits don't apply.
  std::span<const std::string_view> printed =
      {};                  // Structure: all that messages print of it, in that order.
  bool is_choice = false;  // A structure of which exactly one member is to be there.
};

struct Member {
  std::string_view name;  // As in the request: "TableName".
  const Shape* shape;
  bool required = false;
  bool required_parameter =
      false;  // Absent: `The parameter 'TableName' is required but was not present in the request`.
};

struct OperationShape {
  std::string_view name;
  const Shape* input;
};

// Every operation of DynamoDB and DynamoDB Streams that the models name.
std::span<const OperationShape> dynamodb_shapes();
std::span<const OperationShape> streams_shapes();
std::span<const OperationShape> lambda_shapes();
const Shape* find_shape(std::span<const OperationShape> shapes, std::string_view operation);

}  // namespace tailrace::api
