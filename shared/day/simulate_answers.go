package day

import (
	"context"

	"multipoint/shared/ledger"
	"multipoint/shared/transaction"
)

// Answers between the days refuse entries that the draft may have granted otherwise. A line that names a
// transaction refuses all that the draft granted it. One that names a record of a file refuses, of each
// transaction behind that record, the entry of the same rule and point type.

// answerOf reads an answer run.
func (m *simulator) answerOf(ctx context.Context, r *Run) (*answering, error) {
	w := &work{Service: m.Service, pins: &Pins{}}
	if err := m.readJSON(ctx, m.pinsPath(r.Run), w.pins); err != nil {
		return nil, err
	}
	var err error
	if w.set, err = m.readMasters(ctx, w.pins.Masters); err != nil {
		return nil, err
	}
	a := &answering{w: w, file: &AnswerFile{}, items: map[transaction.Hash]*ledger.Item{}}
	if r.Kind != Answer {
		return a, nil
	}
	if err := m.readJSON(ctx, w.pins.Request.Key, a.file); err != nil {
		return nil, err
	}
	err = a.loadFiles(ctx)
	return a, err
}

// learnAnswer marks the transactions that an answer names.
func (m *simulator) learnAnswer(ctx context.Context, r *Run) error {
	manifest, err := m.Manifest(ctx, r.Run)
	if err != nil {
		return err
	}
	if manifest.Answered != nil {
		for i := range manifest.Answered.Events {
			key := transaction.Hash(hexSum(manifest.Answered.Events[i].Key))
			m.ledger.marks[markOf(&key)] |= keepIt | askIt
		}
	}
	a, err := m.answerOf(ctx, r)
	if err != nil {
		return err
	}
	for i := range a.file.Lines {
		if l := &a.file.Lines[i]; l.Key != "" {
			key := transaction.Hash(hexSum(l.Key))
			m.ledger.marks[markOf(&key)] |= keepIt | askIt
		}
	}
	linked, err := a.linked(ctx)
	if err != nil {
		return err
	}
	for _, targets := range linked {
		for _, t := range targets {
			m.ledger.marks[markOf(&t.key)] |= keepIt | askIt
		}
	}
	return nil
}

// answers applies the answers between a day and the next one.
func (m *simulator) answers(ctx context.Context, i int) error {
	for _, r := range m.later {
		if r.Run < m.days[i].run.Run || i+1 < len(m.days) && r.Run > m.days[i+1].run.Run {
			continue
		}
		a, err := m.answerOf(ctx, r)
		if err != nil {
			return err
		}
		h, err := m.historyOf(ctx, a.w.pins, m.set)
		if err != nil {
			return err
		}
		h.asOf = m.ledger.asOf
		s := &simAnswer{simulator: m, a: a, h: &simHistory{h, m.ledger}}
		apply := s.run
		if r.Kind == Adjustment {
			apply = s.adjust
		}
		if err := apply(ctx); err != nil {
			return err
		}
	}
	return nil
}

// simAnswer applies one answer.
type simAnswer struct {
	*simulator
	a *answering
	h *simHistory
}

func (s *simAnswer) run(ctx context.Context) error {
	linked, err := s.a.linked(ctx)
	if err != nil {
		return err
	}
	for i := range s.a.file.Lines {
		l := &s.a.file.Lines[i]
		if l.Accepted {
			continue // moves no points that a rule looks at
		}
		if l.Key != "" {
			key := transaction.Hash(hexSum(l.Key))
			it, err := s.h.item(&key)
			if err != nil {
				return err
			}
			for order := 0; it != nil && order < len(it.past.Entries); order++ {
				if err := s.refuse(it, order); err != nil {
					return err
				}
			}
			continue
		}
		for _, t := range linked[recordName{l.FileNo, l.Sequence}] {
			if err := s.refuseLinked(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseLinked refuses what the draft granted in the place of a real entry.
func (s *simAnswer) refuseLinked(ctx context.Context, t target) error {
	it, order, err := s.inPlaceOf(ctx, t)
	if err != nil || it == nil {
		return err
	}
	return s.refuse(it, order)
}

// inPlaceOf finds what the draft granted in the place of a real entry, nil if nothing.
func (s *simAnswer) inPlaceOf(ctx context.Context, t target) (*simItem, int, error) {
	it, err := s.h.item(&t.key)
	if err != nil || it == nil {
		return nil, 0, err
	}
	granted, err := s.a.item(ctx, t.key)
	if err != nil || granted == nil || int(t.order) >= len(granted.Record.Entries) {
		return nil, 0, err
	}
	wanted := &granted.Record.Entries[t.order]
	for order := range it.past.Entries {
		e := &it.past.Entries[order]
		if e.Rule == string(wanted.Rule) && e.PointType == string(wanted.PointType) {
			return it, order, nil
		}
	}
	return nil, 0, nil
}

// adjust does to the draft's entries what an adjustment did to real ones.
func (s *simAnswer) adjust(ctx context.Context) error {
	m, err := s.Manifest(ctx, s.a.w.pins.Run)
	if err != nil || m.Answered == nil {
		return err
	}
	for i := range m.Answered.Events {
		v := &m.Answered.Events[i].Event
		key := transaction.Hash(hexSum(m.Answered.Events[i].Key))
		it, order, err := s.inPlaceOf(ctx, target{key, v.Order})
		if err != nil {
			return err
		}
		if it == nil || it.refused[order] != (v.Kind == ledger.Resent) {
			continue
		}
		standing, points := &it.past.Original.Entries[order], v.Points
		if v.Kind == ledger.Resent {
			points, it.refused[order], it.run = standing.Points, false, s.a.w.pins.Run
		}
		standing.Standing += points
		if e := &it.past.Entries[order]; e.Campaign {
			s.ledger.count(e.Rule, it.past.Ref, points)
		}
	}
	return nil
}

// refuse does what the refusal of an entry does: the sale's standing points, counters, and for returns those
// of the sale that they took from (R14, R16).
func (s *simAnswer) refuse(it *simItem, order int) error {
	mine := it.past.Provider >= 0 && s.set.Providers[it.past.Provider].Code == s.a.file.Provider
	if !mine || it.refused[order] || s.a.sentIn(it.run) == nil {
		return nil
	}
	it.refused[order] = true
	standing := &it.past.Original.Entries[order]
	standing.Standing -= standing.Points
	if e := &it.past.Entries[order]; e.Campaign {
		s.ledger.count(e.Rule, it.past.Ref, -standing.Points)
	}
	if !it.past.Kind.TakesBack() || it.backs[order].order < 0 {
		return nil
	}
	sale, err := s.h.item(&it.original)
	if err != nil || sale == nil {
		return err
	}
	sale.past.Original.Entries[it.backs[order].order].Standing -= it.backs[order].points
	return nil
}
