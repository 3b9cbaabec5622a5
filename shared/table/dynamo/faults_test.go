package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"multipoint/shared/table"
	"multipoint/shared/table/dynamo"
	"multipoint/shared/table/tabletest"
)

// conformanceWithFaults: nothing that the suite asks for needs a wire without faults.
func conformanceWithFaults(t *testing.T, l *local) {
	tabletest.Run(t, func(t *testing.T) table.Table {
		var calls atomic.Int64
		return l.over(t, &wire{fault: func(c *call) (*http.Response, error) {
			switch calls.Add(1) % 200 {
			case 7:
				return throttled()
			case 121:
				return answered(http.StatusInternalServerError, object{"__type": "InternalServerError"})
			}
			switch c.operation {
			case "TransactWriteItems":
				switch c.n % 4 {
				case 1:
					return crowded()
				case 2:
					return c.lost()
				}
			case "BatchGetItem":
				if c.n%5 == 0 {
					return c.halved()
				}
			case "Query", "Scan":
				return c.shortened(40)
			}
			return c.send()
		}})
	}, tabletest.Options{Lagging: true, Operations: 100})
}

// throttledRequestsEndRight: the first three requests of each kind are turned away.
func throttledRequestsEndRight(t *testing.T, l *local) {
	for _, recount := range []bool{false, true} {
		w := &wire{fault: func(c *call) (*http.Response, error) {
			if c.n <= 3 {
				return throttled()
			}
			return c.send()
		}}
		in := l.open(t, func(o *dynamo.Options) { o.Client, o.Recount = w, recount })
		items := many(120, 300)
		if err := in.BatchPut(t.Context(), items); err != nil {
			t.Fatal(err)
		}
		put(t, in, items[0], table.Always)
		keys, found := make([]table.Key, len(items)), 0
		for n := range items {
			keys[n] = items[n].Key
		}
		err := in.BatchGet(t.Context(), keys, func(_ int, _ table.Item, there bool) error {
			if there {
				found++
			}
			return nil
		})
		if err != nil || found != len(items) {
			t.Fatalf("%d of %d found, error %v", found, len(items), err)
		}
		got, _ := pages(t, in, table.Query{Index: 1, Partition: "i"})
		wantKeys(t, got, items)
		wantVersion(t, in, items[1].Key, 1)
		if err := in.Delete(t.Context(), items[0], table.Always); err != nil {
			t.Fatal(err)
		}
		page, err := in.Scan(t.Context(), 0, 1, "")
		if err != nil || len(page.Items) != len(items)-1 {
			t.Fatalf("%d items, error %v", len(page.Items), err)
		}
		for operation, n := range w.seen() {
			if n <= 3 {
				t.Errorf("%s was sent %d times", operation, n)
			}
		}
	}
}

