// ServiceCaller: the product's own requests to its services, below HTTP and authentication. What is
// declared in files is applied through the same operations that a client would call.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/api/json.h"
#include "server/protocol/services.h"
#include "storage/base/clock.h"
#include "storage/schema/table_schema.h"

namespace tailrace {

struct ServiceAnswer {
  int status = 0;
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
  // Name of the error, "ResourceNotFoundException"; empty: none.
  std::string error_type() const;
};

// Home thread; callbacks run there too, never within the call.
class ServiceCaller {
 public:
  using Callback = std::function<void(ServiceAnswer)>;

  ServiceCaller(protocol::JsonService& dynamodb,
                protocol::RestService& lambda,
                Scheduler& scheduler,
                Owner owner);

  void dynamodb(std::string_view operation, std::string body, Callback callback);
  // `path` as segments: {"2015-03-31", "functions", name}.
  void lambda(std::string_view method,
              std::vector<std::string> path,
              std::vector<std::pair<std::string, std::string>> query,
              std::string body,
              Callback callback);
  const Owner& owner() const { return owner_; }

 private:
  protocol::JsonService& dynamodb_;
  protocol::RestService& lambda_;
  Scheduler& scheduler_;
  Owner owner_;
};

}  // namespace tailrace
