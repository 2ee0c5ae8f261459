// Server: the product as a client sees it, over lives that end by SIGTERM or a kill, on one disk.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/options.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/runtime.h"

namespace tailrace::simulation {

enum class Fate {
  kAnswered,
  kRefused,  // Nobody listened: nothing has happened.
  kReset,    // The connection broke: the request may have been carried out or not.
};

struct Reply {
  Fate fate = Fate::kAnswered;
  int status = 0;
  std::string body;
  bool ok() const { return fate == Fate::kAnswered && status >= 200 && status < 300; }
};

struct ClientRequest {
  std::string method = "POST";
  std::string path = "/";
  std::string target;  // X-Amz-Target, of the JSON protocol.
  std::string body;
};

class Server {
 public:
  using Done = std::function<void(const Reply&)>;

  struct Parts {
    ManualClock& machine;
    Chance& chance;
    std::function<void(Outgoing)> network;
  };
  explicit Server(Parts parts) : parts_(std::move(parts)) {}

  enum class End { kAsItShould, kNotStarted, kListenersLeft };
  // One life: starts the product and calls `live` while it serves, which ends it by killing it or
  // by waiting for the end of runtime(). kNotStarted: for the disk failed it.
  End run(const Options& options, const Task& live);

  // A request from outside, which arrives and is answered at some time while steps are made; `done`
  // is called once, at the latest when this life has ended.
  void send(ClientRequest request, Done done);
  void kill() { disk_->dead = true; }
  bool killed() const { return disk_->dead; }
  // Killed, or at its orderly end.
  bool gone() const { return killed() || runtime_->ended(); }

  SimulatedRuntime& runtime() { return *runtime_; }
  Disk& disk() { return *disk_; }
  std::size_t open_calls() const { return calls_.size(); }

 private:
  struct Call {
    ClientRequest request;
    Done done;
    http::Request http;
    bool arrived = false;
  };
  using Place = std::list<std::shared_ptr<Call>>::iterator;

  void arrive(const std::shared_ptr<Call>& call);
  void finish(const std::shared_ptr<Call>& call, const Reply& reply);

  const Parts parts_;
  std::shared_ptr<Disk> disk_ = std::make_shared<Disk>();
  SimulatedRuntime* runtime_ = nullptr;  // While it lives.
  std::list<std::shared_ptr<Call>> calls_;
};

}  // namespace tailrace::simulation
