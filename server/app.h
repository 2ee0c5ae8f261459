// App: builds every object of the product from the options, owns them all, and serves.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/http/runtime.h"
#include "server/options.h"
#include "storage/engine/storage_engine.h"

namespace tailrace {

class App {
 public:
  // Loads what the engine holds. Throws EngineError: what() is one line for the user. `runtime`
  // must outlive the app and run nothing of it afterwards.
  App(const Options& options, http::Runtime& runtime, std::unique_ptr<StorageEngine> engine);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Told once, on the home thread, when requests are taken: http://host:port.
  using Listening = std::function<void(const std::string& url)>;

  // Applies what files declare, listens, and serves until SIGTERM or SIGINT. Throws
  // std::runtime_error if something could not be applied or the port is taken: what() is one line
  // for the user.
  void run(Listening listening);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tailrace
