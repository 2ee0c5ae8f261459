#include "storage/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tailrace {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { set_log(LogLevel::kInfo, LogFormat::kText); }

  static std::string written(LogLevel level, std::string_view message, LogFields fields = {}) {
    CaptureStderr();
    log_line(level, message, fields);
    return GetCapturedStderr();
  }
};

TEST_F(LogTest, WritesOneReadableLine) {
  set_log(LogLevel::kInfo, LogFormat::kText);
  const std::string line =
      written(LogLevel::kWarn, "mapping blocked", {{"shard", "s-1"}, {"why", "no \"answer\""}});
  EXPECT_THAT(line, EndsWith("Z WARN  mapping blocked shard=s-1 why=\"no \\\"answer\\\"\"\n"));
}

TEST_F(LogTest, WritesJsonIfAsked) {
  set_log(LogLevel::kInfo, LogFormat::kJson);
  const std::string line = written(LogLevel::kError, "disk full", {{"path", "/data"}});
  EXPECT_THAT(line, StartsWith("{\"time\":\""));
  EXPECT_THAT(line,
              EndsWith(",\"level\":\"error\",\"message\":\"disk full\",\"path\":\"/data\"}\n"));
}

TEST_F(LogTest, KeepsALineWhateverTheMessageHolds) {
  set_log(LogLevel::kInfo, LogFormat::kText);
  EXPECT_THAT(written(LogLevel::kInfo, "two\nlines", {{"a", "x\ny"}, {"b", ""}}),
              EndsWith("INFO  two lines a=\"x\\ny\" b=\"\"\n"));
}

TEST_F(LogTest, IsSilentBelowItsLevel) {
  set_log(LogLevel::kWarn, LogFormat::kText);
  EXPECT_EQ(written(LogLevel::kInfo, "x"), "");
  EXPECT_NE(written(LogLevel::kWarn, "x"), "");
  set_log(LogLevel::kOff, LogFormat::kText);
  EXPECT_EQ(written(LogLevel::kError, "x"), "");
  EXPECT_FALSE(log_enabled(LogLevel::kOff));
}

}  // namespace
}  // namespace tailrace
