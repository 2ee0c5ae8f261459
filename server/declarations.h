// Declarations: what --triggers and --template files ask for, brought about through the services'
// own operations. Applying twice changes nothing. Home thread.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/service_caller.h"
#include "server/templates/template.h"
#include "server/templates/triggers_file.h"
#include "storage/base/result.h"
#include "streams/handlers/destinations.h"
#include "streams/handlers/function_registry.h"
#include "streams/log/stream_log.h"

namespace tailrace {

class Declarations {
 public:
  struct Parts {
    ServiceCaller& services;
    FunctionRegistry& functions;
    Destinations& destinations;
    StreamLog& stream_log;
    Scheduler& scheduler;
  };
  explicit Declarations(const Parts& parts);
  ~Declarations();
  Declarations(const Declarations&) = delete;
  Declarations& operator=(const Declarations&) = delete;

  // Reads a file without applying it. Errors name file and line.
  Result<void> read_triggers(const std::filesystem::path& file);
  Result<void> read_template(const std::filesystem::path& file);

  // Applies everything that was read, in order; then `done`, with the first error.
  void apply(std::function<void(Result<void>)> done);

 private:
  using Step = std::function<void()>;  // Ends by calling next() or fail(), now or later.
  struct LoadedTemplate {
    templates::Node document;
    std::string file;
    std::optional<templates::Template> plan;
  };

  void next();
  void fail(ApiError error);
  void first(std::vector<Step> steps);  // These come before what is left.

  Result<void> bind_functions();
  Result<void> bind_destinations();
  void apply_template(LoadedTemplate& loaded);
  void plan_after_tables(LoadedTemplate& loaded);
  void apply_table(LoadedTemplate& loaded, const templates::PlannedTable& table);
  void table_is_there(LoadedTemplate& loaded,
                      const templates::PlannedTable& table,
                      const ServiceAnswer& answer);
  void apply_ttl(const templates::PlannedTable& table);
  void apply_function(const templates::PlannedFunction& function);
  void function_is_there(const templates::PlannedFunction& function);
  void apply_mapping(const std::string& place,
                     const std::string& stream_arn,
                     const std::string& create_mapping);
  void update_mapping(const std::string& place,
                      const std::string& existing,
                      const std::string& wanted);
  void apply_declared(const templates::DeclaredMapping& mapping);
  void apply_to_newest_stream(const templates::DeclaredMapping& mapping);
  // Streams that come to be later are mapped then.
  void watch_streams();
  Step checked(std::string place, std::function<void(ServiceCaller::Callback)> call);

  Parts parts_;
  std::list<LoadedTemplate> templates_;
  std::vector<templates::TriggersFile> triggers_;
  std::deque<Step> steps_;
  std::function<void(Result<void>)> done_;
  std::set<std::string>
      mapped_streams_;  // ARN and place of a declared mapping that has been applied to it.
  std::optional<std::uint64_t> subscription_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tailrace
