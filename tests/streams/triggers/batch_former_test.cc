// When a batch is formed and what is in it, decided from values alone. (behaviour/triggers 3.3, 3.8, 3.12)
#include "streams/triggers/batch_former.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/base/overloaded.h"
#include "storage/base/str_cat.h"

namespace tailrace::triggers {
namespace {

using std::chrono::seconds;

// Seconds of the day that the tests play in.
Instant at(double second) {
  return from_millis(1'770'076'800'000 + static_cast<std::int64_t>(second * 1000));
}

std::string text(const NextStep& step) {
  const auto second = [](Instant when) { return (when - at(0)).count() / 1000; };
  return std::visit(
      Overloaded{
          [](const TakeRecords& take) { return str_cat("take ", take.count); },
          [](const EndWindow& end) {
            return std::string(end.terminated_early ? "terminate window" : "end window");
          },
          [&](const WaitUntil& wait) {
            return str_cat(wait.then == WaitUntil::Then::kRead ? "read at " : "ask at ",
                           second(wait.when));
          },
          [](const ReadFirst&) { return std::string("read first"); },
          [](const AwaitRecords&) { return std::string("await records"); },
      },
      step);
}

struct Case {
  const char* name;
  std::vector<double> created;  // Of the records that wait, in seconds.
  MappingOptions options = {};
  double now = 100;
  std::optional<TumblingWindow> window = {};
  bool at_end = false;
  bool nothing_to_wait_for = true;
  bool window_is_read = false;
  std::string expected;
};

MappingOptions batch_of(int size) {
  MappingOptions options;
  options.batch_size = size;
  return options;
}
MappingOptions collecting(int window_s, int size = 100) {
  MappingOptions options = batch_of(size);
  options.batching_window_s = window_s;
  return options;
}
MappingOptions tumbling(int window_s) {
  MappingOptions options = batch_of(100);
  options.tumbling_window_s = window_s;
  return options;
}
MappingOptions aging(int age_s) {
  MappingOptions options = batch_of(100);
  options.record_age_max_s = age_s;
  return options;
}
TumblingWindow window(double start, double end, std::string state = "{}") {
  return {.start = at(start), .end = at(end), .state = std::move(state)};
}

const Case kCases[] = {
    {.name = "nothing is there", .created = {}, .expected = "await records"},
    {.name = "all that was read", .created = {99, 99, 100}, .expected = "take 3"},
    {.name = "BatchSize", .created = {99, 99, 100}, .options = batch_of(2), .expected = "take 2"},
    {.name = "more is there to read",
     .created = {99},
     .nothing_to_wait_for = false,
     .expected = "await records"},
    {.name = "a full batch waits for nothing",
     .created = {99, 99},
     .options = batch_of(2),
     .nothing_to_wait_for = false,
     .expected = "take 2"},
    {.name = "the shard has ended",
     .created = {99},
     .options = collecting(30),
     .at_end = true,
     .expected = "take 1"},
    {.name = "the batching window begins with the first record",
     .created = {99},
     .options = collecting(30),
     .expected = "ask at 130"},
    {.name = "a full batch ends the batching window",
     .created = {99, 99},
     .options = collecting(30, 2),
     .expected = "take 2"},
    {.name = "the tumbling window bounds the batching window",
     .created = {99},
     .options =
         [] {
           MappingOptions options = tumbling(60);
           options.batching_window_s = 30;
           return options;
         }(),
     .window = window(60, 120),
     .expected = "ask at 120"},
    {.name = "records of one tumbling window",
     .created = {118, 119.999, 120},
     .options = tumbling(60),
     .now = 121,
     .expected = "take 2"},
    {.name = "the next record lies behind the window",
     .created = {120},
     .options = tumbling(60),
     .now = 121,
     .window = window(60, 120),
     .expected = "end window"},
    {.name = "the window is open and empty",
     .created = {},
     .options = tumbling(60),
     .window = window(60, 120),
     .expected = "read at 120"},
    {.name = "the window is over, but not read",
     .created = {},
     .options = tumbling(60),
     .now = 120,
     .window = window(60, 120),
     .expected = "read first"},
    {.name = "the window is over and read",
     .created = {},
     .options = tumbling(60),
     .now = 120,
     .window = window(60, 120),
     .window_is_read = true,
     .expected = "end window"},
    {.name = "the shard ends within the window",
     .created = {},
     .options = tumbling(60),
     .window = window(60, 120),
     .at_end = true,
     .expected = "end window"},
    {.name = "a state of 1 MB is kept",
     .created = {100},
     .options = tumbling(60),
     .window = window(60, 120, std::string(1024 * 1024, ' ')),
     .expected = "take 1"},
    {.name = "a larger state ends the window",
     .created = {100},
     .options = tumbling(60),
     .window = window(60, 120, std::string(1024 * 1024 + 1, ' ')),
     .expected = "terminate window"},
    {.name = "records that are as old as they may be",
     .created = {40, 90},
     .options = aging(60),
     .expected = "take 2"},
    {.name = "records that are too old go alone",
     .created = {39, 90},
     .options = aging(60),
     .nothing_to_wait_for = false,
     .expected = "take 1"},
};

TEST(BatchFormer, DecidesFromWhatItIsTold) {
  for (const Case& c : kCases) {
    BatchFormer former;
    std::uint64_t sequence = 0;
    for (const double created : c.created)
      former.push({.sequence = ++sequence, .created = at(created), .page = {}, .length = 100});
    const NextStep step = former.next({.now = at(c.now),
                                       .options = c.options,
                                       .window = c.window,
                                       .retention = std::chrono::hours(24),
                                       .at_end_of_shard = c.at_end,
                                       .nothing_to_wait_for = c.nothing_to_wait_for,
                                       .window_is_read = c.window_is_read});
    EXPECT_EQ(text(step), c.expected) << c.name;
  }
}

TEST(BatchFormer, StopsBeforeSixMegabytes) {
  const MappingOptions options = batch_of(10'000);
  const std::optional<TumblingWindow> none;
  BatchFormer former;
  for (int i = 0; i < 8; ++i)
    former.push({.sequence = 1, .created = at(0), .page = {}, .length = 1'000'000});
  EXPECT_EQ(text(former.next({.now = at(1), .options = options, .window = none})), "take 6");
}

TEST(BatchFormer, SendsARecordOfMoreThanSixMegabytesAlone) {
  const MappingOptions options = batch_of(10'000);
  const std::optional<TumblingWindow> none;
  BatchFormer former;
  for (int i = 0; i < 2; ++i)
    former.push({.sequence = 1, .created = at(0), .page = {}, .length = 7'000'000});
  EXPECT_EQ(text(former.next({.now = at(1), .options = options, .window = none})), "take 1");
}

TEST(BatchFormer, BeginsTheBatchingWindowWhereThePreviousBatchEnded) {
  const MappingOptions options = collecting(30);
  const std::optional<TumblingWindow> none;
  BatchFormer former;
  former.on_batch_ended(at(95));
  former.push({.sequence = 1, .created = at(99), .page = {}, .length = 100});
  EXPECT_EQ(text(former.next({.now = at(100), .options = options, .window = none})), "ask at 125");
  EXPECT_EQ(text(former.next({.now = at(125), .options = options, .window = none})), "take 1");
}

TEST(BatchFormer, CountsWhatWaits) {
  BatchFormer former;
  former.push({.sequence = 7, .created = at(0), .page = {}, .length = 100});
  former.push({.sequence = 8, .created = at(0), .page = {}, .length = 50});
  EXPECT_EQ(former.bytes(), 150u);
  const auto taken = former.take(1);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].sequence, 7u);
  EXPECT_EQ(former.bytes(), 50u);
  EXPECT_EQ(former.front().sequence, 8u);
}

}  // namespace
}  // namespace tailrace::triggers
