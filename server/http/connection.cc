#include "server/http/connection.h"

#include <poll.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <optional>
#include <utility>

#include "server/http/http_message.h"
#include "server/http/request_parser.h"
#include "server/http/status_text.h"
#include "storage/base/check.h"
#include "storage/base/str_cat.h"

namespace tailrace::http {
namespace {

using ErrorCode = boost::system::error_code;
namespace beast = boost::beast;

constexpr std::size_t kBufferBytes = 8 * 1024;  // Of a fresh connection; enough for most requests.
constexpr std::size_t kBodyStepBytes =
    256 * 1024;                                // A body's memory grows with what has really come.
constexpr std::size_t kKeptBytes = 64 * 1024;  // Larger buffers are not kept between requests.
constexpr std::size_t kFreeBytes = 8 * 1024;   // Smaller bodies are not counted.
constexpr std::size_t kJoinedBodyBytes =
    16 * 1024;  // Larger answers are not copied behind their head.
constexpr std::chrono::milliseconds kLingerTimeout{2000};

class Connection final : public ResponseSink,
                         public OpenConnection,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, IoThread& thread, std::shared_ptr<ListenerState> listener)
      : thread_(thread),
        listener_(std::move(listener)),
        memory_(listener_->options.memory.get()),
        socket_(std::move(socket)) {}

  void start();

  // ResponseSink
  void respond(std::uint64_t exchange, Response response) override;
  void run_on_thread(Task task) override;
  bool connected() const override;

  // OpenConnection
  const ListenerState& listener() const override { return *listener_; }
  void on_tick() override;
  void drain() override;
  void close() override;

 private:
  enum class Phase { kHead, kBody, kChunks, kHandling, kWriting, kLingering, kClosed };

  const ListenOptions& options() const { return listener_->options; }
  bool draining() const { return thread_.draining() && !options().home_thread_only; }
  std::string_view buffered() const { return {in_.get() + begin_, end_ - begin_}; }

  // Reading.
  void serve();
  bool take_head();
  bool take_body();
  bool take_chunks();
  void check_incomplete_head();
  void read_more();
  std::size_t body_step() const;
  asio::mutable_buffer read_target();
  void on_read(const ErrorCode& error, std::size_t bytes);
  void ensure_room(std::size_t bytes);
  void start_request_clock();
  void say_continue();

  // Answering.
  bool take_memory(std::size_t body_bytes);
  void dispatch();
  void refuse(int status);
  void refuse(Response response);
  void compose(Response& response);
  void send();
  void send_rest();
  std::array<asio::const_buffer, 2> unsent() const;
  void finish_exchange();
  void linger();

  IoThread& thread_;
  std::shared_ptr<ListenerState> listener_;
  // Of a large body until its request is answered, so that it covers what the request became
  // meanwhile and waits in some queue; then of an answer that its reader is slow to take.
  MemoryShare memory_;
  std::optional<Socket>
      socket_;  // None when closed: a Respond may keep this object longer than its thread lives.
  Phase phase_ = Phase::kHead;
  bool in_serve_ = false;     // serve() is on the stack and goes on by itself.
  bool close_after_ = false;  // The running exchange is the last.
  bool timed_ = false;        // The request's time runs.
  SteadyTime deadline_{};     // Of the current phase; none while handling.

  // [begin_, head_end_) is the current request's head, which Request's views point into: it does
  // not move until the answer is written. [parsed_, end_) is what came behind it and has not been
  // looked at.
  std::unique_ptr<char[]> in_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t head_end_ = 0;
  std::size_t parsed_ = 0;
  std::size_t end_ = 0;
  bool reading_ = false;      // A read is under way.
  std::size_t searched_ = 0;  // Bytes of buffered() without the end of a head.
  std::optional<RequestParser> parser_;
  Request request_;
  std::string local_endpoint_;
  std::size_t body_bytes_ = 0;  // By Content-Length.
  std::size_t body_have_ = 0;

  std::uint64_t exchange_ = 0;
  std::string out_;
  std::string out_body_;  // Large ones only; else behind the head in out_.
  std::size_t sent_ = 0;
};

void Connection::start() {
  thread_.add(*this);
  if (draining()) return close();
  ErrorCode error;
  socket_->non_blocking(true, error);
  socket_->set_option(Tcp::no_delay(true), error);
  const auto peer = socket_->remote_endpoint(error);
  if (error) return close();
  const auto address = peer.address();
  request_.from_loopback =
      address.is_loopback() ||
      (address.is_v6() && address.to_v6().is_v4_mapped() &&
       asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback());
  const auto local = socket_->local_endpoint(error);
  if (error) return close();
  local_endpoint_ = local.address().is_v6()
                        ? str_cat('[', local.address().to_string(), "]:", local.port())
                        : str_cat(local.address().to_string(), ':', local.port());
  request_.local_endpoint = local_endpoint_;
  deadline_ = thread_.deadline(options().idle_timeout);
  ensure_room(kBufferBytes);
  read_more();
}

