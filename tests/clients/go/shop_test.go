// The AWS SDK for Go v2: a shop in a single table, its events read from the stream.
package shop

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

const table = "shop"

type record struct {
	PK     string   `dynamodbav:"pk"`
	SK     string   `dynamodbav:"sk"`
	Status string   `dynamodbav:"status,omitempty"`
	Total  int      `dynamodbav:"total"`
	Tags   []string `dynamodbav:"tags,stringset,omitempty"`
	Lines  []line   `dynamodbav:"lines,omitempty"`
}

type line struct {
	SKU   string
	Count int
}

// config starts the server binary on a free port; it ends with the test.
func config(t *testing.T) aws.Config {
	server := exec.Command(os.Getenv("TAILRACE_BINARY"), "--port", "0", "--log-level", "warn")
	server.Stderr = os.Stderr
	output, err := server.StdoutPipe()
	must(t, err)
	must(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		must(t, server.Wait())
	})
	text, err := bufio.NewReader(output).ReadString('\n')
	must(t, err)
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(strings.TrimSpace(text[strings.Index(text, "http://"):])),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func createTable(t *testing.T, client *dynamodb.Client) {
	attribute := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS}
	}
	key := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{
			{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange},
		}
	}
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName:            aws.String(table),
		AttributeDefinitions: []types.AttributeDefinition{attribute("pk"), attribute("sk"), attribute("status")},
		KeySchema:            key("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("byStatus"), KeySchema: key("status", "sk"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
		BillingMode:         types.BillingModePayPerRequest,
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewImage},
	})
	must(t, err)
	waiter := dynamodb.NewTableExistsWaiter(client)
	must(t, waiter.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(table)}, 10*time.Second))
}

func order(customer string, number int, status string, total int) map[string]types.AttributeValue {
	item, err := attributevalue.MarshalMap(record{
		PK: "customer#" + customer, SK: fmt.Sprintf("order#%03d", number), Status: status, Total: total,
		Tags: []string{"a", "b"}, Lines: []line{{"tea", number}},
	})
	if err != nil {
		panic(err)
	}
	return item
}

func stock(total int) map[string]types.AttributeValue {
	item, err := attributevalue.MarshalMap(record{PK: "product#tea", SK: "stock", Total: total})
	if err != nil {
		panic(err)
	}
	return item
}

func keyOf(item map[string]types.AttributeValue) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": item["pk"], "sk": item["sk"]}
}

func build(t *testing.T, builder expression.Builder) expression.Expression {
	built, err := builder.Build()
	must(t, err)
	return built
}

func totals(t *testing.T, items []map[string]types.AttributeValue) []int {
	records := []record{}
	must(t, attributevalue.UnmarshalListOfMaps(items, &records))
	found := []int{}
	for _, r := range records {
		found = append(found, r.Total)
	}
	return found
}

func conditionalWrites(t *testing.T, client *dynamodb.Client) {
	absent := build(t, expression.NewBuilder().WithCondition(expression.AttributeNotExists(expression.Name("pk"))))
	put := &dynamodb.PutItemInput{
		TableName: aws.String(table), Item: order("ann", 1, "open", 5), ConditionExpression: absent.Condition(),
		ExpressionAttributeNames:            absent.Names(),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	_, err := client.PutItem(t.Context(), put)
	must(t, err)
	_, err = client.PutItem(t.Context(), put)
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		t.Fatal(err)
	}
	equal(t, failed.ErrorMessage(), "The conditional request failed")
	equal(t, failed.Item, order("ann", 1, "open", 5))

	change := build(t, expression.NewBuilder().
		WithUpdate(expression.Add(expression.Name("total"), expression.Value(2)).
			Set(expression.Name("lines[0].Count"), expression.Name("lines[0].Count").Plus(expression.Value(9))).
			Delete(expression.Name("tags"), expression.Value(&types.AttributeValueMemberSS{Value: []string{"a"}}))).
		WithCondition(expression.Name("total").Between(expression.Value(5), expression.Value(6)).
			And(expression.Size(expression.Name("lines")).Equal(expression.Value(1)))))
	updated, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(table), Key: keyOf(put.Item), UpdateExpression: change.Update(), ConditionExpression: change.Condition(),
		ExpressionAttributeNames: change.Names(), ExpressionAttributeValues: change.Values(), ReturnValues: types.ReturnValueAllNew,
	})
	must(t, err)
	var now record
	must(t, attributevalue.UnmarshalMap(updated.Attributes, &now))
	equal(t, now, record{PK: "customer#ann", SK: "order#001", Status: "open", Total: 7, Tags: []string{"b"}, Lines: []line{{"tea", 10}}})
}

