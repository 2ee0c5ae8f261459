// Dynamoose: models that make their own table, queries, updates, batches and transactions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import dynamoose from 'dynamoose';
import { Server, credentials } from './support.mjs';

let server;
let Cat;

before(async () => {
  server = await Server.start();
  dynamoose.aws.ddb.set(new DynamoDB({ endpoint: server.endpoint, region: 'us-east-1', credentials }));
  const schema = new dynamoose.Schema({
    owner: { type: String, hashKey: true },
    name: { type: String, rangeKey: true },
    breed: { type: String, index: { name: 'byBreed', rangeKey: 'age' } },
    age: Number,
    toys: { type: Array, schema: [String] },
    home: { type: Object, schema: { city: String, rooms: Number } },
    born: Date,
  }, { timestamps: true });
  Cat = dynamoose.model('Cat', schema);
  const table = new dynamoose.Table('Cats', [Cat], { initialize: false, throughput: 'ON_DEMAND', waitForActive: { enabled: true, check: { frequency: 5 } } });
  await table.initialize();
});

after(() => server.stop());

test('models are created, read, queried and scanned', async () => {
  const born = new Date('2020-02-03T04:05:06.000Z');
  await Cat.create({ owner: 'ada', name: 'Tom', breed: 'tabby', age: 3, toys: ['ball'], home: { city: 'Bonn', rooms: 4 }, born });
  await assert.rejects(Cat.create({ owner: 'ada', name: 'Tom' }), { name: 'ConditionalCheckFailedException' });
  const { unprocessedItems } = await Cat.batchPut(Array.from({ length: 20 }, (_, i) => ({ owner: 'bob', name: `cat-${i}`, breed: 'tabby', age: i })));
  assert.deepEqual(unprocessedItems, []);

  const tom = await Cat.get({ owner: 'ada', name: 'Tom' });
  assert.equal(tom.home.city, 'Bonn');
  assert.deepEqual(tom.born, born);
  const young = await Cat.query('breed').eq('tabby').where('age').lt(5).using('byBreed').exec();
  assert.deepEqual(young.map((cat) => cat.age), [0, 1, 2, 3, 3, 4]);
  const all = await Cat.query('owner').eq('bob').limit(6).all().exec();
  assert.equal(all.length, 20);
  const { count } = await Cat.scan('age').ge(15).count().exec();
  assert.equal(count, 5);
  const several = await Cat.batchGet([{ owner: 'bob', name: 'cat-1' }, { owner: 'bob', name: 'none' }]);
  assert.deepEqual(several.map((cat) => cat.name), ['cat-1']);
});

test('updates and conditions act on the stored item', async () => {
  const key = { owner: 'ada', name: 'Tom' };
  const older = await Cat.update(key, { $ADD: { age: 1 }, $SET: { breed: 'siamese' }, $REMOVE: ['home'] });
  assert.equal(older.age, 4);
  assert.equal(older.home, undefined);
  const condition = new dynamoose.Condition().filter('age').gt(10);
  await assert.rejects(Cat.update(key, { breed: 'lion' }, { condition }), { name: 'ConditionalCheckFailedException' });
  assert.equal((await Cat.get(key)).breed, 'siamese');
  await Cat.delete(key);
  assert.equal(await Cat.get(key), undefined);
});

test('transactions happen whole or not at all', async () => {
  await dynamoose.transaction([
    Cat.transaction.create({ owner: 'eve', name: 'a', age: 1 }),
    Cat.transaction.update({ owner: 'bob', name: 'cat-0' }, { $ADD: { age: 100 } }),
  ]);
  assert.equal((await Cat.get({ owner: 'bob', name: 'cat-0' })).age, 100);
  await assert.rejects(dynamoose.transaction([
    Cat.transaction.update({ owner: 'bob', name: 'cat-0' }, { $ADD: { age: 100 } }),
    Cat.transaction.create({ owner: 'eve', name: 'a', age: 2 }),
  ]), { name: 'TransactionCanceledException' });
  assert.equal((await Cat.get({ owner: 'bob', name: 'cat-0' })).age, 100);
});
