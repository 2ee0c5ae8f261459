// A load client: N connections, each with one request in flight, prepared requests with scattered
// keys. One thread, epoll. Prints one JSON line: requests, seconds, rate, p50, p99 and
// maximum in microseconds, errors.
//
//   load PORT OPERATION CONNECTIONS SECONDS [ITEMS] [TABLE]
//
// OPERATION is a row of kOperations below; `fill` puts every one of ITEMS items once.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Plan {
  std::uint16_t port;
  std::string operation;
  int connections;
  double seconds;
  std::uint64_t items;
  std::string table;
};

// Keys that do not rise: a bijection of 64 bits.
std::uint64_t scatter(std::uint64_t n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ULL;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebULL;
  return n ^ (n >> 31);
}

std::string hex(std::uint64_t n) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(n));
  return text;
}

// Query's items lie 25 to a partition.
std::string key_json(std::uint64_t n) {
  return R"("pk":{"S":")" + hex(scatter(n / 25)) + R"("},"sk":{"N":")" + std::to_string(n % 25) +
         R"("})";
}

// Stands in prepared requests where a Request writes how many were sent before it: a put that changes
// nothing would be no write.
constexpr std::string_view kVersion = "version 00000000";

std::string item_json(std::uint64_t n) {
  static const std::string padding(700, 'p');
  return "{" + key_json(n) + R"(,"gsi1":{"S":")" + hex(scatter(n + 7)) + R"("},"gsi2":{"S":")" +
         hex(scatter(n + 13)) + R"("},"count":{"N":"0"},"version":{"S":")" + std::string(kVersion) +
         R"("},"name":{"S":"item )" + std::to_string(n) + R"("},"tags":{"L":[{"S":"a"},{"S":"b"}]},"flag":{"BOOL":true},"padding":{"S":")" +
         padding + R"("}})";
}

struct Operation {
  std::string_view name;
  std::string_view target;
  std::string (*body)(const Plan& plan, std::uint64_t n);
};

std::string batch(const Plan& plan, std::uint64_t n) {
  std::string body = R"({"RequestItems":{")" + plan.table + R"(":[)";
  for (std::uint64_t i = 0; i < 25; ++i)
    body += (i ? "," : "") +
            (R"({"PutRequest":{"Item":)" + item_json((n + i * 7919) % plan.items) + "}}");
  return body + "]}}";
}

std::string transaction(const Plan& plan, std::uint64_t n) {
  std::string body = R"({"TransactItems":[)";
  for (std::uint64_t i = 0; i < 10; ++i)
    body += (i ? "," : "") + (R"({"Put":{"TableName":")" + plan.table + R"(","Item":)") +
            item_json((n + i * 7919) % plan.items) + "}}";
  return body + "]}";
}

const Operation kOperations[] = {
    {"get", "GetItem",
     [](const Plan& p, std::uint64_t n) {
       return R"({"TableName":")" + p.table + R"(","Key":{)" + key_json(n) + "}}";
     }},
    {"put", "PutItem",
     [](const Plan& p, std::uint64_t n) {
       return R"({"TableName":")" + p.table + R"(","Item":)" + item_json(n) + "}";
     }},
    {"conditional_put", "PutItem",
     [](const Plan& p, std::uint64_t n) {
       return R"({"TableName":")" + p.table + R"(","Item":)" + item_json(n) +
              R"(,"ConditionExpression":"attribute_exists(pk) AND flag = :t","ExpressionAttributeValues":{":t":{"BOOL":true}},"ReturnValues":"ALL_OLD"})";
     }},
    {"update_add", "UpdateItem",
     [](const Plan& p, std::uint64_t n) {
       return R"({"TableName":")" + p.table + R"(","Key":{)" + key_json(n) +
              R"(},"UpdateExpression":"ADD #c :one","ExpressionAttributeNames":{"#c":"count"},"ExpressionAttributeValues":{":one":{"N":"1"}}})";
     }},
    {"query25", "Query",
     [](const Plan& p, std::uint64_t n) {
       return R"({"TableName":")" + p.table +
              R"(","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":")" +
              hex(scatter(n / 25)) + R"("}}})";
     }},
    {"batch_write25", "BatchWriteItem", batch},
    {"transact_write10", "TransactWriteItems", transaction},
    {"scan_page", "Scan",
     [](const Plan& p, std::uint64_t) { return R"({"TableName":")" + p.table + R"("})"; }},
};

