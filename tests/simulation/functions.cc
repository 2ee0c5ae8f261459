// The functions: what they are sent, and how they answer.
#include <algorithm>

#include "storage/base/str_cat.h"
#include "tests/simulation/json_view.h"
#include "tests/simulation/mappings.h"

namespace tailrace::simulation {
namespace {

using Thread = SimulatedRuntime::Thread;

std::string host_of(std::string_view url) {
  url.remove_prefix(std::string_view("http://").size());
  return std::string(url.substr(0, url.find('.')));
}

OutgoingResponse broken(ExchangeFailure failure, std::string text) {
  return {.failure = failure, .failure_text = std::move(text)};
}

}  // namespace

void Mappings::change_mood() {
  if (!story_.has(Feature::kFailingHandlers)) return;
  failing_percent_ = story_.chance.one_of(std::vector{0, 5, 5, 20, 50, 90});
  story_.tell("functions fail ", failing_percent_, " times in a hundred");
}

// A client of the Runtime API cannot tell when it has been given up, so it keeps to its time.
Millis Mappings::pause(bool by_runtime_api) {
  if (calm_ || !story_.has(Feature::kSlowHandlers)) return Millis(story_.chance.from(0, 2));
  const std::vector<int> pauses = {0, 0, 1, 5, 50, 400, 2000, by_runtime_api ? 0 : 40'000};
  return Millis(story_.chance.one_of(pauses));
}

void Mappings::on_request(Outgoing sent) {
  const std::string host = host_of(sent.request.url);
  if (host == "dead") return on_message(std::move(sent));
  SimulatedRuntime& runtime = story_.server.runtime();
  auto invocation = std::make_shared<Invocation>();
  invocation->mapping = by_function_.at(host);
  invocation->sent = std::move(sent);
  const Millis timeout = invocation->sent.request.timeout;
  if (timeout.count() > 0) {
    runtime.later(Thread::kHome, timeout, [this, invocation] {
      fail(invocation, broken(ExchangeFailure::kTimedOut, "time-out"));
    });
  }
  if (!calm_ && story_.sometimes(Feature::kNetworkFaults, 10)) {
    runtime.later(Thread::kHome, Millis(0), [this, invocation] {
      if (invocation->sent.wanted())
        invocation->sent.answer(broken(ExchangeFailure::kNotConnected, "refused"));
    });
    return;
  }
  runtime.later(Thread::kRequests, Millis(story_.chance.from(0, 1)),
                [this, invocation] { receive(invocation); });
}

std::optional<std::string> Mappings::read_event(Invocation& invocation) {
  const Json event(invocation.sent.request.body);
  invocation.windowed = event.find("/window") != nullptr;
  for (const auto& element : event.elements("/Records")) {
    const std::string arn = Json::text_of(Json::in(element, "/eventSourceARN"));
    if (arn != invocation.mapping->model.stream().arn()) return str_cat("a record of ", arn);
    const Change change = change_of(element);
    ModelRecord* record = invocation.mapping->model.stream().find(change);
    if (!record) return str_cat("a record of what did not happen: ", text_of(change));
    record->sequence = Json::sequence_of(Json::in(element, "/dynamodb/SequenceNumber"));
    invocation.records.push_back(record);
    invocation.sequences.push_back(Json::text_of(Json::in(element, "/dynamodb/SequenceNumber")));
  }
  return std::nullopt;
}

void Mappings::receive(const SharedInvocation& invocation) {
  if (!invocation->sent.wanted()) return;
  Mapping& mapping = *invocation->mapping;
  const std::string& name = mapping.settings.function;
  if (const auto problem = read_event(*invocation))
    return story_.wrong(name, " is sent ", *problem);
  for (ModelRecord* record : invocation->records) tables_.saw(*record);
  std::string text = str_cat(name, " gets");
  for (const ModelRecord* record : invocation->records)
    str_append(text, " [", text_of(record->change), "]");
  story_.tell(text);
  if (const auto problem = mapping.model.receive(invocation->records, story_.product_now()))
    return story_.wrong(name, ": ", *problem);
  // A key is worked at by one invocation at a time.
  std::erase_if(invocations_, [](const auto& weak) {
    const auto other = weak.lock();
    return !other || !other->sent.wanted();
  });
  for (const auto& weak : invocations_) {
    const auto other = weak.lock();
    if (other->mapping != &mapping) continue;
    for (const ModelRecord* record : invocation->records) {
      for (const ModelRecord* running : other->records) {
        // Of what has left the stream meanwhile the next shard knows nothing.
        if (record->change.key == running->change.key &&
            mapping.model.requires_record(*record, story_.product_now()) &&
            mapping.model.requires_record(*running, story_.product_now()))
          return story_.wrong(name, " is sent ", text_of(record->change), " while it works at ",
                              text_of(running->change));
      }
    }
  }
  invocation->received = true;
  invocations_.push_back(invocation);
  story_.server.runtime().later(Thread::kHome, pause(invocation->by_runtime_api),
                                [this, invocation] { deliver(invocation); });
}

void Mappings::deliver(const SharedInvocation& invocation) {
  if (!invocation->sent.wanted()) return;
  const std::size_t count = invocation->records.size();
  if (calm_ || !story_.chance.percent(failing_percent_)) return succeed(invocation, count);
  Mapping& mapping = *invocation->mapping;
  story_.tell(mapping.settings.function, " fails");
  switch (story_.chance.from(0, 4)) {
    case 0:
      if (!invocation->by_runtime_api) {  // It was too busy, and has not run.
        invocation->sent.answer({.status = 429});
        return;
      }
      break;
    case 1:
      if (!invocation->by_runtime_api && story_.has(Feature::kNetworkFaults))
        return fail(invocation, broken(ExchangeFailure::kInterrupted, "reset"));
      break;
    case 2:
      // It never answers.
      if (!invocation->by_runtime_api && story_.has(Feature::kSlowHandlers)) return;
      break;
    case 3:
      if (mapping.settings.partial && count > 1)
        return succeed(invocation, story_.chance.below(count));
      break;
    default:
      break;
  }
  fail(invocation, {.status = 500, .body = "no"});
}

std::string Mappings::success_body(const Invocation& invocation, std::size_t first_failed) const {
  std::string body = "{";
  if (invocation.windowed) body += R"("state":{"n":1})";
  if (first_failed < invocation.sequences.size()) {
    str_append(body, body.size() > 1 ? "," : "", R"("batchItemFailures":[{"itemIdentifier":")",
               invocation.sequences[first_failed], R"("}])");
  }
  return body + "}";
}

