// DynamoDB-Toolbox: a shop in a single table, with typed condition failures, transactions, batches and pages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  $add, $append, $remove, BatchDeleteRequest, BatchGetCommand, BatchGetRequest, BatchPutRequest, BatchWriteCommand, ConditionCheck,
  DeleteItemCommand, DeletePartitionCommand, DeleteTransaction, Entity, GetItemCommand, GetTransaction, PutItemCommand, PutTransaction,
  QueryCommand, ScanCommand, Table, UpdateAttributesCommand, UpdateItemCommand, UpdateTransaction, executeBatchGet, executeBatchWrite,
  executeTransactGet, executeTransactWrite, isConditionCheckFailed, isTransactionCancelled, item, list, map, number, prefix, set, string,
} from 'dynamodb-toolbox';
import { Server } from './support.mjs';

let server;
let shop;
let Customer;
let Order;
let Product;

before(async () => {
  server = await Server.start();
  await server.dynamodb.send(new CreateTableCommand({
    TableName: 'shop',
    AttributeDefinitions: ['pk', 'sk', 'status', 'placedAt'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
    GlobalSecondaryIndexes: [{
      IndexName: 'byStatus', Projection: { ProjectionType: 'ALL' },
      KeySchema: [{ AttributeName: 'status', KeyType: 'HASH' }, { AttributeName: 'placedAt', KeyType: 'RANGE' }],
    }],
    BillingMode: 'PAY_PER_REQUEST',
  }));
  await waitUntilTableExists({ client: server.dynamodb, maxWaitTime: 10, minDelay: 1 }, { TableName: 'shop' });

  shop = new Table({
    documentClient: DynamoDBDocumentClient.from(server.dynamodb),
    name: 'shop',
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
    indexes: {
      byStatus: { type: 'global', partitionKey: { name: 'status', type: 'string' }, sortKey: { name: 'placedAt', type: 'string' } },
    },
  });
  Customer = new Entity({
    name: 'Customer',
    table: shop,
    schema: item({
      email: string().key().savedAs('pk').transform(prefix('CUSTOMER')),
      record: string().key().savedAs('sk').default('PROFILE'),
      name: string(),
      points: number().default(0),
      tags: set(string()).optional(),
      address: map({ street: string(), zip: number() }).optional(),
    }),
  });
  Order = new Entity({
    name: 'Order',
    table: shop,
    timestamps: false,
    schema: item({
      email: string().key().savedAs('pk').transform(prefix('CUSTOMER')),
      number: string().key().savedAs('sk').transform(prefix('ORDER')),
      status: string().enum('open', 'paid', 'sent'),
      placedAt: string(),
      lines: list(map({ sku: string(), count: number() })).default([]),
    }),
  });
  Product = new Entity({
    name: 'Product',
    table: shop,
    timestamps: false,
    schema: item({
      sku: string().key().savedAs('pk').transform(prefix('PRODUCT')),
      record: string().key().savedAs('sk').default('STOCK'),
      stock: number(),
    }),
  });
});

after(() => server.stop());

const newOrder = (email, n, status) => ({
  email, number: String(n).padStart(4, '0'), status, placedAt: `2026-01-${String(n % 28 + 1).padStart(2, '0')}`, lines: [{ sku: 'tea', count: n }],
});

test('an item is put, updated and deleted under conditions that the library recognizes', async () => {
  const absent = { condition: { attr: 'name', exists: false }, returnValuesOnConditionFalse: 'ALL_OLD' };
  const ann = { email: 'ann@shop.test', name: 'Ann', tags: new Set(['new']), address: { street: 'Main', zip: 1 } };
  await Customer.build(PutItemCommand).item(ann).options(absent).send();
  await assert.rejects(Customer.build(PutItemCommand).item({ ...ann, name: 'Imposter' }).options(absent).send(), (error) => {
    assert.ok(isConditionCheckFailed(error, Customer));
    assert.deepEqual(error.Item.name, { S: 'Ann' });  // The document client leaves errors as they came.
    return true;
  });

  const { Attributes } = await Customer.build(UpdateItemCommand)
    .item({ email: 'ann@shop.test', points: $add(5), tags: $add(new Set(['gold'])), address: { zip: 2 } })
    .options({ returnValues: 'ALL_NEW', condition: { attr: 'points', lt: 5 } })
    .send();
  assert.equal(Attributes.points, 5);
  assert.deepEqual([...Attributes.tags].sort(), ['gold', 'new']);
  assert.deepEqual(Attributes.address, { street: 'Main', zip: 2 });
  await Customer.build(UpdateAttributesCommand).item({ email: 'ann@shop.test', address: { street: 'Side', zip: 3 }, tags: $remove() }).send();
  const { Item } = await Customer.build(GetItemCommand).key({ email: 'ann@shop.test' }).options({ consistent: true }).send();
  assert.deepEqual([Item.address, Item.tags, Item.points], [{ street: 'Side', zip: 3 }, undefined, 5]);

  const gone = Customer.build(DeleteItemCommand).key({ email: 'ann@shop.test' });
  await assert.rejects(gone.options({ condition: { attr: 'points', gt: 100 } }).send(), { name: 'ConditionalCheckFailedException' });
  assert.equal((await gone.options({ returnValues: 'ALL_OLD' }).send()).Attributes.name, 'Ann');
});

test('a checkout is one transaction, and a cancelled one names its reason and changes nothing', async () => {
  await Product.build(PutItemCommand).item({ sku: 'tea', stock: 3 }).send();
  await Customer.build(PutItemCommand).item({ email: 'bob@shop.test', name: 'Bob' }).send();
  const checkout = (n, count) => [
    Customer.build(ConditionCheck).key({ email: 'bob@shop.test' }).condition({ attr: 'name', exists: true }),
    Product.build(UpdateTransaction).item({ sku: 'tea', stock: $add(-count) })
      .options({ condition: { attr: 'stock', gte: count }, returnValuesOnConditionFalse: 'ALL_OLD' }),
    Order.build(PutTransaction).item(newOrder('bob@shop.test', n, 'open')).options({ condition: { attr: 'number', exists: false } }),
  ];
  await executeTransactWrite({ clientRequestToken: 'first' }, ...checkout(1, 2));
  await executeTransactWrite({ clientRequestToken: 'first' }, ...checkout(1, 2));
  const second = checkout(2, 2);
  await assert.rejects(executeTransactWrite(...second), (error) => {
    assert.ok(isTransactionCancelled(error, ...second));
    assert.deepEqual(error.CancellationReasons.map((reason) => reason.Code), ['None', 'ConditionalCheckFailed', 'None']);
    assert.deepEqual(error.CancellationReasons[1].Item.stock, { N: '1' });
    return true;
  });
  const { Responses } = await executeTransactGet(
    Product.build(GetTransaction).key({ sku: 'tea' }),
    Order.build(GetTransaction).key({ email: 'bob@shop.test', number: '0001' }),
    Order.build(GetTransaction).key({ email: 'bob@shop.test', number: '0002' }));
  assert.deepEqual([Responses[0].Item.stock, Responses[1].Item.status, Responses[2].Item], [1, 'open', undefined]);
  await executeTransactWrite(Order.build(DeleteTransaction).key({ email: 'bob@shop.test', number: '0001' }));
});

test('batches, and queries and scans by pages, forwards and backwards', async () => {
  const orders = Array.from({ length: 25 }, (_, n) => newOrder('cid@shop.test', n, n % 2 ? 'paid' : 'sent'));
  await executeBatchWrite(shop.build(BatchWriteCommand).requests(...orders.map((order) => Order.build(BatchPutRequest).item(order))));
  await executeBatchWrite(shop.build(BatchWriteCommand).requests(
    Order.build(BatchDeleteRequest).key({ email: 'cid@shop.test', number: '0024' }),
    Customer.build(BatchPutRequest).item({ email: 'cid@shop.test', name: 'Cid' })));
  const { Responses } = await executeBatchGet(shop.build(BatchGetCommand).requests(
    Customer.build(BatchGetRequest).key({ email: 'cid@shop.test' }),
    Order.build(BatchGetRequest).key({ email: 'cid@shop.test', number: '0003' }),
    Order.build(BatchGetRequest).key({ email: 'cid@shop.test', number: '0024' })));
  assert.deepEqual(Responses[0].map((found) => found?.name ?? found?.number), ['Cid', '0003', undefined]);

  const numbers = async (query, options) => {
    const read = [];
    let exclusiveStartKey;
    do {
      const page = await shop.build(QueryCommand).entities(Order).query(query).options({ ...options, exclusiveStartKey }).send();
      assert.ok(page.Count <= options.limit);
      read.push(...page.Items.map((order) => order.number));
      exclusiveStartKey = page.LastEvaluatedKey;
    } while (exclusiveStartKey);
    return read;
  };
  const all = orders.slice(0, 24).map((order) => order.number);
  const partition = { partition: 'CUSTOMER#cid@shop.test', range: { beginsWith: 'ORDER#' } };
  assert.deepEqual(await numbers(partition, { limit: 7 }), all);
  assert.deepEqual(await numbers(partition, { limit: 24, reverse: true }), [...all].reverse());
  assert.deepEqual(
    await numbers({ index: 'byStatus', partition: 'paid', range: { between: ['2026-01-04', '2026-01-10'] } }, { limit: 2 }),
    ['0003', '0005', '0007', '0009']);
  assert.deepEqual(await numbers(partition, { limit: 10, filters: { Order: { attr: 'lines[0].count', gte: 22 } } }), ['0022', '0023']);

  await Order.build(UpdateItemCommand)
    .item({ email: 'cid@shop.test', number: '0000', lines: $append([{ sku: 'mug', count: 1 }]) }).send();
  let scanned = 0;
  for (const segment of [0, 1, 2]) {
    const page = await shop.build(ScanCommand).entities(Order)
      .options({ segment, totalSegments: 3, filters: { Order: { attr: 'email', eq: 'cid@shop.test' } }, maxPages: Infinity }).send();
    scanned += page.Items.length;
  }
  assert.equal(scanned, 24);
  await shop.build(DeletePartitionCommand).entities(Order).query(partition).send();
  assert.deepEqual(await numbers(partition, { limit: 10 }), []);
});
