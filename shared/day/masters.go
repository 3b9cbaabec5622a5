package day

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
	"multipoint/shared/table"
)

// PublishMasters makes a version of the masters that runs from a run date on use. Versions are kept as they
// are; a later one for the same date takes the place of an earlier one for runs that open after it. The set
// must have been checked (master.LoadWith).
func (s *Service) PublishMasters(ctx context.Context, set *master.Set, from calendar.Date) (Pinned, error) {
	b, err := json.Marshal(set)
	if err != nil {
		return Pinned{}, err
	}
	sum := sha256.Sum256(b)
	p := Pinned{SHA256: hex.EncodeToString(sum[:])}
	p.Key = "masters/" + s.Retailer + "/" + p.SHA256 + ".json"
	if err := s.createPlain(ctx, p.Key, b); err != nil {
		return Pinned{}, full(err)
	}
	return p, s.putPinned(ctx, table.Key{Partition: s.key("MASTERS"), Sort: from.String()}, p)
}

func (s *Service) putPinned(ctx context.Context, key table.Key, p Pinned) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := s.Objects.Sync(ctx); err != nil {
		return full(err)
	}
	return full(s.Table.Put(ctx, table.Item{Key: key, Body: body}, table.Always))
}

// current gives what is published last of a kind without dates; empty if nothing is.
func (s *Service) current(ctx context.Context, kind string) (p Pinned, err error) {
	item, ok, err := s.Table.Get(ctx, table.Key{Partition: s.key(kind), Sort: one})
	if err != nil || !ok {
		return p, err
	}
	err = json.Unmarshal(item.Body, &p)
	return p, err
}

// Masters gives the masters that a run of that date would use.
func (s *Service) Masters(ctx context.Context, date calendar.Date) (*master.Set, Pinned, error) {
	var p Pinned
	q := table.Query{Partition: s.key("MASTERS"), To: date.String(), Backwards: true, Limit: 1}
	for {
		page, err := s.Table.Query(ctx, q)
		if err != nil {
			return nil, p, err
		}
		if len(page.Items) > 0 {
			if err := json.Unmarshal(page.Items[0].Body, &p); err != nil {
				return nil, p, err
			}
			set, err := s.readMasters(ctx, p)
			return set, p, err
		}
		if page.Next == "" {
			return nil, p, fault.New(fault.MastersMissing, "No masters are in force on "+date.String()+".")
		}
		q.Cursor = page.Next
	}
}

func (s *Service) readMasters(ctx context.Context, p Pinned) (*master.Set, error) {
	set := &master.Set{}
	return set, s.readJSON(ctx, p.Key, set)
}

func (s *Service) pinMasters(ctx context.Context, p *Pins) (set *master.Set, err error) {
	set, p.Masters, err = s.Masters(ctx, p.RunDate)
	return set, err
}
