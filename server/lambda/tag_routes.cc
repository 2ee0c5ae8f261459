#include "server/lambda/tag_routes.h"

#include "server/api/validator.h"
#include "server/lambda/lambda_api.h"
#include "server/lambda/lambda_error.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {

namespace {

constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kTagKeyLengthMax = 128;
constexpr std::size_t kTagValueLengthMax = 256;

using Kinds = std::vector<TaggedResources*>;

TaggedResources* kind_of(const Kinds& kinds, std::string_view arn) {
  for (TaggedResources* kind : kinds) {
    if (kind->owns(arn)) return kind;
  }
  return nullptr;
}

ApiError unknown_resource(std::string_view arn) {
  return invalid_parameter(str_cat("The resource ARN ", arn, " cannot be tagged."));
}

// The model knows the parts of path and query as members too: they are checked together.
Result<TagMap> read_tags(const json::Value& input, const std::string& arn) {
  rapidjson::Document whole;
  whole.CopyFrom(input, whole.GetAllocator());
  whole.AddMember("Resource", json::Value(arn.c_str(), whole.GetAllocator()), whole.GetAllocator());
  const api::Shape* shape = api::find_shape(api::lambda_shapes(), "TagResource");
  CHECK(shape != nullptr);
  TRY_VOID(api::check_types(*shape, whole));
  TRY_VOID(api::check_constraints(*shape, whole, "TagResource"));
  TagMap tags;
  for (const auto& tag : json::find(whole, "Tags")->GetObject()) {
    if (tag.value.IsString()) tags[std::string(json::view(tag.name))] = json::view(tag.value);
  }
  return tags;
}

TagReply without_body(const LambdaReply& reply) {
  return [reply](const Result<void>& result) {
    if (!result) return reply(result.error());
    reply(std::string());
  };
}

}  // namespace

Result<void> check_tags(const TagMap& tags) {
  if (tags.size() > kTagsMax)
    return invalid_parameter("The number of tags exceeds the limit of 50.");
  for (const auto& [key, value] : tags) {
    if (key.empty() || key.size() > kTagKeyLengthMax) {
      return invalid_parameter(str_cat("Tag keys must have 1 to 128 characters: ", key));
    }
    if (value.size() > kTagValueLengthMax) {
      return invalid_parameter(
          str_cat("The value of the tag ", key, " must have at most 256 characters."));
    }
  }
  return {};
}

void add_tag_routes(LambdaApi& api, std::vector<TaggedResources*> kinds) {
  constexpr std::string_view kPath = "2017-03-31/tags/*";
  api.add("POST", kPath, 204,
          [kinds](const LambdaCall& call, json::Value& input, const LambdaReply& reply) {
            const std::string& arn = call.parameters[0];
            TaggedResources* kind = kind_of(kinds, arn);
            if (!kind) return reply(unknown_resource(arn));
            const auto tags = read_tags(input, arn);
            if (!tags) return reply(tags.error());
            kind->tag(call.request.caller, arn, *tags, without_body(reply));
          });
  api.add("DELETE", kPath, 204,
          [kinds](const LambdaCall& call, json::Value&, const LambdaReply& reply) {
            const std::string& arn = call.parameters[0];
            TaggedResources* kind = kind_of(kinds, arn);
            if (!kind) return reply(unknown_resource(arn));
            std::vector<std::string> keys;
            for (const auto& [name, value] : call.request.query) {
              if (name == "tagKeys") keys.push_back(value);
            }
            kind->untag(call.request.caller, arn, keys, without_body(reply));
          });
  api.add("GET", kPath, 200,
          [kinds](const LambdaCall& call, json::Value&, const LambdaReply& reply) {
            const std::string& arn = call.parameters[0];
            const TaggedResources* kind = kind_of(kinds, arn);
            if (!kind) return reply(unknown_resource(arn));
            const auto tags = kind->tags(call.request.caller, arn);
            if (!tags) return reply(tags.error());
            std::string text;
            JsonWriter json(text);
            json.begin_object().key("Tags").begin_object();
            for (const auto& [key, value] : *tags) json.string(key, value);
            json.end_object().end_object();
            reply(std::move(text));
          });
}

}  // namespace tailrace::lambda
