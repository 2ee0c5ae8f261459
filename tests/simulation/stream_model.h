// What the streams must hold, and what the function of each mapping must see of it: every record at
// least once, and for one key in order. Knows nothing of the product.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "storage/base/clock.h"

namespace tailrace::simulation {

// A count of what has happened so far, to tell what came first.
using Moment = std::uint64_t;
inline constexpr Moment kNever = std::numeric_limits<Moment>::max();

// Of an item; each write has a number of its own. 0: there is no item.
using Version = std::uint64_t;
// Items are of one of two kinds, for filters to tell apart.
inline char kind_of(Version version) {
  return version % 2 == 0 ? 'a' : 'b';
}

// A record by what it says.
struct Change {
  std::string key;
  Version before = 0;
  Version after = 0;
  std::string_view event() const {
    return before == 0 ? "INSERT" : after == 0 ? "REMOVE" : "MODIFY";
  }
  auto operator<=>(const Change&) const = default;
};
std::string text_of(const Change& change);

struct ModelRecord {
  Change change;
  Moment begun = 0;            // The write was sent.
  Moment known = kNever;       // It has been acknowledged, or was seen.
  Instant written{};           // By the product's clock, when it was sent.
  bool undone = false;         // The write failed: the stream must not hold it.
  bool may_be_lost = false;    // Trimmed by command.
  std::uint64_t sequence = 0;  // 0: not seen yet.
};

class StreamModel {
 public:
  StreamModel(std::string arn, std::string table)
      : arn_(std::move(arn)), table_(std::move(table)) {}

  const std::string& arn() const { return arn_; }
  const std::string& table() const { return table_; }
  // Records stay where they are.
  ModelRecord& add(const Change& change, Moment begun, Instant written);
  ModelRecord* find(const Change& change);
  // Of a key, in order.
  const std::vector<ModelRecord*>& of_key(const std::string& key) const;
  const std::map<std::string, std::vector<ModelRecord*>>& keys() const { return by_key_; }
  void trim();  // Everything that is there may be gone.

 private:
  const std::string arn_;
  const std::string table_;
  std::vector<std::unique_ptr<ModelRecord>> records_;
  std::map<Change, ModelRecord*> by_change_;
  std::map<std::string, std::vector<ModelRecord*>> by_key_;
};

// Filters that mappings may have.
enum class Filter : std::uint8_t { kNone, kKindA, kKindB, kNoRemovals };
inline constexpr int kFilterCount = 4;
std::string_view pattern_of(Filter filter);  // Empty: no filter.
bool passes(Filter filter, const Change& change);

// What a user may set of a mapping, as far as simulations do.
struct MappingSettings {
  std::string function;
  bool enabled = true;
  int batch_size = 10;
  int batching_window_s = 0;
  int factor = 1;
  int retries = -1;
  bool bisect = false;
  int tumbling_window_s = 0;
  int record_age_s = -1;
  bool partial = false;
  bool destination = false;
  Filter filter = Filter::kNone;
  bool operator==(const MappingSettings&) const = default;
};

class MappingModel {
 public:
  // `least`: what the first records must be; all before may be skipped, or (LATEST) must be.
  MappingModel(StreamModel& stream, const MappingSettings& settings, Moment begun, bool latest);

  StreamModel& stream() const { return stream_; }
  // An update was sent: from now on either settings may be in force.
  void update_begins(const MappingSettings& settings, Moment now);
  // From now on only these are.
  void update_ends(const MappingSettings& settings, Moment now);
  // The mapping is there: with LATEST, records that are written from now on must come.
  void created(Moment now);

  // A batch comes in. What is wrong with it; nullopt: nothing.
  std::optional<std::string> receive(const std::vector<ModelRecord*>& batch, Instant now);
  // The product was told that these records are done with.
  void acknowledge(const std::vector<ModelRecord*>& records);
  // The product was told, or can see, that the function has failed with these records.
  void fail(const std::vector<ModelRecord*>& records);

  // The function must get to see the record, and it must be done with.
  bool requires_record(const ModelRecord& record, Instant now) const;
  bool is_done_with(const ModelRecord& record) const;
  // Records, of those that are known before `known_before`, that are missing.
  std::vector<const ModelRecord*> missing(Moment known_before, Instant now) const;
  bool was_given_up(const ModelRecord& record) const;

 private:
  struct Span {
    Filter filter = Filter::kNone;
    Moment from = 0;
    Moment to = kNever;
  };
  struct Delivery {
    bool acknowledged = false;
    int failures = 0;
  };

  bool may_be_given_up(const ModelRecord& record) const;
  bool may_come(const ModelRecord& record) const;

  StreamModel& stream_;
  std::vector<Span> filters_;
  Moment required_from_;
  Moment forbidden_before_ = 0;
  int least_retries_;
  int largest_batch_;
  bool ages_;
  std::map<const ModelRecord*, Delivery> deliveries_;
};

}  // namespace tailrace::simulation
