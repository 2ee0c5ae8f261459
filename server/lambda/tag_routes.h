// TagResource, UntagResource and ListTags, which Lambda has once for all kinds of resources.
// (behaviour/triggers 2.1)
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/result.h"
#include "storage/schema/table_schema.h"

namespace tailrace::lambda {

class LambdaApi;

using TagMap = std::map<std::string, std::string>;
using TagReply = std::function<void(Result<void>)>;

// One kind of resources that can be tagged. Home thread.
class TaggedResources {
 public:
  virtual ~TaggedResources() = default;
  virtual bool owns(
      std::string_view arn) const = 0;  // By the ARN's form; there need not be such a resource.
  virtual void tag(const Owner& caller,
                   const std::string& arn,
                   const TagMap& tags,
                   const TagReply& reply) = 0;
  virtual void untag(const Owner& caller,
                     const std::string& arn,
                     const std::vector<std::string>& keys,
                     const TagReply& reply) = 0;
  virtual Result<TagMap> tags(const Owner& caller, const std::string& arn) const = 0;
};

// Below /2017-03-31/tags. All kinds must outlive `api`.
void add_tag_routes(LambdaApi& api, std::vector<TaggedResources*> kinds);

// Constraints on a set of tags as stored. (Lambda: at most 50, keys of 1 to 128 characters, values
// up to 256)
Result<void> check_tags(const TagMap& tags);

}  // namespace tailrace::lambda
