#include "server/expression/projection.h"

#include "server/expression/bind.h"
#include "server/expression/token_stream.h"

namespace tailrace::expression {

Projection::Projection(ExpressionKind kind, std::vector<Path> paths)
    : kind_(kind), paths_(std::move(paths)), order_(path_order(paths_)) {}

Result<Projection> Projection::parse(std::string_view text, Placeholders& placeholders) {
  constexpr auto kKind = ExpressionKind::kProjection;
  TRY_VOID(check_expression_size(kKind, text));
  TokenStream tokens(text, kKind);
  Tree tree;
  std::uint32_t position = 0;
  while (tokens.path(tree, position) && tokens.accept(TokenKind::kComma)) {
  }
  if (tokens.kind() != TokenKind::kEnd) tokens.fail();
  TRY_VOID(tokens.check());

  for (Path& path : tree.paths) TRY_VOID(bind_names(kKind, path, placeholders));
  return of_paths(kKind, std::move(tree.paths));
}

Result<Projection> Projection::of_paths(ExpressionKind kind, std::vector<Path> paths) {
  if (const auto clash = find_clash(paths)) {
    return expression_error(kind, clash_text(*clash, paths));
  }
  return Projection(kind, std::move(paths));
}

Projection Projection::of_names(const std::vector<std::string>& names) {
  std::vector<Path> paths;
  paths.reserve(names.size());
  for (const std::string& name : names) paths.push_back(top_level_path(name));
  return Projection(ExpressionKind::kProjection, std::move(paths));
}

}  // namespace tailrace::expression
