package master

import (
	"fmt"
	"strconv"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
)

// Check finds what is wrong with masters taken together: codes that stand twice or nowhere, numbers and
// periods with two owners, rules that can never apply or that nobody can carry out (DESIGN §6). It takes for
// granted that each document fits its schema. sources may be nil. Each fault names file, line and key, the
// master, and what to do; order: file, line. Codes: master.*, layout.*.
func Check(set *Set, sources *Sources, options Options) []*fault.Error {
	c := checker{set: set, sources: sources, options: options, providers: make(map[string]bool)}
	for i := range set.Providers {
		c.providers[set.Providers[i].Code] = true
	}
	c.gatherSupply()
	c.codes()
	c.periods()
	c.references()
	c.cards()
	c.affiliates()
	c.contracts()
	c.rules()
	c.campaigns()
	c.bases()
	c.feeds()
	c.outlets()
	c.providersDo()
	return ordered(c.faults)
}

// checker gathers the faults of one Set.
type checker struct {
	set       *Set
	sources   *Sources
	options   Options
	providers map[string]bool
	supply    map[string]bool // names that some feed's layout yields; product stands for items
	// untaxedItems says of each feed that its items have no tax rate, so no amount without tax (R9).
	untaxedItems []bool
	faults       []*fault.Error
}

// subject is one master that a fault is about.
type subject struct {
	kind  string
	index int
	code  string
}

// fault reports what is wrong at a key of a master.
func (c *checker) fault(code fault.Code, s subject, path, format string, args ...any) {
	if len(c.faults) >= 2*MaxFaults {
		return
	}
	c.faults = append(c.faults, fault.At(code, c.sources.Place(s.kind, s.index, path),
		s.kind+" "+s.code+": "+fmt.Sprintf(format, args...)))
}

// at names the place of a master inside a sentence.
func (c *checker) at(s subject) string {
	place := c.sources.Place(s.kind, s.index, "")
	if place.File == "" {
		return s.code
	}
	return s.code + " (" + place.String() + ")"
}

// entry is what all masters with a period have.
type entry struct {
	subject
	Period
}

// entries lists all masters except the retailer, in the order of kinds and codes. Providers have no period.
func (c *checker) entries() []entry {
	var all []entry
	s := c.set
	add := func(kind string, i int, code string, p Period) {
		all = append(all, entry{subject{kind, i, code}, p})
	}
	for i := range s.Providers {
		add(KindProvider, i, s.Providers[i].Code, Period{})
	}
	for i := range s.Contracts {
		add(KindContract, i, s.Contracts[i].Code, s.Contracts[i].Period)
	}
	for i := range s.Feeds {
		add(KindFeed, i, s.Feeds[i].Code, s.Feeds[i].Period)
	}
	for i := range s.Outlets {
		add(KindOutlet, i, s.Outlets[i].Code, s.Outlets[i].Period)
	}
	for i := range s.Cards {
		add(KindCard, i, s.Cards[i].Code, s.Cards[i].Period)
	}
	for i := range s.Affiliates {
		add(KindAffiliate, i, s.Affiliates[i].Code, s.Affiliates[i].Period)
	}
	for i := range s.Points {
		add(KindPoints, i, s.Points[i].Code, s.Points[i].Period)
	}
	for i := range s.Campaigns {
		add(KindCampaign, i, s.Campaigns[i].Code, s.Campaigns[i].Period)
	}
	return all
}

// codes: each stands once in its kind.
func (c *checker) codes() {
	all := c.entries()
	for i := 1; i < len(all); i++ {
		if all[i].kind == all[i-1].kind && all[i].code == all[i-1].code {
			c.fault(fault.MasterDuplicate, all[i].subject, "code",
				"the code stands twice, also at %s; rename one", c.at(all[i-1].subject))
		}
	}
}

