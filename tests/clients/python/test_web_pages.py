"""What a web page of a stranger can do to a server on its visitor's machine: nothing. Each request is one that a browser
sends without asking the server first, with the headers that it adds and the page cannot change."""
import http.client
import json
import os
import socket
import tempfile
import unittest
import urllib.parse

from support import Server

EVIL = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
SIMPLE = {"Content-Type": "text/plain"}  # Which needs no preflight.
PREFLIGHT = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type,x-amz-target"}
REBOUND = "evil.example"  # A name of the page's own, made to point to the visitor's machine.
TABLES = {
    "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables",
    "X-Amz-Date": "20260101T000000Z", "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/"
    "aws4_request, SignedHeaders=host, Signature=0"}
ARN = urllib.parse.quote("arn:aws:sqs:us-east-1:000000000000:q", safe="")
FUNCTIONS = "/2015-03-31/functions"

# Every kind of route that changes something or shows something secret.
ROUTES = [
    ("GET", FUNCTIONS), ("POST", FUNCTIONS), ("GET", f"{FUNCTIONS}/f"), ("DELETE", f"{FUNCTIONS}/f"),
    ("GET", f"{FUNCTIONS}/f/configuration"), ("PUT", f"{FUNCTIONS}/f/configuration"), ("PUT", f"{FUNCTIONS}/f/code"),
    ("POST", f"{FUNCTIONS}/f/invocations"), ("POST", "/2014-11-13/functions/f/invoke-async/"),
    ("POST", "/2021-11-15/functions/f/response-streaming-invocations"), ("POST", f"{FUNCTIONS}/f/versions"),
    ("POST", f"{FUNCTIONS}/f/aliases"), ("POST", f"{FUNCTIONS}/f/policy"),
    ("POST", "/2019-09-25/functions/f/event-invoke-config"), ("POST", "/2015-03-31/event-source-mappings"),
    ("GET", "/2015-03-31/event-source-mappings"), ("POST", "/2017-03-31/tags/x"),
    ("GET", "/_tailrace/clock"), ("PUT", "/_tailrace/clock"), ("GET", "/_tailrace/functions"),
    ("GET", "/_tailrace/functions/f"), ("PUT", "/_tailrace/functions/f"), ("GET", "/_tailrace/destinations"),
    ("PUT", f"/_tailrace/destinations/{ARN}"), ("POST", "/_tailrace/drain"), ("POST", "/_tailrace/throttle"),
    ("POST", "/_tailrace/streams/rollover"), ("POST", "/_tailrace/streams/split"), ("POST", "/_tailrace/streams/trim"),
    ("POST", "/_tailrace/streams/expire-iterators"), ("GET", "/_tailrace/mappings"), ("GET", "/_tailrace/health"),
]


