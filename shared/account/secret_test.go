package account_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"multipoint/shared/account"
	"multipoint/shared/table"
)

// TestNothingSecretIsKeptOrSaid: after a bit of everything, neither the table nor an error nor a log holds a
// password, token, code or secret.
func TestNothingSecretIsKeptOrSaid(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var said bytes.Buffer
		secrets := []string{secret, other}
		keep := func(token account.Token) { secrets = append(secrets, string(token)) }
		say := func(what any, err error) {
			fmt.Fprintf(&said, "%v %+v %#v %s %q %x %v\n", what, what, what, what, what, what, err)
			for _, handler := range []slog.Handler{
				slog.NewJSONHandler(&said, nil), slog.NewTextHandler(&said, nil),
			} {
				slog.New(handler).Info("said", "what", what, "error", err)
			}
			if b, err := json.Marshal(what); err == nil {
				said.Write(b)
			}
		}
		attempt, key, recovery := staffWithCodes(t, w)
		secrets = append(append(secrets, key), recovery...)
		w.pass(time.Hour)
		waiting := w.enter(t, attempt)
		keep(waiting.Token)
		say(waiting, nil)
		_, err := w.Code(t.Context(), hq, waiting.Token, recovery[0]+"0", home)
		say(nil, err)
		code := codeAt(t, key, w.clock())
		entry, err := w.Code(t.Context(), hq, waiting.Token, code, home)
		say(entry, err)
		keep(entry.Token)
		session, err := w.Session(t.Context(), hq, entry.Token, home)
		say(session, err)
		_, err = w.ChangePassword(t.Context(), session, other, secret)
		say(nil, err)
		token, err := w.ChangePassword(t.Context(), session, secret, other)
		say(token, err)
		keep(token)
		for _, purpose := range []account.Purpose{account.Reset, account.Unlock, account.MailChange} {
			token := w.open(t, account.Link{Realm: hq, Purpose: purpose, Subject: "S1"})
			keep(token)
			link, err := w.Look(t.Context(), hq, purpose, token)
			say(link, err)
			_, err = w.Look(t.Context(), members, purpose, token)
			say(token, err)
		}
		_, err = w.Login(t.Context(), account.Attempt{
			Realm: hq, Names: attempt.Names, Password: secret, Source: home, Previous: token,
		})
		say(nil, err)

		var kept bytes.Buffer
		page, err := w.table.Scan(t.Context(), 0, 1, "")
		if err != nil || page.Next != "" || len(page.Items) < 10 {
			t.Fatalf("%d items, %v", len(page.Items), err)
		}
		for _, item := range page.Items {
			fmt.Fprintf(&kept, "%s %s %s\n", item.Partition, item.Sort, item.Body)
		}
		for _, secret := range secrets {
			if strings.Contains(kept.String(), secret) {
				t.Errorf("the table holds %q", secret)
			}
			inHex := fmt.Sprintf("%x", secret)
			if strings.Contains(said.String(), secret) || strings.Contains(said.String(), inHex) {
				t.Errorf("said: %q", secret)
			}
		}
		if !strings.Contains(said.String(), "***") || !strings.Contains(said.String(), "MP-5302") {
			t.Errorf("nothing was said: %s", said.String())
		}
	})
}

// TestItemsThatEndExpire: the table may forget what has ended, and nothing before.
func TestItemsThatEndExpire(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		memberIn(t, w)
		w.open(t, account.Link{Realm: members, Purpose: account.Reset, Subject: "M1"})
		_, err := w.try(t, other, name("nobody"))
		if err == nil {
			t.Fatal("nobody came in")
		}
		want := map[string]time.Duration{
			"LOGIN": 0, "LOGINNAME": 0, "SESSION": account.Idle,
			"LINK": account.LinkLife, "LINKS": account.LinkLife, "TRIES account": account.LockTime,
			"TRIES name": account.LockTime, "TRIES source": account.LockTime,
		}
		page, err := w.table.Scan(t.Context(), 0, 1, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			of := kind(item.Key)
			span, known := want[of]
			end := w.clock().Add(span).Unix()
			if span == 0 {
				end = 0
			}
			if !known || item.Expires != end {
				t.Errorf("%s expires at %d, want %d", of, item.Expires, end)
			}
			delete(want, of)
			if !strings.Contains(item.Partition, "\x00fictive\x00") {
				t.Errorf("%q is no retailer's", item.Partition)
			}
		}
		if len(want) > 0 {
			t.Errorf("not there: %v", want)
		}
	})
}

// TestDamagedItems: whatever somebody else wrote is said to be damaged, not taken.
func TestDamagedItems(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, _, token := memberIn(t, w)
		reset := account.Link{Realm: members, Purpose: account.Reset, Subject: "M1"}
		link := w.open(t, reset)
		_, err := w.try(t, other, name("mail"))
		if err == nil {
			t.Fatal("a wrong password")
		}
		page, err := w.table.Scan(t.Context(), 0, 1, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			if kind(item.Key) == "LOGINNAME" {
				continue // its body is an id
			}
			damaged := item
			damaged.Body = []byte("{")
			w.commit(t, nil, table.Action{Item: damaged})
			_, errLogin := w.try(t, secret, name("mail"))
			_, errSession := w.Session(t.Context(), members, token, home)
			_, errLook := w.Look(t.Context(), members, account.Reset, link)
			_, errOpen := w.Open(t.Context(), reset)
			found := false
			for _, err := range []error{errLogin, errSession, errLook, errOpen} {
				found = found || strings.Contains(fmt.Sprint(err), account.ErrDamaged.Error())
			}
			if !found {
				t.Errorf("a damaged %s: nothing was said", kind(item.Key))
			}
			w.commit(t, nil, table.Action{Item: item})
		}
	})
}
