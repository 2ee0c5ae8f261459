"""Random updates, projections and queries of indexes against a model in a few lines of Python. The seed is fixed and
printed on failure; TAILRACE_SEED in the environment gives another."""
import copy
import os
import random
import unittest

from conformance import Rows, item
from test_conformance_reads import index, keys

SEED = int(os.environ.get("TAILRACE_SEED", "20120810"))
NAMES = ["a", "b", "c", "d"]
TABLE = {
    "TableName": "random", "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("p", "s"),
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in [("p", "S"), ("s", "N"), ("g", "S"), ("i", "N"), ("l", "N")]],
    "LocalSecondaryIndexes": [index("lsi", keys("p", "l"))],
    "GlobalSecondaryIndexes": [index("gsi", keys("g", "i")), index("multi", keys("gp", "il"))]}


class Refused(Exception):
    pass


def find(document, path):
    """The element at a path, or Refused where there is none."""
    for step in path:
        if not isinstance(document, dict if isinstance(step, str) else list):
            raise Refused
        try:
            document = document[step]
        except (KeyError, IndexError):
            raise Refused from None
    return document


def has(document, path):
    try:
        find(document, path)
        return True
    except Refused:
        return False


def text(path):
    return "".join(f"[{step}]" if isinstance(step, int) else ("." if number else "") + step for number, step in enumerate(path))


def clash(one, two):
    """Whether two paths overlap or conflict."""
    for a, b in zip(one, two):
        if a != b:
            return type(a) is not type(b)
    return True


class Update:
    """A random update expression, its text and what it should do."""

    def __init__(self, source, document):
        self.random = source
        self.document = document
        self.values = {}
        self.actions = []  # Section, path, evaluate(item).
        clauses = {}
        for _ in range(source.randint(1, 4)):
            section = source.choice(["SET", "SET", "REMOVE", "ADD", "DELETE"])
            path = random_path(source, document)
            if any(clash(path, other) for _, other, _ in self.actions):
                continue
            if section == "SET":
                right, evaluate = self.right_side()
                clauses.setdefault(section, []).append(f"{text(path)} = {right}")
            elif section == "REMOVE":
                evaluate = None
                clauses.setdefault(section, []).append(text(path))
            else:
                operand = {source.choice("xyz") for _ in range(2)} if section == "DELETE" or source.random() < 0.5 else source.randint(-3, 3)
                evaluate = (lambda operand: lambda _: operand)(operand)
                clauses.setdefault(section, []).append(f"{text(path)} {self.value(operand)}")
            self.actions.append((section, path, evaluate))
        sections = list(clauses.items())
        source.shuffle(sections)
        self.text = " ".join(f"{section} {', '.join(parts)}" for section, parts in sections)

    def value(self, value):
        name = f":v{len(self.values)}"
        self.values[name] = value
        return name

    def operand(self, value):
        if self.random.random() < 0.5:
            path = random_path(self.random, self.document)
            return text(path), lambda document: find(document, path)
        return self.value(value), lambda _: value

    def right_side(self):
        kind = self.random.choice(["plain", "plus", "minus", "default", "append"])
        if kind == "plain":
            return self.operand(random_value(self.random))
        if kind == "default":
            path = random_path(self.random, self.document)
            right, evaluate = self.operand(self.random.randint(0, 9))
            return f"if_not_exists({text(path)}, {right})", lambda document: find(document, path) if has(document, path) else evaluate(document)
        if kind == "append":
            (left, first), (right, second) = self.operand([1]), self.operand([2, "x"])

            def append(document):
                one, two = first(document), second(document)
                if not isinstance(one, list) or not isinstance(two, list):
                    raise Refused
                return one + two
            return f"list_append({left}, {right})", append
        (left, first), (right, second) = self.operand(self.random.randint(0, 9)), self.operand(self.random.randint(0, 9))

        def add(document):
            one, two = first(document), second(document)
            if not isinstance(one, int) or not isinstance(two, int):
                raise Refused
            return one + two if kind == "plus" else one - two
        return f"{left} {'+' if kind == 'plus' else '-'} {right}", add

    def apply(self, old):
        """The new item; all right sides and list positions are those of the old one."""
        new = copy.deepcopy(old)
        results = [(section, path, copy.deepcopy(evaluate(old)) if evaluate else None) for section, path, evaluate in self.actions]
        gone, appended = object(), []
        for section, path, result in results:
            parent, last = find(old, path[:-1]), path[-1]
            if not isinstance(parent, dict if isinstance(last, str) else list):
                raise Refused
            exists = has(old, path)
            before = find(old, path) if exists else None
            if section == "ADD":
                if exists and type(before) is not type(result):
                    raise Refused
                result = result if not exists else before | result if isinstance(result, set) else before + result
            elif section == "DELETE":
                if exists and not isinstance(before, set):
                    raise Refused
                result = (before - result or gone) if exists else gone
            elif section == "REMOVE":
                result = gone
            target = find(new, path[:-1])
            if isinstance(last, int) and not exists:
                if result is not gone:
                    appended.append((last, target, result))
            elif isinstance(last, str) and result is gone:
                target.pop(last, None)
            else:
                target[last] = result
        for _, target, result in sorted(appended, key=lambda each: each[0]):
            target.append(result)

        def without(document):
            if isinstance(document, list):
                return [without(element) for element in document if element is not gone]
            return {name: without(value) for name, value in document.items()} if isinstance(document, dict) else document
        return without(new)


