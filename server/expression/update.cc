#include "server/expression/update.h"

#include "server/expression/bind.h"
#include "server/expression/token_stream.h"
#include "server/expression/update_parser.h"
#include "storage/base/str_cat.h"

namespace tailrace::expression {
namespace {

constexpr auto kKind = ExpressionKind::kUpdate;

struct ActionForm {
  std::string_view section;
  std::string_view dump;
  std::size_t cost;
  bool counts_value;
};
const ActionForm& form_of(ActionKind kind) {
  static constexpr ActionForm kForms[] = {{"SET", "set", 19, true},
                                          {"REMOVE", "remove", 1, false},
                                          {"ADD", "add", 19, true},
                                          {"DELETE", "delete", 1, false}};
  return kForms[static_cast<std::size_t>(kind)];
}

bool is_set(AttributeType type) {
  return type == AttributeType::kSS || type == AttributeType::kNS || type == AttributeType::kBS;
}

std::string_view long_type_name(AttributeType type) {
  switch (type) {
    case AttributeType::kS:
      return "STRING";
    case AttributeType::kN:
      return "NUMBER";
    case AttributeType::kB:
      return "Binary";
    case AttributeType::kNull:
      return "NULL";
    case AttributeType::kBool:
      return "BOOL";
    case AttributeType::kL:
      return "LIST";
    case AttributeType::kM:
      return "MAP";
    case AttributeType::kSS:
    case AttributeType::kNS:
    case AttributeType::kBS:
      break;
  }
  return type_name(type);
}

// ADD takes numbers and sets, DELETE sets.
Result<void> check_action_operand(ExpressionKind kind, const Action& action, const Tree& tree) {
  if (action.kind != ActionKind::kAdd && action.kind != ActionKind::kDelete) return {};
  const AttributeType type = tree[action.value].value->second.type();
  if (is_set(type) || (action.kind == ActionKind::kAdd && type == AttributeType::kN)) return {};
  return expression_error(
      kind, str_cat("Incorrect operand type for operator or function; operator: ",
                    form_of(action.kind).section, ", operand type: ", long_type_name(type),
                    ", typeSet: ALLOWED_FOR_ADD_OPERAND"));  // (sic) Of DELETE too.
}

Result<void> check_literals(ExpressionKind kind,
                            const Tree& tree,
                            const Node& node,
                            AttributeType required) {
  for (const Node* operand = tree.find(node.first); operand; operand = tree.find(operand->next)) {
    if (operand->kind != NodeKind::kValue) continue;
    const AttributeType type = operand->value->second.type();
    if (type != required)
      return operand_type_error(kind, operator_text(node.kind), type_name(type));
  }
  return {};
}

Result<void> check_function(ExpressionKind kind, const Tree& tree, const Node& node) {
  TRY_VOID(check_operand_count(kind, tree, node));
  switch (node.kind) {
    case NodeKind::kIfNotExists:
      if (tree.first(node).kind != NodeKind::kPath)
        return path_required_error(kind, operator_text(node.kind));
      return {};
    case NodeKind::kListAppend:
      return check_literals(kind, tree, node, AttributeType::kL);
    case NodeKind::kPlus:
    case NodeKind::kMinus:
      return check_literals(kind, tree, node, AttributeType::kN);
    default:
      return {};
  }
}

// Moves the targets out of the tree's paths and numbers the remaining ones anew.
std::vector<Path> take_targets(ParsedUpdate& update) {
  std::vector<Path> targets;
  targets.reserve(update.targets.size());
  std::vector<Path> operands;
  std::vector<std::uint32_t> positions(update.tree.paths.size());
  auto target = update.targets.begin();
  for (std::uint32_t i = 0; i < update.tree.paths.size(); ++i) {
    if (target != update.targets.end() && *target == i) {
      targets.push_back(std::move(update.tree.paths[i]));
      ++target;
    } else {
      positions[i] = static_cast<std::uint32_t>(operands.size());
      operands.push_back(std::move(update.tree.paths[i]));
    }
  }
  for (Node& node : update.tree.nodes) {
    if (node.kind == NodeKind::kPath) node.path = positions[node.path];
  }
  update.tree.paths = std::move(operands);
  return targets;
}

// --- What a statement costs. (behaviour/validation 7.1)

std::size_t element_cost(const PathElement& element) {
  if (const auto* name = std::get_if<std::string>(&element)) return name->size();
  std::size_t digits = 1;
  for (std::size_t rest = std::get<std::size_t>(element); rest >= 10; rest /= 10) ++digits;
  return digits;
}

std::size_t target_cost(const Path& path) {
  constexpr std::size_t kStep = 4;
  std::size_t cost = kStep * (path.elements.size() - 1);
  for (const PathElement& element : path.elements) cost += element_cost(element);
  return cost;
}

// Without its operands, which are nodes too.
std::size_t node_cost(const Tree& tree, const Node& node) {
  switch (node.kind) {
    case NodeKind::kValue:
      return value_size(node.value->second);
    case NodeKind::kPath: {
      std::size_t cost = 1;
      for (const PathElement& element : tree.path(node).elements)
        cost += 14 + element_cost(element);
      return cost;
    }
    case NodeKind::kPlus:
      return 34;
    case NodeKind::kMinus:
    case NodeKind::kListAppend:
      return 37;
    case NodeKind::kIfNotExists:
      return 39;
    default:
      return 0;
  }
}

}  // namespace

Result<Update> Update::parse(std::string_view text, Placeholders& placeholders) {
  TRY(ParsedUpdate update, parse_update(text));
  Tree& tree = update.tree;
  tree.values = placeholders.values();
  for (Path& path : tree.paths) TRY_VOID(bind_names(kKind, path, placeholders));
  for (Node& node : tree.nodes) {
    if (node.kind == NodeKind::kValue) TRY_VOID(bind_value(kKind, text, node, placeholders));
  }
  std::vector<Path> targets = take_targets(update);
  return bind(kKind, std::move(update.actions), std::move(targets), std::move(tree));
}

Result<Update> Update::bind(ExpressionKind kind,
                            std::vector<Action> actions,
                            std::vector<Path> targets,
                            Tree values) {
  if (const auto clash = find_clash(targets))
    return expression_error(kind, clash_text(*clash, targets));
  for (const Action& action : actions) TRY_VOID(check_action_operand(kind, action, values));
  for (const Node& node : values.nodes) TRY_VOID(check_function(kind, values, node));
  return Update(kind == ExpressionKind::kStatement ? UpdateDialect::kStatement
                                                   : UpdateDialect::kExpression,
                std::move(actions), std::move(targets), std::move(values));
}

Update::Update(UpdateDialect dialect,
               std::vector<Action> actions,
               std::vector<Path> targets,
               Tree values)
    : dialect_(dialect),
      actions_(std::move(actions)),
      targets_(std::move(targets)),
      order_(path_order(targets_)),
      values_(std::move(values)) {
  CHECK(actions_.size() == targets_.size());
}

AttributeMap Update::touched(const AttributeMap& item) const {
  ItemSource source(&item);
  return dialect_ == UpdateDialect::kStatement ? select_last_parts(source, targets_)
                                               : select_paths(source, targets_, order_);
}

std::size_t Update::statement_size() const {
  std::size_t size = 3;
  for (const Node& node : values_.nodes) size += node_cost(values_, node);
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    const ActionForm& form = form_of(actions_[i].kind);
    size += form.cost + target_cost(targets_[i]);
    if (!form.counts_value && actions_[i].value != kNoNode)
      size -= node_cost(values_, values_[actions_[i].value]);
  }
  return size;
}

std::string Update::dump() const {
  std::string text = "(update";
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    str_append(text, " (", form_of(actions_[i].kind).dump, " ");
    append_dump(text, targets_[i]);
    if (actions_[i].value != kNoNode) {
      text += " ";
      append_dump(text, values_, values_[actions_[i].value]);
    }
    text += ")";
  }
  return text += ")";
}

}  // namespace tailrace::expression
