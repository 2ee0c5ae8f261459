"""Requests and their answers to the letter: one row each, against the server binary."""
import unittest

from conformance import CONSTRAINT, ENVELOPE, INVALID, KEY_SCHEMA, NOT_FOUND, VALUES, Rows

TABLE = {
    "TableName": "tbl", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in [("p", "S"), ("s", "N"), ("g", "S")]],
    "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [{"IndexName": "gsi", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                                "Projection": {"ProjectionType": "KEYS_ONLY"}}]}
ITEM = {"p": {"S": "a"}, "s": {"N": "1"}, "v": {"N": "5"}, "m": {"M": {"x": {"S": "y"}}}}
KEY = {"p": {"S": "a"}, "s": {"N": "1"}}
NEW = {"p": {"S": "b"}, "s": {"N": "1"}}
MALFORMED = "Statement wasn't well formed, can't be processed: "


def put(**attributes):
    return {"TableName": "tbl", "Item": {**NEW, **attributes}}


def get(**members):
    return {"TableName": "tbl", "Key": KEY, **members}


def update(expression, values=None, **members):
    return get(UpdateExpression=expression, **({"ExpressionAttributeValues": values} if values else {}), **members)


def delete(condition, values=None, **members):
    return get(ConditionExpression=condition, **({"ExpressionAttributeValues": values} if values else {}), **members)


def query(condition, values, **members):
    return {"TableName": "tbl", "KeyConditionExpression": condition, "ExpressionAttributeValues": values, **members}


def scan(**members):
    return {"TableName": "tbl", **members}


P, N = {":p": {"S": "a"}}, {":n": {"N": "1"}}

