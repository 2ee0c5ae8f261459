#include "server/http/io_thread.h"

#include <sched.h>

#include "storage/base/check.h"

namespace tailrace::http {
namespace {

using SteadyClock = std::chrono::steady_clock;

// To wake a sleeping thread takes longer than to answer a GetItem. So a thread whose last wait was
// shorter than this looks so long for the next request before it sleeps. Clients that are slower,
// as most are, never make it spin.
constexpr std::chrono::microseconds kSpin{50};

}  // namespace

void IoThread::run() {
  bool spin = false;
  while (true) {
    const SteadyTime began = SteadyClock::now();
    if (!(spin && poll_until(began + kSpin)) && context.run_one() == 0) return;
    // What comes in numbers keeps the thread awake by itself.
    const bool was_alone = context.poll() == 0;
    spin = was_alone && SteadyClock::now() - began < kSpin;
  }
}

bool IoThread::poll_until(SteadyTime end) {
  while (!context.stopped()) {
    if (context.poll_one() > 0) return true;
    if (SteadyClock::now() >= end) return false;
    ::sched_yield();
  }
  return false;
}

void IoThread::add(OpenConnection& connection) {
  connection.index_ = connections_.size();
  connections_.push_back(&connection);
  const auto tick = connection.listener().tick();
  if (ticking_ && tick >= tick_) return;
  tick_ = ticking_ ? std::min(tick_, tick) : tick;
  start_ticking();
}

void IoThread::remove(OpenConnection& connection) {
  CHECK(connections_[connection.index_] == &connection);
  connections_[connection.index_] = connections_.back();
  connections_[connection.index_]->index_ = connection.index_;
  connections_.pop_back();
}

void IoThread::drain() {
  draining_ = true;
  const auto all = connections_;
  for (OpenConnection* connection : all) connection->drain();
}

void IoThread::close_connections(const ListenerState* listener) {
  const auto all = connections_;
  for (OpenConnection* connection : all)
    if (listener == nullptr || &connection->listener() == listener) connection->close();
}

void IoThread::start_ticking() {
  ticking_ = true;
  tick_time_ = std::chrono::steady_clock::now();
  timer_.expires_after(tick_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    tick_time_ = std::chrono::steady_clock::now();
    // From the back, as remove() fills a gap with the last one, which then has been looked at.
    for (std::size_t i = connections_.size(); i-- > 0;)
      if (i < connections_.size()) connections_[i]->on_tick();
    if (connections_.empty()) {
      ticking_ = false;  // An idle thread sleeps.
    } else {
      start_ticking();
    }
  });
}

std::string_view IoThread::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[40];
    date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
  }
  return date_;
}

}  // namespace tailrace::http
