"""What the server does when the store below it breaks: a row changed on the disk, a limit on the size of files, a directory that
goes away, a disk that is full."""
import os
import pathlib
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from support import BINARY


class Server:
    """On a data directory, its log in a file."""

    def __init__(self, directory, prepare=None):
        self.log_path = pathlib.Path(tempfile.mkstemp(suffix=".log")[1])
        with open(self.log_path, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [BINARY, "--port", "0", "--log-level", "warn", "--data-dir", str(directory)],
                stdout=subprocess.PIPE, stderr=log, text=True, preexec_fn=prepare)
        line = self.process.stdout.readline()
        self.started = "http://" in line
        if self.started:
            self.dynamodb = boto3.client(
                "dynamodb", endpoint_url=line[line.index("http://"):].strip(), region_name="us-east-1", aws_access_key_id="test",
                aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}))

    def log(self):
        return self.log_path.read_text(encoding="utf-8")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.stdout.close()
        return self.process.wait()


class BrokenStore(unittest.TestCase):
    def setUp(self):
        self.parent = tempfile.TemporaryDirectory()
        self.addCleanup(self.parent.cleanup)
        self.directory = pathlib.Path(self.parent.name) / "data"
        self.servers = []

    def tearDown(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.stop(signal.SIGKILL)

    def start(self, prepare=None):
        server = Server(self.directory, prepare)
        self.servers.append(server)
        return server

    def start_with_items(self, count=3, stream=None):
        server = self.start()
        server.dynamodb.create_table(
            TableName="Orders", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            **({"StreamSpecification": {"StreamEnabled": True, "StreamViewType": stream}} if stream else {}))
        for i in range(count):
            self.put(server, f"item {i}")
        return server

    def put(self, server, key, size=100):
        server.dynamodb.put_item(TableName="Orders", Item={"pk": {"S": key}, "text": {"S": "x" * size}})

    def get(self, server, key):
        return server.dynamodb.get_item(TableName="Orders", Key={"pk": {"S": key}}).get("Item")

    def change_file(self, old, new):
        """As a disk would: the first place where these bytes stand."""
        path = self.directory / "store.sqlite"
        content = path.read_bytes()
        self.assertIn(old, content)
        path.write_bytes(content.replace(old, new, 1))

    def error_of(self, call):
        with self.assertRaises(ClientError) as raised:
            call()
        return raised.exception.response

    def test_a_changed_item_fails_its_reads_and_the_log_names_it(self):
        self.start_with_items().stop()
        self.change_file(b'{"pk":{"S":"item 1"},"text":{"S":"xx', b'{"pk":{"S":"item 1"},"text":{"S":"xy')
        server = self.start()
        error = self.error_of(lambda: self.get(server, "item 1"))
        self.assertEqual(error["ResponseMetadata"]["HTTPStatusCode"], 500)
        self.assertEqual(error["Error"]["Code"], "InternalServerError")
        self.assertIn('the item {\\"pk\\":{\\"S\\":\\"item 1\\"}} of table \\"Orders\\"', server.log())
        self.assertIn("store.sqlite", server.log())
        self.error_of(lambda: server.dynamodb.scan(TableName="Orders"))
        self.assertIsNotNone(self.get(server, "item 0"))
        self.put(server, "item 3")
        server.dynamodb.delete_table(TableName="Orders")

    def test_a_changed_table_keeps_the_server_from_starting_and_one_sentence_says_why(self):
        self.start_with_items().stop()
        self.change_file(b'"BillingMode":"PAY_PER_REQUEST"', b'"BillingMode":"PAY_PER_REQUESS"')
        server = self.start()
        self.assertFalse(server.started)
        self.assertEqual(server.process.wait(), 1)
        server.process.stdout.close()
        self.assertIn(
            f"tailrace: the file '{self.directory}/store.sqlite' holds a damaged row (its checksum is wrong): the schema of table "
            '"Orders" of account 000000000000 in us-east-1; restore the data directory from a copy, or delete what holds the row\n', server.log())

    def test_a_store_without_checksums_is_opened_and_what_does_not_decode_fails_only_its_reads(self):
        self.start_with_items().stop()
        with sqlite3.connect(self.directory / "store.sqlite") as store:
            store.execute("ALTER TABLE rows DROP COLUMN checksum")
            store.execute("PRAGMA user_version=1")
        store.close()
        self.change_file(b'"S":"item 1"', b'"S":"item \x01"')
        server = self.start()
        for item in ("item 0", "item 2"):
            self.assertIsNotNone(self.get(server, item))
        self.put(server, "item 0")
        self.assertEqual(server.stop(), 0)

    def test_a_limit_on_the_size_of_files_fails_writes_and_not_the_server(self):
        self.start_with_items().stop()
        server = self.start(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)))
        def fill():
            for i in range(100):
                self.put(server, f"large {i}", 100_000)
        self.assertEqual(self.error_of(fill)["ResponseMetadata"]["HTTPStatusCode"], 500)
        self.assertIsNotNone(self.get(server, "item 0"))
        self.assertEqual(server.log().count("no room to write"), 1)
        self.assertEqual(server.stop(), 0)

    def test_nothing_is_acknowledged_once_the_directory_is_gone(self):
        server = self.start_with_items()
        shutil.rmtree(self.directory)
        self.assertEqual(self.error_of(lambda: self.put(server, "lost"))["Error"]["Code"], "InternalServerError")
        self.assertIn("was removed or replaced while the server uses it", server.log())
        self.assertIsNotNone(self.get(server, "item 0"))

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount a file system")
    def test_on_a_full_disk_puts_are_refused_and_deletes_make_room(self):
        disk = self.directory
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(disk)], check=False).returncode != 0:
            self.skipTest("may not mount a file system")
        self.addCleanup(lambda: subprocess.run(["umount", "-l", str(disk)], check=True))
        self.directory = disk / "data"
        server = self.start_with_items(stream="NEW_AND_OLD_IMAGES")
        written = 0
        with self.assertRaises(ClientError) as raised:
            while written < 5000:
                self.put(server, f"large {written}", 20_000)
                written += 1
        self.assertIn("no room to write in", raised.exception.response["Error"]["Message"])
        self.assertIsNotNone(self.get(server, "large 0"))
        for i in range(20):
            server.dynamodb.delete_item(TableName="Orders", Key={"pk": {"S": f"large {i}"}})
        server.dynamodb.delete_table(TableName="Orders")
        self.assertEqual(server.log().count("no room to write in"), 1)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
