#include "server/options.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "storage/base/str_cat.h"

namespace tailrace {
namespace {

// Why a value was refused, or nothing.
using Complaint = std::optional<std::string>;

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class T>
Complaint set_number(T& target, std::string_view text, T least, T most) {
  const auto value = parse_number<T>(text);
  if (!value || *value < least || *value > most)
    return str_cat("expected a whole number from ", least, " to ", most);
  target = *value;
  return std::nullopt;
}

// "250ms", "30s", "4h", "0"; a bare number counts in the unit given.
std::optional<Millis> parse_duration(std::string_view text, Millis bare_unit) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_number<std::int64_t>(text.substr(0, digits));
  if (!count || *count > 1'000'000'000) return std::nullopt;
  static constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  const std::string_view unit = text.substr(digits);
  if (unit.empty()) return Millis(*count * bare_unit.count());
  for (const auto& [name, millis] : kUnits)
    if (unit == name) return Millis(*count * millis);
  return std::nullopt;
}

Complaint set_duration(Millis& target, std::string_view text, Millis bare_unit) {
  const auto value = parse_duration(text, bare_unit);
  if (!value) return "expected a duration such as 250ms, 30s, 5m or 4h";
  target = *value;
  return std::nullopt;
}

// "512MB", "2g", "1048576"; units are of 1,024, as containers' limits are.
Complaint set_bytes(std::optional<std::size_t>& target, std::string_view text, std::size_t least) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_number<std::uint64_t>(text.substr(0, digits));
  std::string unit(text.substr(digits));
  for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  static constexpr std::pair<std::string_view, int> kUnits[] = {
      {"", 0},     {"b", 0},  {"k", 10},  {"kb", 10},  {"kib", 10}, {"m", 20},  {"mb", 20},
      {"mib", 20}, {"g", 30}, {"gb", 30}, {"gib", 30}, {"t", 40},   {"tb", 40}, {"tib", 40}};
  constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 46;
  for (const auto& [name, shift] : kUnits) {
    if (unit != name || !count || *count > (kBytesMax >> shift)) continue;
    const std::uint64_t bytes = *count << shift;
    if (bytes < least) break;
    target = bytes;
    return std::nullopt;
  }
  return str_cat("expected a size such as 512MB or 2GB, at least ", least >> 20, "MB");
}

Complaint add_binding(std::vector<std::pair<std::string, std::string>>& bindings,
                      std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos || equals + 1 == text.size())
    return "expected NAME=TARGET";
  bindings.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  return std::nullopt;
}

Complaint set_log_level(Options& options, std::string_view text) {
  static constexpr std::pair<std::string_view, LogLevel> kLevels[] = {{"debug", LogLevel::kDebug},
                                                                      {"info", LogLevel::kInfo},
                                                                      {"warn", LogLevel::kWarn},
                                                                      {"error", LogLevel::kError},
                                                                      {"off", LogLevel::kOff}};
  for (const auto& [name, level] : kLevels) {
    if (text != name) continue;
    options.log_level = level;
    return std::nullopt;
  }
  return "expected debug, info, warn, error or off";
}

Complaint set_log_format(Options& options, std::string_view text) {
  if (text != "text" && text != "json") return "expected text or json";
  options.log_format = text == "json" ? LogFormat::kJson : LogFormat::kText;
  return std::nullopt;
}

Complaint set_control_access(Options& options, std::string_view text) {
  if (text != "loopback" && text != "any") return "expected loopback or any";
  options.control_access =
      text == "any" ? protocol::ControlAccess::kAnyone : protocol::ControlAccess::kLoopbackOnly;
  return std::nullopt;
}

Complaint set_control_hosts(Options& options, std::string_view text) {
  auto names = protocol::parse_own_names(text);
  if (!names) return "expected host names without port, separated by commas";
  options.pages.own_names = *std::move(names);
  return std::nullopt;
}

Complaint set_cors(Options& options, std::string_view text) {
  auto origins = protocol::parse_cors_origins(text);
  if (!origins)
    return "expected origins such as https://app.example, or *, separated by commas";
  options.pages.cors_origins = *std::move(origins);
  return std::nullopt;
}

