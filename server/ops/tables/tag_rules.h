// What may be a tag, with AWS's texts. (behaviour/tables 13)
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/json.h"
#include "storage/base/result.h"

namespace tailrace::ops {

using Tags = std::map<std::string, std::string>;

// A request's Tags. Errors: the first that is none, or a key that stands there twice, or too many.
Result<Tags> decode_tags(const json::Value& list);
// A request's TagKeys. Errors: as above.
Result<std::vector<std::string>> decode_tag_keys(const json::Value& list);
// Of all tags that a table would have.
Result<void> check_tag_count(std::size_t count);

}  // namespace tailrace::ops
