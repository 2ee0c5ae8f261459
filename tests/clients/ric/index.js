// The handler that the runtime client runs. (../js/aws_lambda_ric.test.mjs)
exports.handler = async (event, context) => {
  if (event.do === 'fail') throw new TypeError('on purpose');
  if (event.do === 'exit') process.exit(5);
  if (event.do === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000));
  console.log('handling', context.awsRequestId);
  if (event.do === 'nothing') return undefined;
  return {
    event,
    name: context.functionName,
    arn: context.invokedFunctionArn,
    timeLeft: context.getRemainingTimeInMillis() > 0,
    endpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB,
  };
};

let seen = [];
// Keeps the ids of the records of a stream; tells them when it is invoked without records.
exports.collect = async (event) => {
  if (!event.Records) return seen;
  seen = seen.concat(event.Records.map((record) => record.dynamodb.Keys.id.S));
};
