"""Pages at their limit and one byte beyond it: 1 MB of Query, Scan and SELECT, 16 MB of BatchGetItem, 4 MB of
TransactGetItems. (behaviour/dynamodb 2.7, 4.2, 5.2)"""
import unittest

from conformance import Rows
from test_conformance_reads import keys

MB = 1 << 20
OVERHEAD = len("p") + len("a") + len("s") + len("d")  # Of an item, beside the payload and the number.


def number(value):
    return {"p": {"S": "a"}, "s": {"N": str(value)}}


class PageLimits(Rows, unittest.TestCase):
    TABLES = [{"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("p", "s"),
               "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}]}
              for name in ("pages", "batches", "more")]

    def put(self, table, value, size):
        number_size = 1 + (len(str(value).rstrip("0")) + 1) // 2
        self.require("PutItem", {"TableName": table, "Item": {**number(value), "d": {"S": "x" * (size - OVERHEAD - number_size)}}})

    def pages(self, **members):
        """Counts of what one page of each kind of reading evaluates, with whether there is a next one."""
        query = {"KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
        answers = [self.require("Scan", {"TableName": "pages", **members}), self.require("Query", {"TableName": "pages", **query, **members})]
        return {(answer["ScannedCount"], "LastEvaluatedKey" in answer) for answer in answers}

    def test_a_page_holds_a_megabyte_and_no_byte_more(self):
        for value in range(1, 5):
            self.put("pages", value, MB // 4)
        self.assertEqual(self.pages(), {(4, False)})
        self.assertEqual(self.pages(Limit=4), {(4, True)})
        self.put("pages", 5, 100)
        self.assertEqual(self.pages(), {(4, True)})
        self.put("pages", 4, MB // 4 + 1)
        self.assertEqual(self.pages(), {(3, True)})
        # What is read counts, not what is shown of it.
        self.assertEqual(self.pages(Select="COUNT"), {(3, True)})
        self.assertEqual(self.pages(ProjectionExpression="s"), {(3, True)})
        self.assertEqual(self.pages(FilterExpression="attribute_not_exists(d)"), {(3, True)})
        selected = self.require("ExecuteStatement", {"Statement": "SELECT s FROM pages WHERE p = 'a'", "ReturnConsumedCapacity": "TOTAL"})
        self.assertEqual(selected["Items"], [{"s": {"N": str(value)}} for value in (1, 2, 3)])
        self.assertEqual(selected["ConsumedCapacity"], {"TableName": "pages", "CapacityUnits": 96.0})

    def test_a_batch_of_gets_holds_sixteen_megabytes(self):
        largest = 400 << 10
        for value in range(1, 41):
            self.put("batches", value, largest)
        self.put("batches", 41, 16 * MB - 40 * largest)
        self.put("more", 1, 100)
        batch = {"RequestItems": {"batches": {"Keys": [number(value) for value in range(1, 42)], "ProjectionExpression": "s"}}}
        answer = self.require("BatchGetItem", batch)
        self.assertEqual(len(answer["Responses"]["batches"]), 41)
        self.assertEqual(answer["UnprocessedKeys"], {})
        # The first item too many ends the answer; what is left can be sent as it is.
        self.put("batches", 41, 16 * MB - 40 * largest + 1)
        batch["RequestItems"]["more"] = {"Keys": [number(1)], "ConsistentRead": True}
        answer = self.require("BatchGetItem", batch)
        self.assertEqual({table: len(items) for table, items in answer["Responses"].items()}, {"batches": 40, "more": 0})
        self.assertEqual(answer["UnprocessedKeys"], {"batches": {"Keys": [number(41)], "ProjectionExpression": "s"}, "more": batch["RequestItems"]["more"]})
        rest = self.require("BatchGetItem", {"RequestItems": answer["UnprocessedKeys"]})
        self.assertEqual({table: len(items) for table, items in rest["Responses"].items()}, {"batches": 1, "more": 1})
        # A transaction has 4 MB and no rest.
        gets = [{"Get": {"TableName": "batches", "Key": number(value), "ProjectionExpression": "s"}} for value in range(1, 12)]
        self.assertEqual(len(self.require("TransactGetItems", {"TransactItems": gets[:10]})["Responses"]), 10)
        self.check_refusals([("TransactGetItems", {"TransactItems": gets}, "ValidationException", ...)])


if __name__ == "__main__":
    unittest.main()
