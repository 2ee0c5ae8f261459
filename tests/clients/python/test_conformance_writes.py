"""Values, keys, single writes, batches and transactions to the letter: one row each. (behaviour/dynamodb 2.3-2.9, 4.1-4.3)"""
import unittest

from conformance import CONSTRAINT, ENVELOPE, INVALID, KEY_SCHEMA, NOT_FOUND, VALUES, Rows

V = "ValidationException"
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/tbl"
ITEM = {"p": {"S": "a"}, "s": {"N": "1"}, "v": {"N": "5"}, "m": {"M": {"x": {"S": "y"}, "l": {"L": [{"N": "1"}, {"N": "2"}]}}}}
KEY = {"p": {"S": "a"}, "s": {"N": "1"}}
EMPTY_KEY = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {} value. Key: {}"
EMPTY_INDEX_KEY = ("One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
                   "The AttributeValue for a key attribute cannot contain an empty string value. IndexName: gsi, IndexKey: g")
HASH_TOO_LARGE = INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
RANGE_TOO_LARGE = INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
NOT_NUMERIC = "The parameter cannot be converted to a numeric value"
TOO_LARGE = "Item size has exceeded the maximum allowed size"
DUPLICATES = "Provided list of item keys contains duplicates"
ONE_ITEM_TWICE = "Transaction request cannot include multiple operations on one item"
TWO_TYPES = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
DEEP = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
NAME_TOO_LARGE = "Attribute name is too large, must be less than 65536 bytes"


def no_table(arn):
    if ":backup/" in arn:
        return f"1 validation error detected: Invalid resource type in '{arn}'"
    return "Invalid TableArn: Invalid ResourceArn provided as input " + arn


LARGEST = "9." + "9" * 37 + "e125"
HOLDS_LARGEST = {"TableName": "str", "Key": {"p": {"S": "largest"}, "s": {"S": "1"}}}
PATTERN = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"


def schema(name, range_type="N", **members):
    return {"TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in [("p", "S"), ("s", range_type), ("g", "S")]],
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
            "GlobalSecondaryIndexes": [{"IndexName": "gsi", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                                        "Projection": {"ProjectionType": "KEYS_ONLY"}}], **members}


def put(table="tbl", item=None, **attributes):
    return {"TableName": table, "Item": item if item is not None else {"p": {"S": "b"}, "s": {"N": "1"}, **attributes}}


def get(key=None, **members):
    return {"TableName": "tbl", "Key": KEY if key is None else key, **members}


def update(expression, values=None, **members):
    return get(UpdateExpression=expression, **({"ExpressionAttributeValues": values} if values else {}), **members)


def nested(levels):
    value = {"S": "x"}
    for _ in range(levels - 1):
        value = {"L": [value]}
    return value


def constrained(value, place, constraint):
    return ENVELOPE + f"Value {value} at '{place}'" + CONSTRAINT + constraint


def writes(*requests, table="tbl"):
    return {"RequestItems": {table: list(requests)}}


def put_request(**attributes):
    return {"PutRequest": {"Item": put(**attributes)["Item"]}}


def transact(*actions, **members):
    return {"TransactItems": list(actions), **members}


def cancelled(*codes):
    return f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"


