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

// changes are the members whose rows in the snapshot are out of date, as of one moment.
type changes struct {
	ids   []string // ascending
	rows  map[string][]member.Row
	items []table.Item
}

// Fold writes the snapshot file (member.Load) that is the one before with what changed since, and gives
// what is to be called once it is published: that takes the changes off the list. before is nil if there
// was no snapshot; its columns are those that Fold writes, and its members ascend. If nothing changed,
// nothing is written and done is nil.
//
// A cancelled member has no member number any more, so that it earns nothing by it, but keeps its rows
// until it is forgotten: returns of its sales still find the card that took an old one's place.
//
// Errors: part.damaged for another snapshot before; those of the table and the vault.
func (s *Service) Fold(
	ctx context.Context, before io.Reader, to io.Writer,
) (done func(context.Context) error, err error) {
	c, err := s.changes(ctx)
	if err != nil || len(c.ids) == 0 {
		return nil, err
	}
	if err := c.fold(before, to); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		for i := range c.items {
			if err := s.Table.Delete(ctx, c.items[i], table.Always); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// changes reads which members changed since the last snapshot, and their rows.
func (s *Service) changes(ctx context.Context) (*changes, error) {
	c := &changes{rows: map[string][]member.Row{}}
	for shard := range Shards {
		q := table.Query{Partition: s.key("CHANGED", fmt.Sprintf("%02x", shard))}
		err := table.Each(ctx, s.Table, q, func(item table.Item) error {
			c.items = append(c.items, item)
			id, _, _ := strings.Cut(item.Sort, " ")
			c.ids = append(c.ids, id)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(c.ids)
	c.ids = slices.Compact(c.ids)
	for _, id := range c.ids {
		r, _, err := s.read(ctx, id)
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

// columns are the titles of a snapshot file.
func columns() []string { return []string{"member", "number", "provider", "card", "replaced_by"} }

// fold merges the snapshot before and the changed members' rows.
func (c *changes) fold(before io.Reader, to io.Writer) error {
	out := csv.NewWriter(to)
	if err := out.Write(columns()); err != nil {
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
func (c *changes) merge(before io.Reader, out *csv.Writer, flush func(string, bool) error) error {
	in := csv.NewReader(bufio.NewReaderSize(before, 1<<16))
	in.ReuseRecord = true
	titles, err := in.Read()
	if err != nil || !slices.Equal(titles, columns()) {
		return &fault.Error{
			Code: fault.PartDamaged, What: "The snapshot before has other columns.", Err: err,
		}
	}
	last := ""
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &fault.Error{Code: fault.PartDamaged, What: "The snapshot before is cut off.", Err: err}
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
