package model

import (
	"reflect"
	"strings"
	"testing"
)

const randomCases = 2000

// sizeOf spreads the sizes of random cases, 1 to 60 lines.
func sizeOf(seed uint64) int { return 1 + int(seed*7%60) }

func TestRandomCasesKeepTheInvariants(t *testing.T) {
	for seed := range uint64(randomCases) {
		c := Random(seed, sizeOf(seed))
		got, err := Run(c)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if broken := invariants(c, got); len(broken) > 0 {
			t.Fatalf("seed %d:\n%s\n%s", seed, strings.Join(broken, "\n"), Describe(c))
		}
	}
}

func TestSameSeedGivesSameCaseAndResult(t *testing.T) {
	for seed := range uint64(50) {
		a, b := Random(seed, 30), Random(seed, 30)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: two cases", seed)
		}
		first, _ := Run(a)
		second, _ := Run(copyOf(b))
		if diff := Compare(first, second); len(diff) > 0 {
			t.Fatalf("seed %d: %v", seed, diff)
		}
	}
}

// reached lists what random cases must come across often.
var reached = []string{
	"status rated", "status duplicate", "status rating_error", "status bad", "status in_refused_file",
	"file file.duplicate", "file file.trailer_missing", "file file.count", "file file.amount",
	"file file.bad_lines",
	"reason text.undecodable", "reason date.bad", "reason date.future", "reason date.too_old",
	"reason time.bad",
	"reason amount.bad", "reason amount.negative", "reason amount.signs", "reason amount.differs",
	"reason points.bad", "reason point_type.missing", "reason receipt.missing", "reason card.missing",
	"reason card.not_digits", "reason card.unknown", "reason card.check_digit", "reason member.unknown",
	"reason member.no_card", "reason transaction.duplicate", "reason transaction.conflict",
	"reason outlet.unencodable", "reason points.limit", "reason return.original_unknown",
	"reason return.exceeds_sale", "error card.missing",
	"warning return.card_differs", "leaves_under", "rule given", "record return", "record minus",
	"record several",
	"empty provider file", "carried", "netted away", "answer again", "answer matched", "accepted",
	"file_no wraps",
	"why provider", "why affiliate", "why point_type", "why grant_type", "why period", "why weekday",
	"why hour",
	"why store", "why product", "why min_amount", "why zero_yen", "why zero", "why exclusive", "why cap",
}

func TestRandomCasesReachEveryRule(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(randomCases / 2) {
		got, err := Run(Random(seed, sizeOf(seed)))
		if err != nil {
			t.Fatal(err)
		}
		newest := map[string]int64{}
		for _, day := range got.Days {
			countDay(seen, day)
			for _, f := range day.ProviderFiles {
				if f.FileNo <= newest[f.Provider] {
					seen["file_no wraps"]++
				}
				newest[f.Provider] = f.FileNo
			}
		}
	}
	for _, what := range reached {
		if seen[what] < 5 {
			t.Errorf("%s: only %d times in %d cases", what, seen[what], randomCases/2)
		}
	}
	t.Log(seen)
}

func countDay(seen map[string]int, day DayResult) {
	for _, f := range day.Files {
		seen["file "+f.Reason]++
	}
	for _, l := range day.Lines {
		seen["status "+l.Status]++
		for _, r := range l.Reasons {
			seen["reason "+r]++
			if l.Status == "rating_error" {
				seen["error "+r]++
			}
		}
		for _, w := range l.Warnings {
			seen["warning "+w]++
		}
		for _, e := range l.Entries {
			seen["rule "+e.Rule]++
			if e.LeavesUnder != "" {
				seen["leaves_under"]++
			}
		}
		for _, n := range l.NotApplied {
			why, _, _ := strings.Cut(n.Why, ":")
			seen["why "+why]++
		}
	}
	for _, f := range day.ProviderFiles {
		if len(f.Records) == 0 {
			seen["empty provider file"]++
		}
		for _, r := range f.Records {
			seen["record "+r.Kind]++
			if r.Points < 0 {
				seen["record minus"]++
			}
			if len(r.FromLines) > 1 || len(r.PointTypes) > 1 {
				seen["record several"]++
			}
		}
	}
	for provider, flow := range day.Totals.Entries {
		seen["carried"] += flow.CarriedIn
		if a := day.Accounts[provider]; flow.Sent > 0 && a.Sent == 0 {
			seen["netted away"]++
		}
		if day.Accounts[provider].Accepted != 0 {
			seen["accepted"]++
		}
	}
	for _, a := range day.Answers {
		if a.Again {
			seen["answer again"]++
		}
		for _, n := range a.MatchedEntries {
			seen["answer matched"] += n
		}
	}
}

func TestShrinkFindsTheSmallestCase(t *testing.T) {
	fails := func(c Case) bool {
		got, err := Run(c)
		if err != nil {
			return false
		}
		for _, day := range got.Days {
			for _, line := range day.Lines {
				for _, e := range line.Entries {
					if e.Points < 0 {
						return true
					}
				}
			}
		}
		return false
	}
	for seed := range uint64(40) {
		c := Random(seed, 40)
		if !fails(c) {
			continue
		}
		small := Shrink(c, fails)
		if !fails(small) {
			t.Fatalf("seed %d: the small case does not fail", seed)
		}
		lines := 0
		for _, day := range small.Days {
			for _, f := range day.Files {
				lines += len(f.Lines)
			}
		}
		rules := len(small.Masters.Points) + len(small.Masters.Campaigns)
		if lines > 4 || rules > 2 {
			t.Errorf("seed %d: %d lines and %d rules are left\n%s", seed, lines, rules, Describe(small))
		}
	}
}

func BenchmarkRun60Lines(b *testing.B) {
	var cases []Case
	for seed := range uint64(50) {
		cases = append(cases, Random(seed, 60))
	}
	n := 0
	for b.Loop() {
		if _, err := Run(cases[n%len(cases)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
