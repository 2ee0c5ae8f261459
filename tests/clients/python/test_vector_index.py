"""Vector indexes against the server binary: filled while writes go on, kept by TTL, still there after a restart."""
import json
import tempfile
import time
import unittest
import urllib.request

from conformance import HEADERS
from support import Server

VECTOR = {"IndexName": "vix", "VectorAttribute": {"AttributeName": "e"}, "Dimensions": 2, "DistanceFunction": "EUCLIDEAN",
          "Projection": {"ProjectionType": "KEYS_ONLY"}}
ITEMS = 600


def vector(*numbers):
    return [{"N": str(number)} for number in numbers]


class VectorIndex(unittest.TestCase):
    def call(self, server, operation, **body):
        headers = {**HEADERS, "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        request = urllib.request.Request(server.endpoint, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def index(self, server):
        return self.call(server, "DescribeTable", TableName="tbl")["Table"]["VectorIndexes"][0]

    def nearest(self, server, *numbers, count=2):
        results = self.call(server, "SearchVectors", TableName="tbl", IndexName="vix", SearchVector=vector(*numbers), TopK=count)
        return [result["Item"]["pk"]["S"] for result in results["SearchResults"]]

    def test_is_filled_and_follows_time_to_live_and_restarts(self):
        with tempfile.TemporaryDirectory() as folder:
            with Server("--data-dir", folder) as server:
                self.call(server, "CreateTable", TableName="tbl", BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])
                self.call(server, "UpdateTimeToLive", TableName="tbl",
                          TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
                for start in range(0, ITEMS, 25):
                    self.call(server, "BatchWriteItem", RequestItems={"tbl": [
                        {"PutRequest": {"Item": {"pk": {"S": str(i)}, "e": {"L": vector(i, 0)}}}}
                        for i in range(start, start + 25)]})
                self.call(server, "PutItem", TableName="tbl", Item={"pk": {"S": "short"}, "e": {"L": vector(1)}})
                self.call(server, "UpdateTable", TableName="tbl", VectorIndexUpdates=[{"Create": VECTOR}])
                expiry = {"N": str(int(time.time()) + 3600)}
                self.call(server, "PutItem", TableName="tbl",
                          Item={"pk": {"S": "late"}, "ttl": expiry, "e": {"L": vector(599.4, 0)}})
                while self.index(server)["IndexStatus"] != "ACTIVE":
                    pass
                self.assertNotIn("Backfilling", self.index(server))
                self.assertEqual(self.index(server)["ItemCount"], ITEMS + 1)
                self.assertEqual(self.nearest(server, 600, 0), ["late", "599"])
                server.control("PUT", "clock", {"AdvanceSeconds": 7200})
                self.assertEqual(self.nearest(server, 600, 0), ["599", "598"])
            with Server("--data-dir", folder) as server:
                self.assertEqual(self.nearest(server, 300, 1, count=1), ["300"])
                self.call(server, "UpdateTable", TableName="tbl", VectorIndexUpdates=[{"Delete": {"IndexName": "vix"}}])
                self.assertNotIn("VectorIndexes", self.call(server, "DescribeTable", TableName="tbl")["Table"])


if __name__ == "__main__":
    unittest.main()
