#include "storage/value/md5.h"

#include <gtest/gtest.h>

#include <string>

namespace tailrace {
namespace {

std::string hex(const Md5::Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    text.push_back("0123456789abcdef"[byte >> 4]);
    text.push_back("0123456789abcdef"[byte & 15]);
  }
  return text;
}

std::string md5_hex(Bytes bytes) {
  Md5 md5;
  md5.update(bytes);
  return hex(md5.finish());
}

TEST(Md5, GivesTheDigestsOfRfc1321) {
  EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5_hex("a"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(md5_hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(md5_hex("abcdefghijklmnopqrstuvwxyz"), "c3fcd3d76192e4007dfb496cca67e13b");
  EXPECT_EQ(md5_hex("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
            "d174ab98d277d9f5a5611c2c9f419d9f");
  EXPECT_EQ(
      md5_hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
      "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, DoesNotDependOnHowTheBytesArrive) {
  const std::string bytes(300, 'x');
  const std::string whole = md5_hex(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Md5 md5;
    md5.update(Bytes(bytes).substr(0, cut));
    md5.update(Bytes(bytes).substr(cut));
    EXPECT_EQ(hex(md5.finish()), whole) << cut;
  }
}

}  // namespace
}  // namespace tailrace
