// Templates and files of triggers: whatever the file, there is a plan or an error that names the
// place.
#include "server/templates/template.h"
#include "server/templates/triggers_file.h"
#include "storage/base/check.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace::templates;  // NOLINT
  const auto document = parse_document(tailrace::fuzz::text_of(data, size), "file.yaml");
  if (!document) {
    CHECK(document.error().message.starts_with("file.yaml:"));
    return 0;
  }
  (void)to_json(*document);
  (void)parse_triggers(*document, "file.yaml");
  Template plan(*document, "file.yaml", {.account = "000000000000", .region = "us-east-1"},
                "stack");
  if (const auto tables = plan.tables()) {
    for (const PlannedTable& table : *tables)
      plan.set_stream_arn(table.logical_id,
                          "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/1");
  }
  (void)plan.functions();
  (void)plan.mappings();
  return 0;
}
