package day

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/convert"
	"multipoint/shared/fault"
	"multipoint/shared/intake/cut"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/rating"
	"multipoint/shared/seal"
	"multipoint/shared/table"
)

// Upload is a file as it comes in.
type Upload struct {
	// ID tells arrivals apart: the same ID is the same arrival, told twice. It has no slash.
	ID   string
	Name string
	// Feed is its feed's code; empty = the feed that takes files of that name.
	Feed    string
	Arrived time.Time // when it counted as arrived (R1)
	Body    io.Reader
}

// MaxUpload is the most bytes of an uploaded file, unless Options say less.
const MaxUpload = 64 << 30

// maxName is the most bytes of an uploaded file's name.
const maxName = 200

// TakeIn takes a file in (DESIGN §4 step 0): in one pass it hashes the file, looks for numbers of payment
// cards (R2), cuts it where transactions begin and holds the pieces, sealed, for the run of its date (R1).
// Taking the same arrival in again gives the first record. A file that no run takes has a Refusal: it is
// kept where it can be found by its name, and its bytes only if they are quarantined.
//
// Errors: file.name, masters.missing, store.full, and those of the store; after an error nothing is recorded,
// try again.
func (s *Service) TakeIn(ctx context.Context, u Upload) (*Arrival, error) {
	a, err := s.takeIn(ctx, u)
	return a, full(err)
}

func (s *Service) takeIn(ctx context.Context, u Upload) (*Arrival, error) {
	if err := checkName(u.Name); err != nil {
		return nil, err
	}
	a := &Arrival{
		ID: u.ID, Name: u.Name, Arrived: u.Arrived.UTC().Truncate(time.Second),
	}
	a.RunDate = rating.RunDateOf(a.Arrived)
	if there, err := s.arrival(ctx, a.Name, a.ID); there != nil || err != nil {
		return there, err
	}
	set, _, err := s.Masters(ctx, a.RunDate)
	if err != nil {
		return nil, err
	}
	feed := feedOf(set, &u, a.RunDate)
	if feed == nil {
		a.Refused = refusal(fault.FeedUnknown)
		return a, s.recordArrival(ctx, a)
	}
	a.Feed = feed.Code
	if err := s.hold(ctx, a, feed, u.Body); err != nil {
		return nil, err
	}
	return a, s.recordArrival(ctx, a)
}

func refusal(code fault.Code) *Refusal { return &Refusal{Code: code, Name: code.Name()} }

func checkName(name string) error {
	bad := name == "" || len(name) > maxName || name == "." || name == ".." ||
		strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '/' || r == '\\' || r == 0x7f })
	if bad {
		return fault.New(fault.FileName, fmt.Sprintf("The name %.60q is not taken.", name))
	}
	return nil
}

func feedOf(set *master.Set, u *Upload, date calendar.Date) *master.Feed {
	if u.Feed != "" {
		return set.Feed(u.Feed, date)
	}
	return set.FeedOf(u.Name, date)
}

// hold keeps the file in chunks.
func (s *Service) hold(
	ctx context.Context, a *Arrival, feed *master.Feed, body io.Reader,
) error {
	reading, err := layout.CompileReading(&feed.Layout, feed.FlatItems, s.Converters)
	if err != nil {
		return err
	}
	keys, err := convert.KeyFields(feed)
	if err != nil {
		return err
	}
	most := s.Options.MaxUpload
	if most <= 0 {
		most = MaxUpload
	}
	limited := &io.LimitedReader{R: body, N: most + 1}
	base := s.heldPath(a.RunDate, a.ID)
	res, err := cut.Upload(limited, reading, cut.Options{
		File: a.Name, Chunk: s.chunkSize(),
		Keys: keys, KeepGoing: true,
	},
		func(c cut.Chunk, body io.Reader) error {
			key := base + "/" + taskName(c.Index)
			_, err := s.create(ctx, key, a.RunDate, 1, func(w *seal.SectionWriter) error {
				_, err := io.Copy(w.Section(0), body)
				return err
			})
			return err
		})
	if err != nil {
		return err
	}
	a.Bytes, a.SHA256, a.HasData = res.Bytes, hexOf(res.SHA256[:]), res.HasData
	for i := range res.Chunks {
		a.Chunks = append(a.Chunks, Chunk{Key: base + "/" + taskName(i), Chunk: res.Chunks[i]})
	}
	switch {
	case res.Quarantine != nil:
		a.Refused = refusal(fault.FileCardNumber)
		a.Refused.Line, a.Refused.Field = res.Quarantine.Line, res.Quarantine.Field
	case limited.N == 0:
		a.Refused = refusal(fault.FileTooLarge)
	}
	return nil
}

// recordArrival writes the record, once its bytes last.
func (s *Service) recordArrival(ctx context.Context, a *Arrival) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	key := "arrivals/" + s.Retailer + "/" + a.RunDate.String() + "/" + a.ID + ".json"
	if err := s.createJSON(ctx, key, a); err != nil {
		return err
	}
	if err := s.Objects.Sync(ctx); err != nil {
		return err
	}
	actions := []table.Action{
		{Item: table.Item{Key: s.arrivalKey(a.Name, a.ID), Body: body}, When: table.IfAbsent},
	}
	if a.Takes() {
		held := table.Item{Key: s.heldKey(a.RunDate, a.ID), Body: body}
		actions = append(actions, table.Action{Item: held, When: table.IfAbsent})
	}
	err = s.Table.Transact(ctx, actions)
	if errors.Is(err, table.ErrCondition) {
		return nil // the same arrival was told twice
	}
	return err
}

// arrival gives the record of an arrival, nil if there is none.
func (s *Service) arrival(ctx context.Context, name, id string) (*Arrival, error) {
	item, ok, err := s.Table.Get(ctx, s.arrivalKey(name, id))
	if err != nil || !ok {
		return nil, err
	}
	return readArrival(item.Body)
}

// Arrivals calls visit for all arrivals whose name begins with a prefix, by name.
func (s *Service) Arrivals(ctx context.Context, prefix string, visit func(*Arrival) error) error {
	q := table.Query{Partition: s.key("ARRIVAL"), Prefix: prefix}
	return table.Each(ctx, s.Table, q, func(item table.Item) error {
		a, err := readArrival(item.Body)
		if err != nil {
			return err
		}
		return visit(a)
	})
}
