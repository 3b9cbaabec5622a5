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

// tries counts wrong tries at an account, a login name or from a source address. A try at an account is
// counted before its password is looked at, and the count given back when it was right: so never more than
// Tries passwords are tried at an account, however many come at once.
type tries struct {
	Count int   `json:"count"`
	Until int64 `json:"until"` // Unix second from which they are forgotten

	key     table.Key
	version int64
}

// maxRounds is how often a write is tried again because another one was faster. Each round somebody else
// gets through, and Tries of them are the end.
const maxRounds = 64

func readTries(key table.Key, item table.Item, now time.Time) (tries, error) {
	n := tries{key: key, version: item.Version}
	if item.Version > 0 {
		if err := json.Unmarshal(item.Body, &n); err != nil {
			return tries{}, fmt.Errorf("a counter of tries: %w", ErrDamaged)
		}
	}
	if n.Until <= now.Unix() {
		n.Count = 0
	}
	return n, nil
}

// counted gives the action that counts one more, up to most. Beyond that nothing changes: a lock is not
// made longer from outside.
func (n tries) counted(most int, now time.Time) table.Action {
	if n.Count < most {
		n.Count++
		n.Until = now.Add(LockTime).Unix()
	}
	item := table.Item{Key: n.key, Version: n.version, Expires: n.Until}
	item.Body = fmt.Appendf(nil, `{"count":%d,"until":%d}`, n.Count, n.Until)
	if n.version == 0 {
		return table.Action{Item: item, When: table.IfAbsent}
	}
	return table.Action{Item: item, When: table.IfVersion}
}

// reserved is an account and a try at it that is counted as wrong until it is given back.
type reserved struct {
	account Account
	found   bool
	// locked: there were too many tries at the account; its password must not be looked at.
	locked bool
}

// reserve counts a try at an account, known or not, and at the login name used, "" = none. Error:
// fault.LoginLocked if there were too many at the name.
func (a *Accounts) reserve(ctx context.Context, of Ref, name Name) (reserved, error) {
	keys := []table.Key{of.key(), of.triesKey()}
	if name != "" {
		keys = append(keys, of.nameTriesKey(name))
	}
	for range maxRounds {
		items, err := a.read(ctx, keys...)
		if err != nil {
			return reserved{}, err
		}
		r := reserved{found: items[0].Version > 0}
		if r.found {
			if r.account, err = readAccount(of, items[0]); err != nil {
				return reserved{}, err
			}
		}
		now := a.now()
		var actions []table.Action
		for i, key := range keys[1:] {
			n, err := readTries(key, items[1+i], now)
			if err != nil {
				return reserved{}, err
			}
			switch locked := n.Count >= Tries; {
			case locked && i > 0:
				return reserved{}, fault.New(fault.LoginLocked, "")
			case locked:
				r.locked = true
			}
			actions = append(actions, n.counted(Tries, now))
		}
		err = a.table.Transact(ctx, actions)
		if !errors.Is(err, table.ErrCondition) {
			return r, err
		}
	}
	return reserved{}, fmt.Errorf("too many tries at once: %w", table.ErrCondition)
}

// countSource counts a wrong try from an address. It is counted afterwards, so that people behind one address
// who log in at the same moment do not lock each other out.
func (a *Accounts) countSource(ctx context.Context, in Realm, from netip.Addr) error {
	key := in.sourceTriesKey(from)
	for range maxRounds {
		items, err := a.read(ctx, key)
		if err != nil {
			return err
		}
		now := a.now()
		n, err := readTries(key, items[0], now)
		if err != nil || n.Count >= a.sourceTries {
			return err
		}
		err = a.table.Transact(ctx, []table.Action{n.counted(a.sourceTries, now)})
		if !errors.Is(err, table.ErrCondition) {
			return err
		}
	}
	return fmt.Errorf("too many tries at once: %w", table.ErrCondition)
}

// forgetTries gives the actions that unlock an account and its names.
func (account *Account) forgetTries() []table.Action {
	actions := []table.Action{erase(account.triesKey())}
	for _, name := range account.names() {
		actions = append(actions, erase(account.nameTriesKey(name)))
	}
	return actions
}

func (of Ref) triesKey() table.Key               { return of.keyOf("TRIES", "account", of.ID) }
func (r Realm) nameTriesKey(name Name) table.Key { return r.keyOf("TRIES", "name", string(name)) }

// sourceTriesKey takes the addresses of one IPv6 network of 64 bits as one: whoever has one has them all.
func (r Realm) sourceTriesKey(from netip.Addr) table.Key {
	from = from.Unmap().WithZone("")
	if from.Is6() {
		network, _ := from.Prefix(64) // 64 bits is a prefix of any IPv6 address
		from = network.Addr()
	}
	return r.keyOf("TRIES", "source", from.String())
}
