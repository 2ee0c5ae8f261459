#include "streams/triggers/filter_pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tailrace::triggers {
namespace {

constexpr std::string_view kInsert =
    R"({"eventID":"9c1e","eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"us-east-1",)"
    R"("dynamodb":{"ApproximateCreationDateTime":1770091567.0,"Keys":{"pk":{"S":"EU#7"}},)"
    R"("NewImage":{"pk":{"S":"EU#7"},"status":{"S":"open"},"empty":{"S":""},"kg":{"N":"42"},"paid":{"BOOL":true},)"
    R"("gone":{"NULL":true},"seal":{"B":"AAEC"},"host":{"S":"10.0.0.17"},"six":{"S":"2001:db8::1"},)"
    R"("file":{"S":"report.CSV"},"addr":{"M":{"city":{"S":"Bonn"},"zip":{"S":"53111"}}},)"
    R"("tags":{"SS":["blue","red"]},"none":{"L":[]},"people":{"L":[{"M":{"name":{"S":"Ann"},"age":{"N":"30"}}},)"
    R"({"M":{"name":{"S":"Bob"},"age":{"N":"50"}}}]},"list":{"L":[{"S":"a"},{"S":"b"}]}},)"
    R"("SequenceNumber":"100000000000000000042","SizeBytes":47,"StreamViewType":"NEW_AND_OLD_IMAGES"},)"
    R"("eventSourceARN":"arn:aws:dynamodb:us-east-1:000000000000:table/Parcels/stream/2026-02-03T04:05:06.789"})";

struct MatchCase {
  const char* pattern;
  bool passes;
};

std::string image(std::string_view inner) {
  return R"({"dynamodb":{"NewImage":{)" + std::string(inner) + "}}}";
}

void expect_cases(const std::vector<MatchCase>& cases, bool in_image) {
  for (const MatchCase& row : cases) {
    const std::string pattern = in_image ? image(row.pattern) : row.pattern;
    auto filter = RecordFilter::compile({pattern});
    ASSERT_TRUE(filter.has_value()) << pattern;
    EXPECT_EQ((*filter)->passes(kInsert), row.passes) << pattern;
  }
}

TEST(RecordFilter, LooksAtTheWholeRecordAsItIsDelivered) {
  expect_cases(
      {
          {R"({"eventName":["INSERT"]})", true},
          {R"({"eventName":["MODIFY","REMOVE"]})", false},
          {R"({"eventName":["insert"]})", false},
          {R"({"EventName":["INSERT"]})", false},
          {R"({"eventSource":["aws:dynamodb"],"awsRegion":["us-east-1"]})", true},
          {R"({"eventSource":["aws:dynamodb"],"awsRegion":["eu-west-1"]})", false},
          {R"({"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"EU#"}]}}}})", true},
          {R"({"dynamodb":{"ApproximateCreationDateTime":[{"numeric":[">",1770091566,"<=",1770091567]}]}})",
           true},
          {R"({"dynamodb":{"ApproximateCreationDateTime":[1770091567]}})", true},
          {R"({"dynamodb":{"SizeBytes":[{"numeric":["<",47]}]}})", false},
          {R"({"dynamodb":{"SizeBytes":[4.7e1]}})", true},
          {R"({"dynamodb":{"OldImage":{"pk":{"S":[{"exists":false}]}}}})", true},
          {R"({"userIdentity":{"type":["Service"]}})", false},
      },
      false);
}

TEST(RecordFilter, MatchesValuesWithTheirTypeDescriptors) {
  expect_cases(
      {
          {R"("status":{"S":["open","new"]})", true},
          {R"("status":{"S":["closed"]})", false},
          {R"("status":["open"])", false},
          {R"("empty":{"S":[""]})", true},
          {R"("status":{"S":[""]})", false},
          {R"("kg":{"N":["42"]})", true},
          {R"("kg":{"N":[42]})", false},
          {R"("kg":{"N":[{"numeric":["=",42]}]})", false},
          {R"("paid":{"BOOL":[true]})", true},
          {R"("paid":{"BOOL":[false]})", false},
          {R"("paid":{"BOOL":["true"]})", false},
          {R"("gone":{"NULL":[true]})", true},
          {R"("gone":{"NULL":[null]})", false},
          {R"("seal":{"B":["AAEC"]})", true},
          {R"("addr":{"M":{"city":{"S":["Bonn"]}}})", true},
          {R"("addr":{"M":{"city":{"S":["Bonn"]},"zip":{"S":["50667"]}}})", false},
      },
      true);
}