def random_value(source, depth=2):
    kind = source.randrange(6 if depth else 3)
    if kind == 0:
        return source.randint(0, 9)
    if kind == 1:
        return source.choice("xyz")
    if kind == 2:
        return {source.choice("xyz") for _ in range(2)}
    if kind == 3:
        return [random_value(source, depth - 1) for _ in range(source.randint(0, 3))]
    return {name: random_value(source, depth - 1) for name in NAMES if source.random() < 0.5}


def random_path(source, document):
    """A path that mostly fits the document: to an element of it or one beside an element."""
    path = []
    while not path or source.random() < 0.6:
        named = isinstance(document, dict) if isinstance(document, (dict, list)) else None
        if named is None and source.random() < 0.8 and path:
            break
        if source.random() < 0.05:
            named = not named
        path.append(source.choice(NAMES) if named or not path else source.randint(0, 3))
        document = find(document, path[-1:]) if has(document, path[-1:]) else None
    return path


def projected(document, paths):
    """The parts of a document that some paths name; lists lose their holes."""
    if [] in paths:
        return document
    steps = {}
    for path in paths:
        steps.setdefault(path[0], []).append(path[1:])
    found = {step: projected(find(document, [step]), rest) for step, rest in steps.items() if has(document, [step])}
    found = {step: part for step, part in found.items() if part is not None}
    if not found:
        return None
    return found if isinstance(document, dict) else [found[step] for step in sorted(found)]


