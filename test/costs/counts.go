package main

import (
	"sync"
)

// Counts are what a day asked for. Each field is a number that AWS charges for; bill says how.
type Counts struct {
	ObjectWrites  int64 `json:"object_writes"`  // PUT, POST and LIST requests of S3
	ObjectReads   int64 `json:"object_reads"`   // GET and HEAD requests
	ObjectDeletes int64 `json:"object_deletes"` // DELETE requests, which are free
	TableWrites   int64 `json:"table_writes"`   // write units of the table itself
	IndexWrites   int64 `json:"index_writes"`   // write units of its indexes
	TableReads    int64 `json:"table_reads"`    // halves of a read unit: a consistent 4 kB are two
	TableRequests int64 `json:"table_requests"` // free, but each takes its time
	Transitions   int64 `json:"transitions"`    // states entered and retries, and the start of each child
	Children      int64 `json:"children"`       // executions that Map states start
	Calls         int64 `json:"calls"`          // of functions
	KeyRequests   int64 `json:"key_requests"`   // wraps and unwraps of KMS
	QueueRequests int64 `json:"queue_requests"` // send, receive and delete of SQS
	Events        int64 `json:"events"`         // of S3 through EventBridge
	Mails         int64 `json:"mails"`
}

// quantity is one of the counts by its name.
type quantity struct {
	name string
	of   func(c *Counts) *int64
}

// quantities lists all counts in the order of the page.
func quantities() []quantity {
	return []quantity{
		{"S3 PUT, POST, LIST", func(c *Counts) *int64 { return &c.ObjectWrites }},
		{"S3 GET, HEAD", func(c *Counts) *int64 { return &c.ObjectReads }},
		{"S3 DELETE", func(c *Counts) *int64 { return &c.ObjectDeletes }},
		{"DynamoDB write units, table", func(c *Counts) *int64 { return &c.TableWrites }},
		{"DynamoDB write units, indexes", func(c *Counts) *int64 { return &c.IndexWrites }},
		{"DynamoDB read units × 2", func(c *Counts) *int64 { return &c.TableReads }},
		{"DynamoDB requests", func(c *Counts) *int64 { return &c.TableRequests }},
		{"Step Functions transitions", func(c *Counts) *int64 { return &c.Transitions }},
		{"of them starts of child executions", func(c *Counts) *int64 { return &c.Children }},
		{"Lambda calls", func(c *Counts) *int64 { return &c.Calls }},
		{"KMS requests by the program", func(c *Counts) *int64 { return &c.KeyRequests }},
		{"SQS requests", func(c *Counts) *int64 { return &c.QueueRequests }},
		{"EventBridge events", func(c *Counts) *int64 { return &c.Events }},
		{"mails", func(c *Counts) *int64 { return &c.Mails }},
	}
}

// add adds other counts, so many times.
func (c *Counts) add(other *Counts, times int64) {
	for _, q := range quantities() {
		*q.of(c) += times * *q.of(other)
	}
}

// meter is where everything is counted. It may be used by several goroutines.
type meter struct {
	mu     sync.Mutex
	counts Counts
}

// count changes the counts.
func (m *meter) count(change func(c *Counts)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.counts)
}

// take gives what was counted, and begins again.
func (m *meter) take() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	counts := m.counts
	m.counts = Counts{}
	return counts
}
