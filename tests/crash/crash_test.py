"""Kills the server with SIGKILL at random moments under write load and looks at what is left: every acknowledged write has its
item and exactly one stream record, no record is without its write, and sequence numbers never go back.

    crash_test.py BINARY [--rounds N] [--seed S]
"""
import argparse
import http.client
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

WRITERS = 4
HEADERS = {
    "Content-Type": "application/x-amz-json-1.0", "X-Amz-Date": "20260101T000000Z",
    "Authorization": "AWS4-HMAC-SHA256 Credential=crash/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"}


class Server:
    def __init__(self, binary, directory):
        self.process = subprocess.Popen([binary, "--port", "0", "--data-dir", directory, "--log-level", "error"],
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1])

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


def call(connection, operation, body, service="DynamoDB_20120810"):
    connection.request("POST", "/", json.dumps(body), {**HEADERS, "X-Amz-Target": f"{service}.{operation}"})
    response = connection.getresponse()
    answer = json.loads(response.read())
    if response.status != 200:
        raise RuntimeError(f"{operation}: {answer}")
    return answer


class Writer(threading.Thread):
    """Puts new items and overwrites old ones, singly and in transactions; remembers what was acknowledged."""

    def __init__(self, server, name, first, random_source):
        super().__init__()
        self.server, self.name_, self.next, self.random = server, name, first, random_source
        self.acknowledged = {}  # Key to the versions that were acknowledged, in order.
        self.pending = {}       # Key to the version whose answer never came.

    def run(self):
        connection = self.server.connect()
        try:
            while True:
                self.write(connection)
        except (OSError, http.client.HTTPException):
            return  # The server is dead.

    def write(self, connection):
        count = self.random.choice([1, 1, 1, 3])
        writes = []
        for _ in range(count):
            self.next += 1
            key = f"{self.name_}-{self.random.randrange(200)}"
            if any(key == other for other, _ in writes):
                continue
            writes.append((key, self.next))
        self.pending = dict(writes)
        puts = [{"TableName": "crash", "Item": {"pk": {"S": key}, "version": {"N": str(version)}}} for key, version in writes]
        if len(puts) == 1:
            call(connection, "PutItem", puts[0])
        else:
            call(connection, "TransactWriteItems", {"TransactItems": [{"Put": put} for put in puts]})
        for key, version in writes:
            self.acknowledged.setdefault(key, []).append(version)
        self.pending = {}


def read_items(connection):
    items, start = {}, None
    while True:
        body = {"TableName": "crash", "ConsistentRead": True, **({"ExclusiveStartKey": start} if start else {})}
        page = call(connection, "Scan", body)
        items.update({item["pk"]["S"]: int(item["version"]["N"]) for item in page["Items"]})
        start = page.get("LastEvaluatedKey")
        if not start:
            return items


def read_records(connection, stream):
    """(sequence, key, version) of every record, shard by shard in the order of shard ids."""
    def streams(operation, body):
        return call(connection, operation, body, "DynamoDBStreams_20120810")

    records = []
    for shard in streams("DescribeStream", {"StreamArn": stream})["StreamDescription"]["Shards"]:
        iterator = streams("GetShardIterator", {"StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
        while iterator:
            page = streams("GetRecords", {"ShardIterator": iterator})
            for record in page["Records"]:
                image = record["dynamodb"]["NewImage"]
                records.append((int(record["dynamodb"]["SequenceNumber"]), image["pk"]["S"], int(image["version"]["N"])))
            iterator = page.get("NextShardIterator") if page["Records"] else None
    return records


def check(history, pending, items, records):
    """What the store holds against what the writers know; pending writes may have happened or not."""
    sequences = [sequence for sequence, _, _ in records]
    assert sequences == sorted(set(sequences)), "sequence numbers go back or repeat"
    versions = {}
    for _, key, version in records:
        versions.setdefault(key, []).append(version)
    for key, acknowledged in history.items():
        seen = versions.get(key, [])
        possible = [acknowledged, acknowledged + [pending[key]]] if key in pending else [acknowledged]
        assert seen in possible, f"{key}: records {seen[-5:]}, acknowledged {acknowledged[-5:]}, pending {pending.get(key)}"
        assert items.get(key) == seen[-1], f"{key}: item {items.get(key)}, last record {seen[-1]}"
    for key in versions:
        assert key in history or versions[key] == [pending.get(key)], f"{key}: a record without a write"
    return versions


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    directory = tempfile.mkdtemp(prefix="tailrace-crash-")
    history, stream, first, newest = {}, None, 0, 0
    try:
        for round_number in range(1, options.rounds + 1):
            server = Server(options.binary, directory)
            connection = server.connect()
            if stream is None:
                stream = call(connection, "CreateTable", {
                    "TableName": "crash", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}})["TableDescription"]["LatestStreamArn"]
            writers = [Writer(server, f"w{i}", first, random.Random(chance.random())) for i in range(WRITERS)]
            killer = threading.Timer(chance.uniform(0.02, 0.4), server.kill)
            killer.start()
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
            killer.join()
            pending = {}
            for writer in writers:
                first = max(first, writer.next)
                pending.update(writer.pending)
                for key, acknowledged in writer.acknowledged.items():
                    history.setdefault(key, []).extend(acknowledged)
            server = Server(options.binary, directory)
            records = read_records(server.connect(), stream)
            versions = check(history, pending, read_items(server.connect()), records)
            assert not records or records[-1][0] >= newest, "the stream lost its end"
            newest = records[-1][0] if records else 0
            history = versions  # What was pending is now known.
            server.kill()
            print(f"round {round_number} of {options.rounds}: {sum(map(len, versions.values()))} writes, all there", flush=True)
    except AssertionError as failure:
        print(f"FAILED with --seed {options.seed}: {failure}")
        return 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
