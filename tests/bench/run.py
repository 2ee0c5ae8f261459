"""Drives the benchmark: interleaved rounds of the bare server and Tailrace, medians, and ratios between the two.

    run.py BUILD_DIR [--seconds S] [--rounds N] [--items N]
"""
import argparse
import http.client
import http.server
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HEADERS = {
    "Content-Type": "application/x-amz-json-1.0", "X-Amz-Date": "20260101T000000Z",
    "Authorization": "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/dynamodb/aws4_request, "
                     "SignedHeaders=host, Signature=0000"}

BOTH_IMAGES = "NEW_AND_OLD_IMAGES"

# Row: operation, connections, table, ratio that the project wants.
ROWS = [
    ("get", 8, "bench", 0.45), ("get", 64, "bench", 0.45), ("put", 8, "bench", 0.32), ("put", 64, "bench", 0.32),
    ("query25", 64, "bench", 0.14), ("update_add", 64, "bench", 0.27), ("conditional_put", 64, "bench", 0.27),
    ("batch_write25", 64, "bench", None), ("scan_page", 1, "bench", None),
    ("put", 64, "one_gsi", None), ("put", 64, "two_gsis", None), ("put", 64, "streamed", None)]


class Process:
    def __init__(self, *command):
        self.started = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1])

    def call(self, operation, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/", data=json.dumps(body).encode(),
            headers={**HEADERS, "X-Amz-Target": f"DynamoDB_20120810.{operation}"})
        return json.loads(urllib.request.urlopen(request).read())

    def rest(self, method, path, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=json.dumps(body).encode(), method=method, headers=HEADERS)
        return json.loads(urllib.request.urlopen(request).read() or "{}")

    def memory_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


