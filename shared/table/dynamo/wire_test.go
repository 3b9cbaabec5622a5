package dynamo_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
)

// object is JSON as DynamoDB speaks it.
type object = map[string]any

// wire is what is between a driver and DynamoDB. It counts calls, and faults may happen on it.
type wire struct {
	fault func(c *call) (*http.Response, error) // nil = none

	mu    sync.Mutex
	calls map[string]int // by operation
}

// call is one request on the wire.
type call struct {
	operation string
	n         int // which one of its operation, from 1
	body      object
	request   *http.Request
}

// Do implements the SDK's client.
func (w *wire) Do(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c := &call{operation: operation, request: r}
	if err := json.NewDecoder(r.Body).Decode(&c.body); err != nil {
		return nil, err
	}
	w.mu.Lock()
	if w.calls == nil {
		w.calls = map[string]int{}
	}
	w.calls[operation]++
	c.n = w.calls[operation]
	w.mu.Unlock()
	if w.fault == nil {
		return c.send()
	}
	return w.fault(c)
}

// seen gives the number of calls of each operation since the last time.
func (w *wire) seen() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.calls
	w.calls = nil
	return maps.Clone(seen)
}

// send gives the request to DynamoDB.
func (c *call) send() (*http.Response, error) {
	text, err := json.Marshal(c.body)
	if err != nil {
		return nil, err
	}
	r := c.request.Clone(c.request.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return http.DefaultTransport.RoundTrip(r)
}

// ask gives the request to DynamoDB and reads the answer; refused is one that is an error.
func (c *call) ask() (answer object, refused *http.Response, err error) {
	response, err := c.send()
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, response, err
	}
	err = json.NewDecoder(response.Body).Decode(&answer)
	return answer, nil, errors.Join(err, response.Body.Close())
}

// answered makes a response.
func answered(status int, body object) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body:          io.NopCloser(bytes.NewReader(text)),
		ContentLength: int64(len(text)),
	}, nil
}

// refused answers with an error of DynamoDB.
func refused(code string, more object) (*http.Response, error) {
	body := object{"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": "not now"}
	maps.Copy(body, more)
	return answered(http.StatusBadRequest, body)
}

func throttled() (*http.Response, error) {
	return refused("ProvisionedThroughputExceededException", nil)
}

// crowded is what a transaction gets that meets another one.
func crowded() (*http.Response, error) {
	return refused("TransactionCanceledException", object{
		"CancellationReasons": []object{{"Code": "None"}, {"Code": "TransactionConflict"}},
	})
}

// lost lets a request arrive, but not its answer.
func (c *call) lost() (*http.Response, error) {
	response, err := c.send()
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return nil, errors.Join(errors.New("connection reset by peer"), err, response.Body.Close())
}

// halved lets DynamoDB process the first half of a batch, if it has more than one, and gives the rest back.
func (c *call) halved() (*http.Response, error) {
	tables, _ := c.body["RequestItems"].(object)
	left := object{}
	for name, batch := range tables {
		switch batch := batch.(type) {
		case object: // of keys
			keys, _ := batch["Keys"].([]any)
			if n := len(keys); n > 1 {
				rest := maps.Clone(batch)
				batch["Keys"], rest["Keys"] = keys[:n/2], keys[n/2:]
				left[name] = rest
			}
		case []any: // of items
			if n := len(batch); n > 1 {
				tables[name], left[name] = batch[:n/2], batch[n/2:]
			}
		}
	}
	answer, response, err := c.ask()
	if err != nil || response != nil {
		return response, err
	}
	answer["UnprocessedKeys"], answer["UnprocessedItems"] = left, left
	if c.operation == "BatchGetItem" {
		delete(answer, "UnprocessedItems")
	} else {
		delete(answer, "UnprocessedKeys")
	}
	return answered(http.StatusOK, answer)
}

// shortened makes a page have at most so many items.
func (c *call) shortened(most float64) (*http.Response, error) {
	if limit, ok := c.body["Limit"].(float64); !ok || limit > most {
		c.body["Limit"] = most
	}
	return c.send()
}