# Operation, body, error type, message.
REFUSALS = [
    ("PutItem", {"TableName": 1}, "SerializationException", "NUMBER_VALUE cannot be converted to String"),
    ("PutItem", {"TableName": 1.5}, "SerializationException", "DECIMAL_VALUE cannot be converted to String"),
    ("PutItem", {"TableName": True}, "SerializationException", "TRUE_VALUE cannot be converted to String"),
    ("PutItem", {"TableName": []}, "SerializationException", "Unrecognized collection type class java.lang.String"),
    ("PutItem", {"TableName": {}}, "SerializationException", "Start of structure or map found where not expected"),
    ("PutItem", {"TableName": "tbl", "Item": 1}, "SerializationException", "Unexpected field type"),
    ("PutItem", put(v="x"), "SerializationException", "Unexpected value type in payload"),
    ("PutItem", put(v={"B": "abc"}), "SerializationException", "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
    ("GetItem", get(ConsistentRead=1), "SerializationException", "NUMBER_VALUE cannot be converted to Boolean"),
    ("Query", {"TableName": "tbl", "Limit": "1"}, "SerializationException", "STRING_VALUE cannot be converted to Integer"),
    ("DescribeTable", {}, "ValidationException", "The parameter 'TableName' is required but was not present in the request"),
    ("CreateTable", {"TableName": "ab"}, "ValidationException", ENVELOPE + "Value 'ab' at 'tableName'" + CONSTRAINT + "Member must have length greater than or equal to 3"),
    ("Query", query("p = :p", P, Limit=0), "ValidationException", ENVELOPE + "Value at 'Limit'" + CONSTRAINT + "Member must have value greater than or equal to 1"),
    ("Scan", scan(Limit=0), "ValidationException", ENVELOPE + "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"),
    ("BatchGetItem", {"RequestItems": {}}, "ValidationException", ENVELOPE + "Value at 'RequestItems' failed to satisfy constraint: Member must have length greater than or equal to 1"),
    ("BatchWriteItem", {"RequestItems": {}}, "ValidationException", "The requestItems parameter is required for BatchWriteItem"),
    ("TransactWriteItems", {"TransactItems": []}, "ValidationException", ENVELOPE + "Value '[]' at 'transactItems'" + CONSTRAINT + "Member must have length greater than or equal to 1"),
    ("PutItem", put(v={}), "ValidationException", "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    ("PutItem", put(v={"S": "a", "N": "1"}), "ValidationException", "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"),
    ("PutItem", put(v={"N": ""}), "ValidationException", ENVELOPE + "The parameter cannot be converted to a numeric value: "),
    ("PutItem", put(v={"N": "x"}), "ValidationException", ENVELOPE + "The parameter cannot be converted to a numeric value: x"),
    ("PutItem", put(v={"N": "1" * 39}), "ValidationException", ENVELOPE + "Attempting to store more than 38 significant digits in a Number"),
    ("PutItem", put(v={"N": "1e126"}), "ValidationException", ENVELOPE + "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    ("PutItem", put(v={"N": "1e-131"}), "ValidationException", ENVELOPE + "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
    ("PutItem", put(v={"NULL": False}), "ValidationException", ENVELOPE + INVALID + "Null attribute value types must have the value of true"),
    ("PutItem", put(v={"SS": []}), "ValidationException", ENVELOPE + INVALID + "An string set  may not be empty"),
    ("PutItem", put(v={"NS": []}), "ValidationException", ENVELOPE + INVALID + "An number set  may not be empty"),
    ("PutItem", put(v={"BS": []}), "ValidationException", ENVELOPE + INVALID + "Binary sets should not be empty"),
    ("PutItem", put(v={"SS": ["a", "a"]}), "ValidationException", ENVELOPE + "One or more parameter values were invalid: Input collection [\"a\", \"a\"] contains duplicates."),
    ("PutItem", put(v={"NS": ["1", "1.0"]}), "ValidationException", ENVELOPE + "One or more parameter values were invalid: Input collection contains duplicates."),
    ("PutItem", put(v={"BS": ["YQ==", "YQ=="]}), "ValidationException", ENVELOPE + "One or more parameter values were invalid: Input collection [\"YQ==\",\"YQ==\"]of type BS contains duplicates."),
    ("PutItem", put(v={"S": "x" * 409600}), "ValidationException", "Item size has exceeded the maximum allowed size"),
    ("PutItem", {**put(), "ReturnValues": "ALL_NEW"}, "ValidationException", ENVELOPE + "ReturnValues can only be ALL_OLD or NONE"),
    ("PutItem", {"TableName": "tbl", "Item": {"p": {"S": "a"}}}, "ValidationException", INVALID + "Missing the key s in the item"),
    ("PutItem", put(p={"N": "1"}), "ValidationException", INVALID + "Type mismatch for key p expected: S actual: N"),
    ("PutItem", put(p={"S": ""}), "ValidationException", "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p"),
    ("PutItem", put(p={"S": "x" * 2049}), "ValidationException", INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ("PutItem", put(g={"N": "1"}), "ValidationException", INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"),
    ("PutItem", put(g={"S": ""}), "ValidationException", "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: gsi, IndexKey: g"),
    ("PutItem", {"TableName": "none", "Item": NEW}, "ResourceNotFoundException", NOT_FOUND),
    ("DescribeTable", {"TableName": "none"}, "ResourceNotFoundException", NOT_FOUND + ": Table: none not found"),
    ("DeleteTable", {"TableName": "none"}, "ResourceNotFoundException", NOT_FOUND + ": Table: none not found"),
    ("GetItem", {"TableName": "tbl", "Key": {"p": {"S": "a"}}}, "ValidationException", KEY_SCHEMA),
    ("GetItem", get(ProjectionExpression="a, a.b"), "ValidationException", "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]"),
    ("GetItem", get(ProjectionExpression="a[0], a.b"), "ValidationException", "Invalid ProjectionExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, [0]], path two: [a, b]"),
    ("GetItem", get(ProjectionExpression="size"), "ValidationException", "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: size"),
    ("GetItem", get(ProjectionExpression=""), "ValidationException", "Invalid ProjectionExpression: The expression can not be empty;"),
    ("GetItem", get(ProjectionExpression="p.x"), "ValidationException", "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: p"),
    ("GetItem", get(ExpressionAttributeNames={"#a": "a"}), "ValidationException", "ExpressionAttributeNames can only be specified when using expressions"),
    ("GetItem", get(ProjectionExpression="p", ExpressionAttributeNames={}), "ValidationException", "ExpressionAttributeNames must not be empty"),
    ("GetItem", get(ProjectionExpression="p", ExpressionAttributeNames={"a": "a"}), "ValidationException", 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'),
    ("GetItem", get(ProjectionExpression="p", ExpressionAttributeNames={"#a": "a"}), "ValidationException", "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}"),
    ("GetItem", get(ProjectionExpression="p", AttributesToGet=["p"]), "ValidationException", "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"),
    ("GetItem", get(AttributesToGet=["v", "v"]), "ValidationException", INVALID + "Duplicate value in attribute name: v"),
    ("UpdateItem", update("INVALID SYNTAX HERE"), "ValidationException", ENVELOPE + 'Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
    ("UpdateItem", update("!!! x"), "ValidationException", ENVELOPE + 'Invalid UpdateExpression: Syntax error; token: "!", near: "!!"'),
    ("UpdateItem", update("SET p = :n", N), "ValidationException", INVALID + "Cannot update attribute p. This attribute is part of the key"),
    ("UpdateItem", update("SET v = :n SET w = :n", N), "ValidationException", ENVELOPE + 'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;'),
    ("UpdateItem", update("SET v = :x", N), "ValidationException", ENVELOPE + "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :x"),
    ("UpdateItem", update("SET v = f(:n)", N), "ValidationException", ENVELOPE + "Invalid UpdateExpression: Invalid function name; function: f"),
    ("UpdateItem", update("SET v = w + :n", N), "ValidationException", "The provided expression refers to an attribute that does not exist in the item"),
    ("UpdateItem", update("SET v = m + :n", N), "ValidationException", "An operand in the update expression has an incorrect data type"),
    ("UpdateItem", update("SET w.x = :n", N), "ValidationException", "The document path provided in the update expression is invalid for update"),
    ("UpdateItem", update("ADD v :p", P), "ValidationException", ENVELOPE + "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"),
    ("UpdateItem", update("SET v = :p + :p", P), "ValidationException", ENVELOPE + "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S"),
    ("UpdateItem", update("SET v = :n", {":n": {"N": "x"}}), "ValidationException", ENVELOPE + "The parameter cannot be converted to a numeric value: x"),
    ("UpdateItem", update("SET v = :n", {**N, ":m": {"N": "1"}}), "ValidationException", ENVELOPE + "Value provided in ExpressionAttributeValues unused in expressions: keys: {:m}"),
    ("UpdateItem", update("SET v = :p", {":p": {"S": "x" * (2 << 20)}}), "ValidationException", ...),
    ("UpdateItem", get(ExpressionAttributeValues=N), "ValidationException", ENVELOPE + "ExpressionAttributeValues can only be specified when using expressions"),
    ("DeleteItem", delete("((v = :n))", N), "ValidationException", ENVELOPE + "Invalid ConditionExpression: The expression has redundant parentheses;"),
    ("DeleteItem", delete("v = v"), "ValidationException", ENVELOPE + "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [v]"),
    ("DeleteItem", delete("attribute_exists(:n)", N), "ValidationException", ENVELOPE + "Invalid ConditionExpression: Operator or function requires a document path; operator or function: attribute_exists"),
    ("DeleteItem", delete("v = :n", N), "ConditionalCheckFailedException", "The conditional request failed"),
    ("DeleteItem", delete("v BETWEEN :a AND :b", {":a": {"N": "2"}, ":b": {"N": "1"}}), "ValidationException", ENVELOPE + "Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"),
    ("DeleteItem", delete("#v = :n", N), "ValidationException", ENVELOPE + "Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute name: #v"),
    ("Query", query("v = :p", P), "ValidationException", "Query condition missed key schema element: p"),
    ("Query", query("p = :n", N), "ValidationException", INVALID + "Condition parameter type does not match schema type"),
    ("Query", query("p > :p", P), "ValidationException", "Query key condition not supported"),
    ("Query", query("p = :p AND v = :n", {**P, **N}), "ValidationException", "Query condition missed key schema element: s"),
    ("Query", query("p = :p", P, FilterExpression="s = :p"), "ValidationException", "Filter Expression can only contain non-primary key attributes: Primary key attribute: s"),
    ("Query", query("p = :p", P, IndexName="none"), "ValidationException", "The table does not have the specified index: none"),
    ("Query", query("g = :p", P, IndexName="gsi", ConsistentRead=True), "ValidationException", "Consistent reads are not supported on global secondary indexes"),
    ("Query", query("g = :p", P, IndexName="gsi", Select="ALL_ATTRIBUTES"), "ValidationException", INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index gsi because its projection type is not ALL"),
    ("Query", query("p = :p", P, Select="ALL_PROJECTED_ATTRIBUTES"), "ValidationException", ENVELOPE + "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"),
    ("Query", query("p = :p", P, Select="SPECIFIC_ATTRIBUTES"), "ValidationException", ENVELOPE + "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
    ("Query", {"TableName": "tbl"}, "ValidationException", "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    ("Query", query("p = :p", P, ExclusiveStartKey={"p": {"S": "z"}, "s": {"N": "1"}}), "ValidationException", "The provided starting key is outside query boundaries based on provided conditions"),
    ("Query", query("p = :p", P, ExclusiveStartKey={"p": {"S": "a"}}), "ValidationException", "The provided starting key is invalid"),
    ("Scan", scan(ExclusiveStartKey={"p": {"S": "a"}}), "ValidationException", "The provided starting key is invalid"),
    ("Scan", scan(Segment=1), "ValidationException", "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"),
    ("Scan", scan(TotalSegments=1), "ValidationException", "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"),
    ("Scan", scan(Segment=2, TotalSegments=2), "ValidationException", "The Segment parameter is zero-based and must be less than parameter TotalSegments"),
    ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": [KEY, KEY]}}}, "ValidationException", "Provided list of item keys contains duplicates"),
    ("BatchWriteItem", {"RequestItems": {"tbl": [{"DeleteRequest": {"Key": KEY}}] * 2}}, "ValidationException", "Provided list of item keys contains duplicates"),
    ("TransactWriteItems", {"TransactItems": [{"Delete": get()}, {"Put": {"TableName": "tbl", "Item": ITEM}}]}, "ValidationException", "Transaction request cannot include multiple operations on one item"),
    ("TransactWriteItems", {"TransactItems": [{"Delete": delete("v = :n", N)}]}, "TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed]"),
    ("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": {"AttributeName": "", "Enabled": True}}, "ValidationException", ENVELOPE + "Value '' at 'timeToLiveSpecification.attributeName'" + CONSTRAINT + "Member must have length greater than or equal to 1"),
    ("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": {"AttributeName": "t", "Enabled": False}}, "ValidationException", "TimeToLive is already disabled"),
    ("TagResource", {"Tags": [{"Key": "a", "Value": "b"}]}, "ValidationException", "Invalid TableArn"),
    ("CreateTable", TABLE, "ResourceInUseException", "Table already exists: tbl"),
    ("UpdateTable", {"TableName": "tbl"}, "ValidationException", "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, "
     "MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"),
    ("ExecuteStatement", {"Statement": "CREATE TABLE tbl"}, "ValidationException", MALFORMED + "Expected data manipulation"),
    ("ExecuteStatement", {"Statement": "SELECT COUNT(*) FROM tbl"}, "ValidationException", "Unexpected path component at 1:8:5"),
    ("ExecuteStatement", {"Statement": "SELECT * FROM tbl", "Limit": 0}, "ValidationException",
     ENVELOPE + "Value '0' at 'limit'" + CONSTRAINT + "Member must have value greater than or equal to 1"),
    ("ExecuteStatement", {"Statement": "SELECT * FROM tbl", "Parameters": []}, "ValidationException",
     ENVELOPE + "Value '[]' at 'parameters'" + CONSTRAINT + "Member must have length greater than or equal to 1"),
    ("ExecuteStatement", {"Statement": "SELECT * FROM tbl", "NextToken": "x"}, "ValidationException", "Invalid NextToken"),
    ("ExecuteStatement", {"Statement": "SELECT * FROM none"}, "ResourceNotFoundException", NOT_FOUND),
    ("ExecuteStatement", {"Statement": "SELECT * FROM tbl.none"}, "ValidationException", "The table does not have the specified index"),
    ("ExecuteStatement", {"Statement": "SELECT * FROM tbl.gsi", "ConsistentRead": True}, "ValidationException",
     "Strongly consistent read is not supported on Global Secondary Indexes"),
    ("ExecuteStatement", {"Statement": "SELECT v FROM tbl.gsi"}, "ValidationException",
     INVALID + "Global secondary index gsi does not project [v]"),
    ("ExecuteStatement", {"Statement": "INSERT INTO tbl VALUE {'p':'a','s':1}"}, "DuplicateItemException", "Duplicate primary key exists in table"),
    ("ExecuteStatement", {"Statement": "DELETE FROM tbl WHERE p = 'a'"}, "ValidationException",
     "Where clause does not contain a mandatory equality on all key attributes"),
    ("ExecuteStatement", {"Statement": "UPDATE tbl SET v = 1 WHERE p = 'none' AND s = 1"}, "ConditionalCheckFailedException",
     "The conditional request failed"),
    ("BatchExecuteStatement", {"Statements": []}, "ValidationException",
     ENVELOPE + "Value '[]' at 'statements'" + CONSTRAINT + "Member must have length greater than or equal to 1"),
    ("BatchExecuteStatement", {"Statements": [{"Statement": "SELECT * FROM tbl WHERE p = 'a' AND s = 1"},
                                              {"Statement": "DELETE FROM tbl WHERE p = 'a' AND s = 2"}]}, "ValidationException",
     "Read and write requests together in the same batch is not supported."),
    ("ExecuteTransaction", {"TransactStatements": [{"Statement": "SELECT * FROM tbl.gsi WHERE g = 'a'"}]}, "ValidationException",
     "Validation failed in TransactStatements[0]: Reads on indices are not supported within transactions."),
]

UNITS = {"TableName": "tbl", "CapacityUnits": 0.5}

# Operation, body, the whole answer. They run in this order.
ANSWERS = [
    ("GetItem", get(), {"Item": ITEM}),
    ("GetItem", {"TableName": "tbl", "Key": NEW}, {}),
    ("GetItem", get(ProjectionExpression="m.x"), {"Item": {"m": {"M": {"x": {"S": "y"}}}}}),
    ("GetItem", get(ProjectionExpression="nothing"), {"Item": {}}),
    ("GetItem", get(AttributesToGet=["v"], ReturnConsumedCapacity="TOTAL"), {"Item": {"v": {"N": "5"}}, "ConsumedCapacity": UNITS}),
    ("Query", query("p = :p", P, Select="COUNT"), {"Count": 1, "ScannedCount": 1}),
    ("Query", query("p = :p", P, Limit=1), {"Items": [ITEM], "Count": 1, "ScannedCount": 1, "LastEvaluatedKey": KEY}),
    ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": [NEW]}}}, {"Responses": {"tbl": []}, "UnprocessedKeys": {}}),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "tbl", "Key": NEW}}]}, {"Responses": [{}]}),
    ("PutItem", put(v={"N": "1.5E2"}), {}),
    ("UpdateItem", {**update("SET v = v + :n", N, ReturnValues="UPDATED_NEW"), "Key": NEW}, {"Attributes": {"v": {"N": "151"}}}),
    ("UpdateItem", {**update("REMOVE v", ReturnValues="UPDATED_NEW"), "Key": NEW}, {}),
    ("DeleteItem", {"TableName": "tbl", "Key": NEW, "ReturnValues": "ALL_OLD"}, {"Attributes": NEW}),
    ("DeleteItem", {"TableName": "tbl", "Key": NEW, "ReturnConsumedCapacity": "TOTAL"}, {"ConsumedCapacity": {"TableName": "tbl", "CapacityUnits": 1.0}}),
    ("BatchWriteItem", {"RequestItems": {"tbl": [{"DeleteRequest": {"Key": NEW}}]}}, {"UnprocessedItems": {}}),
    ("ExecuteStatement", {"Statement": "SELECT m.x FROM tbl WHERE p = 'a'"}, {"Items": [{"x": {"S": "y"}}]}),
    ("ExecuteStatement", {"Statement": "DELETE FROM tbl WHERE p = 'none' AND s = 1 AND v = 5"}, {"Items": []}),
    ("BatchExecuteStatement", {"Statements": [{"Statement": "SELECT v FROM tbl WHERE p = 'a' AND s = 1"}, {"Statement": "SELECT"}]},
     {"Responses": [{"TableName": "tbl", "Item": {"v": {"N": "5"}}},
                    {"Error": {"Code": "ValidationError", "Message": MALFORMED + "Unexpected term"}}]}),
    ("ExecuteTransaction", {"TransactStatements": [{"Statement": "SELECT * FROM tbl WHERE p = 'none' AND s = 1"}]}, {"Responses": [{}]}),
    ("ListTables", {}, {"TableNames": ["tbl"]}),
    ("DescribeTimeToLive", {"TableName": "tbl"}, {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}),
]


class Conformance(Rows, unittest.TestCase):
    TABLES = [TABLE]
    ITEMS = [("tbl", ITEM)]

    def test_refusals(self):
        self.check_refusals(REFUSALS)

    def test_answers(self):
        self.check_answers(ANSWERS)


if __name__ == "__main__":
    unittest.main()
