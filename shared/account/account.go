// Package account lets people in: passwords, logins with their lock, sessions, mailed links, one-time codes
// and allowed networks (SPEC A5, A22), one machinery for members and for the staff of HQ, partners and
// operator.
//
// What it promises:
//
//   - Nobody learns from an answer, its port calls or its work whether a login name is known. Names that are
//     not known are counted and locked as those that are; see Login.
//   - The table holds no password and no token, only what they are checked with: argon2id of passwords,
//     SHA-256 of tokens and recovery codes. Login names come in as keyed hashes, profiles, payloads and
//     secrets as the caller sealed them. No error and no print of a Token holds one.
//   - Items that end carry Expires, and their end is checked against the clock as well: tables remove late.
//
// Where a change belongs into one transaction with what the caller writes, the methods give actions for
// table.Transact; table.ErrCondition then says that somebody was faster, and nothing was written.
package account

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"multipoint/shared/table"
)

// Limits and spans of time.
const (
	Tries        = 5                // wrong ones that lock
	LockTime     = 30 * time.Minute // from the last wrong try that counted
	Idle         = 30 * time.Minute // a session ends that long after it was used last
	Lifetime     = 12 * time.Hour   // and that long after its login, used or not
	CodeTime     = 5 * time.Minute  // from the password to the one-time code
	LinkLife     = 24 * time.Hour
	MaxOpenLinks = 5        // of one purpose and subject
	MaxNames     = 8        // login names of an account, and candidates of a login
	MaxSealed    = 16 << 10 // bytes of a profile or payload
	MaxPrefixes  = 256      // networks of an allowlist
)

// Errors that are nobody's fault at a screen, wrapped: test with errors.Is.
var (
	// ErrInvalid: a realm, id, name or the like that the caller must not give.
	ErrInvalid = errors.New("not valid for an account")
	// ErrBusy: too many wait for their password to be checked. Trying again later helps.
	ErrBusy = errors.New("too many passwords are being checked")
	// ErrTooManyLinks: see Open.
	ErrTooManyLinks = errors.New("too many links are open")
	// ErrDamaged: what the table holds is not what this package wrote.
	ErrDamaged = errors.New("the stored account is damaged")
)

// Realm is where accounts log in: a login name is one account's in it, and nothing of one realm opens
// anything in another.
type Realm struct {
	Kind     Kind
	Retailer string // "-" for the operator's
	Provider string // of partners only
}

// Ref names an account. ID is 1 to 128 letters, digits, - and _, given by the caller, for good.
type Ref struct {
	Realm
	ID string
}

// Name is the keyed hash of a normalised login name, 16 to 64 bytes. Names of different kinds (mail, phone,
// card) must differ even where their texts do not.
type Name string

// Account is what is kept of an account; Load gives it, Save writes it back.
type Account struct {
	Ref `json:"-"`
	// Password is a PHC string, "" = none yet: nobody can log in. SetPassword changes it.
	Password string `json:"password,omitempty"`
	// Generation counts what ended all sessions: those of an earlier one are over.
	Generation int64 `json:"generation"`
	// Suspended accounts can not log in and have no sessions.
	Suspended bool   `json:"suspended,omitempty"`
	Roles     []Role `json:"roles,omitempty"`
	// Profile is the caller's and sealed by it: a staff member's name and mail address.
	Profile []byte `json:"profile,omitempty"`
	// Names are the login names, as Create and Rename set them.
	Names [][]byte `json:"names,omitempty"`
	// Codes is the second factor, nil = none.
	Codes *Codes `json:"codes,omitempty"`

	version int64
}

// Sealer protects the secrets of one-time codes for an account: what was sealed for one can not be opened
// for another.
type Sealer interface {
	Seal(ctx context.Context, of Ref, secret []byte) ([]byte, error)
	Open(ctx context.Context, of Ref, sealed []byte) ([]byte, error)
}

// Options of New. Table and Passwords are needed, Sealer where one-time codes are.
type Options struct {
	Table     table.Table
	Passwords *Passwords
	Sealer    Sealer
	// SourceTries are the wrong tries that lock a source address, 0 = Tries. Many people may share one.
	SourceTries int
	Now         func() time.Time // nil = the machine's clock
	Random      io.Reader        // nil = crypto/rand
}

// Accounts are the accounts of all realms in a table, for any number of goroutines and processes.
type Accounts struct {
	table       table.Table
	passwords   *Passwords
	sealer      Sealer
	sourceTries int
	now         func() time.Time
	random      io.Reader
}

