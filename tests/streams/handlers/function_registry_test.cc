#include "streams/handlers/function_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "storage/base/log.h"
#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/sqlite_engine.h"
#include "tests/storage/engine/faulty_engine.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FunctionRegistryTest : public ::testing::Test {
 protected:
  FunctionRegistryTest() { set_log(LogLevel::kOff, LogFormat::kText); }

  // Keeps its callbacks as an endpoint of processes does, and has handles that point to nothing.
  class Endpoint final : public HandlerEndpoint {
   public:
    Endpoint(FunctionRegistryTest& test, std::string target) : test_(test), target_(target) {
      ++test_.endpoints_;
    }
    ~Endpoint() override { --test_.endpoints_; }
    std::shared_ptr<void> invoke(const Invocation&, Callback callback) override {
      const auto kept = std::make_shared<Callback>(std::move(callback));
      callbacks_.push_back(kept);
      test_.running_.push_back({target_, kept});
      return std::shared_ptr<void>(nullptr, [kept](void*) { *kept = nullptr; });
    }

   private:
    FunctionRegistryTest& test_;
    const std::string target_;
    std::vector<std::shared_ptr<Callback>> callbacks_;
  };
  struct Running {
    std::string target;
    std::weak_ptr<HandlerEndpoint::Callback> callback;
  };

  std::unique_ptr<FunctionRegistry> make_registry() {
    return std::make_unique<FunctionRegistry>(
        queue_, scheduler_,
        [this](const Binding& binding) -> Result<std::unique_ptr<HandlerEndpoint>> {
          if (refused_.contains(target_text(binding.target)))
            return ApiError{.code = ErrorCode::kInvalidParameterValueException,
                            .message = "port taken"};
          return std::unique_ptr<HandlerEndpoint>(
              std::make_unique<Endpoint>(*this, target_text(binding.target)));
        });
  }

  static Binding binding(std::string_view target, int concurrency = 0) {
    return {.name = "f", .target = *parse_target(target), .concurrency = concurrency};
  }
  Result<void> bind_and_keep(std::string_view target) {
    std::optional<Result<void>> result;
    registry_->bind_and_keep(binding(target), [&](Result<void> stored) { result = stored; });
    scheduler_.run_posted();
    EXPECT_TRUE(result.has_value());
    return result.value_or(Result<void>());
  }
  std::shared_ptr<void> invoke() {
    auto handle = registry_->invoke(
        {.function_name = "f", .payload = std::make_shared<const std::string>("{}")},
        [this](InvokeOutcome outcome) { outcomes_.push_back(std::move(outcome)); });
    scheduler_.run_posted();
    return handle;
  }
  void answer(std::size_t which) {
    const auto callback = running_[which].callback.lock();
    ASSERT_TRUE(callback && *callback);
    (*callback)({});
    scheduler_.run_posted();
  }

  ManualClock clock_;
  ManualScheduler scheduler_{clock_};
  std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
  EngineQueue queue_{std::make_unique<FaultyEngine>(open_sqlite({}), faults_), {}};
  std::set<std::string> refused_;  // Targets.
  int endpoints_ = 0;              // That are there.
  std::vector<Running> running_;
  std::vector<InvokeOutcome> outcomes_;
  std::unique_ptr<FunctionRegistry> registry_ = make_registry();
};

TEST_F(FunctionRegistryTest, LetsEndpointsGoThoughInvocationsRun) {
  ASSERT_TRUE(registry_->bind(binding("exec:a")));
  auto first = invoke();
  auto second = invoke();
  ASSERT_THAT(running_, SizeIs(2));
  first.reset();
  registry_.reset();
  EXPECT_EQ(endpoints_, 1);  // What still holds its handle holds the endpoint.
  second.reset();
  EXPECT_EQ(endpoints_, 0);
  EXPECT_THAT(outcomes_, IsEmpty());
}

