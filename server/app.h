// App: builds every object of the product from the options, owns them all, and serves.
#pragma once

#include <memory>

#include "server/options.h"

namespace tailrace {

class App {
 public:
  // Opens the store. Throws EngineError, http::ListenError: what() is one line for the user.
  explicit App(const Options& options);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Applies what files declare, listens, prints `listening on http://host:port` on standard output, and serves until
  // SIGTERM or SIGINT. The exit code: 1 if something could not be applied or the port is taken; why has been said.
  int run();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tailrace
