#include "server/http/status_text.h"

#include <utility>

namespace tailrace::http {
namespace {

constexpr std::pair<int, std::string_view> kTexts[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Payload Too Large"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

}  // namespace

std::string_view status_text(int status) {
  for (const auto& [known, text] : kTexts)
    if (known == status) return text;
  return "Other";
}

}  // namespace tailrace::http
