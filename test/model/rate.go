package model

import (
	"math/big"
	"slices"
	"strings"
)

// award is what a rule would give; campaign is nil for given points and normal rules.
type award struct {
	rule, pointType string
	points          *big.Int
	campaign        *Campaign
}

// rating is what one transaction gets: awards in the order given, normal rules by code, campaigns by code,
// and why the other rules gave nothing (R15).
type rating struct {
	awards     []award
	notApplied []NotApplied
}

// rate applies normal rules, campaigns, the cap per transaction and the exclusive groups (R10, R13, R14). The
// caps per member and campaign come after it.
func rate(masters Masters, t *receipt) rating {
	var out rating
	normal := out.normalPoints(masters, t)
	byCode := func(a, b Campaign) int { return strings.Compare(a.Code, b.Code) }
	var awards []award
	why := map[string]string{}
	campaigns := slices.SortedFunc(slices.Values(masters.Campaigns), byCode)
	for i := range campaigns {
		c := &campaigns[i]
		if why[c.Code] = c.firstFailed(t); why[c.Code] != "" {
			continue
		}
		points := c.award(t, normal)
		if c.Caps.Transaction > 0 && points.Cmp(big.NewInt(c.Caps.Transaction)) > 0 {
			points = big.NewInt(c.Caps.Transaction)
		}
		// Choice: an award of 0 is zero whether or not its group has a winner.
		if points.Sign() == 0 {
			why[c.Code] = "zero"
			continue
		}
		awards = append(awards, award{c.Code, c.PointType, points, c})
	}
	for _, a := range awards {
		if winner := winnerOf(awards, a.campaign.Group); winner != "" && winner != a.rule {
			why[a.rule] = "exclusive:" + winner
		} else {
			out.awards = append(out.awards, a)
		}
	}
	for _, c := range campaigns {
		if why[c.Code] != "" {
			out.notApplied = append(out.notApplied, NotApplied{c.Code, why[c.Code]})
		}
	}
	return out
}

// winnerOf gives the code of the largest award of an exclusive group, ties to the smallest code; awards
// come by code. Without a group nobody wins.
func winnerOf(awards []award, group string) string {
	winner := award{points: big.NewInt(0)}
	for _, a := range awards {
		if group != "" && a.campaign.Group == group && a.points.Cmp(winner.points) > 0 {
			winner = a
		}
	}
	return winner.rule
}

// normalPoints adds the given points of a grant, or what the normal rules give, and returns the normal points
// by type. Choice: normal rules are not looked at for a grant, so they have no reason either.
func (out *rating) normalPoints(masters Masters, t *receipt) map[string]*big.Int {
	normal := map[string]*big.Int{}
	if t.kind == "grant" {
		normal[t.naming] = big.NewInt(t.points)
		if t.points > 0 {
			out.awards = append(out.awards, award{"given", t.naming, big.NewInt(t.points), nil})
		}
		return normal
	}
	byCode := func(a, b Points) int { return strings.Compare(a.Code, b.Code) }
	for _, rule := range slices.SortedFunc(slices.Values(masters.Points), byCode) {
		amount := t.basis(rule.Basis)
		points := big.NewInt(0)
		why := ""
		switch {
		case rule.Provider != t.account.provider:
			why = "provider"
		case !rule.holds(t.date):
			why = "period"
		case amount < rule.MinAmount:
			why = "min_amount"
		case amount == 0:
			why = "zero_yen"
		default:
			if points = rule.Give.points(amount); points.Sign() == 0 {
				why = "zero"
			}
		}
		if why != "" {
			out.notApplied = append(out.notApplied, NotApplied{rule.Code, why})
			continue
		}
		normal[rule.PointType] = points
		out.awards = append(out.awards, award{rule.Code, rule.PointType, points, nil})
	}
	return normal
}

// basis is the receipt's amount with or without tax.
func (t *receipt) basis(name string) int64 {
	if name == "excl" {
		return t.excl
	}
	return t.incl
}