// The directory need not be there yet; it is named in full, wherever the server runs.
Complaint set_destination_dir(Options& options, std::string_view text) {
  const std::filesystem::path path(text);
  if (!path.is_absolute()) return "expected the full path of a directory";
  options.destination_dir = path;
  return std::nullopt;
}

Complaint set_durability(Options& options, std::string_view text) {
  if (text != "process" && text != "power") return "expected process or power";
  options.store.durability = text == "power" ? Durability::kPowerLoss : Durability::kProcessCrash;
  return std::nullopt;
}

// ID:SECRET
Complaint add_access_key(Options& options, std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size())
    return "expected ID:SECRET";
  options.access_keys[std::string(text.substr(0, colon))] = text.substr(colon + 1);
  return std::nullopt;
}

// CHANCE:LAG[:SEED], 0.3:200ms:7
Complaint set_eventual(Options& options, std::string_view text) {
  static constexpr std::string_view kForm = "expected CHANCE:LAG[:SEED], for example 0.3:200ms:7";
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::string(kForm);
  const std::string_view rest = text.substr(colon + 1);
  const std::size_t second = std::min(rest.find(':'), rest.size());
  const auto chance = parse_number<double>(text.substr(0, colon));
  const auto lag = parse_duration(rest.substr(0, second), Millis(1));
  if (!chance || !(*chance >= 0 && *chance <= 1) || !lag) return std::string(kForm);
  options.world.eventual_chance = *chance;
  options.world.eventual_lag = *lag;
  if (second == rest.size()) return std::nullopt;
  const auto seed = parse_number<std::uint64_t>(rest.substr(second + 1));
  if (!seed) return std::string(kForm);
  options.world.eventual_seed = *seed;
  return std::nullopt;
}

// What -delayTransientStatuses stands for: changes of a small table take about as long on AWS.
constexpr Millis kTransientDelay = std::chrono::seconds(5);

constexpr std::size_t kMaxMemoryLeast = std::size_t{16} << 20;

struct OptionRow {
  std::string_view name;        // Long form without the dashes.
  std::string_view local_name;  // DynamoDB Local's spelling without its dash; empty: it has none.
  std::string_view value_name;  // Empty: a switch.
  std::string_view help;
  Complaint (*apply)(Options& options, std::string_view value);
  std::string_view bare_local_value = {};  // What DynamoDB Local's spelling means without a value.
};

