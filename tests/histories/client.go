package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const table = "histories"

type object = map[string]interface{}

// client speaks the wire protocol over one connection: an SDK would retry behind our back.
type client struct {
	url  string
	http *http.Client
}

func newClient(url string) *client {
	transport := &http.Transport{MaxConnsPerHost: 1, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext}
	return &client{url: url, http: &http.Client{Transport: transport, Timeout: 60 * time.Second}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// refusal is an answer that says no; any other error means that no answer came.
type refusal struct{ kind, text string }

func (r *refusal) Error() string { return r.text }

func (c *client) call(operation string, body object) (object, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest("POST", c.url, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.GetBody = nil // Sent once: net/http must not try again on a new connection.
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	request.Header.Set("X-Amz-Date", "20260101T000000Z")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=histories/20260101/us-east-1/dynamodb/aws4_request, "+
		"SignedHeaders=host, Signature=0")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var answer object
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("%s: no JSON: %q", operation, text)
	}
	if response.StatusCode != 200 {
		name, _ := answer["__type"].(string)
		return nil, &refusal{kind: name[strings.LastIndex(name, "#")+1:], text: fmt.Sprintf("%s: %s", operation, text)}
	}
	return answer, nil
}

func createTable(c *client) error {
	_, err := c.call("CreateTable", object{
		"TableName": table, "BillingMode": "PAY_PER_REQUEST",
		"KeySchema": []object{{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}},
		"AttributeDefinitions": []object{{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"},
			{"AttributeName": "g", "AttributeType": "S"}, {"AttributeName": "v", "AttributeType": "N"}},
		"GlobalSecondaryIndexes": []object{{"IndexName": "by_v", "Projection": object{"ProjectionType": "ALL"},
			"KeySchema": []object{{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "v", "KeyType": "RANGE"}}}},
		"StreamSpecification": object{"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
	})
	return err
}

// --- Values on the wire

func number(n int64) object { return object{"N": strconv.FormatInt(n, 10)} }

func key(in input, item int) object {
	return object{"pk": object{"S": groupName(in)}, "sk": object{"S": strconv.Itoa(item)}}
}

func groupName(in input) string { return fmt.Sprintf("group %d", in.group) }

func image(in input, item int, value int64) object {
	whole := key(in, item)
	whole["g"], whole["v"] = whole["pk"], number(value)
	return whole
}

func valueOf(item interface{}) int64 {
	attributes, ok := item.(object)
	if !ok {
		return 0
	}
	v, ok := attributes["v"].(object)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(v["N"].(string), 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// valueIs is a condition and its values: the item's value is `expected`, or it is absent.
func valueIs(expected int64) object {
	if expected == 0 {
		return object{"ConditionExpression": "attribute_not_exists(pk)"}
	}
	return object{"ConditionExpression": "v = :v", "ExpressionAttributeValues": object{":v": number(expected)}}
}

func with(base object, more object) object {
	for name, value := range more {
		base[name] = value
	}
	return base
}

func updateOf(in input, item int, by int64) object {
	return object{"TableName": table, "Key": key(in, item), "UpdateExpression": "ADD v :by SET g = :g",
		"ExpressionAttributeValues": object{":by": number(by), ":g": object{"S": groupName(in)}}}
}

// --- Operations

// do makes the call that `in` stands for. A refusal that no condition explains is an error; another error means that nobody
// knows.
func (c *client) do(in input) (output, error) {
	var answer object
	var err error
	switch in.kind {
	case put:
		answer, err = c.call("PutItem", object{"TableName": table, "Item": image(in, in.a, in.x), "ReturnValues": "ALL_OLD"})
	case get:
		answer, err = c.call("GetItem", object{"TableName": table, "Key": key(in, in.a), "ConsistentRead": true})
	case remove:
		answer, err = c.call("DeleteItem", object{"TableName": table, "Key": key(in, in.a), "ReturnValues": "ALL_OLD"})
	case add:
		answer, err = c.call("UpdateItem", with(updateOf(in, in.a, in.x), object{"ReturnValues": "ALL_NEW"}))
	case putIf:
		answer, err = c.call("PutItem", with(object{"TableName": table, "Item": image(in, in.a, in.x)}, valueIs(in.y)))
	case transaction:
		answer, err = c.call("TransactWriteItems", object{"TransactItems": []object{
			{"Put": object{"TableName": table, "Item": image(in, in.a, in.x)}},
			{"Update": updateOf(in, in.b, in.y)},
			{"Delete": with(object{"TableName": table, "Key": key(in, in.c)}, valueIs(in.d))}}})
	case overwrite:
		_, err = c.call("ExecuteStatement", object{"Statement": `UPDATE "` + table + `" SET v = ? WHERE pk = ? AND sk = ?`,
			"Parameters": []object{number(in.x), key(in, in.a)["pk"].(object), key(in, in.a)["sk"].(object)}})
	case getAll:
		return c.readAll(in)
	}
	if refused, ok := err.(*refusal); ok {
		if in.isConditional() && (refused.kind == "ConditionalCheckFailedException" || refused.kind == "TransactionCanceledException") {
			return output{}, nil
		}
		return output{}, err
	}
	if err != nil {
		return output{}, err
	}
	out := output{done: true}
	switch in.kind {
	case get:
		out.value = valueOf(answer["Item"])
	case put, remove, add:
		out.value = valueOf(answer["Attributes"])
	}
	return out, nil
}

func (c *client) readAll(in input) (output, error) {
	out := output{done: true}
	var answer object
	var err error
	list := "Items"
	switch in.how {
	case "Query":
		answer, err = c.call("Query", object{"TableName": table, "ConsistentRead": true, "KeyConditionExpression": "pk = :g",
			"ExpressionAttributeValues": object{":g": object{"S": groupName(in)}}})
	case "Query of the index":
		answer, err = c.call("Query", object{"TableName": table, "IndexName": "by_v", "KeyConditionExpression": "g = :g",
			"ExpressionAttributeValues": object{":g": object{"S": groupName(in)}}})
	default:
		var gets []object
		for item := 0; item < itemsOfGroup; item++ {
			gets = append(gets, object{"Get": object{"TableName": table, "Key": key(in, item)}})
		}
		answer, err = c.call("TransactGetItems", object{"TransactItems": gets})
		list = "Responses"
	}
	if err != nil {
		return output{}, err
	}
	for _, row := range answer[list].([]interface{}) {
		item := row.(object)
		if list == "Responses" {
			if item, _ = item["Item"].(object); item == nil {
				continue
			}
		}
		place, err := strconv.Atoi(item["sk"].(object)["S"].(string))
		if err != nil {
			return output{}, err
		}
		out.all[place] = valueOf(item)
	}
	return out, nil
}
