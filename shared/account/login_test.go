package account_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multipoint/shared/account"
	"multipoint/shared/fault"
	"multipoint/shared/table"
	"multipoint/shared/table/memory"
)

func TestLoginByAnyNameOfTheAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		of := w.add(t, members, "M1", name("mail"), name("phone"))
		for _, names := range [][]account.Name{
			{name("mail")}, {name("phone")}, {name("no card"), name("phone")},
		} {
			entry, err := w.try(t, secret, names...)
			if err != nil || entry.Session.Account.Ref != of || entry.CodeDue {
				t.Errorf("by %q: %v, %+v", names, err, entry)
			}
		}
	})
}

func TestLoginFailsAlikeForKnownAndUnknownNames(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.add(t, members, "known", name("known"), name("known too"))
		w.add(t, members, "elsewhere", name("elsewhere"), name("elsewhere too"))
		suspended := w.add(t, members, "suspended", name("suspended"))
		w.change(t, suspended, (*account.Account).Suspend)
		empty := w.add(t, members, "empty", name("empty"))
		w.change(t, empty, func(a *account.Account) { a.Password = "" })
		for n := range account.Tries { // lock it by its other name
			_, err := w.Login(t.Context(), from(n, by(members, "elsewhere", other)))
			wantCode(t, "lock", err, fault.LoginFailed)
		}
		cases := []struct{ what, password, name string }{
			{"unknown", secret, "unknown"},
			{"wrong password", other, "known"},
			{"suspended", secret, "suspended"},
			{"without a password", "", "empty"},
			{"locked by another name", secret, "elsewhere too"},
		}
		var want []string
		for i, c := range cases {
			var got []string
			for n := range account.Tries + 2 {
				w.table.taken()
				attempt := from(1000*(i+1)+n, by(members, c.name, c.password))
				attempt.Names = slices.Insert(attempt.Names, 0, name("no card"))
				_, err := w.Login(t.Context(), attempt)
				got = append(got, fmt.Sprint(w.table.taken(), fault.CodeOf(err)))
			}
			if i == 0 {
				want = got
			}
			for n := range want {
				if got[n] != want[n] {
					t.Fatalf("%s, try %d:\ngot  %s\nwant %s", c.what, n+1, got[n], want[n])
				}
			}
		}
	})
}

// TestLockSaysNothingAboutOtherNames: who knows two names of a person can not learn from a lock that they
// belong together, so neither that the person has an account.
func TestLockSaysNothingAboutOtherNames(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.add(t, members, "M1", name("mail"), name("phone"))
		answers := func(first, second string, source int) (codes []fault.Code, calls []string) {
			w.table.taken()
			for n, typed := range slices.Repeat([]string{first, second}, account.Tries+1) {
				_, err := w.Login(t.Context(), from(source+n, by(members, typed, other)))
				codes = append(codes, fault.CodeOf(err))
			}
			return codes, w.table.taken()
		}
		known, knownCalls := answers("mail", "phone", 0)
		unknown, unknownCalls := answers("nobody", "no one", 1000)
		if !slices.Equal(known, unknown) || known[len(known)-1] != fault.LoginLocked {
			t.Errorf("known names: %v\nunknown:     %v", known, unknown)
		}
		if len(knownCalls) != len(unknownCalls) {
			t.Errorf("known names: %d calls, unknown: %d", len(knownCalls), len(unknownCalls))
		}
	})
}

func TestUnknownNamesCostTheSameWork(t *testing.T) {
	options := cheap()
	options.MemoryKiB = 4096
	w := newWorld(t, memory.New(nil), options)
	w.add(t, members, "M1", name("known"))
	for _, typed := range []string{"known", "unknown"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := w.try(t, other, name(typed))
		runtime.ReadMemStats(&after)
		wantCode(t, typed, err, fault.LoginFailed)
		const argon2 = 4096 << 10
		if used := after.TotalAlloc - before.TotalAlloc; used < argon2 || used > 3*argon2/2 {
			t.Errorf("%s name: %d bytes were used, argon2id alone uses %d", typed, used, argon2)
		}
	}
}

