#include "server/lambda/process_output.h"

#include <gtest/gtest.h>

#include "server/lambda/output_log.h"

namespace tailrace::lambda {
namespace {

TEST(ProcessOutput, GivesWholeLinesOnlyUntilItEnds) {
  ProcessOutput output;
  output.add("one\ntw");
  EXPECT_EQ(output.take_turn(), "one\n");
  EXPECT_FALSE(output.has_lines());
  EXPECT_EQ(output.take_all(), "");
  output.add("o\nthree");
  EXPECT_EQ(output.take_turn(), "two\n");
  output.end();
  EXPECT_TRUE(output.has_lines());
  EXPECT_EQ(output.take_turn(), "three\n");
  EXPECT_FALSE(output.has_lines());
}

TEST(ProcessOutput, CutsALineWithoutEnd) {
  ProcessOutput output;
  output.add(std::string(ProcessOutput::kLineBytesMax - 1, 'x'));
  EXPECT_FALSE(output.has_lines());
  output.add("xy");
  EXPECT_TRUE(output.has_lines());
  EXPECT_EQ(output.take_turn(), std::string(ProcessOutput::kLineBytesMax, 'x') + "\n");
  output.add("\n");
  EXPECT_EQ(output.take_all(), "y\n");
}

TEST(ProcessOutput, BoundsATurnByLinesAndBytes) {
  ProcessOutput lines;
  lines.add(std::string(3 * ProcessOutput::kTurnLinesMax, '\n'));
  EXPECT_EQ(lines.take_turn().size(), ProcessOutput::kTurnLinesMax);
  EXPECT_EQ(lines.take_all().size(), 2 * ProcessOutput::kTurnLinesMax);
  ProcessOutput bytes;
  const std::string line = std::string(999, 'x') + "\n";
  while (!bytes.full()) bytes.add(line);
  const std::string turn = bytes.take_turn();
  EXPECT_LE(turn.size(), ProcessOutput::kTurnBytesMax);
  EXPECT_GT(turn.size(), ProcessOutput::kTurnBytesMax - line.size());
}

TEST(ProcessOutput, IsFullAtItsBoundAndNotOnceATurnIsTaken) {
  ProcessOutput output;
  output.add(std::string(ProcessOutput::kBytesMax - 1, 'x'));
  EXPECT_FALSE(output.full());
  output.add("x");
  EXPECT_TRUE(output.full());
  EXPECT_FALSE(output.take_turn().empty());
  EXPECT_FALSE(output.full());
}

class OutputLogTest : public ::testing::Test {
 protected:
  std::string lines(double count) {
    std::string text;
    for (int i = 0; i < static_cast<int>(count); ++i) text += "y\n";
    return text;
  }
  OutputLog::Time now_{};
  std::uint64_t logged_ = 0;
  std::uint64_t left_out_ = 0;
  int told_ = 0;
  int begun_ = 0;
  OutputLog log_{{.line = [this](std::string_view) { ++logged_; },
                  .leaving_out = [this] { ++begun_; },
                  .left_out =
                      [this](std::uint64_t count, std::uint64_t bytes) {
                        EXPECT_EQ(bytes, 2 * count);
                        left_out_ += count;
                        ++told_;
                      }},
                 now_};
};

TEST_F(OutputLogTest, LogsABurstAndCountsWhatIsBeyond) {
  log_.take(lines(OutputLog::kLinesBurst), now_);
  EXPECT_EQ(logged_, OutputLog::kLinesBurst);
  EXPECT_EQ(begun_, 0);
  log_.take(lines(7), now_);
  EXPECT_EQ(begun_, 1);
  log_.take(lines(3), now_);
  EXPECT_EQ(logged_, OutputLog::kLinesBurst);
  EXPECT_EQ(told_, 0);
  log_.tell();
  EXPECT_EQ(left_out_, 10);
  log_.tell();
  EXPECT_EQ(told_, 1);
}

TEST_F(OutputLogTest, TellsOnceASecondOfAProcessThatNeverStops) {
  std::uint64_t given = 0;
  for (int i = 0; i < 1000; ++i) {  // Ten seconds.
    const std::string turn = lines(1'000);
    log_.take(turn, now_);
    given += 1'000;
    now_ += std::chrono::milliseconds(10);
  }
  log_.tell();
  EXPECT_EQ(logged_ + left_out_, given);
  EXPECT_LE(logged_, OutputLog::kLinesBurst + 10 * OutputLog::kLinesPerSecond);
  EXPECT_GE(logged_, OutputLog::kLinesBurst + 7 * OutputLog::kLinesPerSecond);
  EXPECT_LE(told_, 11);
  EXPECT_LE(begun_, 11);
}

TEST_F(OutputLogTest, CountsBytesToo) {
  const std::string megabyte = std::string(1024 * 1024 - 1, 'x') + "\n";
  int logged = 0;
  std::uint64_t bytes_left_out = 0;
  OutputLog log({.line = [&](std::string_view) { ++logged; },
                 .leaving_out = [] {},
                 .left_out = [&](std::uint64_t, std::uint64_t bytes) { bytes_left_out += bytes; }},
                now_);
  for (int i = 0; i < 10; ++i) log.take(megabyte, now_);
  log.tell();
  EXPECT_EQ(logged, 8);
  EXPECT_EQ(bytes_left_out, 2 * megabyte.size());
}

TEST_F(OutputLogTest, KeepsTheLastLinesWhetherLoggedOrNot) {
  log_.take(lines(OutputLog::kLinesBurst), now_);
  log_.take("last\n", now_);
  EXPECT_TRUE(log_.tail().ends_with("y\nlast\n"));
  EXPECT_LE(log_.tail().size(), 2 * OutputLog::kTailBytes);
}

}  // namespace
}  // namespace tailrace::lambda
