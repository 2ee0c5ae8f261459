"""--verify-signatures before boto3's own signer: what is signed right works, all else is refused as by the service."""
import datetime
import hashlib
import http.client
import json
import unittest
import urllib.parse

import botocore.exceptions
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support import Server

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
MISMATCH = ("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
            "and signing method. Consult the service documentation for details.")
BODY = b'{"Limit": 1}'


def text_of(time):
    return time.strftime("%Y%m%dT%H%M%SZ")


class Dated:
    """Signs as of a given time."""
    time = None

    def _modify_request_before_signing(self, request):
        if self.time is not None:
            request.context["timestamp"] = text_of(self.time)
        super()._modify_request_before_signing(request)


class HeaderAuth(Dated, SigV4Auth):
    pass


class HostlessAuth(HeaderAuth):
    def headers_to_sign(self, request):
        headers = super().headers_to_sign(request)
        del headers["host"]
        return headers


class QueryAuth(Dated, SigV4QueryAuth):
    def payload(self, request):  # botocore's own presigns requests without body only.
        return hashlib.sha256(BODY).hexdigest()


class Signatures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server("--verify-signatures", "--access-key", f"{KEY}:{SECRET}",
                                                  "--access-key", "OTHER:other"))
        cls.now = datetime.datetime.now(datetime.timezone.utc)

    def client(self, service, key=KEY, secret=SECRET, **settings):
        return self.server.client(service, aws_access_key_id=key, aws_secret_access_key=secret, **settings)

    def assert_refused(self, call, code, message):
        with self.assertRaises(botocore.exceptions.ClientError) as refusal:
            call()
        self.assertEqual((refusal.exception.response["Error"]["Code"], refusal.exception.response["Error"]["Message"]),
                         (code, message))

    def send(self, auth, time=None, body=BODY, without=()):
        """Signs BODY as of `time` and sends `body`; answers (code or None, message or answer)."""
        request = AWSRequest("POST", f"{self.server.endpoint}/", headers={
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables"},
            data=None if isinstance(auth, QueryAuth) else BODY)
        auth.time = time
        auth.add_auth(request)
        url = urllib.parse.urlsplit(request.url)
        connection = http.client.HTTPConnection(url.netloc)
        self.addCleanup(connection.close)
        connection.request("POST", f"/?{url.query}" if url.query else "/", body,
                           {name: value for name, value in request.headers.items() if name not in without})
        answer = json.loads(connection.getresponse().read())
        if "__type" not in answer:
            return None, answer
        return answer["__type"].removeprefix("com.amazon.coral.service#"), answer["message"]

    def header_auth(self, key=KEY, service="dynamodb", region="eu-west-2", kind=HeaderAuth):
        return kind(Credentials(key, SECRET), service, region)

    def query_auth(self, expires, secret=SECRET):
        return QueryAuth(Credentials(KEY, secret), "dynamodb", "eu-west-2", expires=expires)

    def test_what_is_signed_with_a_known_key_works(self):
        cases = ({}, {"key": "OTHER", "secret": "other"}, {"aws_session_token": "token/+="}, {"region_name": "local"})
        for table, settings in zip(("Orders.1", "Orders.2", "Orders.3", "Orders.4"), cases):
            with self.subTest(settings):
                dynamodb = self.client("dynamodb", **settings)
                dynamodb.create_table(
                    TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
                dynamodb.put_item(TableName=table, Item={"id": {"S": "žluť ☃"}})
                self.assertEqual(dynamodb.scan(TableName=table)["Count"], 1)
                self.assertEqual(len(self.client("dynamodbstreams", **settings).list_streams(TableName=table)["Streams"]), 1)
                absent = "arn:aws:lambda:us-east-1:000000000000:function:absent:1"
                self.assertEqual(self.client("lambda", **settings).list_event_source_mappings(
                    FunctionName=absent, MaxItems=1)["EventSourceMappings"], [])
                dynamodb.delete_table(TableName=table)

    def test_what_is_not_is_refused(self):
        for service, call in (("dynamodb", "list_tables"), ("dynamodbstreams", "list_streams"), ("lambda", "list_functions")):
            with self.subTest(service):
                self.assert_refused(getattr(self.client(service, secret="wrong"), call), "InvalidSignatureException", MISMATCH)
                self.assert_refused(getattr(self.client(service, key="NOBODY"), call), "UnrecognizedClientException",
                                    "The security token included in the request is invalid.")

    def test_a_body_or_token_altered_on_the_way_is_refused(self):
        def alter(request, **_):
            request.body = request.body.replace(b"10", b"11")

        def exchange(request, **_):
            request.headers["X-Amz-Security-Token"] = "stolen"

        for change in (alter, exchange):
            with self.subTest(change.__name__):
                dynamodb = self.client("dynamodb", aws_session_token="token")
                self.assertEqual(dynamodb.list_tables(Limit=10)["TableNames"], [])
                dynamodb.meta.events.register("before-send.dynamodb", change)
                self.assert_refused(lambda: dynamodb.list_tables(Limit=10), "InvalidSignatureException", MISMATCH)

    def test_signed_headers_must_be_there(self):
        self.assertEqual(self.send(self.header_auth()), (None, {"TableNames": []}))
        code, message = self.send(self.header_auth(), without=("X-Amz-Date",))
        self.assertEqual((code, message[:84]), ("IncompleteSignatureException",
                         "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."))
        self.assertEqual(self.send(self.header_auth(kind=HostlessAuth)), ("InvalidSignatureException",
                         "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."))

    def test_the_scope_must_be_the_services(self):
        self.assertEqual(self.send(self.header_auth(service="sqs", region="Moon_1")), (
            "InvalidSignatureException", "Credential should be scoped to a valid region, not 'Moon_1'. "
            "Credential should be scoped to correct service: 'dynamodb'. "))
        self.assertEqual(self.send(self.header_auth(key="a/b")), (
            "IncompleteSignatureException", "Credential must have exactly 5 slash-delimited elements, e.g. "
            f"keyid/date/region/service/term, got 'a/b/{self.now:%Y%m%d}/eu-west-2/dynamodb/aws4_request'"))

    def test_clocks_may_differ_by_a_quarter_of_an_hour(self):
        minutes = lambda count: self.now + datetime.timedelta(minutes=count)
        for offset in (-14, 14):
            self.assertEqual(self.send(self.header_auth(), minutes(offset)), (None, {"TableNames": []}))
        for offset, words in ((-16, r"Signature expired: {} is now earlier than \w+ \(\w+ - 15 min\.\)"),
                              (17, r"Signature not yet current: {} is still later than \w+ \(\w+ \+ 15 min\.\)")):
            code, message = self.send(self.header_auth(), minutes(offset))
            self.assertEqual(code, "InvalidSignatureException")
            self.assertRegex(message, words.format(text_of(minutes(offset))))

    def test_a_presigned_request_lives_as_long_as_it_says(self):
        ago = lambda **span: self.now - datetime.timedelta(**span)
        for expires, time in ((60, self.now), (3600, ago(minutes=50)), (604800, ago(days=6)), (60, ago(minutes=-10))):
            with self.subTest(expires=expires, time=time):
                self.assertEqual(self.send(self.query_auth(expires), time), (None, {"TableNames": []}))
        for expires, time, span in ((60, ago(minutes=5), "1 min."), (3600, ago(hours=2), "60 min."), (90, ago(minutes=5), "90 sec."),
                                    (604800, ago(days=8), "10080 min.")):
            with self.subTest(expires=expires, time=time):
                code, message = self.send(self.query_auth(expires), time)
                self.assertEqual(code, "InvalidSignatureException")
                self.assertRegex(message, rf"^Signature expired: {text_of(time)} is now earlier than \w+ \(\w+ - {span}\)$")
        self.assertEqual(self.send(self.query_auth(60), body=b"{}"), ("InvalidSignatureException", MISMATCH))
        self.assertEqual(self.send(self.query_auth(60, secret="wrong")), ("InvalidSignatureException", MISMATCH))
        self.assertEqual(self.send(self.query_auth(604801))[0], "IncompleteSignatureException")

    def test_the_products_clock_does_not_matter(self):
        with Server("--verify-signatures", "--access-key", f"{KEY}:{SECRET}") as server:
            server.control("PUT", "clock", {"AdvanceSeconds": 10 * 86400})
            dynamodb = server.client("dynamodb", aws_access_key_id=KEY, aws_secret_access_key=SECRET)
            self.assertEqual(dynamodb.list_tables()["TableNames"], [])


if __name__ == "__main__":
    unittest.main()
