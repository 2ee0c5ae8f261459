#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "server/http/url.h"
#include "storage/base/str_cat.h"
#include "tests/server/http/raw_client.h"

namespace tailrace::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(Url, ReadsWhatHandlersHave) {
  struct Case {
    std::string_view text, host, port, target, authority;
  };
  const Case cases[] = {
      {"http://localhost:3000/a?b#c", "localhost", "3000", "/a?b", "localhost:3000"},
      {"HTTP://h", "h", "80", "/", "h"},
      {"http://h?q=/", "h", "80", "/?q=/", "h"},
      {"http://[::1]:8080/x", "::1", "8080", "/x", "[::1]:8080"},
      {"http://[::1]", "::1", "80", "/", "[::1]"},
  };
  for (const Case& c : cases) {
    const auto url = parse_url(c.text);
    ASSERT_TRUE(url) << c.text;
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->target, c.target);
    EXPECT_EQ(url->authority, c.authority);
  }
  for (const std::string_view bad :
       {"", "https://h", "h:80", "http://", "http:///path", "http://u:p@h",
        "http://h:", "http://h:0", "http://h:65536", "http://h:8x", "http://[::1", "http://[::1]x",
        "http://h/a b", "http://h/\r\nX: y"})
    EXPECT_FALSE(parse_url(bad)) << bad;
}

// Sends requests from the home thread of its own runtime.
class Sender {
 public:
  Sender() : client_(serving_.runtime.make_http_client()) { serving_.start(); }
  ~Sender() { serving_.stop(); }

  OutgoingResponse send(OutgoingRequest request) {
    std::promise<OutgoingResponse> result;
    std::shared_ptr<void> handle;
    bool sending = true;
    serving_.at_home([&] {
      handle = client_->send(std::move(request), [&](OutgoingResponse response) {
        EXPECT_FALSE(sending) << "called back within send()";
        result.set_value(std::move(response));
      });
      sending = false;
    });
    OutgoingResponse response = result.get_future().get();
    serving_.at_home([&] { handle.reset(); });
    return response;
  }
  ServingRuntime& serving() { return serving_; }
  HttpClient& client() { return *client_; }

 private:
  ServingRuntime serving_{1};
  std::unique_ptr<HttpClient> client_;
};

// Accepts connections and plays a script on each, in order: what is received up to `expects` is
// answered.
class ScriptedServer {
 public:
  struct Turn {
    std::string expects;  // Empty: nothing is read.
    std::string answer;
    bool close = false;
  };
  using Connection = std::vector<Turn>;
  using Script = std::vector<Connection>;

  explicit ScriptedServer(Script script) : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    EXPECT_EQ(::listen(listening_, 8), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, script = std::move(script)] { play(script); });
  }
  ~ScriptedServer() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
    for (const int socket : open_) ::close(socket);
  }
  std::string url(std::string_view path = "/") const {
    return str_cat("http://127.0.0.1:", port_, path);
  }
  std::string received() {
    const std::lock_guard lock(mutex_);
    return received_;
  }
  int accepted() const { return accepted_; }
  void await_closed(int count) const {
    while (closed_ < count) std::this_thread::yield();
  }

 private:
  void play(const std::vector<Connection>& script) {
    for (const Connection& turns : script) {
      const int socket = ::accept(listening_, nullptr, nullptr);
      if (socket < 0) return;
      ++accepted_;
      open_.push_back(socket);
      std::string read;
      for (const Turn& turn : turns) {
        while (read.find(turn.expects) == std::string::npos) {
          char buffer[4096];
          const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
          if (got <= 0) break;
          read.append(buffer, static_cast<std::size_t>(got));
        }
        {
          const std::lock_guard lock(mutex_);
          received_ += std::exchange(read, {});
        }
        ::send(socket, turn.answer.data(), turn.answer.size(), MSG_NOSIGNAL);
        if (!turn.close) continue;
        ::close(socket);
        open_.pop_back();
        ++closed_;
        break;
      }
    }
  }

  int listening_;
  std::uint16_t port_ = 0;
  std::vector<int> open_;
  std::atomic<int> accepted_{0};
  std::atomic<int> closed_{0};
  std::mutex mutex_;
  std::string received_;  // Guarded by mutex_.
  std::thread thread_;
};

