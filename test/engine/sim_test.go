package engine

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"multipoint/shared/day"
	objects "multipoint/shared/object/memory"
	items "multipoint/shared/table/memory"
	"multipoint/test/model"
)

// TestRandomDaysAgreeWithTheModel runs random cases, with answers, through the real days and compares them
// with the slow model. MULTIPOINT_DAYS says how many (default 100), MULTIPOINT_SEED picks one.
func TestRandomDaysAgreeWithTheModel(t *testing.T) {
	from, to := uint64(1), uint64(100)
	if s := os.Getenv("MULTIPOINT_DAYS"); s != "" {
		to, _ = strconv.ParseUint(s, 10, 64)
	}
	if s := os.Getenv("MULTIPOINT_SEED"); s != "" {
		from, _ = strconv.ParseUint(s, 10, 64)
		to = from
	}
	failures := 0
	for seed := from; seed <= to && failures < 3; seed++ {
		c := model.Random(seed, 20)
		if !expressible(&c) {
			continue
		}
		if diff := daysDisagree(&c, seed); len(diff) > 0 {
			failures++
			small := model.Shrink(c, func(x model.Case) bool { return len(daysDisagree(&x, seed)) > 0 })
			t.Errorf("seed %d:\n%s\n%v", seed, model.Describe(small), lines(daysDisagree(&small, seed)))
		}
	}
}

// daysDisagree gives the differences of days and model; how the work is cut varies with the seed.
func daysDisagree(c *model.Case, seed uint64) []string {
	want, err := model.Run(*c)
	if err != nil {
		return []string{fmt.Sprint("model: ", err)}
	}
	o := day.Options{
		ChunkSize: []int64{1 << 20, 1, 200}[seed%3], Groups: []int{1, 7, 256}[seed/3%3],
		Memory: []int64{0, 1}[seed/9%2],
	}
	return dayDifferences(inMemory(c, o), want)
}

// TestDaysSurviveLossesOfPower runs random cases while the power goes off between and inside steps, answers
// get lost and workers that were taken over come back: the result is the model's all the same, every run
// verifies, and the ledger is what the committed runs say. MULTIPOINT_RUNS says how many runs (default 150),
// MULTIPOINT_SEED picks one case.
func TestDaysSurviveLossesOfPower(t *testing.T) {
	s := &simulation{t: t, seed: 1, enough: 150}
	if text := os.Getenv("MULTIPOINT_RUNS"); text != "" {
		s.enough, _ = strconv.ParseInt(text, 10, 64)
	}
	one := os.Getenv("MULTIPOINT_SEED")
	if one != "" {
		s.seed, _ = strconv.ParseUint(one, 10, 64)
		s.enough = 1
	}
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed, ok := s.next(); ok; seed, ok = s.next() {
				s.disturbed(seed)
			}
		})
	}
	wg.Wait()
	t.Logf("%d runs, %d losses of power, %d lost answers, %d zombies", s.runs, s.crashes, s.lost, s.zombies)
	if one == "" && (s.crashes < int(s.runs) || s.lost < int(s.runs)/4) {
		t.Errorf("only %d losses of power and %d lost answers: nothing was disturbed", s.crashes, s.lost)
	}
}

// simulation runs disturbed cases until there are enough runs.
type simulation struct {
	t *testing.T

	mu                     sync.Mutex
	seed                   uint64
	enough, runs           int64
	crashes, lost, zombies int
}

func (s *simulation) next() (uint64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runs >= s.enough || s.t.Failed() {
		return 0, false
	}
	s.seed++
	return s.seed - 1, true
}

// disturbed runs one case.
func (s *simulation) disturbed(seed uint64) {
	c := model.Random(seed, 20)
	if !expressible(&c) {
		return
	}
	want, err := model.Run(c)
	if err != nil {
		s.t.Error(err)
		return
	}
	d := inMemory(&c, day.Options{
		ChunkSize: []int64{1 << 20, 200}[seed%2], Groups: []int{1, 3}[seed/2%2],
	})
	d.Chaos = NewChaos(seed)
	d.Objects, d.Table = d.Chaos, Items{d.Chaos}
	found := dayDifferences(d, want)
	d.Chaos.Calm()
	found = append(found, d.verify(s.t.Context())...)
	for _, x := range found {
		s.t.Errorf("seed %d: %s", seed, x)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crashes, s.lost = s.crashes+d.Chaos.Crashes, s.lost+d.Chaos.Lost
	s.zombies += d.Chaos.Zombies
	if last, err := d.Service.Last(s.t.Context()); err == nil && last != nil {
		s.runs += last.Run
	}
}

// verify computes all runs again and compares them, and the ledger, with what is stored.
func (d *Days) verify(ctx context.Context) (found []string) {
	err := d.Service.Runs(ctx, func(r *day.Run) error {
		if r.State != day.Closed {
			found = append(found, fmt.Sprintf("run %d is %s: %s", r.Run, r.State, r.Reason))
			return nil
		}
		v, err := d.Service.Verify(ctx, r.Run, objects.New(objects.Options{}))
		if err != nil {
			return err
		}
		if v.Verdict != day.Identical {
			found = append(found, fmt.Sprintf("run %d: %+v", r.Run, *v))
		}
		return nil
	})
	if err == nil {
		err = d.Service.VerifyLedger(ctx, items.New(nil))
	}
	if err != nil {
		found = append(found, err.Error())
	}
	return found
}
