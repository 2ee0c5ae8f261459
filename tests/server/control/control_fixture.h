// The control API without sockets: a call and its answer.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "server/control/control_api.h"
#include "storage/base/clock.h"

namespace tailrace::control {

struct Answer {
  int status = 0;
  std::string body;
};

// `settle` runs what the call posted, if its answer waits for that.
inline Answer call(ControlApi& api,
                   std::string_view method,
                   std::string_view path,
                   std::string_view body = {},
                   const Task& settle = {}) {
  std::optional<Answer> answer;
  http::Request http;
  http.method = method;
  http.body = body;
  std::vector<std::string> segments = {"_tailrace"};
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    segments.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  protocol::RestRequest request{.http = http,
                                .path = std::move(segments),
                                .query = {},
                                .caller = {.account = "000000000000", .region = "us-east-1"},
                                .raw = http::Respond([](http::Response) {})};
  api.handle(std::move(request), [&](http::Response response) {
    answer = {.status = response.status, .body = std::move(response.body)};
  });
  if (settle) settle();
  EXPECT_TRUE(answer.has_value()) << "no answer";
  return answer.value_or(Answer{});
}

}  // namespace tailrace::control
