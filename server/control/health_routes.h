// GET /_tailrace/health -> {"Status":"ok","Version":"0.1.0"}, for scripts that wait for the server.
#pragma once

#include "server/control/control_api.h"

namespace tailrace::control {

void add_health_routes(ControlApi& api, std::string_view version);

}  // namespace tailrace::control