constexpr std::string_view kEnd = "\r\n\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST(HttpClient, SendsRequestsAndReadsResponses) {
  ScriptedServer server(ScriptedServer::Script{
      {{"body", "HTTP/1.1 201 Created\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 4\r\n\r\nwell"}}});
  Sender sender;
  const auto response = sender.send({.url = server.url("/path?q"),
                                     .headers = {{"X-One", "1"}, {"X-Two", "a\r\nX-Evil: 1"}},
                                     .body = "body"});
  EXPECT_EQ(response.failure, ExchangeFailure::kNone) << response.failure_text;
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "well");
  ASSERT_NE(response.header("X-a"), nullptr);
  EXPECT_EQ(*response.header("X-a"), "1");
  EXPECT_EQ(
      server.received(),
      str_cat("POST /path?q HTTP/1.1\r\nHost: ", server.url().substr(7, server.url().size() - 8),
              "\r\nX-One: 1\r\nX-Two: aX-Evil: 1\r\nContent-Length: 4\r\n\r\nbody"));
}

TEST(HttpClient, ReadsResponsesOfAllForms) {
  struct Case {
    std::string answer;
    std::string body;
  };
  const Case cases[] = {
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: "
       "1\r\n\r\n",
       "abcde"},
      {"HTTP/1.1 200 OK\r\n\r\nto the end", "to the end"},
      {"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold", "old"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "x"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
  };
  for (const Case& c : cases) {
    ScriptedServer server(ScriptedServer::Script{{{std::string(kEnd), c.answer, true}}});
    Sender sender;
    const auto response = sender.send({.url = server.url(), .headers = {}, .body = {}});
    EXPECT_EQ(response.failure, ExchangeFailure::kNone) << response.failure_text << c.answer;
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, c.body);
  }
}

TEST(HttpClient, ReusesConnections) {
  ScriptedServer server(ScriptedServer::Script{{{"1", kOk}, {"2", kOk}, {"3", kOk}}});
  Sender sender;
  for (const char* body : {"1", "2", "3"})
    EXPECT_EQ(sender.send({.method = "PUT", .url = server.url(), .headers = {}, .body = body}).body,
              "ok");
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClient, ConnectsAgainWhenAKeptConnectionWasClosed) {
  ScriptedServer server(ScriptedServer::Script{{{"1", kOk, true}}, {{"2", kOk}}});
  Sender sender;
  EXPECT_EQ(sender.send({.url = server.url("/1"), .headers = {}, .body = {}}).body, "ok");
  server.await_closed(1);
  EXPECT_EQ(sender.send({.url = server.url("/2"), .headers = {}, .body = {}}).body, "ok");
  EXPECT_EQ(server.accepted(), 2);
}

