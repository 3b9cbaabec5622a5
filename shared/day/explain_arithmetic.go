package day

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"multipoint/shared/ledger"
	"multipoint/shared/master"
)

// entry explains one entry by the masters that the run pinned.
func (r *explainedRun) entry(e *ledger.Entry, back bool) ExplainedEntry {
	x := ExplainedEntry{
		Rule: string(e.Rule), PointType: string(e.PointType), Basis: e.Basis, Award: e.Award,
		Points: e.Points,
	}
	computed := ""
	if back {
		computed = fmt.Sprintf(", taken back by the rules of its own date: %s", grouped(e.Points))
	}
	if p := normalRule(r.set, x.Rule); p != nil {
		x.Kind = "normal"
		x.Arithmetic = giving(&p.Give, basisWord(p.Basis), e.Basis) + computed
		return x
	}
	c := campaignRule(r.set, x.Rule)
	switch {
	case back && e.Original >= 0:
		x.Kind = "return"
		return x
	case c == nil || x.Rule == "given" && !e.Campaign:
		x.Kind = "given"
		x.Arithmetic = fmt.Sprintf("%s points as the file says", grouped(e.Award)) + computed
		return x
	}
	word := basisWord(c.Basis)
	if c.ProductBasis == "items" {
		word = "of the matching items " + word
	}
	x.Kind, x.Arithmetic = "campaign", giving(&c.Give, word, e.Basis)+computed
	x.Cuts = cutsOf(c, e.Award, max(e.Points, -e.Points))
	return x
}

func normalRule(set *master.Set, code string) *master.Points {
	for i := range set.Points {
		if set.Points[i].Code == code {
			return &set.Points[i]
		}
	}
	return nil
}

func campaignRule(set *master.Set, code string) *master.Campaign {
	for i := range set.Campaigns {
		if set.Campaigns[i].Code == code {
			return &set.Campaigns[i]
		}
	}
	return nil
}

func basisWord(basis string) string {
	if basis == "excl" {
		return "without tax"
	}
	return "with tax"
}

// giving writes out how many points a rule gives.
func giving(g *master.Give, word string, basis int64) string {
	switch g.Kind {
	case "fixed":
		return fmt.Sprintf("%s points for the receipt", grouped(g.Points))
	case "unit":
		units := max(0, basis) / max(1, g.Unit)
		return fmt.Sprintf("%s yen %s / %s yen = %s whole units, x %s points = %s", grouped(basis), word,
			grouped(g.Unit), grouped(units), grouped(g.Points), product(units, g.Points))
	case "multiplier":
		left := fmt.Sprintf("%s normal points x (%d/%d - 1)", grouped(basis), g.Num, g.Den)
		return left + rounded(basis, g.Num-g.Den, g.Den, g.Round)
	}
	return fmt.Sprintf("%s yen %s x %d/%d", grouped(basis), word, g.Num, g.Den) +
		rounded(basis, g.Num, g.Den, g.Round)
}

func product(a, b int64) string {
	return groupedText(new(big.Int).Mul(big.NewInt(a), big.NewInt(b)).String())
}

// rounded writes " = 10.8, rounded down: 10", or " = 10" if nothing is rounded.
func rounded(basis, num, den int64, round string) string {
	exact := new(big.Int).Mul(big.NewInt(max(0, basis)), big.NewInt(num))
	d := big.NewInt(max(1, den))
	whole, rest := new(big.Int).QuoRem(exact, d, new(big.Int))
	if rest.Sign() == 0 {
		return " = " + groupedText(whole.String())
	}
	const places = 6
	shown := new(big.Int).Mul(rest, big.NewInt(1_000_000))
	digits, more := shown.QuoRem(shown, d, new(big.Int))
	fraction := strings.TrimRight(fmt.Sprintf("%0*d", places, digits), "0")
	if fraction == "" {
		fraction = strings.Repeat("0", places)
	}
	if more.Sign() != 0 {
		fraction += "…"
	}
	words, up := "down", false
	switch round {
	case "up":
		words, up = "up", true
	case "half_up":
		words, up = "half up", rest.Lsh(rest, 1).Cmp(d) >= 0
	}
	result := new(big.Int).Set(whole)
	if up {
		result.Add(result, big.NewInt(1))
	}
	return fmt.Sprintf(" = %s.%s, rounded %s: %s", groupedText(whole.String()), fraction, words,
		groupedText(result.String()))
}

