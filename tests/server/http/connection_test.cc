#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "storage/base/str_cat.h"
#include "tests/server/http/raw_client.h"

namespace tailrace::http {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Answers with what it was asked: "POST /a [body]".
void echo(Request& request, const Respond& respond) {
  respond(text_response(str_cat(request.method, ' ', request.target, " [", request.body, ']')));
}

TEST(Connection, AnswersWithTheHeadersThatEveryAnswerHas) {
  TestServer server(echo);
  RawClient client(server.port());
  client.send("POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
  const std::string answer = client.read_answer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, AllOf(HasSubstr("\r\nContent-Length: 16\r\n"), HasSubstr("\r\nDate: "),
                            HasSubstr(" GMT\r\n"), HasSubstr("\r\nServer: ")));
  EXPECT_THAT(answer, Not(HasSubstr("Connection:")));
  EXPECT_EQ(body_of(answer), "POST /a?b [body]");
}

TEST(Connection, KeepsAliveAndAnswersPipelinedRequestsInOrder) {
  TestServer server(echo);
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 50; ++i)
    str_append(requests, "POST /", i, " HTTP/1.1\r\nContent-Length: 2\r\n\r\n", 10 + i);
  client.send(requests);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(body_of(client.read_answer()), str_cat("POST /", i, " [", 10 + i, ']'));
}

TEST(Connection, AnswersPipelinedRequestsInOrderWhenAnswersAreLate) {
  std::vector<std::thread> threads;
  TestServer server([&](Request& request, Respond respond) {
    threads.emplace_back(
        [respond, text = std::string(request.target)] { respond(text_response(text)); });
  });
  RawClient client(server.port());
  client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(client.read_answer()), "/1");
  EXPECT_EQ(body_of(client.read_answer()), "/2");
  EXPECT_EQ(body_of(client.read_answer()), "/3");
  server.stop();
  for (std::thread& thread : threads) thread.join();
}

TEST(Connection, ReadsARequestThatComesByteByByte) {
  TestServer server(echo);
  RawClient client(server.port());
  for (const char c : std::string_view("POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nxyz"))
    client.send({&c, 1});
  EXPECT_EQ(body_of(client.read_answer()), "POST /a [xyz]");
}

TEST(Connection, JoinsTheChunksOfABodyAndShowsItsTrailers) {
  TestServer server([](Request& request, Respond respond) {
    respond(text_response(str_cat(request.body, '|', request.header("x-after"))));
  });
  RawClient client(server.port());
  const std::string_view request =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;note=1\r\nabc\r\n1\r\nd\r\n0\r\nX-After: yes\r\n\r\n";
  client.send(request);
  EXPECT_EQ(body_of(client.read_answer()), "abcd|yes");
  for (const char c : request) client.send({&c, 1});
  EXPECT_EQ(body_of(client.read_answer()), "abcd|yes");
}

TEST(Connection, ReadsLargeBodiesInBothForms) {
  TestServer server([](Request& request, Respond respond) {
    respond(text_response(str_cat(request.body.size(), ' ', request.body.back())));
  });
  RawClient client(server.port());
  const std::string megabytes(5'000'000, 'm');
  client.send(str_cat("POST / HTTP/1.1\r\nContent-Length: ", megabytes.size(), "\r\n\r\n"));
  client.send(megabytes);
  EXPECT_EQ(body_of(client.read_answer()), "5000000 m");
  client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 50; ++i) {
    client.send("186a0\r\n");
    client.send(std::string_view(megabytes).substr(0, 100'000));
    client.send("\r\n");
  }
  client.send("0\r\n\r\n");
  EXPECT_EQ(body_of(client.read_answer()), "5000000 m");
}

TEST(Connection, WritesAnswersThatDoNotFitTheSocketsBuffer) {
  const std::string large(20'000'000, 'z');
  TestServer server([&](Request&, Respond respond) { respond(text_response(large)); });
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(client.read_answer()), large);
  EXPECT_EQ(body_of(client.read_answer()), large);
}

TEST(Connection, ContinuesAClientThatWaitsForIt) {
  TestServer server(echo);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_EQ(body_of(client.read_answer()), "POST / [ok]");
}

