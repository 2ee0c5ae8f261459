"""The runner of conformance rows: raw requests to the server binary, their answers compared to the letter."""
import base64
import decimal
import http.client
import json
import urllib.parse

from support import Server

HEADERS = {
    "Content-Type": "application/x-amz-json-1.0", "X-Amz-Date": "20260101T000000Z",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
                     "SignedHeaders=host, Signature=0"}
INVALID = "One or more parameter values were invalid: "
ENVELOPE = "1 validation error detected: "
CONSTRAINT = " failed to satisfy constraint: "
NOT_FOUND = "Requested resource not found"
KEY_SCHEMA = "The provided key element does not match the schema"
VALUES = "ExpressionAttributeValues contains invalid value: "


def av(value):
    """The AttributeValue of a Python value: str, int, Decimal, bytes, bool, None, list, dict, or a set of one type."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, list):
        return {"L": [av(element) for element in value]}
    if isinstance(value, dict):
        return {"M": item(value)}
    if isinstance(value, (set, frozenset)):
        elements = [av(element) for element in sorted(value)]
        (kind,) = {kind for element in elements for kind in element}
        return {kind + "S": [element[kind] for element in elements]}
    if isinstance(value, (int, decimal.Decimal)):
        return {"N": format(value, "f") if isinstance(value, decimal.Decimal) else str(value)}
    return {"B": base64.b64encode(value).decode()} if isinstance(value, bytes) else {"S": value}


def item(attributes):
    return {name: av(value) for name, value in attributes.items()}


class Rows:
    """Mixed into a unittest.TestCase: one server, with TABLES (bodies of CreateTable) and ITEMS (table name, item)."""
    TABLES = []
    ITEMS = []

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.stop)
        cls.connection = http.client.HTTPConnection(urllib.parse.urlsplit(cls.server.endpoint).netloc)
        for table in cls.TABLES:
            cls.require("CreateTable", table)
        for name, item in cls.ITEMS:
            cls.require("PutItem", {"TableName": name, "Item": item})

    @classmethod
    def stop(cls):
        cls.connection.close()
        assert cls.server.stop() == 0

    @classmethod
    def call(cls, operation, body):
        """The decoded answer, of a success or an error."""
        cls.connection.request("POST", "/", json.dumps(body), {**HEADERS, "X-Amz-Target": f"DynamoDB_20120810.{operation}"})
        with cls.connection.getresponse() as response:
            return json.loads(response.read() or b"{}")

    @classmethod
    def require(cls, operation, body):
        answer = cls.call(operation, body)
        assert "__type" not in answer, answer
        return answer

    def check_refusals(self, rows):
        """Rows of operation, body, error type and message (... for any message)."""
        for operation, body, error, message in rows:
            with self.subTest(operation, body=str(body)[:400], message=message):
                answer = self.call(operation, body)
                self.assertEqual(answer.get("__type", "").partition("#")[2], error, answer)
                if message is not ...:
                    self.assertEqual(answer.get("message", answer.get("Message")), message)

    def check_answers(self, rows):
        """Rows of operation, body and the whole answer, run in this order."""
        for operation, body, expected in rows:
            with self.subTest(operation, body=str(body)[:400]):
                self.assertEqual(self.call(operation, body), expected)