// --- Reading.

// Takes requests from the buffer and has them answered until something must be waited for.
void Connection::serve() {
  in_serve_ = true;
  bool more = true;
  while (more) {
    switch (phase_) {
      case Phase::kHead:
        more = take_head();
        break;
      case Phase::kBody:
        more = take_body();
        break;
      case Phase::kChunks:
        more = take_chunks();
        break;
      case Phase::kHandling:
      case Phase::kWriting:
      case Phase::kLingering:
      case Phase::kClosed:
        more = false;
        break;
    }
  }
  in_serve_ = false;
}

// The take_ functions return whether serve() can go on; if not, they have started to read or to
// close.
bool Connection::take_head() {
  // Some clients send an empty line after a body (RFC 9112 2.2).
  while (end_ - begin_ >= 2 && in_[begin_] == '\r' && in_[begin_ + 1] == '\n') begin_ += 2;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (draining()) {
      close();
      return false;
    }
    read_more();
    return false;
  }
  const std::size_t from = searched_ < 3 ? 0 : searched_ - 3;
  const std::size_t end_of_head = buffered().find("\r\n\r\n", from);
  if (end_of_head == std::string_view::npos) {
    searched_ = end_ - begin_;
    start_request_clock();
    check_incomplete_head();
    return false;
  }
  searched_ = 0;
  ensure_room(kChunkRoomBytes);
  head_end_ = parsed_ = begin_ + end_of_head + 4;
  const std::string_view head(in_.get() + begin_, end_of_head + 4);
  const std::size_t line_bytes = head.find("\r\n") + 2;
  if (line_bytes > options().header_bytes_max ||
      head.size() - line_bytes > options().header_bytes_max) {
    refuse(400);
    return false;
  }

  request_.headers.clear();
  request_.body.clear();
  request_.body_is_read = false;
  parser_.emplace(request_, head, options());
  ErrorCode error;
  parser_->put(asio::buffer(head.data(), head.size()), error);
  if (error) {
    refuse(error == beast::http::error::body_limit ? 413 : 400);
    return false;
  }
  if (parser_->chunked()) {
    phase_ = Phase::kChunks;
    if (parser_->expects_continue() && end_ == head_end_) say_continue();
    return true;
  }
  const auto length = parser_->content_length();
  body_bytes_ = length ? static_cast<std::size_t>(*length) : 0;
  body_have_ = std::min(body_bytes_, end_ - parsed_);
  if (body_bytes_ > 0) request_.body.swap(thread_.spare_body());
  request_.body.assign(in_.get() + parsed_, body_have_);
  parsed_ += body_have_;
  phase_ = Phase::kBody;
  if (body_bytes_ > 0 && body_have_ == 0 && parser_->expects_continue()) say_continue();
  return true;
}

