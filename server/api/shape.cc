#include "server/api/shape.h"

#include <algorithm>

namespace tailrace::api {

const Shape* find_shape(std::span<const OperationShape> shapes, std::string_view operation) {
  const auto it = std::ranges::lower_bound(shapes, operation, {}, &OperationShape::name);
  return it != shapes.end() && it->name == operation ? it->input : nullptr;
}

}  // namespace tailrace::api
