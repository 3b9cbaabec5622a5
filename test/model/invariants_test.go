package model

import (
	"fmt"
	"strings"
)

// invariants gives what does not hold of a result, computed from the result and the case, not from the model.
func invariants(c Case, got Expect) []string {
	var broken []string
	check := func(holds bool, format string, args ...any) {
		if !holds {
			broken = append(broken, fmt.Sprintf(format, args...))
		}
	}
	balances := map[string]Accounts{}
	keys := map[string]string{}
	masters := c.Masters
	for i, day := range got.Days {
		if c.Days[i].Masters != nil {
			masters = *c.Days[i].Masters
		}
		checkTotals(check, day)
		checkKeys(check, keys, masters, c.Days[i], day)
		checkGrants(check, masters, day, i == 0)
		runs := []map[string]Accounts{day.Accounts}
		for _, a := range day.Answers {
			runs = append(runs, a.Accounts)
		}
		for _, run := range runs {
			for provider, a := range run {
				check(sumOf(a) == 0, "%s: accounts of %s do not sum to zero: %+v", day.RunDate, provider, a)
				balances[provider] = plus(balances[provider], a)
			}
		}
	}
	for provider, a := range got.Balances {
		check(a == balances[provider], "balance of %s %+v is not the sum of its runs %+v", provider, a,
			balances[provider])
	}
	checkCampaignCaps(check, c, got)
	standing := map[string]int64{}
	for card, points := range got.Cards {
		provider, _, _ := strings.Cut(card, ":")
		standing[provider] += points
	}
	for provider, a := range got.Balances {
		check(standing[provider] == a.Granted+a.Sent+a.Accepted, "cards of %s hold %d of %+v", provider,
			standing[provider], a)
	}
	return broken
}

type checker func(holds bool, format string, args ...any)

func sumOf(a Accounts) int64 { return a.Issued + a.Granted + a.Sent + a.Accepted + a.Refused }

func plus(a, b Accounts) Accounts {
	return Accounts{
		a.Issued + b.Issued, a.Granted + b.Granted, a.Sent + b.Sent, a.Accepted + b.Accepted,
		a.Refused + b.Refused,
	}
}

// checkTotals: lines = good + bad, good = its parts, in lines and yen; entries in = entries out (R22).
func checkTotals(check checker, day DayResult) {
	t := day.Totals
	check(t.Lines == len(day.Lines) && t.Lines == t.Good.Lines+t.Bad, "%s: lines do not add up: %+v",
		day.RunDate, t)
	var parts Stage
	for _, s := range []Stage{t.InRefusedFiles, t.Duplicates, t.RatingErrors, t.Rated} {
		parts = Stage{parts.Lines + s.Lines, parts.YenSales + s.YenSales, parts.YenReturns + s.YenReturns}
	}
	check(parts == t.Good, "%s: good %+v is not its parts %+v", day.RunDate, t.Good, parts)
	receipts, bad := 0, 0
	for _, f := range day.Files {
		receipts += f.Receipts
		bad += f.Bad
	}
	check(receipts == t.Lines && bad == t.Bad, "%s: files have %d and %d bad, totals %+v", day.RunDate,
		receipts, bad, t)
	for provider, f := range t.Entries {
		check(f.CarriedIn+f.Grants+f.Returns+f.Resends == f.Sent+f.ZeroPoint+f.CarriedOut,
			"%s: entries of %s: %+v", day.RunDate, provider, f)
	}
	for provider, a := range day.Accounts {
		points, granted := int64(0), int64(0)
		for _, sums := range t.Points[provider] {
			points += sums.Plus + sums.Minus
		}
		for _, l := range day.Lines {
			for _, e := range l.Entries {
				if e.Provider == provider {
					granted += e.Points
				}
			}
		}
		check(points == granted && a.Issued == -points, "%s: %s issued %d, points %d, entries %d",
			day.RunDate,
			provider, a.Issued, points, granted)
	}
	for _, f := range day.ProviderFiles {
		written := int64(0)
		for n, r := range f.Records {
			check(r.Sequence == int64(n+1) && r.Points != 0, "%s: record %+v", day.RunDate, r)
			if r.Kind == "return" {
				written -= r.Points
			} else {
				written += r.Points
			}
		}
		a := day.Accounts[f.Provider]
		check(written == a.Sent+a.Accepted, "%s: file of %s holds %d, sent %+v", day.RunDate,
			f.Provider, written, a)
	}
}

