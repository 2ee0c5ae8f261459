#include "tests/simulation/stream_model.h"

#include <algorithm>

#include "storage/base/check.h"
#include "storage/base/str_cat.h"

namespace tailrace::simulation {
namespace {

constexpr int kNoLimit = std::numeric_limits<int>::max();
// Trimming runs by a timer, so records may live a little longer or be gone at once.
constexpr Millis kRetention = std::chrono::hours(24) - std::chrono::minutes(5);

int limit_of(const MappingSettings& settings) {
  return settings.retries < 0 ? kNoLimit : settings.retries;
}

}  // namespace

std::string text_of(const Change& change) {
  return str_cat(change.event(), " ", change.key, " ", change.before, "->", change.after);
}

// --- Streams

ModelRecord& StreamModel::add(const Change& change, Moment begun, Instant written) {
  // A removal that failed may be tried again.
  if (ModelRecord* again = find(change)) {
    CHECK(again->undone);
    *again = {.change = change, .begun = begun, .written = written};
    auto& of_key = by_key_[change.key];
    std::erase(of_key, again);
    of_key.push_back(again);
    return *again;
  }
  records_.push_back(std::make_unique<ModelRecord>(
      ModelRecord{.change = change, .begun = begun, .written = written}));
  ModelRecord* record = records_.back().get();
  by_change_.emplace(change, record);
  by_key_[change.key].push_back(record);
  return *record;
}

ModelRecord* StreamModel::find(const Change& change) {
  const auto found = by_change_.find(change);
  return found == by_change_.end() ? nullptr : found->second;
}

const std::vector<ModelRecord*>& StreamModel::of_key(const std::string& key) const {
  static const std::vector<ModelRecord*> kNone;
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? kNone : found->second;
}

void StreamModel::trim() {
  for (const auto& record : records_) record->may_be_lost = true;
}

// --- Filters

std::string_view pattern_of(Filter filter) {
  switch (filter) {
    case Filter::kNone:
      return {};
    case Filter::kKindA:
      return R"({"dynamodb":{"NewImage":{"kind":{"S":["a"]}}}})";
    case Filter::kKindB:
      return R"({"dynamodb":{"NewImage":{"kind":{"S":["b"]}}}})";
    case Filter::kNoRemovals:
      return R"({"eventName":["INSERT","MODIFY"]})";
  }
  CHECK(false);
}

bool passes(Filter filter, const Change& change) {
  switch (filter) {
    case Filter::kNone:
      return true;
    case Filter::kKindA:
      return change.after != 0 && kind_of(change.after) == 'a';
    case Filter::kKindB:
      return change.after != 0 && kind_of(change.after) == 'b';
    case Filter::kNoRemovals:
      return change.after != 0;
  }
  CHECK(false);
}

// --- Mappings

MappingModel::MappingModel(StreamModel& stream,
                           const MappingSettings& settings,
                           Moment begun,
                           bool latest)
    : stream_(stream),
      filters_({{.filter = settings.filter}}),
      required_from_(latest ? kNever : 0),
      forbidden_before_(latest ? begun : 0),
      least_retries_(limit_of(settings)),
      largest_batch_(settings.batch_size),
      ages_(settings.record_age_s >= 0) {}

void MappingModel::created(Moment now) {
  required_from_ = std::min(required_from_, now);
}

void MappingModel::update_begins(const MappingSettings& settings, Moment now) {
  filters_.push_back({.filter = settings.filter, .from = now});
  least_retries_ = std::min(least_retries_, limit_of(settings));
  largest_batch_ = std::max(largest_batch_, settings.batch_size);
  ages_ = ages_ || settings.record_age_s >= 0;
}

void MappingModel::update_ends(const MappingSettings& settings, Moment now) {
  for (Span& span : filters_) {
    if (span.to == kNever && span.filter != settings.filter) span.to = now;
  }
}

bool MappingModel::may_come(const ModelRecord& record) const {
  if (record.undone || record.known < forbidden_before_) return false;
  return std::any_of(filters_.begin(), filters_.end(),
                     [&](const Span& span) { return passes(span.filter, record.change); });
}

// Under which filter a record is read, nobody outside knows: any that was in force since it was
// written may have refused it.
bool MappingModel::requires_record(const ModelRecord& record, Instant now) const {
  if (record.undone || record.may_be_lost || record.begun < required_from_) return false;
  if (now - record.written > kRetention) return false;
  return std::all_of(filters_.begin(), filters_.end(), [&](const Span& span) {
    return span.to < record.begun || passes(span.filter, record.change);
  });
}

bool MappingModel::may_be_given_up(const ModelRecord& record) const {
  if (ages_) return true;
  const auto found = deliveries_.find(&record);
  return found != deliveries_.end() && least_retries_ != kNoLimit &&
         found->second.failures > least_retries_;
}

bool MappingModel::is_done_with(const ModelRecord& record) const {
  const auto found = deliveries_.find(&record);
  return (found != deliveries_.end() && found->second.acknowledged) || may_be_given_up(record);
}

bool MappingModel::was_given_up(const ModelRecord& record) const {
  const auto found = deliveries_.find(&record);
  return (found == deliveries_.end() || !found->second.acknowledged) && may_be_given_up(record);
}

std::optional<std::string> MappingModel::receive(const std::vector<ModelRecord*>& batch,
                                                 Instant now) {
  if (batch.size() > static_cast<std::size_t>(largest_batch_))
    return str_cat("a batch of ", batch.size(), " records");
  std::set<const ModelRecord*> earlier;  // In the batch.
  for (const ModelRecord* record : batch) {
    if (!may_come(*record)) return str_cat("comes, but must not: ", text_of(record->change));
    for (const ModelRecord* before : stream_.of_key(record->change.key)) {
      if (before == record) break;
      if (requires_record(*before, now) && !is_done_with(*before) && !earlier.contains(before))
        return str_cat("comes before its predecessor is done with: ", text_of(record->change),
                       " before ", text_of(before->change));
    }
    earlier.insert(record);
    deliveries_[record];
  }
  return std::nullopt;
}

void MappingModel::acknowledge(const std::vector<ModelRecord*>& records) {
  for (const ModelRecord* record : records) deliveries_[record].acknowledged = true;
}

void MappingModel::fail(const std::vector<ModelRecord*>& records) {
  for (const ModelRecord* record : records) ++deliveries_[record].failures;
}

std::vector<const ModelRecord*> MappingModel::missing(Moment known_before, Instant now) const {
  std::vector<const ModelRecord*> missing;
  for (const auto& [key, records] : stream_.keys()) {
    for (const ModelRecord* record : records) {
      if (record->known < known_before && requires_record(*record, now) && !is_done_with(*record))
        missing.push_back(record);
    }
  }
  return missing;
}

}  // namespace tailrace::simulation
