// Evaluation of bound conditions, and the comparisons that all kinds of conditions share.
// (behaviour/dynamodb 3.2)
#pragma once

#include "server/expression/tree.h"
#include "storage/value/stored_item.h"

namespace tailrace::expression {

bool holds(const Tree& tree, const Node& condition, AttributeSource& item);

// Tests on values; nullptr is a missing attribute.
bool compare(NodeKind comparator, const AttributeValue* left, const AttributeValue* right);
bool begins_with(const AttributeValue& value, const AttributeValue& prefix);
bool contains(const AttributeValue& container, const AttributeValue& element);

}  // namespace tailrace::expression
