package account_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"multipoint/shared/account"
)

func TestPasswordsAreHashedAtTheRecommendedCost(t *testing.T) {
	p, err := account.NewPasswords(account.PasswordOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := p.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	const cost = "$argon2id$v=19$m=19456,t=2,p=1$"
	if !strings.HasPrefix(first, cost) || first == second {
		t.Errorf("got %s and %s", first, second)
	}
	for password, want := range map[string]bool{secret: true, other: false, "": false} {
		right, old, err := p.Verify(t.Context(), first, password)
		if right != want || old || err != nil {
			t.Errorf("%q: %v, %v, %v", password, right, old, err)
		}
	}
}

// TestHashesOfOthers: a vector of the reference implementation of argon2.
func TestHashesOfOthers(t *testing.T) {
	p, err := account.NewPasswords(cheap())
	if err != nil {
		t.Fatal(err)
	}
	const stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if right, old, err := p.Verify(t.Context(), stored, "password"); !right || old || err != nil {
		t.Errorf("%v, %v, %v", right, old, err)
	}
}

func TestNothingFitsNobody(t *testing.T) {
	options := cheap()
	options.Random = chance()
	p, err := account.NewPasswords(options)
	if err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{"", secret, strings.Repeat("a", 5000)} {
		right, old, err := p.Verify(t.Context(), "", password)
		if right || old || err != nil {
			t.Errorf("%.20q: %v, %v, %v", password, right, old, err)
		}
	}
	for _, damaged := range []string{
		"x", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ", "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHQ",
		"$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHQ", // 4 GiB
		"$argon2id$v=19$m=8,t=0,p=1$c29tZXNhbHQ$c29tZXNhbHQ",
		"$argon2id$v=19$m=8,t=1,p=2$c29tZXNhbHQ$c29tZXNhbHQ", // less than 8 KiB a lane
		"$argon2id$v=19$m=8,t=1,p=257$c29tZXNhbHQ$c29tZXNhbHQ",
		"$argon2id$v=19$m=08,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHQ",
		"$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + strings.Repeat("A", 88),
		"$argon2id$v=19$m=8,t=1,p=1$c29t$c29tZXNhbHQ",
	} {
		_, _, err := p.Verify(t.Context(), damaged, secret)
		wantError(t, damaged, err, account.ErrDamaged)
	}
}

func TestOptionsOfPasswordsAreChecked(t *testing.T) {
	for _, o := range []account.PasswordOptions{
		{Parameters: account.Parameters{MemoryKiB: 19 << 10}},
		{Parameters: account.Parameters{MemoryKiB: 1 << 20, Passes: 1, Lanes: 1}},
		{Parallel: -1},
		{Waiting: -1},
	} {
		_, err := account.NewPasswords(o)
		wantError(t, "options", err, account.ErrInvalid)
	}
}

// gate is a source of chance that tells who draws a salt, which is done when one's turn has come, and lets
// it go on when the test says so.
type gate struct {
	arrived chan struct{}
	open    chan struct{}
	inside  atomic.Int64
	most    atomic.Int64
}

func (g *gate) Read(b []byte) (int, error) {
	if g.arrived == nil { // NewPasswords
		return len(b), nil
	}
	if n := g.inside.Add(1); n > g.most.Load() {
		g.most.Store(n)
	}
	g.arrived <- struct{}{}
	<-g.open
	g.inside.Add(-1)
	return len(b), nil
}

func TestPasswordsAreWorkedOnInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		options := cheap()
		options.Parallel, options.Waiting, options.Random = 1, 9, g
		p, err := account.NewPasswords(options)
		if err != nil {
			t.Fatal(err)
		}
		g.arrived, g.open = make(chan struct{}), make(chan struct{})
		var mu sync.Mutex
		var order []int
		for n := range 10 {
			go func() {
				if _, err := p.Hash(t.Context(), secret); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, n)
				mu.Unlock()
			}()
			synctest.Wait() // it stands in the queue
		}
		_, err = p.Hash(t.Context(), secret)
		wantError(t, "the eleventh", err, account.ErrBusy)
		_, _, err = p.Verify(t.Context(), "", secret)
		wantError(t, "the eleventh", err, account.ErrBusy)
		for range 10 {
			<-g.arrived
			g.open <- struct{}{}
			synctest.Wait() // it is done, and the next one waits at the gate
		}
		if !slices.IsSorted(order) || len(order) != 10 || g.most.Load() != 1 {
			t.Errorf("order %v, %d at a time", order, g.most.Load())
		}
	})
}

func TestParallelPasswords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		options := cheap()
		options.Parallel, options.Random = 3, g
		p, err := account.NewPasswords(options)
		if err != nil {
			t.Fatal(err)
		}
		g.arrived, g.open = make(chan struct{}, 20), make(chan struct{})
		for range 20 {
			go func() {
				if _, err := p.Hash(t.Context(), secret); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		close(g.open)
		synctest.Wait()
		if g.most.Load() != 3 {
			t.Errorf("%d at a time", g.most.Load())
		}
	})
}

func TestWhoLeavesTheQueueMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		options := cheap()
		options.Parallel, options.Waiting, options.Random = 1, 1, g
		p, err := account.NewPasswords(options)
		if err != nil {
			t.Fatal(err)
		}
		g.arrived, g.open = make(chan struct{}, 2), make(chan struct{})
		errs := make(chan error, 3)
		go func() {
			_, err := p.Hash(t.Context(), secret)
			errs <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, _, err := p.Verify(ctx, "", secret)
			errs <- err
		}()
		synctest.Wait()
		cancel()
		wantError(t, "who waited", <-errs, context.Canceled)
		go func() {
			_, _, err := p.Verify(t.Context(), "", secret)
			errs <- err
		}()
		synctest.Wait()
		close(g.open)
		if err := errors.Join(<-errs, <-errs); err != nil {
			t.Error(err)
		}
		_, _, err = p.Verify(ctx, "", secret)
		wantError(t, "whose time is over before it begins", err, context.Canceled)
	})
}