TEST(Connection, SpeaksHttp10) {
  TestServer server(echo);
  RawClient client(server.port());
  client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.read_answer(), HasSubstr("Connection: keep-alive\r\n"));
  client.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.read_to_end(),
              AllOf(HasSubstr("Connection: close\r\n"), HasSubstr("GET /2 []")));
}

TEST(Connection, ClosesWhenTheClientAsksForIt) {
  TestServer server(echo);
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_to_end(), HasSubstr("Connection: close\r\n"));
}

TEST(Connection, SendsNoBodyInAnswerToHead) {
  TestServer server(echo);
  RawClient client(server.port());
  client.send("HEAD / HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Length: 9\r\n"));
  EXPECT_EQ(body_of(client.read_answer()), "GET /next []");
}

TEST(Connection, SendsNoLengthWith204) {
  TestServer server([](Request&, Respond respond) { respond({.status = 204}); });
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.read_answer(),
              AllOf(StartsWith("HTTP/1.1 204 No Content\r\n"), Not(HasSubstr("Length"))));
}

TEST(Connection, AnswersAClientThatHasClosedItsSendingSide) {
  TestServer server(echo);
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  client.shutdown_send();
  EXPECT_EQ(body_of(client.read_to_end()), "GET / []");
}

struct RefusalCase {
  std::string name;
  std::string request;
  std::string status;
};

