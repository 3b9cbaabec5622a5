package engine

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"testing"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/generate"
	"multipoint/shared/keys"
	"multipoint/shared/keys/local"
	"multipoint/shared/master"
	objects "multipoint/shared/object/memory"
	"multipoint/shared/seal"
	"multipoint/shared/standalone"
	items "multipoint/shared/table/memory"
)

// sizeOf reads how much a benchmark works on.
func sizeOf(name string, byDefault int64) int64 {
	if n, err := strconv.ParseInt(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return byDefault
}

// busyMonth is a retailer whose days were generated and run.
type busyMonth struct {
	service *day.Service
	set     *master.Set
	from    calendar.Date
	to      calendar.Date
	lines   int64 // of a day
}

// newBusyMonth runs days of generated lines, everything in memory. MULTIPOINT_BENCH_DAYS and
// MULTIPOINT_BENCH_LINES say how many.
func newBusyMonth(b *testing.B, days, lines int64) *busyMonth {
	b.Helper()
	m := &busyMonth{lines: lines}
	m.from, _ = calendar.Of(2026, 10, 1)
	m.to = m.from.Add(int(days) - 1)
	set, faults := master.Load(os.DirFS("../../events/masters"))
	if len(faults) > 0 {
		b.Fatal(faults)
	}
	m.set = set
	feed, ok := generate.Feed(generate.Spec{Shape: generate.CSV, Set: set, RunDate: m.from})
	if !ok {
		b.Fatal("no feed")
	}
	feed.Code, feed.Files = "BENCH", nil
	set.Feeds = append(set.Feeds, feed)
	store := objects.New(objects.Options{})
	stored := keys.NewStored(local.Demo(), store)
	parts, err := seal.New(b.Context(), store, stored, "R", seal.Options{})
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	m.service = &day.Service{
		Retailer: "R", Objects: store, Parts: parts, Table: items.New(nil), Keys: stored,
		Now: func() time.Time { return now }, Options: day.Options{TempDir: b.TempDir()},
	}
	if _, err := m.service.PublishMasters(b.Context(), set, m.from.Add(-3)); err != nil {
		b.Fatal(err)
	}
	runner, err := standalone.NewRunner(m.service, standalone.RunnerOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for date := m.from; date <= m.to; date++ {
		m.run(b, runner, date)
	}
	return m
}

func (m *busyMonth) run(b *testing.B, runner *standalone.Runner, date calendar.Date) {
	b.Helper()
	var text bytes.Buffer
	_, err := generate.Write(&text, generate.Spec{
		Seed: uint64(date), Lines: m.lines, Shape: generate.CSV, RunDate: date, Set: m.set, Members: -1,
	})
	if err != nil {
		b.Fatal(err)
	}
	y, month, d := date.YMD()
	arrived := time.Date(y, time.Month(month), d, 2, 0, 0, 0, time.FixedZone("JST", 9*3600))
	a, err := m.service.TakeIn(b.Context(), day.Upload{
		ID: date.String(), Name: "bench-" + date.String() + ".csv", Feed: "BENCH", Arrived: arrived,
		Body: &text,
	})
	if err != nil || !a.Takes() {
		b.Fatal(a, err)
	}
	if _, err := runner.RunDay(b.Context(), date); err != nil {
		b.Fatal(err)
	}
}

// draft is the masters with a campaign changed and one more, with caps.
func (m *busyMonth) draft() *master.Set {
	set := *m.set
	set.Campaigns = slices.Clone(set.Campaigns)
	set.Campaigns[1].Give = master.Give{Kind: "rate", Num: 2, Den: 100}
	perMember, inAll := int64(500), 20*m.lines
	set.Campaigns = append(set.Campaigns, master.Campaign{
		Code: "X-NEW", PointType: "BASE", Give: master.Give{Kind: "rate", Num: 1, Den: 200}, MinAmount: 500,
		Caps: master.Caps{Member: &perMember, Campaign: &inAll},
	})
	return &set
}

// grown measures by how much the live heap grows at most while something runs; it makes the collector busy.
func grown(run func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	runtime.GC()
	live := func() uint64 {
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	before, most := live(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			most = max(most, live())
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	run()
	close(stop)
	<-done
	return max(most, before) - before
}

// BenchmarkSimulate simulates a draft over all days (A28): 30 days of 100,000 lines take at most 20 s.
func BenchmarkSimulate(b *testing.B) {
	days, lines := sizeOf("MULTIPOINT_BENCH_DAYS", 3), sizeOf("MULTIPOINT_BENCH_LINES", 10_000)
	m := newBusyMonth(b, days, lines)
	simulate := func() *day.Simulation {
		sim, err := m.service.Simulate(b.Context(), day.Draft{Set: m.draft()}, m.from, m.to,
			day.SimulateOptions{})
		if err != nil {
			b.Fatal(err)
		}
		return sim
	}
	for b.Loop() {
		sim := simulate()
		var sum [2]int64
		for i := range sim.Days {
			sum[0] += sim.Days[i].Draft.Points
			sum[1] += sim.Days[i].Granted.Points
		}
		if len(sim.Days) != int(days) || sum[0] <= sum[1] || sim.Converted {
			b.Fatal(len(sim.Days), sum)
		}
	}
	b.ReportMetric(float64(days*lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
	b.StopTimer()
	b.ReportMetric(float64(grown(func() { simulate() })>>20), "MiB-grown")
}

// BenchmarkExplain explains a line in the middle of a day by its place, by its key, by its card and by its
// record (A27): each takes at most 1 s of a day of a million lines.
func BenchmarkExplain(b *testing.B) {
	m := newBusyMonth(b, 1, sizeOf("MULTIPOINT_BENCH_LINES", 10_000))
	place := day.ExplainQuery{Run: 1, Ordinal: 1, Line: m.lines * 2 / 3, Reveal: true}
	found, err := m.service.Explain(b.Context(), place)
	earned := func() bool {
		return len(found) == 1 && len(found[0].Entries) > 0 && found[0].Entries[0].Left.Sequence > 0
	}
	for err == nil && !earned() {
		place.Line++
		found, err = m.service.Explain(b.Context(), place)
	}
	if err != nil {
		b.Fatal(err)
	}
	e := found[0]
	left := e.Entries[0].Left
	for name, q := range map[string]day.ExplainQuery{
		"line": place, "key": {Key: e.Key}, "card": {Card: e.Account, Provider: e.Provider},
		"record": {Outlet: left.Outlet, FileNo: left.FileNo, Sequence: left.Sequence},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				got, err := m.service.Explain(b.Context(), q)
				is := func(x *day.Explanation) bool { return x.Key == e.Key }
				if err != nil || !slices.ContainsFunc(got, is) {
					b.Fatal(fmt.Sprint(len(got)), err)
				}
			}
		})
	}
}
