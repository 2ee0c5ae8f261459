// Ordered key encoding: bytes that sort as DynamoDB sorts S, N and B.
//
//   S, B: 00 becomes 00 FF, end mark 00 01.
//   N:    sign byte (40 negative, 80 zero, C0 positive), base-100 exponent + 128, then a byte 2d+1 per two
//         digits, the last 2d; negatives complemented after the sign byte. No encoding is a prefix of another.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "storage/base/bytes.h"
#include "storage/value/attribute_value.h"

namespace tailrace {

void append_key_string(Buffer& out, std::string_view text);
void append_key_binary(Buffer& out, Bytes bytes);
void append_key_number(Buffer& out, const Number& number);
// `value` must be S, N or B.
void append_key_value(Buffer& out, const AttributeValue& value);

// The bytes of an S or B prefix without its end mark: range bounds for begins_with.
void append_key_prefix(Buffer& out, Bytes prefix);

// Reads one part and removes it from `in`.
AttributeValue decode_key_value(Bytes& in, AttributeType type);

// First 8 bytes, big-endian, of the hash that orders a Scan (behaviour/dynamodb 5.1), of a
// partition key's value(s). MD5 over "Outliers" and the key bytes; a number in Oracle NUMBER form.
std::uint64_t scan_hash(const AttributeValue& partition_key);
// Of a partition key of several attributes: over all of them, in order of the key schema.
std::uint64_t scan_hash(std::span<const AttributeValue* const> partition_key);

// Big-endian, so that order is kept.
void append_u64(Buffer& out, std::uint64_t value);
std::uint64_t take_u64(Bytes& in);

// The least bytes greater than every key that begins with `prefix`; empty if there is none (all FF).
Buffer after_prefix(Bytes prefix);

}  // namespace tailrace
