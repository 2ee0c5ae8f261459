"""CreateTable, UpdateTable, DeleteTable, ListTables, TTL and tags to the letter: one row each. (behaviour/dynamodb 4.5-4.8)"""
import unittest

from conformance import CONSTRAINT, ENVELOPE, INVALID, NOT_FOUND, Rows

KEYS = [{"AttributeName": "p", "KeyType": "HASH"}]
BOTH_KEYS = [*KEYS, {"AttributeName": "s", "KeyType": "RANGE"}]
REQUIRED = "The parameter 'TableName' is required but was not present in the request"
PAIR = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"


def attributes(**types):
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def create(**members):
    body = {"TableName": "new", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes(p="S"), "KeySchema": KEYS, **members}
    return {name: value for name, value in body.items() if value is not None}


def index(name="i", keys=None, **members):
    return {"IndexName": name, "KeySchema": keys or [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}, **members}


def with_gsi(*indexes, types=None, **members):
    return create(AttributeDefinitions=attributes(**(types or {"p": "S", "g": "S"})), GlobalSecondaryIndexes=list(indexes), **members)


def with_lsi(*indexes, **members):
    return create(AttributeDefinitions=attributes(p="S", s="S", l="S"), KeySchema=BOTH_KEYS, LocalSecondaryIndexes=list(indexes), **members)


def lsi(name="lsi", keys=None, **members):
    return index(name, keys or [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}], **members)


def update(**members):
    return {"TableName": "tbl", **members}


def new_index(name="i2", types=None, **members):
    return update(AttributeDefinitions=attributes(**(types or {"g": "S"})), GlobalSecondaryIndexUpdates=[{"Create": index(name, **members)}])


def ttl(name, enabled, table="tbl"):
    return {"TableName": table, "TimeToLiveSpecification": {"AttributeName": name, "Enabled": enabled}}


V = "ValidationException"
CONFLICT = INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"

