package registration

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"multipoint/shared/fault"
	"multipoint/shared/member"
	"multipoint/shared/table"
)

// Changes are the members whose rows in the snapshot are out of date, as of one moment.
type Changes struct {
	ids   []string // ascending
	rows  map[string][]member.Row
	items []table.Item
}

// Len is how many members changed.
func (c *Changes) Len() int { return len(c.ids) }

// Changes reads which members changed since the last snapshot, and their rows. A cancelled member has no member
// number any more, so that it earns nothing by it, but keeps its rows until it is forgotten: returns of its
// sales still find the card that took an old one's place.
func (s *Service) Changes(ctx context.Context) (*Changes, error) {
	c := &Changes{rows: map[string][]member.Row{}}
	for shard := range Shards {
		q := table.Query{Partition: s.key("CHANGED", fmt.Sprintf("%02x", shard))}
		err := table.Each(ctx, s.Table, q, func(item table.Item) error {
			c.items = append(c.items, item)
			c.ids = append(c.ids, item.Sort)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(c.ids)
	for _, id := range c.ids {
		r, _, err := s.read(ctx, id)
		if fault.CodeOf(err) == fault.MemberAbsent {
			continue
		}
		if err != nil {
			return nil, err
		}
		if c.rows[id], err = s.rows(ctx, r); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// rows are a member's rows of the snapshot.
func (s *Service) rows(ctx context.Context, r *record) ([]member.Row, error) {
	if r.State == Forgotten {
		return nil, nil
	}
	number := r.Number
	if r.State == Cancelled {
		number = ""
	}
	cards, err := s.openCards(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(cards) == 0 {
		return []member.Row{{Member: r.ID, Number: number}}, nil
	}
	rows := make([]member.Row, len(cards))
	for i, c := range cards {
		rows[i] = member.Row{
			Member: r.ID, Number: number, Provider: c.Provider, Card: c.Number, ReplacedBy: c.Replaced,
		}
	}
	return rows, nil
}

// Fold writes a snapshot file (member.Load) that is the one before, whose members ascend, with the changed
// members' rows in the place of theirs. before is nil if there was none.
func (c *Changes) Fold(before io.Reader, to io.Writer) error {
	out := csv.NewWriter(to)
	if err := out.Write([]string{"member", "number", "provider", "card", "replaced_by"}); err != nil {
		return err
	}
	next := 0
	flush := func(below string, all bool) error {
		for ; next < len(c.ids) && (all || c.ids[next] <= below); next++ {
			for _, r := range c.rows[c.ids[next]] {
				err := out.Write([]string{r.Member, r.Number, r.Provider, r.Card, r.ReplacedBy})
				if err != nil {
					return err
				}
			}
		}
		return nil
	}
	if before != nil {
		if err := c.merge(before, out, flush); err != nil {
			return err
		}
	}
	if err := flush("", true); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// merge copies the rows before that no change replaces.
func (c *Changes) merge(before io.Reader, out *csv.Writer, flush func(string, bool) error) error {
	in := csv.NewReader(bufio.NewReaderSize(before, 1<<16))
	in.ReuseRecord = true
	if _, err := in.Read(); err != nil {
		return fmt.Errorf("the snapshot before: %w", err)
	}
	last := ""
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the snapshot before: %w", err)
		}
		id := strings.Clone(row[0])
		if id < last {
			return fault.New(fault.PartDamaged, "The members of the snapshot before do not ascend.")
		}
		last = id
		if err := flush(id, false); err != nil {
			return err
		}
		if _, changed := slices.BinarySearch(c.ids, id); changed {
			continue
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
}

// Folded takes note that a snapshot with the changes was published. Members that changed again in between stay
// on the list. One at a time may fold: a list that two work on could lose a change between them.
func (s *Service) Folded(ctx context.Context, c *Changes) error {
	for i := range c.items {
		err := s.Table.Delete(ctx, c.items[i], table.IfVersion)
		if err != nil && !errors.Is(err, table.ErrCondition) {
			return err
		}
	}
	return nil
}
