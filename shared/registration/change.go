package registration

import (
	"context"
	"slices"
	"strings"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/personal"
	"multipoint/shared/profile"
	"multipoint/shared/table"
)

// NewMember is who registers.
type NewMember struct {
	ID     string // of NewID; what the caller adds may need it
	Number string
	Data
	Cards []Card // Provider and Number; each provider's at most once in use
}

// Register makes a member, in one transaction with what the caller adds (a link that is used up, a login):
// both happen or none. Errors: address.taken, phone.taken, card.taken with the field; card.too_many;
// member.changed if the id is there already; member.under_way if something that the caller added does not
// hold.
func (s *Service) Register(ctx context.Context, n NewMember, with ...table.Action) (*Member, error) {
	now := s.Now().UTC()
	m := &Member{
		ID: n.ID, Number: n.Number, State: Active, Data: n.Data, Registered: now, Changed: now,
	}
	for _, c := range n.Cards {
		m.Cards = append(m.Cards, Card{Provider: c.Provider, Number: c.Number, Since: now})
	}
	return m, s.put(ctx, &Member{}, m, table.IfAbsent, with)
}

// Change writes what change makes of a member, in one transaction with what the caller adds. version is that
// of the member which the caller has seen (Member.Version), 0 = whatever there is. Errors as Register's;
// member.absent; member.cancelled; member.changed if it is another version by now; those of change.
func (s *Service) Change(
	ctx context.Context, id string, version int64, change func(*Member) error, with ...table.Action,
) (*Member, error) {
	before, err := s.Get(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case before.State != Active:
		return nil, fault.New(fault.MemberCancelled, "")
	case version != 0 && version != before.version:
		return nil, fault.New(fault.MemberChanged, "")
	}
	after := before.clone()
	if err := change(after); err != nil {
		return nil, err
	}
	after.Changed = s.Now().UTC()
	return after, s.put(ctx, before, after, table.IfVersion, with)
}

// Version tells the member's state at reading from later ones.
func (m *Member) Version() int64 { return m.version }

func (m *Member) clone() *Member {
	c := *m
	c.OptIns = slices.Clone(m.OptIns)
	c.Consents = slices.Clone(m.Consents)
	c.Cards = slices.Clone(m.Cards)
	return &c
}

// put writes a member and moves its unique values from what before had to what after has.
func (s *Service) put(
	ctx context.Context, before, after *Member, when table.Condition, with []table.Action,
) error {
	if len(after.Cards) > MaxCards {
		return fault.At(fault.CardTooMany, fault.Place{Field: profile.FieldCard}, "")
	}
	had, err := s.claims(ctx, before)
	if err != nil {
		return err
	}
	has, err := s.claims(ctx, after)
	if err != nil {
		return err
	}
	after.version = before.version // that the item has until it is written
	item, err := s.item(ctx, after)
	if err != nil {
		return err
	}
	actions := []table.Action{{Item: item, When: when}}
	for key := range had {
		if _, keeps := has[key]; !keeps {
			actions = append(actions, table.Action{Item: table.Item{Key: key}, Delete: true})
		}
	}
	var claims []claim
	for key, c := range has {
		if _, hadIt := had[key]; !hadIt {
			claims = append(claims, c)
		}
	}
	// In a fixed order, so that of several faults the same one is told.
	slices.SortFunc(claims, func(a, b claim) int { return strings.Compare(a.key.Partition, b.key.Partition) })
	after.version = before.version + 1
	return s.write(ctx, after, actions, claims, with)
}

// claims are the unique values of a member. Error: card.taken for a card that it has twice.
func (s *Service) claims(ctx context.Context, m *Member) (map[table.Key]claim, error) {
	out := map[table.Key]claim{}
	if m.State != Active {
		return out, nil
	}
	add := func(e personal.Element, field, value string) error {
		h, err := s.Vault.Lookup(ctx, e, value)
		if err != nil {
			return err
		}
		key := s.uniqueKey(e, h)
		if _, twice := out[key]; twice {
			return fault.At(takenCode(e), fault.Place{Field: field}, "")
		}
		out[key] = claim{e, field, key}
		return nil
	}
	for field, e := range map[string]personal.Element{
		profile.FieldMail: personal.Mail, profile.FieldPhone: personal.Phone,
	} {
		if value := m.Key(field); value != "" {
			if err := add(e, field, value); err != nil {
				return nil, err
			}
		}
	}
	for i := range m.Cards {
		c := &m.Cards[i]
		err := add(personal.Card, profile.FieldCard+"."+c.Provider, cardValue(c.Provider, c.Number))
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// AddCard gives the member one more card of a provider.
func (m *Member) AddCard(provider, number string, now time.Time) {
	m.Cards = append(m.Cards, Card{Provider: provider, Number: number, Since: now.UTC()})
}

// ReplaceCard puts a new card into the place of a lost one (SPEC A31): points, caps and returns of the old
// number follow to the new one. Error: card.not_held for a number that is not the member's or was replaced.
func (m *Member) ReplaceCard(provider, number, by string, now time.Time) error {
	i := m.card(provider, number)
	if i < 0 || m.Cards[i].Replaced != "" {
		return fault.At(fault.CardNotHeld, fault.Place{Field: profile.FieldCard + "." + provider}, "")
	}
	if m.card(provider, by) >= 0 {
		return fault.At(fault.CardTaken, fault.Place{Field: profile.FieldCard + "." + provider}, "")
	}
	m.Cards[i].Replaced = by
	m.AddCard(provider, by, now)
	return nil
}

// RemoveCard takes a card away: its number may be anybody's again. With it go the cards that it replaced.
// Error: card.not_held.
func (m *Member) RemoveCard(provider, number string) error {
	if m.card(provider, number) < 0 {
		return fault.At(fault.CardNotHeld, fault.Place{Field: profile.FieldCard + "." + provider}, "")
	}
	gone := map[string]bool{number: true}
	for changed := true; changed; {
		changed = false
		for _, c := range m.Cards {
			if c.Provider == provider && gone[c.Replaced] && !gone[c.Number] {
				gone[c.Number], changed = true, true
			}
		}
	}
	m.Cards = slices.DeleteFunc(m.Cards, func(c Card) bool {
		return c.Provider == provider && gone[c.Number]
	})
	return nil
}

// card finds a card of the member, -1 if it has none such.
func (m *Member) card(provider, number string) int {
	return slices.IndexFunc(m.Cards, func(c Card) bool {
		return c.Provider == provider && c.Number == number
	})
}
