// Large bodies and answers are taken out of a budget, and given back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/base/str_cat.h"
#include "tests/server/http/raw_client.h"

namespace tailrace::http {
namespace {

using testing::HasSubstr;

constexpr std::size_t kBudget = 1 << 20;
constexpr std::size_t kLarge = 700'000;

class ConnectionMemory : public testing::Test {
 protected:
  static std::string head(std::size_t length) {
    return str_cat("POST / HTTP/1.1\r\nContent-Length: ", length, "\r\n\r\n");
  }
  static std::string whole(std::size_t length) { return head(length) + std::string(length, 'x'); }
  ListenOptions options() const {
    ListenOptions options;
    options.memory = budget;
    options.without_memory = text_response("no memory");
    options.without_memory.status = 500;
    return options;
  }
  // The server works in threads of its own.
  void await_used(std::size_t least, std::size_t most) const {
    while (budget->used() < least || budget->used() > most) std::this_thread::yield();
  }

  std::shared_ptr<MemoryBudget> budget = std::make_shared<MemoryBudget>(kBudget);
  std::optional<Respond> waiting;
  TestServer server{[this](Request& request, Respond respond) {
                      if (request.target == "/later") {
                        waiting.emplace(std::move(respond));
                      } else {
                        respond(text_response(str_cat(request.body.size())));
                      }
                    },
                    options()};
};

TEST_F(ConnectionMemory, RefusesLargeBodiesWhileOthersHoldIt) {
  RawClient stalled(server.port());
  stalled.send(head(kLarge) + std::string(kLarge / 2 + 1, 'x'));
  await_used(kLarge / 2, kLarge);
  RawClient refused(server.port());
  refused.send(whole(kLarge));
  const std::string answer = refused.read_answer();
  EXPECT_EQ(status_of(answer), "500");
  EXPECT_EQ(body_of(answer), "no memory");
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  RawClient small(server.port());
  small.send(whole(60'000));
  EXPECT_EQ(body_of(small.read_answer()), "60000");
  stalled.send(std::string(kLarge - kLarge / 2 - 1, 'x'));
  EXPECT_EQ(body_of(stalled.read_answer()), str_cat(kLarge));
  await_used(0, 0);
  small.send(whole(kLarge));
  EXPECT_EQ(body_of(small.read_answer()), str_cat(kLarge));
}

TEST_F(ConnectionMemory, CountsChunksAndGivesBackWhatLeaves) {
  RawClient chunked(server.port());
  chunked.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = str_cat("20000\r\n", std::string(0x20000, 'x'), "\r\n");
  for (int i = 0; i < 4; ++i) chunked.send(chunk);
  await_used(4 * 0x20000, kBudget);
  RawClient refused(server.port());
  refused.send(whole(kLarge));
  EXPECT_EQ(status_of(refused.read_answer()), "500");
  chunked.close();
  await_used(0, 0);
}

TEST_F(ConnectionMemory, HoldsABodyUntilItsRequestIsAnswered) {
  RawClient client(server.port());
  client.send(str_cat("POST /later HTTP/1.1\r\nContent-Length: ", kLarge, "\r\n\r\n",
                      std::string(kLarge, 'x')));
  await_used(kLarge, kLarge);
  RawClient refused(server.port());
  refused.send(whole(kLarge));
  EXPECT_EQ(status_of(refused.read_answer()), "500");
  while (!server.serving().at_home([&] { return waiting.has_value(); })) std::this_thread::yield();
  (*waiting)(text_response("done"));
  EXPECT_EQ(body_of(client.read_answer()), "done");
  await_used(0, 0);
  waiting.reset();
}

}  // namespace
}  // namespace tailrace::http
