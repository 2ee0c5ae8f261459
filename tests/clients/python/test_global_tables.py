"""A global table as boto3 clients of two regions see it: each other's writes, each region's own stream, a restart on the way."""
import tempfile
import unittest

from support import Server

HOME, AWAY = "us-east-1", "eu-west-1"


def clients(server, service="dynamodb"):
    return [server.client(service, region_name=region) for region in (HOME, AWAY)]


def create_table(client):
    client.create_table(
        TableName="Music", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])


def add_replica(client):
    client.update_table(TableName="Music", ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
    client.get_waiter("table_exists").wait(TableName="Music", WaiterConfig={"Delay": 1})


def events(server, region):
    arn = server.client("dynamodb", region_name=region).describe_table(TableName="Music")["Table"]["LatestStreamArn"]
    streams = server.client("dynamodbstreams", region_name=region)
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    return [(record["awsRegion"], record["eventName"], record["dynamodb"]["Keys"]["id"]["S"]) for record in records]


class GlobalTables(unittest.TestCase):
    def test_regions_see_each_others_writes_and_have_streams_of_their_own(self):
        with Server() as server:
            home, away = clients(server)
            create_table(home)
            add_replica(home)
            away.put_item(TableName="Music", Item={"id": {"S": "a"}, "year": {"N": "1999"}})
            home.delete_item(TableName="Music", Key={"id": {"S": "a"}})
            home.put_item(TableName="Music", Item={"id": {"S": "b"}})
            for client in (home, away):
                self.assertNotIn("Item", client.get_item(TableName="Music", Key={"id": {"S": "a"}}))
                self.assertEqual(client.scan(TableName="Music")["Items"], [{"id": {"S": "b"}}])
            for region in (HOME, AWAY):
                self.assertEqual(events(server, region),
                                 [(region, "INSERT", "a"), (region, "REMOVE", "a"), (region, "INSERT", "b")])
            replicas = away.describe_table(TableName="Music")["Table"]["Replicas"]
            self.assertEqual([(replica["RegionName"], replica["ReplicaStatus"]) for replica in replicas], [(HOME, "ACTIVE")])

    def test_what_was_there_before_comes_along_and_stays_after_a_restart(self):
        with tempfile.TemporaryDirectory() as directory:
            with Server("--data-dir", directory) as server:
                home, away = clients(server)
                create_table(home)
                for i in range(500):
                    home.put_item(TableName="Music", Item={"id": {"S": str(i)}})
                home.update_table(TableName="Music", ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
            with Server("--data-dir", directory) as server:
                home, away = clients(server)
                away.get_waiter("table_exists").wait(TableName="Music", WaiterConfig={"Delay": 1})
                self.assertEqual(away.scan(TableName="Music", Select="COUNT")["Count"], 500)
                home.put_item(TableName="Music", Item={"id": {"S": "new"}})
                self.assertIn("Item", away.get_item(TableName="Music", Key={"id": {"S": "new"}}))


if __name__ == "__main__":
    unittest.main()
