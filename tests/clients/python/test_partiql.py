"""boto3's statements: pages, batches, transactions, triggers, restarts."""
import tempfile
import unittest

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from support import Handler, Server


def plain(item):
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def create_table(client, **more):
    client.create_table(
        TableName="Music", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Artist", "AttributeType": "S"}, {"AttributeName": "SongTitle", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}, {"AttributeName": "SongTitle", "KeyType": "RANGE"}], **more)


class PartiQL(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.client = cls.server.client("dynamodb")
        create_table(cls.client)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def execute(self, statement, *parameters, **members):
        if parameters:
            members["Parameters"] = list(parameters)
        return self.client.execute_statement(Statement=statement, **members)

    def test_the_guides_examples(self):
        # (Developer Guide, "PartiQL data types for DynamoDB")
        self.client.create_table(
            TableName="TypesTable", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "primarykey", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "primarykey", "KeyType": "HASH"}])
        self.execute("INSERT INTO TypesTable value {'primarykey':'1', 'NumberType':1, 'MapType' : {'entryname1': 'value', "
                     "'entryname2': 4}, 'ListType': [1,'stringval'], 'NumberSetType':<<1,34,32,4.5>>, "
                     "'StringSetType':<<'stringval','stringval2'>> }")
        self.execute("UPDATE TypesTable SET NumberType=NumberType + 100 SET MapType.NewMapEntry=[2020, 'stringvalue', 2.4] "
                     "SET ListType = LIST_APPEND(ListType, [4, <<'string1', 'string2'>>]) "
                     "SET NumberSetType= SET_ADD(NumberSetType, <<345, 48.4>>) "
                     "SET StringSetType = SET_ADD(StringSetType, <<'stringsetvalue1', 'stringsetvalue2'>>) WHERE primarykey='1'")
        item = plain(self.execute("SELECT * FROM TypesTable WHERE primarykey = '1'")["Items"][0])
        self.assertEqual(item["NumberType"], 101)
        self.assertEqual(item["ListType"], [1, "stringval", 4, {"string1", "string2"}])
        self.assertEqual(item["StringSetType"], {"stringval", "stringval2", "stringsetvalue1", "stringsetvalue2"})
        self.execute("UPDATE TypesTable SET NumberType=NumberType - 1 REMOVE ListType[1] REMOVE MapType.NewMapEntry "
                     "SET NumberSetType = SET_DELETE( NumberSetType, <<345>>) "
                     "SET StringSetType = SET_DELETE( StringSetType, <<'stringsetvalue1'>>) WHERE primarykey='1'")
        item = plain(self.execute("SELECT * FROM TypesTable WHERE primarykey = '1'")["Items"][0])
        self.assertEqual(item["NumberType"], 100)
        self.assertEqual(item["MapType"], {"entryname1": "value", "entryname2": 4})
        self.assertEqual(item["ListType"], [1, 4, {"string1", "string2"}])

    def test_pages_and_parameters(self):
        for title in range(7):
            self.execute('INSERT INTO "Music" VALUE {\'Artist\':?,\'SongTitle\':?,\'Album\':?}',
                         {"S": "pages"}, {"S": f"song {title}"}, {"BOOL": title % 2 == 0})
        titles, token = [], {}
        while True:
            page = self.execute('SELECT SongTitle FROM "Music" WHERE Artist = ? AND Album = ? ORDER BY SongTitle DESC',
                                {"S": "pages"}, {"BOOL": True}, Limit=2, **token)
            titles += [item["SongTitle"]["S"] for item in page["Items"]]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        self.assertEqual(titles, ["song 6", "song 4", "song 2", "song 0"])

    def test_errors_are_the_clients_exceptions(self):
        self.execute("INSERT INTO Music VALUE {'Artist':'errors','SongTitle':'1'}")
        with self.assertRaises(self.client.exceptions.DuplicateItemException):
            self.execute("INSERT INTO Music VALUE {'Artist':'errors','SongTitle':'1'}")
        with self.assertRaises(self.client.exceptions.ConditionalCheckFailedException):
            self.execute("UPDATE Music SET Awards = 1 WHERE Artist = 'errors' AND SongTitle = '1' AND Awards = 0")
        with self.assertRaises(ClientError) as refused:
            self.execute("SELECT * FROM Music WHERE Artist = 'x")
        self.assertEqual(refused.exception.response["Error"]["Code"], "ValidationException")

    def test_batch(self):
        # (Developer Guide, "Running batch operations with PartiQL for DynamoDB")
        answer = self.client.batch_execute_statement(Statements=[
            {"Statement": "INSERT INTO Music VALUE {'Artist':?,'SongTitle':?}",
             "Parameters": [{"S": "Acme Band"}, {"S": "Best Song"}]},
            {"Statement": "UPDATE Music SET AwardsWon=1, AwardDetail={'Grammys':[2020, 2018]} "
                          "WHERE Artist='Acme Band' AND SongTitle='PartiQL Rocks'"}])
        self.assertEqual(answer["Responses"], [
            {"TableName": "Music"},
            {"TableName": "Music", "Error": {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}}])
        answer = self.client.batch_execute_statement(Statements=[
            {"Statement": "SELECT SongTitle FROM Music WHERE Artist='Acme Band' AND SongTitle='Best Song'", "ConsistentRead": True}],
            ReturnConsumedCapacity="TOTAL")
        self.assertEqual(answer["Responses"], [{"TableName": "Music", "Item": {"SongTitle": {"S": "Best Song"}}}])
        self.assertEqual(answer["ConsumedCapacity"], [{"TableName": "Music", "CapacityUnits": 1.0}])

    def test_transaction(self):
        statements = [
            {"Statement": "INSERT INTO Music VALUE {'Artist':'tx','SongTitle':?}", "Parameters": [{"S": "1"}]},
            {"Statement": "EXISTS(SELECT * FROM Music WHERE Artist='tx' AND SongTitle='0' AND Awards > 1)"}]
        with self.assertRaises(self.client.exceptions.TransactionCanceledException) as cancelled:
            self.client.execute_transaction(TransactStatements=statements)
        self.assertEqual([reason["Code"] for reason in cancelled.exception.response["CancellationReasons"]],
                         ["None", "ConditionalCheckFailed"])
        self.execute("INSERT INTO Music VALUE {'Artist':'tx','SongTitle':'0','Awards':2}")
        for _ in range(2):
            self.client.execute_transaction(TransactStatements=statements, ClientRequestToken="once")
        read = self.client.execute_transaction(TransactStatements=[
            {"Statement": "SELECT Awards FROM Music WHERE Artist='tx' AND SongTitle='0'"},
            {"Statement": "SELECT * FROM Music WHERE Artist='tx' AND SongTitle='none'"}])
        self.assertEqual(read["Responses"], [{"Item": {"Awards": {"N": "2"}}}, {}])


