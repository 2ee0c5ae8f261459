// arn:<partition>:dynamodb:<region>:<account>:table/<name>/stream/<label>
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "streams/log/stream_log.h"

namespace tailrace {

struct StreamArn {
  TableName table;
  std::string label;
};

// nullopt: not well formed. Says nothing about whether there is such a stream.
// (behaviour/streams 7)
std::optional<StreamArn> parse_stream_arn(std::string_view text);

// The stream of exactly this ARN; nullptr: there is none, or the ARN is not well formed.
std::shared_ptr<const Stream> find_stream_by_arn(const StreamLog& log, std::string_view arn);

}  // namespace tailrace
