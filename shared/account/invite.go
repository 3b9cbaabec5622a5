package account

import (
	"context"
	"errors"
	"fmt"

	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// Invite makes an account that has no password yet, with its login names, and the link by which its owner
// sets one; Redeem takes it. Where the account is there already, Open makes another link. Errors: ErrInvalid,
// table.ErrCondition if the id or a name is taken, ErrTooManyLinks, those of the table.
func (a *Accounts) Invite(ctx context.Context, account Account, names ...Name) (Token, error) {
	account.Password, account.Codes = "", nil
	actions, err := a.Create(account, names...)
	if err != nil {
		return "", err
	}
	if err := a.table.Transact(ctx, actions); err != nil {
		return "", err
	}
	return a.Open(ctx, Link{Realm: account.Realm, Purpose: Invitation, Subject: account.ID})
}

// Redeem sets the password of the account that a link is about (Invitation or Reset), unlocks it, ends its
// sessions, and uses up the link with all others of its kind. One-time codes stay as they are: a mailbox
// alone is no second factor. Errors: fault.LinkBad, those of profile.CheckPassword, ErrBusy, ErrInvalid,
// those of ctx and the table.
func (a *Accounts) Redeem(ctx context.Context, in Realm, purpose Purpose, token Token, password string) (
	Account, error,
) {
	if err := checkPassword(in.Kind, password); err != nil {
		return Account{}, err
	}
	if purpose != Invitation && purpose != Reset {
		return Account{}, fmt.Errorf("a password by a link for %.20q: %w", purpose, ErrInvalid)
	}
	if _, err := a.Look(ctx, in, purpose, token); err != nil { // before the work of a hash
		return Account{}, err
	}
	phc, err := a.passwords.Hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	return a.byLink(ctx, in, purpose, token, func(account *Account) { account.SetPassword(phc) })
}

// UnlockByLink forgets the wrong tries at the account that a link is about (Unlock) and uses up the link with
// all others of its kind. Errors: fault.LinkBad, ErrInvalid, those of the table.
func (a *Accounts) UnlockByLink(ctx context.Context, in Realm, token Token) (Account, error) {
	return a.byLink(ctx, in, Unlock, token, func(*Account) {})
}

// byLink changes the account that a link is about, unlocks it and spends its links.
func (a *Accounts) byLink(ctx context.Context, in Realm, purpose Purpose, token Token,
	change func(*Account),
) (Account, error) {
	for range maxRounds {
		link, err := a.Look(ctx, in, purpose, token)
		if err != nil {
			return Account{}, err
		}
		account, found, err := a.Load(ctx, Ref{in, link.Subject})
		if err != nil {
			return Account{}, err
		}
		if !found {
			return Account{}, fault.New(fault.LinkBad, "")
		}
		change(&account)
		save, err := a.Save(account)
		if err != nil {
			return Account{}, err
		}
		actions, err := a.SpendAll(ctx, link)
		if err != nil {
			return Account{}, err
		}
		err = a.table.Transact(ctx, append(append(actions, save), account.forgetTries()...))
		if err == nil {
			account.version++
		}
		if !errors.Is(err, table.ErrCondition) {
			return account, err
		}
		// The link was used, which Look will say, or the account was changed: once more.
	}
	return Account{}, table.ErrCondition
}
