// DynamoDB OneTable: a schema with two models in one table, unique attributes, pages and transactions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Dynamo } from 'dynamodb-onetable/Dynamo';
import { Model, Table } from 'dynamodb-onetable';
import { Server } from './support.mjs';

let server;
let table;

before(async () => {
  server = await Server.start();
  table = new Table({
    client: new Dynamo({ client: server.dynamodb }),
    name: 'one',
    partial: true,
    schema: {
      format: 'onetable:1.1.0',
      version: '0.0.1',
      indexes: { primary: { hash: 'pk', sort: 'sk' }, gs1: { hash: 'gs1pk', sort: 'gs1sk', project: 'all' } },
      models: {
        Account: {
          pk: { type: String, value: 'account#${id}' }, sk: { type: String, value: 'account#' },
          id: { type: String, required: true }, name: { type: String, required: true, unique: true }, balance: { type: Number, default: 0 },
        },
        User: {
          pk: { type: String, value: 'account#${accountId}' }, sk: { type: String, value: 'user#${email}' },
          gs1pk: { type: String, value: 'user#' }, gs1sk: { type: String, value: '${email}' },
          accountId: { type: String, required: true }, email: { type: String, required: true },
          address: { type: Object, schema: { street: { type: String }, zip: { type: Number } } },
        },
      },
      params: { isoDates: true, timestamps: true },
    },
  });
  await table.createTable();
});

after(() => server.stop());

test('models live in one table, and unique attributes stay unique', async () => {
  const Account = table.getModel('Account');
  const User = table.getModel('User');
  assert.ok(Account instanceof Model);
  await Account.create({ id: 'a1', name: 'acme' });
  await assert.rejects(Account.create({ id: 'a2', name: 'acme' }), { code: 'UniqueError' });
  for (let i = 0; i < 12; ++i)
    await User.create({ accountId: 'a1', email: `u${String(i).padStart(2, '0')}@acme.test`, address: { street: 'Main', zip: i } });
  await assert.rejects(User.create({ accountId: 'a1', email: 'u00@acme.test' }));

  let next;
  const emails = [];
  do {
    const page = await User.find({}, { index: 'gs1', limit: 5, next });
    emails.push(...page.map((user) => user.email));
    next = page.next;
  } while (next);
  assert.equal(emails.length, 12);
  assert.deepEqual(emails, [...emails].sort());
  const zips = await User.find({ accountId: 'a1' }, { where: '${address.zip} >= {10}' });
  assert.deepEqual(zips.map((user) => user.address.zip), [10, 11]);
});

test('updates and transactions', async () => {
  const Account = table.getModel('Account');
  const User = table.getModel('User');
  const updated = await User.update({ accountId: 'a1', email: 'u00@acme.test' }, { set: { 'address.street': 'Side' } });
  assert.deepEqual(updated.address, { street: 'Side', zip: 0 });
  const transaction = {};
  await Account.update({ id: 'a1' }, { add: { balance: 10 }, transaction });
  await User.remove({ accountId: 'a1', email: 'u01@acme.test' }, { transaction });
  await table.transact('write', transaction);
  assert.equal((await Account.get({ id: 'a1' })).balance, 10);
  assert.equal(await User.get({ accountId: 'a1', email: 'u01@acme.test' }), undefined);
});
