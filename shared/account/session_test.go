package account_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"multipoint/shared/account"
	"multipoint/shared/fault"
)

// memberIn logs the account M1 in.
func memberIn(t *testing.T, w *world) (account.Ref, account.Attempt, account.Token) {
	t.Helper()
	of := w.add(t, members, "M1", name("mail"))
	attempt := by(members, "mail", secret)
	return of, attempt, w.enter(t, attempt).Token
}

func TestSessionEndsWhenIdle(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, _, token := memberIn(t, w)
		for range 3 { // each use makes it longer
			w.pass(account.Idle - time.Second)
			if _, err := w.Session(t.Context(), members, token, home); err != nil {
				t.Fatal(err)
			}
		}
		w.pass(account.Idle)
		_, err := w.Session(t.Context(), members, token, home)
		wantCode(t, "idle", err, fault.SessionEnded)
	})
}

func TestSessionEndsAfterTwelveHours(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		of, _, token := memberIn(t, w)
		for range account.Lifetime/(20*time.Minute) - 1 {
			w.pass(20 * time.Minute)
			session, err := w.Session(t.Context(), members, token, home)
			if err != nil || session.Account.Ref != of {
				t.Fatal(session, err)
			}
		}
		w.pass(20*time.Minute - time.Second)
		if _, err := w.Session(t.Context(), members, token, home); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		_, err := w.Session(t.Context(), members, token, home)
		wantCode(t, "old", err, fault.SessionEnded)
	})
}

func TestSessionIsWrittenOnceAMinute(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, _, token := memberIn(t, w)
		writes := func() (n int) {
			w.table.taken()
			for range 120 {
				w.pass(time.Second)
				if _, err := w.Session(t.Context(), members, token, home); err != nil {
					t.Fatal(err)
				}
			}
			for _, call := range w.table.taken() {
				if strings.HasPrefix(call, "put") {
					n++
				}
			}
			return n
		}
		if n := writes(); n != 2 {
			t.Errorf("%d writes in two minutes", n)
		}
	})
}

// TestSessionStaysEnded: noting a use brings no session back that was ended in between.
func TestSessionStaysEnded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, _, token := memberIn(t, w)
		w.pass(time.Minute)
		w.table.beforePut = func() {
			if err := w.End(t.Context(), members, token); err != nil {
				t.Error(err)
			}
		}
		if _, err := w.Session(t.Context(), members, token, home); err != nil {
			t.Error(err)
		}
		w.table.beforePut = nil
		_, err := w.Session(t.Context(), members, token, home)
		wantCode(t, "ended", err, fault.SessionEnded)
	})
}

func TestSessionsEndTogether(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		of, attempt, first := memberIn(t, w)
		second := w.enter(t, attempt).Token
		if first == second {
			t.Error("the same token twice")
		}
		if err := w.End(t.Context(), members, first); err != nil {
			t.Fatal(err)
		}
		_, err := w.Session(t.Context(), members, first, home)
		wantCode(t, "ended", err, fault.SessionEnded)
		if _, err := w.Session(t.Context(), members, second, home); err != nil {
			t.Errorf("the other one: %v", err)
		}
		w.change(t, of, (*account.Account).EndAll)
		_, err = w.Session(t.Context(), members, second, home)
		wantCode(t, "all ended", err, fault.SessionEnded)

		third := w.enter(t, attempt).Token
		w.change(t, of, (*account.Account).Suspend)
		_, err = w.Session(t.Context(), members, third, home)
		wantCode(t, "suspended", err, fault.SessionEnded)
		w.change(t, of, (*account.Account).Resume)
		_, err = w.Session(t.Context(), members, third, home)
		wantCode(t, "resumed, but the session is over", err, fault.SessionEnded)

		fourth := w.enter(t, attempt).Token
		w.change(t, of, func(a *account.Account) { a.Suspended = true })
		_, err = w.Session(t.Context(), members, fourth, home)
		wantCode(t, "suspended, with the same generation", err, fault.SessionEnded)
		w.change(t, of, (*account.Account).Resume)
		a := w.load(t, of)
		w.commit(t, nil, w.Remove(&a)...)
		_, err = w.Session(t.Context(), members, fourth, home)
		wantCode(t, "removed", err, fault.SessionEnded)
	})
}

// TestLoginTakesNoTokenFromTheBrowser: a token that somebody planted is worth nothing after the login.
func TestLoginTakesNoTokenFromTheBrowser(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, attempt, planted := memberIn(t, w)
		attempt.Previous = planted
		token := w.enter(t, attempt).Token
		if token == planted {
			t.Error("the token was taken over")
		}
		_, err := w.Session(t.Context(), members, planted, home)
		wantCode(t, "planted", err, fault.SessionEnded)
		if _, err := w.Session(t.Context(), members, token, home); err != nil {
			t.Error(err)
		}
	})
}

