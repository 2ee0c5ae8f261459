"""boto3's resource interface: typed values, conditions as objects, batch writer, paginators."""
import unittest
from decimal import Decimal

from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary
from botocore.exceptions import ClientError

from support import Server


class Resource(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.dynamodb = cls.server.resource("dynamodb")
        cls.table = cls.dynamodb.create_table(
            TableName="Music", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "Artist", "AttributeType": "S"}, {"AttributeName": "Track", "AttributeType": "N"},
                                  {"AttributeName": "Genre", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}, {"AttributeName": "Track", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[{"IndexName": "Genres", "KeySchema": [{"AttributeName": "Genre", "KeyType": "HASH"}],
                                     "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Title"]}}])
        cls.table.wait_until_exists()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_values_come_back_typed(self):
        item = {"Artist": "types", "Track": Decimal("1"), "exact": Decimal("3.1415926535897932384626433832795028841"),
                "tiny": Decimal("1E-130"), "bytes": Binary(b"\x00\xff"), "set": {Decimal("1"), Decimal("2")},
                "nested": {"list": [None, True, "x", {"deep": Decimal("-0.5")}]}, "empty": ""}
        self.table.put_item(Item=item)
        self.assertEqual(self.table.get_item(Key={"Artist": "types", "Track": 1})["Item"], item)

    def test_batch_writer_and_pages(self):
        with self.table.batch_writer(overwrite_by_pkeys=["Artist", "Track"]) as batch:
            for track in range(120):
                batch.put_item(Item={"Artist": "pages", "Track": track, "Genre": "jazz" if track % 4 else "folk", "Title": f"t{track}"})
            batch.put_item(Item={"Artist": "pages", "Track": 0, "Genre": "folk", "Title": "again"})
        page = self.table.query(KeyConditionExpression=Key("Artist").eq("pages") & Key("Track").between(10, 99), Limit=25)
        tracks = [int(item["Track"]) for item in page["Items"]]
        while "LastEvaluatedKey" in page:
            page = self.table.query(KeyConditionExpression=Key("Artist").eq("pages") & Key("Track").between(10, 99), Limit=25,
                                    ExclusiveStartKey=page["LastEvaluatedKey"])
            tracks += [int(item["Track"]) for item in page["Items"]]
        self.assertEqual(tracks, list(range(10, 100)))
        folk = self.table.query(IndexName="Genres", KeyConditionExpression=Key("Genre").eq("folk"), FilterExpression=Attr("Title").begins_with("t1"))
        self.assertEqual({int(item["Track"]) for item in folk["Items"]}, {12, 16, 100, 104, 108, 112, 116})
        paginator = self.server.client("dynamodb").get_paginator("scan")
        count = sum(page["Count"] for page in paginator.paginate(TableName="Music", PaginationConfig={"PageSize": 33}))
        self.assertEqual(count, self.table.scan(Select="COUNT")["Count"])

    def test_conditions_and_legacy_parameters(self):
        key = {"Artist": "conditions", "Track": 1}
        self.table.put_item(Item={**key, "plays": 1}, ConditionExpression=Attr("Artist").not_exists())
        with self.assertRaises(ClientError) as refused:
            self.table.put_item(Item=key, ConditionExpression=Attr("plays").gt(5) | Attr("plays").is_in([7, 8]))
        self.assertEqual(refused.exception.response["Error"]["Code"], "ConditionalCheckFailedException")
        legacy = self.table.update_item(Key=key, AttributeUpdates={"plays": {"Action": "ADD", "Value": 4}},
                                        Expected={"plays": {"ComparisonOperator": "LE", "AttributeValueList": [1]}}, ReturnValues="UPDATED_NEW")
        self.assertEqual(legacy["Attributes"], {"plays": 5})
        found = self.table.query(KeyConditions={"Artist": {"ComparisonOperator": "EQ", "AttributeValueList": ["conditions"]}},
                                 QueryFilter={"plays": {"ComparisonOperator": "GT", "AttributeValueList": [4]}})
        self.assertEqual(found["Count"], 1)

    def test_errors_carry_the_service_s_words(self):
        client = self.server.client("dynamodb")
        with self.assertRaises(client.exceptions.ResourceNotFoundException) as missing:
            client.describe_table(TableName="Nothing")
        self.assertEqual(missing.exception.response["Error"]["Message"], "Requested resource not found: Table: Nothing not found")
        with self.assertRaises(client.exceptions.ResourceInUseException) as twice:
            client.create_table(TableName="Music", BillingMode="PAY_PER_REQUEST",
                                AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
                                KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}])
        self.assertEqual(twice.exception.response["Error"]["Message"], "Table already exists: Music")
        with self.assertRaises(ClientError) as wrong:
            client.get_item(TableName="Music", Key={"Artist": {"S": "x"}})
        self.assertEqual(wrong.exception.response["Error"]["Message"], "The provided key element does not match the schema")


if __name__ == "__main__":
    unittest.main()
