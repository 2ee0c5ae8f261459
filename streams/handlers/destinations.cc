#include "streams/handlers/destinations.h"

#include <fstream>
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

bool append_line(const std::string& path, const std::string& document) {
  std::ofstream file(path, std::ios::app);
  file << document << '\n';
  file.flush();
  return file.good();
}

bool write_object(const std::string& directory,
                  const std::string& key,
                  const std::string& document) {
  const std::filesystem::path path = std::filesystem::path(directory) / key;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::ofstream file(path);
  file << document;
  file.flush();
  return file.good();
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
    : queue_(queue), scheduler_(scheduler), client_(client) {}

Destinations::~Destinations() = default;

void Destinations::load(Txn& txn) {
  const keys::Range range = keys::prefix_range(keys::documents_prefix(kCollection));
  for (auto cursor = txn.scan(range.begin, range.end, Order::kAscending); cursor->valid();
       cursor->next()) {
    const Bytes key = cursor->key();
    Result<DestinationTarget> target = parse_destination_target(cursor->value());
    CHECK(target.has_value());
    bindings_.insert_or_assign(std::string(key.substr(key.rfind('\0') + 1)), *std::move(target));
  }
}

void Destinations::bind(std::string_view arn, DestinationTarget target, Persistence persistence) {
  if (persistence == Persistence::kStored)
    queue_.submit([key = keys::document(kCollection, kEveryone, arn),
                   value = destination_target_text(target)](Txn& txn) { txn.put(key, value); },
                  [](const EngineError* error) {
                    if (error != nullptr)
                      log_error("destination not stored", {{"error", error->what()}});
                  });
  bindings_.insert_or_assign(std::string(arn), std::move(target));
}

bool Destinations::unbind(std::string_view arn) {
  const auto found = bindings_.find(arn);
  if (found == bindings_.end()) return false;
  bindings_.erase(found);
  queue_.submit([key = keys::document(kCollection, kEveryone, arn)](Txn& txn) { txn.erase(key); },
                [](const EngineError*) {});
  return true;
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
  const bool written =
      target.kind == DestinationKind::kFile
          ? append_line(target.text, document)
          : write_object(target.text, s3_object_key(message, random_uuid()), document);
  if (!written)
    log_error("message for a destination not written",
              {{"destination", message.destination_arn}, {"path", target.text}});
  scheduler_.post([done = std::move(done), written] { done(written); });
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
