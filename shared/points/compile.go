package points

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
)

// Compile makes the rules of one version of the masters ready to rate with. The set may be unsorted and is
// not kept. Indexes of providers and affiliates in transactions are those of this set.
//
// Errors: master.dangling for a provider or affiliate that the set lacks; master.schema for a word that is
// none of the kinds; master.value for a number outside its limits (see master.Give and master.Caps).
func Compile(set *master.Set) (*Rules, error) {
	c := compiler{
		set: set,
		rules: &Rules{
			typeIDs: codeIDs{}, grantTypeIDs: codeIDs{}, storeIDs: codeIDs{}, productIDs: codeIDs{},
		},
		groups: codeIDs{},
	}
	for i := range set.Points {
		if err := c.normal(&set.Points[i]); err != nil {
			return nil, err
		}
	}
	for i := range set.Campaigns {
		if err := c.campaign(&set.Campaigns[i]); err != nil {
			return nil, err
		}
	}
	c.finish()
	return c.rules, nil
}

type compiler struct {
	set    *master.Set
	rules  *Rules
	groups codeIDs
}

// wrong makes the fault of one rule.
func wrong(code fault.Code, kind, rule, format string, args ...any) error {
	return fault.New(code, fmt.Sprintf("%s %q: ", kind, rule)+fmt.Sprintf(format, args...))
}

func (c *compiler) normal(p *master.Points) error {
	fail := func(code fault.Code, format string, args ...any) error {
		return wrong(code, "points", p.Code, format, args...)
	}
	rule := Rule{
		Code: p.Code, PointType: p.PointType, minAmount: p.MinAmount,
		affiliate: anyAffiliate, weekdays: allWeekdays, group: noGroup,
		capTransaction: noCap, capMember: noCap, capCampaign: noCap,
	}
	rule.from, rule.to = ends(p.Period)
	var err error
	if rule.Provider = c.provider(p.Provider); rule.Provider < 0 {
		return fail(fault.MasterDangling, "no provider %q", p.Provider)
	}
	if rule.basis, err = basisOf(p.Basis, fail); err != nil {
		return err
	}
	if rule.give, err = giveOf(p.Give, fail); err != nil {
		return err
	}
	if rule.give.kind == giveMultiplier {
		return fail(fault.MasterSchema, "only campaigns multiply")
	}
	if p.MinAmount < 0 {
		return fail(fault.MasterValue, "min_amount %d is below 0", p.MinAmount)
	}
	c.rules.rules = append(c.rules.rules, rule)
	return nil
}

func (c *compiler) campaign(p *master.Campaign) error {
	fail := func(code fault.Code, format string, args ...any) error {
		return wrong(code, "campaign", p.Code, format, args...)
	}
	rule := Rule{
		Code: p.Code, Campaign: true, PointType: p.PointType, Provider: Every,
		minAmount: p.MinAmount, whole: p.Whole, group: noGroup,
		productItems: p.ProductBasis == "items",
	}
	rule.from, rule.to = ends(p.Period)
	var err error
	if p.Provider != "" {
		if rule.Provider = c.provider(p.Provider); rule.Provider < 0 {
			return fail(fault.MasterDangling, "no provider %q", p.Provider)
		}
	}
	if rule.basis, err = basisOf(p.Basis, fail); err != nil {
		return err
	}
	if rule.give, err = giveOf(p.Give, fail); err != nil {
		return err
	}
	if p.MinAmount < 0 {
		return fail(fault.MasterValue, "min_amount %d is below 0", p.MinAmount)
	}
	if p.Group != "" {
		rule.group = c.groups.add(p.Group)
	}
	if err := c.conditions(&rule, p, fail); err != nil {
		return err
	}
	if err := caps(&rule, p.Caps, fail); err != nil {
		return err
	}
	c.rules.rules = append(c.rules.rules, rule)
	return nil
}

// fails makes the fault of the rule that is being compiled.
type fails func(code fault.Code, format string, args ...any) error

func (c *compiler) conditions(rule *Rule, p *master.Campaign, fail fails) error {
	rule.affiliate = anyAffiliate
	if p.Affiliate != "" {
		is := func(a master.Affiliate) bool { return a.Code == p.Affiliate }
		if rule.affiliate = int32(slices.IndexFunc(c.set.Affiliates, is)); rule.affiliate < 0 {
			return fail(fault.MasterDangling, "no affiliate %q", p.Affiliate)
		}
	}
	for _, day := range p.Weekdays {
		if day < 1 || day > 7 {
			return fail(fault.MasterValue, "weekday %d is not 1 to 7", day)
		}
		rule.weekdays |= 1 << day
	}
	if len(p.Weekdays) == 0 {
		rule.weekdays = allWeekdays
	}
	for _, span := range p.Hours {
		from, okFrom := clockOf(span[0])
		to, okTo := clockOf(span[1])
		if !okFrom || !okTo {
			return fail(fault.MasterValue, "hours %q to %q are not on the 30-hour clock", span[0], span[1])
		}
		rule.hours = append(rule.hours, window{from, to})
	}
	for _, code := range p.GrantTypes {
		rule.grantTypes = rule.grantTypes.with(c.rules.grantTypeIDs.add(code))
	}
	for _, code := range p.Stores {
		rule.stores = rule.stores.with(c.rules.storeIDs.add(code))
	}
	for _, code := range p.Products {
		rule.products = rule.products.with(c.rules.productIDs.add(code))
	}
	if len(p.Products) > 0 && p.ProductBasis != "items" && p.ProductBasis != "receipt" {
		return fail(fault.MasterSchema, "product_basis is items or receipt, not %q", p.ProductBasis)
	}
	if len(p.Products) == 0 && p.ProductBasis == "items" {
		return fail(fault.MasterSchema, "product_basis items needs products")
	}
	return nil
}

