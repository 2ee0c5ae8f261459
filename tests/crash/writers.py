"""Writers of items, each the only one that touches its keys, so that it knows what each must be: every kind of write there is.

What is acknowledged moves the model on; a request whose answer never came is `pending`, and the store says which way it went.
"""
import base64
import itertools
import time

from server import Refused

TABLE = "crash"
KEYS = 40  # Of each writer.
ZERO = {"N": "0"}


def number(value):
    return {"N": str(value)}


class Change:
    """One key from an image to an image; None is no item."""

    def __init__(self, key, old, new):
        self.key, self.old, self.new = key, old, new

    @property
    def is_visible(self):  # A write that changes nothing leaves no record.
        return self.old != self.new


class Pending:
    """What may have happened: whole or not at all, unless each of its changes stands alone."""

    def __init__(self, changes, whole):
        self.changes, self.whole = changes, whole


class Writer:
    """Survives its servers: step() is called with a connection to each."""

    def __init__(self, name, chance):
        self.name, self.chance = name, chance
        self.items = {}       # Key to image, as acknowledged.
        self.changes = []     # Acknowledged since the last check, in order.
        self.pending = None
        self.expiring = {}    # Key to image: items that are to expire, put once each.
        self.counted = 0      # Acknowledged ADDs to the counter that all share.
        self.uncounted = 0    # The one whose answer never came.
        self.versions = itertools.count(1)
        self.kinds = [self.put, self.put, self.update, self.add, self.delete, self.put_if, self.batch, self.transaction,
                      self.statement, self.statements, self.statement_transaction, self.expire, self.count]

    def step(self, connection):
        self.chance.choice(self.kinds)(connection)

    # --- Images

    def key(self):
        return f"{self.name}-{self.chance.randrange(KEYS)}"

    def keys(self, most):
        return self.chance.sample([f"{self.name}-{i}" for i in range(KEYS)], self.chance.randint(2, most))

    def image(self, key):
        image = {"pk": {"S": key}, "v": number(next(self.versions)), "c": ZERO}
        if self.chance.random() < 0.7:
            image["g"] = {"S": f"g{self.chance.randrange(4)}"}
        if self.chance.random() < 0.05:  # Of many pages: the write-ahead log grows, and is checkpointed.
            image["filler"] = {"B": base64.b64encode(self.chance.randbytes(self.chance.randrange(100_000))).decode()}
        if self.chance.random() < 0.05:
            image["poison"] = {"BOOL": True}
        return image

    def updated(self, key, update):
        """The image after `SET v = :v, g = :g REMOVE filler`, or `ADD c :one SET v = :v`."""
        image = dict(self.items.get(key) or {"pk": {"S": key}})
        image.update(update)
        if "g" in update:
            image.pop("filler", None)
        return image

    # --- Doing

    def attempt(self, changes, call, whole=True):
        """Makes the call; its changes are pending until it is answered."""
        self.pending = Pending(changes, whole)
        answer = call()
        self.acknowledge(changes)
        return answer

    def acknowledge(self, changes):
        self.pending = None
        for change in changes:
            self.items[change.key] = change.new
            if change.is_visible:
                self.changes.append(change)

    def change(self, key, new):
        return Change(key, self.items.get(key), new)

    def put(self, connection):
        key = self.key()
        change = self.change(key, self.image(key))
        answer = self.attempt([change], lambda: connection.dynamodb("PutItem", TableName=TABLE, Item=change.new, ReturnValues="ALL_OLD"))
        assert answer.get("Attributes") == change.old, f"{key}: ALL_OLD {answer}, expected {change.old}"

    def update(self, connection):
        key, values = self.key(), {"v": number(next(self.versions)), "g": {"S": f"g{self.chance.randrange(4)}"}}
        change = self.change(key, self.updated(key, values))
        answer = self.attempt([change], lambda: connection.dynamodb(
            "UpdateItem", **self.update_request(key, values), ReturnValues="ALL_NEW"))
        assert answer["Attributes"] == change.new, f"{key}: ALL_NEW {answer}, expected {change.new}"

    def update_request(self, key, values):
        return {"TableName": TABLE, "Key": {"pk": {"S": key}}, "UpdateExpression": "SET v = :v, g = :g REMOVE filler",
                "ExpressionAttributeValues": {":v": values["v"], ":g": values["g"]}}

    def add(self, connection):
        key, version = self.key(), number(next(self.versions))
        count = int((self.items.get(key) or {}).get("c", ZERO)["N"]) + 1
        change = self.change(key, self.updated(key, {"c": number(count), "v": version}))
        self.attempt([change], lambda: connection.dynamodb(
            "UpdateItem", TableName=TABLE, Key={"pk": {"S": key}}, UpdateExpression="ADD c :one SET v = :v",
            ExpressionAttributeValues={":one": number(1), ":v": version}))

    def delete(self, connection):
        change = self.change(self.key(), None)
        self.attempt([change], lambda: connection.dynamodb("DeleteItem", TableName=TABLE, Key={"pk": {"S": change.key}}))

    def put_if(self, connection):
        """A condition that holds, or one that does not and must change nothing."""
        key, holds = self.key(), self.chance.random() < 0.6
        old = self.items.get(key)
        version = old["v"] if old and holds else number(-1)
        absent = "attribute_not_exists(pk)" if old is None and holds else "attribute_exists(nothing)"
        change = self.change(key, self.image(key) if holds else old)
        request = {"TableName": TABLE, "Item": change.new if holds else self.image(key),
                   "ConditionExpression": f"{absent} OR v = :v", "ExpressionAttributeValues": {":v": version}}
        try:
            self.attempt([change], lambda: connection.dynamodb("PutItem", **request))
            assert holds, f"{key}: a condition that is false was let through"
        except Refused as refusal:
            assert not holds and refusal.type == "ConditionalCheckFailedException", f"{key}: {refusal}, item {old}"
            self.pending = None

    def batch(self, connection):
        changes = [self.change(key, self.image(key) if self.chance.random() < 0.7 else None) for key in self.keys(8)]
        requests = [{"PutRequest": {"Item": change.new}} if change.new else {"DeleteRequest": {"Key": {"pk": {"S": change.key}}}}
                    for change in changes]
        answer = self.attempt(changes, lambda: connection.dynamodb("BatchWriteItem", RequestItems={TABLE: requests}), whole=False)
        assert not answer["UnprocessedItems"], answer

    def transaction(self, connection):
        changes, actions = [], []
        for key in self.keys(5):
            old = self.items.get(key)
            kind = self.chance.choice(["Put", "Update", "Delete", "ConditionCheck"])
            if kind == "Put":
                changes.append(self.change(key, self.image(key)))
                actions.append({"Put": {"TableName": TABLE, "Item": changes[-1].new}})
            elif kind == "Update":
                values = {"v": number(next(self.versions)), "g": {"S": "g0"}}
                changes.append(self.change(key, self.updated(key, values)))
                actions.append({"Update": self.update_request(key, values)})
            elif kind == "Delete":
                changes.append(self.change(key, None))
                actions.append({"Delete": {"TableName": TABLE, "Key": {"pk": {"S": key}}}})
            else:
                actions.append({"ConditionCheck": {"TableName": TABLE, "Key": {"pk": {"S": key}},
                                                   "ConditionExpression": f"attribute_{'not_' if old is None else ''}exists(pk)"}})
        self.attempt(changes, lambda: connection.dynamodb("TransactWriteItems", TransactItems=actions))

    # --- PartiQL

    def statement_of(self, key):
        """(change, statement, parameters) of an INSERT, UPDATE or DELETE, whichever fits what is there."""
        if self.items.get(key) is None:
            change = self.change(key, self.image(key))
            names = ", ".join(f"'{name}': ?" for name in change.new)
            return change, f"INSERT INTO \"{TABLE}\" VALUE {{{names}}}", list(change.new.values())
        if self.chance.random() < 0.7:
            values = {"v": number(next(self.versions)), "g": {"S": f"g{self.chance.randrange(4)}"}}
            change = self.change(key, self.updated(key, values))
            return change, f"UPDATE \"{TABLE}\" SET v = ? SET g = ? REMOVE filler WHERE pk = ?", [*values.values(), {"S": key}]
        return self.change(key, None), f"DELETE FROM \"{TABLE}\" WHERE pk = ?", [{"S": key}]

    def statement(self, connection):
        change, text, parameters = self.statement_of(self.key())
        self.attempt([change], lambda: connection.dynamodb("ExecuteStatement", Statement=text, Parameters=parameters))

    def statements(self, connection):
        parts = [self.statement_of(key) for key in self.keys(6)]
        answer = self.attempt([change for change, _, _ in parts], lambda: connection.dynamodb(
            "BatchExecuteStatement", Statements=[{"Statement": text, "Parameters": parameters} for _, text, parameters in parts]),
            whole=False)
        assert not any("Error" in response for response in answer["Responses"]), answer

    def statement_transaction(self, connection):
        parts = [self.statement_of(key) for key in self.keys(6)]
        self.attempt([change for change, _, _ in parts], lambda: connection.dynamodb(
            "ExecuteTransaction", TransactStatements=[{"Statement": text, "Parameters": parameters} for _, text, parameters in parts]))

    # --- Keys that are not this writer's alone

    def expire(self, connection):
        """An item whose time is over: the sweep is to delete it, once."""
        key = f"expiring-{self.name}-{next(self.versions)}"
        image = {**self.image(key), "until": number(int(time.time()) - 1 - self.chance.randrange(86_400))}
        image.pop("poison", None)
        self.pending = Pending([Change(key, None, image)], True)
        connection.dynamodb("PutItem", TableName=TABLE, Item=image)
        self.expiring[key] = image
        self.pending = None

    def count(self, connection):
        self.uncounted = 1
        connection.dynamodb("UpdateItem", TableName=TABLE, Key={"pk": {"S": "counter"}}, UpdateExpression="ADD c :one",
                            ExpressionAttributeValues={":one": number(1)})
        self.counted += 1
        self.uncounted = 0
