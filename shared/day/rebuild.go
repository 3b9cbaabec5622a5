package day

import (
	"bytes"
	"context"
	"strings"

	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// ledgerKinds are the kinds of items that follow from committed runs alone.
var ledgerKinds = [...]string{"TXN", "CAP", "CAPTOTAL", "ACCOUNT", "FILE", "SEEN", "ANSWER", "COUNTED"}

// BuildLedger writes the ledger of all posted runs, from their committed parts, to a table that has none.
func (s *Service) BuildLedger(ctx context.Context, to table.Table) error {
	return s.Runs(ctx, func(r *Run) error {
		if r.State != Posted && r.State != Closed {
			return nil
		}
		pins, err := s.Pins(ctx, r.Run)
		if err != nil {
			return err
		}
		w, err := s.prepare(ctx, pins)
		if err != nil {
			return err
		}
		w.attempts, w.attempt = r.Steps, r.Attempt
		m, err := s.Manifest(ctx, r.Run)
		if err != nil {
			return err
		}
		p := &poster{w: w, m: m, to: to, ledgerOnly: true}
		return p.run(ctx)
	})
}

// LedgerDifference is an item of the ledger that is not what the committed runs say.
type LedgerDifference struct {
	Kind string // TXN, CAP …
	Key  table.Key
	What string // missing, changed, extra
	want []byte
	item table.Item
}

// CompareLedger calls visit for each item that differs from a ledger that BuildLedger made, in any order.
func (s *Service) CompareLedger(
	ctx context.Context, built table.Table, visit func(*LedgerDifference) error,
) error {
	err := s.eachLedgerItem(ctx, built, func(kind string, items []table.Item) error {
		return compareItems(ctx, s.Table, items, func(i int, what string) error {
			return visit(&LedgerDifference{kind, items[i].Key, what, items[i].Body, items[i]})
		})
	})
	if err != nil {
		return err
	}
	return s.eachLedgerItem(ctx, s.Table, func(kind string, items []table.Item) error {
		return compareItems(ctx, built, items, func(i int, what string) error {
			if what != "missing" {
				return nil // told already
			}
			return visit(&LedgerDifference{kind, items[i].Key, "extra", nil, items[i]})
		})
	})
}

func compareItems(
	ctx context.Context, t table.Table, items []table.Item, differs func(i int, what string) error,
) error {
	ask := make([]table.Key, len(items))
	for i := range items {
		ask[i] = items[i].Key
	}
	return t.BatchGet(ctx, ask, func(i int, item table.Item, ok bool) error {
		switch {
		case !ok:
			return differs(i, "missing")
		case !bytes.Equal(item.Body, items[i].Body) || item.Index != items[i].Index:
			return differs(i, "changed")
		}
		return nil
	})
}

// eachLedgerItem calls visit with the ledger's items, some at a time.
func (s *Service) eachLedgerItem(
	ctx context.Context, t table.Table, visit func(kind string, items []table.Item) error,
) error {
	var prefixes [len(ledgerKinds)]string
	for i, kind := range ledgerKinds {
		prefixes[i] = s.key(kind)
	}
	for cursor := ""; ; {
		page, err := t.Scan(ctx, 0, 1, cursor)
		if err != nil {
			return err
		}
		byKind := map[string][]table.Item{}
		for _, item := range page.Items {
			for i, p := range prefixes {
				rest, ok := strings.CutPrefix(item.Partition, p)
				if ok && (rest == "" || rest[0] == 0) {
					byKind[ledgerKinds[i]] = append(byKind[ledgerKinds[i]], item)
				}
			}
		}
		for _, kind := range sortedKeys(byKind) {
			if err := visit(kind, byKind[kind]); err != nil {
				return err
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

// VerifyLedger compares the ledger with what the committed runs say, built in scratch; the first difference
// is an error: ledger.differs, naming the item.
func (s *Service) VerifyLedger(ctx context.Context, scratch table.Table) error {
	if err := s.BuildLedger(ctx, scratch); err != nil {
		return err
	}
	return s.CompareLedger(ctx, scratch, func(d *LedgerDifference) error {
		return fault.At(fault.LedgerDiffers, fault.Place{File: d.Name()}, "The item is "+d.What+".")
	})
}

// Name names the item for people: its kind and its key in hex where it is no text.
func (d *LedgerDifference) Name() string {
	parts := strings.SplitN(d.Key.Partition, "\x00", 3)
	if len(parts) < 3 {
		return d.Kind + " " + d.Key.Sort
	}
	rest := parts[2]
	if d.Kind == "TXN" {
		rest = hexOf([]byte(rest))
	} else if d.Kind == "CAP" {
		campaign, ref, _ := strings.Cut(rest, "\x00")
		rest = campaign + " " + hexOf([]byte(ref))
	}
	return d.Kind + " " + rest + " " + d.Key.Sort
}

// RebuildLedger makes the ledger again what the committed runs say, built in scratch, and gives the number of
// items that it mended. Nothing may be posted meanwhile.
func (s *Service) RebuildLedger(ctx context.Context, scratch table.Table) (mended int64, err error) {
	if err := s.BuildLedger(ctx, scratch); err != nil {
		return 0, err
	}
	var put []table.Item
	var drop []table.Item
	err = s.CompareLedger(ctx, scratch, func(d *LedgerDifference) error {
		mended++
		if d.What == "extra" {
			drop = append(drop, d.item)
		} else {
			put = append(put, d.item)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if err := s.Table.BatchPut(ctx, put); err != nil {
		return 0, err
	}
	for i := range drop {
		if err := s.Table.Delete(ctx, drop[i], table.Always); err != nil {
			return 0, err
		}
	}
	return mended, s.Table.Sync(ctx)
}
