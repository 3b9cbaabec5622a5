package day

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"path"
	"strings"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/object"
	"multipoint/shared/table"
)

// KeptDays is how long what a day read and wrote can be read again, unless the retailer asks for longer
// (R24).
const KeptDays = 180

// Retained is what Retain took away.
type Retained struct {
	Days  []calendar.Date // whose data keys were destroyed
	Files int             // of providers
}

// Retain takes away what is kept no longer on a date (R24): the data keys of days that are KeptDays old, and
// what providers read of these days. Ask for it once a day; nothing is lost by asking more often.
func (s *Service) Retain(ctx context.Context, today calendar.Date) (gone Retained, err error) {
	upTo := today.Add(-KeptDays)
	if gone.Days, err = s.Shred(ctx, upTo); err != nil {
		return gone, err
	}
	gone.Files, err = s.clearOutbox(ctx, upTo)
	return gone, err
}

// clearOutbox removes the provider files of the runs up to a date: they lie there in clear, so no key's end
// makes them unreadable.
func (s *Service) clearOutbox(ctx context.Context, upTo calendar.Date) (files int, err error) {
	old := map[string]bool{} // names of runs
	err = s.Runs(ctx, func(r *Run) error {
		old[runName(r.Run)] = r.RunDate <= upTo
		return nil
	})
	if err != nil {
		return 0, err
	}
	var gone []string
	err = object.All(ctx, s.Objects, s.outbox(), func(i object.Info) error {
		if run, _, _ := strings.Cut(path.Base(i.Key), "-"); old[run] {
			gone = append(gone, i.Key)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, key := range gone {
		if err := s.Objects.Delete(ctx, key); err != nil {
			return files, err
		}
		files++
	}
	return files, nil
}

// Shred destroys the data keys of all days up to one, so that held files, parts with numbers and provider
// files of these days can never be read again; digests and the ledger stay (R24). Days that something
// current is kept under are left: the member snapshot, the newest vault, entries that wait for their file,
// runs that are not closed. It gives the days that were shredded now.
func (s *Service) Shred(ctx context.Context, upTo calendar.Date) ([]calendar.Date, error) {
	needed, err := s.daysNeeded(ctx)
	if err != nil {
		return nil, err
	}
	var days []calendar.Date
	err = object.All(ctx, s.Objects, "keys/"+s.Retailer+"/days/", func(i object.Info) error {
		var date calendar.Date
		if date.UnmarshalText([]byte(path.Base(i.Key))) == nil && date <= upTo && !needed[date] {
			days = append(days, date)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	shredded := days[:0]
	for _, date := range days {
		if s.shredded(ctx, date) {
			continue
		}
		if err := s.Parts.Shred(ctx, date.String()); err != nil {
			return shredded, err
		}
		at := s.Now().UTC().Format("2006-01-02T15:04:05Z")
		item := table.Item{Key: s.shreddedKey(date), Body: []byte(at)}
		if err := s.Table.Put(ctx, item, table.Always); err != nil {
			return shredded, err
		}
		shredded = append(shredded, date)
	}
	return shredded, s.Objects.Sync(ctx)
}

func (s *Service) shreddedKey(date calendar.Date) table.Key {
	return table.Key{Partition: s.key("SHREDDED"), Sort: date.String()}
}

func (s *Service) shredded(ctx context.Context, date calendar.Date) bool {
	_, ok, err := s.Table.Get(ctx, s.shreddedKey(date))
	return ok && err == nil
}

// daysNeeded are the days whose data keys the next runs need.
func (s *Service) daysNeeded(ctx context.Context) (map[calendar.Date]bool, error) {
	needed := map[calendar.Date]bool{}
	last := calendar.Date(0)
	err := s.Runs(ctx, func(r *Run) error {
		if r.Kind == Day && r.State != Voided {
			last = r.RunDate
		}
		if r.State != Closed && r.State != Voided {
			needed[r.RunDate] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	needed[last] = true
	members, err := s.current(ctx, "MEMBERS")
	if err != nil {
		return nil, err
	}
	if members.Key != "" {
		var date calendar.Date
		if date.UnmarshalText([]byte(path.Base(path.Dir(members.Key)))) == nil {
			needed[date] = true
		}
	}
	q := table.Query{Partition: s.key("HELD")}
	err = table.Each(ctx, s.Table, q, func(item table.Item) error {
		a, err := readArrival(item.Body)
		if err == nil {
			needed[a.RunDate] = true
		}
		return err
	})
	return needed, err
}

func (s *Service) erasedKey(ref *card.Ref) table.Key {
	return table.Key{Partition: s.key("ERASED"), Sort: string(ref[:])}
}

// Erase takes a card's number out of the vault, from the next day run on (R24): the ledger keeps its
// reference, and a return of its sales becomes an error.
func (s *Service) Erase(ctx context.Context, provider string, number []byte) error {
	key, err := s.Keys.Pseudonym(ctx, s.Retailer)
	if err != nil {
		return err
	}
	ref := card.NewPseudonyms(key).Ref(provider, number)
	body, err := json.Marshal(hex.EncodeToString(ref[:]))
	if err != nil {
		return err
	}
	return s.Table.Put(ctx, table.Item{Key: s.erasedKey(&ref), Body: body}, table.Always)
}

// pinErased notes which numbers the run's vault leaves out.
func (s *Service) pinErased(ctx context.Context, p *Pins) error {
	return table.Each(ctx, s.Table, table.Query{Partition: s.key("ERASED")}, func(item table.Item) error {
		p.Erased = append(p.Erased, hex.EncodeToString([]byte(item.Sort)))
		return nil
	})
}

// erased are the references that the run's vault leaves out.
func (p *Pins) erased() map[card.Ref]bool {
	out := map[card.Ref]bool{}
	for _, text := range p.Erased {
		if b, err := hex.DecodeString(text); err == nil && len(b) == len(card.Ref{}) {
			out[card.Ref(b)] = true
		}
	}
	return out
}

// forget removes the requests that the run's vault has obeyed.
func (p *poster) forget(ctx context.Context) error {
	for ref := range p.w.pins.erased() {
		if err := p.to.Delete(ctx, table.Item{Key: p.w.erasedKey(&ref)}, table.Always); err != nil {
			return err
		}
	}
	return nil
}
