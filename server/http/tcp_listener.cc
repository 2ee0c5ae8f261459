#include "server/http/tcp_listener.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "server/http/connection.h"
#include "storage/base/log.h"
#include "storage/base/str_cat.h"

namespace tailrace::http {
namespace {

using ErrorCode = boost::system::error_code;

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kPause{
    50};  // After an accept that failed for want of descriptors.

constexpr std::chrono::seconds kBusyLogPause{60};

constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

// Many systems start programs with 1,024 descriptors and let them have more for the asking.
void raise_descriptor_limit(int connections) {
  constexpr rlim_t kOthers = 256;  // Files, outgoing connections, pipes of functions.
  const rlim_t wanted = static_cast<rlim_t>(connections) + kOthers;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);  // If refused, connections wait for descriptors (on_accept).
}

Tcp::endpoint resolve(asio::io_context& context, const ListenOptions& options) {
  ErrorCode error;
  const auto address = asio::ip::make_address(options.host, error);
  if (!error) return {address, options.port};
  Tcp::resolver resolver(context);
  const auto found =
      resolver.resolve(options.host, std::to_string(options.port), Tcp::resolver::passive, error);
  if (error || found.empty())
    throw ListenError(str_cat("cannot listen on '", options.host, "': ", error.message(),
                              "; pass an address of this machine, such as 127.0.0.1 or 0.0.0.0"));
  for (const auto& entry : found)  // "localhost" means what most clients take for it.
    if (entry.endpoint().address().is_v4()) return entry.endpoint();
  return found.begin()->endpoint();
}

}  // namespace

TcpListener::TcpListener(std::span<const std::unique_ptr<IoThread>> threads,
                         const ListenOptions& options,
                         Handler& handler,
                         std::function<void(TcpListener&)> on_destroy)
    : threads_(options.home_thread_only ? threads.first(1) : threads),
      state_(std::make_shared<ListenerState>(options, handler)),
      on_destroy_(std::move(on_destroy)),
      acceptor_(threads_[0]->context),
      pause_(threads_[0]->context),
      // The home thread has other work too, so it is the last to get a connection.
      next_thread_(threads_.size() - 1) {
  if (!options.home_thread_only) raise_descriptor_limit(options.connections_max);
  open();
  accept();
}

TcpListener::~TcpListener() {
  stop_accepting();
  for (const auto& thread : threads_) thread->close_connections(state_.get());
  on_destroy_(*this);
}

void TcpListener::open() {
  const Tcp::endpoint endpoint = resolve(threads_[0]->context, state_->options);
  ErrorCode error;
  const auto require = [&](std::string_view advice) {
    if (!error) return;
    throw ListenError(str_cat("cannot listen on ", endpoint.address().to_string(), " port ",
                              endpoint.port(), ": ", error.message(), advice));
  };
  acceptor_.open(endpoint.protocol(), error);
  require("");
  acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  require("");
  if (endpoint.address().is_v6()) {
    acceptor_.set_option(asio::ip::v6_only(false), error);
    error = {};  // Not everywhere possible, nor needed.
  }
  acceptor_.bind(endpoint, error);
  require(error == asio::error::address_in_use
              ? "; stop the other program or choose another port"
              : "; choose an address of this machine and a port that you may use");
  acceptor_.listen(kBacklog, error);
  require("");
  port_ = acceptor_.local_endpoint().port();
}

void TcpListener::stop_accepting() {
  ErrorCode error;
  acceptor_.close(error);
  pause_.cancel();
}

void TcpListener::accept() {
  IoThread& thread = *threads_[next_thread_];
  next_thread_ = next_thread_ == 0 ? threads_.size() - 1 : next_thread_ - 1;
  acceptor_.async_accept(thread.context, [self = std::weak_ptr(self_), &thread](
                                             const ErrorCode& error, Socket socket) {
    if (const auto listener = self.lock()) (*listener)->on_accept(error, thread, std::move(socket));
  });
}

void TcpListener::on_accept(const ErrorCode& error, IoThread& thread, Socket socket) {
  if (!acceptor_.is_open()) return;
  if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
      error == asio::error::no_memory) {
    log_warn("cannot accept a connection", {{"error", error.message()}});
    pause_.expires_after(kPause);
    pause_.async_wait([self = std::weak_ptr(self_)](const ErrorCode& cancelled) {
      const auto listener = self.lock();
      if (listener && !cancelled) (*listener)->accept();
    });
    return;
  }
  if (!error) {
    if (state_->open_connections.load(std::memory_order_relaxed) >=
        state_->options.connections_max) {
      ErrorCode ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(kBusy), ignored);
      log_busy();
    } else {
      state_->open_connections.fetch_add(1, std::memory_order_relaxed);
      asio::dispatch(thread.context,
                     [&thread, socket = std::move(socket), state = state_]() mutable {
                       start_connection(std::move(socket), thread, std::move(state));
                     });
    }
  }
  accept();
}

void TcpListener::log_busy() {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now < next_busy_log_) return;
  next_busy_log_ = now + kBusyLogPause;
  log_warn("connections are refused: as many are open as --max-connections allows",
           {{"connections", std::to_string(state_->options.connections_max)}});
}

}  // namespace tailrace::http
