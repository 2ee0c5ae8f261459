// What mappings must be, and what their functions must have seen.
#include <algorithm>

#include "storage/base/str_cat.h"
#include "tests/simulation/json_view.h"
#include "tests/simulation/mappings.h"

namespace tailrace::simulation {
namespace {

constexpr std::string_view kPath = "/2015-03-31/event-source-mappings";
constexpr Millis kDrainedWithin = std::chrono::minutes(30);

}  // namespace

// --- Drain

Mappings::Awaited Mappings::enabled_mappings() {
  Awaited awaited;
  for (const auto& mapping : mappings_) {
    if (mapping->there && !mapping->busy && mapping->settings.enabled)
      awaited.emplace_back(mapping.get(), mapping->changes);
  }
  return awaited;
}

void Mappings::check_drained(std::string_view why, const Awaited& mappings, Moment before) {
  for (const auto& [mapping, changes] : mappings) {
    if (!mapping->there || mapping->changes != changes) continue;
    const auto missing = mapping->model.missing(before, story_.product_now());
    if (!missing.empty())
      return story_.wrong(why, ", but ", mapping->settings.function, " has not seen ",
                          missing.size(), " records: ", text_of(missing.front()->change), " …");
  }
}

void Mappings::drain() {
  story_.tell("drain");
  const Moment before = story_.tick();
  story_.server.send(rest("POST", "/_tailrace/drain", R"({"TimeoutSeconds":5})"),
                     [this, awaited = enabled_mappings(), before](const Reply& reply) {
                       if (!reply.ok()) return;
                       story_.tell("drained");
                       check_drained("drain says Drained", awaited, before);
                     });
}

void Mappings::calm_down() {
  calm_ = true;
  for (const auto& mapping : mappings_) {
    if (!mapping->there || mapping->busy || mapping->settings.enabled) continue;
    if (story_.chance.percent(30)) continue;
    MappingSettings wanted = mapping->settings;
    wanted.enabled = true;
    send_update(*mapping, wanted);
  }
}

void Mappings::await_drained() {
  story_.tell("drain at the end");
  const Moment before = story_.tick();
  const Awaited awaited = enabled_mappings();
  const auto answer = std::make_shared<std::optional<Reply>>();
  story_.server.send(rest("POST", "/_tailrace/drain", R"({"TimeoutSeconds":1700})"),
                     [answer](const Reply& reply) { *answer = reply; });
  const Instant limit = story_.machine.now() + kDrainedWithin;
  while (!*answer && !story_.over() && story_.machine.now() < limit)
    story_.server.runtime().go_on(kDrainedWithin);
  if (story_.over()) return;
  if (!*answer) return story_.wrong("drain has no answer");
  if (!(*answer)->ok()) return story_.wrong("a mapping stands still: ", (*answer)->body);
  check_drained("all is drained", awaited, before);
}

// --- As they were set

bool Mappings::Mapping::was_told(std::uint64_t sequence) const {
  return std::ranges::any_of(told, [sequence](const auto& range) {
    return range.first <= sequence && sequence <= range.second;
  });
}

std::optional<MappingSettings> Mappings::read(const Mapping& mapping) {
  const int failures = story_.server.disk().failures;
  const Reply reply = story_.ask(rest("GET", str_cat(kPath, "/", mapping.uuid)));
  if (story_.over() || story_.server.disk().failures > failures || !reply.ok()) return std::nullopt;
  return read_settings(reply.body, mapping.settings.function);
}

void Mappings::check(Mapping& mapping) {
  const std::string& name = mapping.settings.function;
  const auto found = read(mapping);
  if (story_.over()) return;
  if (!found) return story_.wrong("the mapping of ", name, " is gone");
  if (!(*found == mapping.settings))
    return story_.wrong("the mapping of ", name, " is ", settings_json(*found), " instead of ",
                        settings_json(mapping.settings));
  std::string path = "/2017-03-31/tags/";
  for (const char c : mapping.arn) str_append(path, c == ':' ? "%3A" : std::string(1, c));
  const Reply tags = story_.ask_ok(rest("GET", path));
  if (story_.over()) return;
  if (const auto tag = Json(tags.body).number("/Tags/n");
      tag != static_cast<std::uint64_t>(mapping.tag))
    return story_.wrong("the tag of ", name, " is ", tag, " instead of ", mapping.tag);
  if (!mapping.settings.enabled) return;
  if (!mapping.always_told) return;
  for (const auto& [key, records] : mapping.model.stream().keys()) {
    for (const ModelRecord* record : records) {
      const bool untold = mapping.model.requires_record(*record, story_.product_now()) &&
                          mapping.model.was_given_up(*record) && record->sequence != 0 &&
                          !mapping.was_told(record->sequence);
      if (untold)
        return story_.wrong(
            name, " was not told of a record that was given up: ", text_of(record->change));
    }
  }
}

void Mappings::check(const Function& function) {
  const Reply bound = story_.ask_ok(rest("GET", str_cat("/_tailrace/functions/", function.name)));
  if (story_.over()) return;
  if (const auto target = Json(bound.body).text("/Target"); target != function.target)
    story_.wrong(function.name, " is bound to ", target, " instead of ", function.target);
  story_.ask_ok(rest("GET", str_cat("/2015-03-31/functions/", function.name)));
}

void Mappings::check() {
  await_drained();
  for (const auto& mapping : mappings_) {
    if (mapping->there && !story_.over()) check(*mapping);
  }
  for (const auto& [name, function] : functions_) {
    if (!function.target.empty() && !story_.over()) check(function);
  }
}

// --- After a start

void Mappings::reconcile() {
  calm_ = false;
  for (auto& [name, function] : functions_) {
    if (function.busy && !story_.over()) find_out(function);
  }
  for (const auto& mapping : mappings_) {
    if (!story_.over()) find_out(*mapping);
  }
}

// A request was cut off that would have changed where it runs.
void Mappings::find_out(Function& function) {
  if (!function.wanted) {  // One that had to be refused.
    function.busy = false;
    return;
  }
  const Reply reply = story_.ask_ok(rest("PUT", str_cat("/_tailrace/functions/", function.name),
                                         str_cat(R"({"Target":")", *function.wanted, "\"}")));
  if (story_.over()) return;
  function.target = *function.wanted;
  use_target(function);
  function.wanted.reset();
  function.busy = false;
}

