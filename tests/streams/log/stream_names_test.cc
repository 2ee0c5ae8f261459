#include <gtest/gtest.h>

#include "streams/log/sip_hash.h"
#include "streams/log/stream_arn.h"
#include "streams/log/stream_log.h"

namespace tailrace {
namespace {

TEST(SequenceNumber, HasTwentyOneDigitsAndReadsBack) {
  EXPECT_EQ(sequence_number_text(42), "100000000000000000042");
  EXPECT_EQ(sequence_number_text(UINT64_MAX), "118446744073709551615");
  EXPECT_EQ(parse_sequence_number("100000000000000000042"), 42U);
  EXPECT_EQ(parse_sequence_number("118446744073709551615"), UINT64_MAX);
}

TEST(SequenceNumber, ReadsLeadingZeros) {
  EXPECT_EQ(parse_sequence_number("0000100000000000000000042"), 42U);
}

TEST(SequenceNumber, RefusesWhatWasNeverIssued) {
  for (const char* text :
       {"", "42", "000000000000000000042", "200000000000000000042", "118446744073709551616",
        "10000000000000000004x", "1000000000000000000420", "-00000000000000000042"}) {
    EXPECT_EQ(parse_sequence_number(text), std::nullopt) << text;
  }
}

TEST(StreamArn, IsTakenApart) {
  const auto arn = parse_stream_arn(
      "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/My.Table_1-x/stream/"
      "2026-02-03T04:05:06.789");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->table.owner.account, "123456789012");
  EXPECT_EQ(arn->table.owner.region, "cn-north-1");
  EXPECT_EQ(arn->table.name, "My.Table_1-x");
  EXPECT_EQ(arn->label, "2026-02-03T04:05:06.789");
}

TEST(StreamArn, RefusesWhatIsNotWellFormed) {
  for (const char* text : {
           "",
           "arn:aws:dynamodb",
           "arn:aws:dynamodb:us-east-1:000000000000:table/Orders",
           "arn:aws:dynamodb:us-east-1:000000000000:table/Orders/stream/",
           "arn:aws:dynamodb:us-east-1:000000000000:table/Orders/stream/a/b",
           "arn:aws:dynamodb:us-east-1:00000000000:table/Orders/stream/label",
           "arn:aws:dynamodb:us-east-1:00000000000x:table/Orders/stream/label",
           "arn:aws:dynamodb::000000000000:table/Orders/stream/label",
           "arn:aws:kinesis:us-east-1:000000000000:table/Orders/stream/label",
           "arn:gcp:dynamodb:us-east-1:000000000000:table/Orders/stream/label",
           "arn:aws:dynamodb:us-east-1:000000000000:table/Or/stream/label",
           "arn:aws:dynamodb:us-east-1:000000000000:table/Or ders/stream/label",
           "arn:aws:dynamodb:us-east-1:000000000000:stream/Orders/stream/label",
       }) {
    EXPECT_FALSE(parse_stream_arn(text)) << text;
  }
}

// The vectors that its authors publish: key 00 01 … 0f, input 00 01 … of growing length.
TEST(SipHash, AgreesWithThePublishedVectors) {
  const std::array<std::uint64_t, 2> key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  const std::pair<std::size_t, std::uint64_t> vectors[] = {{0, 0x726fdb47dd0e0e31},
                                                           {1, 0x74f839c593dc67fd},
                                                           {8, 0x93f5f5799a932462},
                                                           {15, 0xa129ca6149be45e5}};
  for (const auto& [length, expected] : vectors) {
    Buffer input;
    for (std::size_t i = 0; i < length; ++i) input.push_back(static_cast<char>(i));
    EXPECT_EQ(sip_hash(key, input), expected) << length;
  }
}

}  // namespace
}  // namespace tailrace
