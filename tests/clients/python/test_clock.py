"""Years of the product's clock with a table that expires items and has a stream: quickly, and nobody else waits."""
import datetime
import threading
import time
import unittest

from support import Server

TABLE = "Sessions"
DAY = 86_400
YEAR = 365 * DAY
ITEMS = 300
# A machine that is busy with other tests needs a multiple of the few milliseconds.
SECONDS_MAX = 5


class Reader(threading.Thread):
    """Reads an item again and again, and keeps the longest time that an answer took."""

    def __init__(self, client):
        super().__init__()
        self.client, self.slowest, self.answers, self.done = client, 0.0, 0, False

    def run(self):
        while not self.done:
            began = time.monotonic()
            self.client.get_item(TableName=TABLE, Key={"id": {"S": "none"}})
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.answers += 1


class ClockTest(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server())
        self.db = self.server.client("dynamodb")
        self.arn = self.db.create_table(
            TableName=TABLE, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"})["TableDescription"]["LatestStreamArn"]
        self.db.update_time_to_live(
            TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})

    def put_items_that_expire_by_day(self):
        now = int(time.time())
        for day in range(ITEMS):
            self.db.put_item(TableName=TABLE, Item={"id": {"S": str(day)}, "expires": {"N": str(now + (day + 1) * DAY)}})

    def advance(self, seconds):
        began = time.monotonic()
        answer = self.server.control("PUT", "clock", {"AdvanceSeconds": seconds})
        self.assertLess(time.monotonic() - began, SECONDS_MAX)
        return datetime.datetime.fromisoformat(answer["Now"])

    def count(self):
        return self.db.scan(TableName=TABLE, Select="COUNT")["Count"]

    def test_a_year_and_a_lifetime_pass_at_once_and_readers_are_answered_meanwhile(self):
        self.put_items_that_expire_by_day()
        reader = Reader(self.server.client("dynamodb"))
        reader.start()
        self.advance(10 * DAY)
        self.assertEqual(ITEMS - 10, self.count())
        before = self.advance(YEAR)
        self.assertEqual(0, self.count())
        after = self.advance(68 * YEAR)
        self.assertGreaterEqual(after - before, datetime.timedelta(days=68 * 365))
        reader.done = True
        reader.join()
        self.assertGreater(reader.answers, 0)
        self.assertLess(reader.slowest, SECONDS_MAX)
        # What is left of the stream is the last day's: shards that rolled over, and no records.
        shards = self.server.client("dynamodbstreams").describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]
        self.assertIn(len(shards), range(6, 10))


if __name__ == "__main__":
    unittest.main()
