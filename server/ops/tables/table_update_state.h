// The states of change of a table: what UpdateTable and DeleteTable are refused in them, and how an
// update begins them. (behaviour/tables 3.4, 5.1, 5.4, 10)
#pragma once

#include "server/ops/tables/table_update.h"

namespace tailrace::ops {

// Error: what runs does not admit what `in` asks for.
Result<void> check_admitted(const TableSchema& table, const UpdateTableInput& in);
Result<void> check_deletion_admitted(const TableSchema& table);

// `after`, which `in` makes of `before`, while its changes run until `ends`.
TableSchema changing_schema(const UpdateTableInput& in,
                            const TableSchema& before,
                            const TableSchema& after,
                            Instant ends);
// The same as the request's answer shows it.
TableSchema answered_schema(const UpdateTableInput& in,
                            const TableSchema& before,
                            TableSchema changing,
                            Instant now);

}  // namespace tailrace::ops
