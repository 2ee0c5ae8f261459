// ProjectionExpression, and the legacy AttributesToGet. (behaviour/dynamodb 3.4)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/expression/expression_kind.h"
#include "server/expression/path.h"
#include "server/expression/placeholders.h"
#include "storage/base/result.h"
#include "storage/value/stored_item.h"

namespace tailrace::expression {

class Projection {
 public:
  // Errors: ValidationException, `Invalid ProjectionExpression: …`.
  static Result<Projection> parse(std::string_view text, Placeholders& placeholders);
  // Paths with their names in place. Errors: two that overlap or conflict.
  static Result<Projection> of_paths(ExpressionKind kind, std::vector<Path> paths);
  // AttributesToGet: top-level names, each once.
  static Projection of_names(const std::vector<std::string>& names);

  // What is there of the paths; keys are not added. Empty: nothing is. Of a statement each stands
  // under its last part, else within what it was found in.
  AttributeMap apply(AttributeSource& item) const {
    return kind_ == ExpressionKind::kStatement ? select_last_parts(item, paths_)
                                               : select_paths(item, paths_, order_);
  }
  const std::vector<Path>& paths() const { return paths_; }

 private:
  Projection(ExpressionKind kind, std::vector<Path> paths);

  ExpressionKind kind_;
  std::vector<Path> paths_;
  PathOrder order_;
};

}  // namespace tailrace::expression
