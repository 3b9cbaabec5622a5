package day

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
	"multipoint/shared/rating"
	"multipoint/shared/table"
)

// OpenDay opens the run of a day: it takes the next number and pins all that the run will read. An opening
// that was interrupted is completed. Errors: run.busy while the run before is not posted or voided, or
// somebody else opened a run at the same moment; run.exists if that day has been run.
func (s *Service) OpenDay(ctx context.Context, date calendar.Date) (*Run, error) {
	return s.open(ctx, &Run{Kind: Day, RunDate: date})
}

func (s *Service) open(ctx context.Context, r *Run) (*Run, error) {
	opened, err := s.openNext(ctx, r)
	return opened, full(err)
}

func (s *Service) openNext(ctx context.Context, r *Run) (*Run, error) {
	last, err := s.Last(ctx)
	if err != nil {
		return nil, err
	}
	r.Run, r.State, r.Attempt = 1, Opening, 1
	if last != nil {
		if last.State == Opening && last.Kind == r.Kind && last.RunDate == r.RunDate && r.Kind == Day {
			return s.pin(ctx, last)
		}
		if !last.done() {
			return nil, fault.New(fault.RunBusy, fmt.Sprintf(
				"Run %d is %s: resume or void it first.", last.Run, last.State))
		}
		r.Run = last.Run + 1
	}
	if err := s.checkDate(ctx, r); err != nil {
		return nil, err
	}
	err = s.putRun(ctx, r, table.IfAbsent)
	if errors.Is(err, table.ErrCondition) {
		return nil, fault.New(fault.RunBusy, fmt.Sprintf("Run %d was opened at the same moment.", r.Run))
	}
	if err != nil {
		return nil, err
	}
	return s.pin(ctx, r)
}

// openRequest opens a run of a kind that does what a request asks for.
func (s *Service) openRequest(ctx context.Context, kind string, request any) (*Run, error) {
	b, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	p := Pinned{SHA256: hexOf(sum[:])}
	p.Key = "requests/" + s.Retailer + "/" + p.SHA256 + ".json"
	if err := s.createPlain(ctx, p.Key, b); err != nil {
		return nil, err
	}
	if err := s.Objects.Sync(ctx); err != nil { // before a run says that it reads it
		return nil, err
	}
	return s.open(ctx, &Run{Kind: kind, RunDate: rating.RunDateOf(s.Now()), Request: p})
}

// checkDate keeps the days in their order, each run once.
func (s *Service) checkDate(ctx context.Context, r *Run) error {
	if r.Kind != Day {
		return nil
	}
	// A run that was opened beside this one has its number: the next write finds out.
	before, err := s.lastWhere(ctx, func(x *Run) bool {
		return x.Run < r.Run && x.Kind == Day && x.State != Voided
	})
	if err != nil || before == nil || before.RunDate < r.RunDate {
		return err
	}
	if before.RunDate == r.RunDate {
		return fault.New(fault.RunExists, fmt.Sprintf(
			"The day %s was computed by run %d.", r.RunDate, before.Run))
	}
	return fault.New(fault.RunExists, fmt.Sprintf(
		"The day %s comes before that of run %d, %s.", r.RunDate, before.Run, before.RunDate))
}

