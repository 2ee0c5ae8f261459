"""A runtime client for tests, as small as the Runtime API allows: python3 scripted_runtime.py HANDLER.

The payload's "do" says what to do: return, fail, exit, hang, environment, family (a child and a grandchild that detaches
itself, their ids into the file "path"; then hang)."""
import http.client
import json
import os
import subprocess
import sys
import threading

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None):
    api.request(method, f"/2018-06-01/runtime/{path}", body)
    response = api.getresponse()
    return response, response.read()


if sys.argv[1] == "broken.handler":
    response, _ = call("POST", "init/error", json.dumps({"errorType": "Runtime.ImportModuleError", "errorMessage": "no module"}))
    sys.exit(1 if response.status == 202 else 99)

while True:
    response, payload = call("GET", "invocation/next")
    event = json.loads(payload)
    invocation = response.headers["Lambda-Runtime-Aws-Request-Id"]
    action = event.get("do", "return")
    print(f"doing {action}", flush=True)
    if action == "exit":
        sys.exit(3)
    if action == "family":
        detached = "import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (1, 2, 15)]; print('ready', flush=True); time.sleep(1000)"
        child = subprocess.Popen(
            [sys.executable, "-c", "import subprocess, sys; grandchild = subprocess.Popen([sys.executable, '-c', sys.argv[1]], "
             "start_new_session=True, stdout=subprocess.PIPE, text=True); grandchild.stdout.readline(); "
             "print(grandchild.pid, flush=True); grandchild.wait()", detached], stdout=subprocess.PIPE, text=True)
        pids = [os.getpid(), child.pid, int(child.stdout.readline())]
        with open(event["path"] + ".new", "w", encoding="ascii") as file:
            json.dump(pids, file)
        os.rename(event["path"] + ".new", event["path"])
        action = "hang"
    if action == "hang":
        threading.Event().wait()
    if action == "fail":
        response, _ = call("POST", f"invocation/{invocation}/error", json.dumps({"errorType": "Oops", "errorMessage": "on purpose"}))
    elif action == "environment":
        response, _ = call("POST", f"invocation/{invocation}/response", json.dumps(dict(os.environ)))
    else:
        answer = {"event": event, "handler": os.environ["_HANDLER"], "name": os.environ["AWS_LAMBDA_FUNCTION_NAME"],
                  "arn": response.headers["Lambda-Runtime-Invoked-Function-Arn"], "type": response.headers["Content-Type"],
                  "endpoint": os.environ["AWS_ENDPOINT_URL_DYNAMODB"]}
        response, _ = call("POST", f"invocation/{invocation}/response", json.dumps(answer))
    assert response.status == 202, response.status