// checkKeys: no key of a sale or grant is rated twice (R5).
func checkKeys(check checker, keys map[string]string, masters Masters, in Day, out DayResult) {
	files := map[string]File{}
	for _, f := range in.Files {
		files[f.Name] = f
	}
	for _, l := range out.Lines {
		if l.Status != "rated" {
			continue
		}
		line := files[l.File].Lines[l.Line-1]
		if line.Kind == "return" || line.Kind == "cancel" || strings.HasPrefix(line.Incl, "-") {
			continue
		}
		var parts []string
		for _, field := range masters.Feeds[files[l.File].Feed].keyFields() {
			parts = append(parts, map[string]string{
				"date": strings.ReplaceAll(line.Date, "-", ""), "store": line.Store,
				"register": line.Register,
				"receipt":  line.Receipt,
			}[field])
		}
		key := strings.Join(parts, "\x00")
		place := fmt.Sprintf("%s %s:%d", out.RunDate, l.File, l.Line)
		check(keys[key] == "", "key %q was rated at %s and at %s", key, keys[key], place)
		keys[key] = place
	}
}

// checkGrants: no grant of a campaign is above one of its caps (R14), no entry is 0 or above the limit. A
// later day's grant may be above the caps per member and campaign by what a refused grant had given back
// before.
func checkGrants(check checker, masters Masters, day DayResult, first bool) {
	for _, l := range day.Lines {
		sum := int64(0)
		for _, e := range l.Entries {
			sum += e.Points
			check(e.Points != 0 && e.Points <= limit, "%s %s:%d: entry %+v", day.RunDate, l.File, l.Line, e)
			for _, c := range masters.Campaigns {
				tops := []int64{c.Caps.Transaction}
				if first {
					tops = append(tops, c.Caps.Member, c.Caps.Campaign)
				}
				for _, top := range tops {
					check(c.Code != e.Rule || top == 0 || e.Points <= top, "%s %s:%d: %+v is above %d",
						day.RunDate,
						l.File, l.Line, e, top)
				}
			}
		}
		check(sum == l.Total, "%s %s:%d: total %d, entries %d", day.RunDate, l.File, l.Line, l.Total, sum)
	}
}

// checkCampaignCaps: at the end no campaign, and no member, has used more than the cap. It says nothing where
// masters or members changed under way, or where there were answers: a refused return counts as used again,
// though others may have had its room since.
func checkCampaignCaps(check checker, c Case, got Expect) {
	for _, day := range c.Days {
		if day.Masters != nil || day.Members != nil || len(day.Answers) > 0 {
			return
		}
	}
	for _, campaign := range c.Masters.Campaigns {
		person := map[string]string{}
		for _, m := range c.Members {
			for _, card := range m.Cards {
				person[card.Provider+":"+card.Card] = m.Member
			}
		}
		all, each := int64(0), map[string]int64{}
		for key, used := range got.CampaignUse {
			code, card, _ := strings.Cut(key, ":")
			if code != campaign.Code {
				continue
			}
			all += used
			if person[card] != "" {
				card = person[card]
			}
			each[card] += used
		}
		check(campaign.Caps.Campaign == 0 || all <= campaign.Caps.Campaign, "campaign %s used %d",
			campaign.Code, all)
		for who, used := range each {
			check(campaign.Caps.Member == 0 || used <= campaign.Caps.Member, "%s used %d of %s", who,
				used, campaign.Code)
		}
	}
}
