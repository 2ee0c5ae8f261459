// Expressions as operations use them: parsed and bound once, evaluated often.
// (behaviour/dynamodb 2.8, 3) Every error is a ValidationException with AWS's text, `Invalid
// <X>Expression: ` prefix included where AWS has it.
//
// A request goes: check_parameter_mix, check_placeholder_use, check_references (parameters.h);
// Placeholders; parse the expressions in the order Update, Condition, KeyCondition, Filter,
// Projection; Placeholders::check_all_used; with the table, Update::check_against,
// bind_key_condition, check_key_paths, check_filter_keys.
#pragma once

// IWYU pragma: begin_exports
#include "server/expression/condition.h"
#include "server/expression/key_checks.h"
#include "server/expression/key_condition.h"
#include "server/expression/legacy.h"
#include "server/expression/parameters.h"
#include "server/expression/placeholders.h"
#include "server/expression/projection.h"
#include "server/expression/update.h"
// IWYU pragma: end_exports
