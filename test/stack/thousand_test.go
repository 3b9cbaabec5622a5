package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/cloud"
	"multipoint/shared/day"
	"multipoint/shared/table"
	"multipoint/shared/table/memory"
	"multipoint/test/emulator"
)

const thousand = 1000

// counted is a client that counts requests by what they ask for, and how many were under way at a time.
type counted struct {
	mu             sync.Mutex
	calls          map[string]int
	underWay, most int
}

func (c *counted) Do(r *http.Request) (*http.Response, error) {
	what := r.Method
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		_, what, _ = strings.Cut(target, ".")
	} else if r.URL.Query().Get("list-type") != "" {
		what = "List"
	}
	c.mu.Lock()
	c.calls[what]++
	c.underWay++
	c.most = max(c.most, c.underWay)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.underWay--
	}()
	return http.DefaultClient.Do(r)
}

func (c *counted) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls, c.most = map[string]int{}, 0
}

// refusing is a table that does not answer about one retailer.
type refusing struct {
	table.Table
	retailer string
}

func (r refusing) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if strings.Contains(q.Partition, r.retailer) {
		return table.Page{}, errors.New("no answer")
	}
	return r.Table.Query(ctx, q)
}

// A thousand retailers are asked for in some calls, each once, and looked at beside each other; one that
// cannot be looked at keeps no other from it.
func TestAThousandRetailers(t *testing.T) {
	mini := emulator.MiniStack(t)
	calls := &counted{calls: map[string]int{}}
	mini.Config.HTTPClient = calls
	p := onMiniStack(t, mini)
	p.Table = refusing{memory.New(nil), "R0700"}
	all := map[string]bool{}
	for i := range thousand {
		all[fmt.Sprintf("R%04d", i)] = true
	}
	haveMasters(t, p, all)
	published := []string{"R0000", "R0500", "R0999"} // of the others nothing is expected yet
	for _, code := range published {
		publish(t, newRetailer(t, p, code))
	}

	calls.reset()
	if _, err := p.Open(t.Context(), json.RawMessage(`{"open":"all"}`)); err != nil {
		t.Fatal(err)
	}
	if calls.calls["SendMessageBatch"] != thousand/10 || calls.calls["List"] > 10 || len(calls.calls) > 2 {
		t.Errorf("the calls are %v", calls.calls)
	}
	for _, m := range received(t, mini, p.Settings.OpenQueue).Records {
		var o struct {
			Retailer string
			Date     calendar.Date
		}
		if err := json.Unmarshal([]byte(m.Body), &o); err != nil || !all[o.Retailer] || o.Date != runDate() {
			t.Errorf("asked for %s (%v)", m.Body, err)
		}
		delete(all, o.Retailer)
	}
	if len(all) > 0 {
		t.Errorf("%d retailers were not asked for", len(all))
	}

	calls.reset()
	p.Settings.Now = calendar.At(runDate(), 6*3600+31*60)
	begun := time.Now()
	err := p.Watch(t.Context())
	t.Logf("watched in %v, %d calls beside each other", time.Since(begun), calls.most)
	const want = "1 retailers were not looked at, one of them: retailer R0700"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, code := range published {
		raised := 0
		err := newRetailer(t, p, code).Alarms(t.Context(), runDate(), func(a *day.AlarmRecord) error {
			if a.Kind == day.NotOpened && a.Stands() {
				raised++
			}
			return nil
		})
		if err != nil || raised != 1 {
			t.Errorf("%s: %d alarms, %v", code, raised, err)
		}
	}
	if calls.most < 8 || calls.most > 16+1 { // one lists
		t.Errorf("%d calls were made at a time", calls.most)
	}
}

// haveMasters gives retailers an object among the masters, by which they are known.
func haveMasters(t *testing.T, p *cloud.Program, codes map[string]bool) {
	t.Helper()
	var puts sync.WaitGroup
	left := make(chan string)
	for range 8 {
		puts.Go(func() {
			for code := range left {
				key := "masters/" + code + "/" + strings.Repeat("0", 64) + ".json"
				if err := p.Objects.Put(t.Context(), key, strings.NewReader("{}"), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for code := range codes {
		left <- code
	}
	close(left)
	puts.Wait()
}

func newRetailer(t *testing.T, p *cloud.Program, code string) *day.Service {
	t.Helper()
	service, err := p.NewRetailer(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return service
}