// clang-format off
constexpr OptionRow kRows[] = {
    {"port", "port", "PORT", "port to listen on; 0 takes a free one (default 8000)",
     [](Options& o, std::string_view v) { return set_number<std::uint16_t>(o.port, v, 0, 65535); }},
    {"host", "", "ADDRESS", "address to listen on (default 127.0.0.1)",
     [](Options& o, std::string_view v) -> Complaint { o.host = v; return std::nullopt; }},
    {"in-memory", "inMemory", "", "keep everything in memory (default)",
     [](Options& o, std::string_view) -> Complaint { o.store.directory.reset(); return std::nullopt; }},
    {"data-dir", "dbPath", "DIR", "keep everything in this directory; it is made if missing",
     [](Options& o, std::string_view v) -> Complaint {
       if (v.empty()) return "expected a directory";
       o.store.directory = std::filesystem::path(v);
       return std::nullopt; }},
    {"durability", "", "process|power", "what an acknowledged write survives: the end of the process, or the loss of power too (default process)", set_durability},
    {"max-memory", "", "SIZE", "memory for the store in memory, large requests and what waits, together, 512MB say; past it writes are refused (default: what the machine or its container has, less an eighth)",
     [](Options& o, std::string_view v) { return set_bytes(o.max_memory, v, kMaxMemoryLeast); }},
    {"region", "", "REGION", "region of requests that name none (default us-east-1)",
     [](Options& o, std::string_view v) -> Complaint { o.region = v; return std::nullopt; }},
    {"shared-db", "sharedDb", "", "one set of tables for every access key and region",
     [](Options& o, std::string_view) -> Complaint { o.shared_db = true; return std::nullopt; }},
    {"verify-signatures", "", "", "check SigV4 signatures against the keys of --access-key",
     [](Options& o, std::string_view) -> Complaint { o.verify_signatures = true; return std::nullopt; }},
    {"access-key", "", "ID:SECRET", "a key for --verify-signatures; may be repeated", add_access_key},
    {"threads", "", "N", "I/O threads (default 2)",
     [](Options& o, std::string_view v) { return set_number<int>(o.threads, v, 1, 64); }},
    {"max-connections", "", "N", "connections open at once; what comes beyond is answered 503 (default 4096)",
     [](Options& o, std::string_view v) { return set_number<int>(o.connections_max, v, 1, 1'000'000); }},
    {"cors", "cors", "LIST", "origins of web pages that may use DynamoDB's API beside those of localhost, https://app.example,…; * for all (default: none; -cors alone: *)", set_cors, "*"},
    {"transaction-conflicts", "", "WINDOW_MS", "requests on an item that a transaction touched within this time conflict, as on AWS (default 0: they wait their turn)",
     [](Options& o, std::string_view v) { return set_duration(o.world.transaction_conflict_window, v, Millis(1)); }},
    {"eventual-consistency", "", "CHANCE:LAG[:SEED]", "let eventually consistent reads be stale by up to LAG with this chance (default: never)", set_eventual},
    {"ttl-interval", "", "DURATION", "pause between sweeps for expired items (default 1s)",
     [](Options& o, std::string_view v) { return set_duration(o.world.ttl_interval, v, Millis(1000)); }},
    {"ttl-update-interval", "", "DURATION", "refuse a second UpdateTimeToLive of a table within this time, AWS has 31m (default 0: none is refused)",
     [](Options& o, std::string_view v) { return set_duration(o.world.ttl_update_interval, v, Millis(1000)); }},
    {"transition-delay", "", "DURATION", "how long tables, indexes and streams show CREATING, UPDATING, DELETING, ENABLING and DISABLING (default 0: until the next request)",
     [](Options& o, std::string_view v) { return set_duration(o.world.transition_delay, v, Millis(1000)); }},
    {"stream-shards", "", "N", "open shards of a new stream (default 1)",
     [](Options& o, std::string_view v) { return set_number<int>(o.streams.initial_shards, v, 1, 256); }},
    {"stream-shard-age", "", "DURATION", "age at which a shard rolls over; 0 for never (default 4h)",
     [](Options& o, std::string_view v) { return set_duration(o.streams.shard_age_max, v, Millis(1000)); }},
    {"stream-split-rate", "", "N", "writes a second that split a shard; 0 for never (default 0)",
     [](Options& o, std::string_view v) { return set_number<int>(o.streams.split_rate, v, 0, 1'000'000); }},
    {"stream-rate-limits", "", "", "refuse calls beyond AWS's rates of DescribeStream, ListStreams and GetRecords",
     [](Options& o, std::string_view) -> Complaint { o.streams.enforce_rates = true; return std::nullopt; }},
    {"function", "", "NAME=TARGET", "bind a Lambda function to http://host:port/path, exec:COMMAND or runtime:PORT; may be repeated",
     [](Options& o, std::string_view v) { return add_binding(o.functions, v); }},
    {"destination", "", "ARN=TARGET", "bind an on-failure destination to http://…, file:/path (JSON lines) or file:/path/ (a directory); may be repeated",
     [](Options& o, std::string_view v) { return add_binding(o.destinations, v); }},
    {"triggers", "", "FILE", "functions and event source mappings to apply at start, YAML or JSON; may be repeated",
     [](Options& o, std::string_view v) -> Complaint { o.trigger_files.emplace_back(v); return std::nullopt; }},
    {"template", "", "FILE", "CloudFormation or SAM template whose tables, functions and mappings to apply at start; may be repeated",
     [](Options& o, std::string_view v) -> Complaint { o.templates.emplace_back(v); return std::nullopt; }},
    {"poll-interval", "", "DURATION", "how often mappings read a shard; 0 for at once after each commit, AWS has 250ms (default 0)",
     [](Options& o, std::string_view v) { return set_duration(o.poll_interval, v, Millis(1)); }},
    {"allow-exec", "", "", "let the control API bind functions to commands (exec:), and pass them the variables that Lambda's API is given",
     [](Options& o, std::string_view) -> Complaint { o.allow_exec = true; return std::nullopt; }},
    {"control-access", "", "loopback|any", "who may use the control API below /_tailrace/ (default loopback)", set_control_access},
    {"control-host", "", "NAME,…", "host names with dots by which the control API and Lambda's may be reached; localhost, addresses and names without dots always may", set_control_hosts},
    {"destination-dir", "", "DIR", "where the control API may bind destinations to files (file:); nowhere unless given", set_destination_dir},
    {"log-level", "", "LEVEL", "debug, info, warn, error or off (default info)", set_log_level},
    {"log-format", "", "text|json", "form of log lines (default text)", set_log_format},
};

