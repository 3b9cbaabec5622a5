package master

import (
	"cmp"
	"slices"
	"strings"

	"multipoint/shared/fault"
)

// interval is the numbers of one length that a card range claims, in full or in its short form.
type interval struct {
	entry
	digits   int
	min, max string
	short    bool
}

// cards: each number of each length has one owner on any day (R7, SPEC A12).
func (c *checker) cards() {
	var all []interval
	for i := range c.set.Cards {
		k := &c.set.Cards[i]
		e := entry{subject{KindCard, i, k.Code}, k.Period}
		if !c.cardNumbers(k, e.subject) {
			continue
		}
		all = append(all, interval{entry: e, digits: k.Digits, min: k.Min, max: k.Max})
		if lo, hi, ok := c.short(k, e.subject); ok {
			all = append(all, interval{entry: e, digits: k.Short.Length, min: lo, max: hi, short: true})
		}
	}
	slices.SortStableFunc(all, func(a, b interval) int {
		return cmp.Or(cmp.Compare(a.digits, b.digits), cmp.Compare(a.min, b.min))
	})
	for i := range all {
		for j := i + 1; j < len(all) && all[j].digits == all[i].digits && all[j].min <= all[i].max; j++ {
			if all[i].meets(all[j].Period) {
				c.twoOwners(&all[i], &all[j])
				break
			}
		}
	}
}

func (c *checker) twoOwners(a, b *interval) {
	if b.index < a.index {
		a, b = b, a
	}
	path, what := "min", "its numbers"
	if b.short {
		path, what = "short", "its short numbers"
	}
	c.fault(fault.MasterOverlap, b.subject, path,
		"%s %s to %s are also claimed by %s (%s to %s) on the same days; part the ranges or their periods",
		what, b.min, b.max, c.at(a.subject), a.min, a.max)
}

// cardNumbers: min and max have the length of the range and the right order.
func (c *checker) cardNumbers(k *Card, s subject) bool {
	ok := true
	for _, end := range []struct{ path, value string }{{"min", k.Min}, {"max", k.Max}} {
		if len(end.value) != k.Digits {
			c.fault(fault.MasterValue, s, end.path,
				"%s has %d digits, but digits says %d; correct one", end.value, len(end.value), k.Digits)
			ok = false
		}
	}
	if ok && k.Min > k.Max {
		c.fault(fault.MasterUnreachable, s, "max", "max %s lies below min %s; correct one", k.Max, k.Min)
		ok = false
	}
	return ok
}

// short gives the first and last short number that stands for a number of the range.
func (c *checker) short(k *Card, s subject) (lo, hi string, ok bool) {
	if k.Short == nil {
		return "", "", false
	}
	pad, length := k.Short.Pad, k.Short.Length
	if len(pad)+length != k.Digits {
		c.fault(fault.MasterValue, s, "short",
			"pad has %d digits and length is %d, together not %d; correct one", len(pad), length, k.Digits)
		return "", "", false
	}
	lo, hi = strings.Repeat("0", length), strings.Repeat("9", length)
	if k.Min > pad+lo {
		lo = strings.TrimPrefix(k.Min, pad)
	}
	if k.Max < pad+hi {
		hi = strings.TrimPrefix(k.Max, pad)
	}
	if k.Min > pad+strings.Repeat("9", length) || k.Max < pad+strings.Repeat("0", length) {
		c.fault(fault.MasterUnreachable, s, "short",
			"no number of the range begins with the pad %s; correct it", pad)
		return "", "", false
	}
	return lo, hi, true
}

// prefix is a text by which an affiliate is found.
type prefix struct {
	entry
	path, text string
}

// affiliates: no prefix begins with another one on the same days, nor does a code of digits (R2).
func (c *checker) affiliates() {
	var all []prefix
	for i := range c.set.Affiliates {
		a := &c.set.Affiliates[i]
		e := entry{subject{KindAffiliate, i, a.Code}, a.Period}
		if strings.Trim(a.Code, "0123456789") == "" {
			all = append(all, prefix{e, "code", a.Code})
		}
		for j, text := range a.Prefixes {
			all = append(all, prefix{e, "prefixes[" + itoa(j) + "]", text})
		}
	}
	slices.SortStableFunc(all, func(a, b prefix) int { return cmp.Compare(a.text, b.text) })
	var open []int // those that begin the present text, shortest first
	for i := range all {
		for len(open) > 0 && !strings.HasPrefix(all[i].text, all[open[len(open)-1]].text) {
			open = open[:len(open)-1]
		}
		for _, j := range open {
			ownCode := all[i].index == all[j].index && (all[i].path == "code" || all[j].path == "code")
			if !ownCode && all[i].meets(all[j].Period) {
				c.overlappingPrefix(&all[j], &all[i])
				break
			}
		}
		open = append(open, i)
	}
}

func (c *checker) overlappingPrefix(a, b *prefix) {
	c.fault(fault.MasterOverlap, b.subject, b.path,
		"%s begins with %s of the affiliate %s, so a line could mean both; part the prefixes or the periods",
		b.text, a.text, c.at(a.subject))
}
