"""Changes of what surrounds the items, while the server is killed: settings of mappings, tags, streams, indexes, tables, shards.

Each has a step() that a thread repeats until the server dies, and a check(connection, finished) on the server after it.
"""
import json
import random
import urllib.parse

from checks import by_key, scan
from server import Refused
from writers import number

KEY = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
       "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}
ASKED_MAX = 100_000  # Looks at something that is on its way; each is a request, so this is many seconds.


def put_numbered(connection, table, numbers, **more):
    for first in range(0, len(numbers), 25):
        requests = [{"PutRequest": {"Item": {"pk": {"S": str(n)}, "n": number(n), **more}}} for n in numbers[first:first + 25]]
        answer = connection.dynamodb("BatchWriteItem", RequestItems={table: requests})
        assert not answer["UnprocessedItems"], answer


class MappingSettings:
    """One mapping's settings; what was acknowledged is what the mapping has after a restart."""

    def __init__(self, uuid, function, chance):
        self.path, self.function, self.chance = f"/2015-03-31/event-source-mappings/{uuid}", function, chance
        self.known, self.pending = {}, {}

    def step(self, connection):
        connection.dynamodb("DescribeTable", TableName="crash")  # Not at full speed: batches are to run too.
        change = self.chance.choice([
            {"BatchSize": self.chance.randint(1, 50)}, {"ParallelizationFactor": self.chance.randint(1, 10)},
            {"MaximumRecordAgeInSeconds": self.chance.randint(10_000, 604_800)}, {"Enabled": self.chance.random() < 0.7}])
        self.set(connection, change)

    def set(self, connection, change):
        self.pending = change
        try:
            connection.rest("PUT", self.path, change)
            self.known.update(change)
        except Refused as refusal:
            assert refusal.status == 400 and "in use" in str(refusal.answer), refusal
        self.pending = {}

    def check(self, connection, finished):
        mapping = connection.rest("GET", self.path)
        seen = {**mapping, "Enabled": mapping["State"] in ("Enabled", "Enabling", "Creating", "Updating")}
        for name, value in {**self.pending, **self.known}.items():
            possible = [value, self.pending.get(name, value)] if name in self.known else [value, seen[name]]
            assert seen[name] in possible, f"mapping of {self.function}: {name} is {seen[name]}, expected one of {possible}"
            self.known[name] = seen[name]
        self.pending = {}
        if finished:
            self.set(connection, {"Enabled": True})


class MappingTags:
    """Tags of the mapping whose settings change at the same time, on another connection."""

    def __init__(self, uuid, chance):
        arn = f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}"
        self.path = "/2017-03-31/tags/" + urllib.parse.quote(arn, safe="")
        self.chance, self.known, self.pending = chance, {}, None

    def step(self, connection):
        connection.dynamodb("DescribeTable", TableName="crash")
        self.pending = (f"t{self.chance.randrange(3)}", str(self.chance.randrange(1000)))
        connection.rest("POST", self.path, {"Tags": dict([self.pending])})
        self.known.update([self.pending])
        self.pending = None

    def check(self, connection, _finished):
        tags = connection.rest("GET", self.path)["Tags"]
        possible = [self.known, {**self.known, **dict([self.pending] if self.pending else [])}]
        assert tags in possible, f"the mapping's tags are {tags}, expected one of {possible}"
        self.known, self.pending = tags, None


