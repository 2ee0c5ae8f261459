// Overloaded{lambda, lambda…}: one visitor of a std::variant made of a function for each alternative, so that
// a forgotten alternative fails to compile.
#pragma once

namespace tailrace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace tailrace
