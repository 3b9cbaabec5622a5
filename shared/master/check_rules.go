package master

import (
	"slices"

	"multipoint/shared/fault"
)

// rules: one normal rule per provider and point type on any day (R10), and each can apply.
func (c *checker) rules() {
	list := make([]owned, len(c.set.Points))
	for i := range c.set.Points {
		p := &c.set.Points[i]
		s := subject{KindPoints, i, p.Code}
		list[i] = owned{entry{s, p.Period}, p.Provider + "\x00" + p.PointType}
		if c.providers[p.Provider] {
			c.hasCards(s, p.Provider, p.Period)
		}
	}
	c.oneAtATime(list, "point_type", "a provider has one normal rule per point type on any day")
}

// hasCards: somebody can earn under a rule of the provider (empty = any) in its period.
func (c *checker) hasCards(s subject, provider string, p Period) {
	found, inPeriod := false, false
	for i := range c.set.Cards {
		k := &c.set.Cards[i]
		if provider == "" || k.Provider == provider {
			found = true
			inPeriod = inPeriod || k.meets(p)
		}
	}
	whose := "of provider " + provider
	if provider == "" {
		whose = "of any provider"
	}
	switch {
	case !found:
		c.fault(fault.MasterUnreachable, s, "provider",
			"there is no card range %s, so nobody can earn; add one or remove the rule", whose)
	case !inPeriod && !p.isEmpty():
		c.fault(fault.MasterUnreachable, s, "valid_from",
			"no card range %s is valid on any day of the rule; correct the periods", whose)
	}
}

// campaigns: each can apply (DESIGN §6 unreachable rules).
func (c *checker) campaigns() {
	for i := range c.set.Campaigns {
		k := &c.set.Campaigns[i]
		s := subject{KindCampaign, i, k.Code}
		if k.Provider == "" || c.providers[k.Provider] {
			c.hasCards(s, k.Provider, k.Period)
		}
		for j, window := range k.Hours {
			if window[0] >= window[1] {
				c.fault(fault.MasterUnreachable, s, "hours["+itoa(j)+"]",
					"the window %s to %s is empty; for times after midnight write 24:00 and more",
					window[0], window[1])
			}
		}
		c.weekdays(s, k)
		c.multiplier(s, k)
		c.supplied(s, k)
		c.affiliateHolds(s, k)
	}
}

// weekdays: a period shorter than a week has one of them.
func (c *checker) weekdays(s subject, k *Campaign) {
	if len(k.Weekdays) == 0 || k.ValidFrom.IsZero() || k.ValidTo.IsZero() || k.isEmpty() ||
		k.ValidTo-k.ValidFrom >= 6 {
		return
	}
	for d := k.ValidFrom; d <= k.ValidTo; d = d.Add(1) {
		if slices.Contains(k.Weekdays, d.Weekday()) {
			return
		}
	}
	c.fault(fault.MasterUnreachable, s, "weekdays",
		"none of the weekdays lies in the period %s to %s; correct one", k.ValidFrom, k.ValidTo)
}

// multiplier: it is at least 1 and has normal points to multiply (R13).
func (c *checker) multiplier(s subject, k *Campaign) {
	if k.Give.Kind != "multiplier" {
		return
	}
	if k.Give.Num < k.Give.Den {
		c.fault(fault.MasterValue, s, "give",
			"the multiplier %d/%d is less than 1; campaigns give points on top, they take none away",
			k.Give.Num, k.Give.Den)
	}
	if k.ProductBasis == "items" {
		c.fault(fault.MasterValue, s, "product_basis",
			"a multiplier multiplies the normal points of the whole receipt, not of the items; give a rate, "+
				"or say product_basis: receipt")
	}
	for i := range c.set.Points {
		p := &c.set.Points[i]
		if p.PointType == k.PointType && (k.Provider == "" || p.Provider == k.Provider) && p.meets(k.Period) {
			return
		}
	}
	if !c.supply["points_given"] {
		c.fault(fault.MasterUnreachable, s, "point_type",
			"no normal rule in its period and no feed gives points of type %s to multiply; add the rule or "+
				"correct the type", k.PointType)
	}
}

