#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "server/app.h"
#include "server/options.h"
#include "storage/base/log.h"

int main(int argc, char** argv) {
  using namespace tailrace;  // NOLINT: a program of one function
  const auto parsed = parse_options(std::vector<std::string>(argv + 1, argv + argc),
                                    read_environment(environ));
  if (const auto* print = std::get_if<PrintAndExit>(&parsed)) {
    std::fputs(print->text.c_str(), print->exit_code == 0 ? stdout : stderr);
    return print->exit_code;
  }
  const Options& options = std::get<Options>(parsed);
  set_log(options.log_level, options.log_format);
  if (!options.warning.empty()) log_warn(options.warning);
  try {
    return App(options).run();
  } catch (const std::exception& error) {  // A store that cannot be opened, a port that is taken.
    std::fprintf(stderr, "tailrace: %s\n", error.what());
    return 1;
  }
}