std::string http_request(std::string_view target, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: DynamoDB_20120810." +
         std::string(target) +
         "\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20260101T000000Z\r\n"
         "Authorization: AWS4-HMAC-SHA256 "
         "Credential=bench/20260101/us-east-1/dynamodb/aws4_request, "
         "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0000\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A prepared request, each time with other items.
class Request {
 public:
  explicit Request(std::string text) : text_(std::move(text)) {
    for (std::size_t at = text_.find(kVersion); at != std::string::npos;
         at = text_.find(kVersion, at + kVersion.size()))
      versions_.push_back(at);
  }

  const std::string& next_text(std::uint64_t version) {
    if (versions_.empty()) return text_;
    char digits[kVersion.size() + 1];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(version));
    for (const std::size_t at : versions_) text_.replace(at, kVersion.size(), digits);
    return text_;
  }

 private:
  std::string text_;
  std::vector<std::size_t> versions_;
};

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "load: " << what << ": " << std::strerror(errno) << "\n";
  std::exit(1);
}

class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      fail("connect");
    const int one = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }

  int socket() const { return socket_; }

  void send(const std::string& request) {
    std::size_t sent = 0;
    while (sent < request.size()) {
      const ssize_t n = ::send(socket_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) fail("send");
      sent += static_cast<std::size_t>(n);
    }
    started_ = SteadyClock::now();
    received_ = 0;
    expected_ = 0;
  }

  // True: the answer is complete.
  bool receive() {
    static char buffer[1 << 18];
    const ssize_t n = recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n == 0) fail("the server closed a connection");
    if (n < 0) return false;
    if (expected_ == 0) {
      const std::string_view text(buffer, static_cast<std::size_t>(n));
      const std::size_t end = text.find("\r\n\r\n");
      if (end == std::string_view::npos) fail("a head in pieces");
      ok_ = text.substr(9, 3) == "200";
      if (!ok_ && first_error_.empty()) first_error_ = text;
      expected_ = end + 4 + content_length(text.substr(0, end));
    }
    received_ += static_cast<std::size_t>(n);
    return received_ >= expected_;
  }

  bool ok() const { return ok_; }
  const std::string& first_error() const { return first_error_; }
  SteadyClock::time_point started() const { return started_; }

 private:
  static std::size_t content_length(std::string_view head) {
    std::size_t at = head.find("\r\nContent-Length: ");
    if (at == std::string_view::npos) at = head.find("\r\ncontent-length: ");
    return at == std::string_view::npos ? 0 : std::strtoul(head.data() + at + 18, nullptr, 10);
  }

  int socket_;
  std::size_t received_ = 0;
  std::size_t expected_ = 0;
  bool ok_ = true;
  std::string first_error_;
  SteadyClock::time_point started_;
};

struct Outcome {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  double seconds = 0;
  std::vector<float> latencies_us;
};

