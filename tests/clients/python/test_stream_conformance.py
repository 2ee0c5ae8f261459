"""DynamoDB Streams' requests and their answers to the letter: one row each, against the server binary."""
import json
import pathlib
import tempfile
import unittest
import urllib.error
import urllib.request

from conformance import CONSTRAINT, ENVELOPE as ONE, HEADERS, INVALID, NOT_FOUND
from support import Server

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
KEY = {"pk": {"S": "order#7"}, "sk": {"N": "3"}}
TWO, THREE = (f"{n} validation errors detected: " for n in (2, 3))
NO_SHARD = NOT_FOUND + ": Shard does not exist"
TRIMMED = "The data you are trying to access has been trimmed"
OTHER_SHARD = "shardId-00000000000000000000-00000000"
HORIZON, LATEST, AT, AFTER = "TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"


def constraint(value, path, text):
    value = "null" if value is None else f"'{value}'"
    return f"Value {value} at '{path}'" + CONSTRAINT + text


def null(path):
    return constraint(None, path, "Member must not be null")


def at_least(value, path, least):
    return constraint(value, path, f"Member must have value greater than or equal to {least}")


def at_most(value, path, most):
    return constraint(value, path, f"Member must have value less than or equal to {most}")


def longer(value, path, least):
    return constraint(value, path, f"Member must have length greater than or equal to {least}")


def shorter(value, path, most):
    return constraint(value, path, f"Member must have length less than or equal to {most}")


def number(n):
    return f"1{n:020}"


# In rows ARN, LABEL, SHARD and ITERATOR stand for those of the table's stream.
UNKNOWN = "arn:aws:dynamodb:us-east-1:000000000000:table/Nope/stream/LABEL"


def iterator(type_=HORIZON, **members):
    return {"StreamArn": "ARN", "ShardId": "SHARD", "ShardIteratorType": type_, **members}


def filtered(**members):
    return {"StreamArn": "ARN", "ShardFilter": members}


ITERATOR_TYPES = "Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"