def create_table(server, name, gsis=0, stream=None):
    body = {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}]
        + [{"AttributeName": f"gsi{i}", "AttributeType": "S"} for i in range(1, gsis + 1)],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]}
    if gsis:
        body["GlobalSecondaryIndexes"] = [
            {"IndexName": f"index{i}", "KeySchema": [{"AttributeName": f"gsi{i}", "KeyType": "HASH"}],
             "Projection": {"ProjectionType": "ALL"}} for i in range(1, gsis + 1)]
    if stream:
        body["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream}
    return server.call("CreateTable", body)["TableDescription"]


def load(build, port, operation, connections, seconds, items, table):
    output = subprocess.run(
        [f"{build}/tests/bench/load", str(port), operation, str(connections), str(seconds), str(items), table],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)


def start_to_first_answer_ms(binary):
    """From exec to the first answered request, the client polling the port that it was told."""
    port = free_port()
    started = time.perf_counter()
    process = subprocess.Popen([binary, "--port", str(port), "--log-level", "warn"], stdout=subprocess.DEVNULL)
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                connection.recv(1)
            break
        except ConnectionRefusedError:
            pass
    elapsed = (time.perf_counter() - started) * 1000
    process.terminate()
    process.wait()
    return elapsed


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def drain_rate(server, stream):
    """Records a second that GetRecords gives on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def call(operation, body):
        connection.request("POST", "/", json.dumps(body), {**HEADERS, "X-Amz-Target": f"DynamoDBStreams_20120810.{operation}"})
        return connection.getresponse().read()

    shard = json.loads(call("DescribeStream", {"StreamArn": stream}))["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = json.loads(call("GetShardIterator", {"StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}))["ShardIterator"]
    records = 0
    started = time.perf_counter()
    while True:
        page = call("GetRecords", {"ShardIterator": iterator})
        count = page.count(b'"eventID"')
        if count == 0:
            return records / (time.perf_counter() - started)
        records += count
        iterator = page[page.rindex(b'"NextShardIterator":"') + 21:].split(b'"', 1)[0].decode()


def mapped_rate(server, build, stream, records):
    """Records a second through one mapping with BatchSize 100 to a trivial handler."""
    port = free_port()
    sink = subprocess.Popen([f"{build}/tests/bench/trigger_rate", str(port), str(records)], stdout=subprocess.PIPE, text=True)
    server.rest("PUT", "/_tailrace/functions/sink", {"Target": f"http://127.0.0.1:{port}/"})
    mapping = server.rest("POST", "/2015-03-31/event-source-mappings", {
        "EventSourceArn": stream, "FunctionName": "sink", "StartingPosition": "TRIM_HORIZON", "BatchSize": 100})
    rate = json.loads(sink.communicate()[0])["rate"]
    server.rest("DELETE", f"/2015-03-31/event-source-mappings/{mapping['UUID']}", {})
    return rate


def trimming_p99(build, items, seconds, records=1_000_000):
    """How often the quiet p99 of puts (8 connections) is their p99 while `records` of another table's stream are trimmed."""
    server = Process(f"{build}/tailrace", "--port", "0", "--log-level", "warn")
    create_table(server, "bench")
    trimmed = create_table(server, "trimmed", 0, "NEW_IMAGE")["LatestStreamArn"]
    written = 0
    while written < records:
        written += 25 * load(build, server.port, "batch_write25", 8, 5, items, "trimmed")["requests"]
    quiet = [load(build, server.port, "put", 8, seconds, items, "bench")["p99_us"] for _ in range(5)]
    trim = threading.Thread(target=server.rest, args=("POST", "/_tailrace/streams/trim", {"StreamArn": trimmed}))
    trim.start()
    busy = []
    while trim.is_alive():
        busy.append(load(build, server.port, "put", 8, seconds, items, "bench")["p99_us"])
    server.stop()
    return statistics.median(busy) / statistics.median(quiet)


SCALED = ("put", "get", "query25", "batch_write25")


DISK_ROWS = ("put", "transact_write10")


def disk_latencies(build, seconds, rounds, items):
    """p50, p99 and maximum in milliseconds of DISK_ROWS at 64 connections to a store on disk, each the median of rounds."""
    with tempfile.TemporaryDirectory(dir=build) as directory:  # Where the build is, is a disk; /tmp may be memory.
        server = Process(f"{build}/tailrace", "--port", "0", "--log-level", "warn", "--data-dir", directory)
        create_table(server, "bench")
        load(build, server.port, "fill", 16, 600, items, "bench")
        results = {}
        for _ in range(rounds):
            for operation in DISK_ROWS:
                results.setdefault(operation, []).append(load(build, server.port, operation, 64, seconds, items, "bench"))
        server.stop()
    return {operation: [statistics.median(run[figure] for run in runs) / 1000 for figure in ("p50_us", "p99_us", "max_us")]
            for operation, runs in results.items()}


def scale_rates(build, seconds, rounds, small=1_000, large=1_000_000):
    """Rates of SCALED at a table of `small` items and at one of `large`, 64 connections, interleaved."""
    server = Process(f"{build}/tailrace", "--port", "0", "--log-level", "warn")
    tables = {"small": small, "large": large}
    for name, items in tables.items():
        create_table(server, name)
        load(build, server.port, "fill", 16, 600, items, name)
    rates = {}
    for _ in range(rounds):
        for operation in SCALED:
            for name, items in tables.items():
                rates.setdefault((operation, name), []).append(load(build, server.port, operation, 64, seconds, items, name)["rate"])
    server.stop()
    return {key: statistics.median(values) for key, values in rates.items()}


class SlowHandler:
    """Takes 10 ms for an event, side by side; counts the records and tells when all have come."""

    def __init__(self, records):
        handler = self
        self.left = records
        self.lock = threading.Lock()
        self.done = threading.Event()

        class Request(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                event = self.rfile.read(int(self.headers["Content-Length"]))
                threading.Event().wait(0.01)  # What it does.
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                handler.count(event.count(b'"eventID"'))

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            request_queue_size = 64  # Python's 5 would make ten clients at once wait a second.

        self.server = Listener(("127.0.0.1", 0), Request)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def count(self, records):
        with self.lock:
            self.left -= records
            if self.left <= 0:
                self.done.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/"


def parallel_rate(server, stream, records, factor):
    """Records a second through one mapping with BatchSize 10 to a handler that takes 10 ms."""
    handler = SlowHandler(records)
    server.rest("PUT", "/_tailrace/functions/slow", {"Target": handler.url})
    started = time.perf_counter()
    mapping = server.rest("POST", "/2015-03-31/event-source-mappings", {
        "EventSourceArn": stream, "FunctionName": "slow", "StartingPosition": "TRIM_HORIZON", "BatchSize": 10,
        "ParallelizationFactor": factor})
    handler.done.wait()
    rate = records / (time.perf_counter() - started)
    server.rest("DELETE", f"/2015-03-31/event-source-mappings/{mapping['UUID']}", {})
    handler.server.shutdown()
    handler.server.server_close()
    return rate


def print_row(name, *cells):
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--items", type=int, default=10_000)
    options = parser.parse_args()
    build = options.build
    bare = Process(f"{build}/tests/bench/bare_server")
    tailrace = Process(f"{build}/tailrace", "--port", "0", "--log-level", "warn")
    idle_mb = tailrace.memory_mb()
    for name, gsis, stream in [("bench", 0, None), ("one_gsi", 1, None), ("two_gsis", 2, None), ("streamed", 0, BOTH_IMAGES)]:
        create_table(tailrace, name, gsis, stream)
        print(f"filling {name} with {options.items} items", file=sys.stderr)
        load(build, tailrace.port, "fill", 16, 600, options.items, name)

    rates = {}
    p50 = {}
    total = options.rounds * (len(ROWS) + 3)
    done = 0

    def measure(key, port, operation, connections, table):
        nonlocal done
        result = load(build, port, operation, connections, options.seconds, options.items, table)
        rates.setdefault(key, []).append(result["rate"])
        p50.setdefault(key, []).append(result["p50_us"])
        done += 1
        print(f"\r{done} of {total} measured", end="", file=sys.stderr, flush=True)

    total = options.rounds * (len({row[1] for row in ROWS} | {1}) + len(ROWS) + 2)
    for _ in range(options.rounds):
        for connections in sorted({row[1] for row in ROWS} | {1}):
            measure(("bare", connections), bare.port, "get", connections, "bench")
        for operation, connections, table, _wanted in ROWS:
            measure((operation, connections, table), tailrace.port, operation, connections, table)
        measure(("get", 1, "bench"), tailrace.port, "get", 1, "bench")
        measure(("put", 1, "bench"), tailrace.port, "put", 1, "bench")
    print(file=sys.stderr)

    rate = {key: statistics.median(values) for key, values in rates.items()}
    latency = {key: statistics.median(values) for key, values in p50.items()}
    print_row("measured", "requests/s", "ratio to the bare server", "wanted")
    print_row("---", "---", "---", "---")
    for connections in (8, 64):
        print_row(f"bare server, {connections} connections", f"{rate['bare', connections]:.0f}", "1", "")
    for operation, connections, table, wanted in ROWS:
        share = rate[operation, connections, table] / rate["bare", connections]
        print_row(f"{operation} ({table}), {connections} connections", f"{rate[operation, connections, table]:.0f}",
                  f"{share:.2f}", f"{wanted}" if wanted else "")
    put = rate["put", 64, "bench"]
    print_row("put with one GSI to put without", "", f"{rate['put', 64, 'one_gsi'] / put:.2f}", "0.65")
    print_row("put with two GSIs to put without", "", f"{rate['put', 64, 'two_gsis'] / put:.2f}", "0.5")
    print_row("put with a stream to put without", "", f"{rate['put', 64, 'streamed'] / put:.2f}", "0.65")
    batch_items = rate["batch_write25", 64, "bench"] * 25
    print_row(f"items by BatchWriteItem to items by PutItem, {options.items} items", "", f"{batch_items / put:.2f}", "")
    print_row("items by BatchWriteItem to the bare server's requests", "", f"{batch_items / rate['bare', 64]:.2f}", "")
    print_row("p50 of get at 1 connection to the bare server's", "",
              f"{latency['get', 1, 'bench'] / latency['bare', 1]:.2f}", "at most 1.6")
    print_row("p50 of put at 1 connection to the bare server's", "",
              f"{latency['put', 1, 'bench'] / latency['bare', 1]:.2f}", "at most 2.2")
    print_row("a 1 MB page of Scan, p50", "", f"{latency['scan_page', 1, 'bench'] / 1000:.1f} ms", "under 8 ms")

    log = create_table(tailrace, "log", 0, BOTH_IMAGES)["LatestStreamArn"]
    load(build, tailrace.port, "fill", 16, 600, 50_000, "log")
    print_row("GetRecords of 1 KB records, one connection", "", f"{drain_rate(tailrace, log):.0f} records/s", "100000 records/s")
    print_row("one mapping, BatchSize 100, trivial handler", "", f"{mapped_rate(tailrace, build, log, 50_000):.0f} records/s", "20000 records/s")
    scaled = scale_rates(build, options.seconds, options.rounds)
    print_row("items by BatchWriteItem to items by PutItem, a thousand items", "",
              f"{25 * scaled['batch_write25', 'small'] / scaled['put', 'small']:.2f}", "4")
    for operation in SCALED:
        print_row(f"{operation} at a million items to at a thousand", "",
                  f"{scaled[operation, 'large'] / scaled[operation, 'small']:.2f}",
                  "" if operation == "batch_write25" else "0.7")
    print_row("p99 of puts while a million records are trimmed, to the quiet one", "",
              f"{trimming_p99(build, options.items, 1):.1f}", "at most 3")
    for operation, (p50_ms, p99_ms, max_ms) in disk_latencies(build, options.seconds, options.rounds, options.items).items():
        print_row(f"{operation} on disk, 64 connections: p50, p99, maximum", f"{p50_ms:.1f}, {p99_ms:.1f}, {max_ms:.0f} ms",
                  f"p99 {p99_ms / p50_ms:.1f} times p50", "at most 5")
    lanes = create_table(tailrace, "lanes", 0, BOTH_IMAGES)["LatestStreamArn"]
    load(build, tailrace.port, "fill", 16, 600, 3_000, "lanes")
    in_line, side_by_side = (parallel_rate(tailrace, lanes, 3_000, factor) for factor in (1, 10))
    print_row("ParallelizationFactor 10 to 1, handler of 10 ms", f"{side_by_side:.0f} records/s", f"{side_by_side / in_line:.1f}", "5")
    handler_port = free_port()
    stream = create_table(tailrace, "triggered", 0, BOTH_IMAGES)["LatestStreamArn"]
    tailrace.rest("PUT", "/_tailrace/functions/bench", {"Target": f"http://127.0.0.1:{handler_port}/"})
    tailrace.rest("POST", "/2015-03-31/event-source-mappings",
                  {"EventSourceArn": stream, "FunctionName": "bench", "StartingPosition": "TRIM_HORIZON"})
    trigger = json.loads(subprocess.run(
        [f"{build}/tests/bench/trigger_latency", str(tailrace.port), str(handler_port), "2000", "triggered"],
        check=True, stdout=subprocess.PIPE, text=True).stdout)
    print_row("a put's answer to its handler's receipt, median", "", f"{trigger['p50_us'] / 1000:.2f} ms", "under 2 ms")
    starts = [start_to_first_answer_ms(f"{build}/tailrace") for _ in range(11)]
    print_row("exec to first answer, median", "", f"{statistics.median(starts):.1f} ms", "under 10 ms")
    print_row("idle memory", "", f"{idle_mb:.1f} MB", "under 12 MB")
    tailrace.stop()
    bare.stop()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
