package mailing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"multipoint/shared/mail"
	"multipoint/shared/table"
)

// Purpose is what a member may want mails for, or not.
type Purpose string

// Purposes. A mail without one concerns what the member did just now, and is always sent.
const (
	Grants  Purpose = "grants"  // points were granted or refused
	Adverts Purpose = "adverts" // advertising (DOMAIN 6.2)
)

// Known says whether it is one of the purposes.
func (p Purpose) Known() bool { return p == Grants || p == Adverts }

// Mail is the channel of mails; others may come.
const Mail = "mail"

// Consent is the proof that a member wanted something: who, when, and which text was shown (DOMAIN 6.2).
type Consent struct {
	GrantedAt   time.Time `json:"granted_at"`
	Source      string    `json:"source"`       // where it was given: registration, settings, bulk …
	TextVersion string    `json:"text_version"` // of the text that was agreed to
	RevokedAt   time.Time `json:"revoked_at,omitzero"`
	RevokedBy   string    `json:"revoked_by,omitempty"` // where it was taken back: settings, one-click …
}

// Stands says whether it was not taken back.
func (c *Consent) Stands() bool { return c.RevokedAt.IsZero() }

// maxConsents is how many proofs of one purpose are kept; of more, the oldest that were taken back go first.
const maxConsents = 50

// Consents are the proofs of a retailer's members, per channel and purpose: all that were ever given, until
// the member is erased.
type Consents struct {
	Retailer string
	Table    table.Table
	Now      func() time.Time
}

// named is what sources, versions of texts, channels and members are called here.
var named = regexp.MustCompile(`\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}\z`)

// Grant notes that a member wants mails of a purpose. One who wanted them already keeps the earlier proof if
// it is about the same text. Error: mail.ErrInvalid for names that are none, those of the table.
func (c *Consents) Grant(
	ctx context.Context, member, channel string, purpose Purpose, source, textVersion string,
) error {
	if !named.MatchString(textVersion) {
		return fmt.Errorf("%w: %.80q is no version of a text", mail.ErrInvalid, textVersion)
	}
	return c.change(ctx, member, channel, purpose, source, func(all []Consent, now time.Time) []Consent {
		if n := len(all); n > 0 && all[n-1].Stands() {
			if all[n-1].TextVersion == textVersion {
				return all
			}
			all[n-1].RevokedAt, all[n-1].RevokedBy = now, "newer"
		}
		return append(all, Consent{GrantedAt: now, Source: source, TextVersion: textVersion})
	})
}

// Revoke notes that a member wants no more mails of a purpose; one who wants none already is no error.
func (c *Consents) Revoke(
	ctx context.Context, member, channel string, purpose Purpose, source string,
) error {
	return c.change(ctx, member, channel, purpose, source, func(all []Consent, now time.Time) []Consent {
		if n := len(all); n > 0 && all[n-1].Stands() {
			all[n-1].RevokedAt, all[n-1].RevokedBy = now, source
		}
		return all
	})
}

func (c *Consents) change(
	ctx context.Context, member, channel string, purpose Purpose, source string,
	next func(all []Consent, now time.Time) []Consent,
) error {
	if !purpose.Known() || !named.MatchString(member) || !named.MatchString(channel) ||
		!named.MatchString(source) {
		return fmt.Errorf("%w: %.80q of %.80q by %.80q is no consent", mail.ErrInvalid, purpose, channel,
			source)
	}
	at := c.key(member, channel, purpose)
	for {
		all, version, err := c.read(ctx, at)
		if err != nil {
			return err
		}
		after := next(slices.Clone(all), c.Now().UTC())
		if slices.Equal(after, all) {
			return nil
		}
		if len(after) > maxConsents {
			after = after[1:]
		}
		body, err := json.Marshal(after)
		if err != nil {
			return err
		}
		when := table.IfVersion
		if version == 0 {
			when = table.IfAbsent
		}
		err = c.Table.Put(ctx, table.Item{Key: at, Version: version, Body: body}, when)
		if !errors.Is(err, table.ErrCondition) {
			return err
		}
	}
}

// Wants says whether a member wants mails of a purpose now.
func (c *Consents) Wants(ctx context.Context, member, channel string, purpose Purpose) (bool, error) {
	all, err := c.Proofs(ctx, member, channel, purpose)
	return err == nil && len(all) > 0 && all[len(all)-1].Stands(), err
}

// Proofs gives all consents of a member to a purpose, oldest first.
func (c *Consents) Proofs(
	ctx context.Context, member, channel string, purpose Purpose,
) ([]Consent, error) {
	all, _, err := c.read(ctx, c.key(member, channel, purpose))
	return all, err
}

// Forget removes all proofs of a member who is erased (R24).
func (c *Consents) Forget(ctx context.Context, member string) error {
	q := table.Query{Partition: c.key(member, "", "").Partition}
	return table.Each(ctx, c.Table, q, func(item table.Item) error {
		return c.Table.Delete(ctx, item, table.Always)
	})
}

func (c *Consents) key(member, channel string, purpose Purpose) table.Key {
	return key(table.Partition("CONSENT", c.Retailer, member), channel+"\x00"+string(purpose))
}

func (c *Consents) read(ctx context.Context, at table.Key) ([]Consent, int64, error) {
	item, ok, err := c.Table.Get(ctx, at)
	if err != nil || !ok {
		return nil, 0, err
	}
	var all []Consent
	if err := json.Unmarshal(item.Body, &all); err != nil {
		return nil, 0, damaged("a consent", err)
	}
	return all, item.Version, nil
}
