package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// touchTime is how old the note of a session's last use may get, so that not every request writes. A
// session may end that much before Idle is over.
const touchTime = time.Minute

// Session is an open session with its account as it is now.
type Session struct {
	Account Account
	Began   time.Time

	key table.Key
}

// session is what the table keeps under the hash of a token. Times are Unix seconds.
type session struct {
	Account    string `json:"account"`
	Generation int64  `json:"generation"`
	Began      int64  `json:"began"`
	Seen       int64  `json:"seen"`
	CodeDue    bool   `json:"code_due,omitempty"`
	Name       []byte `json:"name,omitempty"` // by which the login came
}

// ends gives the second from which the session is over if nobody uses it.
func (s *session) ends() int64 {
	ends := min(s.Seen+int64(Idle/time.Second), s.Began+int64(Lifetime/time.Second))
	if s.CodeDue {
		ends = s.Began + int64(CodeTime/time.Second)
	}
	return ends
}

func (s *session) item(key table.Key, version int64) (table.Item, error) {
	body, err := json.Marshal(s)
	return table.Item{Key: key, Version: version, Expires: s.ends(), Body: body}, err
}

// begin gives a new session of an account and the action that makes it.
func (a *Accounts) begin(account Account, s session) (Entry, table.Action, error) {
	token, err := newToken(a.random)
	if err != nil {
		return Entry{}, table.Action{}, err
	}
	hash, _ := token.hash() // it was just made
	now := a.now()
	s.Account, s.Generation, s.Began, s.Seen = account.ID, account.Generation, now.Unix(), now.Unix()
	item, err := s.item(account.sessionKey(hash), 0)
	entry := Entry{Session{account, time.Unix(s.Began, 0), item.Key}, token, s.CodeDue}
	return entry, table.Action{Item: item, When: table.IfAbsent}, err
}

// Session gives the session of a token and notes that it was used. Errors: fault.SessionEnded for whatever
// is no open session of the realm, fault.SourceRefused for staff from elsewhere than SetSources allows;
// ErrInvalid, those of the table.
func (a *Accounts) Session(ctx context.Context, in Realm, token Token, from netip.Addr) (Session, error) {
	s, item, account, err := a.opened(ctx, in, token, from)
	if err != nil {
		return Session{}, err
	}
	if s.CodeDue {
		return Session{}, fault.New(fault.SessionEnded, "")
	}
	if now := a.now().Unix(); now-s.Seen >= int64(touchTime/time.Second) {
		s.Seen = now
		touched, err := s.item(item.Key, item.Version)
		if err != nil {
			return Session{}, err
		}
		// Somebody faster noted the same, or ended it: then it stays ended.
		err = a.table.Put(ctx, touched, table.IfVersion)
		if err != nil && !errors.Is(err, table.ErrCondition) {
			return Session{}, err
		}
	}
	return Session{account, time.Unix(s.Began, 0), item.Key}, nil
}

// opened reads a session that has not ended, one that waits for its code included.
func (a *Accounts) opened(ctx context.Context, in Realm, token Token, from netip.Addr) (
	session, table.Item, Account, error,
) {
	ended := fault.New(fault.SessionEnded, "")
	if err := in.check(); err != nil {
		return session{}, table.Item{}, Account{}, err
	}
	hash, is := token.hash()
	if !is {
		return session{}, table.Item{}, Account{}, ended
	}
	item, found, err := a.table.Get(ctx, in.sessionKey(hash))
	if err != nil {
		return session{}, table.Item{}, Account{}, err
	}
	if !found {
		return session{}, table.Item{}, Account{}, ended
	}
	var s session
	if err := json.Unmarshal(item.Body, &s); err != nil {
		return session{}, table.Item{}, Account{}, fmt.Errorf("a session: %w", ErrDamaged)
	}
	if s.ends() <= a.now().Unix() {
		return session{}, table.Item{}, Account{}, ended
	}
	of := Ref{in, s.Account}
	items, err := a.read(ctx, of.key(), in.sourcesKey())
	if err != nil {
		return session{}, table.Item{}, Account{}, err
	}
	if err := admits(in, items[1], from); err != nil {
		return session{}, table.Item{}, Account{}, err
	}
	if items[0].Version == 0 {
		return session{}, table.Item{}, Account{}, ended
	}
	account, err := readAccount(of, items[0])
	if err == nil && (account.Generation != s.Generation || account.Suspended) {
		err = ended
	}
	return s, item, account, err
}

// End ends a session, also one that is none. Errors: ErrInvalid, those of the table.
func (a *Accounts) End(ctx context.Context, in Realm, token Token) error {
	if err := in.check(); err != nil {
		return err
	}
	hash, is := token.hash()
	if !is {
		return nil
	}
	return a.table.Delete(ctx, table.Item{Key: in.sessionKey(hash)}, table.Always)
}

func (r Realm) sessionKey(hash string) table.Key { return r.keyOf("SESSION", hash) }