// TestSessionsAreOfTheirRealm: the id M1 is in all of them.
func TestSessionsAreOfTheirRealm(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, _, token := memberIn(t, w)
		for _, in := range []account.Realm{
			{Kind: account.Member, Retailer: "elsewhere"}, hq, partners, operator,
		} {
			w.add(t, in, "M1", name("mail"))
			if in.Kind != account.Member {
				w.allow(t, in)
			}
			_, err := w.Session(t.Context(), in, token, home)
			wantCode(t, fmt.Sprint(in), err, fault.SessionEnded)
			if err := w.End(t.Context(), in, token); err != nil {
				t.Error(err)
			}
		}
		for _, text := range []account.Token{
			"", "?", token[1:], token + "A", token + "\n", token[:42] + "=",
		} {
			_, err := w.Session(t.Context(), members, text, home)
			wantCode(t, "no token", err, fault.SessionEnded)
		}
		if _, err := w.Session(t.Context(), members, token, home); err != nil {
			t.Errorf("the session itself: %v", err)
		}
	})
}

func TestStaffComeFromAllowedNetworksOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		away := netip.MustParseAddr("192.0.2.11")
		for _, in := range []account.Realm{hq, partners, operator} {
			w.add(t, in, "S1", name("staff"))
			attempt := by(in, "staff", secret)
			_, err := w.Login(t.Context(), attempt)
			wantCode(t, "without a list", err, fault.SourceRefused)
			w.allow(t, in)
			token := w.enter(t, attempt).Token
			_, err = w.Session(t.Context(), in, token, away)
			wantCode(t, "a session carried away", err, fault.SourceRefused)
			mapped := netip.AddrFrom16(home.As16())
			if _, err := w.Session(t.Context(), in, token, mapped); err != nil {
				t.Errorf("the same address as IPv6: %v", err)
			}
			attempt.Source = away
			for range account.Tries + 1 {
				_, err = w.Login(t.Context(), attempt)
				wantCode(t, "from elsewhere", err, fault.SourceRefused)
			}
			attempt.Source = home
			w.enter(t, attempt) // they were not counted
			action, err := w.SetSources(in, nil)
			w.commit(t, err, action)
			_, err = w.Session(t.Context(), in, token, home)
			wantCode(t, "no longer allowed", err, fault.SourceRefused)
		}
		prefixes, err := w.Sources(t.Context(), account.Realm{Kind: account.HQ, Retailer: "elsewhere"})
		if err != nil || prefixes != nil {
			t.Errorf("another retailer's: %v, %v", prefixes, err)
		}
		_, err = w.SetSources(members, nil)
		wantError(t, "members", err, account.ErrInvalid)
	})
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		prefixes, from string
		want           bool
	}{
		{"", "192.0.2.1", false},
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.7/24", "192.0.2.255", true}, // bits behind the prefix do not matter
		{"192.0.2.0/24", "::ffff:192.0.2.1", true},
		{"192.0.2.0/24", "::ffff:192.0.3.1", false},
		{"::ffff:192.0.2.0/120", "192.0.2.1", true},
		{"::ffff:192.0.2.0/120", "::ffff:192.0.2.1", true},
		{"::ffff:192.0.2.0/120", "192.0.3.1", false},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"::/0", "192.0.2.1", false}, // IPv4 is not a part of IPv6
		{"::/0", "::ffff:192.0.2.1", false},
		{"0.0.0.0/0 ::/0", "2001:db8::1", true},
		{"2001:db8::/32", "2001:db8:1::1", true},
		{"2001:db8::/32", "2001:db9::1", false},
		{"fe80::/10", "fe80::1%eth0", true},
		{"198.51.100.0/24 192.0.2.1/32", "192.0.2.1", true},
	} {
		var prefixes []netip.Prefix
		for _, p := range strings.Fields(c.prefixes) {
			prefixes = append(prefixes, netip.MustParsePrefix(p))
		}
		if got := account.Allowed(prefixes, netip.MustParseAddr(c.from)); got != c.want {
			t.Errorf("%s in %q: %v", c.from, c.prefixes, got)
		}
	}
	if account.Allowed([]netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, netip.Addr{}) {
		t.Error("no address is allowed")
	}
}

func TestRoles(t *testing.T) {
	for _, c := range []struct {
		has, need account.Role
		want      fault.Code
	}{
		{account.RoleHQ, account.RoleHQ, 0},
		{account.RoleHQAdmin, account.RoleHQ, 0},
		{account.RoleHQ, account.RoleHQAdmin, fault.RightMissing},
		{account.RolePartnerAdmin, account.RolePartner, 0},
		{account.RolePartner, account.RolePartnerAdmin, fault.RightMissing},
		{account.RoleHQAdmin, account.RolePartner, fault.RightMissing},
		{account.RoleOperator, account.RoleHQ, fault.RightMissing},
		{account.RoleOperator, account.RoleOperator, 0},
	} {
		a := account.Account{Roles: []account.Role{c.has}}
		wantCode(t, fmt.Sprintf("%s needs %s", c.has, c.need), a.Need(c.need), c.want)
	}
	none := account.Account{}
	wantCode(t, "no role", none.Need(account.RoleHQ), fault.RightMissing)
}