# Operation, body, error type, message.
REFUSALS = [
    ("ListStreams", {"Limit": 0}, "ValidationException", ONE + at_least(0, "limit", 1)),
    ("ListStreams", {"Limit": 101}, "ValidationException", ONE + at_most(101, "limit", 100)),
    ("ListStreams", {"Limit": "1"}, "SerializationException", "STRING_VALUE cannot be converted to Integer"),
    ("ListStreams", {"TableName": "x"}, "ValidationException", ONE + longer("x", "tableName", 3)),
    ("ListStreams", {"TableName": "x" * 256}, "ValidationException", ONE + shorter("x" * 256, "tableName", 255)),
    ("ListStreams", {"TableName": "a b c"}, "ValidationException",
     ONE + constraint("a b c", "tableName", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")),
    ("ListStreams", {"TableName": "x", "Limit": 0}, "ValidationException",
     TWO + longer("x", "tableName", 3) + "; " + at_least(0, "limit", 1)),
    ("ListStreams", {"ExclusiveStartStreamArn": ""}, "ValidationException", "Invalid StreamArn"),
    ("ListStreams", {"ExclusiveStartStreamArn": "x"}, "ValidationException", "Invalid StreamArn"),
    ("ListStreams", {"ExclusiveStartStreamArn": "x" * 2000}, "ValidationException", "Invalid StreamArn"),

    ("DescribeStream", {}, "ValidationException", ONE + null("streamArn")),
    ("DescribeStream", {"StreamArn": None}, "ValidationException", ONE + null("streamArn")),
    ("DescribeStream", {"StreamArn": 5}, "SerializationException", "NUMBER_VALUE cannot be converted to String"),
    ("DescribeStream", {"StreamArn": "arn:aws:dyn"}, "ValidationException", "Invalid StreamArn"),
    ("DescribeStream", {"StreamArn": "x" * 2000}, "ValidationException", "Invalid StreamArn"),
    ("DescribeStream", {"StreamArn": UNKNOWN.replace("Nope", "no")}, "ValidationException", "Invalid StreamArn"),
    ("DescribeStream", {"StreamArn": UNKNOWN}, "ResourceNotFoundException", NOT_FOUND + f": Stream: {UNKNOWN} not found"),
    *[("DescribeStream", {"StreamArn": arn}, "ResourceNotFoundException", NOT_FOUND + f": Stream: {arn} not found")
      for arn in ("arn:aws:dynamodb:us-west-2:000000000000:table/Orders/stream/LABEL",
                  "arn:aws:dynamodb:us-east-1:000000000001:table/Orders/stream/LABEL",
                  "arn:aws-cn:dynamodb:us-east-1:000000000000:table/Orders/stream/LABEL",
                  "arn:aws:dynamodb:us-east-1:000000000000:table/Orders/stream/LABEL0")],
    ("DescribeStream", {"StreamArn": "ARN", "Limit": 0}, "ValidationException", ONE + at_least(0, "limit", 1)),
    ("DescribeStream", {"StreamArn": "ARN", "Limit": 101}, "ValidationException", ONE + at_most(101, "limit", 100)),
    ("DescribeStream", {"StreamArn": "x", "Limit": 0}, "ValidationException", ONE + at_least(0, "limit", 1)),
    ("DescribeStream", filtered(), "ValidationException", TWO + null("shardFilter.type") + "; " + null("shardFilter.shardId")),
    ("DescribeStream", filtered(Type="CHILD_SHARDS"), "ValidationException", ONE + null("shardFilter.shardId")),
    ("DescribeStream", filtered(ShardId="SHARD"), "ValidationException", ONE + null("shardFilter.type")),
    ("DescribeStream", filtered(Type="X", ShardId="SHARD"), "ValidationException",
     ONE + constraint("X", "shardFilter.type", "Member must satisfy enum value set: [CHILD_SHARDS]")),
    ("DescribeStream", filtered(Type="CHILD_SHARDS", ShardId="x" * 27), "ValidationException",
     ONE + longer("x" * 27, "shardFilter.shardId", 28)),
    ("DescribeStream", filtered(Type="CHILD_SHARDS", ShardId="x" * 66), "ValidationException",
     ONE + shorter("x" * 66, "shardFilter.shardId", 65)),
    ("DescribeStream", filtered(Type="CHILD_SHARDS", ShardId=OTHER_SHARD), "ResourceNotFoundException", NO_SHARD),

    ("GetShardIterator", {}, "ValidationException",
     THREE + "; ".join(map(null, ("streamArn", "shardId", "shardIteratorType")))),
    ("GetShardIterator", iterator("X"), "ValidationException", ONE + constraint("X", "shardIteratorType", ITERATOR_TYPES)),
    ("GetShardIterator", iterator(ShardId="x" * 27), "ValidationException", ONE + longer("x" * 27, "shardId", 28)),
    ("GetShardIterator", iterator(ShardId="x" * 66), "ValidationException", ONE + shorter("x" * 66, "shardId", 65)),
    ("GetShardIterator", iterator(ShardId="x" * 28), "ResourceNotFoundException", NO_SHARD),
    ("GetShardIterator", iterator(ShardId=OTHER_SHARD), "ResourceNotFoundException", NO_SHARD),
    ("GetShardIterator", iterator(AT), "ValidationException", INVALID + "SequenceNumber cannot be null"),
    ("GetShardIterator", iterator(AFTER), "ValidationException", INVALID + "SequenceNumber cannot be null"),
    ("GetShardIterator", iterator(SequenceNumber=number(2)), "ValidationException",
     INVALID + "SequenceNumber should not be passed for this iterator type"),
    ("GetShardIterator", iterator(LATEST, SequenceNumber=number(2)), "ValidationException",
     INVALID + "SequenceNumber should not be passed for this iterator type"),
    ("GetShardIterator", iterator(AT, SequenceNumber="1"), "ValidationException", ONE + longer("1", "sequenceNumber", 21).replace(" '1'", "")),
    ("GetShardIterator", iterator(AT, SequenceNumber="1" * 41), "ValidationException", ONE + shorter("1" * 41, "sequenceNumber", 40).replace(f" '{'1' * 41}'", "")),
    ("GetShardIterator", iterator(AT, SequenceNumber="x" * 21), "ValidationException", "Invalid SequenceNumber for the shard"),
    ("GetShardIterator", iterator(AT, SequenceNumber="9" * 21), "ValidationException", "Invalid SequenceNumber for the shard"),
    ("GetShardIterator", iterator(AFTER, SequenceNumber="9" * 40), "ValidationException", "Invalid SequenceNumber for the shard"),
    ("GetShardIterator", iterator(AT, SequenceNumber=number(0)), "TrimmedDataAccessException", TRIMMED),
    ("GetShardIterator", iterator(AFTER, SequenceNumber="0" * 21), "TrimmedDataAccessException", TRIMMED),
    ("GetShardIterator", iterator(StreamArn="x"), "ValidationException", "Invalid StreamArn"),
    ("GetShardIterator", iterator(StreamArn=UNKNOWN), "ResourceNotFoundException", NOT_FOUND + f": Stream: {UNKNOWN} not found"),
    # Shapes, then the number's presence, the ARN, the stream, the shard, the number itself.
    ("GetShardIterator", iterator(AT, StreamArn="x", ShardId="x"), "ValidationException", ONE + longer("x", "shardId", 28)),
    ("GetShardIterator", iterator(AT, StreamArn="x"), "ValidationException", INVALID + "SequenceNumber cannot be null"),
    ("GetShardIterator", iterator(AT, StreamArn=UNKNOWN, ShardId=OTHER_SHARD, SequenceNumber="x" * 21),
     "ResourceNotFoundException", NOT_FOUND + f": Stream: {UNKNOWN} not found"),
    ("GetShardIterator", iterator(AT, ShardId=OTHER_SHARD, SequenceNumber="x" * 21), "ResourceNotFoundException", NO_SHARD),

    ("GetRecords", {}, "ValidationException", ONE + null("shardIterator")),
    ("GetRecords", {"Limit": 0}, "ValidationException", TWO + null("shardIterator") + "; " + at_least(0, "limit", 1)),
    ("GetRecords", {"ShardIterator": "ITERATOR", "Limit": 0}, "ValidationException", ONE + at_least(0, "limit", 1)),
    ("GetRecords", {"ShardIterator": "ITERATOR", "Limit": 1001}, "ValidationException", ONE + at_most(1001, "limit", 1000)),
    ("GetRecords", {"ShardIterator": ""}, "ValidationException", ONE + longer("", "shardIterator", 1)),
    ("GetRecords", {"ShardIterator": "x" * 2049}, "ValidationException", ONE + shorter("x" * 2049, "shardIterator", 2048)),
    ("GetRecords", {"ShardIterator": 5}, "SerializationException", "NUMBER_VALUE cannot be converted to String"),
    ("GetRecords", {"ShardIterator": "x"}, "ValidationException", "Invalid ShardIterator"),
    ("GetRecords", {"ShardIterator": "ARN|1|AAAA"}, "ValidationException", "Invalid ShardIterator"),
    ("GetRecords", {"ShardIterator": "ITERATORx"}, "ValidationException", "Invalid ShardIterator"),
]

# What CreateTable says of a StreamSpecification.
CREATE_REFUSALS = [
    ({}, ONE + null("streamSpecification.streamEnabled")),
    ({"StreamViewType": "NEW_IMAGE"}, ONE + null("streamSpecification.streamEnabled")),
    ({"StreamEnabled": True}, INVALID + "Table is being created with a stream enabled, UpdateViewType is required"),
    ({"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"},
     INVALID + "Table is being created with a stream disabled, UpdateViewType should not be specified"),
    ({"StreamEnabled": True, "StreamViewType": "new_image"},
     ONE + constraint("new_image", "streamSpecification.streamViewType",
                      "Member must satisfy enum value set: [OLD_IMAGE, KEYS_ONLY, NEW_AND_OLD_IMAGES, NEW_IMAGE]")),
]

# Members of UpdateTable on a table whose stream is disabled, and the text.
UPDATE_REFUSALS = [
    ({"StreamSpecification": {"StreamEnabled": False}}, "Table has no stream to disable: TableName: Disabled"),
    ({"StreamSpecification": {"StreamEnabled": True}}, INVALID + "If stream is being enabled then UpdateViewType is required"),
    ({"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}},
     INVALID + "If stream is being disabled, then UpdateViewType must not be specified"),
    *[({"StreamSpecification": STREAM, **members}, INVALID + text) for members, text in [
        ({"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
         "You cannot modify stream status while updating table IOPS"),
        ({"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
         "You cannot modify stream status while updating table IOPS"),
        ({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "gsi"}}]},
         "You cannot create or delete index while changing stream status"),
        ({"OnDemandThroughput": {"MaxReadRequestUnits": 5}},
         "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"),
        ({"SSESpecification": {"Enabled": True}}, "Server-Side Encryption modification must be the only operation in the request"),
        ({"TableClass": "STANDARD"}, "TableClass modification must be the only operation in the request"),
        ({"DeletionProtectionEnabled": True}, "DeletionProtection modification must be the only operation in the request"),
        ({"WarmThroughput": {"ReadUnitsPerSecond": 13000}}, "WarmThroughput must be the only operation in the request"),
        ({"WarmThroughput": {"ReadUnitsPerSecond": 13000}, "TableClass": "STANDARD", "DeletionProtectionEnabled": True},
         "TableClass modification must be the only operation in the request"),
    ]],
]

# An item before and after, and SizeBytes of the record with keys and both images.
PAID = {"state": {"S": "PAID"}, "total": {"N": "19.90"}, "tags": {"SS": ["bc", "a"]}, "gift": {"BOOL": False}, "note": {"NULL": True},
        "lines": {"L": [{"M": {"sku": {"S": "X1"}, "qty": {"N": "2"}}}]}}
SIZES = [
    (None, {}, 13 + 13),
    ({}, {"state": {"S": "NEW"}}, 13 + 13 + 21),
    ({"state": {"S": "NEW"}}, PAID, 13 + 21 + 71),
    (PAID, None, 13 + 71),
    (None, {"é": {"S": "ü"}}, 13 + 13 + 4),
    ({"é": {"S": "ü"}}, {"b": {"B": "AAECAw=="}, "bs": {"BS": ["AA==", "AQI="]}}, 13 + 17 + 13 + 5 + 5),
]
# A number and the size of its value.
NUMBERS = [("0", 1), ("1", 2), ("42", 2), ("-42", 3), ("100", 2), ("123", 3), ("1.5", 3), ("0.001", 2), ("3.14159", 5),
           ("1700000000", 2), ("12345678901234567890123456789012345678", 20)]

# Writes that change nothing, on the item KEY with n = 1 and on the missing key None.
NONE = {"pk": {"S": "none"}, "sk": {"N": "3"}}
SAME = {**KEY, "n": {"N": "1.0"}, "s": {"NS": ["2", "1"]}, "m": {"M": {"b": {"S": "y"}, "a": {"S": "x"}}}}
NO_CHANGES = [
    ("PutItem", {"Item": SAME}),
    ("BatchWriteItem", {"RequestItems": {"Orders": [{"PutRequest": {"Item": SAME}}, {"DeleteRequest": {"Key": NONE}}]}}),
    ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "Orders", "Item": SAME}}, {"ConditionCheck": {
        "TableName": "Orders", "Key": NONE, "ConditionExpression": "attribute_not_exists(pk)"}}]}),
    ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "Orders", "Item": NONE}}, {"ConditionCheck": {
        "TableName": "Orders", "Key": KEY, "ConditionExpression": "attribute_not_exists(pk)"}}]}),
    ("UpdateItem", {"Key": KEY}),
    ("UpdateItem", {"Key": KEY, "UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}),
    ("UpdateItem", {"Key": KEY, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "0"}}}),
    ("UpdateItem", {"Key": KEY, "UpdateExpression": "REMOVE nothing"}),
    ("UpdateItem", {"Key": KEY, "AttributeUpdates": {"nothing": {"Action": "DELETE"}}}),
    ("UpdateItem", {"Key": NONE, "UpdateExpression": "REMOVE nothing"}),
    ("DeleteItem", {"Key": NONE}),
    ("PutItem", {"Item": NONE, "ConditionExpression": "attribute_exists(pk)"}),
]


