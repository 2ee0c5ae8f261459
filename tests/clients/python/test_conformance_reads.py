"""Query and Scan to the letter: parameters, key conditions, legacy conditions, start keys, pages, Select, capacity."""
import unittest

from conformance import ENVELOPE, INVALID, KEY_SCHEMA, Rows, item


def index(name, keys, projection="ALL", **attributes):
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": projection, **attributes}}


def keys(hashes, ranges=""):
    return [{"AttributeName": n, "KeyType": "HASH"} for n in hashes] + [{"AttributeName": n, "KeyType": "RANGE"} for n in ranges]


TABLE = {
    "TableName": "read", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in
                             [("p", "S"), ("s", "N"), ("g", "S"), ("h", "S"), ("i", "N"), ("b", "B"), ("z", "S")]],
    "KeySchema": keys("p", "s"),
    "LocalSecondaryIndexes": [index("lsi", keys("p", "b"), "KEYS_ONLY"), index("lsiall", keys("p", "z"))],
    "GlobalSecondaryIndexes": [index("gsi", keys("g", "i"), "INCLUDE", NonKeyAttributes=["v"]), index("all", keys("h")),
                               index("only", keys("h", "z"), "KEYS_ONLY"), index("multi", keys("gh", "iz"))]}
PLAIN = {"TableName": "plain", "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("p"),
         "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}]}
ITEMS = [{"p": "a", "s": n, "g": "g", "h": "h", "i": 10 - n, **({"b": bytes([255 - n])} if n >= 0 else {}), "z": f"z{n}", "v": n * n, "w": "x"} for n in (-2, 0, 1, 10)]
SPARSE = {"p": "b", "s": 1, "g": "g"}
MISSED = "Query condition missed key schema element: "
NOT_SUPPORTED = "Query key condition not supported"
KEY = "Invalid KeyConditionExpression: "
OPERATOR = KEY + "Invalid operator used in KeyConditionExpression: "
KEY_CONDITION = KEY + "Invalid condition in KeyConditionExpression: "
TYPE = INVALID + "Condition parameter type does not match schema type"
START = "The provided starting key is invalid"
OUTSIDE = "The provided starting key is outside query boundaries based on provided conditions"
PREDICATE = "The provided starting key does not match the range key predicate"
MIXED = "Can not use both expression and non-expression parameters in the same request: "
EMPTY_KEY = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p"
NAMES_ALONE = "ExpressionAttributeNames can only be specified when using expressions"
VALUES_ALONE = "ExpressionAttributeValues can only be specified when using expressions: "
PRIMARY = "can only contain non-primary key attributes: Primary key attribute: "
COUNT = INVALID + "Invalid number of argument(s) for the "
SAME_TYPE = INVALID + "AttributeValues inside AttributeValueList must be of same type"
LEGACY_BETWEEN = "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"


def query(condition, values, **members):
    return {"TableName": "read", "KeyConditionExpression": condition, "ExpressionAttributeValues": item(values), **members}


def scan(**members):
    return {"TableName": "read", **members}


def condition(operator, *values):
    return {"ComparisonOperator": operator, **({"AttributeValueList": list(item(dict(enumerate(values))).values())} if values else {})}


def not_valid(operator, kind):
    return INVALID + f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type"


P = {":p": "a"}
HASH = {"p": condition("EQ", "a")}
KEYED = item({"p": "a", "s": 1})
GSI_KEY = item({"p": "a", "s": 1, "g": "g", "i": 9})

# Members of a Query of the table whose partition key is :p, message.
KEY_CONDITIONS = [
    ("p = :p OR s = :v", {":v": 1}, OPERATOR + "OR"), ("NOT p = :p", {}, OPERATOR + "NOT"), ("p IN (:p)", {}, OPERATOR + "IN"),
    ("p = :p AND s <> :v", {":v": 1}, OPERATOR + "<>"), ("p = :p AND attribute_exists(s)", {}, OPERATOR + "attribute_exists"),
    ("p = :p AND attribute_not_exists(s)", {}, OPERATOR + "attribute_not_exists"),
    ("p = :p AND attribute_type(s, :p)", {}, ...), ("p = :p AND contains(s, :v)", {":v": 1}, OPERATOR + "contains"),
    ("p = :p AND size(s) = :v", {":v": 1}, KEY + "KeyConditionExpressions cannot contain nested operations"),
    ("p = :p AND s.x = :v", {":v": 1}, KEY + "KeyConditionExpressions cannot have conditions on nested attributes"),
    ("p = :p AND s[0] = :v", {":v": 1}, KEY + "KeyConditionExpressions cannot have conditions on nested attributes"),
    ("p = :p AND :v BETWEEN s AND :v", {":v": 1}, KEY_CONDITION + "BETWEEN operator must have the key attribute as its first operand"),
    ("p = :p AND begins_with(:p, s)", {}, KEY_CONDITION + "begins_with operator must have the key attribute as its first operand"),
    ("p = :p AND s = v", {}, KEY_CONDITION + "Multiple attribute names used in one condition"),
    ("p = :p AND :v = :v", {":v": 1}, KEY_CONDITION + "No key attribute specified"),
    ("p = :p AND p = :p", {}, KEY + "KeyConditionExpressions must only contain one condition per key"),
    ("p = :p AND s > :v AND s < :v", {":v": 1}, KEY + "KeyConditionExpressions must only contain one condition per key"),
    ("p = :p AND s = :v AND v = :v", {":v": 1}, "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)"),
    ("p = :p AND v = :v", {":v": 1}, MISSED + "s"), ("s = :v", {":v": 1, ":p": ...}, MISSED + "p"), ("v = :p", {}, MISSED + "p"),
    ("s = :v AND v = :v", {":v": 1, ":p": ...}, MISSED + "p"), ("p > :p", {}, NOT_SUPPORTED), ("begins_with(p, :p)", {}, NOT_SUPPORTED),
    ("p BETWEEN :p AND :p", {}, NOT_SUPPORTED), ("p >= :p AND s = :v", {":v": 1}, NOT_SUPPORTED), ("p = :v", {":v": 1, ":p": ...}, TYPE),
    ("p = :p AND s = :v", {":v": "1"}, TYPE), ("p = :p AND s BETWEEN :v AND :w", {":v": "1", ":w": "2"}, TYPE), ("p = :p AND s = :v", {":v": None}, TYPE),
    ("p = :p AND begins_with(s, :v)", {":v": "1"}, TYPE), ("p = :v", {":v": "", ":p": ...}, EMPTY_KEY),
    ("p = :p AND", {}, 'Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "AND"'), ("((p = :p))", {}, "Invalid KeyConditionExpression: The expression has redundant parentheses;"),
    ("p = :x AND s = :p", {}, "Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; attribute value: :x"),
    ("#p = :p", {}, "Invalid KeyConditionExpression: An expression attribute name used in the document path is not defined; attribute name: #p"),
    ("p = :p AND s BETWEEN :v AND :w", {":v": 2, ":w": 1}, "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
     "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"),
]

# Key condition, values beside :p, members, sort keys of the items found in order.
FOUND = [
    ("p = :p", {}, {}, [-2, 0, 1, 10]), ("p = :p", {}, {"ScanIndexForward": False}, [10, 1, 0, -2]), ("p = :p AND s = :v", {":v": 1}, {}, [1]), ("p = :p AND s > :v", {":v": 0}, {}, [1, 10]),
    ("p = :p AND s >= :v", {":v": 0}, {}, [0, 1, 10]), ("p = :p AND s < :v", {":v": 1}, {}, [-2, 0]), ("p = :p AND s <= :v", {":v": 1}, {}, [-2, 0, 1]), (":v < s AND :p = p", {":v": 0}, {}, [1, 10]),
    (":v >= s AND :p = p", {":v": 0}, {}, [-2, 0]), ("p = :p AND s BETWEEN :v AND :w", {":v": 0, ":w": 1}, {}, [0, 1]), ("(p = :p) AND (s BETWEEN :v AND :v)", {":v": 1}, {}, [1]), ("s > :v and p = :p", {":v": 5}, {}, [10]),
    ("p = :p AND s > :v", {":v": 10}, {}, []), ("p = :p", {}, {"IndexName": "lsi"}, [10, 1, 0]), ("p = :p AND b < :v", {":v": b"\xff"}, {"IndexName": "lsi"}, [10, 1]),
    ("p = :p AND begins_with(b, :v)", {":v": b"\xfe"}, {"IndexName": "lsi"}, [1]), ("p = :p AND begins_with(z, :v)", {":v": "z1"}, {"IndexName": "lsiall"}, [1, 10]),
    ("p = :p", {}, {"IndexName": "lsiall"}, [-2, 0, 1, 10]), ("g = :g", {":g": "g", ":p": ...}, {"IndexName": "gsi"}, [10, 1, 0, -2]), ("g = :g AND i > :v", {":g": "g", ":v": 9, ":p": ...}, {"IndexName": "gsi"}, [0, -2]),
    ("g = :g AND h = :h", {":g": "g", ":h": "h", ":p": ...}, {"IndexName": "multi"}, [10, 1, 0, -2]), ("i = :v AND g = :g AND h = :h", {":g": "g", ":h": "h", ":v": 9, ":p": ...}, {"IndexName": "multi"}, [1]),
    ("g = :g AND h = :h AND i = :v AND begins_with(z, :z)", {":g": "g", ":h": "h", ":v": 9, ":z": "z", ":p": ...}, {"IndexName": "multi"}, [1]),
    ("g = :g AND h = :h AND i BETWEEN :v AND :w", {":g": "g", ":h": "h", ":v": 9, ":w": 10, ":p": ...}, {"IndexName": "multi"}, [1, 0]),
]

MULTI = {"IndexName": "multi"}
REFUSALS = [
    # Parameters (2.8) in their order.
    ("Query", query("p = :p", P, KeyConditions=HASH), MIXED + "Non-expression parameters: {KeyConditions} Expression parameters: {KeyConditionExpression}"),
    ("Query", query("p = :p", P, QueryFilter={}), MIXED + "Non-expression parameters: {QueryFilter} Expression parameters: {KeyConditionExpression}"),
    ("Query", query("p = :p", P, AttributesToGet=["v"], QueryFilter={}, ConditionalOperator="AND", FilterExpression="v = :p", ProjectionExpression="v"),
     MIXED + "Non-expression parameters: {AttributesToGet, QueryFilter, ConditionalOperator} Expression parameters: {ProjectionExpression, FilterExpression, KeyConditionExpression}"),
    ("Scan", scan(ScanFilter={}, FilterExpression="a"), MIXED + "Non-expression parameters: {ScanFilter} Expression parameters: {FilterExpression}"),
    ("Scan", scan(AttributesToGet=["v"], FilterExpression=""), MIXED + "Non-expression parameters: {AttributesToGet} Expression parameters: {FilterExpression}"),
    ("UpdateItem", scan(Key=KEYED, AttributeUpdates={}, Expected={}, UpdateExpression="", ConditionExpression=""), ENVELOPE + MIXED + "Non-expression parameters: {AttributeUpdates, Expected} Expression parameters: {UpdateExpression, ConditionExpression}"),
    ("Query", {"TableName": "read", "KeyConditions": HASH, "ExpressionAttributeNames": {"#a": "a"}}, NAMES_ALONE),
    ("Query", {"TableName": "read", "KeyConditions": HASH, "ExpressionAttributeValues": item(P)}, VALUES_ALONE + "FilterExpression and KeyConditionExpression are null"),
    ("Scan", scan(ExpressionAttributeNames={"#a": "a"}), NAMES_ALONE), ("Scan", scan(ExpressionAttributeValues=item(P)), VALUES_ALONE + "FilterExpression is null"),
    ("PutItem", scan(Item=KEYED, ExpressionAttributeValues=item(P)), ENVELOPE + VALUES_ALONE.removesuffix(": ")),
    ("Scan", scan(FilterExpression="v = :p", ExpressionAttributeNames={}), "ExpressionAttributeNames must not be empty"),
    ("Scan", scan(FilterExpression="v = :p", ExpressionAttributeValues={}), "ExpressionAttributeValues must not be empty"),
    *[("Scan", scan(FilterExpression="v = :p", ExpressionAttributeNames={key: "a"}), f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{key}"') for key in ("#", "a", ":a", "#a-b", "#a.b", "# a", "")],
    *[("Scan", scan(FilterExpression="v = :p", ExpressionAttributeValues=item({key: "a"})), f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{key}"') for key in (":", "a", "#a", ":a-b", "")],
    ("Scan", scan(FilterExpression="", ExpressionAttributeValues={":v": {"N": "x"}}), "The parameter cannot be converted to a numeric value: x"),
    ("Scan", scan(FilterExpression="", ExpressionAttributeValues={":v": {}}), "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    ("Scan", scan(FilterExpression="", ExpressionAttributeValues={":v": {"SS": []}}), INVALID + "An string set  may not be empty"),
    ("Scan", scan(FilterExpression="v = :p", ExpressionAttributeNames={"#a": "a"}, ExpressionAttributeValues=item({":p": 1, ":q": 1})), "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}"),
    ("Scan", scan(FilterExpression="v = :p", ExpressionAttributeValues=item({":p": 1, ":q": 1})), "Value provided in ExpressionAttributeValues unused in expressions: keys: {:q}"),
    ("Query", query("f(p)", P, FilterExpression="f(g)"), "Invalid FilterExpression: Invalid function name; function: f"),
    ("Query", query("p = :p AND s = :p", P, FilterExpression="p = :p"), TYPE), ("Query", query("p = :p", P, FilterExpression="p = :p"), "Filter Expression " + PRIMARY + "p"),
    ("Query", query("p = :p", P, FilterExpression="attribute_exists(s)"), "Filter Expression " + PRIMARY + "s"), ("Query", query("h = :p", P, IndexName="all", FilterExpression="h = :p"), "Filter Expression " + PRIMARY + "h"),
    ("Query", scan(), "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    ("Query", query("p = :p", P, IndexName="nix"), "The table does not have the specified index: nix"), ("Scan", scan(IndexName="nix"), "The table does not have the specified index: nix"),
    ("Query", query("h = :p", P, IndexName="all", ConsistentRead=True), "Consistent reads are not supported on global secondary indexes"),
    ("Scan", scan(IndexName="all", ConsistentRead=True), "Consistent reads are not supported on global secondary indexes"),
    # Keys of several attributes.
    ("Query", query("g = :p", P, **MULTI), ...), ("Query", query("g = :p AND h > :p", P, **MULTI), ...), ("Query", query("g = :p AND h = :p AND z = :p", P, **MULTI), ...),
    ("Query", query("g = :p AND h = :p AND i > :v AND z = :p", {**P, ":v": 1}, **MULTI), ...), ("Query", query("g = :p AND h = :p AND v = :p", P, **MULTI), ...),
    # Select.
    ("Query", query("p = :p", P, Select="SPECIFIC_ATTRIBUTES"), ENVELOPE + "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
    ("Scan", scan(Select="SPECIFIC_ATTRIBUTES"), ENVELOPE + "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
    *[("Scan", scan(Select=select, **{projection: "v" if projection == "ProjectionExpression" else ["v"]}), ENVELOPE + f"Cannot specify the {projection} when choosing to get {what}")
      for projection in ("ProjectionExpression", "AttributesToGet") for select, what in [("ALL_ATTRIBUTES", "ALL_ATTRIBUTES"), ("COUNT", "only the Count")]],
    ("Scan", scan(Select="ALL_PROJECTED_ATTRIBUTES"), ENVELOPE + "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"),
    ("Query", query("p = :p", P, Select="ALL_PROJECTED_ATTRIBUTES"), ENVELOPE + "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"),
    *[("Scan", scan(IndexName=name, Select="ALL_ATTRIBUTES"), INVALID + f"Select type ALL_ATTRIBUTES is not supported for global secondary index {name} because its projection type is not ALL") for name in ("gsi", "only")],
    ("Query", query("g = :p", P, IndexName="gsi", Select="ALL_ATTRIBUTES"), INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index gsi because its projection type is not ALL"),
    ("Query", query("g = :p", P, IndexName="gsi", ProjectionExpression="v, w, m.x, s"), INVALID + "Global secondary index gsi does not project [w, m]"),
    ("Query", query("g = :p", P, IndexName="gsi", FilterExpression="w = :p"), INVALID + "Secondary index gsi does not project one or more filter attributes: [w]"),
    ("Query", scan(IndexName="gsi", KeyConditions={"g": condition("EQ", "g")}, AttributesToGet=["w"]), INVALID + "Global secondary index gsi does not project [w]"),
    ("Scan", scan(IndexName="only", ProjectionExpression="v"), INVALID + "Global secondary index only does not project [v]"),
    ("Scan", scan(Segment=0, TotalSegments=1000001), "1 validation error detected: Value at 'TotalSegments' failed to satisfy constraint: Member must have value less than or equal to 1000000"),
    # Start keys.
    *[("Query", query("p = :p", P, ExclusiveStartKey=item(start)), message) for start, message in [
        ({"p": "a"}, START), ({"p": "a", "s": 1, "v": 1}, START), ({"p": "a", "v": 1}, START), ({"p": "a", "s": "1"}, START), ({"p": "x", "s": 1}, OUTSIDE)]],
    ("Query", query("p = :p AND s > :v", {**P, ":v": 1}, ExclusiveStartKey=KEYED), PREDICATE), ("Query", query("p = :p AND s BETWEEN :v AND :v", {**P, ":v": 2}, ExclusiveStartKey=KEYED), PREDICATE),
    ("Query", query("p = :p", P, ExclusiveStartKey={"p": {}, "s": {"N": "1"}}), START + ": Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    ("Query", query("p = :p", P, ExclusiveStartKey={"p": {"S": "a"}, "s": {"N": "x"}}), "The parameter cannot be converted to a numeric value: x"),
    ("Query", query("g = :p", {":p": "g"}, IndexName="gsi", ExclusiveStartKey=KEYED), START), ("Query", query("g = :p", {":p": "g"}, IndexName="gsi", ExclusiveStartKey=item({"p": "a", "s": 1, "g": "g", "v": 1})), START),
    ("Query", query("g = :p", {":p": "g"}, IndexName="gsi", ExclusiveStartKey=item({"p": "a", "s": 1, "g": "g", "i": "9"})), START),
    ("Query", query("g = :p", {":p": "g"}, IndexName="gsi", ExclusiveStartKey=item({"p": "a", "s": "1", "g": "g", "i": 9})), START),
    ("Query", query("g = :p", {":p": "x"}, IndexName="gsi", ExclusiveStartKey=GSI_KEY), OUTSIDE), ("Query", query("g = :p AND i < :v", {":p": "g", ":v": 9}, IndexName="gsi", ExclusiveStartKey=GSI_KEY), PREDICATE),
    ("Scan", scan(ExclusiveStartKey=item({"p": "a"})), START), ("Scan", scan(ExclusiveStartKey=item({"p": "a", "s": "1"})), START),
    ("Scan", scan(IndexName="gsi", ExclusiveStartKey=KEYED), START), ("Scan", scan(IndexName="gsi", ExclusiveStartKey=item({"p": "a", "s": 1, "g": 1, "i": 9})),
     INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"),
    ("Query", {**query("p = :p", P, ExclusiveStartKey=item({"p": "a"})), "TableName": "plain"}, "The provided exclusive start key is invalid"),
    # Legacy conditions.
    *[("Scan", scan(ScanFilter={"v": condition(op, *values)}), COUNT + op + " ComparisonOperator")
      for op, values in [("EQ", ()), ("NE", (1, 2)), ("LT", ()), ("LE", (1, 2)), ("GT", ()), ("GE", ()), ("BETWEEN", (1,)), ("BETWEEN", (1, 2, 3)), ("IN", ()), ("CONTAINS", ()), ("NOT_CONTAINS", (1, 2)), ("BEGINS_WITH", ()), ("NULL", (1,)), ("NOT_NULL", (1,))]],
    *[("Scan", scan(ScanFilter={"v": condition(op, *values)}), SAME_TYPE) for op, values in [("BETWEEN", (1, "a")), ("IN", (1, "a"))]],
    *[("Scan", scan(ScanFilter={"v": condition(op, value)}), not_valid(op, kind)) for op in ("LT", "LE", "GT", "GE", "IN", "CONTAINS", "NOT_CONTAINS")
      for value, kind in [({"a"}, "SS"), ({1}, "NS"), ([1], "L"), ({"x": 1}, "M"), (True, "BOOL"), (None, "NULL")]],
    *[("Scan", scan(ScanFilter={"v": condition("BEGINS_WITH", value)}), not_valid("BEGINS_WITH", kind)) for value, kind in [(1, "N"), ({"a"}, "SS"), ([1], "L")]],
    ("Scan", scan(ScanFilter={"v": condition("BETWEEN", 2, 1)}), LEGACY_BETWEEN),
    *[("Query", scan(KeyConditions={**HASH, "s": condition(op, *values)}), "Attempted conditional constraint is not an indexable operation")
      for op, values in [("NE", (1,)), ("NULL", ()), ("NOT_NULL", ()), ("IN", (1,)), ("CONTAINS", (1,)), ("NOT_CONTAINS", (1,))]],
    ("Query", scan(KeyConditions={"p": condition("GT", "a")}), NOT_SUPPORTED), ("Query", scan(KeyConditions={"s": condition("EQ", 1)}), MISSED + "p"), ("Query", scan(KeyConditions={**HASH, "v": condition("EQ", 1)}), MISSED + "s"),
    ("Query", scan(KeyConditions={**HASH, "s": condition("EQ", "1")}), TYPE), ("Query", scan(KeyConditions={"p": condition("EQ", "")}), EMPTY_KEY),
    ("Query", scan(KeyConditions={**HASH, "s": condition("EQ", 1), "v": condition("EQ", 1)}), "Conditions can be of length 1 or 2 only"),
    ("Query", scan(KeyConditions=HASH, QueryFilter={"s": condition("EQ", 1)}), "QueryFilter " + PRIMARY + "s"),
    ("Query", scan(KeyConditions=HASH, AttributesToGet=["v", "v"]), INVALID + "Duplicate value in attribute name: v"),
]

# Legacy operator, arguments, values of v in the four items (4, 0, 1, 100) for which a Scan's filter and a Query's holds.
LEGACY = [
    ("EQ", (1,), [1]), ("NE", (1,), [4, 0, 100]), ("LT", (4,), [0, 1]), ("LE", (4,), [4, 0, 1]), ("GT", (4,), [100]), ("GE", (4,), [4, 100]), ("BETWEEN", (1, 4), [4, 1]), ("IN", (1, 100, 7), [1, 100]),
    ("NULL", (), []), ("NOT_NULL", (), [4, 0, 1, 100]), ("CONTAINS", (1,), []), ("EQ", ("1",), []), ("NE", ("1",), [4, 0, 1, 100]), ("LT", ("9",), []), ("BEGINS_WITH", ("1",), []),
]


class Reads(Rows, unittest.TestCase):
    TABLES = [TABLE, PLAIN]
    ITEMS = [("read", item(each)) for each in (*ITEMS, SPARSE)]

    @staticmethod
    def sort_keys(answer):
        return [int(found["s"]["N"]) for found in answer["Items"]]

    def test_refusals(self):
        self.check_refusals([("Query", query(text, {name: value for name, value in {**P, **values}.items() if value is not ...}), "ValidationException", message)
                             for text, values, message in KEY_CONDITIONS])
        self.check_refusals([(operation, body, "ValidationException", message) for operation, body, message in REFUSALS])

    def test_key_conditions(self):
        for text, values, members, expected in FOUND:
            with self.subTest(text, members=members):
                body = query(text, {name: value for name, value in {**P, **values}.items() if value is not ...}, **members)
                answer = self.require("Query", body)
                self.assertEqual((self.sort_keys(answer), answer["Count"], answer["ScannedCount"], "LastEvaluatedKey" in answer),
                                 (expected, len(expected), len(expected), False))
                # The same, one item a page, then backwards.
                paged, start = [], {}
                for _ in range(9):
                    page = self.require("Query", {**body, "Limit": 1, **start})
                    paged += self.sort_keys(page)
                    if "LastEvaluatedKey" not in page:
                        break
                    start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
                self.assertEqual(paged, expected)
                back = self.require("Query", {**body, "ScanIndexForward": not members.get("ScanIndexForward", True)})
                self.assertEqual(self.sort_keys(back), expected[::-1])

    def test_legacy_filters(self):
        for operator, arguments, expected in LEGACY:
            with self.subTest(operator, arguments=arguments):
                for operation, members in [("Query", {"KeyConditions": HASH, "QueryFilter": {"v": condition(operator, *arguments)}}),
                                           ("Scan", {"ScanFilter": {"v": condition(operator, *arguments), "w": condition("EQ", "x")}})]:
                    answer = self.require(operation, scan(**members))
                    self.assertEqual([int(found["v"]["N"]) for found in answer["Items"]], expected)

    def test_last_evaluated_keys(self):
        for members, names in [({}, "ps"), ({"IndexName": "lsi"}, "psb"), ({"IndexName": "gsi"}, "psgi"), ({"IndexName": "all"}, "psh"),
                               ({"IndexName": "only"}, "pshz"), ({"IndexName": "multi"}, "psghiz")]:
            with self.subTest(members):
                page = self.require("Scan", scan(Limit=1, **members))
                self.assertEqual(sorted(page["LastEvaluatedKey"]), sorted(names))
                full = self.require("Scan", scan(**members))
                self.assertNotIn("LastEvaluatedKey", full)
                exact = self.require("Scan", scan(Limit=full["Count"], **members))
                self.assertIn("LastEvaluatedKey", exact)
                rest = self.require("Scan", scan(ExclusiveStartKey=exact["LastEvaluatedKey"], **members))
                self.assertEqual(rest, {"Items": [], "Count": 0, "ScannedCount": 0})
        dropped = self.require("Query", query("p = :p", P, FilterExpression="attribute_exists(lost)", Limit=2))
        self.assertEqual(dropped, {"Items": [], "Count": 0, "ScannedCount": 2, "LastEvaluatedKey": item({"p": "a", "s": 0})})

    def test_select_and_projections(self):
        for members, names in [({}, "psghibzvw"), ({"IndexName": "gsi"}, "psgiv"), ({"IndexName": "all"}, "psghibzvw"), ({"IndexName": "only"}, "pshz"), ({"IndexName": "lsi"}, "psb"),
                               ({"IndexName": "lsi", "Select": "ALL_ATTRIBUTES"}, "psghibzvw"), ({"IndexName": "lsi", "Select": "ALL_PROJECTED_ATTRIBUTES"}, "psb"), ({"IndexName": "lsi", "ProjectionExpression": "v, w"}, "vw"),
                               ({"IndexName": "lsi", "AttributesToGet": ["v"]}, "v"), ({"IndexName": "gsi", "ProjectionExpression": "v"}, "v"),
                               ({"IndexName": "all", "Select": "ALL_ATTRIBUTES"}, "psghibzvw"), ({"ProjectionExpression": "v", "Select": "SPECIFIC_ATTRIBUTES"}, "v")]:
            with self.subTest(members):
                answer = self.require("Scan", scan(FilterExpression="s = :v", ExpressionAttributeValues=item({":v": 1}), **members)
                                      if "AttributesToGet" not in members else scan(ScanFilter={"s": condition("EQ", 1)}, **members))
                found = [each for each in answer["Items"] if each.get("p") != {"S": "b"} and each]
                self.assertEqual([sorted(each) for each in found], [sorted(names)])

    def test_capacity(self):
        name = "read"
        half, one = {"CapacityUnits": 0.5}, {"CapacityUnits": 1.0}
        for members, units in [
                ({}, {"CapacityUnits": 0.5, "Table": half}), ({"ConsistentRead": True}, {"CapacityUnits": 1.0, "Table": one}),
                ({"IndexName": "all"}, {"CapacityUnits": 0.5, "Table": {"CapacityUnits": 0.0}, "GlobalSecondaryIndexes": {"all": half}}),
                ({"IndexName": "lsi"}, {"CapacityUnits": 0.5, "Table": {"CapacityUnits": 0.0}, "LocalSecondaryIndexes": {"lsi": half}}),
                ({"IndexName": "lsi", "Select": "ALL_ATTRIBUTES"}, {"CapacityUnits": 2.0 + 0.5, "Table": {"CapacityUnits": 2.0}, "LocalSecondaryIndexes": {"lsi": half}})]:
            with self.subTest(members):
                expected = {"TableName": name, **units}
                if members.get("Select"):
                    count = self.require("Scan", scan(**members))["Count"]
                    expected |= {"CapacityUnits": count / 2 + 0.5, "Table": {"CapacityUnits": count / 2}}
                self.assertEqual(self.require("Scan", scan(ReturnConsumedCapacity="INDEXES", **members))["ConsumedCapacity"], expected)
        key = {"p": "c", "s": 1}

        def written(operation, **body):
            answer = self.require(operation, {"TableName": name, "ReturnConsumedCapacity": "INDEXES", **body})["ConsumedCapacity"]
            return {"total": answer["CapacityUnits"], "table": answer["Table"]["CapacityUnits"],
                    **{index: units["CapacityUnits"] for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes") for index, units in answer.get(kind, {}).items()}}

        def updated(expression, **values):
            return written("UpdateItem", Key=item(key), UpdateExpression=expression, ExpressionAttributeValues=item({f":{k}": v for k, v in values.items()}))

        self.assertEqual(written("PutItem", Item=item(key)), {"total": 1, "table": 1})
        self.assertEqual(updated("SET h = :h", h="h"), {"total": 2, "table": 1, "all": 1})
        self.assertEqual(updated("SET z = :z", z="z"), {"total": 4, "table": 1, "lsiall": 1, "all": 1, "only": 1})
        self.assertEqual(updated("SET v = :v", v=1), {"total": 3, "table": 1, "lsiall": 1, "all": 1})
        self.assertEqual(updated("SET v = :v", v=1), {"total": 1, "table": 1})
        self.assertEqual(updated("SET h = :h", h="other"), {"total": 6, "table": 1, "lsiall": 1, "all": 2, "only": 2})
        self.assertEqual(updated("SET v = :v", v="x" * 1500), {"total": 6, "table": 2, "lsiall": 2, "all": 2})
        self.assertEqual(updated("SET v = :v", v=1), {"total": 6, "table": 2, "lsiall": 2, "all": 2})
        self.assertEqual(written("DeleteItem", Key=item(key)), {"total": 4, "table": 1, "lsiall": 1, "all": 1, "only": 1})
        self.assertEqual(written("DeleteItem", Key=item(key)), {"total": 1, "table": 1})

    def test_scan_in_segments(self):
        for number in range(200):
            self.require("PutItem", {"TableName": "plain", "Item": item({"p": str(number)})})
        for total in (1, 2, 3, 7, 5000):
            with self.subTest(total=total):
                segments = [self.require("Scan", {"TableName": "plain", "Segment": segment, "TotalSegments": total}) for segment in range(min(total, 8))]
                found = [each["p"]["S"] for segment in segments for each in segment["Items"]]
                self.assertEqual(len(found), len(set(found)))
                if total < 8:
                    self.assertEqual(len(found), 200)
                    self.assertTrue(all(120 / total < segment["Count"] < 280 / total for segment in segments) or total == 7)
        one = self.require("Scan", {"TableName": "plain", "Segment": 0, "TotalSegments": 2, "Limit": 1})
        self.check_refusals([("Scan", {"TableName": "plain", "Segment": 1, "TotalSegments": 2, "ExclusiveStartKey": one["LastEvaluatedKey"]}, "ValidationException",
                              START + ": Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: 1")])


if __name__ == "__main__":
    unittest.main()
