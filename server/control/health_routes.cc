#include "server/control/health_routes.h"

#include "storage/base/json_text.h"

namespace tailrace::control {

void add_health_routes(ControlApi& api, std::string_view version) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().string("Status", "ok").string("Version", version).end_object();
  api.add("GET", "health", [text](const ControlCall&, const ControlReply& reply) { reply(text); });
}

}  // namespace tailrace::control
