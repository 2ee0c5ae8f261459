// Random requests of every operation against a world with tables: each is answered, nothing breaks,
// and the server's own errors do not occur.
#include <gtest/gtest.h>

#include "server/api/shape.h"
#include "server/ops/operations.h"
#include "tests/api/table_requests.h"
#include "tests/api/test_app.h"
#include "tests/support/request_generator.h"

namespace tailrace {
namespace {

TEST(Requests, OfRandomContentAreAllAnswered) {
  constexpr std::uint32_t kSeed = 20261124;
  constexpr int kRounds = 600;
  TestApp app;
  RequestGenerator generator(kSeed);
  for (int round = 0; round < kRounds; ++round) {
    // The names that the generator likes; it may delete them.
    for (const char* name : {"table.name", "abc"}) {
      app.call(
          "CreateTable",
          create_request(
              name,
              R"(,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"})"));
    }
    for (const ops::Operation* operation : ops::all_operations()) {
      const bool streams = operation->service == ops::kDynamoDbStreams;
      const api::Shape* shape = api::find_shape(
          streams ? api::streams_shapes() : api::dynamodb_shapes(), operation->name);
      const std::string body = generator.value(*shape, 0);
      SCOPED_TRACE(str_cat("seed ", kSeed, ", ", operation->name, ": ", body));
      const Answer answer =
          streams ? app.call_streams(operation->name, body) : app.call(operation->name, body);
      ASSERT_LT(answer.status(), 500) << answer.text();
    }
  }
}

}  // namespace
}  // namespace tailrace