// pin writes the pins of a run that is opening; if they are there already, those count.
func (s *Service) pin(ctx context.Context, r *Run) (*Run, error) {
	var pins Pins
	err := s.readJSON(ctx, s.pinsPath(r.Run), &pins)
	if fault.CodeOf(err) == fault.PartMissing {
		if err := s.pinDay(ctx, r, &pins); err != nil {
			return nil, err
		}
		err = s.createJSON(ctx, s.pinsPath(r.Run), &pins)
		if fault.CodeOf(err) == fault.PartDiffers { // somebody else was faster
			err = s.readJSON(ctx, s.pinsPath(r.Run), &pins)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := s.Objects.Sync(ctx); err != nil {
		return nil, err
	}
	return s.change(ctx, r.Run, func(r *Run) (bool, error) {
		if r.State != Opening {
			return false, nil
		}
		r.State = Open
		return true, nil
	})
}

// pinDay fixes what a day reads.
func (s *Service) pinDay(ctx context.Context, r *Run, p *Pins) error {
	*p = Pins{
		Retailer: s.Retailer, Run: r.Run, Kind: r.Kind, RunDate: r.RunDate,
		Now: s.Now().UTC().Truncate(time.Second), Request: r.Request,
	}
	previous, err := s.lastWhere(ctx, func(x *Run) bool { return x.Run < r.Run && x.State != Voided })
	if err != nil {
		return err
	}
	if previous != nil {
		p.Previous, p.PreviousDigest = previous.Run, previous.Digest
	}
	day, err := s.lastWhere(ctx, func(x *Run) bool {
		return x.Run < r.Run && x.State != Voided && x.Kind == Day
	})
	if err != nil {
		return err
	}
	if day != nil {
		p.Vault = day.Run
	}
	set, err := s.pinMasters(ctx, p)
	if err != nil {
		return err
	}
	if s.Registry != nil {
		if err := s.foldMembers(ctx, r.RunDate); err != nil {
			return err
		}
	}
	if p.Members, err = s.current(ctx, "MEMBERS"); err != nil {
		return err
	}
	if r.Kind == Adjustment {
		err := s.pinOutlets(ctx, p, set)
		p.Accept = nil // that is for days
		return err
	}
	if r.Kind != Day {
		return nil
	}
	if err := s.pinFiles(ctx, p, set); err != nil {
		return err
	}
	if err := s.pinOutlets(ctx, p, set); err != nil {
		return err
	}
	if err := s.pinErased(ctx, p); err != nil {
		return err
	}
	if err := s.pinRecount(ctx, p, set); err != nil {
		return err
	}
	p.Groups, p.TaskBytes = s.groups(p), s.chunkSize()
	return nil
}

// groups is the number of bucket groups of a day: small enough for memory, few enough for small days.
func (s *Service) groups(p *Pins) int {
	if s.Options.Groups > 0 {
		return min(s.Options.Groups, 256)
	}
	const bytesOfGroup = 12 << 20
	var bytes int64
	for i := range p.Files {
		bytes += p.Files[i].Bytes
	}
	n := 1
	for n < 256 && int64(n)*bytesOfGroup < bytes {
		n *= 2
	}
	return n
}

// pinFiles takes all files that are held for the run's date or an earlier one, in the order of R1, and tells
// duplicates (R3).
// A file whose feed is no longer in force stays held.
func (s *Service) pinFiles(ctx context.Context, p *Pins, set *master.Set) error {
	q := table.Query{
		Partition: s.key("HELD"), To: p.RunDate.String() + "\xff",
	}
	err := table.Each(ctx, s.Table, q, func(item table.Item) error {
		a, err := readArrival(item.Body)
		if err != nil {
			return err
		}
		if a.Takes() && set.Feed(a.Feed, p.RunDate) != nil {
			p.Files = append(p.Files, PinnedFile{Arrival: *a})
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(p.Files, func(a, b PinnedFile) int {
		if c := a.Arrived.Compare(b.Arrived); c != 0 {
			return c
		}
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	today := map[string]bool{}
	for i := range p.Files {
		f := &p.Files[i]
		if !f.HasData {
			continue
		}
		id := f.Feed + "\x00" + f.SHA256
		if f.Duplicate = today[id]; !f.Duplicate {
			if f.Duplicate, err = s.seen(ctx, &f.Arrival, p.RunDate); err != nil {
				return err
			}
		}
		today[id] = true
	}
	return nil
}

// daysRemembered is how long an accepted file is remembered, both ends included (R3).
const daysRemembered = 90

// seen says whether a file was accepted in the last 90 days.
func (s *Service) seen(ctx context.Context, a *Arrival, date calendar.Date) (bool, error) {
	item, ok, err := s.Table.Get(ctx, s.seenKey(a.Feed, a.SHA256))
	if err != nil || !ok {
		return false, err
	}
	accepted, err := readSeen(item.Body)
	for _, a := range accepted {
		if date-a.RunDate <= daysRemembered {
			return true, err
		}
	}
	return false, err
}

// pinOutlets fixes file numbers, carried entries and files that are accepted today.
func (s *Service) pinOutlets(ctx context.Context, p *Pins, set *master.Set) error {
	codes := map[string]string{} // provider by outlet; versions of an outlet share their code
	for i := range set.Outlets {
		codes[set.Outlets[i].Code] = set.Outlets[i].Provider
	}
	for _, code := range sortedKeys(codes) {
		accept := set.AcceptDays(codes[code], p.RunDate)
		var last *ProviderFile
		q := table.Query{Partition: s.fileKey(code, 1).Partition}
		err := table.Each(ctx, s.Table, q, func(item table.Item) error {
			f, err := readProviderFile(item.Body)
			if err != nil {
				return err
			}
			if f.FileNo > 0 {
				p.number(code, f.FileNo)
			}
			last = f
			rest := f.Points - f.AcceptedPoints() - f.RefusedPoints()
			if accept != nil && !f.Carried && f.AcceptedRun == 0 && f.RunDate.Add(*accept) <= p.RunDate {
				p.Accept = append(p.Accept, DueAcceptance{
					Outlet: code, Provider: codes[code], Run: f.Run, Points: rest,
				})
			}
			return nil
		})
		if err != nil {
			return err
		}
		if last != nil && last.Carried {
			p.Carried = append(p.Carried, CarriedList{
				Outlet: code, Key: last.Part.Key, Entries: last.Entries, SHA256: last.CarriedSHA256,
			})
		}
	}
	return nil
}

// number notes the newest file number of an outlet; outlets come sorted.
func (p *Pins) number(outlet string, fileNo int64) {
	if n := len(p.Numbers); n > 0 && p.Numbers[n-1].Outlet == outlet {
		p.Numbers[n-1].FileNo = fileNo
		return
	}
	p.Numbers = append(p.Numbers, OutletNumber{outlet, fileNo})
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
