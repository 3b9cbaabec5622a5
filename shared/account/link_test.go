package account_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multipoint/shared/account"
	"multipoint/shared/fault"
	"multipoint/shared/table"
)

func (w *world) open(t testing.TB, l account.Link) account.Token {
	t.Helper()
	token, err := w.Open(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestLinkIsUsedOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		l := account.Link{
			Realm: members, Purpose: account.Registration, Subject: "hash of a mail",
			Payload: []byte("sealed"),
		}
		token := w.open(t, l)
		for range 3 { // looking at it leaves it open
			got, err := w.Look(t.Context(), members, account.Registration, token)
			if err != nil || got.Subject != l.Subject || !bytes.Equal(got.Payload, l.Payload) {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		link, err := w.Look(t.Context(), members, account.Registration, token)
		if err != nil {
			t.Fatal(err)
		}
		var used atomic.Int64
		var group sync.WaitGroup
		for n := range 10 {
			group.Go(func() {
				mine := table.Item{Key: table.Key{Partition: fmt.Sprint("mine ", n), Sort: "-"}}
				err := w.table.Transact(t.Context(), []table.Action{{Item: mine}, link.Spend()})
				if err == nil {
					used.Add(1)
				} else {
					wantError(t, "spend", err, table.ErrCondition)
				}
			})
		}
		group.Wait()
		if used.Load() != 1 {
			t.Errorf("used %d times", used.Load())
		}
		_, err = w.Look(t.Context(), members, account.Registration, token)
		wantCode(t, "used", err, fault.LinkBad)
	})
}

func TestLinkIsBoundToItsPlace(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		token := w.open(t, account.Link{Realm: members, Purpose: account.Reset, Subject: "M1"})
		elsewhere := members
		elsewhere.Retailer = "elsewhere"
		for _, c := range []struct {
			in      account.Realm
			purpose account.Purpose
			token   account.Token
		}{
			{members, account.Unlock, token},
			{elsewhere, account.Reset, token},
			{hq, account.Reset, token},
			{members, account.Reset, token[:42] + "-"},
			{members, account.Reset, ""},
			{members, account.Reset, token + token},
		} {
			_, err := w.Look(t.Context(), c.in, c.purpose, c.token)
			wantCode(t, fmt.Sprint(c.in, c.purpose), err, fault.LinkBad)
		}
		w.pass(account.LinkLife - time.Second)
		if _, err := w.Look(t.Context(), members, account.Reset, token); err != nil {
			t.Errorf("a second before its end: %v", err)
		}
		w.pass(time.Second)
		_, err := w.Look(t.Context(), members, account.Reset, token)
		wantCode(t, "expired", err, fault.LinkBad)
	})
}

func TestOpenLinksAreBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		l := account.Link{Realm: members, Purpose: account.Reset, Subject: "M1"}
		var opened, refused atomic.Int64
		w.table.beforeTransact = together(12) // they all see the same list
		var group sync.WaitGroup
		for range 12 {
			group.Go(func() {
				switch _, err := w.Open(t.Context(), l); {
				case err == nil:
					opened.Add(1)
				case errors.Is(err, account.ErrTooManyLinks):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if opened.Load() != account.MaxOpenLinks || refused.Load() != 12-account.MaxOpenLinks {
			t.Fatalf("%d opened, %d refused", opened.Load(), refused.Load())
		}
		w.table.beforeTransact = nil
		l.Subject = "M2"
		tokens := []account.Token{w.open(t, l)} // another subject has its own
		w.pass(time.Hour)
		for range account.MaxOpenLinks {
			tokens = append(tokens, w.open(t, l))
		}
		_, err := w.Look(t.Context(), members, account.Reset, tokens[0])
		wantCode(t, "the oldest gave way", err, fault.LinkBad)
		for _, token := range tokens[1:] {
			if _, err := w.Look(t.Context(), members, account.Reset, token); err != nil {
				t.Error(err)
			}
		}
		_, err = w.Open(t.Context(), l)
		wantError(t, "the sixth in an hour", err, account.ErrTooManyLinks)
		w.pass(account.LinkLife)
		w.open(t, l)
	})
}

func TestLinksThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		large := make([]byte, account.MaxSealed+1)
		for _, l := range []account.Link{
			{},
			{Realm: members, Purpose: "party", Subject: "M1"},
			{Realm: members, Purpose: account.Reset},
			{Realm: members, Purpose: account.Reset, Subject: "a\x00b"},
			{Realm: members, Purpose: account.Reset, Subject: "M1", Payload: large},
		} {
			_, err := w.Open(t.Context(), l)
			wantError(t, fmt.Sprint(l.Purpose, l.Subject), err, account.ErrInvalid)
		}
	})
}

