package points

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"multipoint/shared/master"
	"multipoint/shared/transaction"
)

// model rates one sale on a card of P1 slowly, straight from the masters and RULES, with fractions of any
// size. It gives awards after the cap per transaction and the exclusive groups, as "N1 10, X 20".
func model(points []master.Points, campaigns []master.Campaign, tx *transaction.Transaction) string {
	amount := map[string]int64{"": tx.AmountIncl, "incl": tx.AmountIncl, "excl": tx.AmountExcl}
	var lines []string
	normal := map[string]*big.Int{}
	slices.SortFunc(points, func(a, b master.Points) int { return strings.Compare(a.Code, b.Code) })
	for _, p := range points {
		yen := amount[p.Basis]
		if p.Provider != "P1" || !p.Holds(tx.Date) || yen < p.MinAmount || yen == 0 {
			continue
		}
		award := modelGive(p.Give, big.NewInt(yen))
		if award.Cmp(big.NewInt(Limit)) > 0 {
			return "points.limit"
		}
		if award.Sign() > 0 {
			lines = append(lines, fmt.Sprintf("%s %v", p.Code, award))
			normal[p.PointType] = award
		}
	}
	slices.SortFunc(campaigns, func(a, b master.Campaign) int { return strings.Compare(a.Code, b.Code) })
	awards := map[string]*big.Int{}
	winner := map[string]string{}
	for _, c := range campaigns {
		award := modelCampaign(c, amount[c.Basis], normal[c.PointType], tx)
		if award.Sign() == 0 {
			continue
		}
		awards[c.Code] = award
		if best := winner[c.Group]; best == "" || awards[best].Cmp(award) < 0 {
			winner[c.Group] = c.Code
		}
	}
	for _, c := range campaigns {
		award := awards[c.Code]
		if award == nil || c.Group != "" && winner[c.Group] != c.Code {
			continue
		}
		if c.Caps.Member == nil && c.Caps.Campaign == nil && award.Cmp(big.NewInt(Limit)) > 0 {
			return "points.limit"
		}
		if !award.IsInt64() {
			award = big.NewInt(1<<63 - 1)
		}
		lines = append(lines, fmt.Sprintf("%s %v", c.Code, award))
	}
	return strings.Join(lines, ", ")
}

func modelCampaign(c master.Campaign, yen int64, normal *big.Int, tx *transaction.Transaction) *big.Int {
	grantType := string(tx.GrantType)
	if grantType == "" {
		grantType = "PURCHASE"
	}
	inHours := len(c.Hours) == 0
	for _, h := range c.Hours {
		inHours = inHours || clock(h[0]) <= max(tx.Time, 0) && max(tx.Time, 0) < clock(h[1])
	}
	perRate := map[int32]int64{}
	for _, i := range tx.Items {
		if slices.Contains(c.Products, string(i.Product)) {
			perRate[i.TaxRate] += i.Amount
		}
	}
	holds := (c.Provider == "" || c.Provider == "P1") && (c.Affiliate == "" || tx.Affiliate == 0) &&
		(len(tx.PointType) == 0 || string(tx.PointType) == c.PointType) &&
		(c.GrantTypes == nil || slices.Contains(c.GrantTypes, grantType)) && c.Holds(tx.Date) &&
		(c.Weekdays == nil || slices.Contains(c.Weekdays, tx.Date.Weekday())) && inHours &&
		(c.Stores == nil || slices.Contains(c.Stores, string(tx.Store))) &&
		(c.Products == nil || len(perRate) > 0) && yen >= c.MinAmount
	if !holds {
		return new(big.Int)
	}
	counted := big.NewInt(yen)
	if c.ProductBasis == "items" {
		counted.SetInt64(0)
		for rate, sum := range perRate {
			part := big.NewRat(max(sum, 0), 1)
			if c.Basis == "excl" {
				part.Mul(part, big.NewRat(100, 100+int64(rate)))
			}
			counted.Add(counted, modelRound(part, "down"))
		}
	}
	if c.Give.Kind == "multiplier" {
		counted = normal
	}
	award := modelGive(c.Give, counted)
	if c.Caps.Transaction != nil && award.Cmp(big.NewInt(*c.Caps.Transaction)) > 0 {
		award = big.NewInt(*c.Caps.Transaction)
	}
	return award
}

func modelGive(g master.Give, counted *big.Int) *big.Int {
	if g.Kind == "fixed" {
		return big.NewInt(g.Points)
	}
	if counted == nil {
		return new(big.Int)
	}
	exact := new(big.Rat).SetInt(counted)
	switch g.Kind {
	case "rate":
		return modelRound(exact.Mul(exact, big.NewRat(g.Num, g.Den)), g.Round)
	case "unit":
		units := modelRound(exact.Mul(exact, big.NewRat(1, g.Unit)), "down")
		return units.Mul(units, big.NewInt(g.Points))
	}
	more := new(big.Rat).Sub(big.NewRat(g.Num, g.Den), big.NewRat(1, 1))
	return modelRound(exact.Mul(exact, more), g.Round)
}

// modelRound rounds a fraction of at least 0.
func modelRound(x *big.Rat, round string) *big.Int {
	x = new(big.Rat).Set(x)
	if round == "half_up" {
		x.Add(x, big.NewRat(1, 2))
	}
	whole, rest := new(big.Int).QuoRem(x.Num(), x.Denom(), new(big.Int))
	if round == "up" && rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return whole
}
