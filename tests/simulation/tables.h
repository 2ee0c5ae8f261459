// Tables: what clients do with tables and items, and what these must be then.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/story.h"

namespace tailrace::simulation {

class Tables {
 public:
  explicit Tables(Story& story);

  void act();        // One request, by chance.
  void reconcile();  // After a start: finds out what of the doubtful has happened.
  void check();      // When all is quiet: tables, indexes and streams are as they must be.

  // A stream for a mapping; nullptr: there is none now.
  StreamModel* any_stream();
  StreamModel* find_stream(std::string_view arn);
  // A record was seen, so its write has happened.
  void saw(ModelRecord& record);

 private:
  struct Table;
  struct Item {
    Version version = 0;  // 0: absent.
    bool busy = false;    // A request for it is under way.
  };
  // An item's part in a write.
  struct Part {
    Table* table = nullptr;
    std::string key;
    Version before = 0;
    Version after = 0;
    ModelRecord* record = nullptr;  // nullptr: no stream, or nothing changes.
  };
  struct Write {
    std::string text;
    std::vector<Part> parts;
    bool all_or_none = true;
    bool refused = false;  // Its condition is false.
    int failures = 0;      // Of the disk, before it.
  };
  struct Expiring {
    Version version = 0;
    std::int64_t due = 0;                // Seconds of the product's clock.
    std::vector<ModelRecord*> removals;  // In the streams that may tell of it.
    bool doubtful = false;               // Whether it was ever written, nobody knows.
  };
  struct Table {
    std::string name;
    bool there = false;
    bool indexed = false;
    bool expires = false;
    int requests = 0;  // Under way.
    bool changing =
        false;  // A request that changes the table is under way, or its outcome unknown.
    StreamModel* stream = nullptr;  // nullptr: off.
    std::map<std::string, Item> items;
    std::map<std::string, Expiring> expiring;
  };
  using SharedWrite = std::shared_ptr<Write>;

  // Items (tables.cc).
  void write_one(Table& table);
  void write_batch(Table& table);
  void write_transaction();
  void write_expiring(Table& table);
  void read_one(Table& table);
  std::optional<std::string> free_key(Table& table);
  Part begin_part(Table& table, const std::string& key, bool remove);
  void send(const SharedWrite& write, ClientRequest request);
  void answered(const SharedWrite& write, const Reply& reply);
  void apply(const Part& part);
  void undo(const Part& part);
  void settle(const SharedWrite& write, bool done);
  void settle(const Part& part, bool done);
  std::string item_json(const std::string& key, Version version) const;

  // Tables (table_changes.cc).
  void create(Table& table);
  void remove(Table& table);
  void change_stream(Table& table);
  void describe(Table& table);
  void created(Table& table, const std::string& arn);
  void stream_changed(Table& table, const std::string& arn);
  void gone(Table& table);
  bool is_done(std::string_view what, const Reply& reply, int failures);

  // Checks (table_checks.cc).
  void find_out(const SharedWrite& write);
  std::optional<Version> read(const Table& table, const std::string& key);
  void check_items(Table& table);
  void check_index(const Table& table);
  void check_stream(StreamModel& stream);
  std::map<std::string, Version> scan(const Table& table, std::string_view index);
  struct Seen {
    std::uint64_t sequence = 0;
    Change change;
  };
  std::vector<Seen> read_stream(const StreamModel& stream);
  void read_shard(const StreamModel& stream, const std::string& shard_id, std::vector<Seen>& seen);

  Story& story_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<StreamModel>> streams_;
  std::list<SharedWrite> doubtful_;
  std::list<SharedWrite> open_;
  Version last_version_ = 0;
  int last_expiring_ = 0;
};

// What a stream's record says.
Change change_of(const rapidjson::Value& record);

}  // namespace tailrace::simulation
