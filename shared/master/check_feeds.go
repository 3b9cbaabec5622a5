package master

import (
	"path"
	"slices"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
)

// feeds: each layout can be read and yields what the feed's settings need.
func (c *checker) feeds() {
	first := make(map[string]int)
	for i := range c.set.Feeds {
		f := &c.set.Feeds[i]
		s := subject{KindFeed, i, f.Code}
		c.layout(s, &f.Layout, layout.CheckOptions{
			Use: layout.ForReading, Flat: f.FlatItems, CardOptional: f.CardOptional,
		})
		for j, pattern := range f.Files {
			c.pattern(s, f, first, pattern, "files["+itoa(j)+"]")
		}
		if f.BadLimit != nil && f.BadLimit[0] > f.BadLimit[1] {
			c.fault(fault.MasterValue, s, "bad_limit",
				"the limit %d/%d is above 1; write [num, den]", f.BadLimit[0], f.BadLimit[1])
		}
		if f.FlatAmount != "" && !f.FlatItems {
			c.fault(fault.MasterValue, s, "flat_amount",
				"flat_amount has a meaning with flat_items: true only; add that or remove it")
		}
		c.keyFields(s, f)
		c.amounts(s, f)
		c.memberProvider(s, f)
	}
}

// pattern: it is readable, and no feed that goes first always takes its files.
func (c *checker) pattern(s subject, f *Feed, first map[string]int, pattern, at string) {
	if _, err := path.Match(pattern, "x"); err != nil {
		c.fault(fault.MasterValue, s, at, "%q is no pattern; use * ? [a-z]", pattern)
		return
	}
	i, taken := first[pattern]
	if !taken {
		first[pattern] = s.index
		return
	}
	if o := &c.set.Feeds[i]; i != s.index && o.covers(f.Period) {
		c.fault(fault.MasterUnreachable, s, at,
			"files of the name %q always go to the feed %s; change one pattern",
			pattern, c.at(subject{KindFeed, i, o.Code}))
	}
}

// covers says whether every day of q is in p.
func (p Period) covers(q Period) bool {
	return (p.ValidFrom.IsZero() || !q.ValidFrom.IsZero() && p.ValidFrom <= q.ValidFrom) &&
		(p.ValidTo.IsZero() || !q.ValidTo.IsZero() && p.ValidTo >= q.ValidTo)
}

// keyFields: the layout yields each field of the key, else different receipts would have one key (R5).
func (c *checker) keyFields(s subject, f *Feed) {
	fields, at := f.KeyFields, "key_fields"
	if len(fields) == 0 {
		fields, at = []string{"business_date", "store", "register", "receipt"}, "layout.records"
	}
	for _, name := range fields {
		if name == "business_date" || name == "receipt" {
			continue // every layout needs them: CheckLayout says so
		}
		if !f.Layout.Yields(name) {
			c.fault(fault.MasterValue, s, at,
				"the key needs %s, which the layout does not yield; add it to the layout (a derived "+
					"constant will do) or leave it out of key_fields", name)
		}
	}
	if len(f.KeyFields) > 0 && !slices.Contains(f.KeyFields, "receipt") {
		c.fault(fault.MasterValue, s, at, "the key needs receipt; add it")
	}
}

// amounts: the layout yields what the amount without tax is taken from (R9).
func (c *checker) amounts(s subject, f *Feed) {
	needs := map[string][]string{"file": {"amount_excl"}, "tax": {"tax_8", "tax_10"}, "rates": {
		"incl_8",
		"incl_10",
	}}
	need := needs[f.Excl]
	if len(need) > 0 && !slices.ContainsFunc(need, f.Layout.Yields) {
		c.fault(fault.MasterBasis, s, "excl",
			"excl: %s needs %s in the layout; add the field or change excl", f.Excl, need[0])
	}
}

// memberProvider: a member number stands for a card of a provider that has cards (R7).
func (c *checker) memberProvider(s subject, f *Feed) {
	if f.MemberProvider == "" {
		if f.Layout.Yields("member_no") {
			c.fault(fault.MasterValue, s, "layout.records",
				"the layout yields member_no; name the provider whose card it stands for in member_provider")
		}
		return
	}
	has := func(k Card) bool { return k.Provider == f.MemberProvider }
	if c.providers[f.MemberProvider] && !slices.ContainsFunc(c.set.Cards, has) {
		c.fault(fault.MasterUnreachable, s, "member_provider",
			"the provider %s has no card range; add one", f.MemberProvider)
	}
}
