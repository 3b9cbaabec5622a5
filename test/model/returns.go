package model

import "math/big"

// takeBack handles a return or cancel whose original is known (R16): it posts the negative entries, or gives
// the reason of an error.
func (d *day) takeBack(t *receipt, original *sold) string {
	returned := original.returned + t.incl
	if t.kind == "cancel" {
		returned = original.yen // all that is left; its own amount is not compared
	}
	if returned > original.yen || original.yen == 0 && original.over {
		return "return.exceeds_sale"
	}
	original.returned = returned
	original.over = true
	// Choice: a member number is no card that is shown, and an original without a card differs from none.
	if t.card != "" && original.account.provider != "" && t.account != original.account {
		t.outcome.Warnings = []string{"return.card_differs"}
	}
	for _, grant := range original.grants {
		points := shareOf(grant.points, returned, original.yen) - grant.taken
		if grant.where == "refused" {
			points = 0 // nothing stands
		}
		if points <= 0 {
			continue
		}
		grant.taken += points
		d.post(t, entry{
			rule: grant.rule, pointType: grant.pointType, account: grant.account, campaign: grant.campaign,
			points: -points, isReturn: true, leaves: newestNumber(d.members, grant.account),
		})
	}
	return ""
}

// shareOf is floor(points × returned/yen), and all points when all yen are back.
func shareOf(points, returned, yen int64) int64 {
	if returned == yen {
		return points
	}
	product := new(big.Int).Mul(big.NewInt(points), big.NewInt(returned))
	return product.Quo(product, big.NewInt(yen)).Int64()
}

// compute handles a return or cancel of an unknown original (R17): rated by its own date with exclusive
// groups and the cap per transaction, negated; no counter is tested or moved.
func (d *day) compute(t *receipt) string {
	if t.feed.UnknownOriginal != "compute" {
		return "return.original_unknown"
	}
	if t.account.provider == "" {
		if t.feed.CardOptional {
			return ""
		}
		return "card.missing"
	}
	rating := rate(d.masters, t)
	if rating.tooLarge(false) {
		return "points.limit"
	}
	t.outcome.NotApplied = rating.notApplied
	for _, a := range rating.awards {
		d.post(t, entry{
			rule: a.rule, pointType: a.pointType, account: t.account, points: -a.points.Int64(),
			isReturn: true, leaves: newestNumber(d.members, t.account),
		})
	}
	return ""
}
