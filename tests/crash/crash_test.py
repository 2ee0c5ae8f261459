"""Kills the server with SIGKILL (or stops it with SIGTERM) at random moments under every kind of load, and looks at what is left.

Every acknowledged write has its item, its index entry and exactly one stream record with both images; nothing is half done or there
without its write; expired items go once; mappings deliver all records to handlers that fail, in order, and give up only what they
must; settings, tags, streams, indexes and tables are as was acknowledged. Some kills come while the server recovers from the last
one, and some while the write-ahead log is checkpointed.

    crash_test.py BINARY [--rounds N | --minutes M] [--seed S]
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from changes import Backfill, MappingSettings, MappingTags, Shards, StreamSwitch, TableLife
from checks import StreamReader, check_table
from handlers import DESTINATION, FILE_DESTINATION, Bisecting, Flaky, Partial, Refusing
from server import DEATH, Refused, Server, Until
from writers import TABLE, Writer

WRITERS = 4
DRAIN_SECONDS = 120


class World:
    """One store through all its crashes."""

    def __init__(self, binary, directory, chance):
        self.binary, self.directory, self.chance = binary, directory, chance
        fresh = lambda: random.Random(chance.random())  # noqa: E731
        self.functions = [Flaky(fresh()), Bisecting(fresh()), Partial(fresh()), Refusing(fresh(), os.path.join(directory, "filed"))]
        self.writers = [Writer(f"w{i}", fresh()) for i in range(WRITERS)]
        self.options = [f"--destination={DESTINATION}={self.functions[1].destination.url}",
                        f"--destination={FILE_DESTINATION}=file:{self.functions[3].path}", "--ttl-interval=100ms"]
        for function in self.functions:
            self.options.append(f"--function={type(function).__name__}={function.listener.url}")
        self.switch, self.backfill, self.life = StreamSwitch(fresh()), Backfill(fresh()), TableLife(fresh())
        server = self.start()
        connection = server.connect()
        stream = self.create_table(connection)
        self.reader = StreamReader(stream)
        self.switch.start(connection)
        self.backfill.start(connection)
        self.surroundings = [self.switch, self.backfill, self.life, Shards(stream, fresh())]
        for function in self.functions:
            name = type(function).__name__
            uuid = connection.rest("POST", "/2015-03-31/event-source-mappings", {
                "EventSourceArn": stream, "FunctionName": name, "StartingPosition": "TRIM_HORIZON", **function.settings})["UUID"]
            if name in ("Flaky", "Partial"):
                self.surroundings += [MappingSettings(uuid, name, fresh()), MappingTags(uuid, fresh())]
        server.kill()

    def start(self, *options):
        return Server(self.binary, os.path.join(self.directory, "data"), *self.options, *options)

    @staticmethod
    def create_table(connection):
        table = connection.dynamodb(
            "CreateTable", TableName=TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "S"},
                                  {"AttributeName": "v", "AttributeType": "N"}],
            GlobalSecondaryIndexes=[{"IndexName": "by_g", "Projection": {"ProjectionType": "KEYS_ONLY"}, "KeySchema": [
                {"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "v", "KeyType": "RANGE"}]}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})["TableDescription"]
        connection.dynamodb("UpdateTimeToLive", TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
        return table["LatestStreamArn"]

    # --- One round

    def round(self):
        """Load, an end, perhaps ends during recovery, and the check. What was done, for the report."""
        durability = self.chance.choice(["process", "process", "process", "power"])
        server = self.start(f"--durability={durability}")
        how = self.chance.choice(["kill", "kill", "kill", "checkpoint", "stop"])
        moment = self.chance.uniform(0.02, 0.5)
        threads = [Until(server, actor.step) for actor in self.writers + self.surroundings]
        for thread in threads:
            thread.start()
        if how == "checkpoint":
            self.await_checkpoint(moment)
        else:
            threading.Event().wait(moment)
        server.end("stop" if how == "stop" else "kill")
        for thread in threads:
            thread.finish()
        recoveries = self.kill_recoveries()
        self.check()
        return f"{how} after {moment:.2f} s, durability {durability}, {recoveries} kills during recovery"

    def await_checkpoint(self, least):
        """Until the file itself is written, which only a checkpoint does; or some time, if none comes."""
        path = os.path.join(self.directory, "data", "store.sqlite")
        threading.Event().wait(least)
        before, deadline = os.stat(path).st_mtime_ns, time.monotonic() + 1
        while os.stat(path).st_mtime_ns == before and time.monotonic() < deadline:
            pass

    def kill_recoveries(self):
        kills = self.chance.choice([0, 0, 0, 1, 2, 3])
        for _ in range(kills):
            process = subprocess.Popen([self.binary, "--port", "0", "--data-dir", os.path.join(self.directory, "data"),
                                        "--log-level", "error", *self.options], stdout=subprocess.DEVNULL)
            try:
                process.wait(self.chance.uniform(0, 0.03))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                continue
            raise AssertionError(f"the server does not start: exit code {process.returncode}")
        return kills

    def check(self, finished=False):
        server = self.start()
        connection = server.connect(DRAIN_SECONDS + 30)
        for actor in self.surroundings:
            actor.check(connection, finished)
        if finished:
            self.await_expiry(connection)
            connection.rest("POST", "/_tailrace/drain", {"TimeoutSeconds": DRAIN_SECONDS})
        check_table(connection, self.writers, self.reader, finished)
        server.kill()  # Handlers receive nothing more.
        if not finished:
            server = self.start()
            self.reader_catches_up(server)
            server.kill()
        for function in self.functions:
            function.check(self.reader.records, finished)

    def reader_catches_up(self, server):
        """Reads what the sweep has removed since: handlers may have received it."""
        self.reader.read(server.connect())

    def await_expiry(self, connection):
        for _ in range(100_000):
            page = connection.dynamodb("Scan", TableName=TABLE, FilterExpression="attribute_exists(#until)",
                                       ExpressionAttributeNames={"#until": "until"})
            if not page["Items"] and "LastEvaluatedKey" not in page:
                return
        raise AssertionError("expired items stay")

    def finish(self):
        """All has arrived, and the whole stream reads as it did piece by piece."""
        self.check(finished=True)
        server = self.start()
        again = StreamReader(self.reader.stream)
        again.read(server.connect())
        assert again.records == self.reader.records, "the stream reads differently from the beginning"
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--minutes", type=float, help="instead of a number of rounds")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    directory = tempfile.mkdtemp(prefix="tailrace-crash-")
    start, number, kept = time.monotonic(), 0, False
    try:
        world = World(options.binary, directory, random.Random(options.seed))
        while time.monotonic() - start < options.minutes * 60 if options.minutes else number < options.rounds:
            number += 1
            done = world.round()
            print(f"round {number}: {done}; {len(world.reader.records)} records, all there", flush=True)
        world.finish()
        print(f"{number} rounds in {time.monotonic() - start:.0f} s; received: "
              + ", ".join(f"{type(f).__name__} {len(f.seen)} in {f.invocations} batches" for f in world.functions), flush=True)
    except (AssertionError, Refused, *DEATH) as failure:
        kept = True
        print(f"FAILED in round {number} with --seed {options.seed}, the store is kept in {directory}: {failure}", flush=True)
        return 1
    finally:
        if Server.running:
            Server.running.kill()
        if not kept:
            shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
