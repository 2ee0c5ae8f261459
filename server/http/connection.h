// One accepted connection: reads requests, hands them to the handler one after the other, writes
// the answers in order. Internal to server/http.
#pragma once

#include <memory>

#include "server/http/io_thread.h"

namespace tailrace::http {

// Serves `socket`, whose io_context is `thread`'s, until it closes. On that thread. The connection
// is already counted in open_connections.
void start_connection(Socket socket, IoThread& thread, std::shared_ptr<ListenerState> listener);

}  // namespace tailrace::http
