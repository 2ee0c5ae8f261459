// The AWS SDK's clients as an application uses them: documents, pages, batches, transactions, errors.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateTableCommand, DeleteTableCommand, DescribeTableCommand, UpdateTableCommand, waitUntilTableExists, waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand, BatchWriteCommand, DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, ScanCommand,
  TransactGetCommand, TransactWriteCommand, UpdateCommand, paginateQuery, paginateScan,
} from '@aws-sdk/lib-dynamodb';
import { Server } from './support.mjs';

const TableName = 'Shop';
let server;
let documents;

before(async () => {
  server = await Server.start();
  documents = DynamoDBDocumentClient.from(server.dynamodb);
  await server.dynamodb.send(new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk', 'status'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }))
      .concat([{ AttributeName: 'price', AttributeType: 'N' }]),
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
    GlobalSecondaryIndexes: [{
      IndexName: 'byStatus',
      KeySchema: [{ AttributeName: 'status', KeyType: 'HASH' }, { AttributeName: 'price', KeyType: 'RANGE' }],
      Projection: { ProjectionType: 'ALL' },
    }],
    LocalSecondaryIndexes: [{
      IndexName: 'byTotal',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'price', KeyType: 'RANGE' }],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    }],
  }));
  await waitUntilTableExists({ client: server.dynamodb, maxWaitTime: 60 }, { TableName });
});

after(() => server.stop());

test('documents come back as they were', async () => {
  const Item = {
    pk: 'doc', sk: '1', number: 12.5, big: 12345678901234, text: 'Grüße 😀', empty: '', yes: true, nothing: null,
    bytes: new Uint8Array([0, 1, 254, 255]), list: [1, 'two', [3, { four: 4 }]], map: { a: { b: { c: [] } } },
    strings: new Set(['a', 'b']), numbers: new Set([1, 2.5]),
  };
  await documents.send(new PutCommand({ TableName, Item }));
  const got = await documents.send(new GetCommand({ TableName, Key: { pk: 'doc', sk: '1' }, ConsistentRead: true }));
  assert.deepEqual(got.Item, Item);
  assert.deepEqual((await documents.send(new GetCommand({ TableName, Key: { pk: 'doc', sk: 'none' } }))).Item, undefined);
});

test('updates change, count and refuse', async () => {
  const Key = { pk: 'update', sk: '1' };
  const update = (input) => documents.send(new UpdateCommand({ TableName, Key, ...input }));
  const first = await update({
    UpdateExpression: 'SET #l = list_append(if_not_exists(#l, :none), :more), a.b = :x ADD hits :one',
    ExpressionAttributeNames: { '#l': 'list' },
    ExpressionAttributeValues: { ':none': [], ':more': [1], ':one': 1, ':x': 1 },
  }).catch((error) => error);
  assert.equal(first.name, 'ValidationException');
  assert.equal(first.message, 'The document path provided in the update expression is invalid for update');
  for (const hits of [1, 2]) {
    const { Attributes } = await update({
      UpdateExpression: 'SET #l = list_append(if_not_exists(#l, :none), :more) ADD hits :one',
      ExpressionAttributeNames: { '#l': 'list' },
      ExpressionAttributeValues: { ':none': [], ':more': [hits], ':one': 1 },
      ReturnValues: 'ALL_NEW',
    });
    assert.equal(Attributes.hits, hits);
  }
  const refused = await update({
    UpdateExpression: 'SET hits = :zero',
    ConditionExpression: 'hits > :limit',
    ExpressionAttributeValues: { ':zero': 0, ':limit': 5 },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }).catch((error) => error);
  assert.equal(refused.name, 'ConditionalCheckFailedException');
  assert.equal(refused.message, 'The conditional request failed');
  assert.deepEqual(refused.Item.hits, { N: '2' });
  const { Attributes } = await documents.send(new DeleteCommand({ TableName, Key, ReturnValues: 'ALL_OLD' }));
  assert.deepEqual(Attributes, { ...Key, list: [1, 2], hits: 2 });
});