// periods: none is empty.
func (c *checker) periods() {
	for _, e := range c.entries() {
		if e.isEmpty() {
			c.fault(fault.MasterUnreachable, e.subject, "valid_to",
				"valid_to %s lies before valid_from %s; correct one", e.ValidTo, e.ValidFrom)
		}
	}
}

func (p Period) isEmpty() bool {
	return !p.ValidFrom.IsZero() && !p.ValidTo.IsZero() && p.ValidFrom > p.ValidTo
}

// meets says whether two periods have a day in common.
func (p Period) meets(q Period) bool {
	return !p.isEmpty() && !q.isEmpty() &&
		(p.ValidFrom.IsZero() || q.ValidTo.IsZero() || p.ValidFrom <= q.ValidTo) &&
		(q.ValidFrom.IsZero() || p.ValidTo.IsZero() || q.ValidFrom <= p.ValidTo)
}

// references: each code that is named is defined.
func (c *checker) references() {
	s := c.set
	provider := func(kind string, i int, code, path, name string) {
		if name != "" && !c.providers[name] {
			c.fault(fault.MasterDangling, subject{kind, i, code}, path,
				"there is no provider %s; define it or correct the code", name)
		}
	}
	for i := range s.Contracts {
		provider(KindContract, i, s.Contracts[i].Code, "provider", s.Contracts[i].Provider)
	}
	for i := range s.Feeds {
		provider(KindFeed, i, s.Feeds[i].Code, "member_provider", s.Feeds[i].MemberProvider)
	}
	for i := range s.Outlets {
		provider(KindOutlet, i, s.Outlets[i].Code, "provider", s.Outlets[i].Provider)
	}
	for i := range s.Cards {
		provider(KindCard, i, s.Cards[i].Code, "provider", s.Cards[i].Provider)
	}
	for i := range s.Points {
		provider(KindPoints, i, s.Points[i].Code, "provider", s.Points[i].Provider)
	}
	affiliates := make(map[string]bool)
	for i := range s.Affiliates {
		affiliates[s.Affiliates[i].Code] = true
	}
	for i := range s.Campaigns {
		k := &s.Campaigns[i]
		provider(KindCampaign, i, k.Code, "provider", k.Provider)
		if k.Affiliate != "" && !affiliates[k.Affiliate] {
			c.fault(fault.MasterDangling, subject{KindCampaign, i, k.Code}, "affiliate",
				"there is no affiliate %s; define it or correct the code", k.Affiliate)
		}
	}
}

// contracts: one per provider on any day, since it says when entries count as accepted (R19).
func (c *checker) contracts() {
	list := make([]owned, len(c.set.Contracts))
	for i := range c.set.Contracts {
		k := &c.set.Contracts[i]
		list[i] = owned{entry{subject{KindContract, i, k.Code}, k.Period}, k.Provider}
	}
	c.oneAtATime(list, "provider", "a provider has one contract on any day")
}

// owned is a master of which each owner may have one on any day.
type owned struct {
	entry
	owner string
}

// oneAtATime reports masters of one owner whose periods overlap.
func (c *checker) oneAtATime(list []owned, path, rule string) {
	before := make(map[string][]int)
	for i := range list {
		for _, j := range before[list[i].owner] {
			if list[i].meets(list[j].Period) {
				c.fault(fault.MasterOverlap, list[i].subject, path,
					"%s, but %s holds on the same days; part their periods", rule, c.at(list[j].subject))
				break
			}
		}
		before[list[i].owner] = append(before[list[i].owner], i)
	}
}

// layout checks a feed's or outlet's layout and places its faults in the master's file.
func (c *checker) layout(s subject, l *layout.Layout, options layout.CheckOptions) {
	options.Converter = c.options.Converter
	for _, f := range layout.CheckLayout(l, options) {
		path := "layout"
		if f.Field != "" {
			path += "." + f.Field
		}
		c.fault(f.Code, s, path, "%s", f.What)
	}
}

func itoa(i int) string { return strconv.Itoa(i) }
