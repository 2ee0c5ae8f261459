// TreeBuilder: makes bound trees of what is no expression's text: legacy conditions, PartiQL.
#pragma once

#include <deque>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "server/expression/tree.h"
#include "storage/base/str_cat.h"

namespace tailrace::expression {

class TreeBuilder {
 public:
  TreeBuilder() : values_(std::make_shared<std::deque<AttributeMap::Entry>>()) {
    tree_.values = values_;
  }

  NodeIndex path(Path path) {
    tree_.paths.push_back(std::move(path));
    return tree_.add(
        {.kind = NodeKind::kPath, .path = static_cast<std::uint32_t>(tree_.paths.size() - 1)});
  }
  NodeIndex value(AttributeValue value) {
    // Nodes point to it, so it must stay in place.
    values_->emplace_back(str_cat(":", values_->size()), std::move(value));
    return tree_.add({.kind = NodeKind::kValue, .value = &values_->back()});
  }
  // The children must have no parent yet.
  NodeIndex node(NodeKind kind, std::span<const NodeIndex> children) {
    for (std::size_t i = 1; i < children.size(); ++i) tree_[children[i - 1]].next = children[i];
    return tree_.add({.kind = kind, .first = children.empty() ? kNoNode : children.front()});
  }
  NodeIndex node(NodeKind kind, std::initializer_list<NodeIndex> children) {
    return node(kind, std::span<const NodeIndex>(children.begin(), children.size()));
  }

  const Tree& tree() const { return tree_; }
  Tree finish(NodeIndex root) {
    tree_.root = root;
    return std::move(tree_);
  }

 private:
  Tree tree_;
  std::shared_ptr<std::deque<AttributeMap::Entry>> values_;
};

}  // namespace tailrace::expression