TEST(RecordFilter, KnowsEveryOperator) {
  expect_cases(
      {
          {R"("status":{"S":[{"prefix":"op"}]})", true},
          {R"("status":{"S":[{"prefix":""}]})", true},
          {R"("status":{"S":[{"prefix":"OP"}]})", false},
          {R"("status":{"S":[{"prefix":{"equals-ignore-case":"OP"}}]})", true},
          {R"("file":{"S":[{"suffix":".csv"}]})", false},
          {R"("file":{"S":[{"suffix":{"equals-ignore-case":".csv"}}]})", true},
          {R"("file":{"S":[{"suffix":""}]})", true},
          {R"("file":{"S":[{"equals-ignore-case":"REPORT.csv"}]})", true},
          {R"("empty":{"S":[{"equals-ignore-case":""}]})", true},
          {R"("file":{"S":[{"equals-ignore-case":""}]})", false},
          {R"("file":{"S":[{"wildcard":"rep*.*V"}]})", true},
          {R"("file":{"S":[{"wildcard":"rep*.*W"}]})", false},
          {R"("file":{"S":[{"wildcard":"report.CSV"}]})", true},
          {R"("file":{"S":[{"wildcard":"report.CSV*"}]})", true},
          {R"("empty":{"S":[{"wildcard":""}]})", true},
          {R"("file":{"S":[{"wildcard":""}]})", false},
          {R"("file":{"S":[{"wildcard":"rep\\*"}]})", false},
          {R"("paid":{"BOOL":[{"prefix":"t"}]})", false},
          {R"("host":{"S":[{"cidr":"10.0.0.0/24"}]})", true},
          {R"("host":{"S":[{"cidr":"10.0.0.0/28"}]})", false},
          {R"("host":{"S":[{"cidr":"0.0.0.0/0"}]})", true},
          {R"("six":{"S":[{"cidr":"2001:db8::/32"}]})", true},
          {R"("six":{"S":[{"cidr":"10.0.0.0/8"}]})", false},
          {R"("status":{"S":[{"cidr":"10.0.0.0/8"}]})", false},
      },
      true);
}

TEST(RecordFilter, AnythingButNeedsTheFieldToBeThere) {
  expect_cases(
      {
          {R"("status":{"S":[{"anything-but":"open"}]})", false},
          {R"("status":{"S":[{"anything-but":["new","closed"]}]})", true},
          {R"("status":{"S":[{"anything-but":[1,2]}]})", true},
          {R"("missing":{"S":[{"anything-but":"open"}]})", false},
          {R"("missing":{"S":[{"anything-but":"open"},{"exists":false}]})", true},
          {R"("status":{"S":[{"anything-but":{"prefix":"op"}}]})", false},
          {R"("status":{"S":[{"anything-but":{"prefix":["x","y"]}}]})", true},
          {R"("status":{"S":[{"anything-but":{"suffix":"en"}}]})", false},
          {R"("status":{"S":[{"anything-but":{"equals-ignore-case":["OPEN"]}}]})", false},
          {R"("status":{"S":[{"anything-but":{"wildcard":"o*n"}}]})", false},
          {R"("gone":{"NULL":[{"anything-but":{"prefix":"x"}}]})", true},
      },
      true);
}

TEST(RecordFilter, ExistsActsOnLeavesOnly) {
  expect_cases(
      {
          {R"("status":[{"exists":false}])", true},
          {R"("status":[{"exists":true}])", false},
          {R"("status":{"S":[{"exists":true}]})", true},
          {R"("status":{"S":[{"exists":false}]})", false},
          {R"("missing":{"S":[{"exists":false}]})", true},
          {R"("none":{"L":[{"exists":true}]})", false},
          {R"("none":{"L":[null]})", false},
          {R"("tags":{"SS":[{"exists":true}]})", true},
      },
      true);
}

TEST(RecordFilter, FindsElementsOfLists) {
  expect_cases(
      {
          {R"("tags":{"SS":["red"]})", true},
          {R"("tags":{"SS":["green"]})", false},
          {R"("list":{"L":{"S":["b"]}})", true},
          {R"("list":{"L":{"S":["c"]}})", false},
          {R"("people":{"L":{"M":{"name":{"S":["Ann"]},"age":{"N":["30"]}}}})", true},
          {R"("people":{"L":{"M":{"name":{"S":["Ann"]},"age":{"N":["50"]}}}})", false},
      },
      true);
}

