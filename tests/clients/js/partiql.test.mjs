// PartiQL through the SDK's document client: statements with plain parameters, pages, batches, transactions, errors.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  ConditionalCheckFailedException, CreateTableCommand, DuplicateItemException, TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchExecuteStatementCommand, DynamoDBDocumentClient, ExecuteStatementCommand, ExecuteTransactionCommand,
} from '@aws-sdk/lib-dynamodb';
import { Server } from './support.mjs';

let server;
let documents;
const execute = (Statement, Parameters, more) =>
  documents.send(new ExecuteStatementCommand({ Statement, ...(Parameters && { Parameters }), ...more }));

before(async () => {
  server = await Server.start();
  documents = DynamoDBDocumentClient.from(server.dynamodb);
  await server.dynamodb.send(new CreateTableCommand({
    TableName: 'Orders',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'customer', AttributeType: 'S' }, { AttributeName: 'number', AttributeType: 'N' },
      { AttributeName: 'state', AttributeType: 'S' },
    ],
    KeySchema: [{ AttributeName: 'customer', KeyType: 'HASH' }, { AttributeName: 'number', KeyType: 'RANGE' }],
    GlobalSecondaryIndexes: [{
      IndexName: 'byState',
      KeySchema: [{ AttributeName: 'state', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    }],
  }));
});

after(() => server.stop());

test('documents go in and come back as they were', async () => {
  const order = {
    customer: 'doc', number: 1, total: 12.5, note: "it's \"quoted\"", paid: false, nothing: null,
    lines: [{ sku: 'a', count: 2 }], tags: new Set(['x', 'y']), bytes: new Uint8Array([0, 255]),
  };
  await execute('INSERT INTO Orders VALUE ?', [order]);
  const { Items } = await execute('SELECT * FROM Orders WHERE customer = ? AND "number" = ?', ['doc', 1]);
  assert.deepEqual(Items, [order]);
  const updated = await execute(
    'UPDATE Orders SET paid = ?, lines = list_append(lines, ?) SET total = total + 1 REMOVE note ' +
      'WHERE customer = ? AND "number" = ? RETURNING MODIFIED NEW *',
    [true, [{ sku: 'b', count: 1 }], 'doc', 1],
  );
  assert.deepEqual(updated.Items, [{ paid: true, lines: [{ sku: 'a', count: 2 }, { sku: 'b', count: 1 }], total: 13.5 }]);
});

test('pages follow NextToken, indexes are read by name', async () => {
  for (let number = 0; number < 5; number += 1) {
    await execute('INSERT INTO Orders VALUE ?', [{ customer: 'pages', number, state: 'open' }]);
  }
  const numbers = [];
  let NextToken;
  do {
    const page = await execute('SELECT "number" FROM "Orders"."byState" WHERE state = ?', ['open'], { Limit: 2, NextToken });
    numbers.push(...page.Items.map((item) => item.number));
    NextToken = page.NextToken;
  } while (NextToken);
  assert.deepEqual(numbers.sort(), [0, 1, 2, 3, 4]);
});

test('errors have their own classes', async () => {
  await execute('INSERT INTO Orders VALUE ?', [{ customer: 'errors', number: 1 }]);
  await assert.rejects(execute('INSERT INTO Orders VALUE ?', [{ customer: 'errors', number: 1 }]), DuplicateItemException);
  await assert.rejects(
    execute("DELETE FROM Orders WHERE customer = 'errors' AND \"number\" = 1 AND total > 5", undefined,
      { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    (error) => error instanceof ConditionalCheckFailedException && error.Item.number.N === '1',
  );
  await assert.rejects(execute('SELEKT'), { name: 'ValidationException' });
});

test('batches and transactions', async () => {
  const batch = await documents.send(new BatchExecuteStatementCommand({
    Statements: [1, 2].map((number) => ({ Statement: 'INSERT INTO Orders VALUE ?', Parameters: [{ customer: 'group', number }] })),
  }));
  assert.deepEqual(batch.Responses, [{ TableName: 'Orders' }, { TableName: 'Orders' }]);
  const written = await documents.send(new ExecuteTransactionCommand({
    TransactStatements: [
      { Statement: 'UPDATE Orders SET total = ? WHERE customer = ? AND "number" = ?', Parameters: [7, 'group', 1] },
      { Statement: 'DELETE FROM Orders WHERE customer = ? AND "number" = ?', Parameters: ['group', 2] },
    ],
  }));
  assert.deepEqual(written.Responses, []);
  const read = await documents.send(new ExecuteTransactionCommand({
    TransactStatements: [1, 2].map((number) => (
      { Statement: 'SELECT total FROM Orders WHERE customer = ? AND "number" = ?', Parameters: ['group', number] })),
  }));
  assert.deepEqual(read.Responses, [{ Item: { total: 7 } }, {}]);
  await assert.rejects(documents.send(new ExecuteTransactionCommand({
    TransactStatements: [{ Statement: 'INSERT INTO Orders VALUE ?', Parameters: [{ customer: 'group', number: 1 }] }],
  })), (error) => error instanceof TransactionCanceledException && error.CancellationReasons[0].Code === 'DuplicateItem');
});
