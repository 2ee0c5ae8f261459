#include "storage/base/time_text.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(TimeText, WritesThreeForms) {
  const Instant instant = from_millis(1770091506789);
  EXPECT_EQ(iso_millis(instant), "2026-02-03T04:05:06.789");
  EXPECT_EQ(iso_millis_z(instant), "2026-02-03T04:05:06.789Z");
  EXPECT_EQ(iso_seconds_z(instant), "2026-02-03T04:05:06Z");
}

TEST(TimeText, PadsAndRoundsDownBeforeTheEpochToo) {
  EXPECT_EQ(iso_millis_z(from_millis(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_millis_z(from_millis(7)), "1970-01-01T00:00:00.007Z");
  EXPECT_EQ(iso_millis_z(from_millis(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(iso_seconds_z(from_millis(-1)), "1969-12-31T23:59:59Z");
}

struct Case {
  std::string_view text;
  std::int64_t millis;
};

const Case kReadable[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-02-03T04:05:06Z", 1770091506000},
    {"2026-02-03T04:05:06.7Z", 1770091506700},
    {"2026-02-03T04:05:06.789Z", 1770091506789},
    {"2026-02-03T04:05:06.789999999Z", 1770091506789},
    {"2026-02-03T04:05:06+00:00", 1770091506000},
    {"2026-02-03T06:05:06+02:00", 1770091506000},
    {"2026-02-02T22:35:06.000-05:30", 1770091506000},
    {"2024-02-29T23:59:59Z", 1709251199000},
};

TEST(TimeText, ReadsIso8601) {
  for (const Case& each : kReadable)
    EXPECT_EQ(parse_iso(each.text), from_millis(each.millis)) << each.text;
}

TEST(TimeText, RefusesAnythingElse) {
  for (const std::string_view text : {"",
                                      "2026-02-03",
                                      "2026-02-03T04:05:06",
                                      "2026-02-03 04:05:06Z",
                                      "2026-02-03T04:05Z",
                                      "2026-02-03T04:05:06.Z",
                                      "2026-02-03T04:05:06Zx",
                                      "2026-02-03T04:05:06z",
                                      "2026-13-03T04:05:06Z",
                                      "2026-00-03T04:05:06Z",
                                      "2026-02-30T04:05:06Z",
                                      "2025-02-29T00:00:00Z",
                                      "2026-02-00T04:05:06Z",
                                      "2026-02-03T24:05:06Z",
                                      "2026-02-03T04:60:06Z",
                                      "2026-02-03T04:05:60Z",
                                      "2026-02-03T04:05:06+2:00",
                                      "2026-02-03T04:05:06+0200",
                                      "2026-02-03T04:05:06+24:00",
                                      "+026-02-03T04:05:06Z",
                                      "1770091506"}) {
    EXPECT_EQ(parse_iso(text), std::nullopt) << text;
  }
}

TEST(TimeText, ReadsWhatItWrites) {
  for (std::int64_t millis = 0; millis < 4'000'000'000'000; millis += 7'919'000'011)
    EXPECT_EQ(parse_iso(iso_millis_z(from_millis(millis))), from_millis(millis));
}

}  // namespace
}  // namespace tailrace