// Refuses early what can no longer become a head: too long, or not HTTP (TLS on a plain port, for
// one).
void Connection::check_incomplete_head() {
  const std::string_view text = buffered();
  const std::size_t line_end = text.find("\r\n");
  const std::size_t line_bytes = std::min(line_end, text.size());
  const bool letter = (text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z';
  const bool line_is_http = line_end == std::string_view::npos ||
                            text.substr(0, line_end).find(" HTTP/1.") != std::string_view::npos;
  if (!letter || !line_is_http || line_bytes > options().header_bytes_max ||
      text.size() - line_bytes > options().header_bytes_max + 2)
    return refuse(400);
  ensure_room(kChunkRoomBytes);
  read_more();
}

bool Connection::take_body() {
  if (body_have_ < body_bytes_) {
    start_request_clock();
    if (request_.body.size() == body_have_ && !take_memory(body_step())) return false;
    read_more();
    return false;
  }
  dispatch();
  return true;
}

bool Connection::take_chunks() {
  while (parsed_ < end_) {
    ErrorCode error;
    const std::size_t used = parser_->put_body({in_.get() + parsed_, end_ - parsed_}, error);
    if (error && error != beast::http::error::need_more) {
      refuse(error == beast::http::error::body_limit ? 413 : 400);
      return false;
    }
    parsed_ += used;
    if (!take_memory(request_.body.capacity())) return false;
    if (parser_->is_done()) {
      dispatch();
      return true;
    }
    if (error || used == 0) break;
  }
  // Make room: the head stays, what is parsed goes.
  std::memmove(in_.get() + head_end_, in_.get() + parsed_, end_ - parsed_);
  end_ -= parsed_ - head_end_;
  parsed_ = head_end_;
  if (end_ == capacity_) {  // A chunk's first line or the trailers without end.
    refuse(400);
    return false;
  }
  start_request_clock();
  read_more();
  return false;
}

// The size of the body's buffer when it is full.
std::size_t Connection::body_step() const {
  return std::min(body_bytes_, std::max(2 * body_have_, kBodyStepBytes));
}

// False: too much memory is taken already; the request is refused. Small ones always pass, so that
// one can read and delete.
bool Connection::take_memory(std::size_t body_bytes) {
  if (body_bytes <= kFreeBytes) return true;
  if (body_bytes <= kKeptBytes) {
    memory_.hold(body_bytes);
    return true;
  }
  if (memory_.try_hold(body_bytes)) return true;
  refuse(options().without_memory);
  return false;
}

void Connection::start_request_clock() {
  if (timed_) return;
  timed_ = true;
  deadline_ = thread_.deadline(options().request_timeout);
}

void Connection::say_continue() {
  // A client that does not get it for want of buffers sends on after a while.
  ErrorCode error;
  socket_->write_some(asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), error);
}

