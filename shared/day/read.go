package day

import (
	"bytes"
	"context"
	"encoding/json"

	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/table"
)

// Records calls visit with all records of a committed day, bucket by bucket, in each in the order of files
// and lines; they are valid during the call.
func (s *Service) Records(
	ctx context.Context, run int64, visit func(binary []byte, r *ledger.Record) error,
) error {
	m, err := s.Manifest(ctx, run)
	if err != nil {
		return err
	}
	for i, g := range m.Grants {
		p, err := s.openPart(ctx, g.Key)
		if err != nil {
			return err
		}
		from, to := groupBuckets(i, len(m.Grants))
		reader := grantReader{p, to - from}
		for b := range reader.buckets {
			if err := reader.records(ctx, b, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// Link says under which sequence number an entry left in a provider file; 0 = its record was netted to 0.
type Link struct {
	Sequence  int64
	Run, Line int64
	File      int32
	Order     int32
	Key       [32]byte
}

// Links calls visit for each entry that left in a file, in the order of its records.
func (s *Service) Links(ctx context.Context, f *ProviderFile, visit func(*Link) error) error {
	r, err := s.readPart(ctx, f.Links.Key)
	if err != nil {
		return err
	}
	return readFramesAll(r, func(record []byte) error {
		sequence, at, ok := readLink(record)
		if !ok {
			return fault.At(fault.PartDamaged, fault.Place{File: f.Links.Key}, "")
		}
		return visit(&Link{sequence, at.Run, at.Line, at.File, at.Order, at.Key})
	})
}

// Number gives the number behind a card reference, as the newest vault knows it; nil if none does.
func (s *Service) Number(ctx context.Context, ref card.Ref) ([]byte, error) {
	last, err := s.lastWhere(ctx, func(r *Run) bool {
		return r.Kind == Day && (r.State == Posted || r.State == Closed)
	})
	if err != nil || last == nil {
		return nil, err
	}
	p, err := s.openPart(ctx, s.vaultPath(last.Run))
	if err != nil {
		return nil, err
	}
	shard, err := section(ctx, p, int(ref[0]))
	if err != nil {
		return nil, err
	}
	return findNumber(shard, ref)
}

// Balances gives the accounts of all providers.
func (s *Service) Balances(ctx context.Context) (map[string]ledger.Balances, error) {
	out := map[string]ledger.Balances{}
	set, _, err := s.Masters(ctx, farDate)
	if err != nil {
		return nil, err
	}
	for i := range set.Providers {
		key := s.accountKey(set.Providers[i].Code, 1)
		page, err := s.Table.Query(ctx, table.Query{Partition: key.Partition, Backwards: true, Limit: 1})
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			var a Account
			if err := json.Unmarshal(item.Body, &a); err != nil {
				return nil, err
			}
			out[a.Provider] = a.Balance
		}
	}
	return out, nil
}

// farDate is later than all versions of masters.
const farDate = 1 << 24

// Items calls visit with all transactions of the ledger as of a run, in any order; valid during the call.
func (s *Service) Items(ctx context.Context, asOf int64, visit func(*ledger.Item) error) error {
	prefix := []byte(s.key("TXN") + "\x00")
	var it ledger.Item
	for cursor := ""; ; {
		page, err := s.Table.Scan(ctx, 0, 1, cursor)
		if err != nil {
			return err
		}
		for i := range page.Items {
			if !bytes.HasPrefix([]byte(page.Items[i].Partition), prefix) {
				continue
			}
			known, err := it.Decode(page.Items[i].Body, asOf)
			if err != nil {
				return err
			}
			if known {
				if err := visit(&it); err != nil {
					return err
				}
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}
