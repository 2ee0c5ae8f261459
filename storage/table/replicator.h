// Replicator: brings each change of a table to the other replicas of its global table, in the same
// transaction and through ItemWriter, so that their indexes, expiry rows and streams have it too.
// (behaviour/dynamodb 4.11)
#pragma once

#include "storage/table/catalog.h"
#include "storage/table/item_writer.h"

namespace tailrace {

class Replicator final : public ChangeSink {
 public:
  // Is a sink of `writer` from now on. Both must outlive this object, and no write comes after it.
  Replicator(const Catalog& catalog, ItemWriter& writer);

  // A change that came from another replica goes no further.
  void on_change(Txn& txn, const Change& change) override;

 private:
  const Catalog& catalog_;
  ItemWriter& writer_;
};

}  // namespace tailrace
