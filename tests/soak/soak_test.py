"""Mixed traffic for a long time: what the server holds must not grow, and everything must arrive.

Writers of every kind, mappings with handlers that fail, changing settings, shards that roll over and split, indexes and tables that
come and go, and clients that connect, leave in the middle and stay silent, in rounds of some seconds. At a round's end all is drained
and held against what the writers know, and a day passes on the product's clock, which trims the streams. Then the process's memory and
descriptors, and the data directory, are measured: after the first third of the rounds they stay as they are.

    soak_test.py BINARY [--minutes M] [--seed S]        half of the time in memory, half on disk
"""
import argparse
import os
import random
import shutil
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from changes import Backfill, MappingSettings, MappingTags, Shards, TableLife  # noqa: E402
from checks import StreamReader, by_key, check_changes, scan  # noqa: E402
from crash_test import World  # noqa: E402
from handlers import Flaky, Partial, key_of  # noqa: E402
from server import DEATH, Refused, Server, Until  # noqa: E402
from writers import TABLE, Writer  # noqa: E402

WRITERS = 3
ROUND_SECONDS = 5
ROUNDS_LEAST = 9  # Fewer say nothing.
DRAIN_SECONDS = 60
GROWTH = {"memory_kb": (1.08, 6144), "descriptors": (1.0, 12), "disk_kb": (1.1, 8192)}  # Factor, and what is added to it.


class Visitors:
    """Clients that behave as few do."""

    def __init__(self, port, chance):
        self.port, self.chance, self.silent = port, chance, []

    def step(self, connection):
        connection.dynamodb("ListTables")
        client = socket.create_connection(("127.0.0.1", self.port))
        kind = self.chance.randrange(5)
        if kind == 0:
            client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
        elif kind == 1:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)  # And reads no answer.
        elif kind == 2:
            client.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
        elif kind == 3:
            self.silent.append(client)
            if len(self.silent) < 30:
                return
            client = self.silent.pop(0)
        client.close()

    def leave(self):
        for client in self.silent:
            client.close()
        self.silent = []


class Soak:
    def __init__(self, binary, directory, chance):
        fresh = lambda: random.Random(chance.random())  # noqa: E731
        self.directory = directory
        self.functions = [Flaky(fresh()), Partial(fresh())]
        bindings = [f"--function={type(function).__name__}={function.listener.url}" for function in self.functions]
        self.server = Server(binary, directory, "--ttl-interval=100ms", *bindings)
        self.control = self.server.connect(DRAIN_SECONDS + 30)
        stream = World.create_table(self.control)
        self.reader = StreamReader(stream)
        self.writers = [Writer(f"w{i}", fresh()) for i in range(WRITERS)]
        self.visitors = Visitors(self.server.port, fresh())
        backfill = Backfill(fresh())
        backfill.start(self.control)
        self.surroundings = [backfill, TableLife(fresh()), Shards(stream, fresh())]
        self.settings = []
        for function in self.functions:
            uuid = self.control.rest("POST", "/2015-03-31/event-source-mappings", {
                "EventSourceArn": stream, "FunctionName": type(function).__name__, "StartingPosition": "TRIM_HORIZON",
                **function.settings})["UUID"]
            self.settings.append(MappingSettings(uuid, type(function).__name__, fresh()))
            self.surroundings += [self.settings[-1], MappingTags(uuid, fresh())]
        self.samples, self.delivered = [], 0

    def round(self):
        over = threading.Event()
        actors = [*self.writers, *self.surroundings, self.visitors]
        threads = [Until(self.server, actor.step, over) for actor in actors]
        for thread in threads:
            thread.start()
        over.wait(ROUND_SECONDS)
        over.set()
        for thread in threads:
            thread.finish()
        assert self.server.process.poll() is None, f"the server ended with {self.server.process.returncode}"
        self.visitors.leave()
        self.check()
        self.control.rest("PUT", "/_tailrace/clock", {"AdvanceSeconds": 90_000})
        self.reader.newest.clear()  # It is trimmed away.
        self.samples.append(self.measure())

    def check(self):
        for settings in self.settings:
            settings.set(self.control, {"Enabled": True, "BatchSize": 1000, "ParallelizationFactor": 10})
        items = by_key(scan(self.control, TableName=TABLE))
        records = {}
        for record in self.reader.read(self.control).values():
            records.setdefault(key_of(record), []).append(record)
        for writer in self.writers:
            check_changes(writer, records, items)
            writer.expiring.clear()
        self.await_delivery()
        for function in self.functions:
            function.check(self.reader.records, finished=True)
            self.delivered += len(function.seen)
            with function.lock:
                function.seen.clear()
        self.reader.records.clear()

    def await_delivery(self):
        """Until nothing comes any more: expired items go meanwhile, and leave records."""
        for _ in range(1000):
            self.control.rest("POST", "/_tailrace/drain", {"TimeoutSeconds": DRAIN_SECONDS})
            if not self.reader.read(self.control):
                return
        raise AssertionError("records without end, though nobody writes")

    def measure(self):
        process = f"/proc/{self.server.process.pid}"
        with open(f"{process}/status", encoding="ascii") as status:
            memory = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        disk = sum(entry.stat().st_size for entry in os.scandir(self.directory)) // 1024 if self.directory else 0
        return {"memory_kb": memory, "descriptors": len(os.listdir(f"{process}/fd")), "disk_kb": disk}

    def judge(self):
        """The least of the last third against that of the second: what comes and goes is not counted, what stays is."""
        third = len(self.samples) // 3
        for name, (factor, more) in GROWTH.items():
            before = min(sample[name] for sample in self.samples[third:-third])
            after = min(sample[name] for sample in self.samples[-third:])
            assert after <= before * factor + more, \
                f"{name} grows: {before}, later {after}; round by round {[sample[name] for sample in self.samples]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    base = tempfile.mkdtemp(prefix="tailrace-soak-")
    try:
        for directory in (None, os.path.join(base, "data")):
            soak = Soak(options.binary, directory, chance)
            start = time.monotonic()
            while time.monotonic() - start < options.minutes * 30 or len(soak.samples) < ROUNDS_LEAST:
                soak.round()
                print(f"{'on disk' if directory else 'in memory'}, {time.monotonic() - start:.0f} s: {soak.samples[-1]}, "
                      f"{soak.delivered} records delivered", flush=True)
            soak.judge()
            soak.server.stop()
    except (AssertionError, Refused, *DEATH) as failure:
        print(f"FAILED with --seed {options.seed}: {failure}", flush=True)
        return 1
    finally:
        if Server.running:
            Server.running.kill()
        shutil.rmtree(base, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
