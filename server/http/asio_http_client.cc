#include "server/http/asio_http_client.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "server/http/http_message.h"
#include "server/http/io_thread.h"
#include "server/http/url.h"
#include "storage/base/str_cat.h"

namespace tailrace::http {
namespace {

namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;
using Resolver = asio::ip::basic_resolver<Tcp, Executor>;
using ResponseParser = beast::http::response_parser<beast::http::string_body>;

constexpr std::size_t kIdlePerHost = 16;
constexpr std::uint32_t kResponseHeadBytesMax = 64 * 1024;

// Closed by the other side, or with bytes that nobody asked for.
bool is_stale(Socket& socket) {
  pollfd state{.fd = socket.native_handle(), .events = POLLIN | POLLRDHUP, .revents = 0};
  return ::poll(&state, 1, 0) != 0;
}

// Idle connections by host and port, the latest used last.
class Pool {
 public:
  std::optional<Socket> take(const std::string& authority) {
    auto& idle = idle_[authority];
    while (!idle.empty()) {
      Socket socket = std::move(idle.back());
      idle.pop_back();
      if (!is_stale(socket)) return socket;
    }
    return std::nullopt;
  }

  void keep(const std::string& authority, Socket socket) {
    auto& idle = idle_[authority];
    std::erase_if(idle, is_stale);
    if (idle.size() >= kIdlePerHost) idle.erase(idle.begin());
    idle.push_back(std::move(socket));
  }

 private:
  std::map<std::string, std::vector<Socket>> idle_;
};

// One request and its response. Its pending operations keep it alive; cancel() ends them.
class Exchange final : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& context,
           std::shared_ptr<Pool> pool,
           OutgoingRequest request,
           HttpClient::Callback callback)
      : context_(context),
        pool_(std::move(pool)),
        request_(std::move(request)),
        callback_(std::move(callback)),
        resolver_(context),
        timer_(context) {}

  void start();
  void cancel();

 private:
  void resolve();
  void connect(const Resolver::results_type& endpoints);
  void send();
  void on_sent(const ErrorCode& error);
  void receive();
  void on_received(const ErrorCode& error);
  void on_timeout();
  // True: none of the request was taken, and it is on its way again over a new connection.
  bool retried();
  void fail(ExchangeFailure failure, std::string text);
  void finish(OutgoingResponse response);
  void compose_head();

  asio::io_context& context_;
  std::shared_ptr<Pool> pool_;
  OutgoingRequest request_;
  HttpClient::Callback callback_;  // Empty: over.
  Resolver resolver_;
  Timer timer_;
  Url url_;
  std::string head_;
  std::optional<Socket> socket_;
  bool reused_ = false;
  beast::flat_buffer buffer_;
  std::optional<ResponseParser> parser_;
};

void Exchange::start() {
  auto url = parse_url(request_.url);
  if (!url) {
    asio::post(context_, [self = shared_from_this()] {
      if (self->callback_)
        self->fail(ExchangeFailure::kNotConnected,
                   str_cat("not an http:// URL: '", self->request_.url, "'"));
    });
    return;
  }
  url_ = *std::move(url);
  compose_head();
  if (request_.timeout.count() > 0) {
    timer_.expires_after(request_.timeout);
    timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
      if (!error && self->callback_) self->on_timeout();
    });
  }
  socket_ = pool_->take(url_.authority);
  reused_ = socket_.has_value();
  reused_ ? send() : resolve();
}

void Exchange::cancel() {
  callback_ = nullptr;
  timer_.cancel();
  resolver_.cancel();
  ErrorCode ignored;
  if (socket_) socket_->close(ignored);  // Not destroyed: pending operations still refer to it.
}

void Exchange::compose_head() {
  str_append(head_, request_.method, ' ', url_.target, " HTTP/1.1\r\nHost: ", url_.authority,
             "\r\n");
  Response lines;
  for (const auto& [name, value] : request_.headers) lines.add_header(name, value);
  str_append(head_, lines.header_lines, "Content-Length: ", request_.body.size(), "\r\n\r\n");
}

void Exchange::resolve() {
  ErrorCode not_an_address;
  const auto address = asio::ip::make_address(url_.host, not_an_address);
  if (!not_an_address) {
    const Tcp::endpoint endpoint(address, static_cast<std::uint16_t>(std::stoul(url_.port)));
    return connect(Resolver::results_type::create(endpoint, url_.host, url_.port));
  }
  resolver_.async_resolve(
      url_.host, url_.port,
      [self = shared_from_this()](const ErrorCode& error, const Resolver::results_type& found) {
        if (!self->callback_) return;
        if (error)
          return self->fail(ExchangeFailure::kNotConnected,
                            str_cat("cannot resolve '", self->url_.host, "': ", error.message()));
        self->connect(found);
      });
}

