"""The server as a process that tests start, call over one connection, stop and kill."""
import http.client
import json
import signal
import subprocess
import threading

HEADERS = {
    "Content-Type": "application/x-amz-json-1.0", "X-Amz-Date": "20260101T000000Z",
    "Authorization": "AWS4-HMAC-SHA256 Credential=crash/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"}
DEATH = (OSError, http.client.HTTPException)  # What a call raises when the server is gone.
STOP_SECONDS = 20


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, operation, status, answer):
        super().__init__(f"{operation}: {status} {answer}")
        self.status = status
        self.type = answer.get("__type", "").rpartition("#")[2]
        self.answer = answer


class Server:
    running = None  # The one that was started last: a test that fails leaves it to its end.

    def __init__(self, binary, directory, *options):
        """Without a directory everything is in memory."""
        where = ["--data-dir", directory] if directory else []
        self.process = subprocess.Popen([binary, "--port", "0", *where, "--log-level", "error", *options],
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if "listening" not in line:
            raise AssertionError(f"the server does not start: exit code {self.process.wait()}, options {options}")
        self.port = int(line.rsplit(":", 1)[1])
        Server.running = self

    def connect(self, seconds=60):
        return Connection(self.port, seconds)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self._reap()

    def stop(self):
        """SIGTERM; the exit code must be 0 within seconds."""
        self.process.send_signal(signal.SIGTERM)
        code = self._reap()
        assert code == 0, f"the server ended with {code} after SIGTERM"

    def end(self, how):
        self.kill() if how == "kill" else self.stop()

    def _reap(self):
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not stop within {STOP_SECONDS} s of SIGTERM") from None
        finally:
            self.process.stdout.close()
            Server.running = None


class Connection:
    """One HTTP connection; of one thread at a time."""

    def __init__(self, port, seconds):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)

    def close(self):
        self.http.close()

    def dynamodb(self, operation, **body):
        return self._json("POST", "/", body, operation, {"X-Amz-Target": f"DynamoDB_20120810.{operation}"})

    def streams(self, operation, **body):
        return self._json("POST", "/", body, operation, {"X-Amz-Target": f"DynamoDBStreams_20120810.{operation}"})

    def rest(self, method, path, body=None):
        """Lambda's REST API and the control API."""
        return self._json(method, path, body, f"{method} {path}", {})

    def _json(self, method, path, body, name, headers):
        self.http.request(method, path, None if body is None else json.dumps(body), {**HEADERS, **headers})
        response = self.http.getresponse()
        text = response.read()
        answer = json.loads(text) if text else {}
        if response.status >= 300:
            raise Refused(name, response.status, answer)
        return answer


class Until(threading.Thread):
    """Repeats a step on a connection of its own until the server dies or it is over; keeps what else went wrong, for finish()."""

    def __init__(self, server, step, over=None):
        super().__init__(daemon=True)
        self.server, self.step, self.failure = server, step, None
        self.over = over or threading.Event()

    def run(self):
        connection = self.server.connect()
        try:
            while not self.over.is_set():
                self.step(connection)
        except DEATH:
            return
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure
        finally:
            connection.close()

    def finish(self):
        self.join()
        if self.failure:
            raise self.failure
