// Mappings: what clients do with event source mappings and their functions, the functions
// themselves, and what these must have seen.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/runtime_client.h"
#include "tests/simulation/story.h"
#include "tests/simulation/tables.h"

namespace tailrace::simulation {

inline constexpr std::string_view kDestinationArn = "arn:aws:sqs:us-east-1:000000000000:dead";
inline constexpr std::string_view kDestinationUrl = "http://dead.sim/";

class Mappings {
 public:
  Mappings(Story& story, Tables& tables);

  void act();                      // One request, by chance.
  void drain();                    // Asks whether all is delivered; if so, it must be true.
  void on_request(Outgoing sent);  // Of the product, to a function or destination.
  void change_mood();              // Functions fail more or less, from now on.
  void start_clients();            // Of the Runtime API; at each start.
  void reconcile();                // After a start.
  void life_ended();
  void calm_down();  // Functions succeed from now on; most mappings are enabled.
  // Waits for all to be delivered; then nothing is missing, and all is as it was set.
  void check();

 private:
  struct Function {
    std::string name;
    std::string target;
    std::optional<std::string> wanted;  // A request is under way, or cut off.
    bool busy = false;
  };
  struct Mapping {
    Mapping(StreamModel& stream,
            const MappingSettings& wanted_settings,
            Moment begun,
            bool only_new)
        : model(stream, wanted_settings, begun, only_new),
          settings(wanted_settings),
          latest(only_new) {}
    MappingModel model;
    MappingSettings settings;
    std::optional<MappingSettings> wanted;  // An update is under way, or was cut off.
    bool latest = false;
    std::string uuid;
    std::string arn;
    bool there = false;
    bool busy = true;       // A request is under way, or was cut off.
    bool removing = false;  // It is one that deletes the mapping.
    bool tag_busy = false;
    int tag = 0;  // 0: none.
    std::optional<int> wanted_tag;
    int changes = 0;           // Requests that might have changed what is delivered.
    bool always_told = false;  // The destination was there from the beginning, and never failed.
    // What the destination has been told: from this sequence number to that one.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
    bool was_told(std::uint64_t sequence) const;
  };
  // An invocation that a function works at.
  struct Invocation {
    Mapping* mapping = nullptr;
    std::vector<ModelRecord*> records;
    std::vector<std::string> sequences;
    bool windowed = false;
    Outgoing sent;
    bool received = false;
    bool by_runtime_api = false;
  };
  using SharedInvocation = std::shared_ptr<Invocation>;

  // Requests (mappings.cc).
  void create();
  void bind_and_create(Mapping& mapping);
  void send_create(Mapping& mapping);
  void created(Mapping& mapping, const std::string& body);
  void update(Mapping& mapping);
  void send_update(Mapping& mapping, const MappingSettings& wanted);
  void remove(Mapping& mapping);
  void tag(Mapping& mapping);
  void rebind(Function& function);
  void bind(Function& function, const std::string& target, bool valid);
  void delete_and_bind(Function& function);
  MappingSettings new_settings();
  Mapping* any(bool free);
  // The answer of a request that the disk may fail; wrong if it is neither.
  bool is_done(const std::string& what, const Reply& reply, int failures);

  // Functions (functions.cc).
  void receive(const SharedInvocation& invocation);
  void deliver(const SharedInvocation& invocation);
  void fail(const SharedInvocation& invocation, OutgoingResponse response);
  void succeed(const SharedInvocation& invocation, std::size_t first_failed);
  void on_message(Outgoing sent);
  std::optional<std::string> read_event(Invocation& invocation);
  Millis pause(bool by_runtime_api);
  void work(Mapping& mapping, Outgoing event);
  void use_target(const Function& function);
  std::string runtime_target();
  std::string success_body(const Invocation& invocation, std::size_t first_failed) const;

  // Checks (mapping_checks.cc).
  void find_out(Mapping& mapping);
  void find_out(Function& function);
  void check(Mapping& mapping);
  void check(const Function& function);
  std::optional<MappingSettings> read(const Mapping& mapping);
  using Awaited = std::vector<std::pair<Mapping*, int>>;  // With the number of changes so far.
  Awaited enabled_mappings();
  void check_drained(std::string_view why, const Awaited& mappings, Moment before);
  void await_drained();

  Story& story_;
  Tables& tables_;
  std::vector<std::unique_ptr<Mapping>> mappings_;
  std::map<std::string, Function> functions_;
  std::map<std::string, Mapping*> by_function_;
  std::list<std::weak_ptr<Invocation>> invocations_;
  std::vector<std::shared_ptr<RuntimeClient>> clients_;
  int failing_percent_ = 0;
  bool calm_ = false;
  int last_function_ = 0;
  int last_port_ = 9000;
  std::size_t mappings_max_;
};

// As requests and answers have them.
std::string settings_json(const MappingSettings& settings);
MappingSettings read_settings(std::string_view body, std::string_view function);

}  // namespace tailrace::simulation
