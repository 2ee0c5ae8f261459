// Destinations: where messages of discarded batches and of asynchronous invocations go. An ARN of a
// queue, topic, bucket or event bus is bound to an HTTP endpoint, a file that gets one JSON line a
// message, or a directory that gets one file a message under the key that Lambda gives it in a
// bucket. (behaviour/triggers 3.13) Home thread only, but for load().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/result.h"
#include "storage/engine/engine_queue.h"
#include "streams/handlers/http_client.h"
#include "streams/handlers/invoke.h"
#include "streams/handlers/message_files.h"

namespace tailrace {

enum class DestinationKind : std::uint8_t { kHttp, kFile, kDirectory };

struct DestinationTarget {
  DestinationKind kind = DestinationKind::kHttp;
  std::string text;  // URL or path.
};

// "http://…", "file:/path" (JSON lines), "file:/path/" or an existing directory (one file a
// message). Errors: InvalidParameterValueException that says which forms there are.
Result<DestinationTarget> parse_destination_target(std::string_view text);
std::string destination_target_text(const DestinationTarget& target);

// The document as the destination's kind has it: S3 objects carry the whole event as the text
// `payload`.
std::string destination_document(const DestinationMessage& message);
// <object path>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>
std::string s3_object_key(const DestinationMessage& message, std::string_view uuid);

class Destinations final : public MessageDestinations {
 public:
  Destinations(EngineQueue& queue, Scheduler& scheduler, HttpClient& client);
  ~Destinations() override;

  using Done = std::function<void(Result<void>)>;

  void load(Txn& txn);
  void bind(std::string_view arn, DestinationTarget target);  // For this run.
  // Both: in force, and answered on the home thread, once it is committed. Errors: ServiceException
  // if it could not be stored; ResourceNotFoundException if there is no such binding.
  void bind_and_keep(std::string_view arn, DestinationTarget target, Done done);
  void unbind(std::string_view arn, Done done);
  const std::map<std::string, DestinationTarget, std::less<>>& bindings() const {
    return bindings_;
  }

  bool send(const DestinationMessage& message, std::function<void(bool delivered)> done) override;

 private:
  void send_http(const std::string& url, std::string document, std::function<void(bool)> done);
  void submit(EngineQueue::Run run, Done then);

  EngineQueue& queue_;
  Scheduler& scheduler_;
  HttpClient& client_;
  std::map<std::string, DestinationTarget, std::less<>> bindings_;
  std::map<std::uint64_t, std::shared_ptr<void>> sending_;
  std::uint64_t next_send_ = 1;
  MessageFiles files_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tailrace