class StreamSwitch:
    """A table whose stream goes off and on: each stream keeps the records of its time, also when it is off."""
    table = "switched"

    def __init__(self, chance):
        self.chance = chance
        self.on, self.arn, self.pending = False, None, None  # Pending: "switch" or the number of a put.
        self.puts, self.next = {}, 0  # Stream to the numbers put while it was on.

    def start(self, connection):
        connection.dynamodb("CreateTable", TableName=self.table, **KEY)

    def step(self, connection):
        if self.chance.random() < 0.1:
            self.pending = "switch"
            view = self.chance.choice(["KEYS_ONLY", "NEW_IMAGE", "NEW_AND_OLD_IMAGES"])
            specification = {"StreamEnabled": False} if self.on else {"StreamEnabled": True, "StreamViewType": view}
            answer = connection.dynamodb("UpdateTable", TableName=self.table, StreamSpecification=specification)
            self.switched(not self.on, answer["TableDescription"])
        else:
            self.next += 1
            self.pending = self.next
            put_numbered(connection, self.table, [self.next])
            if self.on:
                self.puts[self.arn].append(self.next)
        self.pending = None

    def switched(self, on, description):
        self.on = on
        if on:
            self.arn = description["LatestStreamArn"]
            self.puts.setdefault(self.arn, [])

    def check(self, connection, finished):
        description = connection.dynamodb("DescribeTable", TableName=self.table)["Table"]
        on = description.get("StreamSpecification", {}).get("StreamEnabled", False)
        assert on == self.on or self.pending == "switch", f"the stream is {'on' if on else 'off'}, which nobody asked for"
        if on and (on != self.on):
            self.switched(on, description)
        assert not on or description["LatestStreamArn"] == self.arn, f"another stream: {description['LatestStreamArn']}"
        self.on = on
        arns = list(self.puts) if finished else list(self.puts)[-2:]
        for arn in arns:
            seen = self.read(connection, arn)
            if arn == self.arn and seen[-1:] == [self.pending]:
                self.puts[arn].append(self.pending)
            assert seen == self.puts[arn], f"{arn}: records of {seen[-5:]}, expected {self.puts[arn][-5:]}"
        self.pending = None

    @staticmethod
    def read(connection, arn):
        [shard] = connection.streams("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
        iterator = connection.streams("GetShardIterator", StreamArn=arn, ShardId=shard["ShardId"],
                                      ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        numbers = []
        while iterator:
            page = connection.streams("GetRecords", ShardIterator=iterator)
            numbers += [int(record["dynamodb"]["Keys"]["pk"]["S"]) for record in page["Records"]]
            iterator = page.get("NextShardIterator") if page["Records"] else None
        return numbers


class Backfill:
    """An index that is made over existing items, or dropped, while they are written and the server is killed."""
    table, index, filled = "indexed", "by_n", 600

    def __init__(self, chance):
        self.chance = chance

    def start(self, connection):
        connection.dynamodb("CreateTable", TableName=self.table, **KEY)
        put_numbered(connection, self.table, range(self.filled), g={"S": "all"})

    def step(self, connection):
        put_numbered(connection, self.table, [self.chance.randrange(self.filled)], g={"S": f"g{self.chance.randrange(3)}"})
        connection.dynamodb("DeleteItem", TableName=self.table, Key={"pk": {"S": str(self.chance.randrange(self.filled))}})
        status = self.status(connection)
        if self.chance.random() < 0.8 or status not in (None, "ACTIVE"):
            return
        schema = [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}]
        change = {"Delete": {"IndexName": self.index}} if status else {
            "Create": {"IndexName": self.index, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}}
        definitions = KEY["AttributeDefinitions"] + [{"AttributeName": "g", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}]
        connection.dynamodb("UpdateTable", TableName=self.table, GlobalSecondaryIndexUpdates=[change],
                            **({} if status else {"AttributeDefinitions": definitions}))

    def status(self, connection):
        indexes = connection.dynamodb("DescribeTable", TableName=self.table)["Table"].get("GlobalSecondaryIndexes", [])
        return indexes[0]["IndexStatus"] if indexes else None

    def check(self, connection, finished):
        status = self.status(connection)
        for _ in range(ASKED_MAX):
            if status in (None, "ACTIVE"):
                break
            status = self.status(connection)
        assert status in (None, "ACTIVE"), f"the index stays {status}"
        if status is None:
            return
        items = by_key(scan(connection, TableName=self.table))
        index = by_key(scan(connection, TableName=self.table, IndexName=self.index))
        differing = [key for key in items.keys() | index.keys() if items.get(key) != index.get(key)]
        assert not differing, f"{len(differing)} entries of the index differ, the first {differing[0]}: " \
                              f"{index.get(differing[0])}, expected {items.get(differing[0])}"


class TableLife:
    """A table that is made, filled and deleted again and again: nothing of an earlier life comes back."""
    table, filled = "mortal", 200

    def __init__(self, chance):
        self.chance = chance
        self.life, self.lives, self.pending = 0, False, None
        self.put = set()

    def step(self, connection):
        if not self.lives:
            self.pending = "create"
            connection.dynamodb("CreateTable", TableName=self.table, **KEY, StreamSpecification={
                "StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
            self.begin()
        elif len(self.put) < self.filled:
            self.pending = "put"
            numbers = [self.chance.randrange(100_000) for _ in range(25)]
            put_numbered(connection, self.table, list(dict.fromkeys(numbers)), life=number(self.life))
            self.put.update(numbers)
        else:
            self.pending = "delete"
            connection.dynamodb("DeleteTable", TableName=self.table)
            self.lives = False
        self.pending = None

    def begin(self):
        self.lives, self.life, self.put = True, self.life + 1, set()

    def check(self, connection, _finished):
        try:
            items = scan(connection, TableName=self.table)
            lives = True
        except Refused as refusal:
            assert refusal.type == "ResourceNotFoundException", refusal
            lives, items = False, []
        assert lives == self.lives or self.pending in ("create", "delete"), f"the table is {'there' if lives else 'gone'}"
        if lives and not self.lives:
            self.begin()
        self.lives = lives
        if not lives:
            self.pending = None
            return
        strangers = [item for item in items if item["life"] != number(self.life)]
        assert not strangers, f"life {self.life} of the table holds {strangers[0]}"
        found = {int(item["pk"]["S"]) for item in items}
        assert self.put <= found, f"{len(self.put - found)} items of the table are lost"
        assert self.put == found or self.pending == "put", f"{len(found - self.put)} items too many"
        self.put, self.pending = found, None


class Shards:
    """Rolls the stream's shards over and splits them, a few times in a round."""

    def __init__(self, stream, chance):
        self.stream, self.chance, self.splits = stream, chance, 2

    def step(self, connection):
        for _ in range(self.chance.randrange(50, 400)):  # So long that the shards hold something.
            connection.dynamodb("DescribeTable", TableName="crash")
        if self.splits > 0 and self.chance.random() < 0.1:
            self.splits -= 1
            shards = connection.streams("DescribeStream", StreamArn=self.stream)["StreamDescription"]["Shards"]
            last = [shard["ShardId"] for shard in shards if "EndingSequenceNumber" not in shard["SequenceNumberRange"]][-1]
            connection.rest("POST", "/_tailrace/streams/split", {"StreamArn": self.stream, "ShardId": last})
        else:
            connection.rest("POST", "/_tailrace/streams/rollover", {"StreamArn": self.stream})

    def check(self, connection, _finished):
        pass
