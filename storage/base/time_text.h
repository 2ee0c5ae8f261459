// Texts of an Instant as AWS's APIs write them. All UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/base/clock.h"

namespace tailrace {

std::string iso_millis(Instant instant);         // 2026-02-03T04:05:06.789   (stream labels)
std::string iso_millis_z(Instant instant);       // 2026-02-03T04:05:06.789Z
std::string iso_seconds_z(Instant instant);      // 2026-02-03T04:05:06Z, rounded down
// ISO 8601 with optional fraction of a second, `Z` or an offset (`+02:00`); nullopt for anything else.
std::optional<Instant> parse_iso(std::string_view text);

}  // namespace tailrace
