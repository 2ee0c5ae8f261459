#!/usr/bin/env bash
# The main job with the AWS CLI: table, put, describe-stream, get-shard-iterator, get-records.
set -euo pipefail
. "$(dirname "$0")/support.sh"
start_server

aws dynamodb create-table --table-name CustomerOrdersTable \
  --attribute-definitions AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH \
  --billing-mode PAY_PER_REQUEST --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE >/dev/null
aws dynamodb wait table-exists --table-name CustomerOrdersTable
expect ACTIVE aws dynamodb describe-table --table-name CustomerOrdersTable --query Table.TableStatus
aws dynamodb put-item --table-name CustomerOrdersTable --item '{
  "id": {"S": "1"}, "customerEmail": {"S": "firstcustomer@gmail.com"}, "customerName": {"S": "First Customer"}}'
expect 'First Customer' aws dynamodb get-item --table-name CustomerOrdersTable --key '{"id": {"S": "1"}}' --query Item.customerName.S

stream=$(aws dynamodb describe-table --table-name CustomerOrdersTable --query Table.LatestStreamArn)
expect "$stream" aws dynamodbstreams list-streams --table-name CustomerOrdersTable --query 'Streams[0].StreamArn'
shard=$(aws dynamodbstreams describe-stream --stream-arn "$stream" --query 'StreamDescription.Shards[0].ShardId')
iterator=$(aws dynamodbstreams get-shard-iterator --stream-arn "$stream" --shard-id "$shard" --shard-iterator-type TRIM_HORIZON --query ShardIterator)
expect 'INSERT	68' aws dynamodbstreams get-records --shard-iterator "$iterator" --query 'Records[0].[eventName, dynamodb.SizeBytes]'

expect_failure 'ResourceNotFoundException' aws dynamodb describe-table --table-name NoSuchTable
aws dynamodb delete-table --table-name CustomerOrdersTable >/dev/null
aws dynamodb wait table-not-exists --table-name CustomerOrdersTable
expect '' aws dynamodb list-tables --query 'TableNames[]'
