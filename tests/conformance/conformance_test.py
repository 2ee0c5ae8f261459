#!/usr/bin/env python3
"""What AWS answers, row by row: sends the requests of *.jsonl to a server and compares the answers.

  conformance_test.py BINARY [FILE ...]          starts BINARY in memory and asks it
  conformance_test.py --aws REGION [FILE ...]    asks AWS, with the credentials of the environment; costs a few cents

A row is one line of JSON (README.md beside this file has the members). Adding a fact is adding a row.
"""
import datetime
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
SERVICES = {"DynamoDBStreams_20120810": "streams.dynamodb", "DynamoDB_20120810": "dynamodb"}


class Endpoint:
    """Sends bodies as they are: no SDK would send a number where a text belongs."""

    def __init__(self, connection, host, region, sign):
        self.connection, self.host, self.region, self.sign = connection, host, region, sign

    def call(self, operation, body, service="DynamoDB_20120810"):
        body = body.encode()
        headers = {"Host": self.host, "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{service}.{operation}"}
        self.connection.request("POST", "/", body, {**headers, **self.sign(headers, body, self.region)})
        response = self.connection.getresponse()
        text = response.read().decode()
        return response.status, json.loads(text) if text else {}


def unsigned(headers, body, region):
    return {"X-Amz-Date": "20260101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=conformance/20260101/{region}/dynamodb/aws4_request, "
                             "SignedHeaders=host, Signature=0"}


def signed(headers, body, region):
    """Signature Version 4. (General Reference, "Create a signed AWS API request")"""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    added = {"X-Amz-Date": now}
    if os.environ.get("AWS_SESSION_TOKEN"):
        added["X-Amz-Security-Token"] = os.environ["AWS_SESSION_TOKEN"]
    lines = {name.lower(): value for name, value in {**headers, **added}.items()}
    names = ";".join(sorted(lines))
    canonical = "\n".join(["POST", "/", "", *(f"{name}:{lines[name]}" for name in sorted(lines)), "", names,
                           hashlib.sha256(body).hexdigest()])
    scope = f"{now[:8]}/{region}/dynamodb/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in (*scope.split("/"), to_sign):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return {**added, "Authorization": f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope}, "
                                      f"SignedHeaders={names}, Signature={key.hex()}"}


def expanded(value):
    """@{text*n} in a text is n times the text; {"@wrap":"L","times":n,"around":v} is v inside n lists or maps."""
    if isinstance(value, str):
        return re.sub(r"@\{(.*?)\*(\d+)\}", lambda match: match[1] * int(match[2]), value)
    if isinstance(value, list):
        return [expanded(element) for element in value]
    if not isinstance(value, dict):
        return value
    if "@wrap" in value:
        inner = expanded(value["around"])
        for _ in range(value["times"]):
            inner = {"L": [inner]} if value["@wrap"] == "L" else {"M": {"k": inner}}
        return inner
    return {expanded(name): expanded(inner) for name, inner in value.items()}


def body_of(row):
    return row["body"] if "body" in row else json.dumps(expanded(row.get("request", {})))


def differences(row, status, answer):
    wanted_status = row.get("status", 400)
    if status != wanted_status:
        return f"status {status} instead of {wanted_status}"
    if wanted_status == 200:
        wanted = expanded(row.get("answer", {}))
        missing = {name: value for name, value in wanted.items() if answer.get(name) != value}
        return f"without {missing}" if missing else None
    wanted_type = row.get("type", "ValidationException")
    if answer.get("__type", "").rsplit("#")[-1] != wanted_type:
        return f"type {answer.get('__type')} instead of {wanted_type}"
    message = answer.get("message", answer.get("Message"))
    if "message" in row and message != expanded(row["message"]):
        return f"message\n    {message}\n  instead of\n    {expanded(row['message'])}"
    if "reasons" in row and answer.get("CancellationReasons") != row["reasons"]:
        return f"reasons {answer.get('CancellationReasons')} instead of {row['reasons']}"
    return None


def make_tables(endpoint, tables):
    for table in tables:
        status, answer = endpoint.call("CreateTable", json.dumps(table))
        if status != 200 and not answer.get("__type", "").endswith("ResourceInUseException"):
            sys.exit(f"{table['TableName']}: {answer}")
    for table in tables:
        name = json.dumps({"TableName": table["TableName"]})
        while endpoint.call("DescribeTable", name)[1]["Table"]["TableStatus"] != "ACTIVE":
            time.sleep(1)  # Of AWS alone; here the answer is ACTIVE at once.


def run(endpoint, files):
    tables = json.loads((HERE / "tables.json").read_text())
    make_tables(endpoint, tables)
    rows = failures = 0
    for file in files:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if not line.strip():
                continue
            row = json.loads(line)
            for operation, request in row.get("given", []):
                status, answer = endpoint.call(operation, json.dumps(expanded(request)))
                if status != 200:
                    sys.exit(f"{file.name}:{number}: given {operation}: {answer}")
            status, answer = endpoint.call(row["operation"], body_of(row), row.get("service", "DynamoDB_20120810"))
            rows += 1
            if difference := differences(row, status, answer):
                failures += 1
                print(f"{file.name}:{number}: {row['operation']} {body_of(row)[:200]}\n  {difference}")
    for table in tables:
        endpoint.call("DeleteTable", json.dumps({"TableName": table["TableName"]}))
    print(f"{rows} rows, {failures} differ")
    return failures


def main(arguments):
    if not arguments or arguments[0] == "--help":
        sys.exit(__doc__)
    target, *names = arguments
    region = "us-east-1"
    if target == "--aws":
        region, *names = names
    files = [pathlib.Path(name) for name in names] or sorted(HERE.glob("*.jsonl"))
    if target == "--aws":
        host = f"dynamodb.{region}.amazonaws.com"
        return run(Endpoint(http.client.HTTPSConnection(host), host, region, signed), files)
    server = subprocess.Popen([target, "--port", "0", "--log-level", "error"], stdout=subprocess.PIPE, text=True)
    try:
        host = server.stdout.readline().rsplit("//", 1)[1].strip()
        return run(Endpoint(http.client.HTTPConnection(host), host, region, unsigned), files)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