def request(endpoint, method, path, headers, body=None):
    """Status, headers and body of one answer; `headers` may replace Host."""
    url = urllib.parse.urlsplit(endpoint)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
        data = b"" if body is None else body.encode()
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class WebPages(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.mark = os.path.join(self.directory.name, "mark")

    def serve(self, *options):
        server = Server(*options)
        self.addCleanup(lambda: self.assertEqual(server.stop(), 0))
        return server

    def assert_refused(self, answer, what):
        status, headers, body = answer
        self.assertEqual(status, 403, (what, body))
        self.assertTrue(body, what)
        self.assertFalse([name for name in headers if name.lower().startswith("access-control")], what)

    def test_three_simple_requests_run_no_code(self):
        server = self.serve("--function", f"victim=exec:touch {self.mark}")
        configuration = json.dumps({
            "FunctionName": "victim", "Role": "arn:aws:iam::000000000000:role/any", "Runtime": "nodejs22.x",
            "Handler": "index.handler", "Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="},
            "Environment": {"Variables": {"NODE_OPTIONS": "--require /tmp/evil.js"}}})
        for headers in ({**EVIL, **SIMPLE}, {"Origin": "https://evil.example", **SIMPLE}, {"Origin": "null", **SIMPLE},
                        {"Host": REBOUND, "Origin": f"http://{REBOUND}", **SIMPLE}):
            attack = (("GET", FUNCTIONS, None), ("POST", FUNCTIONS, configuration),
                      ("POST", f"{FUNCTIONS}/victim/invocations", "{}"))
            for method, path, body in attack:
                self.assert_refused(request(server.endpoint, method, path, headers, body), (method, path, headers))
        found = server.client("lambda").get_function_configuration(FunctionName="victim")
        self.assertNotIn("Environment", found)
        self.assertFalse(os.path.exists(self.mark))

    def test_no_route_is_open_to_pages(self):
        server = self.serve("--control-access", "any", "--cors", "*")
        for method, path in ROUTES:
            for headers in ({**EVIL, **SIMPLE}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://localhost:3000"}):
                self.assert_refused(request(server.endpoint, method, path, headers, "{}"), (method, path, headers))
            self.assert_refused(request(server.endpoint, "OPTIONS", path, {**EVIL, **PREFLIGHT}), path)
            if path != "/_tailrace/health":
                self.assert_refused(request(server.endpoint, method, path, {"Host": REBOUND}, "{}"), (method, path))

    def test_a_name_that_was_told_is_the_servers_own(self):
        server = self.serve("--control-access", "any", "--control-host", "tail.example")
        for host in ("tail.example", "tail.example:8000", "tailrace", "host.docker.internal:1", "[::1]", "10.0.0.1"):
            status, _, body = request(server.endpoint, "GET", "/_tailrace/clock", {"Host": host})
            self.assertEqual(status, 200, (host, body))
        for host in ("tail.example.evil.example", "[evil", "other.example"):
            self.assert_refused(request(server.endpoint, "GET", "/_tailrace/clock", {"Host": host}), host)

    def test_pages_of_this_machine_and_of_listed_origins_use_tables(self):
        server = self.serve("--cors", "https://app.example")
        for origin, welcome in (("http://localhost:3000", True), ("http://127.0.0.1:5173", True),
                                ("https://app.example", True), ("https://evil.example", False), ("null", False)):
            page = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
            preflight = request(server.endpoint, "OPTIONS", "/", {**page, **PREFLIGHT})
            call = request(server.endpoint, "POST", "/", {**page, **TABLES}, "{}")
            if not welcome:
                self.assert_refused(preflight, origin)
                self.assert_refused(call, origin)
                continue
            self.assertEqual(preflight[1]["Access-Control-Allow-Origin"], "*")
            self.assertEqual(preflight[1]["Access-Control-Allow-Headers"], PREFLIGHT["Access-Control-Request-Headers"])
            self.assertEqual((call[0], call[1]["Access-Control-Allow-Origin"]), (200, "*"))

    def test_dynamodb_locals_spelling_lets_all_pages_use_tables(self):
        for options in (("-cors", "*"), ("-cors",)):
            server = self.serve(*options)
            status, headers, _ = request(server.endpoint, "POST", "/", {**EVIL, **TABLES}, "{}")
            self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (200, "*"))

    def test_the_runtime_api_gives_pages_no_event(self):
        port = free_port()
        server = self.serve("--function", f"f=runtime:{port}")
        endpoint = f"http://127.0.0.1:{port}"
        following = "/2018-06-01/runtime/invocation/next"
        for headers in (EVIL, {"Sec-Fetch-Site": "cross-site"}, {"Host": f"{REBOUND}:{port}"}, {"Host": f"0.0.0.0:{port}"}):
            self.assert_refused(request(endpoint, "GET", following, headers), headers)
            self.assert_refused(request(endpoint, "OPTIONS", following, {**headers, **PREFLIGHT}), headers)
            self.assert_refused(request(endpoint, "POST", "/2018-06-01/runtime/init/error", headers, "{}"), headers)
        self.assertEqual(request(endpoint, "GET", "/ping", {})[0], 200)
        self.assertEqual(server.control("GET", "functions")["Functions"][0]["FunctionName"], "f")

    def test_files_are_bound_over_http_below_their_directory_only(self):
        taken = json.dumps({"Target": f"file:{self.mark}"})
        refused = json.dumps({"Target": f"file:{self.directory.name}/../mark"})
        path = f"/_tailrace/destinations/{ARN}"
        closed = self.serve()
        self.assertEqual(request(closed.endpoint, "PUT", path, {}, taken)[0], 400)
        opened = self.serve("--destination-dir", self.directory.name)
        self.assertEqual(request(opened.endpoint, "PUT", path, {}, taken)[0], 200)
        self.assertEqual(request(opened.endpoint, "PUT", path, {}, refused)[0], 400)

    def test_head_is_answered_as_get_without_a_body(self):
        server = self.serve()
        for path in ("/", "/_tailrace/health", "/_tailrace/clock", "/_tailrace/functions", "/_tailrace/mappings", FUNCTIONS,
                     "/2015-03-31/event-source-mappings", "/2016-08-19/account-settings", "/nothing", "/_tailrace/nothing"):
            got = request(server.endpoint, "GET", path, {})
            head = request(server.endpoint, "HEAD", path, {})
            self.assertEqual((head[0], head[2]), (got[0], b""), path)
            self.assertEqual(head[1]["Content-Type"], got[1]["Content-Type"], path)


if __name__ == "__main__":
    unittest.main()