class StreamConformance(unittest.TestCase):
    def setUp(self):
        self.start()

    def start(self, *options):
        self.server = Server(*options)
        self.arn = self.create_table("Orders")

    def tearDown(self):
        self.assertEqual(self.server.stop(), 0)

    def call(self, operation, body, service=None):
        """The answer; of an error its type and message."""
        if service is None:
            service = "DynamoDB_20120810"
            if operation in ("ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"):
                service = "DynamoDBStreams_20120810"
        request = urllib.request.Request(
            self.server.endpoint, json.dumps(body).encode(), {**HEADERS, "X-Amz-Target": f"{service}.{operation}"})
        try:
            with urllib.request.urlopen(request) as response:
                return json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as error:
            self.assertEqual(error.code, 400)
            answer = json.loads(error.read())
            return answer["__type"].partition("#")[2], answer.get("message", answer.get("Message"))

    def create_table(self, name, **members):
        description = self.call("CreateTable", {
            "TableName": name, "BillingMode": "PAY_PER_REQUEST", "StreamSpecification": STREAM,
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in [("pk", "S"), ("sk", "N")]],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}], **members})
        return description["TableDescription"].get("LatestStreamArn") if isinstance(description, dict) else description

    def put(self, item):
        return self.call("PutItem", {"TableName": "Orders", "Item": item})

    def describe(self, **members):
        return self.call("DescribeStream", {"StreamArn": self.arn, **members})["StreamDescription"]

    def shard_ids(self, **members):
        return [shard["ShardId"] for shard in self.describe(**members)["Shards"]]

    def iterator(self, shard=None, type_=HORIZON, **members):
        shard = shard or self.shard_ids()[-1]
        answer = self.call("GetShardIterator", {"StreamArn": self.arn, "ShardId": shard, "ShardIteratorType": type_, **members})
        return answer["ShardIterator"] if isinstance(answer, dict) else answer

    def read(self, iterator_, **members):
        return self.call("GetRecords", {"ShardIterator": iterator_, **members})

    def numbers(self, iterator_, **members):
        return [int(record["dynamodb"]["SequenceNumber"][1:]) for record in self.read(iterator_, **members)["Records"]]

    def control(self, path, **members):
        return self.server.control("POST", f"streams/{path}", {"StreamArn": self.arn, **members})

    def advance(self, seconds):
        self.server.control("PUT", "clock", {"AdvanceSeconds": seconds})

    def test_refusals(self):
        self.put(KEY)
        shard = self.shard_ids()[0]
        names = {"ITERATOR": self.iterator(shard), "ARN": self.arn, "LABEL": self.arn.rpartition("/")[2], "SHARD": shard}

        def fill(text):
            for name, value in names.items():
                text = text.replace(f'"{name}', f'"{value}').replace(f"/{name}", f"/{value}")
            return text

        for operation, body, error, message in REFUSALS:
            with self.subTest(operation, body=str(body)[:80]):
                self.assertEqual(self.call(operation, json.loads(fill(json.dumps(body)))), (error, fill(message)))

    def test_targets_of_the_other_service_are_unknown(self):
        self.assertEqual(self.call("ListStreams", {}, "DynamoDB_20120810")[0], "UnknownOperationException")
        self.assertEqual(self.call("ListTables", {}, "DynamoDBStreams_20120810")[0], "UnknownOperationException")

    def test_stream_specifications_of_new_tables(self):
        for specification, message in CREATE_REFUSALS:
            with self.subTest(specification=specification):
                self.assertEqual(self.create_table("Refused", StreamSpecification=specification), ("ValidationException", message))
        self.assertIsNone(self.create_table("Without", StreamSpecification={"StreamEnabled": False}))
        table = self.call("DescribeTable", {"TableName": "Without"})["Table"]
        self.assertFalse({"StreamSpecification", "LatestStreamArn", "LatestStreamLabel"} & set(table))
        self.assertEqual(self.call("ListStreams", {"TableName": "Without"}), {"Streams": []})

    def test_stream_specifications_of_updates(self):
        old = self.create_table("Disabled")
        answer = self.call("UpdateTable", {"TableName": "Disabled", "StreamSpecification": {"StreamEnabled": False}})["TableDescription"]
        self.assertEqual((answer["TableStatus"], answer["LatestStreamArn"]), ("UPDATING", old))
        self.assertNotIn("StreamSpecification", answer)
        for members, message in UPDATE_REFUSALS:
            with self.subTest(members=members):
                self.assertEqual(self.call("UpdateTable", {"TableName": "Disabled", **members}), ("ValidationException", message))
        table = self.call("DescribeTable", {"TableName": "Disabled"})["Table"]
        self.assertEqual((table["TableStatus"], table["LatestStreamArn"], table["DeletionProtectionEnabled"]), ("ACTIVE", old, False))

        enable = {"TableName": "Disabled", "StreamSpecification": {**STREAM, "StreamViewType": "KEYS_ONLY"}, "BillingMode": "PAY_PER_REQUEST"}
        answer = self.call("UpdateTable", enable)["TableDescription"]
        self.assertEqual((answer["TableStatus"], answer["StreamSpecification"]), ("UPDATING", enable["StreamSpecification"]))
        self.assertNotEqual(answer["LatestStreamArn"], old)
        for view in ("KEYS_ONLY", "NEW_IMAGE"):
            again = {"TableName": "Disabled", "StreamSpecification": {**STREAM, "StreamViewType": view}}
            self.assertEqual(self.call("UpdateTable", again), ("ValidationException", "Table already has an enabled stream: TableName: Disabled"))

    def test_streams_are_listed_by_table_and_newest_first(self):
        self.call("DeleteTable", {"TableName": "Orders"})
        second = self.create_table("Orders")
        self.call("UpdateTable", {"TableName": "Orders", "StreamSpecification": {"StreamEnabled": False}})
        third = self.call("UpdateTable", {"TableName": "Orders", "StreamSpecification": STREAM})["TableDescription"]["LatestStreamArn"]
        other = self.create_table("Another")
        arns = [other, third, second, self.arn]
        listed = self.call("ListStreams", {})
        self.assertEqual([stream["StreamArn"] for stream in listed["Streams"]], arns)
        self.assertEqual(listed["Streams"][0], {"StreamArn": other, "TableName": "Another", "StreamLabel": other.rpartition("/")[2]})
        self.assertNotIn("LastEvaluatedStreamArn", listed)
        statuses = [self.call("DescribeStream", {"StreamArn": arn})["StreamDescription"]["StreamStatus"] for arn in arns]
        self.assertEqual(statuses, ["ENABLED", "ENABLED", "DISABLED", "DISABLED"])

        seen, start = [], {}
        while True:
            page = self.call("ListStreams", {"TableName": "Orders", "Limit": 1, **start})
            seen += [stream["StreamArn"] for stream in page["Streams"]]
            if "LastEvaluatedStreamArn" not in page:
                break
            self.assertEqual(page["LastEvaluatedStreamArn"], seen[-1])
            start = {"ExclusiveStartStreamArn": page["LastEvaluatedStreamArn"]}
        self.assertEqual(seen, arns[1:])
        gone = self.arn.replace("Orders", "Never")  # Need not exist, to be a place to go on after.
        self.assertEqual([s["StreamArn"] for s in self.call("ListStreams", {"ExclusiveStartStreamArn": gone})["Streams"]], arns[1:])

    def test_a_stream_is_described(self):
        self.put(KEY)
        described = self.describe()
        [shard] = described["Shards"]
        label = self.arn.rpartition("/")[2]
        self.assertRegex(label, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$")
        self.assertRegex(shard["ShardId"], r"^shardId-\d{20}-[0-9a-f]{8}$")
        self.assertEqual(int(shard["ShardId"][8:28]), round(described["CreationRequestDateTime"] * 1000))
        self.assertEqual(described, {
            "StreamArn": self.arn, "StreamLabel": label, "StreamStatus": "ENABLED", "StreamViewType": "NEW_AND_OLD_IMAGES",
            "CreationRequestDateTime": described["CreationRequestDateTime"], "TableName": "Orders",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "Shards": [{"ShardId": shard["ShardId"], "SequenceNumberRange": {"StartingSequenceNumber": number(1)}}]})

    def test_shards_are_paged_and_filtered_by_parent(self):
        [first] = self.shard_ids()
        self.assertEqual(self.shard_ids(ShardFilter={"Type": "CHILD_SHARDS", "ShardId": first}), [])
        self.put(KEY)
        self.control("split")
        self.control("rollover")
        shards = {shard["ShardId"]: shard for shard in self.describe()["Shards"]}
        self.assertEqual(list(shards), sorted(shards))
        self.assertEqual(len(shards), 5)
        for shard in list(shards):
            children = [one for one in shards if shards[one].get("ParentShardId") == shard]
            self.assertEqual(self.shard_ids(ShardFilter={"Type": "CHILD_SHARDS", "ShardId": shard}), children)
            self.assertEqual("EndingSequenceNumber" in shards[shard]["SequenceNumberRange"], bool(children))
            for child in children:  # A shard's numbers lie behind its parent's.
                end = shards[shard]["SequenceNumberRange"]["EndingSequenceNumber"]
                self.assertGreater(int(shards[child]["SequenceNumberRange"]["StartingSequenceNumber"]), int(end))
        self.assertEqual(shards[first]["SequenceNumberRange"], {"StartingSequenceNumber": number(1), "EndingSequenceNumber": number(2)})
        family = {"Type": "CHILD_SHARDS", "ShardId": first}
        page = self.describe(ShardFilter=family, Limit=1)
        self.assertEqual(page["LastEvaluatedShardId"], page["Shards"][0]["ShardId"])
        rest = self.describe(ShardFilter=family, ExclusiveStartShardId=page["LastEvaluatedShardId"])
        self.assertEqual(len(rest["Shards"]), 1)
        self.assertNotIn("LastEvaluatedShardId", rest)
        page = self.describe(Limit=5)
        self.assertNotIn("LastEvaluatedShardId", page)
        for start, expected in [(max(shards), []), ("z" * 30, []), ("x", []), (OTHER_SHARD, list(shards)), (first, list(shards)[1:])]:
            self.assertEqual(self.shard_ids(ExclusiveStartShardId=start), expected)

    def test_iterators_stand_where_they_were_asked_for(self):
        [shard] = self.shard_ids()
        for n in range(2, 6):  # Their sequence numbers.
            self.put({**KEY, "n": {"N": str(n)}})
        latest = self.iterator(shard, LATEST)
        places = [(self.iterator(shard), [2, 3, 4, 5]), (latest, []),
                  (self.iterator(shard, AT, SequenceNumber=number(1)), [2, 3, 4, 5]),
                  (self.iterator(shard, AT, SequenceNumber=number(4)), [4, 5]),
                  (self.iterator(shard, AFTER, SequenceNumber=number(4)), [5]),
                  (self.iterator(shard, AFTER, SequenceNumber=number(5)), [])]
        for place, expected in places:
            self.assertRegex(place, r"^" + self.arn + r"\|1\|[A-Za-z0-9+/=]+$")
            self.assertEqual(self.numbers(place), expected)
            self.assertEqual(self.numbers(place), expected)
        self.put({**KEY, "n": {"N": "6"}})
        self.assertEqual(self.numbers(latest), [6])
        self.control("rollover")
        self.put({**KEY, "n": {"N": "8"}})
        # The parent is closed now; a number of its child is behind its end.
        for type_, members, expected in [(HORIZON, {}, [2, 3, 4, 5, 6]), (LATEST, {}, []), (AT, {"SequenceNumber": number(6)}, [6]),
                                         (AFTER, {"SequenceNumber": number(6)}, []), (AT, {"SequenceNumber": number(8)}, [])]:
            page = self.read(self.iterator(shard, type_, **members))
            self.assertEqual([int(record["dynamodb"]["SequenceNumber"][1:]) for record in page["Records"]], expected)
            self.assertNotIn("NextShardIterator", page)
        self.assertEqual(self.iterator(type_=AT, SequenceNumber=number(6)), ("TrimmedDataAccessException", TRIMMED))

    def test_pages_end_at_the_limit_and_at_a_megabyte(self):
        for n in range(5):
            self.put({**KEY, "n": {"N": str(n)}, "big": {"S": "x" * 300_000}})
        start = self.iterator()
        self.assertEqual(self.numbers(start, Limit=1), [2])
        pages = []
        while True:
            page = self.read(start)
            if not page["Records"]:
                break
            pages.append(sum(record["dynamodb"]["SizeBytes"] for record in page["Records"]))
            start = page["NextShardIterator"]
        self.assertEqual([size > 2 ** 20 for size in pages], [False] * len(pages))
        self.assertEqual(len(pages), 4)  # 300 and 600 KB together, then three of 600 KB alone.

    def test_unread_records_that_are_trimmed_are_missed_and_read_ones_are_not(self):
        [shard] = self.shard_ids()
        for n in range(2, 5):
            self.put({**KEY, "n": {"N": str(n)}})
        first = self.iterator(shard)
        third = self.read(first, Limit=2)["NextShardIterator"]
        latest = self.iterator(shard, LATEST)
        self.control("trim", ThroughSequenceNumber=number(3))
        self.assertEqual(self.read(first), ("TrimmedDataAccessException", TRIMMED))
        self.assertEqual(self.numbers(third), [4])
        self.assertEqual(self.numbers(self.iterator(shard)), [4])
        for type_ in (AT, AFTER):
            self.assertEqual(self.iterator(shard, type_, SequenceNumber=number(3)), ("TrimmedDataAccessException", TRIMMED))
        self.assertEqual(self.numbers(self.iterator(shard, AT, SequenceNumber=number(4))), [4])
        self.control("trim")
        self.assertEqual(self.numbers(latest), [])
        self.assertEqual(self.numbers(self.iterator(shard)), [])
        self.assertEqual(self.describe()["Shards"][0]["SequenceNumberRange"], {"StartingSequenceNumber": number(1)})

    def test_iterators_expire_after_a_quarter_of_an_hour_and_each_page_renews_them(self):
        self.server.control("PUT", "clock", {"Freeze": True})
        at = self.iterator()
        for _ in range(5):
            self.advance(15 * 60)
            page = self.read(at)
            self.assertEqual(page["Records"], [])
            old, at = at, page["NextShardIterator"]
        self.advance(1)
        self.assertEqual(self.read(old), ("ExpiredIteratorException", "Shard iterator has expired"))
        self.assertEqual(self.read(at)["Records"], [])
        self.control("expire-iterators")
        self.assertEqual(self.read(at), ("ExpiredIteratorException", "Shard iterator has expired"))

    def test_streams_go_24_hours_after_they_were_disabled(self):
        self.server.control("PUT", "clock", {"Freeze": True})
        shard = self.shard_ids()[0]
        self.call("DeleteTable", {"TableName": "Orders"})
        self.assertEqual(self.describe()["StreamStatus"], "DISABLED")
        self.advance(24 * 3600 - 61)
        self.assertEqual(len(self.call("ListStreams", {})["Streams"]), 1)
        iterator_ = self.iterator(shard)
        self.advance(122)
        not_found = ("ResourceNotFoundException", NOT_FOUND + f": Stream: {self.arn} not found")
        self.assertEqual(self.call("ListStreams", {}), {"Streams": []})
        self.assertEqual(self.call("DescribeStream", {"StreamArn": self.arn}), not_found)
        self.assertEqual(self.iterator(shard), not_found)
        self.assertEqual(self.read(iterator_), not_found)

    def test_iterators_outlast_a_restart_and_disk_space_comes_back(self):
        self.tearDown()
        with tempfile.TemporaryDirectory() as directory:
            self.start("--data-dir", directory)
            self.put(KEY)
            start = self.iterator()
            self.assertEqual(self.server.stop(), 0)
            self.server = Server("--data-dir", directory)
            self.assertEqual(self.numbers(start), [2])

            for n in range(50):
                self.put({**KEY, "n": {"N": str(n)}, "big": {"S": "x" * 200_000}})

            def size():
                self.assertEqual(self.server.stop(), 0)
                files = [file for file in pathlib.Path(directory).iterdir() if file.name != "reserve"]
                bytes_ = sum(file.stat().st_size for file in files)
                self.server = Server("--data-dir", directory)
                return bytes_

            self.assertGreater(size(), 10_000_000)
            self.advance(25 * 3600)
            self.assertLess(size(), 3_000_000)

    def test_sizes(self):
        start = self.iterator(type_=LATEST)
        expected = []
        for _, after, size in SIZES:
            if after is None:
                self.call("DeleteItem", {"TableName": "Orders", "Key": KEY})
            else:
                self.put({**KEY, **after})
            expected.append(size)
        page = self.read(start)
        self.assertEqual([record["dynamodb"]["SizeBytes"] for record in page["Records"]], expected)
        for text, _ in NUMBERS:
            self.put({"pk": {"S": text}, "sk": {"N": "1"}, "n": {"N": text}})
        records = self.read(page["NextShardIterator"])["Records"]
        sizes = [record["dynamodb"]["SizeBytes"] - 2 * (len("pk") + len(text) + len("sk") + 2) - len("n")
                 for (text, _), record in zip(NUMBERS, records)]
        self.assertEqual(sizes, [size for _, size in NUMBERS])

    def test_writes_that_change_nothing_leave_no_record(self):
        self.put(SAME)
        start = self.iterator(type_=LATEST)
        for operation, body in NO_CHANGES:
            with self.subTest(operation, body=body):
                table = {} if "RequestItems" in body or "TransactItems" in body else {"TableName": "Orders"}
                self.call(operation, {**table, **body})
                self.assertEqual(self.read(start)["Records"], [])

    def test_every_kind_of_write_leaves_its_record(self):
        def statement(text):
            return {"Statement": text.replace("KEY", "pk = 'order#7' AND sk = 3")}

        insert, update, delete = (statement(text) for text in (
            "INSERT INTO Orders VALUE {'pk': 'order#7', 'sk': 3}", "UPDATE Orders SET n = 1 WHERE KEY", "DELETE FROM Orders WHERE KEY"))
        item, key = {"TableName": "Orders", "Item": KEY}, {"TableName": "Orders", "Key": KEY}
        writes = [
            ("PutItem", item, "INSERT"), ("DeleteItem", key, "REMOVE"), ("UpdateItem", key, "INSERT"),
            ("BatchWriteItem", {"RequestItems": {"Orders": [{"DeleteRequest": {"Key": KEY}}]}}, "REMOVE"),
            ("TransactWriteItems", {"TransactItems": [{"Put": item}]}, "INSERT"),
            ("TransactWriteItems", {"TransactItems": [{"Delete": key}]}, "REMOVE"),
            ("ExecuteStatement", insert, "INSERT"), ("ExecuteStatement", update, "MODIFY"), ("ExecuteStatement", delete, "REMOVE"),
            ("BatchExecuteStatement", {"Statements": [insert]}, "INSERT"),
            ("ExecuteTransaction", {"TransactStatements": [delete]}, "REMOVE")]
        start = self.iterator(type_=LATEST)
        for operation, body, _ in writes:
            self.assertIsInstance(self.call(operation, body), dict)
        self.assertEqual([record["eventName"] for record in self.read(start)["Records"]], [event for _, _, event in writes])

    def test_records_of_each_view_type(self):
        images = {"KEYS_ONLY": [(), (), ()], "NEW_IMAGE": [("NewImage",), ("NewImage",), ()],
                  "OLD_IMAGE": [(), ("OldImage",), ("OldImage",)],
                  "NEW_AND_OLD_IMAGES": [("NewImage",), ("NewImage", "OldImage"), ("OldImage",)]}
        for view, expected in images.items():
            self.call("DeleteTable", {"TableName": "Orders"})
            self.arn = self.create_table("Orders", StreamSpecification={**STREAM, "StreamViewType": view})
            self.put(KEY)
            self.put({**KEY, "n": {"N": "1"}})
            self.call("DeleteItem", {"TableName": "Orders", "Key": KEY})
            records = self.read(self.iterator())["Records"]
            self.assertEqual([record["eventName"] for record in records], ["INSERT", "MODIFY", "REMOVE"])
            for record, members in zip(records, expected):
                self.assertEqual(set(record), {"eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb"})
                self.assertEqual((record["eventVersion"], record["eventSource"], record["awsRegion"]), ("1.1", "aws:dynamodb", "us-east-1"))
                self.assertRegex(record["eventID"], r"^[0-9a-f]{32}$")
                self.assertEqual(set(record["dynamodb"]) - set(members), {
                    "ApproximateCreationDateTime", "Keys", "SequenceNumber", "SizeBytes", "StreamViewType"})
                self.assertEqual((record["dynamodb"]["Keys"], record["dynamodb"]["StreamViewType"]), (KEY, view))
                self.assertEqual(record["dynamodb"]["ApproximateCreationDateTime"] % 1, 0)

    def test_expired_items_are_removed_by_the_service(self):
        switch = {"TableName": "Orders", "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}}
        self.call("UpdateTimeToLive", switch)
        now = 1_790_000_000
        self.server.control("PUT", "clock", {"Freeze": True, "Set": "2026-09-21T14:13:20Z"})
        self.put({**KEY, "expires": {"N": str(now + 60)}})
        kept = {"pk": {"S": "kept"}, "sk": {"N": "1"}, "expires": {"N": str(now + 60)}}
        self.put(kept)
        self.put({**kept, "expires": {"N": str(now + 6000)}})
        start = self.iterator(type_=LATEST)
        self.advance(120)
        [record] = self.read(start)["Records"]
        self.assertEqual(record["userIdentity"], {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"})
        self.assertEqual((record["eventName"], record["dynamodb"]["OldImage"]), ("REMOVE", {**KEY, "expires": {"N": str(now + 60)}}))

    def test_a_transition_delay_stretches_what_is_done_at_once(self):
        with Server("--transition-delay", "5s") as server:
            dynamodb, streams = server.client("dynamodb"), server.client("dynamodbstreams")
            server.control("PUT", "clock", {"Freeze": True})
            arn = dynamodb.create_table(
                TableName="Slow", BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM,
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])["TableDescription"]["LatestStreamArn"]

            def statuses():
                return (dynamodb.describe_table(TableName="Slow")["Table"]["TableStatus"],
                        streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"])

            self.assertEqual(statuses(), ("CREATING", "ENABLING"))
            with self.assertRaises(dynamodb.exceptions.ResourceNotFoundException):
                dynamodb.put_item(TableName="Slow", Item={"pk": {"S": "a"}})
            server.control("PUT", "clock", {"AdvanceSeconds": 5})
            self.assertEqual(statuses(), ("ACTIVE", "ENABLED"))
            dynamodb.update_table(TableName="Slow", StreamSpecification={"StreamEnabled": False})
            self.assertEqual(statuses(), ("UPDATING", "DISABLING"))
            with self.assertRaises(dynamodb.exceptions.ResourceInUseException):
                dynamodb.update_table(TableName="Slow", StreamSpecification=STREAM)
            server.control("PUT", "clock", {"AdvanceSeconds": 5})
            self.assertEqual(statuses(), ("ACTIVE", "DISABLED"))

    def test_rate_limits_are_those_of_aws(self):
        self.tearDown()
        self.start("--stream-rate-limits")
        self.server.control("PUT", "clock", {"Freeze": True})
        self.control("split")
        shards = self.shard_ids()
        start, other = self.iterator(shards[1]), self.iterator(shards[2])
        throttled = ("ThrottlingException", "Rate exceeded")
        for operation, body, rate in [("ListStreams", {}, 5), ("DescribeStream", {"StreamArn": self.arn}, 10),
                                      ("GetRecords", {"ShardIterator": start}, 5)]:
            self.advance(1)
            answers = [self.call(operation, body) == throttled for _ in range(rate + 1)]
            self.assertEqual(answers, [False] * rate + [True], operation)
        self.assertEqual(self.read(other)["Records"], [])  # Each shard has its own.
        self.advance(1)
        self.assertEqual(self.read(start)["Records"], [])


if __name__ == "__main__":
    unittest.main()
