// Filter patterns of mappings: up to one a line, compiled together and matched against records.
#include <vector>

#include "streams/triggers/filter_pattern.h"
#include "tests/fuzz/fuzz.h"

namespace {

constexpr std::string_view kRecords[] = {
    R"({"eventID":"1","eventName":"INSERT","dynamodb":{"Keys":{"pk":{"S":"a"}},"NewImage":{"pk":{"S":"a"},"n":{"N":"12.5"},)"
    R"("l":{"L":[{"S":"x"},{"NULL":true},{"BOOL":false}]},"ip":{"S":"10.1.2.3"},"six":{"S":"2001:db8::1"}},"SizeBytes":26}})",
    R"({"eventName":"REMOVE","dynamodb":{"Keys":{"pk":{"S":"Ärger"}},"OldImage":{}},"userIdentity":null})",
    R"([])", R"(1e5)"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace;  // NOLINT
  std::vector<std::string> patterns;
  std::string_view rest = fuzz::text_of(data, size);
  while (!rest.empty()) {
    const auto [line, after] = fuzz::split(rest, '\n');
    patterns.emplace_back(line);
    rest = after;
  }
  const auto filter = triggers::RecordFilter::compile(patterns);
  if (!filter) return 0;
  for (const std::string_view record : kRecords) (*filter)->passes(record);
  return 0;
}
