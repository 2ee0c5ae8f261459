#include "streams/handlers/message_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "storage/base/log.h"
#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/sqlite_engine.h"
#include "streams/handlers/destinations.h"
#include "tests/storage/engine/faulty_engine.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MessageFilesTest : public ::testing::Test {
 protected:
  MessageFilesTest() {
    set_log(LogLevel::kOff, LogFormat::kText);
    char name[] = "/tmp/tailrace-files-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~MessageFilesTest() override { std::filesystem::remove_all(folder_); }

  std::string path(std::string_view name) const { return str_cat(folder_, "/", name); }
  static std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string error_of(const Result<void>& result) {
    return result ? "" : result.error().message;
  }

  std::string folder_;
  ManualClock clock_;
  ManualScheduler scheduler_{clock_};
};

// What a full disk does, in a file: the system writes a part, then nothing.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(MessageFilesTest, AppendsLines) {
  EXPECT_TRUE(append_line_to_file(path("a"), "one"));
  EXPECT_TRUE(append_line_to_file(path("a"), "two"));
  EXPECT_EQ(content(path("a")), "one\ntwo\n");
}

TEST_F(MessageFilesTest, MakesFilesWithTheirFolders) {
  EXPECT_TRUE(write_new_file(path("x/y/z"), "text"));
  EXPECT_EQ(content(path("x/y/z")), "text");
}

TEST_F(MessageFilesTest, RefusesWhatIsNoRegularFileWithoutWaitingForIt) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(error_of(append_line_to_file(path("pipe"), "x")), HasSubstr("pipe"));
  const int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_THAT(error_of(append_line_to_file(path("pipe"), "x")), HasSubstr("pipe"));
  close(reader);
  EXPECT_THAT(error_of(append_line_to_file("/dev/null", "x")), HasSubstr("device"));
  EXPECT_THAT(error_of(append_line_to_file(folder_, "x")), HasSubstr("directory"));
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX};
  path("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(error_of(append_line_to_file(path("socket"), "x")), HasSubstr("socket"));
  close(listener);
  EXPECT_THAT(error_of(write_new_file(path("socket/below"), "x")), HasSubstr("cannot write"));
}

TEST_F(MessageFilesTest, LeavesNoHalfLineOnAFullDisk) {
  ASSERT_TRUE(append_line_to_file(path("a"), "first"));
  {
    const FileSizeLimit full(10);
    EXPECT_THAT(error_of(append_line_to_file(path("a"), "second line")), HasSubstr("cannot write"));
    EXPECT_THAT(error_of(write_new_file(path("b"), "more than ten")), HasSubstr("cannot write"));
  }
  EXPECT_TRUE(append_line_to_file(path("a"), "third"));
  EXPECT_EQ(content(path("a")), "first\nthird\n");
  EXPECT_FALSE(std::filesystem::exists(path("b")));
}

TEST_F(MessageFilesTest, AnswersOnTheHomeThreadInOrder) {
  std::vector<std::string> answers;
  {
    MessageFiles files(scheduler_);
    for (const char* name : {"a", "no/such", "b"})
      files.write(MessageFiles::Form::kLine, path(name), "x", [&, name](Result<void> written) {
        answers.push_back(str_cat(name, written ? " written" : " not"));
      });
  }  // It waits for them.
  EXPECT_TRUE(answers.empty());
  scheduler_.run_posted();
  EXPECT_THAT(answers, ElementsAre("a written", "no/such not", "b written"));
}

TEST_F(MessageFilesTest, RefusesMoreThanItsBound) {
  int refused = 0;
  {
    MessageFiles files(scheduler_);
    const std::string big(MessageFiles::kWaitingBytesMax + 1, 'x');
    files.write(MessageFiles::Form::kLine, path("a"), big,
                [&](Result<void> written) { refused += written ? 0 : 1; });
  }
  scheduler_.run_posted();
  EXPECT_EQ(refused, 1);
}

class DestinationsTest : public MessageFilesTest {
 protected:
  class NoClient final : public HttpClient {
   public:
    std::shared_ptr<void> send(OutgoingRequest, Callback) override { return nullptr; }
  };
  void start() {
    destinations_ = std::make_unique<Destinations>(queue_, scheduler_, client_);
    queue_.run([this](Txn& txn) { destinations_->load(txn); });
  }
  Result<void> bind_and_keep(std::string_view target) {
    Result<void> result;
    destinations_->bind_and_keep(kArn, *parse_destination_target(target),
                                 [&](Result<void> stored) { result = stored; });
    scheduler_.run_posted();
    return result;
  }
  std::string bound() const {
    const auto found = destinations_->bindings().find(kArn);
    return found == destinations_->bindings().end() ? "" : destination_target_text(found->second);
  }

  static constexpr std::string_view kArn = "arn:aws:sqs:us-east-1:000000000000:q";
  std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
  EngineQueue queue_{std::make_unique<FaultyEngine>(open_sqlite({}), faults_), {}};
  NoClient client_;
  std::unique_ptr<Destinations> destinations_;
};

TEST_F(DestinationsTest, WritesMessagesToAFileAndSaysSo) {
  start();
  destinations_->bind(kArn, *parse_destination_target("file:" + path("lines")));
  bool delivered = false;
  EXPECT_TRUE(destinations_->send({.destination_arn = std::string(kArn), .document = "{}"},
                                  [&](bool done) { delivered = done; }));
  destinations_.reset();
  scheduler_.run_posted();
  EXPECT_TRUE(delivered);
  EXPECT_EQ(content(path("lines")), "{}\n");
}

TEST_F(DestinationsTest, ChangesNothingWhenABindingCannotBeStored) {
  start();
  ASSERT_TRUE(bind_and_keep("http://old/"));
  faults_->disk_full = true;
  EXPECT_FALSE(bind_and_keep("http://new/"));
  Result<void> unbound;
  destinations_->unbind(kArn, [&](Result<void> stored) { unbound = stored; });
  scheduler_.run_posted();
  EXPECT_FALSE(unbound);
  EXPECT_EQ(bound(), "http://old/");
  faults_->disk_full = false;
  start();
  EXPECT_EQ(bound(), "http://old/");
}

TEST_F(DestinationsTest, ChangesAtOnceEndAsTheStoreHasThem) {
  start();
  queue_.submit(
      [&](Txn&) {
        destinations_->bind_and_keep(kArn, *parse_destination_target("http://a/"),
                                     [](Result<void>) {});
        destinations_->bind_and_keep(kArn, *parse_destination_target("http://b/"),
                                     [](Result<void>) {});
        EXPECT_EQ(bound(), "");
      },
      [](const EngineError*) {});
  scheduler_.run_posted();
  EXPECT_EQ(bound(), "http://b/");
  start();
  EXPECT_EQ(bound(), "http://b/");
}

}  // namespace
}  // namespace tailrace
