#include "storage/schema/replica_schema.h"

#include <algorithm>

namespace tailrace {
namespace {

// Tables and indexes have them alike. Reads may be a replica's own.
template <class Owning>
void follow_throughput(Owning& replica, const Owning& changed) {
  replica.throughput = changed.throughput;
  replica.on_demand = changed.on_demand;
  replica.warm = changed.warm;
  if (replica.overrides.read_units) replica.throughput.read_units = *replica.overrides.read_units;
  if (replica.overrides.max_read_units) {
    if (!replica.on_demand) replica.on_demand.emplace();
    replica.on_demand->max_read_units = replica.overrides.max_read_units;
  }
}

void follow_indexes(TableSchema& replica, const TableSchema& changed, Holding holding) {
  std::erase_if(replica.indexes, [&](const IndexSchema& index) {
    const IndexSchema* kept = changed.find_index(index.name);
    return kept == nullptr || kept->keys != index.keys;
  });
  for (const IndexSchema& wanted : changed.indexes) {
    const auto found = std::ranges::find(replica.indexes, wanted.name, &IndexSchema::name);
    if (found != replica.indexes.end()) {
      follow_throughput(*found, wanted);
      continue;
    }
    IndexSchema& added = replica.indexes.emplace_back(wanted);
    added.id = replica.next_index_id++;
    added.overrides = {};
    added.backfilling = holding == Holding::kItems;
    added.status = added.backfilling ? IndexStatus::kCreating : IndexStatus::kActive;
  }
}

}  // namespace

TableSchema replica_schema(const TableSchema& source, const Owner& owner) {
  TableSchema replica;
  replica.name = {.owner = owner, .name = source.name.name};
  replica.keys = source.keys;
  replica.table_class = source.table_class;
  follow(replica, source, Holding::kNothing);
  return replica;
}

void follow(TableSchema& replica, const TableSchema& changed, Holding holding) {
  replica.billing_mode = changed.billing_mode;
  replica.billing_mode_summary = changed.billing_mode_summary;
  replica.last_update_to_pay_per_request = changed.last_update_to_pay_per_request;
  replica.ttl_attribute = changed.ttl_attribute;
  follow_throughput(replica, changed);
  follow_indexes(replica, changed, holding);
}

}  // namespace tailrace
