#include "server/templates/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "server/templates/intrinsics.h"
#include "storage/base/str_cat.h"
#include "tests/storage/engine/temp_directory.h"

namespace tailrace::templates {
namespace {

using testing::HasSubstr;

std::string error_of(const Result<Node>& result) {
  return result ? "no error" : result.error().message;
}

// "Billion laughs": each line names the one before several times.
std::string laughs(int lines) {
  std::string text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < lines; ++i) {
    str_append(text, "a", i, ": &a", i, " [");
    for (int n = 0; n < 10; ++n) str_append(text, n == 0 ? "" : ", ", "*a", i - 1);
    text += "]\n";
  }
  return text;
}

TEST(Document, WritesAliasesOut) {
  const auto document = parse_document(laughs(3), "t.yaml");
  ASSERT_TRUE(document.has_value()) << document.error().message;
  EXPECT_EQ(document->find("a2")->list()->size(), 10U);
  EXPECT_EQ(document->find("a2")->list()->front().list()->front().list()->size(), 10U);
}

TEST(Document, RefusesAliasesThatMultiply) {
  EXPECT_THAT(error_of(parse_document(laughs(12), "t.yaml")),
              HasSubstr("more than 1000000 values, aliases (*name) written out"));
}

TEST(Document, RefusesWhatIsLargerThanAnyTemplate) {
  EXPECT_EQ(error_of(parse_document(std::string((8 << 20) + 1, '#'), "t.yaml")),
            "t.yaml: larger than 8 MB");
}

TEST(Document, ManyMembersOfOneMapCostNoMoreThanTheirBytes) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) str_append(text, "k", i, ": 1\n");
  const auto document = parse_document(text, "t.yaml");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document->map()->size(), 100'000U);
  EXPECT_THAT(error_of(parse_document(text + "k5: 2\n", "t.yaml")),
              HasSubstr("'k5' stands here twice"));
}

TEST(Document, IsReadFromRegularFilesOnly) {
  TempDirectory directory;
  EXPECT_THAT(error_of(read_document("/dev/zero")), HasSubstr("no regular file; copy it to one"));
  EXPECT_THAT(error_of(read_document(directory.path())),
              HasSubstr("it is a directory; name the file in it"));
  const auto pipe = directory.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(error_of(read_document(pipe)), HasSubstr("no regular file; copy it to one"));
  EXPECT_THAT(error_of(read_document(directory.path() / "none")),
              HasSubstr("check the path and its permissions"));
  std::ofstream(directory.path() / "large") << std::string((8 << 20) + 1, '#');
  EXPECT_THAT(error_of(read_document(directory.path() / "large")), HasSubstr("larger than 8 MB"));
  std::ofstream(directory.path() / "small") << "a: 1\n";
  EXPECT_TRUE(read_document(directory.path() / "small").has_value());
}

Result<Node> resolved(const Node& document) {
  Resolver resolver(document, "t.yaml", {.account = "000000000000", .region = "us-east-1"}, "s");
  return resolver.resolve(*document.find("Value"), "Value");
}

TEST(Intrinsics, RefuseATextThatDoublesWithEachLevel) {
  std::string value = "x";
  for (int i = 0; i < 25; ++i)
    value = str_cat("{\"Fn::Sub\":[\"${A}${A}\",{\"A\":", i == 0 ? "\"x\"" : value, "}]}");
  const auto document = parse_document(str_cat("{\"Value\":", value, "}"), "t.yaml");
  ASSERT_TRUE(document.has_value()) << document.error().message;
  EXPECT_THAT(error_of(resolved(*document)), HasSubstr("longer than 1048576 bytes"));
}

TEST(Intrinsics, RefuseReferencesThatMultiplyWhatTheyNameTooOften) {
  std::string list;
  for (int i = 0; i < 2'000; ++i) str_append(list, i == 0 ? "" : ",", "1");
  std::string references;
  for (int i = 0; i < 2'000; ++i)
    str_append(references, i == 0 ? "" : ",", R"({"Fn::FindInMap":["M","a","b"]})");
  const auto document = parse_document(
      str_cat(R"({"Mappings":{"M":{"a":{"b":[)", list, R"(]}}},"Value":[)", references, "]}"),
      "t.yaml");
  ASSERT_TRUE(document.has_value()) << document.error().message;
  EXPECT_THAT(error_of(resolved(*document)), HasSubstr("comes to too many values"));
}

}  // namespace
}  // namespace tailrace::templates
