package day

import (
	"context"
	"fmt"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/table"
	"multipoint/shared/transaction"
)

// ExplainedLeaving is the provider file that an entry left in.
type ExplainedLeaving struct {
	// State is sent, netted (its record came to 0 and was not written) or waiting.
	State    string        `json:"state"`
	Outlet   string        `json:"outlet"`
	File     string        `json:"file,omitempty"`
	FileNo   int64         `json:"file_no,omitempty"`
	Sequence int64         `json:"sequence,omitempty"`
	Run      int64         `json:"run,omitempty"` // that wrote the file
	RunDate  calendar.Date `json:"run_date,omitzero"`
}

// ExplainedAnswer is what the provider said about an entry, or what was done about it.
type ExplainedAnswer struct {
	Run  int64  `json:"run"`
	What string `json:"what"` // accepted, refused, resent or adjusted
}

// ExplainedAccepted says when an entry counted as accepted.
type ExplainedAccepted struct {
	Run int64  `json:"run"`
	How string `json:"how"` // answer, or contract: enough days went by
}

// leaving is an entry whose way out is still to be found.
type leaving struct {
	entry    *ExplainedEntry
	key      transaction.Hash
	run      int64
	order    int32
	provider string
	item     *ledger.Item // nil if the ledger has none
	at       *explainedRun
}

// filesOf gives what became of an outlet's entries, oldest first.
func (e *explainer) filesOf(ctx context.Context, outlet string) ([]*ProviderFile, error) {
	if list, ok := e.files[outlet]; ok {
		return list, nil
	}
	var list []*ProviderFile
	q := table.Query{Partition: e.fileKey(outlet, 1).Partition}
	err := table.Each(ctx, e.Table, q, func(item table.Item) error {
		f, err := readProviderFile(item.Body)
		list = append(list, f)
		return err
	})
	if e.files == nil {
		e.files = map[string][]*ProviderFile{}
	}
	e.files[outlet] = list
	return list, err
}

// entryPlace names an entry.
type entryPlace struct {
	key   transaction.Hash
	run   int64
	order int32
}

// whereLeft finds the files that all entries at hand left in; the links of each file are read once.
func (e *explainer) whereLeft(ctx context.Context) error {
	byFile := map[*ProviderFile]map[entryPlace]*ExplainedLeaving{}
	var order []*ProviderFile
	for _, l := range e.left {
		l.answered()
		code := l.outlet()
		files, err := e.filesOf(ctx, code)
		if err != nil {
			return err
		}
		out := &ExplainedLeaving{State: "waiting", Outlet: code}
		l.entry.Left = out
		for _, f := range files {
			if f.Run < l.run || f.Carried {
				continue
			}
			out.State, out.File, out.FileNo = "netted", f.Name, f.FileNo // until a link says more
			out.Run, out.RunDate = f.Run, f.RunDate
			if f.AcceptedRun > 0 && l.entry.Accepted == nil && !l.refused(f.AcceptedRun) {
				l.entry.Accepted = &ExplainedAccepted{f.AcceptedRun, "contract"}
			}
			if byFile[f] == nil {
				byFile[f] = map[entryPlace]*ExplainedLeaving{}
				order = append(order, f)
			}
			byFile[f][entryPlace{l.key, l.run, l.order}] = out
			break
		}
	}
	for _, f := range order {
		wanted := byFile[f]
		err := e.Links(ctx, f, func(l *Link) error {
			if l.Sequence > 0 {
				if out := wanted[entryPlace{l.Key, l.Run, l.Order}]; out != nil {
					out.State, out.Sequence = "sent", l.Sequence
				}
			}
			return nil
		})
		if code := fault.CodeOf(err); code == fault.PartShredded || code == fault.PartMissing {
			for _, out := range wanted {
				out.State = "sent"
			}
		} else if err != nil {
			return err
		}
	}
	return nil
}

// outlet is the code of the outlet that the entry leaves by.
func (l *leaving) outlet() string {
	for i := range l.at.set.Outlets {
		if o := &l.at.set.Outlets[i]; o.Provider == l.provider && o.Holds(l.at.pins.RunDate) {
			return o.Code
		}
	}
	return l.provider
}

// refused says whether an answer refused the entry before a run.
func (l *leaving) refused(run int64) bool {
	for i := range l.item.Events {
		if v := &l.item.Events[i]; v.Order == l.order && v.Kind == ledger.RefusedEntry && v.Run < run {
			return true
		}
	}
	return false
}

// answered lists what was said about the entry.
func (l *leaving) answered() {
	if l.item == nil {
		l.item = &ledger.Item{}
	}
	for i := range l.item.Events {
		v := &l.item.Events[i]
		if v.Order != l.order {
			continue
		}
		var what string
		switch v.Kind {
		case ledger.AcceptedEntry:
			what = "accepted"
			l.entry.Accepted = &ExplainedAccepted{v.Run, "answer"}
		case ledger.RefusedEntry:
			what = "refused"
		case ledger.Resent:
			what = "resent"
		case ledger.Adjusted:
			what = "adjusted"
		default:
			continue
		}
		l.entry.Answers = append(l.entry.Answers, ExplainedAnswer{v.Run, what})
	}
}

// says puts the way out into words.
func (l *ExplainedLeaving) says() string {
	switch l.State {
	case "waiting":
		return fmt.Sprintf("They wait for the next file of %s.", l.Outlet)
	case "netted":
		return fmt.Sprintf("They came to 0 with others of their record on %s, so no record was written.",
			l.RunDate)
	}
	return fmt.Sprintf("They left in file %s, number %d of %s, record %d, written by run %d of %s.", l.File,
		l.FileNo, l.Outlet, l.Sequence, l.Run, l.RunDate)
}
