"""Handlers that misbehave: each failure is of the right kind, and holds up neither another mapping nor a table."""
import json
import socket
import threading
import unittest
import urllib.error

from support import Handler, Server

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def whole(body):
    return HEAD % len(body) + body


def endless(connection):
    connection.sendall(HEAD % 100_000_000)
    for _ in range(100):
        connection.sendall(b" " * 1_000_000)


# How each answers on its connection, once the event has come.
ANSWERS = {
    "closing": lambda connection: connection.sendall(HEAD % 100 + b"{"),
    "silent": lambda connection: None,
    "huge": endless,
    "garbled": lambda connection: connection.sendall(b"\x00\xff\x00 no HTTP \r\n\r\n"),
    "no_json": lambda connection: connection.sendall(whole(b"{not json")),
    "unknown_id": lambda connection: connection.sendall(whole(b'{"batchItemFailures":[{"itemIdentifier":"7"}]}')),
    "no_list": lambda connection: connection.sendall(whole(b'{"batchItemFailures":{"itemIdentifier":"7"}}')),
    "emulator_error": lambda connection: connection.sendall(whole(b'{"errorType":"Oops","errorMessage":"no"}')),
    "emulator_timeout": lambda connection: connection.sendall(whole(b"Task timed out after 3.00 seconds")),
}
ENDPOINTS = {"emulator_error", "emulator_timeout"}  # Answer as the Runtime Interface Emulator does, without a header.
PROCESSES = {"crashing": "exec:/bin/false", "missing": "exec:/no/such/program"}
FAILED = "PROBLEM: Function call failed"


class BadServer:
    """Reads a request, answers in its way and closes, or keeps the connection if it is to be silent."""

    def __init__(self, name):
        self.answer = ANSWERS[name]
        self.kept = [] if name == "silent" else None
        self.listener = socket.create_server(("127.0.0.1", 0))
        path = "2015-03-31/functions/function/invocations" if name in ENDPOINTS else ""
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/{path}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        try:
            received = b""
            while not received.endswith(b"}"):  # The event is the end of the request.
                received += connection.recv(65536)
            self.answer(connection)
        except OSError:
            pass
        if self.kept is None:
            connection.close()
        else:
            self.kept.append(connection)

    def stop(self):
        self.listener.close()


class BadHandlers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--allow-exec")
        cls.addClassCleanup(cls.server.stop)
        cls.dynamodb, cls.lambda_ = cls.server.client("dynamodb"), cls.server.client("lambda")

    def bind(self, name, target, **more):
        self.server.control("PUT", f"functions/{name}", {"Target": target, **more})

    def map(self, stream, name):
        return self.lambda_.create_event_source_mapping(
            EventSourceArn=stream, FunctionName=name, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=0,
            FunctionResponseTypes=["ReportBatchItemFailures"])["UUID"]

    def create_table(self, name):
        return self.dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})["TableDescription"]["LatestStreamArn"]

    def put(self, table, *ids):
        for id_ in ids:
            self.dynamodb.put_item(TableName=table, Item={"id": {"S": id_}})

    def test_a_bad_handler_costs_its_own_batches_only(self):
        good = Handler(lambda event: (200, b"{}"))
        self.addCleanup(good.__exit__)
        stream = self.create_table("Orders")
        self.bind("good", good.url)
        mappings = {"good": self.map(stream, "good")}
        for name in ANSWERS:
            bad = BadServer(name)
            self.addCleanup(bad.stop)
            self.bind(name, bad.url, TimeoutSeconds=1 if name == "silent" else 30)
            mappings[name] = self.map(stream, name)
        for name, command in PROCESSES.items():
            self.bind(name, command)
            mappings[name] = self.map(stream, name)
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        self.bind("unreachable", f"http://127.0.0.1:{port}/")
        mappings["unreachable"] = self.map(stream, "unreachable")

        self.put("Orders", "1", "2", "3")
        behind = self.wait_for_all_but(mappings["unreachable"])
        self.assertIn("Connection refused", behind["Reason"])
        for name, uuid in mappings.items():
            with self.subTest(name):
                described = self.server.control("GET", f"mappings/{uuid}")
                discarded = self.server.control("GET", f"mappings/{uuid}/discarded")["Discarded"]
                if name == "good":
                    self.assertEqual(described["LastProcessingResult"], "OK")
                    self.assertEqual(discarded, [])
                elif name == "unreachable":  # The function never ran, so the batch is not given up.
                    self.assertEqual(described["LastProcessingResult"], FAILED)
                    self.assertEqual(discarded, [])
                else:
                    self.assertEqual(described["LastProcessingResult"], FAILED)
                    self.assertEqual(sum(batch["Records"] for batch in discarded), 3)
        keys = [record["dynamodb"]["Keys"]["id"]["S"] for event in good.events for record in event["Records"]]
        self.assertEqual(keys, ["1", "2", "3"])
        self.put("Orders", "4")
        self.assertIn("Item", self.dynamodb.get_item(TableName="Orders", Key={"id": {"S": "4"}}))

    def wait_for_all_but(self, uuid):
        """What drain says of the one mapping that stays behind."""
        while True:
            try:
                self.server.drain(0.5)
            except urllib.error.HTTPError as error:
                behind = json.loads(error.read())["Behind"]
                if [batch["UUID"] for batch in behind] == [uuid]:
                    return behind[0]

    def test_invoke_tells_function_errors_from_a_function_that_cannot_run(self):
        expected = {"closing": "Interrupted", "silent": "Sandbox.Timedout", "huge": "Function.ResponseSizeTooLarge",
                    "emulator_error": "Oops"}
        for name, error_type in expected.items():
            bad = BadServer(name)
            self.addCleanup(bad.stop)
            self.bind(f"invoked_{name}", bad.url, TimeoutSeconds=1 if name == "silent" else 30)
            with self.subTest(name):
                answer = self.lambda_.invoke(FunctionName=f"invoked_{name}", Payload=b"{}")
                self.assertEqual(answer["FunctionError"], "Unhandled")
                self.assertEqual(json.loads(answer["Payload"].read())["errorType"], error_type)


if __name__ == "__main__":
    unittest.main()
