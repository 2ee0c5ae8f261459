// Random identifiers. Not for secrets of others; good enough for ids and iterator keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tailrace {

std::uint64_t random_u64();             // Any thread.
// What this thread draws from now on follows from the seed, so that a simulation can be repeated.
void seed_random(std::uint64_t seed);
double random_fraction();               // 0 to below 1. Any thread.
std::string random_uuid();              // 7f3c9f6e-3d0a-4a52-8a58-6f4b7f0f2d11
std::string random_hex(std::size_t digits);  // Lower case.
std::string random_request_id();        // 52 characters of [0-9A-Z] (behaviour/dynamodb 1.2).

}  // namespace tailrace
