// ElectroDB: a single-table application with collections, pages, conditional writes and transactions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { Entity, Service } from 'electrodb';
import { Server } from './support.mjs';

const table = 'electro';
let server;
let shop;

before(async () => {
  server = await Server.start();
  const attributes = ['pk', 'sk', 'gsi1pk', 'gsi1sk'];
  await server.dynamodb.send(new CreateTableCommand({
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: attributes.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
    GlobalSecondaryIndexes: [{
      IndexName: 'gsi1',
      KeySchema: [{ AttributeName: 'gsi1pk', KeyType: 'HASH' }, { AttributeName: 'gsi1sk', KeyType: 'RANGE' }],
      Projection: { ProjectionType: 'ALL' },
    }],
  }));
  const settings = { client: server.dynamodb, table };
  const customer = new Entity({
    model: { entity: 'customer', version: '1', service: 'shop' },
    attributes: { customerId: { type: 'string', required: true }, name: { type: 'string' }, orders: { type: 'number', default: 0 } },
    indexes: { account: { collection: 'history', pk: { field: 'pk', composite: ['customerId'] }, sk: { field: 'sk', composite: [] } } },
  }, settings);
  const order = new Entity({
    model: { entity: 'order', version: '1', service: 'shop' },
    attributes: {
      customerId: { type: 'string', required: true },
      orderId: { type: 'string', required: true },
      state: { type: ['open', 'paid', 'sent'], default: 'open' },
      placed: { type: 'string', required: true },
      lines: { type: 'list', items: { type: 'map', properties: { sku: { type: 'string' }, quantity: { type: 'number' } } } },
      labels: { type: 'set', items: 'string' },
    },
    indexes: {
      placed: { collection: 'history', pk: { field: 'pk', composite: ['customerId'] }, sk: { field: 'sk', composite: ['orderId'] } },
      byState: { index: 'gsi1', pk: { field: 'gsi1pk', composite: ['state'] }, sk: { field: 'gsi1sk', composite: ['placed'] } },
    },
  }, settings);
  shop = new Service({ customer, order });
});

after(() => server.stop());

test('a service keeps customers and their orders together', async () => {
  const { customer, order } = shop.entities;
  await customer.create({ customerId: 'c1', name: 'Ada' }).go();
  await assert.rejects(customer.create({ customerId: 'c1', name: 'Eve' }).go(), /conditional request failed/);
  const orders = Array.from({ length: 30 }, (_, i) => ({
    customerId: 'c1', orderId: String(i).padStart(3, '0'), placed: `2026-01-${String(30 - i).padStart(2, '0')}`,
    lines: [{ sku: `sku-${i}`, quantity: i }], labels: ['new', `n${i}`],
  }));
  const { unprocessed } = await order.put(orders).go();
  assert.deepEqual(unprocessed, []);

  const { data } = await shop.collections.history({ customerId: 'c1' }).go({ pages: 'all', limit: 7 });
  assert.equal(data.customer.length, 1);
  assert.deepEqual(data.order.map((o) => o.orderId), orders.map((o) => o.orderId));

  let cursor = null;
  const placed = [];
  do {
    const page = await order.query.byState({ state: 'open' }).go({ cursor, limit: 8 });
    placed.push(...page.data.map((o) => o.placed));
    cursor = page.cursor;
  } while (cursor !== null);
  assert.deepEqual(placed, orders.map((o) => o.placed).sort());
});

test('patches move an order between index partitions, or refuse', async () => {
  const { order } = shop.entities;
  const key = { customerId: 'c1', orderId: '003' };
  const { data } = await order.patch(key).set({ state: 'paid' }).add({ labels: ['rush'] }).append({ lines: [{ sku: 'gift', quantity: 1 }] })
    .where(({ state }, { eq }) => eq(state, 'open')).go({ response: 'all_new' });
  assert.equal(data.state, 'paid');
  assert.deepEqual([...data.labels].sort(), ['n3', 'new', 'rush']);
  assert.deepEqual(data.lines.at(-1), { sku: 'gift', quantity: 1 });
  assert.deepEqual((await order.query.byState({ state: 'paid' }).go()).data.map((o) => o.orderId), ['003']);
  await assert.rejects(order.patch(key).set({ state: 'sent' }).where(({ state }, { eq }) => eq(state, 'open')).go());
  await assert.rejects(order.patch({ customerId: 'c1', orderId: 'none' }).set({ state: 'sent' }).go());
});

test('transactions touch customer and order at once', async () => {
  const place = (orderId) => shop.transaction.write(({ customer, order }) => [
    customer.patch({ customerId: 'c1' }).add({ orders: 1 }).commit({ response: 'all_old' }),
    order.create({ customerId: 'c1', orderId, placed: '2026-02-01' }).commit(),
  ]).go();
  assert.equal((await place('100')).canceled, false);
  const again = await place('100');
  assert.equal(again.canceled, true);
  assert.deepEqual(again.data.map((entry) => entry.code), ['None', 'ConditionalCheckFailed']);
  const { data } = await shop.transaction.get(({ customer, order }) => [
    customer.get({ customerId: 'c1' }).commit(), order.get({ customerId: 'c1', orderId: '100' }).commit(),
  ]).go();
  assert.equal(data[0].item.orders, 1);
  assert.equal(data[1].item.orderId, '100');
});
