package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// Purpose is what a mailed link is for; one for another purpose does not open it.
type Purpose string

// Purposes of links.
const (
	Registration Purpose = "registration" // of a member, whose account is not there yet
	MailChange   Purpose = "mail-change"
	Reset        Purpose = "reset"
	Unlock       Purpose = "unlock"
	Invitation   Purpose = "invitation" // an account without a password is there
)

// openTime is how old the oldest of MaxOpenLinks must be before another one takes its place.
const openTime = time.Hour

// Link is an open link as Look found it, or one to Open.
type Link struct {
	Realm   Realm
	Purpose Purpose
	// Subject is whom it is about: an account's id, or where there is none yet a keyed hash; 1 to 128 bytes
	// without 00, nothing personal.
	Subject string
	// Payload is what the caller wants back, sealed by it, at most MaxSealed bytes.
	Payload []byte

	hash    string
	version int64
}

type linkBody struct {
	Subject string `json:"subject"`
	Payload []byte `json:"payload,omitempty"`
	Until   int64  `json:"until"` // Unix second from which it is none
}

// openLink stands in the list of a purpose and subject, oldest first. Used ones count there until they would
// have expired.
type openLink struct {
	Hash  []byte `json:"hash"`
	Until int64  `json:"until"`
}

// Open makes a link for LinkLife and gives its token. Of one purpose and subject at most MaxOpenLinks are
// open, and no more are made in an hour: another one takes the place of the oldest, if that is an hour old.
// So nobody can flood a mailbox, and a person whose mails got lost waits an hour at most. One item under
// purpose and subject lists them; it is written with the link. Errors: ErrTooManyLinks, ErrInvalid, those
// of the table.
func (a *Accounts) Open(ctx context.Context, l Link) (Token, error) {
	if err := l.check(); err != nil {
		return "", err
	}
	token, err := newToken(a.random)
	if err != nil {
		return "", err
	}
	l.hash, _ = token.hash() // it was just made
	for range maxRounds {
		actions, err := a.opening(ctx, l)
		if err != nil {
			return "", err
		}
		err = a.table.Transact(ctx, actions)
		if err == nil {
			return token, nil
		}
		if !errors.Is(err, table.ErrCondition) {
			return "", err
		}
	}
	return "", fmt.Errorf("too many links at once: %w", table.ErrCondition)
}

// opening gives the actions that make a link.
func (a *Accounts) opening(ctx context.Context, l Link) ([]table.Action, error) {
	list, item, err := a.openLinks(ctx, l)
	if err != nil {
		return nil, err
	}
	now := a.now()
	until := now.Add(LinkLife).Unix()
	var actions []table.Action
	if len(list) >= MaxOpenLinks {
		if list[0].Until > now.Add(LinkLife-openTime).Unix() {
			return nil, fmt.Errorf("%s: %d in an hour: %w", l.Purpose, len(list), ErrTooManyLinks)
		}
		actions = append(actions, erase(l.key(string(list[0].Hash))))
		list = list[1:]
	}
	list = append(list, openLink{[]byte(l.hash), until})
	when := table.IfVersion
	if item.Version == 0 {
		when = table.IfAbsent
	}
	item.Expires = until
	if item.Body, err = json.Marshal(list); err != nil {
		return nil, err
	}
	body, err := json.Marshal(linkBody{l.Subject, l.Payload, until})
	actions = append(actions, table.Action{Item: item, When: when})
	item = table.Item{Key: l.key(l.hash), Expires: until, Body: body}
	return append(actions, table.Action{Item: item, When: table.IfAbsent}), err
}

// openLinks reads the links of a purpose and subject that have not expired.
func (a *Accounts) openLinks(ctx context.Context, l Link) ([]openLink, table.Item, error) {
	key := l.listKey()
	item, found, err := a.table.Get(ctx, key)
	item.Key = key
	if err != nil || !found {
		return nil, item, err
	}
	var list []openLink
	if err := json.Unmarshal(item.Body, &list); err != nil {
		return nil, item, fmt.Errorf("the links of a subject: %w", ErrDamaged)
	}
	now := a.now().Unix()
	return slices.DeleteFunc(list, func(open openLink) bool { return open.Until <= now }), item, nil
}

// Look gives the link of a token and leaves it open: mail programs look at links too. Errors: fault.LinkBad
// for whatever is no open link of the realm and purpose; ErrInvalid, those of the table.
func (a *Accounts) Look(ctx context.Context, in Realm, purpose Purpose, token Token) (Link, error) {
	l := Link{Realm: in, Purpose: purpose, Subject: "-"}
	if err := l.check(); err != nil {
		return Link{}, err
	}
	bad := fault.New(fault.LinkBad, "")
	hash, is := token.hash()
	if !is {
		return Link{}, bad
	}
	item, found, err := a.table.Get(ctx, l.key(hash))
	if err != nil {
		return Link{}, err
	}
	if !found {
		return Link{}, bad
	}
	var body linkBody
	if err := json.Unmarshal(item.Body, &body); err != nil {
		return Link{}, fmt.Errorf("a link: %w", ErrDamaged)
	}
	if body.Until <= a.now().Unix() {
		return Link{}, bad
	}
	l.Subject, l.Payload, l.hash, l.version = body.Subject, body.Payload, hash, item.Version
	return l, nil
}

// Spend gives the action that uses a link up, for the transaction that does what the link is for;
// table.ErrCondition then says that it was used in between.
func (l *Link) Spend() table.Action {
	item := table.Item{Key: l.key(l.hash), Version: l.version}
	return table.Action{Item: item, Delete: true, When: table.IfVersion}
}

// SpendAll is Spend with all other open links of the purpose and subject: who has set a new password wants
// no older mail to set another one. Errors: those of the table.
func (a *Accounts) SpendAll(ctx context.Context, l Link) ([]table.Action, error) {
	list, item, err := a.openLinks(ctx, l)
	if err != nil {
		return nil, err
	}
	actions := []table.Action{l.Spend()}
	for _, open := range list {
		if hash := string(open.Hash); hash != l.hash {
			actions = append(actions, erase(l.key(hash)))
		}
	}
	if item.Version > 0 {
		actions = append(actions, table.Action{Item: item, Delete: true, When: table.IfVersion})
	}
	return actions, nil
}

func (l *Link) check() error {
	if err := l.Realm.check(); err != nil {
		return err
	}
	known := slices.Contains([]Purpose{Registration, MailChange, Reset, Unlock, Invitation}, l.Purpose)
	if !known || l.Subject == "" || len(l.Subject) > maxID || strings.Contains(l.Subject, "\x00") ||
		len(l.Payload) > MaxSealed {
		return fmt.Errorf("link %.20q, subject of %d bytes, payload of %d: %w", l.Purpose, len(l.Subject),
			len(l.Payload), ErrInvalid)
	}
	return nil
}

func (l *Link) key(hash string) table.Key { return l.Realm.keyOf("LINK", string(l.Purpose), hash) }
func (l *Link) listKey() table.Key        { return l.Realm.keyOf("LINKS", string(l.Purpose), l.Subject) }