// supplied: some feed brings what the campaign's conditions ask for. Without feeds nothing can be said.
func (c *checker) supplied(s subject, k *Campaign) {
	if len(c.set.Feeds) == 0 {
		return
	}
	need := func(path, name string) {
		if !c.supply[name] {
			c.fault(fault.MasterUnreachable, s, path,
				"no feed's layout yields %s, so the condition never holds; add it to a layout or remove the "+
					"condition", name)
		}
	}
	if len(k.Stores) > 0 {
		need("stores", "store")
	}
	if k.Affiliate != "" {
		need("affiliate", "affiliate")
	}
	if len(k.GrantTypes) > 0 && !slices.Contains(k.GrantTypes, "PURCHASE") {
		need("grant_types", "grant_type")
	}
	if len(k.Products) > 0 && !c.supply["product"] {
		c.fault(fault.MasterUnreachable, s, "products",
			"no feed's layout yields items with product, so the condition never holds; add them to a layout "+
				"or remove the condition")
	}
}

// affiliateHolds: the affiliate is valid on some day of the campaign (R8).
func (c *checker) affiliateHolds(s subject, k *Campaign) {
	for i := range c.set.Affiliates {
		a := &c.set.Affiliates[i]
		if a.Code == k.Affiliate && !k.isEmpty() && !a.isEmpty() && !a.meets(k.Period) {
			c.fault(fault.MasterUnreachable, s, "affiliate",
				"the affiliate %s is not valid on any day of the campaign; correct the periods",
				c.at(subject{KindAffiliate, i, a.Code}))
		}
	}
}

// gatherSupply notes once what the feeds' layouts bring.
func (c *checker) gatherSupply() {
	c.supply = make(map[string]bool)
	c.untaxedItems = make([]bool, len(c.set.Feeds))
	for i := range c.set.Feeds {
		f := &c.set.Feeds[i]
		for _, name := range []string{"store", "affiliate", "grant_type", "points_given"} {
			c.supply[name] = c.supply[name] || f.Layout.Yields(name)
		}
		items := f.Layout.YieldsItem("product", f.FlatItems)
		c.supply["product"] = c.supply["product"] || items
		c.untaxedItems[i] = items && f.Excl != "rate" && f.Excl != "same" && !f.Layout.YieldsItem("tax_rate",
			f.FlatItems)
	}
}

// bases: a rule on the amount without tax needs every feed that can bring its lines to serve it (R9).
func (c *checker) bases() {
	for i := range c.set.Points {
		if p := &c.set.Points[i]; p.Basis == "excl" {
			c.basis(subject{KindPoints, i, p.Code}, p.Period, false)
		}
	}
	for i := range c.set.Campaigns {
		if k := &c.set.Campaigns[i]; k.Basis == "excl" {
			c.basis(subject{KindCampaign, i, k.Code}, k.Period, k.ProductBasis == "items")
		}
	}
}

func (c *checker) basis(s subject, p Period, items bool) {
	for i := range c.set.Feeds {
		f := &c.set.Feeds[i]
		if !f.brings(p) {
			continue
		}
		at := c.at(subject{KindFeed, i, f.Code})
		switch {
		case f.Excl == "":
			c.fault(fault.MasterBasis, s, "basis",
				"the rule asks for the amount without tax, which the feed %s does not serve; declare excl "+
					"on the feed or change the basis", at)
		case items && c.untaxedItems[i]:
			c.fault(fault.MasterBasis, s, "basis",
				"the rule asks for items without tax, but the feed %s has no tax_rate of items; add it to "+
					"the layout or change the basis", at)
		}
	}
}

// brings says whether a feed can bring lines with a business date in the period: dates lie between run date
// minus oldest_days and run date (R8); returns computed by old rules may be older (R17).
func (f *Feed) brings(p Period) bool {
	reach := f.Period
	if !reach.ValidFrom.IsZero() {
		oldest := 90
		if f.OldestDays != nil {
			oldest = *f.OldestDays
		}
		reach.ValidFrom = reach.ValidFrom.Add(-oldest)
		if f.UnknownOriginal == "compute" {
			reach.ValidFrom = 0
		}
	}
	return reach.meets(p)
}
