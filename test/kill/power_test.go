package kill_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"multipoint/shared/day"
	"multipoint/shared/object"
	objects "multipoint/shared/object/memory"
	items "multipoint/shared/table/memory"
	"multipoint/test/engine"
	"multipoint/test/model"
)

// TestPowerLossAtEachStep cuts the power at the end of each step of days and answers, of each file's intake
// and each opening. What was not synced is gone, or chance has written half of it.
func TestPowerLossAtEachStep(t *testing.T) {
	for _, seed := range suitable(t, cases()) {
		for _, kept := range []int{0, 50} {
			t.Run(fmt.Sprintf("seed %d, %d %% kept", seed, kept), func(t *testing.T) {
				t.Parallel()
				cutEverywhere(t, seed, kept, false, 1)
			})
		}
	}
}

// TestPowerLossAtEachWrite cuts the power behind single writes inside steps: some of them, or, with
// MULTIPOINT_FULL, each.
func TestPowerLossAtEachWrite(t *testing.T) {
	stride := int64(7)
	if full() {
		stride = 1
	}
	for _, seed := range suitable(t, cases()) {
		for _, kept := range []int{0, 50} {
			t.Run(fmt.Sprintf("seed %d, %d %% kept", seed, kept), func(t *testing.T) {
				t.Parallel()
				cutEverywhere(t, seed, kept, true, stride)
			})
		}
	}
}

func full() bool { return os.Getenv("MULTIPOINT_FULL") != "" }

// cases is how many random cases lose power.
func cases() int {
	if full() {
		return 5
	}
	return 1
}

// suitable gives the seeds of some random cases of two days, with answers and provider files.
func suitable(t *testing.T, count int) (seeds []uint64) {
	t.Helper()
	for seed := uint64(1); len(seeds) < count; seed++ {
		c := model.Random(seed, 12)
		answers, good := 0, len(c.Days) == 2
		for i := range c.Days {
			answers += len(c.Days[i].Answers)
			for j := range c.Days[i].Files {
				good = good && engine.Expressible(&c.Days[i].Files[j])
			}
		}
		if !good || answers != 1 {
			continue
		}
		expect, err := model.Run(c)
		if err != nil {
			t.Fatal(err)
		}
		written, matched := 0, 0
		for i := range expect.Days {
			written += len(expect.Days[i].ProviderFiles)
			for j := range expect.Days[i].Answers {
				matched += len(expect.Days[i].Answers[j].MatchedEntries)
			}
		}
		if written > 1 && matched > 0 {
			seeds = append(seeds, seed)
		}
	}
	return seeds
}

// cutEverywhere plays a case once undisturbed, then once for each stride-th boundary.
func cutEverywhere(t *testing.T, seed uint64, kept int, writes bool, stride int64) {
	c := model.Random(seed, 12)
	s, err := newScript(&c)
	if err != nil {
		t.Fatal(err)
	}
	calm := newMachine(t, kept, seed)
	calm.writes = writes
	if err := s.play(t.Context(), calm); err != nil {
		t.Fatal(err)
	}
	want := result(t, calm, true)
	boundaries := calm.passed
	calm.close()
	t.Logf("%d boundaries, %d runs, %d files", boundaries, len(want.runs), len(want.outbox))
	if boundaries < 20 || len(want.runs) != 3 || len(want.outbox) < 2 {
		t.Fatalf("the case does nothing: %+v", want)
	}
	for cut := int64(1); cut <= boundaries && !t.Failed(); cut += stride {
		m := newMachine(t, kept, seed+uint64(cut)<<20)
		m.writes, m.cut = writes, cut
		if err := s.through(t.Context(), m); err != nil {
			t.Fatalf("boundary %d: %v", cut, err)
		}
		if m.passed < cut {
			t.Errorf("boundary %d was not reached", cut)
		}
		got := result(t, m, cut%8 == 1) // the digests say most of it
		if !slices.Equal(got.runs, want.runs) || !maps.Equal(got.outbox, want.outbox) {
			t.Errorf("boundary %d:\ngot  %+v\nwant %+v", cut, got, want)
		}
		m.close()
	}
}

// through plays the script through a loss of power.
func (s *script) through(ctx context.Context, m *machine) error {
	err := s.play(ctx, m)
	if !m.off() {
		return err
	}
	if err == nil {
		m.t.Error("the power went off and nobody noticed")
	}
	m.close()
	told := m.told
	m.boot()
	if err := told.last(ctx, m.service); err != nil {
		return err
	}
	if err = s.play(ctx, m); errors.Is(err, errPower) {
		err = fmt.Errorf("a second loss of power: %w", err)
	}
	return err
}

// told is what the machine had acknowledged when the power went off.
type told struct {
	arrivals []string // IDs
	settled  []int64  // runs
}

// last says whether all of it is still there.
func (a *told) last(ctx context.Context, s *day.Service) error {
	there := map[string]bool{}
	err := s.Arrivals(ctx, "", func(x *day.Arrival) error {
		there[x.ID] = true
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range a.arrivals {
		if !there[id] {
			return fmt.Errorf("arrival %s was acknowledged and is gone", id)
		}
	}
	for _, run := range a.settled {
		r, err := s.Run(ctx, run)
		if err != nil {
			return err
		}
		if r.Digest == "" {
			return fmt.Errorf("the commit of run %d was acknowledged and is gone", run)
		}
	}
	return nil
}

// outcome is what a machine came to.
type outcome struct {
	runs   []string
	outbox map[string]string
}

// result verifies the ledger, and all runs if asked to, and gives what came out.
func result(t *testing.T, m *machine, verify bool) outcome {
	t.Helper()
	ctx := t.Context()
	out := outcome{outbox: map[string]string{}}
	err := m.service.Runs(ctx, func(r *day.Run) error {
		line := fmt.Sprint(r.Run, " ", r.Kind, " ", r.RunDate, " ", r.State, " ", r.Digest)
		out.runs = append(out.runs, line)
		if !verify {
			return nil
		}
		v, err := m.service.Verify(ctx, r.Run, objects.New(objects.Options{}))
		if err == nil && v.Verdict != day.Identical {
			err = fmt.Errorf("run %d: %+v", r.Run, *v)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := m.service.VerifyLedger(ctx, items.New(nil)); err != nil {
		t.Error(err)
	}
	err = object.All(ctx, m.disk, "outbox/", func(i object.Info) error {
		sum, err := hashOf(ctx, m.disk, i.Key)
		out.outbox[i.Key] = sum
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return out
}
