package master

import (
	"slices"
	"strings"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
)

// outlets: one per provider on any day (R21), each can be written, and no two write one file.
func (c *checker) outlets() {
	list := make([]owned, len(c.set.Outlets))
	files := make([]owned, len(c.set.Outlets))
	for i := range c.set.Outlets {
		o := &c.set.Outlets[i]
		s := subject{KindOutlet, i, o.Code}
		list[i] = owned{entry{s, o.Period}, o.Provider}
		files[i] = owned{entry{s, o.Period}, strings.ReplaceAll(o.File, "{provider}", o.Provider)}
		c.layout(s, &o.Layout, layout.CheckOptions{Use: layout.ForWriting})
		c.returns(s, o)
		if len(o.ClosedWeekdays) == 7 {
			c.fault(fault.MasterUnreachable, s, "closed_weekdays",
				"the provider is closed on every day of the week; open one")
		}
	}
	c.oneAtATime(list, "provider", "a provider has one outlet on any day")
	c.oneAtATime(files, "file", "each outlet has a file name of its own")
}

// returns: the layout can hold returns in the way the outlet sends them.
func (c *checker) returns(s subject, o *Outlet) {
	hasRecord := false
	for i := range o.Layout.Records {
		rec := &o.Layout.Records[i]
		at := "layout.records[" + itoa(i) + "]"
		if rec.Kind == layout.KindReturn {
			hasRecord = true
			if o.Returns != "kind" {
				c.fault(fault.MasterUnreachable, s, at,
					"the record return is written with returns: kind only; set that or remove the record")
			}
		}
		if rec.Kind != layout.KindReceipt || o.Returns == "kind" {
			continue
		}
		for j := range rec.Fields {
			f := &rec.Fields[j]
			minus := f.Name == "points" || f.Name == "amount_incl" && o.Returns == "netted"
			if minus && !holdsMinus(f, o.Layout.Format) {
				c.fault(fault.LayoutNotWritable, s, at+".fields["+itoa(j)+"]",
					"returns make %s negative, but the field has no sign; give it a sign or a sign_field, "+
						"or send returns: kind", f.Name)
			}
		}
	}
	if o.Returns == "kind" && !hasRecord && !o.Layout.Writes(layout.KindReceipt, "kind") {
		c.fault(fault.LayoutRecord, s, "returns",
			"returns: kind needs a record of kind return, or a field kind in the record receipt; add one")
	}
}

// holdsMinus says whether a number field can show a minus: fixed columns have no sign unless they say so.
func holdsMinus(f *layout.Field, format string) bool {
	if f.Type != layout.TypeNumber || f.Constant != nil || f.SignField != "" {
		return true
	}
	return f.Sign != "none" && (f.Sign != "" || format != "fixed")
}

// providersDo: each provider has an effect, and its points can leave.
func (c *checker) providersDo() {
	grants := c.supply["points_given"]
	for i := range c.set.Providers {
		code := c.set.Providers[i].Code
		s := subject{KindProvider, i, code}
		cards := slices.ContainsFunc(c.set.Cards, func(k Card) bool { return k.Provider == code })
		rules := slices.ContainsFunc(c.set.Points, func(p Points) bool { return p.Provider == code })
		campaigns := slices.ContainsFunc(c.set.Campaigns, func(k Campaign) bool {
			return k.Provider == code || k.Provider == "" && cards
		})
		outlet := slices.ContainsFunc(c.set.Outlets, func(o Outlet) bool { return o.Provider == code })
		earns := rules || campaigns || grants && cards
		switch {
		case !earns:
			c.fault(fault.MasterUnreachable, s, "code",
				"no normal rule, no campaign and no feed with given points can give its points; add a rule "+
					"(and a card range) or remove the provider")
		case !outlet:
			c.fault(fault.MasterDangling, s, "code",
				"it has no outlet, so its points could not leave; add one")
		}
	}
	c.rulesLeave()
}

// rulesLeave: in the period of each normal rule and campaign of a provider its outlet is valid some day.
func (c *checker) rulesLeave() {
	leave := func(s subject, provider string, p Period) {
		found, meets := false, false
		for i := range c.set.Outlets {
			o := &c.set.Outlets[i]
			// Points of the last days leave later, so an outlet that begins after the rule ended serves it
			// too.
			if o.Provider == provider {
				found = true
				meets = meets || o.meets(Period{ValidFrom: p.ValidFrom})
			}
		}
		if found && !meets && !p.isEmpty() {
			c.fault(fault.MasterUnreachable, s, "valid_from",
				"no outlet of the provider %s is valid from then on, so its points could not leave; correct "+
					"the periods", provider)
		}
	}
	for i := range c.set.Points {
		leave(subject{KindPoints, i, c.set.Points[i].Code}, c.set.Points[i].Provider, c.set.Points[i].Period)
	}
	for i := range c.set.Campaigns {
		k := &c.set.Campaigns[i]
		if k.Provider != "" {
			leave(subject{KindCampaign, i, k.Code}, k.Provider, k.Period)
		}
	}
}
