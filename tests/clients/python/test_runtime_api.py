"""Functions under the Runtime API: processes that the server starts, supervises and stops, and a runtime that connects by itself."""
import base64
import json
import os
import subprocess
import sys
import unittest

from support import Server

RUNTIME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scripted_runtime.py")


def exec_target(handler):
    return f"exec:{sys.executable} {RUNTIME} {handler}"


class RuntimeApi(unittest.TestCase):
    def setUp(self):
        self.server = Server("--function", f"scripted={exec_target('app.handler')}", "--function", f"broken={exec_target('broken.handler')}",
                             "--allow-exec")
        self.lambda_ = self.server.client("lambda")

    def tearDown(self):
        if self.server.process.poll() is None:
            self.server.stop()

    def invoke(self, name="scripted", **event):
        answer = self.lambda_.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")
        return answer, json.loads(answer["Payload"].read())

    def test_a_process_handles_events_in_lambda_s_environment(self):
        answer, body = self.invoke(n=1)
        self.assertNotIn("FunctionError", answer)
        self.assertEqual(body["event"], {"n": 1})
        self.assertEqual(body["handler"], "app.handler")
        self.assertEqual(body["name"], "scripted")
        self.assertEqual(body["arn"], "arn:aws:lambda:us-east-1:000000000000:function:scripted")
        self.assertEqual(body["type"], "application/json")
        self.assertEqual(body["endpoint"], self.server.endpoint)

    def test_an_error_of_the_handler_is_the_invocation_s(self):
        answer, body = self.invoke(do="fail")
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertEqual(body, {"errorType": "Oops", "errorMessage": "on purpose"})
        answer, _ = self.invoke()
        self.assertNotIn("FunctionError", answer)

    def test_a_process_that_exits_is_started_again(self):
        answer, body = self.invoke(do="exit")
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertEqual(body["errorType"], "Runtime.ExitError")
        self.assertTrue(body["errorMessage"].endswith("Error: Runtime exited with error: exit status 3"), body)
        answer, body = self.invoke(n=2)
        self.assertEqual(body["event"], {"n": 2})

    def test_a_handler_beyond_its_timeout_is_ended(self):
        self.server.control("PUT", "functions/slow", {"Target": exec_target("app.handler"), "TimeoutSeconds": 1})
        answer, body = self.invoke("slow", do="hang")
        self.assertEqual(body["errorType"], "Sandbox.Timedout")
        self.assertTrue(body["errorMessage"].endswith("Task timed out after 1.00 seconds"), body)
        answer, body = self.invoke("slow", n=3)
        self.assertEqual(body.get("event"), {"n": 3}, body)

    def test_a_handler_that_cannot_be_loaded_says_why(self):
        answer, body = self.invoke("broken")
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertEqual(body["errorType"], "Runtime.ImportModuleError")

    def test_what_the_process_prints_is_the_log_s_tail(self):
        self.invoke()
        answer, _ = self.invoke(do="fail")
        self.assertIn(answer["FunctionError"], "Unhandled")
        base64.b64decode(answer["LogResult"])

    def test_no_process_outlives_the_server(self):
        self.invoke()
        children = subprocess.run(["pgrep", "-f", RUNTIME], stdout=subprocess.PIPE, text=True, check=False).stdout.split()
        mine = [pid for pid in children if self.is_mine(pid)]
        self.assertTrue(mine)
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual([pid for pid in mine if os.path.exists(f"/proc/{pid}")], [])

    def is_mine(self, pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                return int(stat.read().rsplit(")", 1)[1].split()[1]) == self.server.process.pid
        except OSError:
            return False  # Another test's, gone meanwhile.

    def test_a_write_reaches_a_process(self):
        dynamodb = self.server.client("dynamodb")
        stream = dynamodb.create_table(
            TableName="things", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})["TableDescription"]["LatestStreamArn"]
        mapping = self.lambda_.create_event_source_mapping(EventSourceArn=stream, FunctionName="scripted", StartingPosition="TRIM_HORIZON")
        dynamodb.put_item(TableName="things", Item={"id": {"S": "a"}})
        self.server.drain()
        invocations = self.server.control("GET", f"mappings/{mapping['UUID']}/invocations")
        self.assertIn("a", json.dumps(invocations))

    def test_exec_targets_are_refused_over_http_unless_allowed(self):
        with Server() as server:
            with self.assertRaises(Exception) as refused:
                server.control("PUT", "functions/f", {"Target": exec_target("app.handler")})
            self.assertIn(b"--allow-exec", refused.exception.read())


if __name__ == "__main__":
    unittest.main()