TEST(RecordFilter, TakesDotsAndNestingAsTheSame) {
  expect_cases(
      {
          {R"({"dynamodb.NewImage.status.S":["open"]})", true},
          {R"({"dynamodb":{"NewImage.status":{"S":["open"]}}})", true},
          {R"({"dynamodb.NewImage.status.S":["new"]})", false},
          {R"({"dynamodb.NewImage.stat.S":["open"]})", false},
      },
      false);
  auto filter = RecordFilter::compile({R"({"a":{"b":["x"]}})"});
  ASSERT_TRUE(filter.has_value());
  EXPECT_TRUE((*filter)->passes(R"({"a.b":"x"})"));
  EXPECT_TRUE((*filter)->passes(R"({"a":{"b":"y"},"a.b":"x"})"));
  EXPECT_FALSE((*filter)->passes(R"({"a.b.c":"x"})"));
}

TEST(RecordFilter, OrStandsBesideItsSiblings) {
  expect_cases(
      {
          {R"("$or":[{"status":{"S":["new"]}},{"kg":{"N":["42"]}}])", true},
          {R"("$or":[{"status":{"S":["new"]}},{"kg":{"N":["1"]}}])", false},
          {R"("paid":{"BOOL":[false]},"$or":[{"status":{"S":["open"]}},{"kg":{"N":["42"]}}])",
           false},
          {R"("paid":{"BOOL":[true]},"$or":[{"status":{"S":["new"]}},{"$or":[{"kg":{"N":["42"]}},{"kg":{"N":["1"]}}]}])",
           true},
      },
      true);
}

TEST(RecordFilter, PassesWhenAnyPatternMatchesOrThereIsNone) {
  auto any = RecordFilter::compile({R"({"eventName":["REMOVE"]})", R"({"eventName":["INSERT"]})"});
  ASSERT_TRUE(any.has_value());
  EXPECT_TRUE((*any)->passes(kInsert));
  auto none = RecordFilter::compile({});
  ASSERT_TRUE(none.has_value());
  EXPECT_TRUE((*none)->empty());
  EXPECT_TRUE((*none)->passes(kInsert));
}

TEST(RecordFilter, LetsTheLastOfEqualNamesWin) {
  auto filter = RecordFilter::compile({R"({"eventName":["REMOVE"],"eventName":["INSERT"]})"});
  ASSERT_TRUE(filter.has_value());
  EXPECT_TRUE((*filter)->passes(kInsert));
}

TEST(RecordFilter, ComparesNullAndNumbersByValue) {
  auto filter = RecordFilter::compile({R"({"a":[null,300]})"});
  ASSERT_TRUE(filter.has_value());
  EXPECT_TRUE((*filter)->passes(R"({"a":null})"));
  EXPECT_TRUE((*filter)->passes(R"({"a":3.0e2})"));
  EXPECT_FALSE((*filter)->passes(R"({"a":"null"})"));
  EXPECT_FALSE((*filter)->passes(R"({"a":"300"})"));
  EXPECT_FALSE((*filter)->passes(R"({"a":[]})"));
  EXPECT_FALSE((*filter)->passes(R"({})"));
}

TEST(RecordFilter, FoldsLettersBeyondAscii) {
  auto filter = RecordFilter::compile({R"({"a":[{"equals-ignore-case":"ÄÖÜ Ψ Ж"}]})"});
  ASSERT_TRUE(filter.has_value());
  EXPECT_TRUE((*filter)->passes(R"({"a":"äöü ψ ж"})"));
  EXPECT_FALSE((*filter)->passes(R"({"a":"aou ψ ж"})"));
}

