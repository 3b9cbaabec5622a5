package registration

import (
	"context"
	"errors"
	"strings"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// Cancel ends a membership (SPEC A4), in one transaction with what the caller adds: mail address, phone
// number and cards are free for others at once, member numbers earn nothing more, and the data is kept
// until Forget. Errors: member.absent, member.cancelled, member.changed, member.under_way.
func (s *Service) Cancel(ctx context.Context, id string, with ...table.Action) error {
	before, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	if before.State != Active {
		return fault.New(fault.MemberCancelled, "")
	}
	after := before.clone()
	after.State = Cancelled
	after.CancelledAt = s.Now().UTC()
	after.Changed = after.CancelledAt
	with = append(with, table.Action{Item: table.Item{Key: s.cancelledKey(after)}})
	return s.put(ctx, before, after, table.IfVersion, with)
}

// momentForm orders moments as text.
const momentForm = "2006-01-02T15:04:05Z"

func (s *Service) cancelledKey(m *Member) table.Key {
	return table.Key{
		Partition: s.key("CANCELLED"), Sort: m.CancelledAt.UTC().Format(momentForm) + " " + m.ID,
	}
}

// Forget erases the data of who cancelled before a moment (R24): of a member stays its id, so that ledger
// and operation log still have somebody to name. card is called for each of its cards first, so that the
// number vault forgets the number. Whoever forgets again after a crash does no harm. It gives how many were
// forgotten.
func (s *Service) Forget(
	ctx context.Context, before time.Time, card func(ctx context.Context, provider, number string) error,
) (forgotten int, err error) {
	q := table.Query{Partition: s.key("CANCELLED"), To: before.UTC().Format(momentForm)}
	err = table.Each(ctx, s.Table, q, func(item table.Item) error {
		_, id, _ := strings.Cut(item.Sort, " ")
		if err := s.forget(ctx, id, card); err != nil && fault.CodeOf(err) != fault.MemberAbsent {
			return err
		}
		forgotten++
		return s.Table.Delete(ctx, table.Item{Key: item.Key}, table.Always)
	})
	return forgotten, err
}

func (s *Service) forget(
	ctx context.Context, id string, card func(ctx context.Context, provider, number string) error,
) error {
	m, err := s.Get(ctx, id)
	if err != nil || m.State != Cancelled {
		return err
	}
	for _, c := range m.Cards {
		// A card that has another member by now keeps its number.
		owner, err := s.FindCard(ctx, c.Provider, c.Number)
		if err != nil {
			return err
		}
		if owner != "" {
			continue
		}
		if err := card(ctx, c.Provider, c.Number); err != nil {
			return err
		}
	}
	gone := &Member{
		ID: m.ID, State: Forgotten, Registered: m.Registered, Changed: s.Now().UTC(),
		CancelledAt: m.CancelledAt, version: m.version,
	}
	err = s.put(ctx, m, gone, table.IfVersion, nil)
	if fault.CodeOf(err) == fault.MemberChanged {
		return errors.Join(err, errors.New("a cancelled member was changed while it was forgotten"))
	}
	return err
}