func whatWasNotProcessedIsSentAgain(t *testing.T, l *local) {
	w := &wire{fault: func(c *call) (*http.Response, error) {
		if strings.HasPrefix(c.operation, "Batch") {
			return c.halved()
		}
		return c.send()
	}}
	in := l.open(t, func(o *dynamo.Options) { o.Client, o.Recount = w, true })
	items := many(120, 300)
	if err := in.BatchPut(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	page, err := in.Scan(t.Context(), 0, 1, "")
	if err != nil || len(page.Items) != len(items) {
		t.Fatalf("%d of %d items, error %v", len(page.Items), len(items), err)
	}
	keys := make([]table.Key, len(items))
	for n := range items {
		keys[n] = items[n].Key
	}
	next := 0
	err = in.BatchGet(t.Context(), keys, func(i int, item table.Item, found bool) error {
		if i != next || !found || item.Key != keys[i] {
			return fmt.Errorf("call %d: key %d, item %q, found %v", next, i, item.Key, found)
		}
		next++
		return nil
	})
	if err != nil || next != len(items) {
		t.Fatalf("%d of %d keys, error %v", next, len(items), err)
	}
	calls := w.seen()
	if calls["BatchWriteItem"] < 5*5 || calls["BatchGetItem"] < 2*6 { // 25 halved five times, 100 six times
		t.Errorf("calls %v: the wire did not halve", calls)
	}
}

// lostAnswersOfConditions: a write with a condition whose answer got lost is sent again and found done, not
// refused by its own first try.
func lostAnswersOfConditions(t *testing.T, l *local) {
	w := &wire{}
	in := l.over(t, w)
	lose := func() {
		w.seen()
		w.fault = func(c *call) (*http.Response, error) {
			if c.n <= 2 {
				return c.lost()
			}
			return c.send()
		}
	}
	item := numbered(1, 1)
	lose()
	put(t, in, item, table.IfAbsent)
	if calls := w.seen(); calls["TransactWriteItems"] != 3 {
		t.Errorf("calls %v: nothing was lost", calls)
	}
	wantVersion(t, in, item.Key, 1)
	wantError(t, in.Put(t.Context(), item, table.IfAbsent), table.ErrCondition)
	item.Version = 1
	lose()
	put(t, in, item, table.IfVersion)
	wantVersion(t, in, item.Key, 2)
	item.Version = 2
	lose()
	err := in.Transact(t.Context(), []table.Action{
		{Item: item, When: table.IfVersion},
		{Item: numbered(2, 1)},
		{Item: numbered(3, 1), When: table.IfAbsent},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantVersion(t, in, item.Key, 3)
	wantVersion(t, in, numbered(2, 1).Key, 1)
	item.Version = 3
	lose()
	if err := in.Delete(t.Context(), item, table.IfVersion); err != nil {
		t.Fatal(err)
	}
	wantVersion(t, in, item.Key, 0)
}

func transactionsThatMeetAreMadeAgain(t *testing.T, l *local) {
	w := &wire{fault: func(c *call) (*http.Response, error) {
		if c.operation == "TransactWriteItems" && c.n <= 3 {
			return crowded()
		}
		if c.n == 1 {
			return refused("TransactionConflictException", nil)
		}
		return c.send()
	}}
	in := l.over(t, w)
	put(t, in, numbered(1, 1), table.Always)
	err := in.Transact(t.Context(), []table.Action{{Item: numbered(1, 1)}, {Item: numbered(2, 1)}})
	if err != nil {
		t.Fatal(err)
	}
	wantVersion(t, in, numbered(1, 1).Key, 2)
}

// failedConditionsAreNotTriedAgain, and name the item that did not have what was expected.
func failedConditionsAreNotTriedAgain(t *testing.T, l *local) {
	w := &wire{}
	in := l.over(t, w)
	put(t, in, numbered(1, 1), table.Always)
	w.seen()
	err := in.Transact(t.Context(), []table.Action{
		{Item: numbered(2, 1)}, {Item: numbered(1, 1), When: table.IfAbsent}, {Item: numbered(3, 1)},
	})
	wantError(t, err, table.ErrCondition)
	if !strings.Contains(err.Error(), numbered(1, 1).Sort) {
		t.Errorf("the error names another item: %v", err)
	}
	if calls := w.seen(); calls["TransactWriteItems"] != 1 {
		t.Errorf("calls %v, want one", calls)
	}
}

func errorsOfDynamoDBNameTheTable(t *testing.T, l *local) {
	o := options(l.endpoint)
	o.Table = "nowhere"
	_, _, err := dynamo.New(o).Get(t.Context(), place("p", "s"))
	if err == nil || !strings.Contains(err.Error(), "nowhere") || errors.Is(err, table.ErrInvalid) {
		t.Errorf("error %v", err)
	}
	w := &wire{fault: func(*call) (*http.Response, error) { return refused("ValidationException", nil) }}
	wantError(t, l.over(t, w).Put(t.Context(), numbered(1, 1), table.Always), table.ErrInvalid)
}

func batchesStopAtTheFirstErrorOfTheirs(t *testing.T, l *local) {
	w := &wire{fault: func(c *call) (*http.Response, error) {
		if c.n > 100 {
			return refused("AccessDeniedException", nil)
		}
		return c.send()
	}}
	in := l.open(t, func(o *dynamo.Options) { o.Client, o.Parallel = w, 4 })
	err := in.BatchPut(t.Context(), many(1000, 1))
	if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("error %v", err)
	}
	if n := w.seen()["UpdateItem"]; n > 104 {
		t.Errorf("%d requests, want no more than those that were under way", n)
	}
}

// TestThrottlingEndsWithTheContext: a table that never has room is asked, ever more seldom, for as long as
// the caller waits.
func TestThrottlingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gap time.Duration
		var asked []time.Time
		w := &wire{fault: func(*call) (*http.Response, error) {
			asked = append(asked, time.Now())
			return throttled()
		}}
		o := options("http://127.0.0.1:1")
		o.Client = w
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		start := time.Now()
		err := dynamo.New(o).Put(ctx, numbered(1, 1), table.IfAbsent)
		wantError(t, err, context.DeadlineExceeded)
		if waited := time.Since(start); waited != 10*time.Minute {
			t.Errorf("it gave up after %v", waited)
		}
		for i := range asked[1:] {
			gap = max(gap, asked[i+1].Sub(asked[i]))
		}
		// Half of 5 s on average.
		if n := len(asked); n < 120 || n > 480 || gap > 5*time.Second+time.Millisecond {
			t.Errorf("asked %d times in 10 minutes, the longest wait was %v", n, gap)
		}
	})
}

