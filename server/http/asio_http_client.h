// The HttpClient over Asio and Beast. Internal to server/http.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "streams/handlers/http_client.h"

namespace tailrace::http {

// Everything runs on `context`'s one thread. The client must die before the context.
std::unique_ptr<HttpClient> make_asio_http_client(boost::asio::io_context& context);

}  // namespace tailrace::http