func TestLockAfterFiveTriesForHalfAnHour(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.add(t, members, "M1", name("mail"))
		try := func(n int, password string) error {
			_, err := w.Login(t.Context(), from(n, by(members, "mail", password)))
			return err
		}
		for n := range 4 {
			wantCode(t, "wrong", try(n, other), fault.LoginFailed)
		}
		if err := try(4, secret); err != nil {
			t.Fatalf("the fifth was right: %v", err)
		}
		for n := range 5 {
			wantCode(t, "wrong, counted from 1 again", try(10+n, other), fault.LoginFailed)
		}
		wantCode(t, "right, but locked", try(20, secret), fault.LoginLocked)
		w.pass(account.LockTime - time.Second)
		wantCode(t, "right, a second too early", try(21, secret), fault.LoginLocked)
		w.pass(time.Second)
		if err := try(22, secret); err != nil {
			t.Errorf("after the lock: %v", err)
		}
	})
}

func TestLockOfASource(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.add(t, members, "M1", name("mail"))
		from := func(source, typed, password string) error {
			attempt := by(members, typed, password)
			attempt.Source = netip.MustParseAddr(source)
			_, err := w.Login(t.Context(), attempt)
			return err
		}
		for n, source := range []string{
			"2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1:ffff::", "2001:db8:0:1::4", "2001:db8:0:1::5",
		} {
			wantCode(t, source, from(source, fmt.Sprint(n), secret), fault.LoginFailed)
			if err := from(source, "mail", secret); n < 4 && err != nil { // forgets no tries of the source
				t.Error(err)
			}
		}
		wantCode(t, "the network is locked", from("2001:db8:0:1::6", "mail", secret), fault.LoginLocked)
		if err := from("2001:db8:0:2::1", "mail", secret); err != nil {
			t.Errorf("the next network: %v", err)
		}
		for n := range account.Tries {
			wantCode(t, "IPv4", from("::ffff:203.0.113.9", fmt.Sprint("v4", n), secret), fault.LoginFailed)
		}
		wantCode(t, "the same as IPv4", from("203.0.113.9", "mail", secret), fault.LoginLocked)
		w.pass(account.LockTime)
		if err := from("203.0.113.9", "mail", secret); err != nil {
			t.Errorf("after the lock: %v", err)
		}
	})
}

// TestLockIsNotMadeLonger: nobody keeps a person out by trying on.
func TestLockIsNotMadeLonger(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.add(t, members, "M1", name("mail"), name("phone"))
		for n := range account.Tries {
			_, err := w.Login(t.Context(), from(n, by(members, "mail", other)))
			wantCode(t, "lock", err, fault.LoginFailed)
		}
		w.pass(account.LockTime / 2)
		for n, typed := range []string{"mail", "mail", "phone", "phone"} {
			if _, err := w.Login(t.Context(), from(10+n, by(members, typed, other))); err == nil {
				t.Error("came in")
			}
		}
		w.pass(account.LockTime / 2)
		for n, typed := range []string{"mail", "phone"} {
			w.enter(t, from(20+n, by(members, typed, secret)))
		}
	})
}

// TestTriesAtTheSameInstant: twenty tries see the same counter before any of them writes it.
func TestTriesAtTheSameInstant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const parallel = 20
		w.add(t, members, "M1", name("mail"))
		_, err := w.Login(t.Context(), from(parallel, by(members, "mail", other)))
		wantCode(t, "the first", err, fault.LoginFailed)
		var failed atomic.Int64
		w.table.beforeTransact = together(parallel)
		var group sync.WaitGroup
		for n := range parallel {
			group.Go(func() {
				_, err := w.Login(t.Context(), from(n, by(members, "mail", other)))
				if fault.CodeOf(err) == fault.LoginFailed {
					failed.Add(1)
				} else {
					wantCode(t, "the others", err, fault.LoginLocked)
				}
			})
		}
		group.Wait()
		if failed.Load() != account.Tries-1 {
			t.Errorf("%d tries were looked at after the first", failed.Load())
		}
	})
}

