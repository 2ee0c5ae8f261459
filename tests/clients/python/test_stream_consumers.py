"""Readers of a stream with boto3: through splits and roll-overs while it is written to, and past what expires or is trimmed."""
import threading
import unittest

from support import Server

TABLE = "Orders"
ROUNDS = 24
ITEMS_OF_A_WRITER = 8
# What happens to the stream's open shards when the first writer begins these rounds.
RESHAPED = {5: "split", 10: "split", 15: "rollover", 20: "split"}


def create_table(server):
    description = server.client("dynamodb").create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})["TableDescription"]
    return description["LatestStreamArn"]


def list_shards(streams, arn):
    """All shards of a stream, in pages."""
    shards, start = [], {}
    while True:
        page = streams.describe_stream(StreamArn=arn, Limit=3, **start)["StreamDescription"]
        shards += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            return shards
        start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}


class Consumer:
    """Reads a stream as consumers do: a shard once its parent has been read to the end, each with its own iterator."""

    def __init__(self, server, arn):
        self.streams, self.arn = server.client("dynamodbstreams"), arn
        self.records, self.iterators, self.finished = [], {}, set()

    def discover(self):
        shards = list_shards(self.streams, self.arn)
        listed = {shard["ShardId"] for shard in shards}
        for shard in shards:
            parent, shard_id = shard.get("ParentShardId"), shard["ShardId"]
            if shard_id not in self.iterators and (parent not in listed or parent in self.finished):
                self.iterators[shard_id] = self.streams.get_shard_iterator(
                    StreamArn=self.arn, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]

    def turn(self):
        """One page of every shard that is open to us; whether anything was new."""
        known = len(self.iterators)
        self.discover()
        news = len(self.iterators) > known
        for shard_id, iterator in self.iterators.items():
            if shard_id in self.finished:
                continue
            page = self.streams.get_records(ShardIterator=iterator, Limit=50)
            self.records += page["Records"]
            if "NextShardIterator" in page:
                self.iterators[shard_id] = page["NextShardIterator"]
            else:
                self.finished.add(shard_id)
            news = news or bool(page["Records"]) or "NextShardIterator" not in page
        return news

    def read_to_the_end(self):
        while self.turn():
            pass


class Writer(threading.Thread):
    """Counts its own items up, one after the other; the first writer reshapes the stream between its rounds."""

    def __init__(self, server, arn, name):
        super().__init__()
        self.server, self.arn = server, arn
        self.reshapes = name == "w0"
        self.items = [f"{name}-{i}" for i in range(ITEMS_OF_A_WRITER)]
        self.failure = None

    def run(self):
        try:
            self.write()
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    def write(self):
        dynamodb = self.server.client("dynamodb")
        for n in range(1, ROUNDS + 1):
            if self.reshapes and n in RESHAPED:
                self.server.control("POST", f"streams/{RESHAPED[n]}", {"StreamArn": self.arn})
            for item in self.items:
                dynamodb.put_item(TableName=TABLE, Item={"id": {"S": item}, "n": {"N": str(n)}})


class StreamConsumers(unittest.TestCase):
    def check_changes(self, records, items):
        """Every item's changes 1..ROUNDS are there once, complete and in order."""
        self.assertEqual(len({record["eventID"] for record in records}), len(records))
        changes = {item: [] for item in items}
        for record in records:
            changes[record["dynamodb"]["Keys"]["id"]["S"]].append(record)
        for item, seen in changes.items():
            image = {n: {"id": {"S": item}, "n": {"N": str(n)}} for n in range(1, ROUNDS + 1)}
            self.assertEqual([record["dynamodb"]["NewImage"] for record in seen], list(image.values()))
            self.assertEqual([record["dynamodb"].get("OldImage") for record in seen], [None, *list(image.values())[:-1]])
            self.assertEqual([record["eventName"] for record in seen], ["INSERT"] + ["MODIFY"] * (ROUNDS - 1))
            numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in seen]
            self.assertEqual(numbers, sorted(set(numbers)))

    def test_four_writers_three_splits_and_a_roll_over(self):
        with Server() as server:
            arn = create_table(server)
            writers = [Writer(server, arn, name) for name in ("w0", "w1", "w2", "w3")]
            items = [item for writer in writers for item in writer.items]
            consumer = Consumer(server, arn)
            for writer in writers:
                writer.start()
            while any(writer.is_alive() for writer in writers):
                consumer.turn()
            for writer in writers:
                writer.join()
                self.assertIsNone(writer.failure)
            consumer.read_to_the_end()
            self.check_changes(consumer.records, items)

            # One shard, split into 2, 4, rolled over, split into 8: 1 + 2 + 4 + 4 + 8 of them, the last open.
            shards = list_shards(consumer.streams, arn)
            self.assertEqual(len(shards), 19)
            parents = {shard["ParentShardId"] for shard in shards if "ParentShardId" in shard}
            self.assertEqual(parents, consumer.finished)
            for shard in shards:
                closed = "EndingSequenceNumber" in shard["SequenceNumberRange"]
                self.assertEqual(closed, shard["ShardId"] in parents)

            second = Consumer(server, arn)
            second.read_to_the_end()
            self.check_changes(second.records, items)
            self.assertEqual(server.stop(), 0)

    def test_expired_iterators_and_trimmed_records_are_refused(self):
        with Server() as server:
            arn = create_table(server)
            dynamodb, streams = server.client("dynamodb"), server.client("dynamodbstreams")
            for n in (1, 2):
                dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "a"}, "n": {"N": str(n)}})
            [shard] = list_shards(streams, arn)
            server.control("PUT", "clock", {"Freeze": True})

            def iterator(**where):
                return streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], **where)["ShardIterator"]

            start = iterator(ShardIteratorType="TRIM_HORIZON")
            first = streams.get_records(ShardIterator=start, Limit=1)["Records"][0]["dynamodb"]["SequenceNumber"]
            server.control("PUT", "clock", {"AdvanceSeconds": 15 * 60 + 1})
            with self.assertRaises(streams.exceptions.ExpiredIteratorException):
                streams.get_records(ShardIterator=start)

            start = iterator(ShardIteratorType="TRIM_HORIZON")
            server.control("POST", "streams/trim", {"StreamArn": arn, "ThroughSequenceNumber": first})
            with self.assertRaises(streams.exceptions.TrimmedDataAccessException):
                streams.get_records(ShardIterator=start)
            with self.assertRaises(streams.exceptions.TrimmedDataAccessException):
                iterator(ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=first)
            left = streams.get_records(ShardIterator=iterator(ShardIteratorType="TRIM_HORIZON"))["Records"]
            self.assertEqual([record["dynamodb"]["NewImage"]["n"]["N"] for record in left], ["2"])


if __name__ == "__main__":
    unittest.main()
