"""Random conditions, as expressions and in their older form, and random transactions against a model in a few lines of
Python. The seed is fixed and printed on failure; TAILRACE_SEED in the environment gives another."""
import random
import unittest

from conformance import Rows, av, item
from test_conformance_reads import keys
from test_random_items import NAMES, SEED, Refused, Update, random_value

TABLE = {
    "TableName": "random", "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("p", "s"),
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in [("p", "S"), ("s", "N")]]}

ORDERS = {"LT": ("<", lambda a, b: a < b), "LE": ("<=", lambda a, b: a <= b), "GT": (">", lambda a, b: a > b), "GE": (">=", lambda a, b: a >= b)}


class Test:
    """One attribute against values: its text, its older form, and whether it holds."""

    def __init__(self, source, number):
        self.name = source.choice(NAMES)
        self.operator = source.choice(["EQ", "NE", *ORDERS, "BETWEEN", "IN", "NULL", "NOT_NULL", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH"])
        scalar = lambda: source.choice([source.randint(0, 9), source.choice(["", "x", "xy", "y", "z"])])
        if self.operator in ("EQ", "NE"):
            self.values = [random_value(source)]
        elif self.operator == "BETWEEN":
            self.values = sorted(source.choice([[source.randint(0, 9), source.randint(0, 9)], [source.choice("xyz"), source.choice("xyz")]]))
        elif self.operator == "IN":
            self.values = source.choice([[source.randint(0, 9) for _ in range(4)], list("xy")])
        elif self.operator == "BEGINS_WITH":
            self.values = [source.choice(["", "x", "y"])]
        else:
            self.values = [] if self.operator.endswith("NULL") else [scalar()]
        self.places = {f":v{number}x{index}": value for index, value in enumerate(self.values)}

    def text(self):
        first, *rest = self.places or [None]
        if self.operator in ORDERS:
            return f"{self.name} {ORDERS[self.operator][0]} {first}"
        return {"EQ": f"{self.name} = {first}", "NE": f"{self.name} <> {first}", "BETWEEN": f"{self.name} BETWEEN {first} AND {''.join(rest)}",
                "IN": f"{self.name} IN ({', '.join(self.places)})", "NULL": f"attribute_not_exists({self.name})",
                "NOT_NULL": f"attribute_exists({self.name})", "CONTAINS": f"contains({self.name}, {first})",
                "NOT_CONTAINS": f"(attribute_exists({self.name}) AND NOT contains({self.name}, {first}))",
                "BEGINS_WITH": f"begins_with({self.name}, {first})"}[self.operator]

    def older(self):
        return {"ComparisonOperator": self.operator, **({"AttributeValueList": [av(value) for value in self.values]} if self.values else {})}

    def holds(self, document):
        if self.name not in document:
            return self.operator in ("NE", "NULL")
        value, comparable = document[self.name], [each for each in self.values if type(each) is type(document[self.name])]
        if self.operator in ORDERS:
            return bool(comparable) and ORDERS[self.operator][1](value, comparable[0])
        return {"EQ": lambda: value in comparable, "NE": lambda: value not in comparable, "IN": lambda: value in comparable, "NULL": lambda: False,
                "NOT_NULL": lambda: True, "BETWEEN": lambda: len(comparable) == 2 and comparable[0] <= value <= comparable[1],
                "CONTAINS": lambda: contains(value, self.values[0]), "NOT_CONTAINS": lambda: not contains(value, self.values[0]),
                "BEGINS_WITH": lambda: bool(comparable) and value.startswith(comparable[0])}[self.operator]()


def contains(container, element):
    if isinstance(container, str):
        return isinstance(element, str) and element in container
    return isinstance(container, (set, list)) and any(type(each) is type(element) and each == element for each in container)


class Condition:
    """One to three tests of different attributes, all of which or one of which must hold."""

    def __init__(self, source):
        tests = [Test(source, number) for number in range(source.randint(1, 3))]
        self.tests = list({test.name: test for test in tests}.values())
        self.joined = source.choice(["AND", "OR"])
        self.places = {place: value for test in self.tests for place, value in test.places.items()}

    def expression(self, member):
        return {member: f" {self.joined} ".join(test.text() for test in self.tests),
                **({"ExpressionAttributeValues": item(self.places)} if self.places else {})}

    def older(self, member):
        combined = {"ConditionalOperator": self.joined} if len(self.tests) > 1 else {}  # Of one condition it is refused.
        return {member: {test.name: test.older() for test in self.tests}, **combined}

    def holds(self, document):
        return (all if self.joined == "AND" else any)(test.holds(document) for test in self.tests)


class RandomConditions(Rows, unittest.TestCase):
    TABLES = [TABLE]

    def setUp(self):
        self.random = random.Random(SEED)
        self.note = self.subTest(f"TAILRACE_SEED={SEED}")

    def random_item(self, key):
        return {**key, **{name: random_value(self.random) for name in NAMES if self.random.random() < 0.7}}

    def found(self, operation, body):
        numbers = []
        while True:
            page = self.require(operation, body)
            numbers += [int(row["s"]["N"]) for row in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return sorted(numbers)
            body = {**body, "ExclusiveStartKey": page["LastEvaluatedKey"]}

    def test_filters_find_what_the_model_finds(self):
        rows = [self.random_item({"p": "filter", "s": number}) for number in range(40)]
        for row in rows:
            self.require("PutItem", {"TableName": "random", "Item": item(row)})
        of_one = {"KeyConditions": {"p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "filter"}]}}}
        with self.note:
            for _ in range(300):
                condition = Condition(self.random)
                page = {"TableName": "random", "Limit": self.random.randint(5, 50)}
                expected = [row["s"] for row in rows if condition.holds(row)]
                for operation, filtered in [("Scan", condition.expression("FilterExpression")), ("Scan", condition.older("ScanFilter")),
                                            ("Query", {**of_one, **condition.expression("FilterExpression")}),
                                            ("Query", {**of_one, **condition.older("QueryFilter")})]:
                    self.assertEqual(self.found(operation, {**page, **filtered}), expected, (operation, filtered))
        for row in rows:
            self.require("DeleteItem", {"TableName": "random", "Key": item({"p": row["p"], "s": row["s"]})})

    def test_writes_depend_on_what_the_model_says(self):
        key = {"p": "write", "s": 1}
        with self.note:
            for _ in range(300):
                before = self.random_item(key) if self.random.random() < 0.9 else {}
                condition = Condition(self.random)
                for conditional in condition.expression("ConditionExpression"), condition.older("Expected"):
                    if before:
                        self.require("PutItem", {"TableName": "random", "Item": item(before)})
                    after = self.random_item(key)
                    answer = self.call("PutItem", {"TableName": "random", "Item": item(after), **conditional})
                    self.assertEqual(answer.get("__type", "").partition("#")[2], "" if condition.holds(before) else "ConditionalCheckFailedException",
                                     (before, conditional, answer))
                    left = after if condition.holds(before) else before
                    self.assertEqual(self.call("DeleteItem", {"TableName": "random", "Key": item(key), "ReturnValues": "ALL_OLD"}),
                                     {"Attributes": item(left)} if left else {})

    def action(self, number, document):
        """A random action on an item: its element of TransactItems, what it leaves (None: nothing) or Refused, and its condition."""
        key = {"p": "transact", "s": number}
        of_item = {"TableName": "random", "Key": item(key)}
        condition = Condition(self.random) if self.random.random() < 0.4 else None
        conditional = condition.expression("ConditionExpression") if condition else {}
        kind = self.random.choice(["Put", "Delete", "Update"] if document else ["Put", "Delete"])
        if condition and self.random.random() < 0.3:
            return {"ConditionCheck": {**of_item, **conditional}}, document, condition
        if kind == "Put":
            after = self.random_item(key)
            return {"Put": {"TableName": "random", "Item": item(after), **conditional}}, after, condition
        if kind == "Delete":
            return {"Delete": {**of_item, **conditional}}, None, condition
        update = Update(self.random, document)
        values = {**item(update.values), **conditional.pop("ExpressionAttributeValues", {})}
        try:
            after = update.apply(document)
        except Refused:
            after = Refused
        return {"Update": {**of_item, "UpdateExpression": update.text, **conditional, **({"ExpressionAttributeValues": values} if values else {})}}, after, condition

    def test_transactions_are_all_or_nothing(self):
        model, outcomes = {}, {"": 0, "ConditionalCheckFailed": 0, "ValidationError": 0}
        with self.note:
            for _ in range(600):
                chosen = self.random.sample(range(8), self.random.randint(1, 4))
                actions = [self.action(number, model.get(number)) for number in chosen]
                answer = self.call("TransactWriteItems", {"TransactItems": [element for element, _, _ in actions]})
                # Conditions come first, and all that fail are told; of what the data refuses the first.
                codes = ["None" if condition is None or condition.holds(model.get(number) or {}) else "ConditionalCheckFailed"
                         for number, (_, _, condition) in zip(chosen, actions)]
                refused = [after is Refused for _, after, _ in actions]
                if not any(code != "None" for code in codes) and any(refused):
                    codes[refused.index(True)] = "ValidationError"
                worst = next((code for code in codes if code != "None"), "")
                outcomes[worst] += 1
                self.assertEqual([reason["Code"] for reason in answer.get("CancellationReasons", [])], codes if worst else [], (actions, model, answer))
                if not worst:
                    model.update({number: after for number, (_, after, _) in zip(chosen, actions)})
                rows = self.require("Query", {"TableName": "random", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "transact"}}})
                self.assertEqual(rows["Items"], [item(document) for _, document in sorted(model.items()) if document], actions)
        self.assertTrue(all(count > 20 for count in outcomes.values()), outcomes)


if __name__ == "__main__":
    unittest.main()
