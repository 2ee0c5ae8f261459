"""AWS's own runtime client for Python (PyPI awslambdaric) runs a handler under the server's Runtime API."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

from support import Server

HANDLER = """
import os, sys
def handler(event, context):
    if event.get("do") == "fail":
        raise ValueError("on purpose")
    if event.get("do") == "exit":
        sys.exit(5)
    print("handling", context.aws_request_id)
    return {"event": event, "name": context.function_name, "arn": context.invoked_function_arn,
            "time_left": context.get_remaining_time_in_millis() > 0, "root": os.environ["LAMBDA_TASK_ROOT"]}
"""


class RuntimeClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        home = cls.directory.name
        with open(f"{home}/app.py", "w", encoding="utf-8") as app:
            app.write(HANDLER)
        try:
            subprocess.run([sys.executable, "-m", "venv", f"{home}/venv"], check=True, capture_output=True)
            subprocess.run([f"{home}/venv/bin/pip", "-q", "install", "--only-binary", ":all:", "awslambdaric"],
                           check=True, capture_output=True, timeout=200)
        except (OSError, subprocess.SubprocessError) as error:
            raise unittest.SkipTest(f"awslambdaric can't be had here: {error}")
        python = f"{home}/venv/bin/python3 -m awslambdaric"
        cls.server = Server("--allow-exec")
        cls.addClassCleanup(cls.server.stop)
        for name, handler in (("f", "app.handler"), ("broken", "missing.handler")):
            cls.server.control("PUT", f"functions/{name}", {"Target": f"exec:{python} {handler}", "Environment": {"LAMBDA_TASK_ROOT": home}})
        cls.lambda_ = cls.server.client("lambda")

    def invoke(self, name="f", **event):
        answer = self.lambda_.invoke(FunctionName=name, Payload=json.dumps(event))
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    def test_a_handler_gets_its_event_and_context(self):
        error, body = self.invoke(n=1)
        self.assertIsNone(error)
        self.assertEqual(body, {"event": {"n": 1}, "name": "f", "arn": "arn:aws:lambda:us-east-1:000000000000:function:f",
                                "time_left": True, "root": self.directory.name})

    def test_an_exception_is_reported_with_its_stack(self):
        error, body = self.invoke(do="fail")
        self.assertEqual(error, "Unhandled")
        self.assertEqual((body["errorType"], body["errorMessage"]), ("ValueError", "on purpose"))
        self.assertIn("stackTrace", body)

    def test_an_exit_ends_the_invocation_and_the_next_one_runs(self):
        error, body = self.invoke(do="exit")
        self.assertEqual((error, body["errorType"]), ("Unhandled", "Runtime.ExitError"))
        self.assertIn("exit status 5", body["errorMessage"])
        self.assertIsNone(self.invoke(n=2)[0])

    def test_a_module_that_is_not_there_is_reported(self):
        error, body = self.invoke("broken")
        self.assertEqual((error, body["errorType"]), ("Unhandled", "Runtime.ImportModuleError"))


if __name__ == "__main__":
    unittest.main()
