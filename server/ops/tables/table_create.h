// CreateTable (behaviour/dynamodb 4.5, 4.6).
#pragma once

#include "server/ops/tables/table_description.h"
#include "server/ops/tables/table_rules.h"
#include "server/ops/tables/tag_rules.h"
#include "server/ops/tables/vector_indexes.h"

namespace tailrace::ops {

struct CreateTableInput {
  TableName name;
  Definitions definitions;
  std::vector<KeyElement> keys;
  std::optional<std::vector<IndexMember>> local_indexes;
  std::optional<std::vector<IndexMember>> global_indexes;
  BillingMode billing_mode = BillingMode::kProvisioned;
  std::optional<Units> throughput;
  std::optional<OnDemandMember> on_demand;
  std::optional<WarmMember> warm;
  std::optional<StreamMember> stream;
  std::optional<SseMember> sse;
  Tags tags;
  std::optional<std::string> table_class;
  std::optional<std::string> resource_policy;
  bool deletion_protection = false;
  std::optional<std::vector<VectorIndexMember>> vector_indexes;
  std::optional<TableName> source;  // GlobalTableSourceArn
  std::map<std::string, std::string> stored_members;
};

Result<CreateTableInput> decode_create_table(const CallContext& context, const json::Value& body);
Result<ShownTable> execute_create_table(const CallContext& context,
                                        Txn& txn,
                                        const CreateTableInput& in);

}  // namespace tailrace::ops
