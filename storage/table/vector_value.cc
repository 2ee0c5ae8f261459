#include "storage/table/vector_value.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "storage/base/check.h"
#include "storage/base/engine_error.h"

namespace tailrace {
namespace {

static_assert(std::endian::native == std::endian::little, "vectors are stored little-endian");

// Independent sums, so that additions need not wait for each other. In double: the vector itself
// then has a distance of exactly 0.
template <class Term>
double sum(std::size_t count, Term term) {
  std::array<double, 4> sums{};
  std::size_t i = 0;
  for (; i + sums.size() <= count; i += sums.size())
    for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += term(i + lane);
  for (; i < count; ++i) sums[0] += term(i);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double dot(std::span<const float> a, std::span<const float> b) {
  return sum(a.size(), [&](std::size_t i) { return static_cast<double>(a[i]) * b[i]; });
}

double cosine_distance(std::span<const float> a, std::span<const float> b) {
  const double norms = std::sqrt(dot(a, a) * dot(b, b));
  return norms == 0 ? 1 : 1 - dot(a, b) / norms;
}

double euclidean_distance(std::span<const float> a, std::span<const float> b) {
  return std::sqrt(sum(a.size(), [&](std::size_t i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    return difference * difference;
  }));
}

}  // namespace

std::optional<float> to_float(const Number& number) {
  const std::string text = number.text();
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc()) return value;
  // Too small to be told from zero is fine, too large is not.
  if (number.exponent() < 0) return 0.0F;
  return std::nullopt;
}

std::optional<Buffer> pack_vector(const VectorSchema& schema, const AttributeValue& value) {
  const auto* list = value.as<List>();
  if (list == nullptr || list->values.size() != schema.dimensions) return std::nullopt;
  Buffer packed(schema.dimensions * sizeof(float), '\0');
  char* to = packed.data();
  for (const AttributeValue& element : list->values) {
    const auto* number = element.as<Number>();
    const std::optional<float> component = number ? to_float(*number) : std::nullopt;
    if (!component) return std::nullopt;
    std::memcpy(to, &*component, sizeof(float));
    to += sizeof(float);
  }
  return packed;
}

std::vector<float> unpack_vector(Bytes bytes) {
  require_stored(bytes.size() % sizeof(float) == 0, "vector");
  std::vector<float> vector(bytes.size() / sizeof(float));
  std::memcpy(vector.data(), bytes.data(), bytes.size());
  return vector;
}

float vector_score(DistanceFunction function, std::span<const float> a, std::span<const float> b) {
  require_stored(a.size() == b.size(), "vector");  // One of both comes from a row.
  switch (function) {
    case DistanceFunction::kCosine:
      return static_cast<float>(cosine_distance(a, b));
    case DistanceFunction::kDotProduct:
      return static_cast<float>(dot(a, b));
    case DistanceFunction::kEuclidean:
      return static_cast<float>(euclidean_distance(a, b));
  }
  CHECK(false);
}

bool is_better_score(DistanceFunction function, float a, float b) {
  return function == DistanceFunction::kDotProduct ? a > b : a < b;
}

std::string float_text(float value) {
  std::array<char, 64> buffer{};
  const float magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-5F && magnitude < 1e16F);
  const auto result =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(buffer.data(), result.ptr);
  if (plain && text.find('.') == std::string::npos) text += ".0";
  return text;
}

}  // namespace tailrace
