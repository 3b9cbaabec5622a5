package account

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// Codes is the second factor of an account: six digits each 30 seconds from an app (RFC 6238).
type Codes struct {
	Sealed []byte `json:"sealed"` // the secret, by the Sealer
	// Last is the step of the last code that was taken; only later ones are taken.
	Last int64 `json:"last"`
	// Recovery are the SHA-256 of codes for whoever lost the app, each taken once.
	Recovery [][]byte `json:"recovery,omitempty"`
}

const (
	codeStep      = 30 // seconds
	codeSkew      = 1  // steps that a clock may be off
	secretSize    = 20 // bytes, as RFC 4226 recommends
	recoveryCodes = 10
	recoverySize  = 10 // bytes of chance, 16 characters: not guessed, so a plain hash is enough
)

// NewCodes draws the secret of a second factor and the otpauth URL that an app reads it from. Nothing is
// written: the caller keeps the secret with the page, and SetCodes takes it once the app shows a right code.
// issuer and name are what the app shows.
func (a *Accounts) NewCodes(issuer, name string) (secret, url string, err error) {
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: issuer, AccountName: name, Period: codeStep, SecretSize: secretSize, Rand: a.random,
	})
	if err != nil {
		return "", "", fmt.Errorf("the secret of one-time codes: %w", err)
	}
	return key.Secret(), key.URL(), nil
}

// SetCodes gives an account its second factor if code is one of it, and the recovery codes, which are shown
// once. The caller saves the account. Errors: fault.CodeWrong, those of the Sealer.
func (a *Accounts) SetCodes(ctx context.Context, account *Account, secret, code string) ([]string, error) {
	step, right := matches(secret, code, 0, a.now())
	if !right {
		return nil, fault.New(fault.CodeWrong, "")
	}
	sealed, err := a.sealer.Seal(ctx, account.Ref, []byte(secret))
	if err != nil {
		return nil, fmt.Errorf("the secret of one-time codes: %w", err)
	}
	codes := &Codes{Sealed: sealed, Last: step}
	var shown []string
	for range recoveryCodes {
		drawn := make([]byte, recoverySize)
		if _, err := io.ReadFull(a.random, drawn); err != nil {
			return nil, fmt.Errorf("no chance for a recovery code: %w", err)
		}
		recovery := base32.StdEncoding.EncodeToString(drawn)
		shown = append(shown, recovery)
		codes.Recovery = append(codes.Recovery, recoveryHash(recovery))
	}
	account.Codes = codes
	return shown, nil
}

// Code ends a login whose code was due: it takes a one-time or recovery code once and makes another session
// in place of the one that waits. Wrong ones are counted at the account as wrong passwords are. Errors:
// fault.CodeWrong, fault.LoginLocked (who comes here knew the password), fault.SessionEnded,
// fault.SourceRefused; ErrInvalid, those of the table and the Sealer.
func (a *Accounts) Code(ctx context.Context, in Realm, token Token, code string, from netip.Addr) (
	Entry, error,
) {
	s, item, account, err := a.opened(ctx, in, token, from)
	if err != nil {
		return Entry{}, err
	}
	if !s.CodeDue || account.Codes == nil {
		return Entry{}, fault.New(fault.SessionEnded, "")
	}
	r, err := a.reserve(ctx, account.Ref, "")
	if err != nil {
		return Entry{}, err
	}
	if r.locked {
		return Entry{}, fault.New(fault.LoginLocked, "")
	}
	if !r.found || r.account.Codes == nil || r.account.Generation != s.Generation {
		return Entry{}, fault.New(fault.SessionEnded, "")
	}
	if err := a.take(ctx, &r.account, code); err != nil {
		return Entry{}, err
	}
	save, err := a.Save(r.account)
	if err != nil {
		return Entry{}, err
	}
	entry, begin, err := a.begin(r.account, session{})
	if err != nil {
		return Entry{}, err
	}
	waiting := table.Item{Key: item.Key, Version: item.Version}
	err = a.table.Transact(ctx, []table.Action{
		save, begin,
		{Item: waiting, Delete: true, When: table.IfVersion},
		erase(account.triesKey()), erase(account.nameTriesKey(Name(s.Name))),
	})
	if errors.Is(err, table.ErrCondition) {
		return Entry{}, fault.New(fault.CodeWrong, "") // the same code came twice at once
	}
	return entry, err
}

// take uses a code up in the account; people type it in any case, with spaces and hyphens. Errors:
// fault.CodeWrong, those of the Sealer.
func (a *Accounts) take(ctx context.Context, account *Account, code string) error {
	codes := *account.Codes
	account.Codes = &codes
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
	hash := recoveryHash(code)
	for i, recovery := range codes.Recovery {
		if string(recovery) == string(hash) { // hashes of long chance: their comparison tells nothing
			codes.Recovery = slices.Delete(slices.Clone(codes.Recovery), i, i+1)
			return nil
		}
	}
	secret, err := a.sealer.Open(ctx, account.Ref, codes.Sealed)
	if err != nil {
		return fmt.Errorf("the secret of one-time codes: %w", err)
	}
	step, right := matches(string(secret), code, codes.Last, a.now())
	if !right {
		return fault.New(fault.CodeWrong, "")
	}
	codes.Last = step
	return nil
}

// matches gives the step that a code is of, among those about now that come after one.
func matches(secret, code string, after int64, now time.Time) (int64, bool) {
	middle := now.Unix() / codeStep
	for step := max(middle-codeSkew, after+1); step <= middle+codeSkew; step++ {
		options := hotp.ValidateOpts{Digits: codeDigits}
		// An error is a code that is not of six characters, or a secret that is none: wrong both.
		right, err := hotp.ValidateCustom(code, uint64(step), secret, options) // #nosec G115 -- not below 1
		if err == nil && right {
			return step, true
		}
	}
	return 0, false
}

const codeDigits = 6

func recoveryHash(code string) []byte {
	sum := sha256.Sum256([]byte(code))
	return sum[:]
}
