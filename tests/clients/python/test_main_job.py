"""The main job with boto3: table, stream reads, and a put that arrives in a handler."""
import unittest

from support import Handler, Server

ORDER = {"id": {"S": "1"}, "customerEmail": {"S": "firstcustomer@gmail.com"}, "customerName": {"S": "First Customer"}}


def create_orders_table(dynamodb):
    description = dynamodb.create_table(
        TableName="CustomerOrdersTable",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})["TableDescription"]
    dynamodb.get_waiter("table_exists").wait(TableName="CustomerOrdersTable")
    return description["LatestStreamArn"]


class MainJob(unittest.TestCase):
    def test_a_put_arrives_in_the_handler(self):
        with Handler() as handler, Server("--function", f"DynamoDBStreamLambda={handler.url}") as server:
            dynamodb = server.client("dynamodb")
            stream_arn = create_orders_table(dynamodb)
            server.client("lambda").create_event_source_mapping(
                EventSourceArn=stream_arn, FunctionName="DynamoDBStreamLambda", StartingPosition="TRIM_HORIZON")
            dynamodb.put_item(TableName="CustomerOrdersTable", Item=ORDER)
            server.drain()
            [event] = handler.events
            [record] = event["Records"]
            self.assertEqual(record["eventName"], "INSERT")
            self.assertEqual(record["eventSourceARN"], stream_arn)
            self.assertEqual(record["dynamodb"]["NewImage"], ORDER)
            self.assertEqual(record["dynamodb"]["SizeBytes"], 68)

    def test_the_stream_is_read_shard_by_shard(self):
        with Server() as server:
            dynamodb, streams = server.client("dynamodb"), server.client("dynamodbstreams")
            stream_arn = create_orders_table(dynamodb)
            dynamodb.put_item(TableName="CustomerOrdersTable", Item=ORDER)
            self.assertEqual(streams.list_streams(TableName="CustomerOrdersTable")["Streams"][0]["StreamArn"], stream_arn)
            description = streams.describe_stream(StreamArn=stream_arn)["StreamDescription"]
            self.assertEqual(description["StreamStatus"], "ENABLED")
            [shard] = description["Shards"]
            iterator = streams.get_shard_iterator(
                StreamArn=stream_arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            page = streams.get_records(ShardIterator=iterator)
            [record] = page["Records"]
            self.assertEqual(record["dynamodb"]["NewImage"], ORDER)
            self.assertEqual(record["dynamodb"]["Keys"], {"id": {"S": "1"}})
            self.assertEqual(streams.get_records(ShardIterator=page["NextShardIterator"])["Records"], [])

    def test_regions_and_accounts_have_tables_of_their_own(self):
        with Server() as server:
            create_orders_table(server.client("dynamodb"))
            elsewhere = server.client("dynamodb", region_name="eu-west-1")
            self.assertEqual(elsewhere.list_tables()["TableNames"], [])
            other = server.client("dynamodb", aws_access_key_id="123456789012")
            self.assertEqual(other.list_tables()["TableNames"], [])
            arn = create_orders_table(other)
            self.assertTrue(arn.startswith("arn:aws:dynamodb:us-east-1:123456789012:table/CustomerOrdersTable/stream/"))

    def test_shared_db_puts_everyone_in_one(self):
        with Server("--shared-db") as server:
            create_orders_table(server.client("dynamodb"))
            other = server.client("dynamodb", region_name="eu-west-1", aws_access_key_id="123456789012")
            self.assertEqual(other.list_tables()["TableNames"], ["CustomerOrdersTable"])


if __name__ == "__main__":
    unittest.main()