CREATE_REFUSALS = [
    ("CreateTable", {}, V, REQUIRED),
    ("CreateTable", {"TableName": "ab"}, V, ENVELOPE + "Value 'ab' at 'tableName'" + CONSTRAINT + "Member must have length greater than or equal to 3"),
    ("CreateTable", create(KeySchema=[]), V, ENVELOPE + "Value '[]' at 'keySchema'" + CONSTRAINT + "Member must have length greater than or equal to 1"),
    ("CreateTable", create(KeySchema=None), V, ENVELOPE + "Value null at 'keySchema'" + CONSTRAINT + "Member must not be null"),
    ("CreateTable", create(BillingMode="X"), V, ENVELOPE + "Value 'X' at 'billingMode'" + CONSTRAINT + "Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]"),
    ("CreateTable", create(AttributeDefinitions=attributes(p="X")), V,
     ENVELOPE + "Value 'X' at 'attributeDefinitions.1.member.attributeType'" + CONSTRAINT + "Member must satisfy enum value set: [B, N, S]"),
    ("CreateTable", create(KeySchema=[{"AttributeName": "p", "KeyType": "X"}]), V,
     ENVELOPE + "Value 'X' at 'keySchema.1.member.keyType'" + CONSTRAINT + "Member must satisfy enum value set: [HASH, RANGE]"),
    ("CreateTable", create(ProvisionedThroughput=PAIR), V, CONFLICT),
    ("CreateTable", create(BillingMode=None), V, INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"),
    ("CreateTable", create(BillingMode="PROVISIONED"), V, INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"),
    ("CreateTable", create(BillingMode=None, ProvisionedThroughput={"ReadCapacityUnits": 1000000000001, "WriteCapacityUnits": 1}), V,
     "Given value 1000000000001 for ReadCapacityUnits is out of bounds"),
    ("CreateTable", create(BillingMode=None, ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1000000000001}), V,
     "Given value 1000000000001 for WriteCapacityUnits is out of bounds"),
    ("CreateTable", create(BillingMode=None, ProvisionedThroughput={"ReadCapacityUnits": 0, "WriteCapacityUnits": 1}), V,
     ENVELOPE + "Value '0' at 'provisionedThroughput.readCapacityUnits'" + CONSTRAINT + "Member must have value greater than or equal to 1"),
    ("CreateTable", create(KeySchema=BOTH_KEYS), V, "Invalid KeySchema: Some index key attribute have no definition"),
    ("CreateTable", create(AttributeDefinitions=attributes(x="S")), V,
     INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [p], AttributeDefinitions: [x]"),
    ("CreateTable", create(AttributeDefinitions=attributes(p="S", s="S"), KeySchema=[*KEYS, *KEYS]), V,
     "Both the Hash Key and the Range Key element in the KeySchema have the same name"),
    ("CreateTable", create(AttributeDefinitions=attributes(p="S", s="S"), KeySchema=BOTH_KEYS[::-1]), V,
     "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
    ("CreateTable", create(AttributeDefinitions=attributes(p="S", s="S"), KeySchema=[*KEYS, {"AttributeName": "s", "KeyType": "HASH"}]), V,
     "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"),
    ("CreateTable", create(AttributeDefinitions=attributes(p="S", s="S")), V,
     INVALID + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"),
    ("CreateTable", create(LocalSecondaryIndexes=[]), V, INVALID + "List of LocalSecondaryIndexes is empty"),
    ("CreateTable", create(GlobalSecondaryIndexes=[]), V, INVALID + "List of GlobalSecondaryIndexes is empty"),
    ("CreateTable", create(AttributeDefinitions=attributes(p="S", l="S"), LocalSecondaryIndexes=[lsi()]), V,
     INVALID + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"),
    *[("CreateTable", body, V, ENVELOPE + f"Value 'FOO' at '{place}.1.member.keySchema.1.member.keyType'" + CONSTRAINT
       + "Member must satisfy enum value set: [HASH, RANGE]") for place, body in
      [("localSecondaryIndexes", with_lsi(lsi(keys=[{"AttributeName": "p", "KeyType": "FOO"}]))),
       ("globalSecondaryIndexes", with_gsi(index("idx", keys=[{"AttributeName": "g", "KeyType": "FOO"}])))]],
    ("CreateTable", with_lsi(lsi(keys=KEYS)), V, INVALID + "Some AttributeDefinitions are not used. AttributeDefinitions: [p, l, s], keys used: [p, s]"),
    ("CreateTable", with_lsi(lsi(keys=[{"AttributeName": "s", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}])), V,
     INVALID + "Index KeySchema does not have the same leading hash key as table KeySchema for index: lsi. index hash key: s, table hash key: p"),
    ("CreateTable", with_lsi(lsi(), lsi()), V, INVALID + "Duplicate index name: lsi"),
    ("CreateTable", with_lsi(*[lsi(f"l{i}xx") for i in range(6)]), V, INVALID + "Number of LocalSecondaryIndexes exceeds per-table limit of 5"),
    ("CreateTable", with_gsi(index("idx"), index("idx")), V, INVALID + "Duplicate index name: idx"),
    ("CreateTable", with_gsi(*[index(f"i{i:02}") for i in range(21)]), V, INVALID + "GlobalSecondaryIndex count exceeds the per-table limit of 20"),
    ("CreateTable", with_gsi(index("idx", ProvisionedThroughput=PAIR)), V,
     INVALID + "ProvisionedThroughput should not be specified for index: idx when BillingMode is PAY_PER_REQUEST"),
    ("CreateTable", with_gsi(index("idx", Projection={})), V, INVALID + "Unknown ProjectionType: null"),
    ("CreateTable", with_gsi(index("idx", Projection={"ProjectionType": "ALL", "NonKeyAttributes": ["a"]})), V,
     INVALID + "ProjectionType is ALL, but NonKeyAttributes is specified"),
    ("CreateTable", with_gsi(index("idx", Projection={"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["a"]})), V,
     INVALID + "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"),
    ("CreateTable", with_gsi(index("idx", Projection={"ProjectionType": "INCLUDE"})), V,
     INVALID + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"),
    ("CreateTable", with_gsi(index("idx", Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": []})), V,
     ENVELOPE + "Value '[]' at 'globalSecondaryIndexes.1.member.projection.nonKeyAttributes'" + CONSTRAINT + "Member must have length greater than or equal to 1"),
    ("CreateTable", with_gsi(index("idx"), types={"p": "S", "g": "S", "x": "S"}), V,
     INVALID + "Some AttributeDefinitions are not used. AttributeDefinitions: [p, x, g], keys used: [p, g]"),
    ("CreateTable", with_gsi(index("idx", keys=[{"AttributeName": "z", "KeyType": "HASH"}])), V,
     INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [z], AttributeDefinitions: [p, g]"),
    ("CreateTable", create(StreamSpecification={"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}), V,
     INVALID + "Table is being created with a stream disabled, UpdateViewType should not be specified"),
    ("CreateTable", create(StreamSpecification={"StreamEnabled": True}), V, ...),
    ("CreateTable", create(StreamSpecification={}), V,
     ENVELOPE + "Value null at 'streamSpecification.streamEnabled'" + CONSTRAINT + "Member must not be null"),
    ("CreateTable", create(BillingMode=None, ProvisionedThroughput=PAIR, OnDemandThroughput={"MaxReadRequestUnits": 5}), V,
     INVALID + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED."),
    ("CreateTable", create(OnDemandThroughput={"MaxReadRequestUnits": 0}), V,
     INVALID + "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"),
    ("CreateTable", create(SSESpecification={"Enabled": True, "SSEType": "AES256"}), V, INVALID + "SSEType AES256 is not supported"),
    *[("CreateTable", create(ResourcePolicy=policy), V, ...) for policy in ["", "{", "allow everything", "[]", '{"Statement": []}' + " " * 20464]],
    ("CreateTable", create(TableName="tbl"), "ResourceInUseException", "Table already exists: tbl"),
    ("CreateTable", create(TableName="a!b"), V, ENVELOPE + "Value 'a!b' at 'tableName'" + CONSTRAINT + "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
    ("DescribeTable", {"TableName": "new"}, "ResourceNotFoundException", NOT_FOUND + ": Table: new not found"),
]

UPDATE_REFUSALS = [
    ("UpdateTable", {}, V, REQUIRED),
    ("UpdateTable", {"TableName": "none", "BillingMode": "PAY_PER_REQUEST"}, "ResourceNotFoundException", NOT_FOUND + ": Table: none not found"),
    ("UpdateTable", update(BillingMode="PROVISIONED"), V, INVALID + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"),
    ("UpdateTable", update(ProvisionedThroughput=PAIR), V, CONFLICT),
    ("UpdateTable", update(BillingMode="PAY_PER_REQUEST", ProvisionedThroughput=PAIR), V, CONFLICT),
    ("UpdateTable", update(GlobalSecondaryIndexUpdates=[]), V,
     "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
     "MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"),
    ("UpdateTable", update(GlobalSecondaryIndexUpdates=[{}]), V,
     INVALID + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null"),
    ("UpdateTable", update(GlobalSecondaryIndexUpdates=[{"Create": index("idx"), "Delete": {"IndexName": "gsi"}}]), V, ...),
    ("UpdateTable", update(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "gsi"}}, {"Delete": {"IndexName": "gsi"}}]), V,
     INVALID + "Only one global secondary index update per index is allowed simultaneously. Index: gsi"),
    ("UpdateTable", update(AttributeDefinitions=attributes(g="S"), GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "gsi"}}, {"Create": index("idx")}]),
     "LimitExceededException", "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"),
    ("UpdateTable", new_index("gsi"), V, "Attempting to create an index which already exists"),
    ("UpdateTable", new_index("idx", types={"x": "S"}), V,
     INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [g], AttributeDefinitions: [x]"),
    ("UpdateTable", new_index("idx", types={"g": "N"}), V,
     INVALID + "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. "
     "Existing schema: Schema:[SchemaElement: key{g:S:HASH}] New schema: Schema:[SchemaElement: key{g:N:HASH}]"),
    ("UpdateTable", update(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "none"}}]), "ResourceNotFoundException", NOT_FOUND + ": Index none for table tbl"),
    ("UpdateTable", update(GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "none", "ProvisionedThroughput": PAIR}}]), "ResourceNotFoundException",
     NOT_FOUND + ": Index none for table tbl"),
    ("UpdateTable", update(StreamSpecification={"StreamEnabled": False}), V, "Table has no stream to disable: TableName: tbl"),
    ("UpdateTable", update(SSESpecification={"Enabled": True, "SSEType": "AES256"}), V, INVALID + "SSEType AES256 is not supported"),
    ("UpdateTable", update(OnDemandThroughput={"MaxReadRequestUnits": 0}), V,
     INVALID + "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"),
    ("UpdateTable", {"TableName": "prov", "ProvisionedThroughput": PAIR}, V,
     "The provisioned throughput for the table will not change. The requested value equals the current value. "
     "Current ReadCapacityUnits provisioned for the table: 1. Requested ReadCapacityUnits: 1. "
     "Current WriteCapacityUnits provisioned for the table: 1. Requested WriteCapacityUnits: 1. "
     "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."),
    ("UpdateTable", {"TableName": "prov", "OnDemandThroughput": {"MaxReadRequestUnits": 5}}, V,
     INVALID + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"),
    ("DeleteTable", {}, V, REQUIRED),
    ("DeleteTable", {"TableName": "none"}, "ResourceNotFoundException", NOT_FOUND + ": Table: none not found"),
    ("DeleteTable", {"TableName": "kept"}, V,
     "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."),
    ("ListTables", {"Limit": 0}, V, ENVELOPE + "Value '0' at 'limit'" + CONSTRAINT + "Member must have value greater than or equal to 1"),
    ("ListTables", {"Limit": 101}, V, ENVELOPE + "Value '101' at 'limit'" + CONSTRAINT + "Member must have value less than or equal to 100"),
    ("ListTables", {"ExclusiveStartTableName": "a"}, V,
     ENVELOPE + "Value 'a' at 'exclusiveStartTableName'" + CONSTRAINT + "Member must have length greater than or equal to 3"),
]

TTL_AND_TAGS = [
    ("UpdateTimeToLive", {"TableName": "tbl"}, V, ENVELOPE + "Value null at 'timeToLiveSpecification'" + CONSTRAINT + "Member must not be null"),
    ("UpdateTimeToLive", {}, V, ...),
    ("UpdateTimeToLive", ttl("t", True, "none"), "ResourceNotFoundException", NOT_FOUND + ": Table: none not found"),
    ("DescribeTimeToLive", {"TableName": "none"}, "ResourceNotFoundException", NOT_FOUND + ": Table: none not found"),
    ("DescribeTimeToLive", {}, V, REQUIRED),
    ("UpdateTimeToLive", ttl("a" * 256, True), V, ENVELOPE + f"Value '{'a' * 256}' at 'timeToLiveSpecification.attributeName'" + CONSTRAINT
     + "Member must have length less than or equal to 255"),
    ("UpdateTimeToLive", ttl("t", False), V, "TimeToLive is already disabled"),
    ("UpdateTimeToLive", ttl("e", True, "expiring"), V, "TimeToLive is already enabled"),
    ("UpdateTimeToLive", ttl("x", True, "expiring"), V, "TimeToLive is active on a different AttributeName: current AttributeName is e"),
    ("UpdateTimeToLive", ttl("x", False, "expiring"), V, "TimeToLive is active on a different AttributeName: current AttributeName is e"),
    ("TagResource", {}, V, "Invalid TableArn"),
    ("TagResource", {"ResourceArn": "tbl", "Tags": [{"Key": "a", "Value": "b"}]}, V, INVALID + "ARNs must start with 'arn:': tbl"),
    ("TagResource", {"ResourceArn": ARN + "tbl"}, V, ENVELOPE + "Value null at 'tags'" + CONSTRAINT + "Member must not be null"),
    ("TagResource", {"ResourceArn": ARN + "tbl", "Tags": []}, V, "Atleast one Tag needs to be provided as Input."),
    ("UntagResource", {"ResourceArn": ARN + "tbl", "TagKeys": []}, V, "Atleast one Tag Key needs to be provided as Input."),
    ("UntagResource", {"ResourceArn": ARN + "tbl"}, V, ENVELOPE + "Value null at 'tagKeys'" + CONSTRAINT + "Member must not be null"),
    ("TagResource", {"ResourceArn": ARN + "tbl/index/gsi", "Tags": [{"Key": "a", "Value": "b"}]}, V,
     INVALID + "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: " + ARN + "tbl/index/gsi"),
    ("TagResource", {"ResourceArn": ARN + "none", "Tags": [{"Key": "a", "Value": "b"}]}, "ResourceNotFoundException",
     NOT_FOUND + ": ResourceArn: " + ARN + "none not found"),
    ("TagResource", {"ResourceArn": ARN + "tbl", "Tags": [{"Key": "aws:a", "Value": "b"}]}, V, "Tag Key cannot be prefixed with aws:, Key: aws:a"),
    ("TagResource", {"ResourceArn": ARN + "tbl", "Tags": [{"Key": "", "Value": "b"}]}, V, "The Tag Key provided is invalid, Key: "),
    ("TagResource", {"ResourceArn": ARN + "tbl", "Tags": [{"Key": "a"}]}, V, "The Tag Value provided is invalid, Value: null"),
    ("TagResource", {"ResourceArn": ARN + "tbl", "Tags": [{"Key": f"k{i}", "Value": ""} for i in range(51)]}, V,
     "Number of Tags exceed the current limit for the provided ResourceArn"),
    ("ListTagsOfResource", {"ResourceArn": ARN.replace("000000000000", "123456789012") + "tbl"}, "AccessDeniedException", ...),
]

ANSWERS = [
    ("ListTables", {"Limit": 2}, {"TableNames": ["expiring", "kept"], "LastEvaluatedTableName": "kept"}),
    ("ListTables", {"ExclusiveStartTableName": "kept", "Limit": 2}, {"TableNames": ["prov", "tbl"]}),
    ("ListTables", {"ExclusiveStartTableName": "named-by-nobody"}, {"TableNames": ["prov", "tbl"]}),
    ("DescribeTimeToLive", {"TableName": "expiring"}, {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "e"}}),
    ("UpdateTimeToLive", ttl("e", False, "expiring"), {"TimeToLiveSpecification": {"AttributeName": "e", "Enabled": False}}),
    ("DescribeTimeToLive", {"TableName": ARN + "expiring"}, {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}),
    ("TagResource", {"ResourceArn": ARN + "tbl", "Tags": [{"Key": "a", "Value": ""}]}, {}),
    ("TagResource", {"ResourceArn": ARN + "tbl", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}, {}),
    ("ListTagsOfResource", {"ResourceArn": ARN + "tbl"}, {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
    ("UntagResource", {"ResourceArn": ARN + "tbl", "TagKeys": ["a", "none"]}, {}),
    ("ListTagsOfResource", {"ResourceArn": ARN + "tbl"}, {"Tags": [{"Key": "b", "Value": "2"}]}),
    ("ListTagsOfResource", {"ResourceArn": ARN + "prov"}, {"Tags": []}),
]


class TablesConformance(Rows, unittest.TestCase):
    TABLES = [
        create(TableName="tbl", AttributeDefinitions=attributes(p="S", g="S"), GlobalSecondaryIndexes=[index("gsi")]),
        create(TableName="prov", BillingMode=None, ProvisionedThroughput=PAIR),
        create(TableName="kept", DeletionProtectionEnabled=True),
        create(TableName="expiring")]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.require("UpdateTimeToLive", ttl("e", True, "expiring"))

    def test_refusals_of_create_table(self):
        self.check_refusals(CREATE_REFUSALS)

    def test_refusals_of_update_delete_and_list(self):
        self.check_refusals(UPDATE_REFUSALS)

    def test_time_to_live_and_tags(self):
        self.check_refusals(TTL_AND_TAGS)
        self.check_answers(ANSWERS)


if __name__ == "__main__":
    unittest.main()
