"""Functions of triggers and a destination, in this process, so that what they have seen outlives the server."""
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DESTINATION = "arn:aws:sqs:us-east-1:000000000000:discarded"
FILE_DESTINATION = "arn:aws:sqs:us-east-1:000000000000:filed"


def sequence_of(record):
    return int(record["dynamodb"]["SequenceNumber"])


def key_of(record):
    return record["dynamodb"]["Keys"]["pk"]["S"]


def is_poisonous(record):
    return "poison" in record["dynamodb"].get("NewImage", {})


class Listener(ThreadingHTTPServer):
    """Hands each body to `answer`, which gives (status, body), or None to close without an answer."""
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # Head and body in one piece.

            def do_POST(self):
                try:
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                    answered = answer(json.loads(body))
                    if answered is None:
                        self.close_connection = True
                        return
                    status, text = answered
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except (OSError, ValueError):  # The server was killed at its request.
                    self.close_connection = True

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass


class Function:
    """Keeps each record at its first success, in order."""
    settings = {}

    def __init__(self, chance):
        self.chance, self.lock = chance, threading.Lock()
        self.seen = {}  # Sequence number to record.
        self.invocations = 0
        self.listener = Listener(self.invoke)

    def invoke(self, event):
        with self.lock:  # One at a time: what succeeds first is first.
            self.invocations += 1
            return self.answer(event["Records"])

    def keep(self, records):
        for record in records:
            self.seen.setdefault(sequence_of(record), record)

    def wants(self, _record):  # What its filter lets through.
        return True

    def given_up(self):
        """Ranges (first, last) of what was discarded."""
        return []

    def check(self, records, finished):
        """Against all records of the stream: nothing that was not committed; the records of a key in order; in the end all."""
        name = type(self).__name__
        with self.lock:
            seen = dict(self.seen)
        for sequence, record in seen.items():
            assert sequence in records, f"{name}: received {sequence}, which the stream does not have"
            assert record["dynamodb"] == records[sequence]["dynamodb"], f"{name}: {record} is not as in the stream"
        last = {}
        for sequence, record in seen.items():
            assert last.get(key_of(record), 0) < sequence, f"{name}: {key_of(record)}: {sequence} after {last[key_of(record)]}"
            last[key_of(record)] = sequence
        ranges = self.given_up()
        if finished:
            missing = [sequence for sequence, record in sorted(records.items())
                       if self.wants(record) and sequence not in seen and not any(first <= sequence <= last for first, last in ranges)]
            assert not missing, f"{name}: {len(missing)} of {len(records)} records never came, the first {missing[0]}: {records[missing[0]]}"
        return ranges


class Flaky(Function):
    """Fails now and then, in every way; retried until it succeeds."""

    def answer(self, records):
        luck = self.chance.random()
        if luck < 0.04:
            return 500, b"{}"
        if luck < 0.05:
            return 429, b""
        self.keep(records)
        return None if luck < 0.06 else (200, b"")  # It ran, though nobody hears of it.


class Bisecting(Function):
    """Cannot bear some records; bisecting finds them, and only they go to the destination."""
    settings = {"BatchSize": 20, "BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 0,
                "DestinationConfig": {"OnFailure": {"Destination": DESTINATION}}}

    def __init__(self, chance):
        super().__init__(chance)
        self.discarded = []
        self.destination = Listener(self.take)

    def answer(self, records):
        if any(map(is_poisonous, records)):
            return 500, b"{}"
        self.keep(records)
        return 200, b""

    def take(self, message):
        with self.lock:
            batch = message["DDBStreamBatchInfo"]
            self.discarded.append((int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])))
        return 200, b""

    def given_up(self):
        return list(self.discarded)

    def check(self, records, finished):
        for first, last in super().check(records, finished):
            assert first == last and is_poisonous(records[first]), f"given up for nothing: {first} to {last}"


class Partial(Function):
    """Sees removals only, and names the first that it did not manage."""
    settings = {"BatchSize": 10, "FunctionResponseTypes": ["ReportBatchItemFailures"], "ParallelizationFactor": 3,
                "FilterCriteria": {"Filters": [{"Pattern": '{"eventName":["REMOVE"]}'}]}}

    def wants(self, record):
        return record["eventName"] == "REMOVE"

    def answer(self, records):
        assert all(map(self.wants, records)), f"the filter let through {records}"
        if self.chance.random() < 0.1:
            failed = self.chance.randrange(len(records))
            self.keep(records[:failed])
            name = records[failed]["dynamodb"]["SequenceNumber"]
            return 200, json.dumps({"batchItemFailures": [{"itemIdentifier": name}]}).encode()
        self.keep(records)
        return 200, b'{"batchItemFailures":[]}'


class Refusing(Function):
    """Never succeeds: every record goes to a file, a line a batch."""
    settings = {"BatchSize": 100, "MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": FILE_DESTINATION}}}

    def __init__(self, chance, path):
        super().__init__(chance)
        self.path = path

    def answer(self, records):
        return 500, b"{}"

    def given_up(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="utf-8") as lines:
            batches = [json.loads(line)["DDBStreamBatchInfo"] for line in lines]
        return [(int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])) for batch in batches]
