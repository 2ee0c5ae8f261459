#include "storage/table/replicator.h"

#include "storage/base/check.h"
#include "storage/schema/key_layout.h"
#include "storage/table/item_reader.h"

namespace tailrace {

Replicator::Replicator(const Catalog& catalog, ItemWriter& writer)
    : catalog_(catalog), writer_(writer) {
  writer.add_sink(*this);
}

void Replicator::on_change(Txn& txn, const Change& change) {
  if (change.table.replicas.empty()) return;
  if (change.cause == ChangeCause::kReplication || change.cause == ChangeCause::kReplicaFill)
    return;
  for (const Owner& owner : change.table.replicas) {
    const TablePtr replica = catalog_.find({.owner = owner, .name = change.table.name.name});
    CHECK(replica != nullptr);
    const Buffer key = keys::item(*replica, change.key());
    const auto before = find_item(txn, key);
    const StoredItem* old = before ? before->get() : nullptr;
    if (change.item != nullptr) {
      writer_.put(txn, *replica, key, *change.item, old, ChangeCause::kReplication);
    } else {
      writer_.erase(txn, *replica, key, old, ChangeCause::kReplication);
    }
  }
}

}  // namespace tailrace