void Mappings::find_out(Mapping& mapping) {
  if (mapping.uuid.empty() && mapping.busy) {  // It was being created.
    const Reply reply =
        story_.ask_ok(rest("GET", str_cat(kPath, "?FunctionName=", mapping.settings.function)));
    if (story_.over()) return;
    const Json list(reply.body);
    mapping.busy = false;
    for (const auto& element : list.elements("/EventSourceMappings")) {
      mapping.uuid = Json::text_of(Json::in(element, "/UUID"));
      mapping.arn = Json::text_of(Json::in(element, "/EventSourceMappingArn"));
      mapping.there = true;
      mapping.model.created(story_.tick());
    }
  }
  if (mapping.there && mapping.busy) {
    const auto found = read(mapping);
    if (story_.over()) return;
    mapping.busy = false;
    if (!found) {
      if (!mapping.removing) return story_.wrong("a mapping is gone: ", mapping.settings.function);
      mapping.there = false;
    } else if (mapping.wanted && *found == *mapping.wanted) {
      mapping.settings = *mapping.wanted;
    } else if (!(*found == mapping.settings)) {
      return story_.wrong("after a restart the mapping is ", settings_json(*found));
    }
    mapping.removing = false;
    mapping.wanted.reset();
    ++mapping.changes;
    mapping.model.update_ends(mapping.settings, story_.tick());
  }
  if (mapping.there && mapping.tag_busy) {
    std::string path = "/2017-03-31/tags/";
    for (const char c : mapping.arn) str_append(path, c == ':' ? "%3A" : std::string(1, c));
    const Reply reply = story_.ask_ok(rest("GET", path));
    if (story_.over()) return;
    const int tag = static_cast<int>(Json(reply.body).number("/Tags/n"));
    if (tag != mapping.tag && tag != *mapping.wanted_tag)
      return story_.wrong("after a restart the tag is ", tag);
    mapping.tag = tag;
    mapping.wanted_tag.reset();
    mapping.tag_busy = false;
  }
}

}  // namespace tailrace::simulation
