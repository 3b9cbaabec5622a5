package points

import (
	"multipoint/shared/fault"
	"multipoint/shared/transaction"
)

// Original is a sale or grant as returns see it (R16).
type Original struct {
	Incl     int64 // A: yen with tax, 0 to 10¹²
	Returned int64 // R: yen returned so far, 0 to Incl
	// Closed says that an original of 0 yen has been returned or cancelled; that happens once.
	Closed  bool
	Entries []Standing
}

// Standing is one grant entry of an original.
type Standing struct {
	Points int64 // P: points granted, after all caps
	Taken  int64 // taken back by earlier returns, those too that the provider refused
	// Standing is what still stands: Points less refusals, adjustments and returns that were not refused.
	Standing int64
}

// TakeBack takes back what a return of yen (a magnitude, with tax), or a cancel, takes from its original, and
// writes it down in o. It appends one number a grant entry to out, in their order, at least 0: points
// to take. The yen of a cancel are not asked for: it returns all that is left, and after it R = A.
//
// Faults: return.exceeds_sale if more yen would be returned than the original had, or an original of 0 yen is
// returned a second time; then o is unchanged and nothing is appended. 0 if there is none.
func TakeBack(o *Original, kind transaction.Kind, yen int64, out []int64) ([]int64, fault.Code) {
	left := o.Incl - o.Returned
	if kind == transaction.Cancel {
		yen = left
	}
	if o.Closed || yen > left {
		return out, fault.ReturnExceedsSale
	}
	o.Returned += yen
	o.Closed = o.Incl == 0
	for i := range o.Entries {
		e := &o.Entries[i]
		due := e.Points
		if o.Returned < o.Incl {
			due = FloorShare(e.Points, o.Returned, o.Incl)
		}
		take := max(0, min(due-e.Taken, e.Standing))
		e.Taken += take
		e.Standing -= take
		out = append(out, take)
	}
	return out, 0
}