TEST(HttpClient, DoesNotRepeatWhatAServerMayHaveSeen) {
  ScriptedServer server(ScriptedServer::Script{{{"/1", kOk}, {"/2", "", true}}, {{"/2", kOk}}});
  Sender sender;
  EXPECT_EQ(sender.send({.url = server.url("/1"), .headers = {}, .body = {}}).body, "ok");
  EXPECT_EQ(sender.send({.url = server.url("/2"), .headers = {}, .body = {}}).failure,
            ExchangeFailure::kInterrupted);
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClient, DoesNotReuseConnectionsThatTheServerEnds) {
  ScriptedServer server(ScriptedServer::Script{
      {{"1", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"}},
      {{"2", kOk}}});
  Sender sender;
  EXPECT_EQ(sender.send({.url = server.url("/1"), .headers = {}, .body = {}}).body, "ok");
  EXPECT_EQ(sender.send({.url = server.url("/2"), .headers = {}, .body = {}}).body, "ok");
  EXPECT_EQ(server.accepted(), 2);
}

TEST(HttpClient, TellsHowAnExchangeFailed) {
  Sender sender;
  std::uint16_t closed_port = 0;
  {
    closed_port = TestServer([](Request&, Respond) {}).port();
  }
  const auto refused =
      sender.send({.url = str_cat("http://127.0.0.1:", closed_port), .headers = {}, .body = {}});
  EXPECT_EQ(refused.failure, ExchangeFailure::kNotConnected);
  EXPECT_THAT(refused.failure_text, HasSubstr("Connection refused"));
  const auto unresolved =
      sender.send({.url = "http://no.such.host.invalid/", .headers = {}, .body = {}});
  EXPECT_EQ(unresolved.failure, ExchangeFailure::kNotConnected);
  EXPECT_THAT(unresolved.failure_text, HasSubstr("cannot resolve 'no.such.host.invalid'"));
  const auto no_url = sender.send({.url = "ftp://h", .headers = {}, .body = {}});
  EXPECT_EQ(no_url.failure, ExchangeFailure::kNotConnected);
  EXPECT_THAT(no_url.failure_text, HasSubstr("not an http:// URL"));

  struct Case {
    std::string answer;
    ExchangeFailure failure;
  };
  const Case cases[] = {
      {"", ExchangeFailure::kInterrupted},
      {"HTTP/1.1 200", ExchangeFailure::kInterrupted},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour", ExchangeFailure::kInterrupted},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
       ExchangeFailure::kInterrupted},
      {"SSH-2.0-OpenSSH\r\n\r\n", ExchangeFailure::kInterrupted},
      {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", ExchangeFailure::kResponseTooLarge},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n",
       ExchangeFailure::kResponseTooLarge},
      {"HTTP/1.1 200 OK\r\n\r\nmore than ten", ExchangeFailure::kResponseTooLarge},
  };
  for (const Case& c : cases) {
    ScriptedServer server(ScriptedServer::Script{{{std::string(kEnd), c.answer, true}}});
    const auto response =
        sender.send({.url = server.url(), .headers = {}, .body = {}, .response_bytes_max = 10});
    EXPECT_EQ(response.failure, c.failure) << c.answer << response.failure_text;
    EXPECT_NE(response.failure_text, "") << c.answer;
  }
}

TEST(HttpClient, GivesUpAtItsTimeOut) {
  Sender sender;
  ScriptedServer silent(ScriptedServer::Script{{{std::string(kEnd), ""}}});
  ScriptedServer slow(ScriptedServer::Script{
      {{std::string(kEnd), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour"}}});
  for (const ScriptedServer* server : {&silent, &slow}) {
    const auto response =
        sender.send({.url = server->url(), .headers = {}, .body = {}, .timeout = milliseconds(20)});
    EXPECT_EQ(response.failure, ExchangeFailure::kTimedOut);
  }
}

TEST(HttpClient, WaitsWithoutLimitWhenToldSo) {
  IoRuntime* runtime = nullptr;
  TestServer server([&](Request&, Respond respond) {
    runtime->after(milliseconds(50), [respond] { respond(text_response("late")); });
  });
  runtime = &server.runtime();
  Sender sender;
  EXPECT_EQ(sender
                .send({.url = str_cat("http://localhost:", server.port()),
                       .headers = {},
                       .body = {},
                       .timeout = milliseconds(0)})
                .body,
            "late");
}

TEST(HttpClient, ForgetsACancelledExchange) {
  TestServer server([](Request&, Respond respond) { respond(text_response("ok")); });
  const std::string url = str_cat("http://127.0.0.1:", server.port());
  Sender sender;
  bool called = false;
  sender.serving().at_home([&] {
    for (const std::string& to : {url, std::string("nonsense")})
      sender.client().send({.url = to, .headers = {}, .body = {}},
                           [&](OutgoingResponse) { called = true; });  // The handle goes at once.
  });
  EXPECT_EQ(sender.send({.url = url, .headers = {}, .body = {}}).body, "ok");
  EXPECT_FALSE(called);
}

TEST(HttpClient, MayBeResetFromItsCallback) {
  TestServer server([](Request&, Respond respond) { respond(text_response("ok")); });
  Sender sender;
  std::promise<std::string> result;
  std::shared_ptr<void> handle;
  sender.serving().at_home([&] {
    handle = sender.client().send(
        {.url = str_cat("http://127.0.0.1:", server.port()), .headers = {}, .body = {}},
        [&](OutgoingResponse response) {
          handle.reset();
          result.set_value(response.body);
        });
  });
  EXPECT_EQ(result.get_future().get(), "ok");
}

TEST(HttpClient, SendsAndReadsMegabytesInParallel) {
  TestServer server(
      [](Request& request, Respond respond) { respond(text_response(request.body)); });
  Sender sender;
  std::atomic<int> right{0};
  std::promise<void> done;
  std::vector<std::shared_ptr<void>> handles;
  sender.serving().at_home([&] {
    for (int i = 0; i < 10; ++i) {
      const std::string body(3'000'000, static_cast<char>('a' + i));
      handles.push_back(sender.client().send(
          {.url = str_cat("http://127.0.0.1:", server.port()), .headers = {}, .body = body},
          [&, body](OutgoingResponse response) {
            EXPECT_TRUE(response.body == body) << response.failure_text;
            if (++right == 10) done.set_value();
          }));
    }
  });
  done.get_future().get();
  sender.serving().at_home([&] { handles.clear(); });
}

}  // namespace
}  // namespace tailrace::http