TEST(RecordFilter, RefusesWhatIsNoPattern) {
  const char* const patterns[] = {
      "",
      "word",
      "\"text\"",
      "42",
      "[]",
      "null",
      "{}",
      "{",
      R"({"a":"open"})",
      R"({"a":42})",
      R"({"a":true})",
      R"({"a":null})",
      R"({"a":[]})",
      R"({"a":{}})",
      R"({"a":[["x"]]})",
      R"({"a":[{}]})",
      R"({"a":[{"unknown":"x"}]})",
      R"({"a":[{"NUMERIC":["=",1]}]})",
      R"({"a":[{"EXISTS":true}]})",
      R"({"a":[{"prefix":"x","suffix":"y"}]})",
      R"({"a":[{"prefix":1}]})",
      R"({"a":[{"prefix":["x"]}]})",
      R"({"a":[{"prefix":{"prefix":"x"}}]})",
      R"({"a":[{"suffix":1}]})",
      R"({"a":[{"suffix":["x"]}]})",
      R"({"a":[{"suffix":{"equals-ignore-case":1}}]})",
      R"({"a":[{"equals-ignore-case":["x"]}]})",
      R"({"a":[{"equals-ignore-case":{}}]})",
      R"({"a":[{"wildcard":1}]})",
      R"({"a":[{"wildcard":["*"]}]})",
      R"({"a":[{"wildcard":"a**b"}]})",
      R"({"a":[{"wildcard":"*:*:*:*:*:x/*"}]})",
      R"({"a":[{"wildcard":"a\\b"}]})",
      R"({"a":[{"anything-but":null}]})",
      R"({"a":[{"anything-but":["x",null]}]})",
      R"({"a":[{"anything-but":[]}]})",
      R"({"a":[{"anything-but":["x",1]}]})",
      R"({"a":[{"anything-but":true}]})",
      R"({"a":[{"anything-but":{"prefix":""}}]})",
      R"({"a":[{"anything-but":{"suffix":""}}]})",
      R"({"a":[{"anything-but":{"prefix":1}}]})",
      R"({"a":[{"anything-but":{"prefix":null}}]})",
      R"({"a":[{"anything-but":{"prefix":[]}}]})",
      R"({"a":[{"anything-but":{"prefix":{"equals-ignore-case":"x"}}}]})",
      R"({"a":[{"anything-but":{"exists":true}}]})",
      R"({"a":[{"numeric":5}]})",
      R"({"a":[{"numeric":[]}]})",
      R"({"a":[{"numeric":["="]}]})",
      R"({"a":[{"numeric":[">",1,"<"]}]})",
      R"({"a":[{"numeric":["<",1,">",0]}]})",
      R"({"a":[{"numeric":["=",1,"<",2]}]})",
      R"({"a":[{"numeric":[">",2,"<",1]}]})",
      R"({"a":[{"numeric":[">",1,"<",1]}]})",
      R"({"a":[{"numeric":[">=",1,"<=",1]}]})",
      R"({"a":[{"numeric":["=",12345678901234567]}]})",
      R"({"a":[{"anything-but":[-9007199254740993]}]})",
      "\xEF\xBB\xBF{\"a\":[\"x\"]}",
      R"({"$or":[{"a":{"b":{"prefix":["x"]}}},{"b":["y"]}]})",
      R"({"a":[],"a":["x"]})",
      R"({"$or":[{"exactly":"x"},{"b":["y"]}]})",
      R"({"a":[{"numeric":["!=",1]}]})",
      R"({"a":[{"numeric":["=","1"]}]})",
      R"({"a":[{"exists":"true"}]})",
      R"({"a":[{"exists":1}]})",
      R"({"a":[{"exists":null}]})",
      R"({"a":[{"cidr":"10.0.0.0"}]})",
      R"({"a":[{"cidr":"10.0.0.0/32"}]})",
      R"({"a":[{"cidr":"::/128"}]})",
      R"({"a":[{"cidr":"::ffff:1.2.3.4/96"}]})",
      R"({"a":[{"cidr":"10.0.0/8"}]})",
      R"({"a":[{"cidr":"::/129"}]})",
      R"({"a":[{"cidr":8}]})",
      R"({"a":[{"cidr":"10.0.0.0/x"}]})",
      R"({"$or":[{"a":["x"]}]})",
      R"({"$or":[]})",
      R"({"$or":[{"a":["x"]},"y"]})",
      R"({"$or":[{"a":["x"]},{}]})",
  };
  for (const char* pattern : patterns) {
    const auto filter = RecordFilter::compile({pattern});
    ASSERT_FALSE(filter.has_value()) << pattern;
    EXPECT_EQ(filter.error().code, ErrorCode::kInvalidParameterValueException);
    EXPECT_EQ(filter.error().message, "Invalid filter pattern definition.");
  }
}

TEST(RecordFilter, TakesWhatEventRulerTakes) {
  for (const char* pattern :
       {R"({"a":[{"exactly":"x"}]})", R"({"$or":["x"]})", R"({"$or":{"a":["x"]}})",
        R"({"$or":[{"prefix":"a"},{"suffix":"b"}]})", R"({"a":["x"]}x)", R"({"a":["x"],"a":["y"]})",
        R"({"a":["x"],"a":{"b":["y"]}})", R"({"a":[{"cidr":"10.0.0.0/+8"}]})",
        R"({"a":[{"numeric":["=",-1234567890123456]}]})",
        R"({"a":[{"anything-but":12345678901234567000}]})",
        R"({"a":[{"cidr":"010.0.0.0/08"}]})"}) {
    EXPECT_TRUE(RecordFilter::compile({pattern}).has_value()) << pattern;
  }
}

TEST(RecordFilter, RefusesMoreCombinationsThanEventBridgeAllows) {
  std::string pattern = "{";
  for (int i = 0; i < 10; ++i) {
    pattern += (i > 0 ? "," : "") + std::string("\"x") + std::to_string(i) +
               R"(":{"$or":[{"a":["1"]},{"b":["1"]}]})";
  }
  EXPECT_FALSE(RecordFilter::compile({pattern + "}"}).has_value());  // 1,024
}

}  // namespace
}  // namespace tailrace::triggers
