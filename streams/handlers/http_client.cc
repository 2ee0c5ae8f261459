#include "streams/handlers/http_client.h"

#include <algorithm>
#include <cctype>

namespace tailrace {

const std::string* OutgoingResponse::header(std::string_view name) const {
  const auto same = [&](const std::pair<std::string, std::string>& entry) {
    return std::equal(entry.first.begin(), entry.first.end(), name.begin(), name.end(),
                      [](char a, char b) {
                        return std::tolower(static_cast<unsigned char>(a)) ==
                               std::tolower(static_cast<unsigned char>(b));
                      });
  };
  const auto found = std::find_if(headers.begin(), headers.end(), same);
  return found == headers.end() ? nullptr : &found->second;
}

}  // namespace tailrace