class RandomItems(Rows, unittest.TestCase):
    TABLES = [TABLE]

    def setUp(self):
        self.random = random.Random(SEED)
        self.note = self.subTest(f"TAILRACE_SEED={SEED}")

    def test_updates_do_what_the_model_does(self):
        key = {"p": "update", "s": 1}
        succeeded = 0
        with self.note:
            for _ in range(1500):
                before = {**key, **{name: random_value(self.random) for name in NAMES if self.random.random() < 0.8}}
                update = Update(self.random, before)
                returned = self.random.choice(["ALL_NEW", "ALL_OLD", "UPDATED_NEW", "UPDATED_OLD"])
                self.require("PutItem", {"TableName": "random", "Item": item(before)})
                answer = self.call("UpdateItem", {"TableName": "random", "Key": item(key), "UpdateExpression": update.text, "ReturnValues": returned,
                                                  **({"ExpressionAttributeValues": item(update.values)} if update.values else {})})
                try:
                    after = update.apply(before)
                    shown = after if returned.endswith("NEW") else before
                    if returned.startswith("UPDATED"):
                        shown = projected(shown, [path for _, path, _ in update.actions])
                    expected = {"Attributes": item(shown)} if shown else {}
                    self.assertEqual(self.call("GetItem", {"TableName": "random", "Key": item(key)}), {"Item": item(after)}, (update.text, update.values, before))
                    succeeded += 1
                except Refused:
                    self.assertIn("ValidationException", answer.get("__type", ""), (update.text, update.values, before, answer))
                    expected = {"Item": item(before)}
                    answer = self.call("GetItem", {"TableName": "random", "Key": item(key)})
                self.assertEqual(answer, expected, (update.text, update.values, before))
        self.assertGreater(succeeded, 300)

    def test_projections_find_what_the_model_finds(self):
        key = {"p": "project", "s": 1}
        with self.note:
            for _ in range(700):
                before = {**key, **{name: random_value(self.random, 3) for name in NAMES}}
                paths = []
                for _ in range(self.random.randint(1, 5)):
                    path = random_path(self.random, before)
                    if not any(clash(path, other) for other in paths):
                        paths.append(path)
                self.require("PutItem", {"TableName": "random", "Item": item(before)})
                answer = self.call("GetItem", {"TableName": "random", "Key": item(key), "ProjectionExpression": ", ".join(map(text, paths))})
                self.assertEqual(answer, {"Item": item(projected(before, paths) or {})}, (paths, before))

    def test_queries_find_what_the_model_finds(self):
        rows = []
        for number in range(120):
            row = {"p": self.random.choice("ab"), "s": number, "g": self.random.choice("xy"), "i": self.random.randint(-5, 5), "l": self.random.randint(-5, 5)}
            for name in "gil":
                if self.random.random() < 0.1:
                    del row[name]
            rows.append(row)
            self.require("PutItem", {"TableName": "random", "Item": item(row)})
        indexes = {None: ("p", "s"), "lsi": ("p", "l"), "gsi": ("g", "i"), "multi": ("gp", "il")}
        with self.note:
            for _ in range(250):
                name = self.random.choice(list(indexes))
                hashes, ranges = indexes[name]
                tests = [(each, "=", self.random.choice("ab" if each == "p" else "xy"), None) for each in hashes]
                for each in ranges[:self.random.randint(0, len(ranges))]:
                    low = self.random.randint(-5, 5) if each != "s" else self.random.randint(0, 119)
                    operator = self.random.choice(["=", "<", "<=", ">", ">=", "BETWEEN"])
                    tests.append((each, operator, low, low + 3))
                    if operator != "=":
                        break
                holds = {"=": lambda v, a, b: v == a, "<": lambda v, a, b: v < a, "<=": lambda v, a, b: v <= a, ">": lambda v, a, b: v > a,
                         ">=": lambda v, a, b: v >= a, "BETWEEN": lambda v, a, b: a <= v <= b}
                values = {}
                parts = []
                for each, operator, low, high in tests:
                    values[f":{each}"] = low
                    if operator == "BETWEEN":
                        values[f":{each}2"] = high
                    parts.append(f"{each} {operator} :{each}" + (f" AND :{each}2" if operator == "BETWEEN" else ""))
                self.random.shuffle(parts)
                forward = self.random.random() < 0.5
                body = {"TableName": "random", "KeyConditionExpression": " AND ".join(parts), "ExpressionAttributeValues": item(values),
                        "ScanIndexForward": forward, "Limit": self.random.randint(1, 9), **({"IndexName": name} if name else {})}
                found = []
                while True:
                    page = self.require("Query", body)
                    found += page["Items"]
                    if "LastEvaluatedKey" not in page:
                        break
                    body["ExclusiveStartKey"] = page["LastEvaluatedKey"]
                expected = [row for row in rows if all(each in row for each in (*hashes, *ranges)) and all(holds[o](row[n], a, b) for n, o, a, b in tests)]
                order = [[int(row[each]["N"]) for each in ranges] for row in found]
                self.assertEqual(order, sorted(order, reverse=not forward), body)
                # Rows with the same index key have no order of AWS's.
                self.assertEqual(sorted(map(str, (sorted(row.items()) for row in found))), sorted(str(sorted(item(row).items())) for row in expected), body)


if __name__ == "__main__":
    unittest.main()