// DynamoDB Local's options that have no long form: they ask for what is always so here, for nothing that a
// client could see, or for a setting with a value of theirs.
struct AcceptedRow {
  std::string_view local_name;
  void (*apply)(Options& options) = nullptr;
};
constexpr AcceptedRow kAccepted[] = {
    {"delayTransientStatuses", [](Options& o) { o.world.transition_delay = kTransientDelay; }},
    {"optimizeDbBeforeStartup"},
    {"disableTelemetry"},
};
// clang-format on

constexpr std::string_view kEnvironmentPrefix = "TAILRACE_";

// Not both in one place; DynamoDB Local refuses them too. The command line overrules the environment.
constexpr std::pair<std::string_view, std::string_view> kContradictions[] = {
    {"in-memory", "data-dir"},
};

std::string environment_name(const OptionRow& row) {
  std::string name(kEnvironmentPrefix);
  for (const char c : row.name)
    name.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return name;
}

std::string help_text() {
  std::string text =
      "Tailrace: a local DynamoDB with Streams and Lambda triggers.\n\n"
      "Usage: tailrace [options]\n\nOptions (each also as an environment variable, --data-dir as "
      "TAILRACE_DATA_DIR):\n";
  for (const OptionRow& row : kRows) {
    std::string left = str_cat("  --", row.name);
    if (!row.value_name.empty()) str_append(left, ' ', row.value_name);
    left.resize(std::max<std::size_t>(left.size() + 2, 34), ' ');
    str_append(text, left, row.help, "\n");
  }
  str_append(
      text,
      "  --version                       print the version and exit\n"
      "  --help                          print this and exit\n\n"
      "DynamoDB Local's spellings are taken too: -port, -inMemory, -dbPath, -sharedDb, -cors, …\n\n"
      "Point an AWS SDK at it with its endpoint setting, or "
      "AWS_ENDPOINT_URL=http://127.0.0.1:8000\n");
  return text;
}

PrintAndExit refuse(std::string text) {
  return {.text = str_cat("tailrace: ", text, "\n"), .exit_code = 2};
}

bool is_true(std::string_view text) {
  return text == "1" || text == "true" || text == "yes" || text == "on" || text.empty();
}

using Given = std::map<std::string_view, std::string>;  // By long form, as it was spelled.

std::optional<PrintAndExit> refuse_contradictions(const Given& given) {
  for (const auto& [one, other] : kContradictions) {
    const auto first = given.find(one);
    const auto second = given.find(other);
    if (first != given.end() && second != given.end())
      return refuse(str_cat(first->second, " and ", second->second,
                            " contradict each other; leave one of them out"));
  }
  return std::nullopt;
}

// Container platforms describe a service named tailrace in variables such as
// TAILRACE_PORT=tcp://10.0.0.1:8000.
bool is_service_link(std::string_view value) {
  return value.starts_with("tcp://");
}

