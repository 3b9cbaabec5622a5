package mailing

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"multipoint/shared/fault"
	"multipoint/shared/table"
)

func unsubscriber(all *Consents) *Unsubscriber {
	return &Unsubscriber{
		Retailer: "R", Site: "https://point.aozora.example/", Keys: [][]byte{bytes.Repeat([]byte{1}, 32)},
		Consents: all,
	}
}

func TestALinkSaysWhoAndWhatAndCannotBeChanged(t *testing.T) {
	u := unsubscriber(nil)
	url := u.URL("m-0001", Grants)
	token, ok := strings.CutPrefix(url, "https://point.aozora.example/u/")
	if !ok {
		t.Fatal(url)
	}
	if member, purpose, err := u.Read(token); member != "m-0001" || purpose != Grants || err != nil {
		t.Errorf("read %q %q, %v", member, purpose, err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	bad := []string{
		"", "x", token + "A", token[1:], strings.Repeat("A", maxToken+1), token + "=", "\n" + token,
	}
	for i := range raw {
		for bit := range 8 {
			other := bytes.Clone(raw)
			other[i] ^= 1 << bit
			bad = append(bad, base64.RawURLEncoding.EncodeToString(other))
		}
		bad = append(bad, base64.RawURLEncoding.EncodeToString(raw[:i]))
	}
	for _, x := range bad {
		if member, _, err := u.Read(x); fault.CodeOf(err) != fault.UnsubscribeBad {
			t.Errorf("%q is about %q, %v", x, member, err)
		}
	}
	for what, change := range map[string]func(*Unsubscriber){
		"retailer": func(u *Unsubscriber) { u.Retailer = "S" },
		"key":      func(u *Unsubscriber) { u.Keys = [][]byte{bytes.Repeat([]byte{2}, 32)} },
		"no key":   func(u *Unsubscriber) { u.Keys = nil },
	} {
		other := unsubscriber(nil)
		change(other)
		if _, _, err := other.Read(token); fault.CodeOf(err) != fault.UnsubscribeBad {
			t.Errorf("another %s reads it: %v", what, err)
		}
	}
	rotated := unsubscriber(nil)
	rotated.Keys = append([][]byte{bytes.Repeat([]byte{2}, 32)}, rotated.Keys...)
	if _, _, err := rotated.Read(token); err != nil || rotated.Token("m-0001", Grants) == token {
		t.Errorf("after a new key: %v", err)
	}
}

func TestOneClickStopsMailsAndALookDoesNot(t *testing.T) {
	c := &clock{now: noon()}
	all := consents(c)
	u := unsubscriber(all)
	if err := all.Grant(t.Context(), "m1", Mail, Grants, "registration", "v1"); err != nil {
		t.Fatal(err)
	}
	var view UnsubscribeView
	h := u.Handler(func(_ http.ResponseWriter, _ *http.Request, v UnsubscribeView) { view = v })
	ask := func(method, path, body string) int {
		view = UnsubscribeView{}
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if len(w.Result().Cookies()) > 0 || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", method, w.Header())
		}
		return w.Code
	}
	wants := func(want bool) {
		t.Helper()
		if got, err := all.Wants(t.Context(), "m1", Mail, Grants); got != want || err != nil {
			t.Errorf("wants: %v, %v", got, err)
		}
	}
	path := UnsubscribePath + u.Token("m1", Grants)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if code := ask(method, path, ""); code != http.StatusOK || view.Purpose != Grants || view.Done {
			t.Errorf("%s: %d, %+v", method, code, view)
		}
		wants(true)
	}
	if code := ask(http.MethodDelete, path, ""); code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", code)
	}
	if code := ask(http.MethodPost, path+"x", ""); code != http.StatusNotFound || view.Err == nil {
		t.Errorf("changed: %d, %+v", code, view)
	}
	wants(true)
	for range 2 { // mail programs may press twice
		code := ask(http.MethodPost, path, "List-Unsubscribe=One-Click")
		if code != http.StatusOK || !view.Done {
			t.Errorf("POST: %d, %+v", code, view)
		}
		wants(false)
	}
	proofs, err := all.Proofs(t.Context(), "m1", Mail, Grants)
	if err != nil || len(proofs) != 1 || proofs[0].RevokedBy != "one-click" {
		t.Errorf("the proof is %+v, %v", proofs, err)
	}
	all.Table = broken{all.Table}
	if code := ask(http.MethodPost, path, ""); code != http.StatusInternalServerError || view.Done {
		t.Errorf("with a broken table: %d, %+v", code, view)
	}
}

// broken is a table that reads nothing.
type broken struct{ table.Table }

var errBroken = errors.New("the table is broken")

func (broken) Get(context.Context, table.Key) (table.Item, bool, error) {
	return table.Item{}, false, errBroken
}
