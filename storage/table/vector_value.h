// Vectors as an index holds them: 32-bit floats packed into a B, little-endian, so that an entry's
// vector counts as its name and four bytes a dimension, as AWS counts it. (Developer Guide,
// "Requirements and limitations" of vector indexes)
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/schema/table_schema.h"
#include "storage/value/attribute_value.h"

namespace tailrace {

// nullopt: not within the range of a 32-bit float.
std::optional<float> to_float(const Number& number);

// The packed form of a list of numbers; nullopt: not a vector that the index takes.
std::optional<Buffer> pack_vector(const VectorSchema& schema, const AttributeValue& value);
// Floats of a packed form; `bytes` holds whole floats.
std::vector<float> unpack_vector(Bytes bytes);

// Of two vectors of one length. COSINE gives 1 - cos, which is 1 if either is zero.
float vector_score(DistanceFunction function, std::span<const float> a, std::span<const float> b);
// True: `a` is the better score.
bool is_better_score(DistanceFunction function, float a, float b);

// Shortest decimal that names the float, with a fraction: 1.0, 0.1, 1e30.
std::string float_text(float value);

}  // namespace tailrace