void Exchange::connect(const Resolver::results_type& endpoints) {
  socket_.emplace(context_);
  asio::async_connect(*socket_, endpoints,
                      [self = shared_from_this()](const ErrorCode& error, const Tcp::endpoint&) {
                        if (!self->callback_) return;
                        if (error)
                          return self->fail(ExchangeFailure::kNotConnected,
                                            str_cat("cannot connect to ", self->url_.authority,
                                                    ": ", error.message()));
                        ErrorCode ignored;
                        self->socket_->set_option(Tcp::no_delay(true), ignored);
                        self->send();
                      });
}

void Exchange::send() {
  const std::array<asio::const_buffer, 2> message{asio::buffer(head_), asio::buffer(request_.body)};
  asio::async_write(*socket_, message,
                    [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                      if (self->callback_) self->on_sent(error);
                    });
}

void Exchange::on_sent(const ErrorCode& error) {
  if (error && retried()) return;
  // After an error too: a server that refuses may answer before it has read everything.
  receive();
}

void Exchange::receive() {
  parser_.emplace();
  parser_->body_limit(request_.response_bytes_max);
  parser_->header_limit(kResponseHeadBytesMax);
  parser_->skip(request_.method == "HEAD");
  beast::http::async_read(*socket_, buffer_, *parser_,
                          [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                            if (self->callback_) self->on_received(error);
                          });
}

void Exchange::on_received(const ErrorCode& error) {
  if (error == beast::http::error::body_limit)
    return fail(ExchangeFailure::kResponseTooLarge,
                str_cat("response of more than ", request_.response_bytes_max, " bytes"));
  if (error) {
    if (!parser_->got_some() && retried()) return;
    return fail(ExchangeFailure::kInterrupted,
                error == beast::http::error::end_of_stream
                    ? "connection closed without a response"
                    : str_cat("no complete response: ", error.message()));
  }
  if (parser_->get().result_int() / 100 == 1) return receive();  // 100 Continue and its like.

  auto message = parser_->release();
  OutgoingResponse response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message)
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  response.body = std::move(message.body());
  if (message.keep_alive() && buffer_.size() == 0) pool_->keep(url_.authority, *std::move(socket_));
  finish(std::move(response));
}

// A kept connection may turn out to have been closed by the server while it was idle. Then, and
// only if no byte of the request was accepted, the request goes out again (behaviour/triggers 7.1);
// else the handler may have seen it.
bool Exchange::retried() {
  if (!reused_) return false;
  int unacknowledged = 0;
  if (::ioctl(socket_->native_handle(), SIOCOUTQ, &unacknowledged) != 0) return false;
  const std::size_t sent_max = head_.size() + request_.body.size();
  const bool untouched = unacknowledged > 0 && static_cast<std::size_t>(unacknowledged) == sent_max;
  if (!untouched) return false;
  reused_ = false;
  socket_.reset();
  buffer_.clear();
  resolve();
  return true;
}

void Exchange::on_timeout() {
  fail(ExchangeFailure::kTimedOut, str_cat("no response within ", request_.timeout.count(), " ms"));
}

void Exchange::fail(ExchangeFailure failure, std::string text) {
  OutgoingResponse response;
  response.failure = failure;
  response.failure_text = std::move(text);
  finish(std::move(response));
}

void Exchange::finish(OutgoingResponse response) {
  const HttpClient::Callback callback = std::move(callback_);
  cancel();
  callback(std::move(response));
}

class Handle {
 public:
  explicit Handle(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~Handle() { exchange_->cancel(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

 private:
  std::shared_ptr<Exchange> exchange_;
};

class AsioHttpClient final : public HttpClient {
 public:
  explicit AsioHttpClient(asio::io_context& context) : context_(context) {}

  std::shared_ptr<void> send(OutgoingRequest request, Callback callback) override {
    auto exchange =
        std::make_shared<Exchange>(context_, pool_, std::move(request), std::move(callback));
    exchange->start();
    return std::make_shared<Handle>(std::move(exchange));
  }

 private:
  asio::io_context& context_;
  std::shared_ptr<Pool> pool_ = std::make_shared<Pool>();
};

}  // namespace

std::unique_ptr<HttpClient> make_asio_http_client(asio::io_context& context) {
  return std::make_unique<AsioHttpClient>(context);
}

}  // namespace tailrace::http
