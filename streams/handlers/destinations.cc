#include "streams/handlers/destinations.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "storage/base/json_text.h"
#include "storage/base/log.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "storage/base/time_text.h"
#include "storage/schema/key_layout.h"

namespace tailrace {
namespace {

constexpr std::string_view kCollection = "destination";
const Owner kEveryone{};

bool is_bucket(std::string_view arn) {
  return arn.starts_with("arn:aws:s3:::");
}

}  // namespace

Result<DestinationTarget> parse_destination_target(std::string_view text) {
  if (text.starts_with("http://") && text.size() > 7)
    return DestinationTarget{DestinationKind::kHttp, std::string(text)};
  if (text.starts_with("file:") && text.size() > 5) {
    std::string path(text.substr(5));
    std::error_code error;
    const bool directory = path.back() == '/' || std::filesystem::is_directory(path, error);
    return DestinationTarget{directory ? DestinationKind::kDirectory : DestinationKind::kFile,
                             std::move(path)};
  }
  return ApiError{
      .code = ErrorCode::kInvalidParameterValueException,
      .message = str_cat(
          "destination target '", text,
          "' is not http://host:port/path, file:/path (JSON lines) or file:/path/ (a directory)")};
}

std::string destination_target_text(const DestinationTarget& target) {
  if (target.kind == DestinationKind::kHttp) return target.text;
  const bool mark = target.kind == DestinationKind::kDirectory && !target.text.ends_with('/');
  return str_cat("file:", target.text, mark ? "/" : "");
}

std::string destination_document(const DestinationMessage& message) {
  if (!is_bucket(message.destination_arn) || message.payload.empty()) return message.document;
  CHECK(message.document.ends_with('}'));
  std::string document = message.document.substr(0, message.document.size() - 1);
  document.append(",\"payload\":");
  append_json_string(document, message.payload);
  document.push_back('}');
  return document;
}

std::string s3_object_key(const DestinationMessage& message, std::string_view uuid) {
  const std::string time = iso_seconds_z(message.at);  // 2026-02-03T04:05:06Z
  std::string clock = time.substr(11, 8);
  for (char& c : clock)
    if (c == ':') c = '.';
  return str_cat(message.object_path, '/', time.substr(0, 4), '/', time.substr(5, 2), '/',
                 time.substr(8, 2), '/', time.substr(0, 10), 'T', clock, '-', uuid);
}

Destinations::Destinations(EngineQueue& queue, Scheduler& scheduler, HttpClient& client)
    : queue_(queue), scheduler_(scheduler), client_(client), files_(scheduler) {}

Destinations::~Destinations() = default;

void Destinations::load(Txn& txn) {
  const keys::Range range = keys::prefix_range(keys::documents_prefix(kCollection));
  for (auto cursor = txn.scan(range.begin, range.end, Order::kAscending); cursor->valid();
       cursor->next()) {
    const Bytes key = cursor->key();
    const std::string arn(key.substr(key.rfind('\0') + 1));
    Result<DestinationTarget> target = parse_destination_target(cursor->value());
    if (target) {
      bindings_.insert_or_assign(arn, *std::move(target));
    } else {
      log_error("destination in the store is damaged; bind it anew",
                {{"destination", arn}, {"error", target.error().message}});
    }
  }
}

void Destinations::bind(std::string_view arn, DestinationTarget target) {
  bindings_.insert_or_assign(std::string(arn), std::move(target));
}

void Destinations::bind_and_keep(std::string_view arn, DestinationTarget target, Done done) {
  std::string value = destination_target_text(target);
  submit([key = keys::document(kCollection, kEveryone, arn),
          value = std::move(value)](Txn& txn) { txn.put(key, value); },
         [this, arn = std::string(arn), target = std::move(target),
          done = std::move(done)](const Result<void>& stored) {
           if (stored) bind(arn, target);
           done(stored);
         });
}

void Destinations::unbind(std::string_view arn, Done done) {
  if (!bindings_.contains(arn))
    return done(ApiError{.code = ErrorCode::kResourceNotFoundException,
                         .message = str_cat("destination ", arn, " is not bound")});
  submit([key = keys::document(kCollection, kEveryone, arn)](Txn& txn) { txn.erase(key); },
         [this, arn = std::string(arn), done = std::move(done)](const Result<void>& stored) {
           if (stored) bindings_.erase(arn);
           done(stored);
         });
}

// `then` on the home thread, in the order of the commits.
void Destinations::submit(EngineQueue::Run run, Done then) {
  queue_.submit(std::move(run), [alive = std::weak_ptr(alive_), &scheduler = scheduler_,
                                 then = std::move(then)](const EngineError* error) {
    Result<void> stored;
    if (error != nullptr) {
      log_error("destination not stored", {{"error", error->what()}});
      stored = ApiError{.code = ErrorCode::kServiceException,
                        .message = str_cat("the destination could not be stored: ", error->what())};
    }
    scheduler.post([alive, then, stored] {
      if (!alive.expired()) then(stored);
    });
  });
}

bool Destinations::send(const DestinationMessage& message,
                        std::function<void(bool delivered)> done) {
  const auto found = bindings_.find(message.destination_arn);
  if (found == bindings_.end()) return false;
  const DestinationTarget& target = found->second;
  std::string document = destination_document(message);
  if (target.kind == DestinationKind::kHttp) {
    send_http(target.text, std::move(document), std::move(done));
    return true;
  }
  const bool line = target.kind == DestinationKind::kFile;
  std::string path =
      line ? target.text : str_cat(target.text, '/', s3_object_key(message, random_uuid()));
  files_.write(line ? MessageFiles::Form::kLine : MessageFiles::Form::kNewFile, std::move(path),
               std::move(document),
               [arn = message.destination_arn, done = std::move(done)](Result<void> written) {
                 if (!written)
                   log_error("message for a destination not written",
                             {{"destination", arn}, {"error", written.error().message}});
                 done(written.has_value());
               });
  return true;
}

void Destinations::send_http(const std::string& url,
                             std::string document,
                             std::function<void(bool)> done) {
  const std::uint64_t id = next_send_++;
  OutgoingRequest request{.method = "POST", .url = url, .body = std::move(document)};
  request.headers = {{"Content-Type", "application/json"}};
  sending_[id] = client_.send(
      std::move(request), [this, id, url, done = std::move(done)](OutgoingResponse response) {
        const bool delivered = response.failure == ExchangeFailure::kNone &&
                               response.status >= 200 && response.status < 300;
        if (!delivered)
          log_error("message for a destination not delivered",
                    {{"url", url},
                     {"reason", response.failure == ExchangeFailure::kNone
                                    ? str_cat("HTTP ", response.status)
                                    : response.failure_text}});
        done(delivered);
        sending_.erase(id);  // Last: the handle may own this callback.
      });
}

}  // namespace tailrace
