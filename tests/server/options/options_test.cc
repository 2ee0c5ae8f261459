#include "server/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace tailrace {
namespace {

using testing::HasSubstr;

using Arguments = std::vector<std::string>;

Options options_of(const Arguments& arguments, const Environment& environment = {}) {
  auto parsed = parse_options(arguments, environment);
  if (const auto* print = std::get_if<PrintAndExit>(&parsed)) ADD_FAILURE() << print->text;
  return std::get<Options>(std::move(parsed));
}

TEST(Options, DefaultsServeLoopbackFromMemory) {
  const Options options = options_of({});
  EXPECT_EQ(options.host, "127.0.0.1");
  EXPECT_EQ(options.port, 8000);
  EXPECT_EQ(options.store.directory, std::nullopt);
  EXPECT_EQ(options.region, "us-east-1");
  EXPECT_FALSE(options.shared_db);
}

TEST(Options, AreTakenInBothLongForms) {
  const Options options =
      options_of({"--port", "8001", "--host=0.0.0.0", "--data-dir", "/data", "--region=eu-west-1",
                  "--shared-db", "--log-level", "warn", "--log-format=json"});
  EXPECT_EQ(options.port, 8001);
  EXPECT_EQ(options.host, "0.0.0.0");
  EXPECT_EQ(options.store.directory, "/data");
  EXPECT_EQ(options.region, "eu-west-1");
  EXPECT_TRUE(options.shared_db);
  EXPECT_EQ(options.log_level, LogLevel::kWarn);
  EXPECT_EQ(options.log_format, LogFormat::kJson);
}

TEST(Options, SayHowMuchMemoryThereIs) {
  EXPECT_EQ(options_of({}).max_memory, std::nullopt);
  constexpr std::size_t kMega = std::size_t{1} << 20;
  const std::pair<const char*, std::size_t> sizes[] = {
      {"512MB", 512 * kMega},     {"512m", 512 * kMega},  {"2GB", 2048 * kMega},
      {"1GiB", 1024 * kMega},     {"16384k", 16 * kMega}, {"16777216", 16 * kMega},
      {"64T", 67'108'864 * kMega}};
  for (const auto& [text, bytes] : sizes)
    EXPECT_EQ(options_of({"--max-memory", text}).max_memory, bytes) << text;
}

TEST(Options, TakeDynamoDbLocalsSpellings) {
  const Options options =
      options_of({"-port", "8001", "-dbPath", "/data", "-sharedDb", "-cors", "*",
                  "-delayTransientStatuses", "-optimizeDbBeforeStartup", "-disableTelemetry"});
  EXPECT_EQ(options.port, 8001);
  EXPECT_EQ(options.store.directory, "/data");
  EXPECT_TRUE(options.shared_db);
  EXPECT_EQ(options.world.transition_delay, std::chrono::seconds(5));
}

TEST(Options, SayWhichPagesMayUseTables) {
  const auto origins = [](const Arguments& arguments) {
    return options_of(arguments).pages.cors_origins;
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(origins({}), List{});
  EXPECT_EQ(origins({"--cors", "https://a.example,b.example"}),
            (List{"https://a.example", "b.example"}));
  EXPECT_EQ(origins({"-cors", "a.example", "-inMemory"}), List{"a.example"});
  EXPECT_EQ(origins({"-cors", "-inMemory"}), List{"*"}) << "as in DynamoDB Local";
  EXPECT_EQ(origins({"-inMemory", "-cors"}), List{"*"});
  EXPECT_EQ(options_of({}, {{"TAILRACE_CORS", "*"}}).pages.cors_origins, List{"*"});
}

TEST(Options, SayByWhichNamesAndHowOftenTheServerIsReached) {
  const Options options =
      options_of({"--control-host", "a.example,b.example", "--max-connections", "100"});
  EXPECT_EQ(options.pages.own_names, (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(options.connections_max, 100);
  EXPECT_EQ(options_of({}).connections_max, 4096);
  EXPECT_EQ(options_of({"--destination-dir", "/tmp/d"}).destination_dir, "/tmp/d");
}

TEST(Options, ComeFromTheEnvironmentUnlessTheCommandLineSaysOtherwise) {
  const Environment variables = {
      {"TAILRACE_PORT", "9000"}, {"TAILRACE_DATA_DIR", "/data"}, {"TAILRACE_SHARED_DB", "1"}};
  EXPECT_EQ(options_of({}, variables).port, 9000);
  EXPECT_EQ(options_of({}, variables).store.directory, "/data");
  EXPECT_TRUE(options_of({}, variables).shared_db);
  EXPECT_EQ(options_of({"--port", "9001"}, variables).port, 9001);
  EXPECT_FALSE(options_of({}, {{"TAILRACE_SHARED_DB", "false"}}).shared_db);
  EXPECT_EQ(options_of({"--in-memory"}, variables).store.directory, std::nullopt);
  EXPECT_EQ(options_of({}, variables).warning, "");
}

TEST(Options, OfTheEnvironmentThatAreUnknownAreNamedInAWarning) {
  const Options options = options_of({}, {{"TAILRACE_DATADIR", "/data"}, {"TAILRACE_X", ""}});
  EXPECT_EQ(options.warning,
            "environment variables that are no options: TAILRACE_DATADIR, TAILRACE_X; see tailrace "
            "--help");
  EXPECT_EQ(options.store.directory, std::nullopt);
}

TEST(Options, AreNotMistakenForAServicesVariables) {
  const Options options = options_of({}, {{"TAILRACE_PORT", "tcp://10.0.0.1:8000"},
                                          {"TAILRACE_PORT_8000_TCP", "tcp://10.0.0.1:8000"}});
  EXPECT_EQ(options.port, 8000);
  EXPECT_EQ(options.warning, "");
}

TEST(ReadEnvironment, TakesTailracesVariables) {
  const char* const lines[] = {"HOME=/root",     "TAILRACE_DESTINATION=a=b", "TAILRACE_X=",
                               "TAILRACE_BROKEN", "tailrace_port=1",          nullptr};
  EXPECT_EQ(read_environment(lines),
            (Environment{{"TAILRACE_DESTINATION", "a=b"}, {"TAILRACE_X", ""}}));
}

TEST(Options, OfWhatLambdaAndStreamsDoAreRead) {
  const Options options =
      options_of({"--function", "A=http://localhost/", "--function", "B=exec:npx b",
                  "--eventual-consistency", "0.5:200ms:7", "--transaction-conflicts", "50",
                  "--stream-shard-age", "10m", "--poll-interval", "250ms", "--ttl-update-interval", "31m", "--transition-delay",
                  "3s"});
  EXPECT_EQ(options.functions, (std::vector<std::pair<std::string, std::string>>{
                                   {"A", "http://localhost/"}, {"B", "exec:npx b"}}));
  EXPECT_EQ(options.world.eventual_chance, 0.5);
  EXPECT_EQ(options.world.eventual_lag, Millis(200));
  EXPECT_EQ(options.world.ttl_update_interval, std::chrono::minutes(31));
  EXPECT_EQ(options.world.transition_delay, Millis(3000));
  EXPECT_EQ(options.world.eventual_seed, 7u);
  EXPECT_EQ(options.world.transaction_conflict_window, Millis(50));
  EXPECT_EQ(options.streams.shard_age_max, std::chrono::minutes(10));
  EXPECT_EQ(options.poll_interval, Millis(250));
}

struct Refusal {
  Arguments arguments;
  Environment variables;
  std::string_view text;
};
const Refusal kRefusals[] = {
    {{"--bogus"}, {}, "tailrace: unknown option '--bogus'; see tailrace --help\n"},
    {{"-bogus"}, {}, "tailrace: unknown option '-bogus'; see tailrace --help\n"},
    {{"stray"}, {}, "tailrace: unexpected argument 'stray'; see tailrace --help\n"},
    {{"--port"}, {}, "tailrace: option --port needs a value: PORT\n"},
    {{"--port", "65536"},
     {},
     "tailrace: option --port: '65536' is not valid; expected a whole number from 0 to 65535\n"},
    {{"--port", "8000x"},
     {},
     "tailrace: option --port: '8000x' is not valid; expected a whole number from 0 to 65535\n"},
    {{"--shared-db=yes"}, {}, "tailrace: option --shared-db takes no value\n"},
    {{"--log-level", "loud"},
     {},
     "tailrace: option --log-level: 'loud' is not valid; expected debug, info, warn, error or "
     "off\n"},
    {{"--function", "f"},
     {},
     "tailrace: option --function: 'f' is not valid; expected NAME=TARGET\n"},
    {{"--max-memory", "15MB"},
     {},
     "tailrace: option --max-memory: '15MB' is not valid; expected a size such as 512MB or 2GB, at "
     "least 16MB\n"},
    {{"--max-memory", "1.5GB"},
     {},
     "tailrace: option --max-memory: '1.5GB' is not valid; expected a size such as 512MB or 2GB, "
     "at "
     "least 16MB\n"},
    {{"--max-memory", "65T"},
     {},
     "tailrace: option --max-memory: '65T' is not valid; expected a size such as 512MB or 2GB, at "
     "least 16MB\n"},
    {{"--cors"}, {}, "tailrace: option --cors needs a value: LIST\n"},
    {{"--cors", "https://a.example/b"},
     {},
     "tailrace: option --cors: 'https://a.example/b' is not valid; expected origins such as "
     "https://app.example, or *, separated by commas\n"},
    {{"--control-host", "a.example:8000"},
     {},
     "tailrace: option --control-host: 'a.example:8000' is not valid; expected host names without "
     "port, separated by commas\n"},
    {{"--destination-dir", "here"},
     {},
     "tailrace: option --destination-dir: 'here' is not valid; expected the full path of a "
     "directory\n"},
    {{"--max-connections", "0"},
     {},
     "tailrace: option --max-connections: '0' is not valid; expected a whole number from 1 to "
     "1000000\n"},
    {{"--verify-signatures"},
     {},
     "tailrace: --verify-signatures needs at least one --access-key ID:SECRET\n"},
    {{"--in-memory", "--data-dir=/data"},
     {},
     "tailrace: --in-memory and --data-dir contradict each other; leave one of them out\n"},
    {{"-dbPath", "/data", "-inMemory"},
     {},
     "tailrace: -inMemory and -dbPath contradict each other; leave one of them out\n"},
    {{},
     {{"TAILRACE_IN_MEMORY", "1"}, {"TAILRACE_DATA_DIR", "/data"}},
     "tailrace: TAILRACE_IN_MEMORY and TAILRACE_DATA_DIR contradict each other; leave one of them "
     "out\n"},
    {{},
     {{"TAILRACE_PORT", "x"}},
     "tailrace: environment variable TAILRACE_PORT=x: expected a whole number from 0 to 65535\n"},
};

TEST(Options, MistakesAreOneLineAndExitCodeTwo) {
  for (const Refusal& row : kRefusals) {
    const auto parsed = parse_options(row.arguments, row.variables);
    const auto* print = std::get_if<PrintAndExit>(&parsed);
    ASSERT_NE(print, nullptr) << row.text;
    EXPECT_EQ(print->exit_code, 2);
    EXPECT_EQ(print->text, row.text);
  }
}

TEST(Options, HelpAndVersionArePrinted) {
  const auto help = parse_options({"--help"}, {});
  ASSERT_TRUE(std::holds_alternative<PrintAndExit>(help));
  EXPECT_EQ(std::get<PrintAndExit>(help).exit_code, 0);
  EXPECT_THAT(std::get<PrintAndExit>(help).text, HasSubstr("--data-dir DIR"));
  const auto printed_version = parse_options({"--version"}, {});
  EXPECT_THAT(std::get<PrintAndExit>(printed_version).text, HasSubstr("tailrace "));
}

}  // namespace
}  // namespace tailrace