// firstFailed gives the first condition of a campaign that does not hold, in the order of R13.
func (c *Campaign) firstFailed(t *receipt) string {
	grantType := t.line.GrantType
	if grantType == "" {
		grantType = "PURCHASE"
	}
	switch {
	case t.account.provider == "" || c.Provider != "" && c.Provider != t.account.provider:
		return "provider"
	case c.Affiliate != "" && c.Affiliate != t.affil:
		return "affiliate"
	case t.naming != "" && c.PointType != t.naming:
		return "point_type"
	case len(c.GrantTypes) > 0 && !slices.Contains(c.GrantTypes, grantType):
		return "grant_type"
	case !c.holds(t.date):
		return "period"
	case len(c.Weekdays) > 0 && !slices.Contains(c.Weekdays, weekday(t.date)):
		return "weekday"
	case len(c.Hours) > 0 && !slices.ContainsFunc(c.Hours, t.inWindow):
		return "hour"
	case len(c.Stores) > 0 && !slices.Contains(c.Stores, t.line.Store):
		return "store"
	case len(c.Products) > 0 && len(c.matching(t)) == 0:
		return "product"
	case t.basis(c.Basis) < c.MinAmount:
		return "min_amount"
	}
	return ""
}

// inWindow compares the time as written on the 30-hour clock, the window's end excluded (R11).
func (t *receipt) inWindow(window [2]string) bool {
	from, _ := readTime(window[0])
	to, _ := readTime(window[1])
	return from <= t.seconds && t.seconds < to
}

func (c *Campaign) matching(t *receipt) []item {
	var found []item
	for _, i := range t.items {
		if slices.Contains(c.Products, i.product) {
			found = append(found, i)
		}
	}
	return found
}

// award is what a campaign gives whose conditions hold, before all caps (R13).
func (c *Campaign) award(t *receipt, normal map[string]*big.Int) *big.Int {
	if c.Give.Kind == "multiplier" {
		points := normal[c.PointType]
		if points == nil {
			return big.NewInt(0)
		}
		return fraction(points, c.Give.Num-c.Give.Den, c.Give.Den, c.Give.Round)
	}
	amount := t.basis(c.Basis)
	if len(c.Products) > 0 && c.ProductBasis == "items" {
		amount = c.itemsAmount(t)
	}
	return c.Give.points(amount)
}

// itemsAmount sums the matching items: per tax rate, below 0 as 0, without tax once per rate (R13).
func (c *Campaign) itemsAmount(t *receipt) int64 {
	byRate := map[int64]int64{}
	for _, i := range c.matching(t) {
		byRate[i.rate] += i.amount
	}
	sum := int64(0)
	for rate, amount := range byRate {
		switch {
		case amount < 0:
		case c.Basis == "excl":
			sum += lessTax(amount, rate)
		default:
			sum += amount
		}
	}
	return sum
}

// points is what rate, unit and fixed give for an amount of 0 or more (R10).
func (g Give) points(amount int64) *big.Int {
	switch g.Kind {
	case "rate":
		return fraction(big.NewInt(amount), g.Num, g.Den, g.Round)
	case "unit":
		return new(big.Int).Mul(big.NewInt(amount/g.Unit), big.NewInt(g.Points))
	default: // fixed
		return big.NewInt(g.Points)
	}
}

// fraction is round(value × num/den) for a value of 0 or more.
func fraction(value *big.Int, num, den int64, round string) *big.Int {
	product := new(big.Int).Mul(value, big.NewInt(num))
	quotient, rest := new(big.Int).QuoRem(product, big.NewInt(den), new(big.Int))
	twice := new(big.Int).Add(rest, rest)
	up := round == "up" && rest.Sign() > 0 || round == "half_up" && twice.Cmp(big.NewInt(den)) >= 0
	if up {
		quotient.Add(quotient, big.NewInt(1))
	}
	return quotient
}

// tooLarge says whether an entry would be above 10^12 points (R10). Where caps per member and campaign are to
// come, what is under one of them cannot become too large.
func (out rating) tooLarge(capsToCome bool) bool {
	return slices.ContainsFunc(out.awards, func(a award) bool {
		capped := a.campaign != nil && (a.campaign.Caps.Member > 0 || a.campaign.Caps.Campaign > 0)
		return a.points.Cmp(big.NewInt(limit)) > 0 && !(capsToCome && capped)
	})
}
