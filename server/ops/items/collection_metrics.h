// ItemCollectionMetrics of requests that write several items: a map from tables to the item
// collections they touched, each once. (behaviour/dynamodb 5.8)
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "storage/base/json_text.h"
#include "storage/schema/table_schema.h"
#include "storage/value/attribute_value.h"

namespace tailrace::ops {

class CollectionMetrics {
 public:
  // Tables without local indexes have no collections.
  void add(std::string_view table_as_sent,
           const TableSchema& table,
           const AttributeMap& key_attributes);
  // The member, unless there is nothing to say.
  void append(JsonWriter& json) const;

 private:
  std::map<std::string, std::set<std::string>, std::less<>> texts_;
};

}  // namespace tailrace::ops
