// Package registration keeps a retailer's members: who registers, changes, replaces a card, cancels, and is
// forgotten (SPEC A1 to A4, A31, R24). It holds what must stay true of them: one phone number, mail address
// and card has one member, decided in the transaction that writes the member, never from an index; personal
// data is sealed element by element (package personal); and whoever changes a member tells the snapshot
// that runs pin.
//
// Items of the table, each key with the retailer behind its kind:
//
//	MEMBER    id                  the member; index 1 by the reading of the name
//	UNIQUE    element, hash       whose that mail address, phone number or card is
//	CHANGED   shard / id, version members whose rows in the snapshot are out of date, one item a change
//	CANCELLED - / time and id     members to be forgotten
package registration

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/personal"
	"multipoint/shared/profile"
	"multipoint/shared/table"
)

// MaxCards is the most point cards of a member, those replaced included.
const MaxCards = 30

// Shards is how many partitions keep the changed members, so that a bulk registration does not write to one.
const Shards = 16

// Service keeps the members of one retailer. All fields must be given. Its methods may be called from many
// goroutines and processes.
type Service struct {
	Retailer string
	Table    table.Table
	Vault    *personal.Vault
	Now      func() time.Time
}

// State is what a member is to the retailer.
type State string

// States of a member.
const (
	Active    State = "active"
	Cancelled State = "cancelled" // until Forget erases the data
	Forgotten State = "forgotten"
)

// Data is what a member told, in clear.
type Data struct {
	profile.Profile
	Language string // of mails: "ja" or "en"
	Consents []Consent
}

// Consent is the proof that a member wanted mails of a purpose (DOMAIN 6.2).
type Consent struct {
	Purpose     string    `json:"purpose"`
	GrantedAt   time.Time `json:"granted_at,omitzero"`
	Source      string    `json:"source"`       // where: a screen, a file
	TextVersion string    `json:"text_version"` // which text was agreed to
	RevokedAt   time.Time `json:"revoked_at,omitzero"`
}

// Holds says that the consent was given and not taken back.
func (c *Consent) Holds() bool { return !c.GrantedAt.IsZero() && c.RevokedAt.IsZero() }

// Card is a point card of a member.
type Card struct {
	Provider string
	Number   string // digits
	Since    time.Time
	// Replaced is the number of the provider's card that took its place (SPEC A31), "" = it is in use.
	Replaced string
}

// Member is a member as of one version of its item.
type Member struct {
	ID     string
	Number string // the retailer's own number for it, "" = none
	State  State
	Data
	Cards       []Card // in the order in which they were registered
	Registered  time.Time
	Changed     time.Time
	CancelledAt time.Time
	version     int64
}

// takenCode says which fault it is that a value has another member.
func takenCode(e personal.Element) fault.Code {
	switch e {
	case personal.Mail:
		return fault.AddressTaken
	case personal.Phone:
		return fault.PhoneTaken
	}
	return fault.CardTaken
}

// NewID makes the id of a member: 26 letters and digits by chance, which tell nothing.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: the program ends first
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

func (s *Service) key(kind string, more ...string) string {
	return table.Partition(kind, s.Retailer, more...)
}

// alone is the sort key of items that are alone in their partition.
const alone = "-"

func (s *Service) memberKey(id string) table.Key {
	return table.Key{Partition: s.key("MEMBER", id), Sort: alone}
}

func (s *Service) uniqueKey(e personal.Element, h personal.Hash) table.Key {
	return table.Key{Partition: s.key("UNIQUE", string(e), h.String()), Sort: alone}
}

// changedKey names a change of a member. Each has an item of its own, so that who folds the changes into a
// snapshot takes away those that it saw and no other.
func (s *Service) changedKey(m *Member) table.Key {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(m.ID)) // never fails
	return table.Key{
		Partition: s.key("CHANGED", fmt.Sprintf("%02x", sum.Sum32()%Shards)),
		Sort:      fmt.Sprintf("%s %d", m.ID, m.version),
	}
}

// Get gives a member. Errors: member.absent; personal.damaged.
func (s *Service) Get(ctx context.Context, id string) (*Member, error) {
	r, version, err := s.read(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, r, version)
}

// Find gives the id of the member who has a value, "" if nobody has it: the key (profile.Key) of a mail
// address or phone number.
func (s *Service) Find(ctx context.Context, e personal.Element, value string) (string, error) {
	h, err := s.Vault.Lookup(ctx, e, value)
	if err != nil {
		return "", err
	}
	return s.owner(ctx, s.uniqueKey(e, h))
}

