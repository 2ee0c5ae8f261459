// RequestParser: Beast's parser, filling a Request with views of the buffer that it reads. Of this
// room only: it shows Beast.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "server/http/http_message.h"
#include "server/http/runtime.h"

namespace tailrace::http {

inline constexpr std::size_t kChunkRoomBytes = 4 * 1024;  // Behind the head, for what follows it.

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  RequestParser(Request& request, std::string_view head, const ListenOptions& options)
      : request_(request), buffer_(head.data()), buffer_end_(head.data() + head.size()) {
    // The exact limits are the connection's: Beast counts the request line in.
    header_limit(static_cast<std::uint32_t>(2 * options.header_bytes_max + kChunkRoomBytes));
    body_limit(options.body_bytes_max);
    eager(false);
  }

  // For what follows the head, which stands in another place of the buffer.
  std::size_t put_body(std::string_view text, boost::system::error_code& error) {
    buffer_ = text.data();
    buffer_end_ = text.data() + text.size();
    eager(true);
    return put(boost::asio::buffer(text.data(), text.size()), error);
  }

  bool expects_continue() const { return expects_continue_; }
  bool http_1_0() const { return http_1_0_; }

 private:
  static std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
  }
  void on_request_impl(boost::beast::http::verb,
                       boost::beast::string_view method,
                       boost::beast::string_view target,
                       int version,
                       boost::system::error_code&) override {
    http_1_0_ = version < 11;
    request_.method = view(method);
    request_.target = view(target);
  }
  void on_response_impl(int, boost::beast::string_view, int, boost::system::error_code&) override {}
  void on_field_impl(boost::beast::http::field field,
                     boost::beast::string_view name,
                     boost::beast::string_view value,
                     boost::system::error_code& error) override {
    if (!take_framing(field, view(value))) {
      error = make_error_code(boost::beast::http::error::bad_value);
      return;
    }
    // Beast joins a value that spans lines on its stack; such values are obsolete (RFC 9112 5.2)
    // and refused.
    if (!value.empty() && (value.data() < buffer_ || value.data() >= buffer_end_)) {
      error = make_error_code(boost::beast::http::error::bad_value);
      return;
    }
    request_.headers.push_back({view(name), view(value)});
  }
  // False: another server before or behind this one could take the request for a different one, or
  // for two. Beast reads codings other than a last `chunked` as none, and takes any number of
  // Hosts. Trailers come here too. (RFC 9112 3.2, 6.1, 11.2)
  bool take_framing(boost::beast::http::field field, std::string_view value) {
    switch (field) {
      case boost::beast::http::field::expect:
        expects_continue_ = equals_ignoring_case(value, "100-continue");
        return true;
      case boost::beast::http::field::host:
        return !std::exchange(has_host_, true);
      case boost::beast::http::field::transfer_encoding:
        return !http_1_0_ && equals_ignoring_case(value, "chunked");
      default:
        return true;
    }
  }
  void on_header_impl(boost::system::error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&,
                         boost::system::error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view text, boost::system::error_code&) override {
    request_.body.append(text.data(), text.size());
    return text.size();
  }
  void on_chunk_header_impl(std::uint64_t,
                            boost::beast::string_view,
                            boost::system::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t,
                                 boost::beast::string_view text,
                                 boost::system::error_code&) override {
    request_.body.append(text.data(), text.size());
    return text.size();
  }
  void on_finish_impl(boost::system::error_code&) override {}

  Request& request_;
  const char* buffer_;
  const char* buffer_end_;
  bool expects_continue_ = false;
  bool http_1_0_ = false;
  bool has_host_ = false;
};

}  // namespace tailrace::http
