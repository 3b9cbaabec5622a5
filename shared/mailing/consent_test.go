package mailing

import (
	"errors"
	"sync"
	"testing"
	"time"

	"multipoint/shared/mail"
	"multipoint/shared/table/memory"
)

// clock is a time that a test sets, and moves on while others look.
type clock struct {
	now  time.Time
	mu   sync.Mutex
	more time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.Add(c.more)
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.more += d
}

func consents(c *clock) *Consents {
	return &Consents{Retailer: "R", Table: memory.New(nil), Now: c.Now}
}

// The proof says when, where and by which text a member agreed, and when that was taken back; nothing of it
// is lost when the member changes their mind.
func TestConsentIsProved(t *testing.T) {
	c := &clock{now: noon()}
	all := consents(c)
	ctx := t.Context()
	wants := func(want bool) {
		t.Helper()
		got, err := all.Wants(ctx, "m1", Mail, Adverts)
		if err != nil || got != want {
			t.Errorf("wants: %v, %v", got, err)
		}
	}
	wants(false) // nobody asked for any
	steps := []func() error{
		func() error { return all.Grant(ctx, "m1", Mail, Adverts, "registration", "terms-3") },
		func() error { return all.Grant(ctx, "m1", Mail, Adverts, "settings", "terms-3") }, // kept
		func() error { return all.Revoke(ctx, "m1", Mail, Adverts, "one-click") },
		func() error { return all.Revoke(ctx, "m1", Mail, Adverts, "settings") },
		func() error { return all.Grant(ctx, "m1", Mail, Adverts, "settings", "terms-4") },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		wants(i != 2 && i != 3)
		c.now = c.now.Add(time.Hour)
	}
	got, err := all.Proofs(ctx, "m1", Mail, Adverts)
	want := []Consent{
		{noon(), "registration", "terms-3", noon().Add(2 * time.Hour), "one-click"},
		{noon().Add(4 * time.Hour), "settings", "terms-4", time.Time{}, ""},
	}
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v, %v", got, err)
	}
	for what, who := range map[string][2]string{
		"another purpose": {"m1", string(Grants)}, "another member": {"m2", string(Adverts)},
	} {
		if got, err := all.Wants(ctx, who[0], Mail, Purpose(who[1])); got || err != nil {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
	if err := all.Forget(ctx, "m1"); err != nil {
		t.Fatal(err)
	}
	wants(false)
	if got, _ := all.Proofs(ctx, "m1", Mail, Adverts); len(got) > 0 {
		t.Errorf("left: %+v", got)
	}
}

func TestConsentsAreBoundedAndNamed(t *testing.T) {
	c := &clock{now: noon()}
	all := consents(c)
	for i := range 2 * maxConsents {
		c.now = c.now.Add(time.Minute)
		version := "a"
		if i%2 == 0 {
			version = "b"
		}
		if err := all.Grant(t.Context(), "m1", Mail, Grants, "settings", version); err != nil {
			t.Fatal(err)
		}
	}
	got, err := all.Proofs(t.Context(), "m1", Mail, Grants)
	if err != nil || len(got) != maxConsents || !got[maxConsents-1].Stands() || got[0].Stands() {
		t.Errorf("%d proofs, %v", len(got), err)
	}
	for what, err := range map[string]error{
		"member":  all.Grant(t.Context(), "a\x00b", Mail, Grants, "settings", "a"),
		"purpose": all.Grant(t.Context(), "m1", Mail, "others", "settings", "a"),
		"text":    all.Grant(t.Context(), "m1", Mail, Grants, "settings", ""),
		"source":  all.Grant(t.Context(), "m1", Mail, Grants, "", "a"),
	} {
		if !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", what, err)
		}
	}
}
