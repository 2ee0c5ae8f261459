// Runtime: what the product runs on: its clock, its home thread, the machine's time and the
// network. IoRuntime is the real one; tests may hand in one of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "server/http/http_message.h"
#include "storage/base/clock.h"
#include "storage/base/memory_budget.h"
#include "streams/handlers/http_client.h"

namespace tailrace::http {

struct ListenOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;                      // 0: any free port.
  std::size_t body_bytes_max =
      16 * 1024 * 1024;  // DynamoDB's; beyond: 413 (behaviour/dynamodb 1.1).
  std::size_t header_bytes_max = 16 * 1024;       // Beyond: 400.
  // What large bodies are taken out of; nullptr: nobody counts.
  std::shared_ptr<MemoryBudget> memory = nullptr;
  Response without_memory{.status = 503, .header_lines = {}, .body = {}, .close = true};
  int connections_max = 4096;
  std::chrono::milliseconds idle_timeout{120'000};
  std::chrono::milliseconds request_timeout{
      30'000};  // From a request's first byte to its last; then 408.
  // The Runtime API's listeners: few connections, no locks. They outlast stop() until run() ends,
  // for what running functions still report.
  bool home_thread_only = false;
};

// Errors that a user can mend (port taken, address unknown): what() is one clear line.
class ListenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A listening socket; destroying it closes it and its connections; answers still due are dropped.
// Home thread, or while run() does not run; a listener that is not home_thread_only only while
// run() does not run.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual std::uint16_t port() const = 0;
  virtual void stop_accepting() = 0;
};

class Runtime : public Scheduler {
 public:
  // --- The product's clock: the machine's, or frozen, set and advanced by command
  // (behaviour/streams 13.8).
  virtual const Clock& clock() const = 0;
  virtual bool frozen() const = 0;
  virtual void freeze() = 0;
  virtual void resume() = 0;  // Runs on from where it stands.
  // Keeps running or frozen. What became due runs soon, or by step_clock().
  virtual void set(Instant now) = 0;
  // Moves the clock, which is frozen, on to the next timer's time, at most to `target`, and runs
  // what is due there. False: nothing was, and the clock stands at `target`, or where it stood if
  // that is past.
  virtual bool step_clock(Instant target) = 0;
  // The time that steps are to reach (Clock::heading_for); a past one: none.
  virtual void head_for(Instant target) = 0;
  // Some posted task has not run yet. All of these: home thread.
  virtual bool has_posted() const = 0;

  // --- Network. Throws ListenError.
  virtual std::unique_ptr<Listener> listen(const ListenOptions& options, Handler& handler) = 0;
  virtual std::unique_ptr<HttpClient> make_http_client() = 0;

  // Serves until stop(), the calling thread being the home thread. SIGTERM and SIGINT call
  // `on_signal` there; an empty one leaves signals alone. Once.
  virtual void run(Task on_signal) = 0;
  // Closes idle connections, lets running requests finish (at most `grace`), then ends run(). Any
  // thread.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace tailrace::http
