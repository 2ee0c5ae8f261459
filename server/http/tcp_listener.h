// A listening socket on the home thread; its connections are handed to the threads in turn.
// Internal to server/http.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <memory>
#include <span>

#include "server/http/io_thread.h"

namespace tailrace::http {

class TcpListener final : public Listener {
 public:
  // `threads[0]` is the home thread. Throws ListenError.
  TcpListener(std::span<const std::unique_ptr<IoThread>> threads,
              const ListenOptions& options,
              Handler& handler,
              std::function<void(TcpListener&)> on_destroy);
  ~TcpListener() override;

  std::uint16_t port() const override { return port_; }
  void stop_accepting() override;
  const ListenerState& state() const { return *state_; }

 private:
  using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;

  void open();
  void accept();
  void log_busy();
  void on_accept(const boost::system::error_code& error, IoThread& thread, Socket socket);

  std::span<const std::unique_ptr<IoThread>> threads_;
  std::shared_ptr<ListenerState> state_;
  std::function<void(TcpListener&)> on_destroy_;
  Acceptor acceptor_;
  Timer pause_;
  // Handlers of asynchronous calls hold it weakly: gone, when the listener is.
  std::shared_ptr<TcpListener*> self_ = std::make_shared<TcpListener*>(this);
  std::uint16_t port_ = 0;
  std::size_t next_thread_ = 0;
  SteadyTime next_busy_log_{};
};

}  // namespace tailrace::http
