#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "server/app.h"
#include "server/http/io_runtime.h"
#include "server/lambda/process_keeper.h"
#include "server/options.h"
#include "storage/base/log.h"
#include "storage/base/memory_limit.h"
#include "storage/engine/sqlite/sqlite_engine.h"

int main(int argc, char** argv) {
  using namespace tailrace;  // NOLINT: a program of one function
  if (const auto exit_code = lambda::keep_process(argc, argv)) return *exit_code;
  const auto parsed = parse_options(std::vector<std::string>(argv + 1, argv + argc),
                                    read_environment(environ));
  if (const auto* print = std::get_if<PrintAndExit>(&parsed)) {
    std::fputs(print->text.c_str(), print->exit_code == 0 ? stdout : stderr);
    return print->exit_code;
  }
  Options options = std::get<Options>(parsed);
  const MemoryParts parts = memory_parts(options.max_memory.value_or(memory_for_budget()));
  options.store.memory = std::make_shared<MemoryBudget>(parts.store);
  options.messages = std::make_shared<MemoryBudget>(parts.messages);
  set_log(options.log_level, options.log_format);
  if (!options.warning.empty()) log_warn(options.warning);
  // A file that may not grow any more (ulimit -f) is a write that fails, as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    http::IoRuntime runtime(options.threads);
    App app(options, runtime, open_sqlite(options.store));
    app.run([](const std::string& url) {
      std::printf("listening on %s\n", url.c_str());
      std::fflush(stdout);
    });
    return 0;
  } catch (const std::exception& error) {  // A store that cannot be opened, a port that is taken.
    std::fprintf(stderr, "tailrace: %s\n", error.what());
    return 1;
  }
}
