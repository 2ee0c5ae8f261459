"""What functions' processes may not do to the server, and what may not be left of them: processes that write without end,
that detach themselves, a server that ends in the middle or is killed, bindings and variables that come over HTTP."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error

from support import Handler, Server

RUNTIME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scripted_runtime.py")
STOP_SECONDS = 8  # docker stop waits for ten.


def exec_target(handler="app.handler"):
    return f"exec:{sys.executable} {RUNTIME} {handler}"


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("did not come about in time")
        time.sleep(0.01)


def is_there(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Processes(unittest.TestCase):
    def start(self, *options):
        server = Server(*options)
        self.addCleanup(server.__exit__)
        return server, server.client("lambda")

    def invoke(self, lambda_, name="f", **event):
        return json.loads(lambda_.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"].read())

    def invoke_in_background(self, lambda_, **event):
        def invoke():
            try:
                self.invoke(lambda_, **event)
            except Exception:  # pylint: disable=broad-except
                pass  # The server goes away under it.
        threading.Thread(target=invoke, daemon=True).start()

    def family(self, lambda_):
        """A process, its child, and a grandchild in a session of its own that ignores all it can; the process then hangs."""
        folder = self.enterContext(tempfile.TemporaryDirectory()) if hasattr(self, "enterContext") else tempfile.mkdtemp()
        path = os.path.join(folder, "pids")
        self.invoke_in_background(lambda_, do="family", path=path)
        wait_until(lambda: os.path.exists(path))
        with open(path, encoding="ascii") as file:
            pids = json.load(file)
        self.assertEqual(len(pids), 3)
        self.assertTrue(all(map(is_there, pids)))
        return pids

    def test_a_stop_in_the_middle_of_an_invocation_ends_all(self):
        server, lambda_ = self.start("--function", f"f={exec_target()}")
        pids = self.family(lambda_)
        began = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - began, STOP_SECONDS)
        self.assertEqual([pid for pid in pids if is_there(pid)], [])

    def test_a_stop_while_a_runtime_of_the_user_s_works_is_clean(self):
        server, lambda_ = self.start()
        server.control("PUT", "functions/f", {"Target": "runtime:19347"})
        runtime = subprocess.Popen([sys.executable, RUNTIME, "app.handler"], stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:19347"})
        self.addCleanup(runtime.wait)
        self.addCleanup(runtime.kill)
        self.addCleanup(runtime.stdout.close)
        wait_until(lambda: not self.refused(lambda_))
        self.invoke_in_background(lambda_, do="hang")
        for line in runtime.stdout:
            if line == "doing hang\n":
                break
        self.assertEqual(server.stop(), 0)

    def refused(self, lambda_):
        try:
            return self.invoke(lambda_, do="fail") is None
        except lambda_.exceptions.ServiceException:
            return True  # No runtime is connected yet.

    def test_nothing_outlives_a_server_that_is_killed(self):
        server, lambda_ = self.start("--function", f"f={exec_target()}")
        pids = self.family(lambda_)
        server.stop(signal.SIGKILL)
        wait_until(lambda: not any(map(is_there, pids)))

    def test_a_process_that_writes_without_end_holds_nobody_up(self):
        server, lambda_ = self.start("--function", "f=exec:yes", "--log-level", "error")
        dynamodb = server.client("dynamodb")
        self.invoke_in_background(lambda_)
        slowest = 0.0
        before = resident_bytes(server.process.pid)
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            began = time.monotonic()
            dynamodb.list_tables()
            lambda_.list_functions()
            slowest = max(slowest, time.monotonic() - began)
        self.assertLess(slowest, 1)
        self.assertLess(resident_bytes(server.process.pid) - before, 32 << 20)
        began = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - began, STOP_SECONDS)

    def test_a_refused_binding_changes_nothing(self):
        server, lambda_ = self.start()
        with Handler(lambda event: (200, b'"here"')) as handler:
            server.control("PUT", "functions/f", {"Target": handler.url})
            port = server.endpoint.rsplit(":", 1)[1]
            with self.assertRaises(urllib.error.HTTPError) as refused:
                server.control("PUT", "functions/f", {"Target": f"runtime:{port}"})
            self.assertEqual(refused.exception.code, 400)
            self.assertEqual(self.invoke(lambda_), "here")
            self.assertEqual(server.control("GET", "functions/f")["Target"], handler.url)

    def test_a_deleted_function_that_is_bound_again_is_there_for_mappings(self):
        server, lambda_ = self.start()
        stream = server.client("dynamodb").create_table(
            TableName="things", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})["TableDescription"]["LatestStreamArn"]
        with Handler() as handler:
            server.control("PUT", "functions/f", {"Target": handler.url})
            lambda_.create_event_source_mapping(EventSourceArn=stream, FunctionName="f", StartingPosition="TRIM_HORIZON")
            lambda_.delete_function(FunctionName="f")
            server.control("PUT", "functions/f", {"Target": handler.url})
            lambda_.get_function(FunctionName="f")
            server.client("dynamodb").put_item(TableName="things", Item={"id": {"S": "a"}})
            server.drain()
            self.assertEqual(len(handler.events), 1)

    def create(self, lambda_):
        lambda_.create_function(FunctionName="f", Role="arn:aws:iam::000000000000:role/any", Runtime="nodejs22.x", Handler="evil.handler",
                                Code={"S3Bucket": "bucket", "S3Key": "k"}, Environment={"Variables": {"NODE_OPTIONS": "--require=/evil"}})

    def test_variables_that_come_over_http_reach_a_process_only_if_allowed(self):
        _, lambda_ = self.start("--function", f"f={exec_target()}")
        self.create(lambda_)
        body = self.invoke(lambda_, do="environment")
        self.assertNotIn("NODE_OPTIONS", body)
        self.assertEqual(body["_HANDLER"], "app.handler")
        answer = lambda_.update_function_configuration(FunctionName="f", Environment={"Variables": {"BASH_ENV": "/evil"}})
        self.assertEqual(answer["Environment"]["Variables"], {"BASH_ENV": "/evil"})
        self.assertNotIn("BASH_ENV", self.invoke(lambda_, do="environment"))

        _, allowed = self.start("--function", f"f={exec_target()}", "--allow-exec")
        self.create(allowed)
        body = self.invoke(allowed, do="environment")
        self.assertEqual(body["NODE_OPTIONS"], "--require=/evil")
        self.assertEqual(body["_HANDLER"], "evil.handler")

    def test_commands_bound_over_http_run_only_as_long_as_that_is_allowed(self):
        with tempfile.TemporaryDirectory() as folder:
            server, lambda_ = self.start("--data-dir", folder, "--allow-exec")
            server.control("PUT", "functions/f", {"Target": exec_target()})
            self.invoke(lambda_)
            server.stop()
            server, lambda_ = self.start("--data-dir", folder)
            with self.assertRaises(lambda_.exceptions.InvalidParameterValueException) as refused:
                self.invoke(lambda_)
            self.assertIn("--allow-exec", str(refused.exception))
            server.stop()


if __name__ == "__main__":
    unittest.main()
