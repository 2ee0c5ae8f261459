// A world with tables for tests of the PartiQL operations.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"
#include "tests/api/schemas.h"
#include "tests/api/test_app.h"

namespace tailrace {

inline std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// {"Statement":"…"<members>}
inline std::string statement(std::string_view text, std::string_view members = "") {
  return str_cat(R"({"Statement":)", quoted(text), members, "}");
}

// Tables `h` (pk S) and `r` (pk S, sk N; GSI `g` on g, keys only; LSI `l` on v, keys only; stream).
class PartiqlTest : public testing::Test {
 protected:
  explicit PartiqlTest(ops::WorldOptions world = {}) : app({.world = world, .streams = {}}) {
    app.create_table(hash_table("hsh"));
    app.create_table(range_table(
        "rng", {index_of("g", IndexKind::kGlobal, {.hash = {string_key("g")}, .range = {}},
                       ProjectionType::kKeysOnly),
              index_of("l", IndexKind::kLocal,
                       {.hash = {string_key("pk")}, .range = {number_key("v")}},
                       ProjectionType::kKeysOnly)}));
  }

  Answer execute(std::string_view text, std::string_view members = "") {
    return app.call("ExecuteStatement", statement(text, members));
  }
  std::string items(std::string_view text, std::string_view members = "") {
    const Answer answer = execute(text, members);
    return answer.ok() ? answer.at("/Items") : answer.error();
  }
  Answer batch(std::string_view statements, std::string_view members = "") {
    return app.call("BatchExecuteStatement",
                    str_cat(R"({"Statements":[)", statements, "]", members, "}"));
  }
  Answer transact(std::string_view statements, std::string_view members = "") {
    return app.call("ExecuteTransaction",
                    str_cat(R"({"TransactStatements":[)", statements, "]", members, "}"));
  }
  std::string get(std::string_view pk) {
    return app.call("GetItem", str_cat(R"({"TableName":"hsh","Key":{"pk":{"S":)", quoted(pk), "}}}"))
        .at("/Item");
  }

  TestApp app;
};

constexpr std::string_view kTotal = R"(,"ReturnConsumedCapacity":"TOTAL")";
constexpr std::string_view kIndexes = R"(,"ReturnConsumedCapacity":"INDEXES")";
constexpr std::string_view kOldOnFailure = R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD")";

}  // namespace tailrace
