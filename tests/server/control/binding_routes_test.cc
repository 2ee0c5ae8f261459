#include "server/control/binding_routes.h"

#include <filesystem>

#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/sqlite_engine.h"
#include "tests/server/control/control_fixture.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace::control {
namespace {

using testing::HasSubstr;

constexpr std::string_view kPath = "destinations/arn:aws:sqs:us-east-1:000000000000:failures";

class NoHttp final : public HttpClient {
 public:
  std::shared_ptr<void> send(OutgoingRequest, Callback) override { return nullptr; }
};

class FileDestinations : public testing::Test {
 protected:
  FileDestinations() {
    std::filesystem::create_directories(directory / "in");
    std::filesystem::create_directories(directory / "out");
    std::filesystem::create_directory_symlink(directory / "out", directory / "in/link");
  }
  ~FileDestinations() override { std::filesystem::remove_all(directory); }

  // Binds over HTTP, `files` being --destination-dir.
  Answer bind(const std::filesystem::path& files, std::string_view target) {
    ControlApi api;
    add_destination_routes(api, destinations, files);
    return call(api, "PUT", kPath, str_cat(R"({"Target":")", target, "\"}"),
                [this] { scheduler.run_posted(); });
  }
  std::string file(std::string_view path) const {
    return str_cat("file:", directory.native(), path);
  }

  const std::filesystem::path directory =
      std::filesystem::path(testing::TempDir()) /
      testing::UnitTest::GetInstance()->current_test_info()->name();
  ManualClock clock;
  ManualScheduler scheduler{clock};
  EngineQueue queue{open_sqlite({}), {}};
  NoHttp http;
  Destinations destinations{queue, scheduler, http};
};

TEST_F(FileDestinations, AreRefusedOverHttpWithoutADirectoryForThem) {
  const Answer answer = bind({}, file("/in/a"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("#AccessDeniedException"));
  EXPECT_THAT(answer.body, HasSubstr("--destination-dir"));
  EXPECT_TRUE(destinations.bindings().empty());
  EXPECT_EQ(bind({}, "http://localhost:8080/").status, 200);
}

TEST_F(FileDestinations, AreTakenOverHttpBelowTheirDirectoryOnly) {
  for (const std::string_view taken :
       {"/in/a", "/in/", "/in/deep/er/a.jsonl", "/in/./a", "/in/x/../a", "/out/../in/a"})
    EXPECT_EQ(bind(directory / "in", file(taken)).status, 200) << taken;
  EXPECT_EQ(bind(directory / "in/", file("/in/a")).status, 200);
  EXPECT_EQ(bind(directory / "new/one", file("/new/one/a")).status, 200);

  for (const std::string_view refused :
       {"/a", "/out/a", "/in/../out/a", "/in/x/../../a", "/inn/a", "/in/link/a", "/in/link/"}) {
    const Answer answer = bind(directory / "in", file(refused));
    EXPECT_EQ(answer.status, 400) << refused;
    EXPECT_THAT(answer.body, HasSubstr("only below ")) << refused;
  }
  EXPECT_EQ(bind(directory / "in", "file:a").status, 400) << "below the working directory";
  EXPECT_EQ(bind(directory / "in", "file:/etc/cron.d/evil").status, 400);
}

}  // namespace
}  // namespace tailrace::control
