// The tutorial's story, told on the terminal: a table with a stream, a function, a mapping, a put, an event.
import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { Handler, Server } from './support.mjs';

const say = (text) => console.log(`\n${text}`);

const handler = await Handler.start();
const server = await Server.start();
say(`Tailrace listens on ${server.endpoint}, the handler on ${handler.url}`);

const { TableDescription } = await server.dynamodb.send(new CreateTableCommand({
  TableName: 'CustomerOrdersTable',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
}));
say(`CreateTable: CustomerOrdersTable with the stream\n  ${TableDescription.LatestStreamArn}`);

await server.control('PUT', 'functions/DynamoDBStreamLambda', { Target: handler.url });
const mapping = await server.lambda.send(new CreateEventSourceMappingCommand({
  EventSourceArn: TableDescription.LatestStreamArn,
  FunctionName: 'DynamoDBStreamLambda',
  StartingPosition: 'TRIM_HORIZON',
}));
say(`CreateEventSourceMapping: ${mapping.UUID}, from the stream to DynamoDBStreamLambda`);

const started = performance.now();
await server.dynamodb.send(new PutItemCommand({
  TableName: 'CustomerOrdersTable',
  Item: {
    id: { S: '1' },
    customerEmail: { S: 'firstcustomer@gmail.com' },
    customerName: { S: 'First Customer' },
  },
}));
const [event] = await handler.received(1);
say(`PutItem, and ${(performance.now() - started).toFixed(1)} ms after it was sent the handler had received:`);
console.log(JSON.stringify(event, null, 2));

await server.stop();
await handler.stop();