// Records from `first_failed` on are reported as failed.
void Mappings::succeed(const SharedInvocation& invocation, std::size_t first_failed) {
  if (!invocation->sent.answer({.status = 200, .body = success_body(*invocation, first_failed)}))
    return;
  auto& records = invocation->records;
  const auto middle = records.begin() + static_cast<std::ptrdiff_t>(first_failed);
  invocation->mapping->model.acknowledge({records.begin(), middle});
  invocation->mapping->model.fail({middle, records.end()});
}

void Mappings::fail(const SharedInvocation& invocation, OutgoingResponse response) {
  if (invocation->sent.answer(std::move(response)) && invocation->received)
    invocation->mapping->model.fail(invocation->records);
}

// --- Under the Runtime API

void Mappings::work(Mapping& mapping, Outgoing event) {
  auto invocation = std::make_shared<Invocation>();
  invocation->mapping = &mapping;
  invocation->sent = std::move(event);
  invocation->by_runtime_api = true;
  receive(invocation);
}

// A process connects to the port that it is bound to now; those of earlier ones end what they have.
void Mappings::use_target(const Function& function) {
  constexpr std::string_view kRuntime = "runtime:";
  if (!function.target.starts_with(kRuntime)) return;
  Mapping& mapping = *by_function_.at(function.name);
  const int port = std::stoi(function.target.substr(kRuntime.size()));
  clients_.push_back(std::make_shared<RuntimeClient>(
      story_.server.runtime(), static_cast<std::uint16_t>(port),
      [this, &mapping](Outgoing event) { work(mapping, std::move(event)); }));
  clients_.back()->ask();
}

void Mappings::start_clients() {
  for (const auto& [name, function] : functions_) use_target(function);
}

void Mappings::life_ended() {
  clients_.clear();
  invocations_.clear();
}

// --- Destination

void Mappings::on_message(Outgoing sent) {
  const Json message(sent.request.body);
  std::string function = message.text("/requestContext/functionArn");
  function = function.substr(function.rfind(':') + 1);
  Mapping& mapping = *by_function_.at(function);
  const bool lost = !calm_ && story_.sometimes(Feature::kNetworkFaults, 10);
  if (lost) mapping.always_told = false;
  const auto first = Json::sequence_of(message.find("/DDBStreamBatchInfo/startSequenceNumber"));
  const auto last = Json::sequence_of(message.find("/DDBStreamBatchInfo/endSequenceNumber"));
  story_.tell("the destination is told of ", function, ": ", first, " to ", last,
              lost ? ", but in vain" : "");
  const auto shared = std::make_shared<Outgoing>(std::move(sent));
  story_.server.runtime().later(Thread::kHome, pause(false), [&mapping, shared, lost, first, last] {
    if (!shared->wanted()) return;
    if (!lost) mapping.told.emplace_back(first, last);
    OutgoingResponse response;
    response.status = lost ? 503 : 200;
    shared->answer(std::move(response));
  });
}

}  // namespace tailrace::simulation
