// TagResource, UntagResource, ListTagsOfResource (behaviour/dynamodb 4.8).
#include "server/ops/tables/operations.h"
#include "server/call/request_members.h"
#include "server/ops/tables/table_rules.h"
#include "server/ops/tables/tag_rules.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

struct Resource {
  std::string arn;
  TableName table;
};

Result<Resource> decode_resource(const json::Value& body) {
  const std::string arn(json::string_or(body, "ResourceArn"));
  if (arn.empty()) return validation_error("Invalid TableArn");
  if (!arn.starts_with("arn:")) return invalid_parameter("ARNs must start with 'arn:': ", arn);
  auto table = parse_table_arn(arn);
  if (!table) {
    if (arn.find("/index/") == arn.npos) return not_a_table_arn(arn);
    return invalid_parameter(
        "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: ",
        arn);
  }
  return Resource{.arn = arn, .table = *std::move(table)};
}

ApiError denied(const CallContext& context, const Resource& resource, std::string_view operation) {
  return {ErrorCode::kAccessDeniedException,
          str_cat("User: arn:aws:iam::", context.caller.account,
                  ":root is not authorized to perform: dynamodb:", operation,
                  " on resource: ", resource.arn),
          {}};
}

Result<TablePtr> require_resource(const CallContext& context,
                                  const Resource& resource,
                                  std::string_view operation) {
  if (resource.table.owner.account != context.caller.account)
    return denied(context, resource, operation);
  // A table has its tags once it is ACTIVE.
  if (auto table = context.world.catalog.require(resource.table)) return *std::move(table);
  // Account 000000000000 is nobody's on AWS, and ours; unknown tables there look as they would on
  // AWS.
  if (operation == "ListTagsOfResource" && resource.table.owner.account == "000000000000") {
    return denied(context, resource, operation);
  }
  return ApiError{ErrorCode::kResourceNotFoundException,
                  str_cat("Requested resource not found: ResourceArn: ", resource.arn, " not found"),
                  {}};
}

Result<const json::Value*> require_list(const json::Value& body,
                                        std::string_view member,
                                        std::string_view path,
                                        std::string_view empty_text) {
  const json::Value* list = json::find(body, member);
  if (list == nullptr) {
    return validation_error(str_cat("1 validation error detected: Value null at '", path,
                                    "' failed to satisfy constraint: Member must not be null"));
  }
  if (list->Empty()) return validation_error(std::string(empty_text));
  return list;
}

struct Nothing {};
// The service answers with an empty body.
Result<std::string> empty_body() {
  return std::string();
}

// --- TagResource.

struct TagInput {
  Resource resource;
  Tags tags;
};

Result<TagInput> decode_tag(const CallContext&, const json::Value& body) {
  TRY(Resource resource, decode_resource(body));
  TRY(const json::Value* list,
      require_list(body, "Tags", "tags", "Atleast one Tag needs to be provided as Input."));
  TRY(Tags tags, decode_tags(*list));
  return TagInput{.resource = std::move(resource), .tags = std::move(tags)};
}

Result<Nothing> execute_tag(const CallContext& context, Txn& txn, const TagInput& in) {
  TRY(const TablePtr table, require_resource(context, in.resource, "TagResource"));
  TableSchema changed = *table;
  for (const auto& [key, value] : in.tags) changed.tags.insert_or_assign(key, value);
  TRY_VOID(check_tag_count(changed.tags.size()));
  context.world.catalog.put(txn, std::move(changed));
  return Nothing{};
}

Result<std::string> encode_tag(const CallContext&, const TagInput&, Nothing&) {
  return empty_body();
}

// --- UntagResource.

struct UntagInput {
  Resource resource;
  std::vector<std::string> keys;
};

Result<UntagInput> decode_untag(const CallContext&, const json::Value& body) {
  TRY(Resource resource, decode_resource(body));
  TRY(const json::Value* list, require_list(body, "TagKeys", "tagKeys",
                                            "Atleast one Tag Key needs to be provided as Input."));
  TRY(auto keys, decode_tag_keys(*list));
  return UntagInput{.resource = std::move(resource), .keys = std::move(keys)};
}

Result<Nothing> execute_untag(const CallContext& context, Txn& txn, const UntagInput& in) {
  TRY(const TablePtr table, require_resource(context, in.resource, "UntagResource"));
  TableSchema changed = *table;
  for (const std::string& key : in.keys) changed.tags.erase(key);
  context.world.catalog.put(txn, std::move(changed));
  return Nothing{};
}

Result<std::string> encode_untag(const CallContext&, const UntagInput&, Nothing&) {
  return empty_body();
}

// --- ListTagsOfResource.

// All tags are one page; a NextToken is not looked at.
Result<Resource> decode_list(const CallContext&, const json::Value& body) {
  return decode_resource(body);
}

Result<Tags> execute_list(const CallContext& context, Txn&, const Resource& resource) {
  TRY(const TablePtr table, require_resource(context, resource, "ListTagsOfResource"));
  return table->tags;
}

void encode_list(const CallContext&, const Resource&, const Tags& tags, JsonWriter& json) {
  json.begin_object();
  json.key("Tags").begin_array();
  for (const auto& [key, value] : tags) {
    json.begin_object();
    json.string("Key", key);
    json.string("Value", value);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

constexpr Operation kOperations[] = {
    operation<decode_tag, execute_tag, encode_tag>(kDynamoDb, "TagResource"),
    operation<decode_untag, execute_untag, encode_untag>(kDynamoDb, "UntagResource"),
    operation<decode_list, execute_list, encode_list>(kDynamoDb, "ListTagsOfResource"),
};

}  // namespace

std::span<const Operation> tag_operations() {
  return kOperations;
}

}  // namespace tailrace::ops
