package standalone

import (
	"context"
	"encoding/csv"
	"io/fs"
	"path"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/master"
	"multipoint/shared/rating"
)

// Load publishes masters and members of a folder in the form of events/ and takes the files of its day in, as
// they arrived by arrivals.csv. It may be done again: what is there already stays. It gives the run date of
// the files.
func (p *Program) Load(ctx context.Context, files fs.FS) (date calendar.Date, err error) {
	masters, err := fs.Sub(files, "masters")
	if err != nil {
		return date, err
	}
	set, faults := master.Load(masters)
	if len(faults) > 0 {
		return date, faults[0]
	}
	uploads, err := arrivals(files)
	if err != nil {
		return date, err
	}
	for i := range uploads {
		date = max(date, rating.RunDateOf(uploads[i].Arrived))
	}
	if _, err := p.Service.PublishMasters(ctx, set, date.Add(-1)); err != nil {
		return date, err
	}
	members, err := fs.ReadFile(files, "members.csv")
	if err != nil {
		return date, err
	}
	if _, err := p.Service.PublishMembers(ctx, members, date); err != nil {
		return date, err
	}
	for i := range uploads {
		if err := p.loadFile(ctx, files, &uploads[i]); err != nil {
			return date, err
		}
	}
	return date, nil
}

func (p *Program) loadFile(ctx context.Context, files fs.FS, u *day.Upload) error {
	f, err := files.Open(path.Join("day", u.Name))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	u.Body = f
	_, err = p.Service.TakeIn(ctx, *u)
	return err
}

// arrivals reads when the files of the folder day arrived.
func arrivals(files fs.FS) ([]day.Upload, error) {
	f, err := files.Open("day/arrivals.csv")
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	var out []day.Upload
	for _, row := range rows[1:] {
		at, err := time.Parse(time.RFC3339, row[1])
		if err != nil {
			return nil, &fault.Error{Code: fault.ArrivalsDiffer, Err: err}
		}
		out = append(out, day.Upload{ID: row[0], Name: row[0], Arrived: at})
	}
	return out, nil
}