TEST(Connection, RefusesWhatIsNotHttpOrTooLarge) {
  ListenOptions options;
  options.body_bytes_max = 100'000;
  TestServer server(echo, options);
  const std::string long_text(16'500, 'a');
  const RefusalCase cases[] = {
      {"not HTTP", "hello\r\n", "400"},
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), "400"},
      {"version", "GET / HTTP/2.0\r\n\r\n", "400"},
      {"header without colon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n", "400"},
      {"folded header", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "400"},
      {"control character", std::string("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 27), "400"},
      {"length no number", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "400"},
      {"negative length", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400"},
      {"two lengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
      {"length and chunks",
       "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"a coding behind the chunks",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "400"},
      {"a coding before the chunks",
       "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400"},
      {"no chunks", "POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n", "400"},
      {"nothing for a coding", "POST / HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n", "400"},
      {"two codings",
       "POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n"
       "0\r\n\r\n",
       "400"},
      {"chunks and length",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", "400"},
      {"unknown coding and length",
       "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\nContent-Length: 1\r\n\r\nx", "400"},
      {"chunks in HTTP/1.0",
       "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"a host twice", "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nhost: a\r\n\r\n", "400"},
      {"a host in the trailers",
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n",
       "400"},
      {"coding in the trailers",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
       "Transfer-Encoding: identity\r\n\r\n",
       "400"},
      {"length no single number", "POST / HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\nx", "400"},
      {"length with sign", "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx", "400"},
      {"length in hexadecimal", "POST / HTTP/1.1\r\nContent-Length: 0x1\r\n\r\nx", "400"},
      {"blank before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
      {"line feed alone", "GET / HTTP/1.1\nHost: a\r\nA: b\r\n\r\n", "400"},
      {"line feed alone in a header", "GET / HTTP/1.1\r\nA: b\nHost: a\r\n\r\n", "400"},
      {"carriage return alone", "GET / HTTP/1.1\r\nA: b\rHost: a\r\n\r\n", "400"},
      {"chunk size no number", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
       "400"},
      {"headers over 16 KB", str_cat("GET / HTTP/1.1\r\nA: ", long_text, "\r\n\r\n"), "400"},
      {"headers over 16 KB, unfinished", str_cat("GET / HTTP/1.1\r\nA: ", long_text, long_text),
       "400"},
      {"request line over 16 KB", str_cat("GET /", long_text, " HTTP/1.1\r\n\r\n"), "400"},
      {"request line without end", str_cat("GET /", long_text), "400"},
      {"body too large", "POST / HTTP/1.1\r\nContent-Length: 100001\r\n\r\n", "413"},
      {"body much too large", "POST / HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n", "413"},
      {"chunk too large", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n186a1\r\n", "413"},
      {"chunks too large",
       str_cat("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n",
               std::string(100'000, 'c'), "\r\n1\r\n"),
       "413"},
  };
  for (const RefusalCase& c : cases) {
    RawClient client(server.port());
    client.send(c.request);
    client.shutdown_send();
    const std::string answer = client.read_to_end();
    EXPECT_EQ(status_of(answer), c.status) << c.name;
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << c.name;
    EXPECT_EQ(body_of(answer), "") << c.name;
  }
}

TEST(Connection, TakesHeadersAndBodiesUpToTheLimit) {
  ListenOptions options;
  options.body_bytes_max = 100'000;
  TestServer server(
      [](Request& request, Respond respond) {
        respond(text_response(str_cat(request.header("a").size(), ' ', request.body.size())));
      },
      options);
  RawClient client(server.port());
  // "A: " and two line ends beside the value; the length's line.
  const std::string value(16 * 1024 - 5 - 24 - 2, 'v');
  client.send(str_cat("POST / HTTP/1.1\r\nA: ", value, "\r\nContent-Length: 100000\r\n\r\n"));
  client.send(std::string(100'000, 'b'));
  EXPECT_EQ(body_of(client.read_answer()), str_cat(value.size(), " 100000"));
}

TEST(Connection, Delivers413ToAClientThatSendsItsWholeBodyFirst) {
  ListenOptions options;
  options.body_bytes_max = 1'000'000;
  TestServer server(echo, options);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n");
  EXPECT_TRUE(client.send(std::string(8'000'000, 'x')));
  EXPECT_EQ(status_of(client.read_to_end()), "413");
}

TEST(Connection, RefusesABodyThatEndsTooSoon) {
  TestServer server(echo);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nfive!");
  client.shutdown_send();
  EXPECT_EQ(status_of(client.read_to_end()), "400");
}

TEST(Connection, GivesUpOnClientsThatStall) {
  ListenOptions options;
  options.request_timeout = milliseconds(40);
  options.idle_timeout = milliseconds(60);
  TestServer server(echo, options);
  RawClient in_head(server.port());
  RawClient in_body(server.port());
  RawClient in_chunk(server.port());
  RawClient idle(server.port());
  RawClient idle_after_request(server.port());
  in_head.send("POST / HT");
  in_body.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nfive!");
  in_chunk.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
  idle_after_request.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_of(in_head.read_to_end()), "408");
  EXPECT_EQ(status_of(in_body.read_to_end()), "408");
  EXPECT_EQ(status_of(in_chunk.read_to_end()), "408");
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_EQ(body_of(idle_after_request.read_to_end()), "GET / []");
}

TEST(Connection, GivesUpOnClientsThatDoNotRead) {
  ListenOptions options;
  options.request_timeout = milliseconds(40);
  std::promise<void> asked;
  TestServer server(
      [&](Request&, Respond respond) {
        respond(text_response(std::string(30'000'000, 'x')));
        asked.set_value();
      },
      options);
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  asked.get_future().get();
  server.stop(std::chrono::seconds(20));  // Waits for the connection, not for its grace.
  EXPECT_LT(client.read_to_end().size(), 30'000'000U);
}

TEST(Connection, LetsAnAnswerTakeLongerThanAnyTimeOut) {
  ListenOptions options;
  options.request_timeout = milliseconds(20);
  options.idle_timeout = milliseconds(20);
  IoRuntime* runtime = nullptr;
  TestServer server(
      [&](Request&, Respond respond) {
        runtime->after(milliseconds(150), [respond] { respond(text_response("late")); });
      },
      options);
  runtime = &server.runtime();
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(client.read_answer()), "late");
}

TEST(Connection, KeepsTheRequestUntilItIsAnswered) {
  std::mutex mutex;
  std::vector<std::pair<Request*, Respond>> waiting;
  std::atomic<int> count{0};
  TestServer server([&](Request& request, Respond respond) {
    const std::lock_guard lock(mutex);
    waiting.emplace_back(&request, std::move(respond));
    ++count;
  });
  RawClient stays(server.port());
  stays.send("POST /stays HTTP/1.1\r\nContent-Length: 4\r\n\r\nbodyPOST /next HTTP/1.1\r\n\r\n");
  {
    RawClient goes(server.port());
    goes.send("GET /goes HTTP/1.1\r\n\r\n");
    while (count < 2) std::this_thread::yield();
  }
  {
    const std::lock_guard lock(mutex);
    for (const auto& [request, respond] : waiting)
      respond(text_response(str_cat(request->target, request->body)));
    waiting.clear();
  }
  EXPECT_EQ(body_of(stays.read_answer()), "/staysbody");
  server.stop();
  waiting.clear();
}

TEST(Connection, TellsWhetherTheClientOfAWaitingRequestIsStillThere) {
  ListenOptions options;
  options.home_thread_only = true;
  std::optional<Respond> waiting;
  std::atomic<bool> arrived = false;
  TestServer server(
      [&](Request&, Respond respond) {
        waiting.emplace(std::move(respond));
        arrived = true;
      },
      options);
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  while (!arrived) std::this_thread::yield();
  EXPECT_TRUE(server.serving().at_home([&] { return waiting->connected(); }));
  client.close();
  EXPECT_FALSE(server.serving().at_home([&] { return waiting->connected(); }));
  server.serving().at_home([&] { (*waiting)(text_response("nobody reads it")); });
  server.stop();
  waiting.reset();
}

TEST(Connection, HandsTasksToItsThread) {
  std::vector<std::thread> threads;
  TestServer server([&](Request&, Respond respond) {
    const auto own = std::this_thread::get_id();
    bool at_once = false;
    respond.on_thread([&] { at_once = true; });
    threads.emplace_back([respond, own, at_once] {
      respond.on_thread([respond, own, at_once] {
        const bool same = std::this_thread::get_id() == own;
        respond(text_response(at_once && same ? "right" : "wrong"));
      });
    });
  });
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(client.read_answer()), "right");
  server.stop();
  for (std::thread& thread : threads) thread.join();
}

TEST(Listener, ServesFiveHundredConnections) {
  TestServer server(echo);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 500; ++i) clients.push_back(std::make_unique<RawClient>(server.port()));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i)
      clients[i]->send(str_cat("GET /", i, " HTTP/1.1\r\n\r\n"));
    for (std::size_t i = 0; i < clients.size(); ++i)
      ASSERT_EQ(body_of(clients[i]->read_answer()), str_cat("GET /", i, " []"));
  }
}

TEST(Listener, RefusesConnectionsBeyondItsLimit) {
  ListenOptions options;
  options.connections_max = 2;
  TestServer server(echo, options);
  RawClient first(server.port());
  auto second = std::make_unique<RawClient>(server.port());
  RawClient third(server.port());
  EXPECT_EQ(status_of(third.read_to_end()), "503");
  first.send("GET /1 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(first.read_answer()), "GET /1 []");
}

TEST(Listener, SaysPlainlyThatAPortIsTaken) {
  TestServer server(echo);
  IoRuntime runtime(1);
  FunctionHandler handler(echo);
  ListenOptions options;
  options.port = server.port();
  try {
    runtime.listen(options, handler);
    FAIL() << "listened twice";
  } catch (const ListenError& error) {
    EXPECT_EQ(std::string(error.what()),
              str_cat("cannot listen on 127.0.0.1 port ", server.port(),
                      ": Address already in use; stop the other program or choose another port"));
  }
  options.host = "no.such.host.invalid";
  EXPECT_THROW(runtime.listen(options, handler), ListenError);
}

TEST(Listener, ListensOnIpv6AndNames) {
  IoRuntime runtime(1);
  FunctionHandler handler(echo);
  for (const char* host : {"localhost", "0.0.0.0", "::1", "::"}) {
    ListenOptions options;
    options.host = host;
    options.port = 0;
    try {
      EXPECT_NE(runtime.listen(options, handler)->port(), 0) << host;
    } catch (const ListenError& error) {
      if (std::string_view(host).front() != ':')
        FAIL() << error.what();  // IPv6 may be switched off.
    }
  }
}

}  // namespace
}  // namespace tailrace::http
