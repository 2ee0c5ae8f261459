// --verify-signatures: what the SDK signs is accepted, whatever the operation, and a client whose clock is wrong finds out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as streams from '@aws-sdk/client-dynamodb-streams';
import { GetFunctionCommand, ListTagsCommand } from '@aws-sdk/client-lambda';
import { Server, credentials } from './support.mjs';

let server;
before(async () => { server = await Server.start('--verify-signatures', '--access-key', 'test:test'); });
after(() => server.stop());

const refusals = [
  'InvalidSignatureException', 'IncompleteSignatureException', 'UnrecognizedClientException', 'MissingAuthenticationTokenException',
];

const outcomes = async (client, sdk, input) => {
  const commands = Object.entries(sdk).filter(([name]) => /^[A-Z]\w+Command$/.test(name));
  return Promise.all(commands.map(([, Command]) => client.send(new Command(input)).then(() => undefined, (error) => error.name)));
};

test('every operation of the SDK is let through to its own checks', async () => {
  const input = { TableName: 'Größe', StreamArn: 'x', ResourceArn: 'x', Key: {}, Item: {} };
  for (const [client, sdk, count] of [[server.dynamodb, dynamodb, 57], [server.streams, streams, 4]]) {
    const names = await outcomes(client, sdk, input);
    assert.ok(names.length >= count, `${names.length} operations`);
    assert.deepEqual(names.filter((name) => refusals.includes(name)), []);
  }
  const wrong = new dynamodb.DynamoDBClient({
    endpoint: server.endpoint, region: 'us-east-1', credentials: { ...credentials, secretAccessKey: 'no' }, maxAttempts: 1,
  });
  const names = await outcomes(wrong, dynamodb, input);
  wrong.destroy();
  assert.deepEqual([...new Set(names)].sort(), ['InvalidSignatureException', 'UnknownOperationException']);  // Checked first.
});

test('so are paths and queries with characters that are encoded', async () => {
  const name = 'arn:aws:lambda:us-east-1:000000000000:function:absent';
  const absent = { name: 'ResourceNotFoundException' };
  await assert.rejects(server.lambda.send(new GetFunctionCommand({ FunctionName: name, Qualifier: '$LATEST' })), absent);
  await assert.rejects(server.lambda.send(new ListTagsCommand({ Resource: name })), absent);
});

test('the SDK corrects a clock that is an hour off by the answer to its first attempt', async () => {
  for (const systemClockOffset of [3_600_000, -3_600_000]) {
    const client = new dynamodb.DynamoDBClient({ endpoint: server.endpoint, region: 'us-east-1', credentials, systemClockOffset });
    const { $metadata } = await client.send(new dynamodb.ListTablesCommand({}));
    assert.equal($metadata.attempts, 2);
    client.destroy();
  }
});