func TestResetByLink(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, attempt, session := memberIn(t, w)
		l := account.Link{Realm: members, Purpose: account.Reset, Subject: "M1"}
		earlier, token := w.open(t, l), w.open(t, l)
		unlock := w.open(t, account.Link{Realm: members, Purpose: account.Unlock, Subject: "M1"})
		for n := range account.Tries {
			attempt.Password = other
			_, err := w.Login(t.Context(), from(n, attempt))
			wantCode(t, "lock", err, fault.LoginFailed)
		}
		_, err := w.Redeem(t.Context(), members, account.Reset, token, "password1234")
		wantCode(t, "common", err, fault.PasswordCommon)
		_, err = w.Redeem(t.Context(), members, account.Reset, unlock, other)
		wantCode(t, "a link for something else", err, fault.LinkBad)
		_, err = w.Redeem(t.Context(), members, account.Unlock, unlock, other)
		wantError(t, "for something else", err, account.ErrInvalid)
		if _, err := w.Redeem(t.Context(), members, account.Reset, token, other); err != nil {
			t.Fatal(err)
		}
		for what, token := range map[string]account.Token{"the same": token, "an earlier one": earlier} {
			_, err = w.Redeem(t.Context(), members, account.Reset, token, secret)
			wantCode(t, what, err, fault.LinkBad)
		}
		_, err = w.Session(t.Context(), members, session, home)
		wantCode(t, "sessions end", err, fault.SessionEnded)
		w.enter(t, attempt) // unlocked, with the new password
		if _, err := w.UnlockByLink(t.Context(), members, unlock); err != nil {
			t.Errorf("the link for something else was used up: %v", err)
		}
	})
}

func TestResetsAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.add(t, members, "M1", name("mail"))
		token := w.open(t, account.Link{Realm: members, Purpose: account.Reset, Subject: "M1"})
		var done atomic.Int64
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				_, err := w.Redeem(t.Context(), members, account.Reset, token, other)
				if err == nil {
					done.Add(1)
				} else {
					wantCode(t, "the others", err, fault.LinkBad)
				}
			})
		}
		group.Wait()
		if done.Load() != 1 {
			t.Errorf("%d resets by one link", done.Load())
		}
	})
}

func TestUnlockByLink(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, attempt, session := memberIn(t, w)
		attempt.Names = []account.Name{name("no card"), name("mail")} // as typed into a form with both
		for n := range account.Tries {
			attempt.Password = other
			_, err := w.Login(t.Context(), from(n, attempt))
			wantCode(t, "lock", err, fault.LoginFailed)
		}
		attempt.Password = secret
		_, err := w.Login(t.Context(), attempt)
		wantCode(t, "locked", err, fault.LoginLocked)
		token := w.open(t, account.Link{Realm: members, Purpose: account.Unlock, Subject: "M1"})
		if _, err := w.UnlockByLink(t.Context(), members, token); err != nil {
			t.Fatal(err)
		}
		w.enter(t, attempt)
		if _, err := w.Session(t.Context(), members, session, home); err != nil {
			t.Errorf("a session ended with the lock: %v", err)
		}
		_, err = w.UnlockByLink(t.Context(), members, token)
		wantCode(t, "once more", err, fault.LinkBad)
	})
}

func TestInvitation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.allow(t, partners)
		of := account.Ref{Realm: partners, ID: "S1"}
		invited := account.Account{
			Ref: of, Roles: []account.Role{account.RolePartnerAdmin}, Profile: []byte("sealed"),
		}
		token, err := w.Invite(t.Context(), invited, name("staff"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Invite(t.Context(), invited, name("staff"))
		wantError(t, "twice", err, table.ErrCondition)
		attempt := by(partners, "staff", "")
		_, err = w.Login(t.Context(), attempt)
		wantCode(t, "before a password is set", err, fault.LoginFailed)
		_, err = w.Redeem(t.Context(), partners, account.Invitation, token, "Horse7batt")
		wantCode(t, "10 characters, for staff", err, fault.PasswordShort)
		if _, err := w.Redeem(t.Context(), partners, account.Invitation, token, secret); err != nil {
			t.Fatal(err)
		}
		attempt.Password = secret
		got := w.enter(t, attempt).Session.Account
		if got.Ref != of || got.Need(account.RolePartner) != nil || string(got.Profile) != "sealed" {
			t.Errorf("%+v", got)
		}
	})
}
