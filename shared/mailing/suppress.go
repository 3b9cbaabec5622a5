package mailing

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// Bounce is how a mail came back, as SES tells the kinds apart.
type Bounce string

// Kinds of bounces.
const (
	NoBounce  Bounce = ""
	Permanent Bounce = "permanent" // there is nobody of that address, it says
	Transient Bounce = "transient" // the mailbox is full, or the like; also what SES cannot tell
)

// When an address is not mailed any more (DOMAIN 9). A carrier's server also calls an address unknown whose
// owner takes no mail from the sender's domain, so there one answer is none.
const (
	carrierBounces  = 2
	carrierWithin   = 14 * 24 * time.Hour
	transientMost   = 5
	transientWithin = 90 * 24 * time.Hour // a mailbox that is full once a year is nobody's fault
)

// Suppression keeps which addresses a retailer does not mail any more because mail to them came back. They
// are known by a keyed hash that the caller makes: the same for one address always, and of no use to others.
type Suppression struct {
	Retailer string
	Table    table.Table
}

// bounces is what came back from one address.
type bounces struct {
	Suppressed time.Time  `json:"suppressed,omitzero"`
	Last       []comeBack `json:"last"`
}

// comeBack is a mail that came back.
type comeBack struct {
	ID   string    `json:"id"`
	Kind Bounce    `json:"kind"`
	At   time.Time `json:"at"`
}

// Check says whether an address is mailed. Errors: mail.suppressed, those of the table.
func (s *Suppression) Check(ctx context.Context, hash string) error {
	b, _, err := s.read(ctx, hash)
	if err != nil || b.Suppressed.IsZero() {
		return err
	}
	return fault.New(fault.MailSuppressed, "")
}

// Add notes that a mail came back from an address; the same mail counts once. carrier says that the address
// is a mobile carrier's. It gives whether the address is mailed no more.
func (s *Suppression) Add(
	ctx context.Context, hash, id string, kind Bounce, carrier bool, at time.Time,
) (suppressed bool, err error) {
	for {
		b, version, err := s.read(ctx, hash)
		if err != nil {
			return false, err
		}
		if !b.add(comeBack{id, kind, at.UTC()}, carrier) {
			return !b.Suppressed.IsZero(), nil
		}
		body, err := json.Marshal(b)
		if err != nil {
			return false, err
		}
		when := table.IfVersion
		if version == 0 {
			when = table.IfAbsent
		}
		item := table.Item{Key: s.key(hash), Version: version, Body: body}
		if err := s.Table.Put(ctx, item, when); !errors.Is(err, table.ErrCondition) {
			return !b.Suppressed.IsZero(), err
		}
	}
}

// add counts a mail that came back; false if there is nothing new in it.
func (b *bounces) add(c comeBack, carrier bool) bool {
	known := slices.ContainsFunc(b.Last, func(x comeBack) bool { return x.ID == c.ID && x.Kind == c.Kind })
	if known || !b.Suppressed.IsZero() {
		return false
	}
	b.Last = append(b.Last, c)
	most, within := 1, carrierWithin
	switch {
	case c.Kind == Transient:
		most, within = transientMost, transientWithin
	case carrier:
		most = carrierBounces
	}
	n := 0
	for _, x := range b.Last {
		if x.Kind == c.Kind && c.At.Sub(x.At).Abs() <= within {
			n++
		}
	}
	if n >= most {
		b.Suppressed = c.At
	}
	if len(b.Last) > 2*transientMost {
		b.Last = b.Last[1:]
	}
	return true
}

// Lift mails an address again, as staff do when its owner says that it works.
func (s *Suppression) Lift(ctx context.Context, hash string) error {
	return s.Table.Delete(ctx, table.Item{Key: s.key(hash)}, table.Always)
}

func (s *Suppression) key(hash string) table.Key {
	return key(table.Partition("BOUNCE", s.Retailer, hash), "-")
}

func (s *Suppression) read(ctx context.Context, hash string) (*bounces, int64, error) {
	b := &bounces{}
	item, ok, err := s.Table.Get(ctx, s.key(hash))
	if err != nil || !ok {
		return b, 0, err
	}
	if err := json.Unmarshal(item.Body, b); err != nil {
		return nil, 0, damaged("an address", err)
	}
	return b, item.Version, nil
}

// carrierDomains are the domains of the mobile carriers' mail (DOMAIN 9), whose users filter by domain.
// They are more than those that gave out addresses against RFC 5321 (profile/mailbox).
var carrierDomains = [...]string{
	"docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "vodafone.ne.jp",
	"ymobile.ne.jp", "y-mobile.ne.jp", "disney.ne.jp", "willcom.com", "pdx.ne.jp", "emnet.ne.jp",
	"uqmobile.jp", "rakumail.jp",
}

// Carrier says whether an address is one of a mobile carrier, or of a domain below one of theirs.
func Carrier(address string) bool {
	domain := domainOf(address)
	for _, c := range carrierDomains {
		if domain == c || strings.HasSuffix(domain, "."+c) {
			return true
		}
	}
	return false
}

// domainOf gives what stands behind the last @, in lower case.
func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}