// cutsOf says what caps cut from an award. Which of two caps had less room is not kept.
func cutsOf(c *master.Campaign, left, points int64) (out []ExplainedCut) {
	if most := c.Caps.Transaction; most != nil && left > *most {
		out = append(out, ExplainedCut{
			"transaction", fmt.Sprintf("the cap of %s points per transaction", grouped(*most)), left, *most,
		})
		left = *most
	}
	if left <= points {
		return out
	}
	var names, limits []string
	if most := c.Caps.Member; most != nil {
		names, limits = append(names, "member"), append(limits, grouped(*most)+" points per member")
	}
	if most := c.Caps.Campaign; most != nil {
		names = append(names, "campaign")
		limits = append(limits, grouped(*most)+" points for the campaign")
	}
	return append(out, ExplainedCut{
		strings.Join(names, " or "), "what was left of the cap of " + strings.Join(limits, " and of "),
		left, points,
	})
}

// arithmetic writes R16 out.
func (t *ExplainedReturn) arithmetic() string {
	if t.Sale == 0 || t.Returned >= t.Sale {
		return fmt.Sprintf("all of %s points - %s taken back before = %s%s", grouped(t.Granted),
			grouped(t.Taken), grouped(t.Granted-t.Taken), t.limited(t.Granted-t.Taken))
	}
	due := new(big.Int).Mul(big.NewInt(t.Granted), big.NewInt(t.Returned))
	due.Quo(due, big.NewInt(t.Sale))
	rest := due.Int64() - t.Taken
	return fmt.Sprintf("%s points x %s/%s yen returned%s - %s taken back before = %s%s", grouped(t.Granted),
		grouped(t.Returned), grouped(t.Sale), rounded(t.Granted, t.Returned, t.Sale, "down"),
		grouped(t.Taken), grouped(rest), t.limited(rest))
}

// limited says that less stood than was due.
func (t *ExplainedReturn) limited(due int64) string {
	if -t.Points >= due {
		return ""
	}
	return fmt.Sprintf(", of which %s still stood", grouped(-t.Points))
}

// whyNot says in words why a rule gave nothing.
func (r *explainedRun) whyNot(code, kind, why string) string {
	if winner, ok := strings.CutPrefix(why, "exclusive:"); ok {
		return "another campaign of its exclusive group gave more: " + winner
	}
	says := map[string]string{
		"provider":   "it is for another provider",
		"affiliate":  "it is for payment cards of another company",
		"point_type": "the line names another point type",
		"grant_type": "it is for other grant types",
		"period":     "the business date is outside its period",
		"weekday":    "it is for other weekdays",
		"hour":       "it is for other hours",
		"store":      "it is for other stores",
		"product":    "no product of it was bought",
		"min_amount": "the amount is below its minimum",
		"zero_yen":   "the amount is 0 yen",
		"zero":       "it comes to 0 points",
		"cap":        "its caps had no room left",
	}[why]
	if p := normalRule(r.set, code); kind == "normal" && p != nil && why == "min_amount" {
		says += " of " + grouped(p.MinAmount) + " yen"
	} else if c := campaignRule(r.set, code); kind == "campaign" && c != nil && why == "min_amount" {
		says += " of " + grouped(c.MinAmount) + " yen"
	}
	if says == "" {
		return why
	}
	return says
}

// grouped writes a number with commas.
func grouped(n int64) string { return groupedText(strconv.FormatInt(n, 10)) }

func groupedText(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
