#include "server/http/http_message.h"

#include <algorithm>

namespace tailrace::http {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

const Header* find_header(const std::vector<Header>& headers, std::string_view name) {
  for (const Header& header : headers)
    if (equals_ignoring_case(header.name, name)) return &header;
  return nullptr;
}

class FunctionSink final : public ResponseSink {
 public:
  explicit FunctionSink(std::function<void(Response)> take) : take_(std::move(take)) {}
  void respond(std::uint64_t, Response response) override { take_(std::move(response)); }
  void run_on_thread(Task task) override { task(); }
  bool connected() const override { return true; }

 private:
  std::function<void(Response)> take_;
};

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Request::header(std::string_view name) const {
  const Header* found = find_header(headers, name);
  return found != nullptr ? found->value : std::string_view();
}

bool Request::has_header(std::string_view name) const {
  return find_header(headers, name) != nullptr;
}

void Response::add_header(std::string_view name, std::string_view value) {
  header_lines.append(name).append(": ");
  for (const char c : value)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) header_lines.push_back(c);
  header_lines.append("\r\n");
}

std::string_view Response::header(std::string_view name) const {
  std::string_view rest = header_lines;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    const std::size_t colon = line.find(": ");
    if (equals_ignoring_case(line.substr(0, colon), name)) return line.substr(colon + 2);
    rest.remove_prefix(line.size() + 2);
  }
  return {};
}

Respond::Respond(std::function<void(Response)> take)
    : sink_(std::make_shared<FunctionSink>(std::move(take))), exchange_(0) {}

}  // namespace tailrace::http