test('queries page through table and indexes in order', async () => {
  const orders = Array.from({ length: 60 }, (_, i) => ({
    pk: 'customer#1', sk: `order#${String(i).padStart(3, '0')}`, price: (i * 37) % 60, status: i % 3 ? 'open' : 'paid',
  }));
  for (let i = 0; i < orders.length; i += 25) {
    const { UnprocessedItems } = await documents.send(new BatchWriteCommand({
      RequestItems: { [TableName]: orders.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } })) },
    }));
    assert.deepEqual(UnprocessedItems, {});
  }
  const query = async (input) => {
    const items = [];
    for await (const page of paginateQuery({ client: documents, pageSize: 7 }, { TableName, ...input })) items.push(...page.Items);
    return items;
  };
  assert.deepEqual(await query({ KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': 'customer#1' } }), orders);
  const backwards = await query({
    KeyConditionExpression: 'pk = :p AND sk BETWEEN :a AND :b', ScanIndexForward: false,
    ExpressionAttributeValues: { ':p': 'customer#1', ':a': 'order#010', ':b': 'order#019' },
  });
  assert.deepEqual(backwards, orders.slice(10, 20).reverse());
  const open = await query({
    IndexName: 'byStatus', KeyConditionExpression: '#s = :open AND price >= :least',
    ExpressionAttributeNames: { '#s': 'status' }, ExpressionAttributeValues: { ':open': 'open', ':least': 30 },
  });
  assert.deepEqual(open, orders.filter((o) => o.status === 'open' && o.price >= 30).sort((a, b) => a.price - b.price));
  const local = await query({ IndexName: 'byTotal', KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': 'customer#1' } });
  assert.deepEqual(local.map((item) => item.price), orders.map((o) => o.price).sort((a, b) => a - b));
  assert.deepEqual(Object.keys(local[0]).sort(), ['pk', 'price', 'sk']);

  const counted = await documents.send(new QueryCommand({
    TableName, KeyConditionExpression: 'pk = :p', FilterExpression: 'price < :ten', Select: 'COUNT', ReturnConsumedCapacity: 'TOTAL',
    ExpressionAttributeValues: { ':p': 'customer#1', ':ten': 10 },
  }));
  assert.equal(counted.Count, 10);
  assert.equal(counted.ScannedCount, 60);
  assert.equal(counted.ConsumedCapacity.TableName, TableName);
});

test('parallel scans see every item once', async () => {
  const segments = await Promise.all([0, 1, 2, 3].map(async (Segment) => {
    const keys = [];
    for await (const page of paginateScan({ client: documents, pageSize: 10 }, { TableName, Segment, TotalSegments: 4 }))
      keys.push(...page.Items.map((item) => `${item.pk} ${item.sk}`));
    return keys;
  }));
  const { Items } = await documents.send(new ScanCommand({ TableName }));
  assert.deepEqual(segments.flat().sort(), Items.map((item) => `${item.pk} ${item.sk}`).sort());
});

test('batches get what there is', async () => {
  const keys = ['000', '001', '999'].map((n) => ({ pk: 'customer#1', sk: `order#${n}` }));
  const { Responses, UnprocessedKeys } = await documents.send(new BatchGetCommand({
    RequestItems: { [TableName]: { Keys: keys, ProjectionExpression: 'sk' } },
  }));
  assert.deepEqual(Responses[TableName].map((item) => item.sk).sort(), ['order#000', 'order#001']);
  assert.deepEqual(UnprocessedKeys, {});
  const twice = await documents.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [keys[0], keys[0]] } } })).catch((e) => e);
  assert.equal(twice.message, 'Provided list of item keys contains duplicates');
});

test('transactions happen whole or not at all', async () => {
  const account = (name) => ({ pk: 'account', sk: name });
  const balance = async (name) => (await documents.send(new GetCommand({ TableName, Key: account(name) }))).Item.balance;
  const transfer = (amount, ClientRequestToken) => documents.send(new TransactWriteCommand({
    ClientRequestToken,
    TransactItems: [
      { Update: {
        TableName, Key: account('a'), UpdateExpression: 'SET balance = balance - :n', ConditionExpression: 'balance >= :n',
        ExpressionAttributeValues: { ':n': amount }, ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      } },
      { Update: {
        TableName, Key: account('b'), UpdateExpression: 'SET balance = balance + :n', ExpressionAttributeValues: { ':n': amount },
      } },
    ],
  }));
  for (const [name, amount] of [['a', 100], ['b', 0]]) await documents.send(new PutCommand({ TableName, Item: { ...account(name), balance: amount } }));
  await transfer(60, 'token-1');
  await transfer(60, 'token-1');
  assert.deepEqual([await balance('a'), await balance('b')], [40, 60]);
  const cancelled = await transfer(60).catch((error) => error);
  assert.equal(cancelled.name, 'TransactionCanceledException');
  assert.equal(cancelled.message, 'Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None]');
  assert.deepEqual(cancelled.CancellationReasons.map((reason) => reason.Code), ['ConditionalCheckFailed', 'None']);
  assert.deepEqual(cancelled.CancellationReasons[0].Item.balance, { N: '40' });
  const mismatch = await transfer(1, 'token-1').catch((error) => error);
  assert.equal(mismatch.name, 'IdempotentParameterMismatchException');
  const { Responses } = await documents.send(new TransactGetCommand({
    TransactItems: ['a', 'b', 'c'].map((name) => ({ Get: { TableName, Key: account(name) } })),
  }));
  assert.deepEqual(Responses.map((response) => response.Item?.balance), [40, 60, undefined]);
});

test('an index is added to a full table and dropped again', async () => {
  await server.dynamodb.send(new UpdateTableCommand({
    TableName,
    AttributeDefinitions: [{ AttributeName: 'sk', AttributeType: 'S' }],
    GlobalSecondaryIndexUpdates: [{ Create: {
      IndexName: 'bySk', KeySchema: [{ AttributeName: 'sk', KeyType: 'HASH' }], Projection: { ProjectionType: 'KEYS_ONLY' },
    } }],
  }));
  const status = async () => {
    const { Table } = await server.dynamodb.send(new DescribeTableCommand({ TableName }));
    return Table.GlobalSecondaryIndexes.find((index) => index.IndexName === 'bySk')?.IndexStatus;
  };
  while ((await status()) !== 'ACTIVE');
  const { Items } = await documents.send(new QueryCommand({
    TableName, IndexName: 'bySk', KeyConditionExpression: 'sk = :s', ExpressionAttributeValues: { ':s': 'order#005' },
  }));
  assert.deepEqual(Items, [{ pk: 'customer#1', sk: 'order#005' }]);
  await server.dynamodb.send(new UpdateTableCommand({ TableName, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'bySk' } }] }));
  while ((await status()) !== undefined);
});

test('a table is deleted', async () => {
  await server.dynamodb.send(new DeleteTableCommand({ TableName }));
  await waitUntilTableNotExists({ client: server.dynamodb, maxWaitTime: 60 }, { TableName });
  const gone = await documents.send(new GetCommand({ TableName, Key: { pk: 'a', sk: 'b' } })).catch((error) => error);
  assert.equal(gone.name, 'ResourceNotFoundException');
  assert.equal(gone.message, 'Requested resource not found');
});