class AcrossProcesses(unittest.TestCase):
    def test_writes_reach_a_trigger(self):
        with Handler() as handler, Server("--function", f"Listener={handler.url}") as server:
            client = server.client("dynamodb")
            create_table(client, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
            server.client("lambda").create_event_source_mapping(
                EventSourceArn=client.describe_table(TableName="Music")["Table"]["LatestStreamArn"],
                FunctionName="Listener", StartingPosition="TRIM_HORIZON")
            where = "WHERE Artist='a' AND SongTitle='b'"
            client.execute_statement(Statement="INSERT INTO Music VALUE {'Artist':'a','SongTitle':'b'}")
            client.batch_execute_statement(Statements=[{"Statement": f"UPDATE Music SET n = 1 {where}"}])
            client.execute_statement(Statement=f"UPDATE Music SET n = 1 {where}")  # Changes nothing.
            client.execute_transaction(TransactStatements=[{"Statement": f"DELETE FROM Music {where}"}])
            server.drain()
            records = [record for event in handler.events for record in event["Records"]]
            self.assertEqual([record["eventName"] for record in records], ["INSERT", "MODIFY", "REMOVE"])
            self.assertEqual(records[2]["dynamodb"]["OldImage"], {"Artist": {"S": "a"}, "SongTitle": {"S": "b"}, "n": {"N": "1"}})

    def test_a_token_survives_a_restart(self):
        with tempfile.TemporaryDirectory() as directory:
            select = {"Statement": "SELECT SongTitle FROM Music WHERE Artist = ?", "Parameters": [{"S": "a"}]}
            with Server("--data-dir", directory) as server:
                client = server.client("dynamodb")
                create_table(client)
                for title in "xyz":
                    client.execute_statement(Statement=f"INSERT INTO Music VALUE {{'Artist':'a','SongTitle':'{title}'}}")
                token = client.execute_statement(**select, Limit=1)["NextToken"]
            with Server("--data-dir", directory) as server:
                rest = server.client("dynamodb").execute_statement(**select, NextToken=token)
            self.assertEqual([item["SongTitle"]["S"] for item in rest["Items"]], ["y", "z"])


if __name__ == "__main__":
    unittest.main()