// TestUnprocessedForEver: the same where an answer comes, but nothing is done.
func TestUnprocessedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{fault: func(c *call) (*http.Response, error) {
			all := c.body["RequestItems"]
			return answered(http.StatusOK, object{"UnprocessedKeys": all, "UnprocessedItems": all})
		}}
		o := options("http://127.0.0.1:1")
		o.Client, o.Recount = w, true
		in := dynamo.New(o)
		for name, do := range map[string]func(ctx context.Context) error{
			"BatchPut": func(ctx context.Context) error { return in.BatchPut(ctx, many(30, 1)) },
			"BatchGet": func(ctx context.Context) error {
				return in.BatchGet(ctx, []table.Key{place("p", "s")}, func(int, table.Item, bool) error {
					return errors.New("called")
				})
			},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			wantError(t, do(ctx), context.DeadlineExceeded)
			cancel()
			for operation, n := range w.seen() {
				if n > 120 {
					t.Errorf("%s: %s was sent %d times in a minute", name, operation, n)
				}
			}
		}
	})
}

// TestBrokenConnectionsAreGivenUp after some attempts, since waiting will not mend them.
func TestBrokenConnectionsAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("no route to host")
		w := &wire{fault: func(*call) (*http.Response, error) { return nil, broken }}
		o := options("http://127.0.0.1:1")
		o.Client = w
		_, _, err := dynamo.New(o).Get(t.Context(), place("p", "s"))
		wantError(t, err, broken)
		if n := w.seen()["GetItem"]; n != 8 {
			t.Errorf("%d attempts, want 8", n)
		}
	})
}

// TestTurnedAwayIsNotBroken: a request that waited long for room may break as often as any other.
func TestTurnedAwayIsNotBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		w := &wire{fault: func(*call) (*http.Response, error) {
			switch sent++; {
			case sent <= 20:
				return throttled()
			case sent <= 27:
				return nil, errors.New("connection reset by peer")
			}
			return answered(http.StatusOK, object{})
		}}
		o := options("http://127.0.0.1:1")
		o.Client = w
		if _, _, err := dynamo.New(o).Get(t.Context(), place("p", "s")); err != nil || sent != 28 {
			t.Errorf("after %d attempts: %v", sent, err)
		}
	})
}

// TestConnectionsAreKept: requests that go together do not connect anew each time.
func TestConnectionsAreKept(t *testing.T) {
	for name, client := range map[string]aws.HTTPClient{"none": nil, "own": awshttp.NewBuildableClient()} {
		t.Run(name, func(t *testing.T) {
			var made atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(
				w http.ResponseWriter, _ *http.Request,
			) {
				_, _ = w.Write([]byte("{}"))
			}))
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					made.Add(1)
				}
			}
			server.Start()
			defer server.Close()
			o := options(server.URL)
			o.Client, o.Parallel = client, 40
			in := dynamo.New(o)
			for range 5 {
				if err := in.BatchPut(t.Context(), many(200, 1)); err != nil {
					t.Fatal(err)
				}
			}
			if n := made.Load(); n > 200 {
				t.Errorf("%d connections for 40 requests at a time", n)
			}
		})
	}
}

// TestForeignItemsAreErrors: whoever else writes to the table is found out.
func TestForeignItemsAreErrors(t *testing.T) {
	b := func(s string) object { return object{"B": s} }
	item := object{"pk": b("cA=="), "sk": b("cw=="), "v": object{"N": "1"}}
	for name, change := range map[string]func(object){
		"nothing is wrong":     func(object) {},
		"a key of text":        func(o object) { o["pk"] = object{"S": "p"} },
		"no version":           func(o object) { delete(o, "v") },
		"half a version":       func(o object) { o["v"] = object{"N": "1.5"} },
		"a body of text":       func(o object) { o["b"] = object{"S": "p"} },
		"a time of text":       func(o object) { o["ttl"] = object{"S": "p"} },
		"half an index":        func(o object) { o["pk1"] = b("cA==") },
		"an index key of text": func(o object) { o["pk2"], o["sk2"] = b("cA=="), object{"S": "p"} },
	} {
		foreign := object{}
		for k, v := range item {
			foreign[k] = v
		}
		change(foreign)
		o := options("http://127.0.0.1:1")
		o.Client = &wire{fault: func(*call) (*http.Response, error) {
			return answered(http.StatusOK, object{"Item": foreign})
		}}
		got, found, err := dynamo.New(o).Get(t.Context(), place("p", "s"))
		if right := err == nil && found && got.Key == place("p", "s"); right != (name == "nothing is wrong") {
			t.Errorf("%s: item %+v, found %v, error %v", name, got, found, err)
		}
	}
}