// New makes the accounts of a table.
func New(o Options) *Accounts {
	a := &Accounts{o.Table, o.Passwords, o.Sealer, o.SourceTries, o.Now, o.Random}
	if a.sourceTries == 0 {
		a.sourceTries = Tries
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.random == nil {
		a.random = rand.Reader
	}
	return a
}

// Load reads an account; false if there is none.
func (a *Accounts) Load(ctx context.Context, of Ref) (Account, bool, error) {
	if err := of.check(); err != nil {
		return Account{}, false, err
	}
	item, found, err := a.table.Get(ctx, of.key())
	if err != nil || !found {
		return Account{}, false, err
	}
	account, err := readAccount(of, item)
	return account, err == nil, err
}

// Find gives the account that has one of the names, the first of them that anybody has: for who asks for a
// mail to reset or unlock. The port calls are the same whether there is one or not; the caller's must be too.
func (a *Accounts) Find(ctx context.Context, in Realm, names ...Name) (Account, bool, error) {
	if err := errors.Join(in.check(), checkNames(names)); err != nil {
		return Account{}, false, err
	}
	items, err := a.read(ctx, nameKeys(in, names)...)
	if err != nil {
		return Account{}, false, err
	}
	of, _ := whose(in, names, items)
	item, found, err := a.table.Get(ctx, of.key())
	if err != nil || !found {
		return Account{}, false, err
	}
	account, err := readAccount(of, item)
	return account, err == nil, err
}

// Create gives the actions that make an account with its login names; ErrCondition on their transaction
// says that the id or a name is taken. Errors: ErrInvalid.
func (a *Accounts) Create(account Account, names ...Name) ([]table.Action, error) {
	account.version, account.Names = 0, nil
	return a.Rename(&account, names...)
}

// Rename gives the actions that write an account with names in place of those it had. Errors: ErrInvalid;
// ErrCondition on their transaction says that a name is taken or the account was changed in between.
func (a *Accounts) Rename(account *Account, names ...Name) ([]table.Action, error) {
	if err := checkNames(names); err != nil {
		return nil, err
	}
	var actions []table.Action
	for _, had := range account.names() {
		if !slices.Contains(names, had) {
			actions = append(actions, erase(account.nameKey(had)))
		}
	}
	for _, name := range names {
		if !slices.Contains(account.names(), name) {
			item := table.Item{Key: account.nameKey(name), Body: []byte(account.ID)}
			actions = append(actions, table.Action{Item: item, When: table.IfAbsent})
		}
	}
	account.Names = nil
	for _, name := range names {
		account.Names = append(account.Names, []byte(name))
	}
	save, err := a.Save(*account)
	return append(actions, save), err
}

// Save gives the action that writes an account as it is now, if nobody changed it since it was loaded.
// Errors: ErrInvalid.
func (a *Accounts) Save(account Account) (table.Action, error) {
	if err := account.check(); err != nil {
		return table.Action{}, err
	}
	body, err := json.Marshal(account) // #nosec G117 -- of the password the argon2id hash
	if err != nil {
		return table.Action{}, fmt.Errorf("account %s: %w", account.ID, err)
	}
	action := table.Action{Item: table.Item{Key: account.key(), Version: account.version, Body: body}}
	action.When = table.IfVersion
	if account.version == 0 {
		action.When = table.IfAbsent
	}
	return action, nil
}

// Remove gives the actions that take an account away with its names and counters. Its sessions end with it.
func (a *Accounts) Remove(account *Account) []table.Action {
	gone := table.Item{Key: account.key(), Version: account.version}
	actions := []table.Action{{Item: gone, Delete: true, When: table.IfVersion}}
	for _, name := range account.names() {
		actions = append(actions, erase(account.nameKey(name)))
	}
	return append(actions, account.forgetTries()...)
}

// SetPassword takes a PHC string of Passwords.Hash and ends all sessions.
func (account *Account) SetPassword(phc string) {
	account.Password = phc
	account.EndAll()
}

// EndAll ends all sessions of the account once it is saved.
func (account *Account) EndAll() { account.Generation++ }

// Suspend shuts an account out, and its sessions, until Resume.
func (account *Account) Suspend() {
	account.Suspended = true
	account.EndAll()
}

// Resume lets a suspended account in again.
func (account *Account) Resume() { account.Suspended = false }

func (account *Account) names() []Name {
	names := make([]Name, 0, len(account.Names))
	for _, name := range account.Names {
		names = append(names, Name(name))
	}
	return names
}

func (account *Account) check() error {
	if err := account.Ref.check(); err != nil {
		return err
	}
	if len(account.Profile) > MaxSealed {
		size := len(account.Profile)
		return fmt.Errorf("account %s: a profile of %d bytes: %w", account.ID, size, ErrInvalid)
	}
	for _, role := range account.Roles {
		if role.Kind() != account.Kind {
			return fmt.Errorf("account %s: no role %q for %q: %w", account.ID, role, account.Kind, ErrInvalid)
		}
	}
	return nil
}

func readAccount(of Ref, item table.Item) (Account, error) {
	account := Account{Ref: of, version: item.Version}
	if err := json.Unmarshal(item.Body, &account); err != nil {
		return Account{}, fmt.Errorf("account %s: %w", of.ID, ErrDamaged)
	}
	return account, nil
}

// read gives the items of keys; one that is not there has version 0.
func (a *Accounts) read(ctx context.Context, keys ...table.Key) ([]table.Item, error) {
	items := make([]table.Item, len(keys))
	err := a.table.BatchGet(ctx, keys, func(i int, item table.Item, found bool) error {
		if found {
			item.Body = slices.Clone(item.Body)
			items[i] = item
		}
		return nil
	})
	return items, err
}

// Keys of the table. 00 ends a text, so no key is the beginning of another. Kinds: LOGIN for accounts,
// LOGINNAME, TRIES, SESSION, LINK, LINKS, SOURCES.

// one is the sort key of items that are alone in their partition.
const one = "-"

func (r Realm) keyOf(kind string, more ...string) table.Key {
	of := append([]string{string(r.Kind), r.Provider}, more...)
	return table.Key{Partition: table.Partition(kind, r.Retailer, of...), Sort: one}
}

func (of Ref) key() table.Key               { return of.keyOf("LOGIN", of.ID) }
func (r Realm) nameKey(name Name) table.Key { return r.keyOf("LOGINNAME", string(name)) }

func nameKeys(in Realm, names []Name) []table.Key {
	keys := make([]table.Key, 0, len(names))
	for _, name := range names {
		keys = append(keys, in.nameKey(name))
	}
	return keys
}

// nobody begins the id of the account that a name would lead to if anybody had it; no account has such an
// id.
const nobody = "?"

// whose gives the account of the first name that has one, and that name; else an account that is not there,
// and the first name.
func whose(in Realm, names []Name, items []table.Item) (Ref, Name) {
	for i, name := range names {
		if items[i].Version > 0 {
			return Ref{in, string(items[i].Body)}, name
		}
	}
	return Ref{in, nobody + string(names[0])}, names[0]
}

func erase(key table.Key) table.Action {
	return table.Action{Item: table.Item{Key: key}, Delete: true}
}

const (
	maxCode = 64  // bytes of a retailer or provider
	maxID   = 128 // bytes of an account's id or a link's subject
	minName = 16  // bytes of a hashed login name
	maxName = 64
)

func (r Realm) check() error {
	known := r.Kind == Member || r.Kind == HQ || r.Kind == Partner || r.Kind == Operator
	switch {
	case !known, !isCode(r.Retailer), (r.Kind == Operator) != (r.Retailer == "-"),
		(r.Kind == Partner) != (r.Provider != ""), r.Provider != "" && !isCode(r.Provider):
		return fmt.Errorf("realm %.20q of %.80q %.80q: %w", r.Kind, r.Retailer, r.Provider, ErrInvalid)
	}
	return nil
}

func isCode(s string) bool {
	return s != "" && len(s) <= maxCode && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' })
}

func (of Ref) check() error {
	if err := of.Realm.check(); err != nil {
		return err
	}
	odd := strings.Trim(of.ID, "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	if of.ID == "" || len(of.ID) > maxID || odd != "" {
		return fmt.Errorf("account id %.80q: %w", of.ID, ErrInvalid)
	}
	return nil
}

func checkNames(names []Name) error {
	if len(names) == 0 || len(names) > MaxNames {
		return fmt.Errorf("%d login names: %w", len(names), ErrInvalid)
	}
	for i, name := range names {
		if len(name) < minName || len(name) > maxName || slices.Contains(names[:i], name) {
			return fmt.Errorf("a login name of %d bytes, or twice the same: %w", len(name), ErrInvalid)
		}
	}
	return nil
}
