package registration

import (
	"context"
	"encoding/json"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/personal"
	"multipoint/shared/postal"
	"multipoint/shared/profile"
	"multipoint/shared/table"
)

// record is a member's item: what is personal is sealed, the rest is for statistics and for the rules.
type record struct {
	ID         string                      `json:"id"`
	Number     string                      `json:"number,omitempty"`
	State      State                       `json:"state"`
	Sealed     map[personal.Element][]byte `json:"sealed,omitempty"`
	Sex        profile.Sex                 `json:"sex,omitempty"`
	BirthYear  int                         `json:"birth_year,omitempty"`
	Postal     string                      `json:"postal,omitempty"`
	Prefecture postal.Prefecture           `json:"prefecture,omitempty"`
	Language   string                      `json:"language,omitempty"`
	LoginKey   string                      `json:"login_key,omitempty"`
	OptIns     []string                    `json:"opt_ins,omitempty"`
	Consents   []Consent                   `json:"consents,omitempty"`
	Cards      []cardRecord                `json:"cards,omitempty"`
	Registered time.Time                   `json:"registered"`
	Changed    time.Time                   `json:"changed"`
	Cancelled  time.Time                   `json:"cancelled,omitzero"`
}

// cardRecord is a card of a member's item.
type cardRecord struct {
	Provider string    `json:"provider"`
	Sealed   []byte    `json:"sealed"` // the number
	Since    time.Time `json:"since"`
	Replaced []byte    `json:"replaced,omitempty"` // the number in its place, sealed
}

// seal makes the item of a member.
func (s *Service) seal(ctx context.Context, m *Member) (*record, error) {
	r := &record{
		ID: m.ID, Number: m.Number, State: m.State, Sealed: map[personal.Element][]byte{},
		Sex: m.Sex, BirthYear: m.Birth.Year, Postal: m.Postal, Prefecture: m.Prefecture,
		Language: m.Language, LoginKey: m.LoginKey, OptIns: m.OptIns, Consents: m.Consents,
		Registered: m.Registered, Changed: m.Changed, Cancelled: m.CancelledAt,
	}
	values, err := elements(&m.Profile)
	if err != nil {
		return nil, err
	}
	for e, value := range values {
		if r.Sealed[e], err = s.Vault.Seal(ctx, e, m.ID, []byte(value)); err != nil {
			return nil, err
		}
	}
	for i := range m.Cards {
		c := cardRecord{Provider: m.Cards[i].Provider, Since: m.Cards[i].Since}
		var err error
		if c.Sealed, err = s.Vault.Seal(ctx, personal.Card, m.ID, []byte(m.Cards[i].Number)); err != nil {
			return nil, err
		}
		if to := m.Cards[i].Replaced; to != "" {
			if c.Replaced, err = s.Vault.Seal(ctx, personal.Card, m.ID, []byte(to)); err != nil {
				return nil, err
			}
		}
		r.Cards = append(r.Cards, c)
	}
	return r, nil
}

// open gives a member in clear.
func (s *Service) open(ctx context.Context, r *record, version int64) (*Member, error) {
	m := &Member{
		ID: r.ID, Number: r.Number, State: r.State,
		Data: Data{
			Profile: profile.Profile{
				Sex: r.Sex, Postal: r.Postal, Prefecture: r.Prefecture, LoginKey: r.LoginKey,
				OptIns: r.OptIns,
			},
			Language: r.Language, Consents: r.Consents,
		},
		Registered: r.Registered, Changed: r.Changed, CancelledAt: r.Cancelled, version: version,
	}
	for e, sealed := range r.Sealed {
		value, err := s.Vault.Open(ctx, e, r.ID, sealed)
		if err != nil {
			return nil, err
		}
		if err := setElement(&m.Profile, e, string(value)); err != nil {
			return nil, err
		}
	}
	var err error
	m.Cards, err = s.openCards(ctx, r)
	return m, err
}

func (s *Service) openCards(ctx context.Context, r *record) ([]Card, error) {
	var cards []Card
	for i := range r.Cards {
		c := &r.Cards[i]
		number, err := s.Vault.Open(ctx, personal.Card, r.ID, c.Sealed)
		if err != nil {
			return nil, err
		}
		var replaced []byte
		if len(c.Replaced) > 0 {
			if replaced, err = s.Vault.Open(ctx, personal.Card, r.ID, c.Replaced); err != nil {
				return nil, err
			}
		}
		cards = append(cards, Card{
			Provider: c.Provider, Number: string(number), Since: c.Since, Replaced: string(replaced),
		})
	}
	return cards, nil
}

// texts are where a profile keeps the elements that are a text.
func texts(p *profile.Profile) map[personal.Element]*string {
	return map[personal.Element]*string{
		personal.FamilyName: &p.FamilyName, personal.GivenName: &p.GivenName,
		personal.FamilyKana: &p.FamilyKana, personal.GivenKana: &p.GivenKana,
		personal.Phone: &p.Phone, personal.Mail: &p.Mail,
	}
}

// elements are what of a profile is sealed; what was not given is not there.
func elements(p *profile.Profile) (map[personal.Element]string, error) {
	out := map[personal.Element]string{}
	for e, text := range texts(p) {
		if *text != "" {
			out[e] = *text
		}
	}
	if !p.Birth.IsZero() {
		out[personal.Birth] = p.Birth.String()
	}
	if address := [...]string{p.City, p.Street, p.Building}; address != [3]string{} {
		b, err := json.Marshal(address)
		if err != nil {
			return nil, err
		}
		out[personal.Address] = string(b)
	}
	return out, nil
}

// setElement puts an opened element into a profile.
func setElement(p *profile.Profile, e personal.Element, value string) (err error) {
	switch text := texts(p)[e]; {
	case text != nil:
		*text = value
	case e == personal.Birth:
		p.Birth, err = profile.ParseBirth(value)
	case e == personal.Address:
		var address [3]string
		err = json.Unmarshal([]byte(value), &address)
		p.City, p.Street, p.Building = address[0], address[1], address[2]
	default:
		err = &fault.Error{Code: fault.StoreDamaged, What: "A member has the element " + string(e) + "."}
	}
	return err
}

// item places a member's record in the table.
func (s *Service) item(ctx context.Context, m *Member) (table.Item, error) {
	r, err := s.seal(ctx, m)
	if err != nil {
		return table.Item{}, err
	}
	body, err := json.Marshal(r)
	if err != nil {
		return table.Item{}, err
	}
	item := table.Item{Key: s.memberKey(m.ID), Version: m.version, Body: body}
	if reading := m.reading(); reading != "" {
		partition, sort, err := s.Vault.Reading(ctx, reading)
		if err != nil {
			return table.Item{}, err
		}
		item.Index[0] = table.Key{Partition: s.key("READING", partition.String()), Sort: sort + alone}
	}
	return item, nil
}