// TestParallelTries: of many at once no more than five look at the password. Where a code is due a right
// password does not forget the tries, so each that was looked at is seen.
func TestParallelTries(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		of := w.add(t, members, "M1", name("mail"), name("phone"))
		w.change(t, of, func(a *account.Account) { a.Codes = &account.Codes{} })
		var looked, failed, locked atomic.Int64
		var group sync.WaitGroup
		for n := range 40 {
			group.Go(func() {
				typed := []string{"mail", "phone"}[n%2]
				_, err := w.Login(t.Context(), from(n, by(members, typed, secret)))
				switch fault.CodeOf(err) {
				case fault.LoginFailed:
					failed.Add(1)
				case fault.LoginLocked:
					locked.Add(1)
				default:
					if err != nil {
						t.Error(err)
					}
					looked.Add(1)
				}
			})
		}
		group.Wait()
		if looked.Load() != account.Tries || failed.Load() != account.Tries || locked.Load() != 30 {
			t.Errorf("looked at %d times, %d failed, %d locked", looked.Load(), failed.Load(), locked.Load())
		}
	})
}

func TestParallelWrongTries(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.add(t, members, "M1", name("mail"))
		for _, typed := range []string{"mail", "nobody"} {
			var failed, locked atomic.Int64
			var group sync.WaitGroup
			for n := range 20 {
				group.Go(func() {
					_, err := w.Login(t.Context(), from(n, by(members, typed, other)))
					switch fault.CodeOf(err) {
					case fault.LoginFailed:
						failed.Add(1)
					case fault.LoginLocked:
						locked.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			group.Wait()
			if failed.Load() != account.Tries || locked.Load() != 20-account.Tries {
				t.Errorf("%s: %d failed, %d locked", typed, failed.Load(), locked.Load())
			}
		}
	})
}

func TestRightPasswordIsKeptUnderHigherParameters(t *testing.T) {
	w := newWorld(t, memory.New(nil), cheap())
	of := w.add(t, members, "M1", name("mail"))
	before := w.load(t, of).Password
	entry := w.enter(t, by(members, "mail", secret))
	if w.load(t, of).Password != before {
		t.Error("hashed again without a reason")
	}
	higher := cheap()
	higher.Passes = 2
	later := newWorld(t, w.table.Table, higher)
	if _, err := later.try(t, other, name("mail")); fault.CodeOf(err) != fault.LoginFailed {
		t.Error(err)
	}
	if w.load(t, of).Password != before {
		t.Error("hashed again with a wrong password")
	}
	for range 2 {
		if _, err := later.try(t, secret, name("mail")); err != nil {
			t.Fatal(err)
		}
	}
	if now := w.load(t, of).Password; now == before || now[:27] != "$argon2id$v=19$m=8,t=2,p=1$" {
		t.Errorf("still %.27s", now)
	}
	if _, err := w.Session(t.Context(), members, entry.Token, home); err != nil {
		t.Errorf("the session ended: %v", err)
	}
}

func TestChangePassword(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.add(t, members, "M1", name("mail"))
		attempt := by(members, "mail", secret)
		elsewhere, here := w.enter(t, attempt), w.enter(t, attempt)
		_, err := w.ChangePassword(t.Context(), here.Session, secret, "short")
		wantCode(t, "short", err, fault.PasswordShort)
		_, err = w.ChangePassword(t.Context(), here.Session, other, other)
		wantCode(t, "wrong", err, fault.LoginFailed)
		token, err := w.ChangePassword(t.Context(), here.Session, secret, other)
		if err != nil {
			t.Fatal(err)
		}
		for what, old := range map[string]account.Entry{"elsewhere": elsewhere, "here": here} {
			_, err := w.Session(t.Context(), members, old.Token, home)
			wantCode(t, what, err, fault.SessionEnded)
		}
		session, err := w.Session(t.Context(), members, token, home)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.ChangePassword(t.Context(), here.Session, other, secret)
		wantCode(t, "by a session that ended", err, fault.SessionEnded)
		_, err = w.try(t, secret, name("mail"))
		wantCode(t, "the old password", err, fault.LoginFailed)
		if _, err := w.try(t, other, name("mail")); err != nil {
			t.Errorf("the new password: %v", err)
		}
		for range account.Tries {
			_, err = w.ChangePassword(t.Context(), session, secret, secret)
			wantCode(t, "wrong", err, fault.LoginFailed)
		}
		_, err = w.ChangePassword(t.Context(), session, other, secret)
		wantCode(t, "right, but locked", err, fault.LoginLocked)
	})
}

func TestNamesBelongToOneAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		of := w.add(t, members, "M1", name("mail"), name("phone"))
		w.add(t, members, "M2", name("other"))
		second := account.Account{Ref: account.Ref{Realm: members, ID: "M3"}}
		actions, err := w.Create(second, name("phone"))
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, "a taken name", w.table.Transact(t.Context(), actions), table.ErrCondition)
		a := w.load(t, of)
		actions, err = w.Rename(&a, name("mail"), name("new phone"))
		w.commit(t, err, actions...)
		a = w.load(t, of)
		actions, err = w.Rename(&a, name("other"))
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, "a taken name", w.table.Transact(t.Context(), actions), table.ErrCondition)
		owners := map[string]string{"mail": "M1", "new phone": "M1", "phone": "", "other": "M2"}
		for typed, want := range owners {
			found, _, err := w.Find(t.Context(), members, name(typed))
			if err != nil || found.ID != want {
				t.Errorf("%s leads to %q, %v; want %q", typed, found.ID, err, want)
			}
		}
		a = w.load(t, of)
		w.commit(t, nil, w.Remove(&a)...)
		if _, found, err := w.Find(t.Context(), members, name("mail")); found || err != nil {
			t.Errorf("removed, but found: %v, %v", found, err)
		}
		w.add(t, members, "M3", name("phone"), name("mail"))
	})
}

func TestWhatCallersMustNotGive(t *testing.T) {
	w := newWorld(t, memory.New(nil), cheap())
	for _, in := range []account.Realm{
		{},
		{Kind: "guest", Retailer: "fictive"},
		{Kind: account.Member},
		{Kind: account.Member, Retailer: "a\x00b"},
		{Kind: account.Member, Retailer: "-"},
		{Kind: account.Operator, Retailer: "fictive"},
		{Kind: account.Partner, Retailer: "fictive"},
		{Kind: account.HQ, Retailer: "fictive", Provider: "PVA"},
	} {
		_, err := w.Login(t.Context(), by(in, "a", secret))
		wantError(t, fmt.Sprint(in), err, account.ErrInvalid)
	}
	for _, names := range [][]account.Name{
		nil, {"short"}, {name("a"), name("a")}, slices.Repeat([]account.Name{name("a")}, account.MaxNames+1),
	} {
		_, err := w.try(t, secret, names...)
		wantError(t, fmt.Sprint(names), err, account.ErrInvalid)
	}
	_, err := w.Login(t.Context(), account.Attempt{Realm: members, Names: []account.Name{name("a")}})
	wantError(t, "no address", err, account.ErrInvalid)
	for _, id := range []string{"", "a b", "?", "a\x00", string(make([]byte, 200))} {
		_, err := w.Create(account.Account{Ref: account.Ref{Realm: members, ID: id}}, name("a"))
		wantError(t, fmt.Sprintf("id %q", id), err, account.ErrInvalid)
	}
	_, err = w.Create(account.Account{
		Ref: account.Ref{Realm: hq, ID: "S1"}, Roles: []account.Role{account.RoleOperator},
	}, name("a"))
	wantError(t, "an operator at HQ", err, account.ErrInvalid)
}