// `next` gives the next request, or nullptr when there is no more.
Outcome drive(const Plan& plan, const std::function<const std::string*()>& next) {
  const int poll = epoll_create1(0);
  std::vector<Connection> connections;
  connections.reserve(static_cast<std::size_t>(plan.connections));
  for (int i = 0; i < plan.connections; ++i) {
    connections.emplace_back(plan.port);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = static_cast<std::uint64_t>(i)}};
    epoll_ctl(poll, EPOLL_CTL_ADD, connections.back().socket(), &event);
  }
  Outcome outcome;
  const auto start = SteadyClock::now();
  const auto deadline = start + std::chrono::duration_cast<SteadyClock::duration>(
                                    std::chrono::duration<double>(plan.seconds));
  int running = 0;
  for (Connection& connection : connections)
    if (const std::string* request = next()) {
      connection.send(*request);
      ++running;
    }
  auto now = start;
  while (running > 0) {
    epoll_event events[256];
    const int count = epoll_wait(poll, events, 256, 10'000);
    if (count <= 0) fail("no answer for 10 seconds");
    for (int i = 0; i < count; ++i) {
      Connection& connection = connections[events[i].data.u64];
      if (!connection.receive()) continue;
      now = SteadyClock::now();
      ++outcome.requests;
      if (!connection.ok()) {
        if (outcome.errors++ == 0) std::cerr << connection.first_error() << "\n";
      }
      outcome.latencies_us.push_back(
          std::chrono::duration<float, std::micro>(now - connection.started()).count());
      const std::string* request = now < deadline ? next() : nullptr;
      if (request != nullptr) {
        connection.send(*request);
      } else {
        --running;
      }
    }
  }
  outcome.seconds = std::chrono::duration<double>(now - start).count();
  for (const Connection& connection : connections) close(connection.socket());
  close(poll);
  return outcome;
}

float percentile(std::vector<float>& values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: load PORT OPERATION CONNECTIONS SECONDS [ITEMS] [TABLE]\n";
    return 2;
  }
  const Plan plan{.port = static_cast<std::uint16_t>(std::atoi(argv[1])),
                  .operation = argv[2],
                  .connections = std::atoi(argv[3]),
                  .seconds = std::atof(argv[4]),
                  .items = argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 1000,
                  .table = argc > 6 ? argv[6] : "bench"};
  Outcome outcome;
  if (plan.operation == "fill") {
    std::uint64_t n = 0;
    std::string request;
    const Operation& put = kOperations[1];
    const auto next = [&]() -> const std::string* {
      if (n == plan.items) return nullptr;
      request = http_request(put.target, put.body(plan, n++));
      return &request;
    };
    outcome = drive(plan, next);
  } else {
    const auto operation =
        std::find_if(std::begin(kOperations), std::end(kOperations),
                     [&](const Operation& row) { return row.name == plan.operation; });
    if (operation == std::end(kOperations)) {
      std::cerr << "load: unknown operation " << plan.operation << "\n";
      return 2;
    }
    std::mt19937_64 random(plan.items);
    std::vector<Request> requests;
    const std::size_t prepared = operation->name == "batch_write25" || operation->name == "transact_write10" ? 500 : 20'000;
    for (std::size_t i = 0; i < prepared; ++i)
      requests.emplace_back(
          http_request(operation->target, operation->body(plan, random() % plan.items)));
    std::uint64_t sent = 0;
    outcome = drive(plan, [&]() -> const std::string* {
      Request& request = requests[sent % requests.size()];
      return &request.next_text(++sent);
    });
  }
  const float p50 = percentile(outcome.latencies_us, 0.5);
  const float p99 = percentile(outcome.latencies_us, 0.99);
  std::printf(
      "{\"operation\":\"%s\",\"connections\":%d,\"requests\":%llu,\"errors\":%llu,\"seconds\":%.3f,"
      "\"rate\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n",
      plan.operation.c_str(), plan.connections, static_cast<unsigned long long>(outcome.requests),
      static_cast<unsigned long long>(outcome.errors), outcome.seconds,
      static_cast<double>(outcome.requests) / outcome.seconds, static_cast<double>(p50),
      static_cast<double>(p99),
      static_cast<double>(*std::max_element(outcome.latencies_us.begin(), outcome.latencies_us.end())));
  return outcome.errors == 0 ? 0 : 1;
}
