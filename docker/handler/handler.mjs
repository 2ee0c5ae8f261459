// A function as a plain HTTP endpoint: prints what changed.
import http from 'node:http';

http.createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  for (const { eventName, dynamodb } of JSON.parse(body).Records) console.log(eventName, JSON.stringify(dynamodb));
  response.end();
}).listen(8080);

process.on('SIGTERM', () => process.exit());