// finish sorts the rules and builds what depends on their order.
func (c *compiler) finish() {
	r := c.rules
	slices.SortStableFunc(r.rules, func(a, b Rule) int {
		if a.Campaign != b.Campaign {
			if a.Campaign {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Code, b.Code)
	})
	for i := range r.rules {
		r.pointTypes = append(r.pointTypes, r.rules[i].PointType)
	}
	slices.Sort(r.pointTypes)
	r.pointTypes = slices.Compact(r.pointTypes)
	for _, name := range r.pointTypes {
		r.typeIDs.add(name)
	}
	r.byProvider = make([]ofProvider, len(c.set.Providers))
	for i := range r.rules {
		rule := &r.rules[i]
		rule.index, rule.Type = int32(i), r.typeIDs[rule.PointType]
		for p := range r.byProvider {
			switch of := &r.byProvider[p]; {
			case rule.Provider != Every && rule.Provider != int32(p):
			case rule.Campaign:
				of.campaigns = append(of.campaigns, rule)
			default:
				of.normal = append(of.normal, rule)
			}
		}
	}
	r.groups = len(c.groups)
	r.purchase = r.grantTypeIDs.of([]byte("PURCHASE"))
}

// provider gives the index of a provider in the set, -1 if there is none.
func (c *compiler) provider(code string) int32 {
	is := func(p master.Provider) bool { return p.Code == code }
	return int32(slices.IndexFunc(c.set.Providers, is))
}

// ends gives a period with its open ends at the ends of time.
func ends(p master.Period) (from, to calendar.Date) {
	from, to = p.ValidFrom, p.ValidTo
	if from.IsZero() {
		from = math.MinInt32
	}
	if to.IsZero() {
		to = math.MaxInt32
	}
	return from, to
}

func basisOf(name string, fail fails) (basis, error) {
	switch name {
	case "", "incl":
		return withTax, nil
	case "excl":
		return withoutTax, nil
	}
	return withTax, fail(fault.MasterSchema, "basis is incl or excl, not %q", name)
}

func giveOf(g master.Give, fail fails) (give, error) {
	out := give{num: g.Num, den: g.Den, unit: g.Unit, points: g.Points}
	switch g.Round {
	case "", "down":
		out.round = Down
	case "half_up":
		out.round = HalfUp
	case "up":
		out.round = Up
	default:
		return give{}, fail(fault.MasterSchema, "round is down, half_up or up, not %q", g.Round)
	}
	const largest = 1_000_000
	fraction := 1 <= g.Num && g.Num <= largest && 1 <= g.Den && g.Den <= largest
	count := 0 <= g.Points && g.Points <= Limit
	var ok bool
	switch g.Kind {
	case "rate":
		out.kind, ok = giveRate, fraction
	case "unit":
		out.kind, ok = giveUnit, count && 1 <= g.Unit && g.Unit <= Limit
	case "fixed":
		out.kind, ok = giveFixed, count
	case "multiplier":
		out.kind, ok = giveMultiplier, fraction && g.Num >= g.Den
	default:
		return give{}, fail(fault.MasterSchema, "give is rate, unit, fixed or multiplier, not %q", g.Kind)
	}
	if !ok {
		return give{}, fail(fault.MasterValue, "a number of give: %s is outside its limits", g.Kind)
	}
	return out, nil
}

func caps(rule *Rule, c master.Caps, fail fails) error {
	for _, one := range []struct {
		name string
		from *int64
		to   *int64
	}{
		{"transaction", c.Transaction, &rule.capTransaction},
		{"member", c.Member, &rule.capMember},
		{"campaign", c.Campaign, &rule.capCampaign},
	} {
		*one.to = noCap
		if one.from == nil {
			continue
		}
		if *one.from < 1 || *one.from > Limit {
			return fail(fault.MasterValue, "cap per %s %d is not 1 to 10^12", one.name, *one.from)
		}
		*one.to = *one.from
	}
	rule.claims = c.Member != nil || c.Campaign != nil
	return nil
}

// clockOf reads HH:MM, 00:00 to 30:00; the last is only useful as the end of a window.
func clockOf(text string) (calendar.Clock, bool) {
	if text == "30:00" {
		return 30 * 60 * 60, true
	}
	return calendar.ParseClock(calendar.HHMMColon, []byte(text))
}