// Only while no views point into the buffer.
void Connection::ensure_room(std::size_t bytes) {
  if (capacity_ - end_ >= bytes) return;
  const std::size_t used = end_ - begin_;
  if (capacity_ - used >= bytes) {
    std::memmove(in_.get(), in_.get() + begin_, used);
  } else {
    const std::size_t capacity = std::max(kBufferBytes, 2 * (used + bytes));
    std::unique_ptr<char[]> larger(new char[capacity]);  // Not make_unique, which would fill it.
    if (used > 0) std::memcpy(larger.get(), in_.get() + begin_, used);
    in_ = std::move(larger);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = used;
}

asio::mutable_buffer Connection::read_target() {
  if (phase_ == Phase::kLingering) begin_ = end_ = 0;
  if (phase_ != Phase::kBody) return {in_.get() + end_, capacity_ - end_};
  std::string& body = request_.body;
  if (body.size() == body_have_) body.resize(body_step());
  return {body.data() + body_have_, body.size() - body_have_};
}

void Connection::read_more() {
  if (reading_) return;
  reading_ = true;
  socket_->async_read_some(read_target(),
                           [self = shared_from_this()](const ErrorCode& error, std::size_t bytes) {
                             self->on_read(error, bytes);
                           });
}

void Connection::on_read(const ErrorCode& error, std::size_t bytes) {
  reading_ = false;
  switch (phase_) {
    case Phase::kHead:
    case Phase::kBody:
    case Phase::kChunks:
      break;
    case Phase::kLingering:
      return error ? close() : read_more();
    case Phase::kHandling:
    case Phase::kWriting:  // Of a refusal; what still comes is of no interest.
    case Phase::kClosed:
      return;
  }
  if (error == asio::error::eof && timed_) return refuse(400);  // Less than announced.
  if (error) return close();
  (phase_ == Phase::kBody ? body_have_ : end_) += bytes;
  serve();
}

// --- Answering.

void Connection::dispatch() {
  phase_ = Phase::kHandling;
  deadline_ = {};
  timed_ = false;
  close_after_ = !parser_->keep_alive();
  listener_->handler.handle(request_, Respond(shared_from_this(), ++exchange_));
  if (!request_.body_is_read) return;
  std::string body = std::exchange(request_.body, {});
  if (body.capacity() > kKeptBytes || body.capacity() <= thread_.spare_body().capacity()) return;
  body.clear();
  thread_.spare_body() = std::move(body);
}

void Connection::respond(std::uint64_t exchange, Response response) {
  if (!thread_.is_current()) {
    asio::post(thread_.context,
               [self = shared_from_this(), exchange, response = std::move(response)]() mutable {
                 self->respond(exchange, std::move(response));
               });
    return;
  }
  if (phase_ == Phase::kClosed) return;
  CHECK(phase_ == Phase::kHandling && exchange == exchange_);  // Answered twice.
  close_after_ = close_after_ || response.close || draining();
  compose(response);
  send();
}

void Connection::run_on_thread(Task task) {
  if (thread_.is_current())
    task();
  else
    asio::post(thread_.context, std::move(task));
}

bool Connection::connected() const {
  if (phase_ == Phase::kClosed) return false;
  // Tells the client's end of sending even when there is still something to read before it.
  pollfd state{
      .fd = const_cast<Socket&>(*socket_).native_handle(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&state, 1, 0) <= 0;
}

void Connection::refuse(int status) {
  refuse(Response{.status = status, .header_lines = {}, .body = {}, .close = true});
}

void Connection::refuse(Response response) {
  close_after_ = true;
  parser_.reset();
  request_.body = {};
  memory_.hold(0);
  compose(response);
  send();
}

void Connection::compose(Response& response) {
  const bool http_1_0 = parser_ && parser_->http_1_0();
  const bool has_body = response.status >= 200 && response.status != 204 && response.status != 304;
  out_.clear();
  str_append(out_, "HTTP/1.1 ", response.status, ' ', status_text(response.status), "\r\n");
  out_.append(response.header_lines);
  if (has_body) str_append(out_, "Content-Length: ", response.body.size(), "\r\n");
  str_append(out_, "Date: ", thread_.date(), "\r\nServer: Server\r\n");
  if (close_after_)
    out_.append("Connection: close\r\n");
  else if (http_1_0)
    out_.append("Connection: keep-alive\r\n");
  out_.append("\r\n");
  sent_ = 0;
  if (!has_body || (parser_ && request_.method == "HEAD")) return;
  if (response.body.size() <= kJoinedBodyBytes)
    out_.append(response.body);
  else
    out_body_ = std::move(response.body);
}

std::array<asio::const_buffer, 2> Connection::unsent() const {
  const std::size_t in_head = std::min(sent_, out_.size());
  const std::size_t in_body = sent_ - in_head;
  return {asio::const_buffer(out_.data() + in_head, out_.size() - in_head),
          asio::const_buffer(out_body_.data() + in_body, out_body_.size() - in_body)};
}

// One attempt without waiting does nearly always; only a short write goes the asynchronous way.
void Connection::send() {
  ErrorCode error;
  sent_ += out_body_.empty() ? socket_->write_some(asio::buffer(out_), error)
                             : socket_->write_some(unsent(), error);
  if (error && error != asio::error::would_block) return close();
  if (sent_ == out_.size() + out_body_.size()) return finish_exchange();
  phase_ = Phase::kWriting;
  if (out_body_.size() > kFreeBytes) memory_.hold(out_body_.size());
  send_rest();
}

void Connection::send_rest() {
  deadline_ =
      thread_.deadline(options().request_timeout);  // For each piece: slow readers are readers.
  socket_->async_write_some(unsent(),
                            [self = shared_from_this()](const ErrorCode& error, std::size_t bytes) {
                              if (self->phase_ == Phase::kClosed) return;
                              if (error) return self->close();
                              self->sent_ += bytes;
                              if (self->sent_ < self->out_.size() + self->out_body_.size())
                                return self->send_rest();
                              self->finish_exchange();
                            });
}

void Connection::finish_exchange() {
  out_body_ = {};
  memory_.hold(0);
  if (close_after_) return linger();
  begin_ = parsed_;
  if (request_.body.capacity() > kKeptBytes) request_.body = {};
  phase_ = Phase::kHead;
  deadline_ = thread_.deadline(options().idle_timeout);
  if (!in_serve_) serve();
}

// Closing at once would reset the connection if the client still sends, and the answer would be
// lost to it.
void Connection::linger() {
  phase_ = Phase::kLingering;
  deadline_ = thread_.deadline(kLingerTimeout);
  ErrorCode error;
  socket_->shutdown(Socket::shutdown_send, error);
  if (error) return close();
  read_more();
}

void Connection::on_tick() {
  if (deadline_ == SteadyTime{} || thread_.tick_time() < deadline_) return;
  switch (phase_) {
    case Phase::kHead:
    case Phase::kBody:
    case Phase::kChunks:
      return timed_ ? refuse(408) : close();
    case Phase::kWriting:
    case Phase::kLingering:
      return close();
    case Phase::kHandling:
    case Phase::kClosed:
      return;
  }
}

void Connection::drain() {
  if (draining() && phase_ == Phase::kHead && !timed_) close();
}

void Connection::close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  memory_.hold(0);
  socket_.reset();
  thread_.remove(*this);
  listener_->open_connections.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

void start_connection(Socket socket, IoThread& thread, std::shared_ptr<ListenerState> listener) {
  std::make_shared<Connection>(std::move(socket), thread, std::move(listener))->start();
}

}  // namespace tailrace::http
