"""A server that may take little memory: clients that stall with half a body, and a store that is full."""
import http.client
import json
import os
import socket
import tempfile
import unittest
import urllib.parse

from botocore.exceptions import ClientError

from support import Server

TABLE = "Pictures"
MEGA = 1 << 20
MAX_MEMORY = 64 * MEGA
STALLED = 60
# The process itself, and pages of the allocator that are not given back at once.
BESIDES = 80 * MEGA


class MemoryTest(unittest.TestCase):
    def setUp(self):
        self.log = self.enterContext(tempfile.TemporaryFile("w+"))
        stderr = os.dup(2)
        os.dup2(self.log.fileno(), 2)
        try:
            self.server = self.enterContext(Server("--max-memory", "64MB"))
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
        self.db = self.server.client("dynamodb")
        self.db.create_table(
            TableName=TABLE, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])

    def resident_bytes(self):
        with open(f"/proc/{self.server.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def log_lines(self, text):
        self.log.seek(0)
        return [line for line in self.log if text in line]

    def put(self, number):
        self.db.put_item(TableName=TABLE, Item={"id": {"S": str(number)}, "data": {"B": b"x" * 300_000}})

    def test_clients_that_stall_hold_no_more_than_they_may(self):
        address = urllib.parse.urlsplit(self.server.endpoint)
        half = b"x" * (8 * MEGA)
        clients = []
        refused = 0
        for _ in range(STALLED):
            client = socket.create_connection((address.hostname, address.port))
            self.addCleanup(client.close)
            clients.append(client)
            try:
                client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16777216\r\n\r\n" + half)
            except OSError:
                refused += 1
        self.assertLess(self.resident_bytes(), MAX_MEMORY + BESIDES)
        self.assertEqual({}, self.db.get_item(TableName=TABLE, Key={"id": {"S": "none"}}).get("Item", {}))
        self.db.put_item(TableName=TABLE, Item={"id": {"S": "small"}})
        self.assertEqual(1, len(self.log_lines("memory is used up")))
        connection = http.client.HTTPConnection(address.hostname, address.port)
        connection.request("POST", "/", body=half)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        self.assertEqual(500, answer.status)
        self.assertEqual("com.amazonaws.dynamodb.v20120810#InternalServerError", body["__type"])
        self.assertIn("--max-memory", body["message"])

    def test_a_full_store_refuses_writes_and_lets_items_be_read_and_deleted(self):
        written = 0
        with self.assertRaises(ClientError) as refusal:
            while True:
                self.put(written)
                written += 1
        self.assertEqual("InternalServerError", refusal.exception.response["Error"]["Code"])
        self.assertIn("delete items or tables", str(refusal.exception))
        self.assertGreater(written, 70)  # Of 32 MB; as many are for requests.
        self.assertLess(self.resident_bytes(), MAX_MEMORY + BESIDES)
        for _ in range(3):
            with self.assertRaises(ClientError):
                self.put(written)
        self.assertEqual(1, len(self.log_lines("has taken all memory")))
        self.assertEqual("0", self.db.get_item(TableName=TABLE, Key={"id": {"S": "0"}})["Item"]["id"]["S"])
        for number in range(20):
            self.db.delete_item(TableName=TABLE, Key={"id": {"S": str(number)}})
        for number in range(15):
            self.put(number)


if __name__ == "__main__":
    unittest.main()
