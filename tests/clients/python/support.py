"""Starts the server binary on a free port for the tests in this folder."""
import json
import os
import signal
import subprocess
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from botocore.config import Config

BINARY = os.environ.get("TAILRACE_BINARY", "../../../build/release/tailrace")


class Server:
    """A running server; use as a context manager."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [BINARY, "--port", "0", "--log-level", "warn", *options], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if "http://" not in line:
            raise RuntimeError(f"the server ended with {self.process.wait()}")
        self.endpoint = line[line.index("http://"):].strip()

    def client(self, service, **settings):
        return boto3.client(service, **self._settings(settings))

    def resource(self, service, **settings):
        return boto3.resource(service, **self._settings(settings))

    def _settings(self, settings):
        return {"endpoint_url": self.endpoint, "region_name": "us-east-1", "aws_access_key_id": "test",
                "aws_secret_access_key": "test", "config": Config(retries={"max_attempts": 0}), **settings}

    def control(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.endpoint}/_tailrace/{path}", method=method,
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request) as response:
            text = response.read()
        return json.loads(text) if text else None

    def drain(self, seconds=10):
        return self.control("POST", "drain", {"TimeoutSeconds": seconds})

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.stdout.close()
        return self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


class Handler:
    """An HTTP handler of a function that keeps the events it received; use as a context manager."""

    def __init__(self, answer=lambda event: (200, b"")):
        events = self.events = []

        class RequestHandler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, body = answer(event)
                events.append(event)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), RequestHandler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
