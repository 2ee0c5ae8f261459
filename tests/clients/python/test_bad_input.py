"""What no client should send: each gets its answer, and the server goes on serving."""
import json
import socket
import unittest
import urllib.parse

from support import Server

HEADERS = {
    "Host": "localhost", "Content-Type": "application/x-amz-json-1.0", "X-Amz-Date": "20260101T000000Z",
    "X-Amz-Target": "DynamoDB_20120810.ListTables",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
                     "SignedHeaders=host, Signature=0"}
PUT = {"X-Amz-Target": "DynamoDB_20120810.PutItem"}
SERIALIZATION = "com.amazon.coral.service#SerializationException"
UNKNOWN = "com.amazon.coral.service#UnknownOperationException"
UNAUTHENTICATED = "com.amazon.coral.service#MissingAuthenticationTokenException"
DEEP = b'{"TableName":"none","Item":{"a":' + b'{"L":[' * 10000 + b"]}" * 10000 + b"}}"
# Name, headers that differ (None: left out), body, status, error type.
ROWS = [
    ("not JSON", {}, b"{oops", 400, SERIALIZATION),
    ("an array", {}, b"[]", 400, SERIALIZATION),
    ("a number", {}, b"1", 400, SERIALIZATION),
    ("NaN", {}, b'{"Limit":NaN}', 400, SERIALIZATION),
    ("an empty body", {}, b"", 400, SERIALIZATION),
    ("a wrong type", {}, b'{"Limit":"1"}', 400, SERIALIZATION),
    ("an unknown operation", {"X-Amz-Target": "DynamoDB_20120810.Nothing"}, b"{}", 400, UNKNOWN),
    ("no target", {"X-Amz-Target": None}, b"{}", 400, UNKNOWN),
    ("no target and no body", {"X-Amz-Target": None}, b"", 400, UNKNOWN),
    ("no Authorization", {"Authorization": None}, b"{}", 400, UNAUTHENTICATED),
    ("duplicate members", {}, b'{"Limit":1,"Limit":1}', 200, None),
    ("unknown members", {}, b'{"Nothing":{"at":["all"]}}', 200, None),
    ("null members", {}, b'{"Limit":null}', 200, None),
    ("17 MB", {}, b'{"a":"' + b"x" * (17 << 20) + b'"}', 413, None),
    ("10000 levels", PUT, DEEP, 400, ...),
    ("half a surrogate pair", PUT, b'{"TableName":"none","Item":{"a":{"S":"\\ude00"}}}', 400, SERIALIZATION),
    ("the other half", PUT, b'{"TableName":"none","Item":{"a":{"S":"\\ud83d"}}}', 400, SERIALIZATION),
    ("invalid UTF-8", PUT, b'{"TableName":"none","Item":{"a":{"S":"\xff\xfe"}}}', 400, ...),
]


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def connect(self):
        url = urllib.parse.urlsplit(self.server.endpoint)
        return socket.create_connection((url.hostname, url.port), timeout=30)

    def send(self, changes, body):
        headers = {name: value for name, value in {**HEADERS, **changes}.items() if value is not None}
        head = "POST / HTTP/1.1\r\nConnection: close\r\n" + f"Content-Length: {len(body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        with self.connect() as connection:
            answer = b""
            try:
                connection.sendall(head.encode() + b"\r\n" + body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # The server answers an oversized body before its end.
            try:
                while part := connection.recv(65536):
                    answer += part
            except ConnectionResetError:
                pass
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), body

    def serves(self):
        status, body = self.send({}, b"{}")
        self.assertEqual((status, json.loads(body)), (200, {"TableNames": []}))

    def test_each_gets_its_answer(self):
        for name, changes, body, status, error in ROWS:
            with self.subTest(name):
                got_status, got_body = self.send(changes, body)
                self.assertEqual(got_status, status, got_body[:300])
                if error is not ... and status != 413:
                    self.assertEqual(json.loads(got_body).get("__type"), error)
                self.serves()

    def test_half_a_header_holds_up_nobody(self):
        with self.connect() as stalled:
            stalled.sendall(b"POST / HTTP/1.1\r\nHost: loc")
            self.serves()

    def test_half_a_body_holds_up_nobody(self):
        with self.connect() as stalled:
            stalled.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
            self.serves()

    def test_memory_stays_bounded(self):
        body = b'{"a":"' + b"x" * (15 << 20) + b'"}'
        for _ in range(20):
            self.send({}, body)
            self.send({}, b"[" * 1_000_000)
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
            resident_kb = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        self.assertLess(resident_kb, 256 * 1024)
        self.serves()

    def test_five_hundred_connections(self):
        connections = [self.connect() for _ in range(500)]
        self.serves()
        for connection in connections:
            connection.close()
        self.serves()


if __name__ == "__main__":
    unittest.main()
