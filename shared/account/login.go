package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// Attempt is a try to log in.
type Attempt struct {
	Realm Realm
	// Names are the hashes of what was typed, one for each kind of login name that it may be, always in the
	// same order for the same text. The account of the first one that anybody has is meant.
	Names    []Name
	Password string
	Source   netip.Addr // from where it came
	// Previous is the session that the browser had, "" = none. It ends.
	Previous Token
}

// Entry is what a login gives.
type Entry struct {
	Session Session
	Token   Token // always a new one: nobody can have planted it
	// CodeDue: the session opens nothing until Code made another one of it, within CodeTime.
	CodeDue bool
}

// Login checks a password and begins a session.
//
// Tries are counted three ways, each forgotten LockTime after its last: at the account, at the login name as
// typed, and from the source address. Only tries at the name and from the address are answered with
// fault.LoginLocked, and they are counted just so for names that nobody has: the answer says nothing about
// the account. While an account is locked, no password is looked at, so nobody learns that it would have
// been right; who comes by another of its names gets fault.LoginFailed. A right password forgets the tries
// at account and name, once the code that may be due was right too; those of an address stay.
//
// Up to its answer, a wrong try costs the same port calls and one argon2id, whether the name is known or
// not, the account locked, suspended or without a password. (A hash that is still of lower parameters costs
// what those cost until the first login after they rose.)
//
// Errors: fault.LoginFailed, fault.LoginLocked, fault.SourceRefused (staff from elsewhere than SetSources
// allows); ErrInvalid, ErrBusy, those of ctx and the table. A try whose ctx ends while it waits counts as
// wrong.
func (a *Accounts) Login(ctx context.Context, t Attempt) (Entry, error) {
	if err := t.check(); err != nil {
		return Entry{}, err
	}
	leave, err := a.passwords.admit() // before anything is counted: who is turned away did not try
	if err != nil {
		return Entry{}, err
	}
	defer leave()
	of, name, err := a.lookUp(ctx, t)
	if err != nil {
		return Entry{}, err
	}
	r, err := a.reserve(ctx, of, name)
	if err != nil {
		return Entry{}, err
	}
	stored := ""
	if r.found && !r.locked && !r.account.Suspended {
		stored = r.account.Password
	}
	right, old, err := a.passwords.verify(ctx, stored, t.Password)
	if err != nil {
		return Entry{}, err
	}
	if !right {
		if err := a.countSource(ctx, t.Realm, t.Source); err != nil {
			return Entry{}, err
		}
		return Entry{}, fault.New(fault.LoginFailed, "")
	}
	if old {
		if err := a.strengthen(ctx, &r.account, t.Password); err != nil {
			return Entry{}, err
		}
	}
	return a.enter(ctx, r.account, name, t.Previous)
}

func (t *Attempt) check() error {
	if err := errors.Join(t.Realm.check(), checkNames(t.Names)); err != nil {
		return err
	}
	if !t.Source.IsValid() {
		return fmt.Errorf("a login from no address: %w", ErrInvalid)
	}
	return nil
}

// lookUp finds the account that is meant and the name that leads to it, and refuses locked and unwanted
// addresses.
func (a *Accounts) lookUp(ctx context.Context, t Attempt) (Ref, Name, error) {
	sourceKey := t.Realm.sourceTriesKey(t.Source)
	keys := append(nameKeys(t.Realm, t.Names), sourceKey, t.Realm.sourcesKey())
	items, err := a.read(ctx, keys...)
	if err != nil {
		return Ref{}, "", err
	}
	n := len(t.Names)
	if err := admits(t.Realm, items[n+1], t.Source); err != nil {
		return Ref{}, "", err
	}
	tried, err := readTries(sourceKey, items[n], a.now())
	if err != nil {
		return Ref{}, "", err
	}
	if tried.Count >= a.sourceTries {
		return Ref{}, "", fault.New(fault.LoginLocked, "")
	}
	of, name := whose(t.Realm, t.Names, items)
	return of, name, nil
}

// strengthen keeps the password under today's parameters. An account that was changed in between keeps what
// it has until the next login.
func (a *Accounts) strengthen(ctx context.Context, account *Account, password string) error {
	phc, err := a.passwords.hash(ctx, password)
	if err != nil {
		return err
	}
	account.Password = phc
	save, err := a.Save(*account)
	if err != nil {
		return err
	}
	err = a.table.Put(ctx, save.Item, save.When)
	if err == nil {
		account.version++
	}
	if errors.Is(err, table.ErrCondition) {
		return nil
	}
	return err
}

// enter begins the session of a right password.
func (a *Accounts) enter(ctx context.Context, account Account, name Name, previous Token) (Entry, error) {
	entry, begin, err := a.begin(account, session{CodeDue: account.Codes != nil, Name: []byte(name)})
	if err != nil {
		return Entry{}, err
	}
	actions := []table.Action{begin}
	if !entry.CodeDue {
		actions = append(actions, erase(account.triesKey()), erase(account.nameTriesKey(name)))
	}
	if hash, is := previous.hash(); is {
		actions = append(actions, erase(account.sessionKey(hash)))
	}
	return entry, a.table.Transact(ctx, actions)
}

// ChangePassword sets another password for who is logged in and knows the present one, ends all sessions
// and begins a new one. Wrong ones are counted at the account. Errors: fault.LoginFailed,
// fault.LoginLocked, fault.SessionEnded if the account changed in between, those of profile.CheckPassword,
// ErrBusy, those of ctx and the table.
func (a *Accounts) ChangePassword(ctx context.Context, of Session, present, next string) (Token, error) {
	if err := checkPassword(of.Account.Kind, next); err != nil {
		return "", err
	}
	leave, err := a.passwords.admit()
	if err != nil {
		return "", err
	}
	defer leave()
	r, err := a.reserve(ctx, of.Account.Ref, "")
	if err != nil {
		return "", err
	}
	switch {
	case !r.found || r.account.Generation != of.Account.Generation:
		return "", fault.New(fault.SessionEnded, "")
	case r.locked:
		return "", fault.New(fault.LoginLocked, "")
	}
	right, _, err := a.passwords.verify(ctx, r.account.Password, present)
	if err != nil {
		return "", err
	}
	if !right {
		return "", fault.New(fault.LoginFailed, "")
	}
	phc, err := a.passwords.hash(ctx, next)
	if err != nil {
		return "", err
	}
	r.account.SetPassword(phc)
	save, err := a.Save(r.account)
	if err != nil {
		return "", err
	}
	entry, begin, err := a.begin(r.account, session{})
	if err != nil {
		return "", err
	}
	err = a.table.Transact(ctx, []table.Action{save, begin, erase(of.key), erase(r.account.triesKey())})
	if errors.Is(err, table.ErrCondition) {
		return "", fault.New(fault.SessionEnded, "")
	}
	return entry.Token, err
}
