package rating

import (
	"fmt"
	"slices"

	"multipoint/shared/fault"
)

// Count is a number of receipts with their yen: sales with grants, and returns with cancels as magnitudes.
type Count struct {
	Lines      int64 `json:"lines"`
	YenSales   int64 `json:"yen_sales"`
	YenReturns int64 `json:"yen_returns"`
}

func (c *Count) add(o Count) {
	c.Lines += o.Lines
	c.YenSales += o.YenSales
	c.YenReturns += o.YenReturns
}

// Points are points given and taken back of one provider and point type.
type Points struct {
	Provider  string `json:"provider"`
	PointType string `json:"point_type"`
	Plus      int64  `json:"plus"`
	Minus     int64  `json:"minus"`
}

// Entries counts the entries of one provider before they are grouped into records (R22).
type Entries struct {
	Provider   string `json:"provider"`
	CarriedIn  int64  `json:"carried_in"`
	Grants     int64  `json:"grants"`
	Returns    int64  `json:"returns"`
	Resends    int64  `json:"resends"`
	Sent       int64  `json:"sent"`
	ZeroPoint  int64  `json:"zero_point"`
	CarriedOut int64  `json:"carried_out"`
}

// Totals are a run's figures by stage (R22, A18). They must agree from stage to stage.
type Totals struct {
	Files        int64     `json:"files"`
	FilesRefused int64     `json:"files_refused"`
	Lines        int64     `json:"lines"` // receipts
	Bad          int64     `json:"bad"`
	Good         Count     `json:"good"`
	InRefused    Count     `json:"in_refused_files"`
	Duplicates   Count     `json:"duplicates"`
	Errors       Count     `json:"rating_errors"`
	Rated        Count     `json:"rated"`
	Warnings     int64     `json:"warnings"`
	Points       []Points  `json:"points"`
	Entries      []Entries `json:"entries"`
	// Nobody counts rated zero-point transactions without a provider.
	Nobody int64 `json:"nobody"`
}

// AddFile takes what convert and check counted of a file.
func (s *Totals) AddFile(r *FileResult) {
	s.Files++
	v := &r.Verdict
	if v.Refused != nil {
		s.FilesRefused++
	}
	if v.Structure {
		return
	}
	s.Lines += v.Receipts
	s.Bad += v.Bad
	good := Count{v.Receipts - v.Bad, v.YenSales, v.YenReturns}
	s.Good.add(good)
	if v.Refused != nil {
		s.InRefused.add(good)
	}
}

// add takes one verdict.
func (s *Totals) add(v *Verdict, p *prepared) {
	c := Count{Lines: 1}
	if v.Tx.Kind.TakesBack() {
		c.YenReturns = v.Tx.AmountIncl
	} else {
		c.YenSales = v.Tx.AmountIncl
	}
	if v.Warning != 0 {
		s.Warnings++
	}
	switch v.Status {
	case Duplicate:
		s.Duplicates.add(c)
		return
	case RatingError:
		s.Errors.add(c)
		return
	}
	s.Rated.add(c)
	back := v.Tx.Kind.TakesBack()
	if len(v.Entries) == 0 {
		switch {
		case back:
		case v.Provider < 0:
			s.Nobody++
		default:
			e := s.EntriesOf(p.codes[v.Provider])
			e.Grants++
			e.ZeroPoint++
		}
		return
	}
	e := s.EntriesOf(p.codes[v.Provider])
	for i := range v.Entries {
		x := &v.Entries[i]
		pt := s.pointsOf(p.codes[v.Provider], x.PointType)
		if x.Points > 0 {
			pt.Plus += x.Points
		} else {
			pt.Minus += x.Points
		}
	}
	if back {
		e.Returns += int64(len(v.Entries))
	} else {
		e.Grants += int64(len(v.Entries))
	}
}

// EntriesOf gives the place of a provider's counts, new if it has none.
func (s *Totals) EntriesOf(provider string) *Entries {
	for i := range s.Entries {
		if s.Entries[i].Provider == provider {
			return &s.Entries[i]
		}
	}
	s.Entries = append(s.Entries, Entries{Provider: provider})
	return &s.Entries[len(s.Entries)-1]
}

func (s *Totals) pointsOf(provider, pointType string) *Points {
	for i := range s.Points {
		if s.Points[i].Provider == provider && s.Points[i].PointType == pointType {
			return &s.Points[i]
		}
	}
	s.Points = append(s.Points, Points{Provider: provider, PointType: pointType})
	return &s.Points[len(s.Points)-1]
}

// Merge adds the figures of other buckets: those of verdicts.
func (s *Totals) Merge(o *Totals) {
	s.Duplicates.add(o.Duplicates)
	s.Errors.add(o.Errors)
	s.Rated.add(o.Rated)
	s.Warnings += o.Warnings
	s.Nobody += o.Nobody
	for i := range o.Points {
		x := s.pointsOf(o.Points[i].Provider, o.Points[i].PointType)
		x.Plus += o.Points[i].Plus
		x.Minus += o.Points[i].Minus
	}
	for i := range o.Entries {
		x := s.EntriesOf(o.Entries[i].Provider)
		x.Grants += o.Entries[i].Grants
		x.Returns += o.Entries[i].Returns
		x.ZeroPoint += o.Entries[i].ZeroPoint
	}
}

// Sort brings the lists into their order: by provider, then point type.
func (s *Totals) Sort() {
	slices.SortFunc(s.Points, func(a, b Points) int {
		return compare2(a.Provider, b.Provider, a.PointType, b.PointType)
	})
	slices.SortFunc(s.Entries, func(a, b Entries) int { return compare2(a.Provider, b.Provider, "", "") })
}

func compare2(a, b, c, d string) int {
	switch {
	case a < b || a == b && c < d:
		return -1
	case a == b && c == d:
		return 0
	}
	return 1
}

// Agree checks that the stages agree (R22); the error names the first that does not.
func (s *Totals) Agree() error {
	sum := s.InRefused
	sum.add(s.Duplicates)
	sum.add(s.Errors)
	sum.add(s.Rated)
	switch {
	case s.Lines != s.Good.Lines+s.Bad:
		return fault.New(fault.TotalsDiffer, fmt.Sprintf(
			"lines %d = good %d + bad %d", s.Lines, s.Good.Lines, s.Bad))
	case sum != s.Good:
		return fault.New(fault.TotalsDiffer, fmt.Sprintf(
			"good %v = in refused files %v + duplicates %v + rating errors %v + rated %v",
			s.Good, s.InRefused, s.Duplicates, s.Errors, s.Rated))
	}
	for _, e := range s.Entries {
		if e.CarriedIn+e.Grants+e.Returns+e.Resends != e.Sent+e.ZeroPoint+e.CarriedOut {
			return fault.New(fault.TotalsDiffer, fmt.Sprintf("entries of %s: %+v", e.Provider, e))
		}
	}
	return nil
}