VALUES_AND_KEYS = [
    # Numbers (2.4).
    *[("PutItem", put(v={"N": text}), V, ENVELOPE + NOT_NUMERIC + ": " + text) for text in
      ["1e", ".", "++5", "1_0", "NaN", " 5", "5 ", "Infinity", "0x10", "1,5", "e5", "-", "+", "--1", "1e5.5", "1e+"]],
    *[("PutItem", put(v={"N": text}), V, ENVELOPE + "Number overflow. Attempting to store a number with magnitude larger than supported range")
      for text in ["1e126", "-1e126", "10e125", "9.99e126", "1" + "0" * 126]],
    *[("PutItem", put(v={"N": text}), V, ENVELOPE + "Number underflow. Attempting to store a number with magnitude smaller than supported range")
      for text in ["1e-131", "-1e-131", "0.1e-130"]],
    *[("PutItem", put(v={"N": text}), V, ENVELOPE + "Attempting to store more than 38 significant digits in a Number")
      for text in ["1" * 39, "1." + "1" * 38, "-" + "9" * 39]],
    # Results of arithmetic are held to the same (2.4): the magnitude first.
    *[("UpdateItem", update(f"SET v = :a {operator} :b", {":a": {"N": a}, ":b": {"N": b}}), V,
       "Number overflow. Attempting to store a number with magnitude larger than supported range")
      for a, operator, b in [("9e125", "+", "1e125"), ("-9e125", "-", "1e125"), (LARGEST, "+", LARGEST), ("-" + LARGEST, "-", LARGEST)]],
    ("UpdateItem", update("SET v = :a + :b", {":a": {"N": LARGEST}, ":b": {"N": "1"}}), V, "Attempting to store more than 38 significant digits in a Number"),
    *[("UpdateItem", body, V, "Number overflow. Attempting to store a number with magnitude larger than supported range") for body in
      [{**HOLDS_LARGEST, "UpdateExpression": "ADD v :v", "ExpressionAttributeValues": {":v": {"N": LARGEST}}},
       {**HOLDS_LARGEST, "AttributeUpdates": {"v": {"Action": "ADD", "Value": {"N": LARGEST}}}}]],
    ("PutItem", put(v={"N": "1" * 127}), V, ENVELOPE + "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    # Values (2.3): in items, lists, maps and expression values.
    ("PutItem", put(v={"L": [{}]}), V, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    ("PutItem", put(v={"M": {"a": {"S": "x", "N": "1"}}}), V, TWO_TYPES),
    ("PutItem", put(v={"S": "x", "N": "q"}), V, NOT_NUMERIC + ": q"),
    ("PutItem", put(v={"L": [{"NULL": False}]}), V, ENVELOPE + INVALID + "Null attribute value types must have the value of true"),
    ("PutItem", put(v={"NS": ["1", "x"]}), V, ENVELOPE + NOT_NUMERIC + ": x"),
    ("PutItem", put(v={"NS": ["100", "1e2"]}), V, ENVELOPE + "One or more parameter values were invalid: Input collection contains duplicates."),
    ("PutItem", put(v=nested(33)), V, ENVELOPE + DEEP),
    ("PutItem", put(item={"p": {"S": "b"}, "s": {"N": "1"}, "": {"S": "x"}}), V, ENVELOPE + "Empty attribute name"),
    # Names have at most 65,535 bytes, wherever they stand (2.2).
    *[row for name in ["x" * 65536, "é" * 32768] for row in [
        ("PutItem", put(**{name: {"S": "x"}}), V, NAME_TOO_LARGE),
        ("PutItem", put(v={"M": {name: {"S": "x"}}}), V, NAME_TOO_LARGE),
        ("GetItem", get({**KEY, name: {"S": "x"}}), V, NAME_TOO_LARGE),
        ("GetItem", get(AttributesToGet=[name]), V, NAME_TOO_LARGE),
        ("GetItem", get(ProjectionExpression="#n", ExpressionAttributeNames={"#n": name}), V, NAME_TOO_LARGE),
        ("UpdateItem", get(AttributeUpdates={name: {"Value": {"S": "x"}}}), V, NAME_TOO_LARGE),
        ("DeleteItem", get(Expected={name: {"Exists": False}}), V, NAME_TOO_LARGE),
        ("Scan", {"TableName": "tbl", "ScanFilter": {name: {"ComparisonOperator": "NULL"}}}, V, NAME_TOO_LARGE),
        ("BatchWriteItem", writes(put_request(**{name: {"S": "x"}})), V, NAME_TOO_LARGE),
        ("TransactWriteItems", transact({"Put": put(**{name: {"S": "x"}})}), V, NAME_TOO_LARGE)]],
    ("UpdateItem", update("SET v = :v", {":v": {"SS": []}}), V, ENVELOPE + "One or more parameter values were invalid: An string set  may not be empty"),
    ("UpdateItem", update("SET v = :v", {":v": {"SS": ["a", "a"]}}), V, ENVELOPE + "One or more parameter values were invalid: Input collection [\"a\", \"a\"] contains duplicates."),
    ("UpdateItem", update("SET v = :v", {":v": {}}), V,
     "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    ("UpdateItem", update("SET v = :v", {":v": {"S": "a", "N": "1"}}), V, VALUES + TWO_TYPES + " for key :v"),
    ("UpdateItem", update("SET v = :v", {":v": nested(33)}), V, ENVELOPE + DEEP),
    ("UpdateItem", update("SET v = :v", {":v": {"NULL": False}}), V, ENVELOPE + INVALID + "Null attribute value types must have the value of true"),
    # Keys (2.5).
    ("PutItem", put(item={"s": {"N": "1"}}), V, INVALID + "Missing the key p in the item"),
    ("PutItem", put(item={"p": {"S": "a"}}), V, INVALID + "Missing the key s in the item"),
    ("PutItem", put(item={}), V, INVALID + "Missing the key p in the item"),
    ("PutItem", put(item={"p": {"N": "1"}, "s": {"N": "1"}}), V, INVALID + "Type mismatch for key p expected: S actual: N"),
    ("PutItem", put(item={"p": {"S": "a"}, "s": {"S": "1"}}), V, INVALID + "Type mismatch for key s expected: N actual: S"),
    ("PutItem", put(item={"p": {"S": ""}, "s": {"N": "1"}}), V, EMPTY_KEY.format("string", "p")),
    ("PutItem", put("bin", {"p": {"S": "a"}, "s": {"B": ""}}), V, EMPTY_KEY.format("binary", "s")),
    ("PutItem", put(item={"p": {"S": "x" * 2049}, "s": {"N": "1"}}), V, HASH_TOO_LARGE),
    ("PutItem", put(item={"p": {"S": "é" * 1025}, "s": {"N": "1"}}), V, HASH_TOO_LARGE),
    ("PutItem", put("str", {"p": {"S": "a"}, "s": {"S": "x" * 1025}}), V, RANGE_TOO_LARGE),
    ("PutItem", put(g={"N": "1"}), V, INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"),
    ("PutItem", put(g={"L": []}), V, INVALID + "Type mismatch for Index Key g Expected: S Actual: L IndexName: gsi"),
    ("PutItem", put(g={"S": ""}), V, EMPTY_INDEX_KEY),
    ("UpdateItem", update("SET g = :v", {":v": {"N": "1"}}), V, INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"),
    ("UpdateItem", update("SET g = :v", {":v": {"S": ""}}), V,
     "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not "
     "supported. The AttributeValue for a key attribute cannot contain an empty string value."),
    *[(operation, body, V, HASH_TOO_LARGE + " IndexName: gsi, IndexKey: g") for operation, body in
      [("PutItem", put(g={"S": "x" * 2049})), ("UpdateItem", update("SET g = :v", {":v": {"S": "x" * 2049}})),
       ("UpdateItem", get({"p": {"S": "none"}, "s": {"N": "1"}}, AttributeUpdates={"g": {"Value": {"S": "x" * 2049}}})),
       ("ExecuteStatement", {"Statement": "UPDATE tbl SET g = ? WHERE p = 'a' AND s = 1", "Parameters": [{"S": "x" * 2049}]})]],
    *[(operation, {"TableName": "tbl", "Key": key}, V, KEY_SCHEMA) for operation in ["GetItem", "DeleteItem", "UpdateItem"] for key in
      [{}, {"p": {"S": "a"}}, {**KEY, "x": {"S": "a"}}, {"p": {"N": "1"}, "s": {"N": "1"}}, {"p": {"S": "a"}, "x": {"N": "1"}}]],
    *[(operation, {"TableName": "tbl", "Key": {"p": {"S": ""}, "s": {"N": "1"}}}, V, EMPTY_KEY.format("string", "p"))
      for operation in ["GetItem", "DeleteItem", "UpdateItem"]],
    ("GetItem", get({"p": {"S": "x" * 2049}, "s": {"N": "1"}}), V, HASH_TOO_LARGE),
    # Phase one (2.1).
    ("PutItem", {}, V, "2 validation errors detected: Value null at 'tableName'" + CONSTRAINT + "Member must not be null; Value null at 'item'"
     + CONSTRAINT + "Member must not be null"),
    ("GetItem", {"TableName": "tbl"}, V, constrained("null", "key", "Member must not be null")),
    *[(operation, {"TableName": "", **members}, V, ENVELOPE + "Value at 'TableName'" + CONSTRAINT + "Member must have length greater than or equal to 1")
      for operation, members in [("GetItem", {"Key": KEY}), ("PutItem", {"Item": ITEM}), ("UpdateItem", {"Key": KEY}), ("DeleteItem", {"Key": KEY}), ("Query", {}), ("Scan", {})]],
    ("GetItem", {"TableName": "a b", "Key": KEY}, V, constrained("'a b'", "tableName", PATTERN)),
    ("GetItem", {"TableName": "none", "Key": KEY}, "ResourceNotFoundException", NOT_FOUND),
    ("GetItem", {"TableName": ARN.replace("tbl", "none"), "Key": KEY}, "ResourceNotFoundException", ...),
    # An ARN as TableName is a table's (2.2).
    *[row for arn in [ARN + "/index/gsi", ARN + "/stream/2026-01-31T12:34:56.789", ARN.replace("table", "backup"), ARN.replace("dynamodb", "s3"),
                      ARN.replace("tbl", ""), ARN.replace("tbl", "a b"), "arn:aws:dynamodb"] for row in [
        ("GetItem", {"TableName": arn, "Key": KEY}, V, no_table(arn)),
        ("PutItem", put(arn), V, no_table(arn)),
        ("UpdateItem", {"TableName": arn, "Key": KEY}, V, no_table(arn)),
        ("DeleteItem", {"TableName": arn, "Key": KEY}, V, no_table(arn)),
        ("Scan", {"TableName": arn}, V, no_table(arn)),
        ("Query", {"TableName": arn, "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}, V, no_table(arn)),
        ("BatchGetItem", {"RequestItems": {arn: {"Keys": [KEY]}}}, V, no_table(arn)),
        ("BatchWriteItem", writes(put_request(), table=arn), V, no_table(arn)),
        ("TransactWriteItems", transact({"Put": put(arn)}), V, no_table(arn)),
        ("TransactGetItems", transact({"Get": {"TableName": arn, "Key": KEY}}), V, no_table(arn)),
        ("DescribeTable", {"TableName": arn}, V, no_table(arn))]],
    ("GetItem", get(ReturnConsumedCapacity="X"), V,
     constrained("'X'", "returnConsumedCapacity", "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]")),
    ("UpdateItem", get(AttributeUpdates={"v": {"Action": "FOO", "Value": {"N": "1"}}}), V,
     ENVELOPE + "Member must satisfy enum value set: [ADD, DELETE, PUT]' for Action"),
    ("DeleteItem", get(ReturnValues="ALL_NEW"), V, ENVELOPE + "ReturnValues can only be ALL_OLD or NONE"),
    ("PutItem", {**put(), "ReturnValues": "UPDATED_OLD"}, V, ENVELOPE + "ReturnValues can only be ALL_OLD or NONE"),
    ("PutItem", {**put(v={"S": "x" * 409600}), "TableName": "none"}, V, TOO_LARGE),
]

BATCHES_AND_TRANSACTIONS = [
    ("BatchWriteItem", writes(*[put_request(s={"N": str(i)}) for i in range(26)]), V, ...),
    ("BatchWriteItem", writes(), V, ...),
    ("BatchWriteItem", {"RequestItems": {"tbl": [put_request()] * 1, "str": [put_request(s={"S": str(i)}) for i in range(25)]}}, V,
     "Too many items requested for the BatchWriteItem call"),
    ("BatchWriteItem", writes({}), V, TWO_TYPES),
    ("BatchWriteItem", writes({**put_request(), "DeleteRequest": {"Key": KEY}}), V, TWO_TYPES),
    ("BatchWriteItem", writes(put_request(), put_request()), V, DUPLICATES),
    ("BatchWriteItem", writes(put_request(), {"DeleteRequest": {"Key": {"p": {"S": "b"}, "s": {"N": "1.0"}}}}), V, DUPLICATES),
    ("BatchWriteItem", writes({"PutRequest": {"Item": {"p": {"S": "a"}}}}), V, KEY_SCHEMA),
    ("BatchWriteItem", writes({"PutRequest": {"Item": {"p": {"S": ""}, "s": {"N": "1"}}}}), V, EMPTY_KEY.format("string", "p")),
    ("BatchWriteItem", writes(put_request(v={"S": "x" * 409600})), V, TOO_LARGE),
    ("BatchWriteItem", writes(put_request(), table="none"), "ResourceNotFoundException", NOT_FOUND),
    ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": []}}}, V, ...),
    ("BatchGetItem", {"RequestItems": {"tbl": {}}}, V, ...),
    ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": [{"p": {"S": "a"}, "s": {"N": str(i)}} for i in range(101)]}}}, V,
     ENVELOPE + "Value at 'RequestItems.tbl.member.Keys'" + CONSTRAINT + "Member must have length less than or equal to 100"),
    ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": [KEY]}, "str": {"Keys": [{"p": {"S": "a"}, "s": {"S": str(i)}} for i in range(100)]}}}, V,
     "Too many items requested for the BatchGetItem call"),
    ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": [{"p": {"S": "a"}}]}}}, V, KEY_SCHEMA),
    ("BatchGetItem", {"RequestItems": {"none": {"Keys": [KEY]}}}, "ResourceNotFoundException", NOT_FOUND),
    ("TransactGetItems", transact(), V, constrained("'[]'", "transactItems", "Member must have length greater than or equal to 1")),
    ("TransactWriteItems", transact({}), V, "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"),
    ("TransactWriteItems", transact({"Put": put(), "Delete": get()}), V, "TransactItems can only contain one of Check, Put, Update or Delete"),
    ("TransactWriteItems", transact({"ConditionCheck": get()}), V,
     constrained("null", "transactItems.1.member.conditionCheck.conditionExpression", "Member must not be null")),
    ("TransactWriteItems", transact({"Update": get()}), V,
     constrained("null", "transactItems.1.member.update.updateExpression", "Member must not be null")),
    ("TransactWriteItems", transact({"Put": put()}, ClientRequestToken=""), V,
     constrained("''", "clientRequestToken", "Member must have length greater than or equal to 1")),
    ("TransactWriteItems", transact({"Put": put()}, ClientRequestToken="x" * 37), V,
     constrained(f"'{'x' * 37}'", "clientRequestToken", "Member must have length less than or equal to 36")),
    ("TransactWriteItems", transact({"Put": put()}, {"Delete": get({"p": {"S": "b"}, "s": {"N": "1.0"}})}), V, ONE_ITEM_TWICE),
    ("TransactWriteItems", transact({"Put": put(v={"S": "x" * 409600})}), V, TOO_LARGE),
    ("TransactWriteItems", transact({"Put": put("none")}), "ResourceNotFoundException", NOT_FOUND),
    ("TransactWriteItems", transact({"Put": put(item={"p": {"S": ""}, "s": {"N": "1"}})}), V, EMPTY_KEY.format("string", "p")),
    ("TransactWriteItems", transact({"Put": put()}, {"Delete": get({"p": {"S": "c"}})}), "TransactionCanceledException", cancelled("None", "ValidationError")),
    ("TransactWriteItems", transact({"Put": put()}, {"Update": update("SET v = q + :n", {":n": {"N": "1"}})}), "TransactionCanceledException",
     cancelled("None", "ValidationError")),
    ("TransactWriteItems", transact({"Put": {**put(), "ConditionExpression": "attribute_exists(p)"}}, {"Update": update("SET v = v + m")}),
     "TransactionCanceledException", cancelled("ConditionalCheckFailed", "None")),
    ("TransactWriteItems", transact({"Update": update("SET")}), V, ...),
    # Too deep values refuse the request or cancel at their action; what is only compared may be a level deeper than what is stored (behaviour/validation 6.3).
    ("TransactWriteItems", transact({"Put": put(v=nested(33))}), V, DEEP),
    *[("TransactWriteItems", transact({"Put": put()}, {"Update": update("SET v = :v", {":v": nested(levels)})}, {"Delete": get({"p": {"S": "c"}})}),
       "TransactionCanceledException", cancelled("None", "ValidationError", "None")) for levels in [33]],
    ("TransactWriteItems", transact({"Update": update("SET v = :n", {":n": {"N": "1"}, ":v": nested(33)}, ConditionExpression="v = :v")}),
     "TransactionCanceledException", cancelled("ConditionalCheckFailed")),
    *[("TransactWriteItems", transact({"ConditionCheck": get(ConditionExpression="v = :v", ExpressionAttributeValues={":v": nested(levels)})}),
       "TransactionCanceledException", cancelled("ConditionalCheckFailed")) for levels in [33]],
    ("TransactWriteItems", transact({"Put": {**put(), "ConditionExpression": "v = :x"}}), V,
     "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :x"),
    ("TransactGetItems", transact({"Get": get()}, {"Get": get()}), V, ONE_ITEM_TWICE),
    ("TransactGetItems", transact({"Get": get({"p": {"S": "a"}})}), "TransactionCanceledException", cancelled("ValidationError")),
    ("TransactGetItems", transact({"Get": {**get(), "TableName": "none"}}), "ResourceNotFoundException", NOT_FOUND),
]


def stored(text):
    return {**KEY, "v": {"N": text}}


def number(sent, back):
    """Rows that put a number in one notation and read it in AWS's."""
    return [("PutItem", put(item=stored(sent)), {}), ("GetItem", get(), {"Item": stored(back)})]


WRITTEN = {"TableName": "tbl", "CapacityUnits": 1.0}
ANSWERS = [
    *number("1.5E2", "150"), *number("-0", "0"), *number("+5", "5"), *number("00042", "42"), *number("3.1400", "3.14"), *number(".5", "0.5"),
    *number("5.", "5"), *number("1E-130", "0." + "0" * 129 + "1"), *number("1e125", "1" + "0" * 125), *number("0.1e126", "1" + "0" * 125),
    *number("9" * 38, "9" * 38), *number("-" + "9" * 38 + "e-100", "-0." + "0" * 62 + "9" * 38), *number("0.000", "0"),
    ("PutItem", put(item=ITEM), {}),
    # What the modes of ReturnValues give (4.1).
    ("UpdateItem", update("SET m.x = :v", {":v": {"S": "z"}}, ReturnValues="UPDATED_OLD"), {"Attributes": {"m": {"M": {"x": {"S": "y"}}}}}),
    ("UpdateItem", update("SET m.l[1] = :v", {":v": {"N": "9"}}, ReturnValues="UPDATED_NEW"), {"Attributes": {"m": {"M": {"l": {"L": [{"N": "9"}]}}}}}),
    ("UpdateItem", update("SET n = :v REMOVE v", {":v": {"N": "1"}}, ReturnValues="UPDATED_NEW"), {"Attributes": {"n": {"N": "1"}}}),
    ("UpdateItem", update("SET n = :v", {":v": {"N": "2"}}, ReturnValues="ALL_OLD"),
     {"Attributes": {**KEY, "n": {"N": "1"}, "m": {"M": {"x": {"S": "z"}, "l": {"L": [{"N": "1"}, {"N": "9"}]}}}}}),
    ("UpdateItem", update("REMOVE m", ReturnValues="ALL_NEW"), {"Attributes": {**KEY, "n": {"N": "2"}}}),
    ("UpdateItem", get({"p": {"S": "u"}, "s": {"N": "1"}}, ReturnValues="ALL_NEW"), {"Attributes": {"p": {"S": "u"}, "s": {"N": "1"}}}),
    ("UpdateItem", get({"p": {"S": "u"}, "s": {"N": "1"}}, ReturnValues="UPDATED_NEW"), {}),
    ("UpdateItem", {**update("REMOVE nothing", ReturnValues="ALL_NEW"), "Key": {"p": {"S": "gone"}, "s": {"N": "1"}}}, {}),
    ("GetItem", get({"p": {"S": "gone"}, "s": {"N": "1"}}), {}),
    ("DeleteItem", get({"p": {"S": "gone"}, "s": {"N": "1"}}, ReturnValues="ALL_OLD"), {}),
    ("PutItem", {**put(item=ITEM), "ReturnValues": "ALL_OLD"}, {"Attributes": {**KEY, "n": {"N": "2"}}}),
    ("DeleteItem", get(ConditionExpression="v = :v", ExpressionAttributeValues={":v": {"N": "6"}}, ReturnValuesOnConditionCheckFailure="ALL_OLD"),
     {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "The conditional request failed", "Item": ITEM}),
    # Capacity (5.6, 5.7).
    ("PutItem", {**put(g={"S": "x"}), "ReturnConsumedCapacity": "INDEXES"},
     {"ConsumedCapacity": {"TableName": "tbl", "CapacityUnits": 2.0, "Table": {"CapacityUnits": 1.0},
                           "GlobalSecondaryIndexes": {"gsi": {"CapacityUnits": 1.0}}}}),
    ("PutItem", {**put(g={"S": "x"}, v={"S": "x" * 1024}), "ReturnConsumedCapacity": "INDEXES"},
     {"ConsumedCapacity": {"TableName": "tbl", "CapacityUnits": 2.0, "Table": {"CapacityUnits": 2.0}}}),
    ("PutItem", {**put(g={"S": "z"}), "ReturnConsumedCapacity": "TOTAL"}, {"ConsumedCapacity": {"TableName": "tbl", "CapacityUnits": 4.0}}),
    ("GetItem", get(ConsistentRead=True, ReturnConsumedCapacity="INDEXES"),
     {"Item": ITEM, "ConsumedCapacity": {**WRITTEN, "Table": {"CapacityUnits": 1.0}}}),
    ("GetItem", {**get(ReturnConsumedCapacity="TOTAL", ProjectionExpression="p"), "TableName": ARN},
     {"Item": {"p": {"S": "a"}}, "ConsumedCapacity": {"TableName": ARN, "CapacityUnits": 0.5}}),
    ("TransactGetItems", transact({"Get": get()}, ReturnConsumedCapacity="TOTAL"),
     {"Responses": [{"Item": ITEM}], "ConsumedCapacity": [{"TableName": "tbl", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]}),
    ("TransactWriteItems", transact({"Put": put()}, {"ConditionCheck": get(ConditionExpression="attribute_exists(p)")}, ReturnConsumedCapacity="TOTAL"),
     {"ConsumedCapacity": [{"TableName": "tbl", "CapacityUnits": 5.0, "WriteCapacityUnits": 5.0}]}),
    ("BatchWriteItem", {**writes({"DeleteRequest": {"Key": {"p": {"S": "b"}, "s": {"N": "1"}}}}), "ReturnConsumedCapacity": "TOTAL"},
     {"UnprocessedItems": {}, "ConsumedCapacity": [WRITTEN]}),
    ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": [KEY, {"p": {"S": "no"}, "s": {"N": "1"}}], "ConsistentRead": True, "ProjectionExpression": "v"}},
                      "ReturnConsumedCapacity": "TOTAL"},
     {"Responses": {"tbl": [{"v": {"N": "5"}}]}, "UnprocessedKeys": {}, "ConsumedCapacity": [{"TableName": "tbl", "CapacityUnits": 2.0}]}),
    # Transactions (4.3): reasons in order, with the item where it was asked for; the same token twice.
    ("TransactWriteItems", transact({"Put": put()}, {"Delete": get(ConditionExpression="v = :v", ExpressionAttributeValues={":v": {"N": "6"}},
                                                                     ReturnValuesOnConditionCheckFailure="ALL_OLD")}),
     {"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": cancelled("None", "ConditionalCheckFailed"),
      "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": ITEM}]}),
    ("GetItem", get({"p": {"S": "b"}, "s": {"N": "1"}}), {}),
    ("TransactWriteItems", transact({"Update": update("ADD v :n", {":n": {"N": "1"}})}, ClientRequestToken="token"), {}),
    ("TransactWriteItems", transact({"Update": update("ADD v :n", {":n": {"N": "1"}})}, ClientRequestToken="token", ReturnConsumedCapacity="TOTAL"),
     {"ConsumedCapacity": [{"TableName": "tbl", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]}),
    ("GetItem", get(ProjectionExpression="v"), {"Item": {"v": {"N": "6"}}}),
    # The largest item, one byte more, and empty values that are allowed.
    ("PutItem", put(v={"S": "x" * (409600 - 6)}), {}),
    ("PutItem", put(e={"S": ""}, b={"B": ""}, l={"L": []}, m={"M": {}}, v=nested(32)), {}),
]


class WritesConformance(Rows):
    TABLES = [schema("tbl"), schema("str", "S"), schema("bin", "B")]
    ITEMS = [("tbl", ITEM), ("str", {**HOLDS_LARGEST["Key"], "v": {"N": LARGEST}})]


class ValuesAndKeys(WritesConformance, unittest.TestCase):
    def test_refusals(self):
        self.check_refusals(VALUES_AND_KEYS)
        self.assertEqual(self.call("Scan", {"TableName": "tbl"})["Items"], [ITEM], "a refusal changed something")


class BatchesAndTransactions(WritesConformance, unittest.TestCase):
    def test_refusals(self):
        self.check_refusals(BATCHES_AND_TRANSACTIONS)
        self.assertEqual(self.call("Scan", {"TableName": "tbl"})["Items"], [ITEM], "a refusal changed something")

    def test_a_token_with_other_content(self):
        check = {"ConditionCheck": get(ConditionExpression="attribute_exists(p)")}
        self.assertEqual(self.call("TransactWriteItems", transact(check, ClientRequestToken="other")), {})
        self.check_refusals([("TransactWriteItems", transact({"Put": put()}, ClientRequestToken="other"), "IdempotentParameterMismatchException", ...)])


class Answers(WritesConformance, unittest.TestCase):
    def test_answers(self):
        self.check_answers(ANSWERS)


if __name__ == "__main__":
    unittest.main()