func transactions(t *testing.T, client *dynamodb.Client) {
	_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(table), Item: stock(3)})
	must(t, err)
	sell := build(t, expression.NewBuilder().
		WithUpdate(expression.Add(expression.Name("total"), expression.Value(-2))).
		WithCondition(expression.Name("total").GreaterThanEqual(expression.Value(2))))
	checkout := func(number int, token *string) error {
		_, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{
			ClientRequestToken: token,
			TransactItems: []types.TransactWriteItem{
				{Put: &types.Put{TableName: aws.String(table), Item: order("bob", number, "paid", number)}},
				{Update: &types.Update{
					TableName: aws.String(table), Key: keyOf(stock(0)), UpdateExpression: sell.Update(), ConditionExpression: sell.Condition(),
					ExpressionAttributeNames: sell.Names(), ExpressionAttributeValues: sell.Values(),
				}},
			},
		})
		return err
	}
	must(t, checkout(1, aws.String("once")))
	must(t, checkout(1, aws.String("once")))
	var canceled *types.TransactionCanceledException
	if err := checkout(2, nil); !errors.As(err, &canceled) {
		t.Fatal(err)
	}
	codes := []string{}
	for _, reason := range canceled.CancellationReasons {
		codes = append(codes, aws.ToString(reason.Code))
	}
	equal(t, codes, []string{"None", "ConditionalCheckFailed"})

	get := func(item map[string]types.AttributeValue) types.TransactGetItem {
		return types.TransactGetItem{Get: &types.Get{TableName: aws.String(table), Key: keyOf(item)}}
	}
	read, err := client.TransactGetItems(t.Context(), &dynamodb.TransactGetItemsInput{
		TransactItems: []types.TransactGetItem{get(stock(0)), get(order("bob", 1, "", 0)), get(order("bob", 2, "", 0))},
	})
	must(t, err)
	equal(t, read.Responses[0].Item, stock(1))
	equal(t, read.Responses[1].Item, order("bob", 1, "paid", 1))
	equal(t, len(read.Responses[2].Item), 0)
}

func pagesAndIndex(t *testing.T, client *dynamodb.Client) {
	requests := []types.WriteRequest{}
	for n := range 25 {
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: order("cid", n, "sent", n)}})
	}
	written, err := client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{table: requests}})
	must(t, err)
	equal(t, len(written.UnprocessedItems), 0)

	query := build(t, expression.NewBuilder().
		WithKeyCondition(expression.Key("status").Equal(expression.Value("sent")).And(expression.Key("sk").BeginsWith("order#"))).
		WithFilter(expression.Name("total").GreaterThan(expression.Value(4))))
	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
		TableName: aws.String(table), IndexName: aws.String("byStatus"), Limit: aws.Int32(10), ScanIndexForward: aws.Bool(false),
		KeyConditionExpression: query.KeyCondition(), FilterExpression: query.Filter(),
		ExpressionAttributeNames: query.Names(), ExpressionAttributeValues: query.Values(),
	})
	found, calls := []int{}, 0
	for ; pages.HasMorePages(); calls++ {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		found = append(found, totals(t, page.Items)...)
	}
	want := []int{}
	for n := 24; n > 4; n-- {
		want = append(want, n)
	}
	equal(t, found, want)
	equal(t, calls, 3)

	scanned := 0
	for segment := range int32(3) {
		scan := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{
			TableName: aws.String(table), Limit: aws.Int32(4), Segment: aws.Int32(segment), TotalSegments: aws.Int32(3)})
		for scan.HasMorePages() {
			page, err := scan.NextPage(t.Context())
			must(t, err)
			scanned += len(page.Items)
		}
	}
	equal(t, scanned, 25+3)
}

// readStream gives all records of all shards, in order.
func readStream(t *testing.T, client *dynamodbstreams.Client) []streamtypes.Record {
	listed, err := client.ListStreams(t.Context(), &dynamodbstreams.ListStreamsInput{TableName: aws.String(table)})
	must(t, err)
	arn := listed.Streams[0].StreamArn
	stream, err := client.DescribeStream(t.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	must(t, err)
	records := []streamtypes.Record{}
	for _, shard := range stream.StreamDescription.Shards {
		start, err := client.GetShardIterator(t.Context(), &dynamodbstreams.GetShardIteratorInput{
			StreamArn: arn, ShardId: shard.ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon})
		must(t, err)
		for iterator := start.ShardIterator; iterator != nil; {
			batch, err := client.GetRecords(t.Context(), &dynamodbstreams.GetRecordsInput{
				ShardIterator: iterator, Limit: aws.Int32(10)})
			must(t, err)
			if len(batch.Records) == 0 {
				break
			}
			records = append(records, batch.Records...)
			iterator = batch.NextShardIterator
		}
	}
	return records
}

func TestSingleTableShop(t *testing.T) {
	settings := config(t)
	client := dynamodb.NewFromConfig(settings)
	createTable(t, client)
	conditionalWrites(t, client)
	transactions(t, client)
	pagesAndIndex(t, client)

	records := readStream(t, dynamodbstreams.NewFromConfig(settings))
	names := []string{}
	for _, r := range records[:5] {
		image, err := attributevalue.FromDynamoDBStreamsMap(r.Dynamodb.NewImage)
		must(t, err)
		var seen record
		must(t, attributevalue.UnmarshalMap(image, &seen))
		names = append(names, fmt.Sprint(r.EventName, " ", seen.PK, " ", seen.Total))
	}
	equal(t, names[:3], []string{"INSERT customer#ann 5", "MODIFY customer#ann 7", "INSERT product#tea 3"})
	equal(t, len(records), 5+25)
}
