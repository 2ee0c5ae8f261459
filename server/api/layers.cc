#include "server/api/layers.h"

#include <algorithm>

#include "storage/base/str_cat.h"

namespace tailrace::api {
namespace {

using enum Layer;

// As the majority of AWS's regions answered in October and November 2026.
// clang-format off
constexpr OperationLayer kLayers[] = {
    {"PutItem",                kNewer, true,  {.older = false, .empty = false, .several_types = false, .deep = false}},
    {"UpdateItem",             kNewer, true,  {.older = true, .empty = false, .several_types = true, .deep = true}},
    {"DeleteItem",             kNewer, true,  {.older = true, .empty = true, .several_types = true, .deep = true}},
    {"GetItem",                kNewer, false, {}},
    {"BatchGetItem",           kNewer, false, {}},
    {"Query",                  kNewer, false, {.older = true, .empty = true, .several_types = false, .deep = false}},
    {"Scan",                   kNewer, false, {}},
    {"SearchVectors",          kNewer, false, {}},
    {"BatchWriteItem",         kOlder, false, {}},
    {"TransactWriteItems",     kOlder, false, {.older = true, .empty = false, .several_types = false, .deep = true}},
    {"TransactGetItems",       kOlder, false, {}},
    {"ExecuteStatement",       kOlder, false, {}},
    {"BatchExecuteStatement",  kOlder, false, {}},
    {"ExecuteTransaction",     kOlder, false, {}},
};
// clang-format on
constexpr OperationLayer kOthers{.operation = ""};

}  // namespace

const OperationLayer& layer_of(std::string_view operation) {
  const auto* found = std::ranges::find(kLayers, operation, &OperationLayer::operation);
  return found == std::end(kLayers) ? kOthers : *found;
}

Reading reading_of(const OperationLayer& operation, bool shows_older_sign) {
  const Layer layer = shows_older_sign ? kOlder : operation.layer;
  return {.layer = layer,
          .counts_all = layer == kNewer && operation.counts_all,
          .naming = operation.naming};
}

std::string counted(std::string_view text) {
  return str_cat("1 validation error detected: ", text);
}

}  // namespace tailrace::api
