#include "server/protocol/page_policy.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

namespace tailrace::protocol {
namespace {

TEST(KindOfHost, TellsNamesApart) {
  using enum HostKind;
  struct Case {
    std::string_view host;
    HostKind kind;
  };
  const Case cases[] = {
      {"localhost", kLoopback},
      {"LocalHost:8000", kLoopback},
      {"localhost.:8000", kLoopback},
      {"app.localhost:3000", kLoopback},
      {"127.0.0.1", kLoopback},
      {"127.8.9.10:1", kLoopback},
      {"[::1]:8000", kLoopback},
      {"[0:0:0:0:0:0:0:1]", kLoopback},
      {"[::ffff:127.0.0.1]", kLoopback},
      {"0.0.0.0:8000", kAddress},
      {"192.168.1.5", kAddress},
      {"[::]:8000", kAddress},
      {"[fe80::1%25eth0]:8000", kAddress},
      {"[::ffff:10.0.0.1]", kAddress},
      {"tailrace:8000", kPrivateName},
      {"tail_race-1", kPrivateName},
      {"2130706433", kPrivateName},
      {"host.docker.internal:8000", kPrivateName},
      {"evil.example", kPublicName},
      {"evil.example.:8000", kPublicName},
      {"127.0.0.1.evil.example", kPublicName},
      {"localhost.evil.example", kPublicName},
      {"notlocalhost.example", kPublicName},
      {"evil.notlocalhost", kPublicName},
      {"1.2.3.4.5", kPublicName},
      {"127.0.0.256", kPublicName},
      {"127.1", kPublicName},
      {"", kNone},
      {":8000", kNone},
      {".", kNone},
      {"[evil", kNone},
      {"[evil]", kNone},
      {"[]", kNone},
      {"[::1]evil.example", kNone},
      {"[::1]:80x", kNone},
      {"[::1]8000", kNone},
      {"localhost:80:80", kNone},
      {"localhost:evil.example", kNone},
      {"user@localhost", kNone},
      {"localhost/evil", kNone},
      {"local host", kNone},
      {"l\xc3\xb6we", kNone},
  };
  for (const Case& c : cases) EXPECT_EQ(kind_of_host(c.host), c.kind) << c.host;
}

constexpr std::string_view kAbsent;

// Each API's answer to one request: T for a table call, C for a command, R for a call of the
// Runtime API; a dash stands for a refusal.
std::string taken(const PagePolicy& policy, const PageHeaders& headers) {
  return {policy.refuse_table_call(headers) ? '-' : 'T', policy.refuse_command(headers) ? '-' : 'C',
          PagePolicy::refuse_runtime_call(headers) ? '-' : 'R'};
}

struct RequestCase {
  std::string_view name, host, origin, fetch_site, taken;
};

void expect_taken(const PagePolicy::Settings& settings, std::span<const RequestCase> cases) {
  const PagePolicy policy(settings);
  for (const RequestCase& c : cases)
    EXPECT_EQ(taken(policy, {.host = c.host, .origin = c.origin, .fetch_site = c.fetch_site}),
              c.taken)
        << c.name;
}

TEST(PagePolicy, TakesProgramsAndTellsPagesApart) {
  const RequestCase cases[] = {
      {"a program", "localhost:8000", kAbsent, kAbsent, "TCR"},
      {"a program that sends no Host", kAbsent, kAbsent, kAbsent, "TCR"},
      {"a container", "tailrace:8000", kAbsent, kAbsent, "TCR"},
      {"a container on the host", "host.docker.internal:8000", kAbsent, kAbsent, "TCR"},
      {"another machine", "192.168.1.5:8000", kAbsent, kAbsent, "TC-"},
      {"a GET of any page, to 0.0.0.0", "0.0.0.0:8000", kAbsent, kAbsent, "TC-"},
      {"a name that is not known", "db.example:8000", kAbsent, kAbsent, "T--"},
      {"no name at all", "[evil", kAbsent, kAbsent, "T--"},
      {"typed into a browser", "localhost:8000", kAbsent, "none", "TCR"},
      {"a page of the server's own", "localhost:8000", "http://localhost:8000", "same-origin",
       "TCR"},
      {"its own GET", "localhost:8000", kAbsent, "same-origin", "TCR"},
      {"its own behind TLS", "tailrace", "https://tailrace", "same-origin", "TCR"},
      {"a page of another port", "localhost:8000", "http://localhost:3000", "same-site", "T--"},
      {"its GET", "localhost:8000", kAbsent, "same-site", "T--"},
      {"a loopback page by address", "localhost:8000", "http://127.0.0.1:3000", "cross-site",
       "T--"},
      {"a loopback page over TLS", "localhost:8000", "https://[::1]:3000", "cross-site", "T--"},
      {"a page of a development name", "localhost:8000", "http://app.localhost:3000", kAbsent,
       "T--"},
      {"a stranger's page", "localhost:8000", "https://evil.example", "cross-site", "---"},
      {"of an old browser", "localhost:8000", "https://evil.example", kAbsent, "---"},
      {"a stranger's GET", "localhost:8000", kAbsent, "cross-site", "---"},
      {"what a newer browser may say", "localhost:8000", kAbsent, "other", "T--"},
      {"a sandboxed frame or a file", "localhost:8000", "null", "cross-site", "---"},
      {"a look-alike", "localhost:8000", "http://localhost.evil.example", kAbsent, "---"},
      {"another", "localhost:8000", "http://localhost:3000@evil.example", kAbsent, "---"},
      {"no origin at all", "localhost:8000", "", kAbsent, "---"},
      {"a rebound name", "evil.example:8000", "http://evil.example:8000", kAbsent, "---"},
      {"its GET", "evil.example:8000", kAbsent, kAbsent, "T--"},
      {"a page of this network", "localhost:8000", "http://192.168.1.9", kAbsent, "---"},
      {"that and no host", kAbsent, "http://192.168.1.9", kAbsent, "---"},
  };
  expect_taken({}, cases);
}

TEST(PagePolicy, KnowsTheNamesItIsTold) {
  const RequestCase cases[] = {
      {"a program", "db.example:8000", kAbsent, kAbsent, "TC-"},
      {"a full name", "DB.example.", kAbsent, kAbsent, "TC-"},
      {"its own page", "db.example:8000", "http://db.example:8000", "same-origin", "TC-"},
      {"another name", "b.example:8000", kAbsent, kAbsent, "T--"},
      {"below it", "a.db.example", kAbsent, kAbsent, "T--"},
      {"a page of that name", "localhost:8000", "http://db.example:8000", kAbsent, "---"},
  };
  expect_taken({.own_names = {"db.example", "tail.example"}}, cases);
}

TEST(PagePolicy, LetsPagesOfListedOriginsUseTables) {
  const RequestCase cases[] = {
      {"its origin", "localhost:8000", "https://app.example", "cross-site", "T--"},
      {"its origin's port", "localhost:8000", "https://app.example:1", "cross-site", "---"},
      {"its origin's scheme", "localhost:8000", "http://app.example", "cross-site", "---"},
      {"a host", "localhost:8000", "http://any.example", "cross-site", "T--"},
      {"a host's port", "localhost:8000", "https://any.example:3000", "cross-site", "T--"},
      {"one port", "localhost:8000", "https://one.example:3000", "cross-site", "T--"},
      {"another port", "localhost:8000", "https://one.example:3001", "cross-site", "---"},
      {"below a host", "localhost:8000", "https://a.any.example", "cross-site", "---"},
      {"none", "localhost:8000", "null", "cross-site", "---"},
      {"loopback still", "localhost:8000", "http://localhost:3000", "same-site", "T--"},
  };
  expect_taken({.cors_origins = {"https://app.example", "any.example", "one.example:3000"}}, cases);
}

TEST(PagePolicy, LetsAllPagesUseTablesIfToldSoAndNothingElse) {
  const RequestCase cases[] = {
      {"any page", "localhost:8000", "https://evil.example", "cross-site", "T--"},
      {"any GET", "localhost:8000", kAbsent, "cross-site", "T--"},
      {"any frame", "localhost:8000", "null", "cross-site", "T--"},
      {"any name", "evil.example", "http://evil.example", kAbsent, "T--"},
  };
  expect_taken({.cors_origins = {"*"}}, cases);
}

TEST(PageHeadersOf, AreTheFirstOfEachName) {
  http::Request request;
  request.headers = {{"SEC-fetch-site", "none"}, {"Origin", "a"}, {"host", "b"}, {"origin", "c"}};
  const PageHeaders headers = page_headers_of(request);
  EXPECT_EQ(headers.host, "b");
  EXPECT_EQ(headers.origin, "a");
  EXPECT_EQ(headers.fetch_site, "none");
  EXPECT_TRUE(headers.sent_by_page());
  EXPECT_FALSE(page_headers_of({}).sent_by_page());
}

TEST(ParseCorsOrigins, TakesOriginsAndHosts) {
  using List = std::vector<std::string>;
  EXPECT_EQ(parse_cors_origins("*"), List{"*"});
  EXPECT_EQ(parse_cors_origins("https://a.example/, b.example:1 ,null,http://[::1]:3"),
            (List{"https://a.example", "b.example:1", "null", "http://[::1]:3"}));
  EXPECT_EQ(parse_cors_origins(""), List{});
  for (const std::string_view refused :
       {"https://a.example/path", "a b", "https://", "*.example", "a,,b", ",", "a@b"})
    EXPECT_EQ(parse_cors_origins(refused), std::nullopt) << refused;
}

TEST(ParseOwnNames, TakesNamesWithoutPort) {
  using List = std::vector<std::string>;
  EXPECT_EQ(parse_own_names("a.example, B.example."), (List{"a.example", "B.example"}));
  for (const std::string_view refused :
       {"a.example:8000", "http://a.example", "*", "a b", "[::1]", "a,,b"})
    EXPECT_EQ(parse_own_names(refused), std::nullopt) << refused;
}

}  // namespace
}  // namespace tailrace::protocol
