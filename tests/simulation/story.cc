#include "tests/simulation/story.h"

#include <cstdio>

#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "storage/base/time_text.h"

namespace tailrace::simulation {
namespace {

constexpr std::size_t kLinesKept = 60;
constexpr Millis kAnswerWithin = std::chrono::minutes(2);

constexpr std::string_view kNames[kFeatures] = {"roll-overs",
                                                "splits",
                                                "trims",
                                                "short-shards",
                                                "many-shards",
                                                "ttl",
                                                "indexes",
                                                "batches",
                                                "transactions",
                                                "stream-changes",
                                                "table-deletion",
                                                "polling",
                                                "mapping-updates",
                                                "disabling",
                                                "mapping-deletion",
                                                "factors",
                                                "bisection",
                                                "retry-limits",
                                                "record-ages",
                                                "item-failures",
                                                "batching-windows",
                                                "tumbling-windows",
                                                "filters",
                                                "latest",
                                                "tags",
                                                "bindings",
                                                "failing-handlers",
                                                "slow-handlers",
                                                "network-faults",
                                                "failing-commits",
                                                "failing-reads",
                                                "full-disk",
                                                "kills",
                                                "stops",
                                                "clock",
                                                "drains",
                                                "runtime-api"};

}  // namespace

std::string_view feature_name(Feature feature) {
  return kNames[static_cast<std::size_t>(feature)];
}

std::optional<Feature> find_feature(std::string_view name) {
  for (unsigned i = 0; i < kFeatures; ++i) {
    if (kNames[i] == name) return static_cast<Feature>(i);
  }
  return std::nullopt;
}

Story::Story(const Plan& plan, std::function<void(Outgoing)> network)
    : chance(plan.seed),
      server({.machine = machine, .chance = chance, .network = std::move(network)}),
      plan_(plan) {
  seed_random(plan.seed);
  // About half of them; what one seed leaves out cannot hide what it has.
  features_ = chance.bits() & ~plan.without;
}

void Story::add_line(std::string line) {
  line = str_cat(iso_millis_z(machine.now()).substr(11), " ", line);
  if (plan_.print) std::printf("%s\n", line.c_str());
  lines_.push_back(std::move(line));
  if (lines_.size() > kLinesKept) lines_.pop_front();
}

std::string Story::last_lines() const {
  std::string text;
  for (const std::string& line : lines_) str_append(text, "  ", line, "\n");
  return text;
}

Reply Story::ask(ClientRequest request) {
  const std::string what = str_cat(request.method, " ", request.path, " ", request.target);
  // Shared: the answer may come, or fail to, after this call.
  const auto reply = std::make_shared<std::optional<Reply>>();
  server.send(std::move(request), [reply](const Reply& given) { *reply = given; });
  const Instant limit = machine.now() + kAnswerWithin;
  while (!*reply && !over() && machine.now() < limit) server.runtime().go_on(kAnswerWithin);
  if (*reply) return **reply;
  if (!over()) wrong("no answer to ", what);
  return {.fate = Fate::kReset};
}

Reply Story::ask_ok(const ClientRequest& request) {
  while (true) {
    const int failures = server.disk().failures;
    Reply reply = ask(request);
    if (over() || reply.ok()) return reply;
    if (server.disk().failures == failures) {
      wrong(request.method, " ", request.path, " ", request.target, " ", request.body,
            " is refused: ", reply.status, " ", reply.body);
      return reply;
    }
  }
}

ClientRequest dynamodb(std::string_view operation, std::string body) {
  return {.target = str_cat("DynamoDB_20120810.", operation), .body = std::move(body)};
}

ClientRequest streams(std::string_view operation, std::string body) {
  return {.target = str_cat("DynamoDBStreams_20120810.", operation), .body = std::move(body)};
}

ClientRequest rest(std::string_view method, std::string path, std::string body) {
  return {.method = std::string(method), .path = std::move(path), .body = std::move(body)};
}

}  // namespace tailrace::simulation