std::optional<PrintAndExit> apply_environment(Options& options, Environment environment) {
  std::erase_if(environment, [](const auto& variable) { return is_service_link(variable.second); });
  Given given;
  for (const OptionRow& row : kRows) {
    const auto variable = environment.extract(environment_name(row));
    if (variable.empty()) continue;
    const std::string& value = variable.mapped();
    if (row.value_name.empty() && !is_true(value)) continue;
    given.emplace(row.name, variable.key());
    if (const Complaint complaint = row.apply(options, value))
      return refuse(str_cat("environment variable ", variable.key(), "=", value, ": ", *complaint));
  }
  std::string unknown;
  for (const auto& [name, value] : environment)
    str_append(unknown, unknown.empty() ? "" : ", ", name);
  if (!unknown.empty())
    options.warning =
        str_cat("environment variables that are no options: ", unknown, "; see tailrace --help");
  return refuse_contradictions(given);
}

// One argument taken apart: --name=value, --name value, -localName value.
struct Argument {
  bool local_spelling;
  std::string_view name;
  std::optional<std::string_view> value;
};

std::optional<Argument> take_apart(std::string_view text) {
  if (text.starts_with("--")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return Argument{false, text.substr(2), std::nullopt};
    return Argument{false, text.substr(2, equals - 2), text.substr(equals + 1)};
  }
  if (text.starts_with("-") && text.size() > 1) return Argument{true, text.substr(1), std::nullopt};
  return std::nullopt;
}

const OptionRow* find_row(const Argument& argument) {
  for (const OptionRow& row : kRows)
    if (argument.name == (argument.local_spelling ? row.local_name : row.name)) return &row;
  return nullptr;
}

std::optional<PrintAndExit> printed_option(const Argument& argument) {
  if (argument.name == "help" || argument.name == "h")
    return PrintAndExit{.text = help_text(), .exit_code = 0};
  if (argument.name == "version")
    return PrintAndExit{.text = str_cat("tailrace ", version(), "\n"), .exit_code = 0};
  return std::nullopt;
}

}  // namespace

std::string_view version() {
  return TAILRACE_VERSION;
}

Environment read_environment(const char* const* lines) {
  Environment environment;
  for (; *lines != nullptr; ++lines) {
    const std::string_view line = *lines;
    const std::size_t equals = std::min(line.find('='), line.size());
    if (line.starts_with(kEnvironmentPrefix) && equals < line.size())
      environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return environment;
}

std::variant<Options, PrintAndExit> parse_options(const std::vector<std::string>& arguments,
                                                  const Environment& environment) {
  Options options;
  if (auto refusal = apply_environment(options, environment)) return *std::move(refusal);
  Given given;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& text = arguments[i];
    const std::optional<Argument> argument = take_apart(text);
    if (!argument) return refuse(str_cat("unexpected argument '", text, "'; see tailrace --help"));
    if (auto printed = printed_option(*argument)) return *std::move(printed);
    if (argument->local_spelling) {
      const auto accepted =
          std::find_if(std::begin(kAccepted), std::end(kAccepted),
                       [&](const AcceptedRow& row) { return row.local_name == argument->name; });
      if (accepted != std::end(kAccepted)) {
        if (accepted->apply != nullptr) accepted->apply(options);
        continue;
      }
    }
    const OptionRow* row = find_row(*argument);
    if (row == nullptr) return refuse(str_cat("unknown option '", text, "'; see tailrace --help"));
    given.emplace(row->name, str_cat(argument->local_spelling ? "-" : "--", argument->name));
    if (row->value_name.empty()) {
      if (argument->value) return refuse(str_cat("option --", row->name, " takes no value"));
      row->apply(options, {});
      continue;
    }
    const bool alone = i + 1 == arguments.size();
    const bool may_be_bare = argument->local_spelling && !row->bare_local_value.empty();
    std::optional<std::string_view> value = argument->value;
    if (!value && may_be_bare && (alone || arguments[i + 1].starts_with('-')))
      value = row->bare_local_value;
    else if (!value && !alone)
      value = arguments[++i];
    if (!value) return refuse(str_cat("option ", text, " needs a value: ", row->value_name));
    if (const Complaint complaint = row->apply(options, *value))
      return refuse(str_cat("option ", text, ": '", *value, "' is not valid; ", *complaint));
  }
  if (auto refusal = refuse_contradictions(given)) return *std::move(refusal);
  if (options.verify_signatures && options.access_keys.empty())
    return refuse("--verify-signatures needs at least one --access-key ID:SECRET");
  return options;
}

}  // namespace tailrace