TEST_F(FunctionRegistryTest, GivesTheSlotOfACancelledInvocationToTheNext) {
  ASSERT_TRUE(registry_->bind(binding("exec:a", 1)));
  auto first = invoke();
  const auto second = invoke();
  EXPECT_THAT(running_, SizeIs(1));
  first.reset();
  scheduler_.run_posted();
  ASSERT_THAT(running_, SizeIs(2));
  answer(1);
  EXPECT_THAT(outcomes_, SizeIs(1));
}

TEST_F(FunctionRegistryTest, ChangesNothingWhenATargetCannotBeUsed) {
  ASSERT_TRUE(bind_and_keep("http://old/"));
  refused_ = {"runtime:9001"};
  const Result<void> refused = bind_and_keep("runtime:9001");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "port taken");
  EXPECT_FALSE(registry_->bind(binding("runtime:9001")));
  EXPECT_EQ(target_text(registry_->find("f")->target), "http://old/");
  const auto handle = invoke();
  ASSERT_THAT(running_, SizeIs(1));
  EXPECT_EQ(running_[0].target, "http://old/");
}

TEST_F(FunctionRegistryTest, ChangesNothingWhenABindingCannotBeStored) {
  ASSERT_TRUE(bind_and_keep("http://old/"));
  faults_->disk_full = true;
  EXPECT_FALSE(bind_and_keep("http://new/"));
  EXPECT_EQ(endpoints_, 1);
  std::optional<Result<void>> unbound;
  registry_->unbind("f", [&](Result<void> stored) { unbound = stored; });
  scheduler_.run_posted();
  ASSERT_TRUE(unbound);
  EXPECT_FALSE(*unbound);
  EXPECT_EQ(target_text(registry_->find("f")->target), "http://old/");
  const auto handle = invoke();
  ASSERT_THAT(running_, SizeIs(1));
  EXPECT_EQ(running_[0].target, "http://old/");
}

TEST_F(FunctionRegistryTest, AnswersABindingOnceItIsCommitted) {
  bool answered = false;
  queue_.submit(
      [&](Txn&) {
        registry_->bind_and_keep(binding("http://new/"), [&](Result<void>) { answered = true; });
        scheduler_.run_posted();
        EXPECT_FALSE(answered);
        EXPECT_EQ(registry_->find("f"), nullptr);
      },
      [](const EngineError*) {});
  scheduler_.run_posted();
  EXPECT_TRUE(answered);
  EXPECT_NE(registry_->find("f"), nullptr);
}

// The old one listens there: a new one could not.
TEST_F(FunctionRegistryTest, KeepsTheEndpointOfARuntimeTargetThatStaysAtItsPort) {
  ASSERT_TRUE(registry_->bind(binding("runtime:9001")));
  refused_ = {"runtime:9001"};
  Binding patient = binding("runtime:9001");
  patient.timeout = Millis(0);
  EXPECT_TRUE(registry_->bind(patient));
  EXPECT_EQ(registry_->find("f")->timeout, Millis(0));
  EXPECT_EQ(endpoints_, 1);
}

TEST_F(FunctionRegistryTest, EndsWhatRunsUnderTheOldBinding) {
  ASSERT_TRUE(registry_->bind(binding("http://old/")));
  const auto old = invoke();
  ASSERT_TRUE(registry_->bind(binding("http://new/")));
  EXPECT_EQ(endpoints_, 2);
  answer(0);
  EXPECT_EQ(endpoints_, 1);
  EXPECT_THAT(outcomes_, SizeIs(1));
}

TEST_F(FunctionRegistryTest, SaysWhyAStoredTargetCannotBeUsed) {
  ASSERT_TRUE(bind_and_keep("runtime:9001"));
  refused_ = {"runtime:9001"};
  registry_ = make_registry();
  queue_.run([this](Txn& txn) { registry_->load(txn); });
  const auto handle = invoke();
  ASSERT_THAT(outcomes_, SizeIs(1));
  EXPECT_EQ(outcomes_[0].status, InvokeStatus::kInvocationFailure);
  EXPECT_THAT(outcomes_[0].error_text, HasSubstr("port taken"));
  ASSERT_TRUE(bind_and_keep("http://new/"));
  const auto next = invoke();
  EXPECT_THAT(running_, SizeIs(1));
}

}  // namespace
}  // namespace tailrace
