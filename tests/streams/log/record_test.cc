#include <gtest/gtest.h>

#include "streams/log/record_codec.h"
#include "streams/log/row_codec.h"

namespace tailrace {
namespace {

Stream example_stream() {
  Stream stream;
  stream.id = 5;
  stream.table = {.owner = {.account = "000000000000", .region = "us-east-1"}, .name = "Parcels"};
  stream.table_id = 11;
  stream.label = "2026-02-03T04:05:06.789";
  stream.keys.hash = {{.name = "parcel", .type = AttributeType::kS}};
  stream.requested = from_millis(1770091506789);
  return stream;
}

StreamRecord example_record() {
  StreamRecord record;
  record.sequence = 42;
  record.created = from_millis(1770091567999);
  record.event = EventName::kModify;
  record.size_bytes = 47;
  record.event_id = "9c1e0a5d7b3f48e2a6d4c8f01b2e3d47";
  record.keys_json = R"({"parcel":{"S":"P-77"}})";
  record.new_image_json = R"({"parcel":{"S":"P-77"},"seal":{"B":"AAEC/w=="}})";
  record.old_image_json = R"({"parcel":{"S":"P-77"},"kg":{"N":"12"}})";
  return record;
}

std::string json_of(const StreamRecord& record, RecordForm form) {
  std::string out;
  append_record_json(out, example_stream(), record, form);
  return out;
}

TEST(RecordJson, IsWrittenAsGetRecordsShowsIt) {
  EXPECT_EQ(
      json_of(example_record(), RecordForm::kStreamsApi),
      R"({"eventID":"9c1e0a5d7b3f48e2a6d4c8f01b2e3d47","eventName":"MODIFY","eventVersion":"1.1",)"
      R"("eventSource":"aws:dynamodb","awsRegion":"us-east-1","dynamodb":{)"
      R"("ApproximateCreationDateTime":1770091567,"Keys":{"parcel":{"S":"P-77"}},)"
      R"("NewImage":{"parcel":{"S":"P-77"},"seal":{"B":"AAEC/w=="}},)"
      R"("OldImage":{"parcel":{"S":"P-77"},"kg":{"N":"12"}},)"
      R"("SequenceNumber":"100000000000000000042","SizeBytes":47,)"
      R"("StreamViewType":"NEW_AND_OLD_IMAGES"}})");
}

TEST(RecordJson, HasTheArnAndAFractionInLambdaEvents) {
  const std::string json = json_of(example_record(), RecordForm::kLambdaEvent);
  EXPECT_NE(json.find(R"("ApproximateCreationDateTime":1770091567.0,)"), std::string::npos);
  EXPECT_TRUE(json.ends_with(
      R"("StreamViewType":"NEW_AND_OLD_IMAGES"},"eventSourceARN":)"
      R"("arn:aws:dynamodb:us-east-1:000000000000:table/Parcels/stream/2026-02-03T04:05:06.789"})"));
}

TEST(RecordJson, NamesTimeToLiveInEachConsumersSpelling) {
  StreamRecord record = example_record();
  record.event = EventName::kRemove;
  record.by_ttl = true;
  record.new_image_json.reset();
  EXPECT_NE(
      json_of(record, RecordForm::kStreamsApi)
          .find(R"(,"userIdentity":{"Type":"Service","PrincipalId":"dynamodb.amazonaws.com"})"),
      std::string::npos);
  EXPECT_NE(
      json_of(record, RecordForm::kLambdaEvent)
          .find(R"(,"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"})"),
      std::string::npos);
  EXPECT_EQ(json_of(record, RecordForm::kStreamsApi).find("NewImage"), std::string::npos);
}

TEST(RecordCodec, ReadsBackWhatItWrote) {
  AttributeMap before, after;
  before.set("pk", {std::string("a")});
  after = before;
  after.set("n", {Number(5)});
  const Buffer old_row = encode_item(before), new_row = encode_item(after);
  const StoredItem old_item(old_row), new_item(new_row);
  struct Images {
    const StoredItem* new_image;
    const StoredItem* old_image;
  };
  for (const auto& [new_image, old_image] :
       {Images{&new_item, &old_item}, Images{&new_item, nullptr}, Images{nullptr, &old_item},
        Images{nullptr, nullptr}}) {
    Buffer row = "left over";
    encode_record(row, {.created = from_millis(1770091506789),
                        .event = EventName::kRemove,
                        .cause = ChangeCause::kTimeToLive,
                        .size_bytes = 77,
                        .event_id = {0x0123456789abcdef, 0xfedcba9876543210},
                        .keys_json = R"({"pk":{"S":"a"}})",
                        .new_image = new_image,
                        .old_image = old_image});
    const StreamRecord record = decode_record(9, row);
    EXPECT_EQ(record.sequence, 9U);
    EXPECT_EQ(record.created, from_millis(1770091506789));
    EXPECT_EQ(record.event, EventName::kRemove);
    EXPECT_TRUE(record.by_ttl);
    EXPECT_EQ(record.size_bytes, 77U);
    EXPECT_EQ(record.event_id, "0123456789abcdeffedcba9876543210");
    EXPECT_EQ(record.keys_json, R"({"pk":{"S":"a"}})");
    EXPECT_EQ(record.new_image_json.has_value(), new_image != nullptr);
    EXPECT_EQ(record.old_image_json.has_value(), old_image != nullptr);
    if (new_image) {
      EXPECT_EQ(*record.new_image_json, new_image->json());
    }
    if (old_image) {
      EXPECT_EQ(*record.old_image_json, old_image->json());
    }
    EXPECT_EQ(record_created(row), record.created);
    EXPECT_EQ(record_size_bytes(row), 77U);
  }
}

TEST(RowCodec, ReadsBackStreams) {
  Stream stream = example_stream();
  stream.view_type = StreamViewType::kOldImage;
  stream.keys.range = {{.name = "at", .type = AttributeType::kN}};
  stream.status = StreamStatus::kDisabled;
  stream.disabled = from_millis(1770091599999);
  stream.iterator_epoch = 3;
  const Stream read = decode_stream(5, encode_stream(stream));
  EXPECT_EQ(read.id, 5U);
  EXPECT_EQ(read.table, stream.table);
  EXPECT_EQ(read.table_id, stream.table_id);
  EXPECT_EQ(read.label, stream.label);
  EXPECT_EQ(read.view_type, stream.view_type);
  EXPECT_EQ(read.keys, stream.keys);
  EXPECT_EQ(read.requested, stream.requested);
  EXPECT_EQ(read.status, stream.status);
  EXPECT_EQ(read.disabled, stream.disabled);
  EXPECT_EQ(read.iterator_epoch, 3U);
}

TEST(RowCodec, ReadsBackShardsOpenAndClosed) {
  Shard shard;
  shard.id = "shardId-00000001770091506789-0123abcd";
  shard.hash_low = 1;
  shard.hash_high = UINT64_MAX;
  shard.created = from_millis(1770091506789);
  shard.start_sequence = 12;
  Shard read = decode_shard(5, 6, encode_shard(shard));
  EXPECT_EQ(read.stream_id, 5U);
  EXPECT_EQ(read.number, 6U);
  EXPECT_EQ(read.id, shard.id);
  EXPECT_TRUE(read.open());
  EXPECT_FALSE(read.closed || read.parent_id);
  EXPECT_EQ(read.hash_low, 1U);
  EXPECT_EQ(read.hash_high, UINT64_MAX);
  EXPECT_EQ(read.created, shard.created);
  EXPECT_EQ(read.start_sequence, 12U);

  shard.parent_id = "shardId-00000001770091506000-0123abcd";
  shard.closed = from_millis(1770091506790);
  shard.end_sequence = 77;
  shard.trimmed_sequence = 13;
  read = decode_shard(5, 6, encode_shard(shard));
  EXPECT_EQ(read.parent_id, shard.parent_id);
  EXPECT_EQ(read.closed, shard.closed);
  EXPECT_EQ(read.end_sequence, 77U);
  EXPECT_EQ(read.trimmed_sequence, 13U);
}

}  // namespace
}  // namespace tailrace