// FindCard gives the id of the member who has a provider's card, "" if nobody has.
func (s *Service) FindCard(ctx context.Context, provider, number string) (string, error) {
	return s.Find(ctx, personal.Card, cardValue(provider, number))
}

// cardValue is what a card is hashed and found by.
func cardValue(provider, number string) string { return provider + " " + number }

// owner reads whose a unique value is.
func (s *Service) owner(ctx context.Context, key table.Key) (string, error) {
	item, ok, err := s.Table.Get(ctx, key)
	if err != nil || !ok {
		return "", err
	}
	return string(item.Body), nil
}

// Search calls visit for the members the reading of whose name (the keys of family and given name, one
// behind the other) begins with beginning, of at least personal.ReadingStart characters, until an error.
// Who registered a moment ago may be missing.
func (s *Service) Search(ctx context.Context, beginning string, visit func(*Member) error) error {
	partition, prefix, err := s.Vault.ReadingPrefix(ctx, beginning)
	if err != nil {
		return err
	}
	q := table.Query{Index: 1, Partition: s.key("READING", partition.String()), Prefix: prefix}
	return table.Each(ctx, s.Table, q, func(item table.Item) error {
		_, id, _ := strings.Cut(item.Partition, s.key("MEMBER", ""))
		m, err := s.Get(ctx, id) // the index lags, and may hold the keys only
		if fault.CodeOf(err) == fault.MemberAbsent {
			return nil
		}
		if err != nil || m.State != Active || !strings.HasPrefix(m.reading(), beginning) {
			return err
		}
		return visit(m)
	})
}

// reading is what a member is found by.
func (m *Member) reading() string {
	return m.Key(profile.FieldFamilyKana) + m.Key(profile.FieldGivenKana)
}

// read gives a member's item.
func (s *Service) read(ctx context.Context, id string) (*record, int64, error) {
	item, ok, err := s.Table.Get(ctx, s.memberKey(id))
	if err != nil {
		return nil, 0, err
	}
	if !ok {
		return nil, 0, fault.New(fault.MemberAbsent, "")
	}
	r := &record{}
	if err := json.Unmarshal(item.Body, r); err != nil {
		return nil, 0, &fault.Error{Code: fault.StoreDamaged, What: "A member's item is damaged.", Err: err}
	}
	return r, item.Version, nil
}

// write makes the changes of one member at once, with what the caller adds, or none of them. claims are the
// unique values that the member has to get. Errors: those of takenCode for a value of another member;
// member.changed if the member was changed since it was read, or was there already; member.under_way if
// something that the caller added does not hold.
func (s *Service) write(
	ctx context.Context, m *Member, actions []table.Action, claims []claim, with []table.Action,
) error {
	all := slices.Concat(actions, with)
	for i := range claims {
		all = append(all, table.Action{
			Item: table.Item{Key: claims[i].key, Body: []byte(m.ID)}, When: table.IfAbsent,
		})
	}
	all = append(all, table.Action{Item: table.Item{Key: s.changedKey(m)}})
	err := s.Table.Transact(ctx, all)
	if !errors.Is(err, table.ErrCondition) {
		return err
	}
	return s.refusal(ctx, actions, claims, err)
}

// claim is a unique value that a member is to get.
type claim struct {
	element personal.Element
	field   string // of the form, for the fault
	key     table.Key
}

// refusal finds out which condition of a transaction did not hold. What it reads may have changed since; then
// it says that the same is under way elsewhere.
func (s *Service) refusal(
	ctx context.Context, actions []table.Action, claims []claim, cause error,
) error {
	for i := range claims {
		owner, err := s.owner(ctx, claims[i].key)
		if err != nil {
			return err
		}
		if owner != "" {
			at := fault.Place{Field: claims[i].field}
			return &fault.Error{Code: takenCode(claims[i].element), Place: at}
		}
	}
	for i := range actions {
		item, ok, err := s.Table.Get(ctx, actions[i].Key)
		switch {
		case err != nil:
			return err
		case actions[i].When == table.IfVersion && (!ok || item.Version != actions[i].Version),
			actions[i].When == table.IfAbsent && ok:
			return &fault.Error{Code: fault.MemberChanged, Err: cause}
		}
	}
	return &fault.Error{Code: fault.MemberUnderWay, Err: cause}
}
