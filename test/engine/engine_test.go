package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"multipoint/shared/fault"
	"multipoint/shared/rating"
	"multipoint/test/model"
)

// differences runs a case through the engine and compares it with what is expected, as far as the engine
// goes: days up to the first answers, and no accounts.
func differences(c *model.Case, want model.Expect, opt rating.Options) []string {
	got, done, err := Run(c, opt)
	if fault.CodeOf(err) == fault.MasterDangling {
		return nil // a case made smaller until it made no sense
	}
	if err != nil {
		return []string{"engine: " + err.Error()}
	}
	want.Balances, got.Balances = nil, nil
	days := make([]model.DayResult, done)
	for i := range days {
		days[i] = want.Days[i]
		days[i].Accounts, days[i].Answers = nil, nil
		for j := range got.Days[i].Lines {
			matchExplained(&got.Days[i].Lines[j], days[i].Lines)
		}
	}
	if done < len(want.Days) || len(c.Days[done-1].Answers) > 0 {
		want.Cards, got.Cards, want.CampaignUse, got.CampaignUse = nil, nil, nil, nil
	}
	want.Days = days
	return model.Compare(got, want)
}

// matchExplained leaves the reasons out where the other side has none: returns of known originals.
func matchExplained(got *model.LineResult, want []model.LineResult) {
	for i := range want {
		if want[i].File == got.File && want[i].Line == got.Line && want[i].NotApplied == nil {
			got.NotApplied = nil
		}
	}
}

func vectors(t *testing.T) string {
	dir := os.Getenv("MULTIPOINT_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "vectors")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no worked examples at " + dir)
	}
	return dir
}

// TestWorkedExamples runs every worked example through masters, files and the whole engine.
func TestWorkedExamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(vectors(t), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no worked examples", err)
	}
	for _, path := range files {
		cases, err := model.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cases {
			c := &cases[i]
			t.Run(c.ID, func(t *testing.T) {
				for _, d := range differences(c, c.Expect, rating.Options{}) {
					t.Error(d)
				}
			})
		}
	}
}

// TestRandomCasesAgreeWithTheModel compares engine and slow model on random cases. MULTIPOINT_SEEDS says how
// many (default 600), MULTIPOINT_SEED picks one.
func TestRandomCasesAgreeWithTheModel(t *testing.T) {
	from, to := uint64(1), uint64(600)
	if s := os.Getenv("MULTIPOINT_SEEDS"); s != "" {
		to, _ = strconv.ParseUint(s, 10, 64)
	}
	if s := os.Getenv("MULTIPOINT_SEED"); s != "" {
		from, _ = strconv.ParseUint(s, 10, 64)
		to = from
	}
	failures, left := 0, 0
	for seed := from; seed <= to && failures < 5; seed++ {
		c := model.Random(seed, 20)
		if !expressible(&c) {
			left++
			continue
		}
		if diff := disagree(&c, seed); len(diff) > 0 {
			failures++
			small := model.Shrink(c, func(x model.Case) bool { return len(disagree(&x, seed)) > 0 })
			t.Errorf("seed %d:\n%s\n%v", seed, model.Describe(small), lines(disagree(&small, seed)))
		}
	}
	if uint64(left)*50 > to-from+1 && from != to {
		t.Errorf("%d of %d cases cannot be written as files", left, to-from+1)
	}
}

// expressible says whether every file of the case can be written in one encoding.
func expressible(c *model.Case) bool {
	for i := range c.Days {
		for j := range c.Days[i].Files {
			if !Expressible(&c.Days[i].Files[j]) {
				return false
			}
		}
	}
	return true
}

func lines(diff []string) (out string) {
	for _, d := range diff {
		out += d + "\n"
	}
	return out
}

// disagree gives the differences of engine and model; threads, blocks and memory vary with the seed.
func disagree(c *model.Case, seed uint64) []string {
	want, err := model.Run(*c)
	if err != nil {
		return []string{fmt.Sprint("model: ", err)}
	}
	opt := rating.Options{
		Threads: int(seed%3) + 1, BlockSize: []int{0, 64, 300}[seed/3%3], Memory: []int64{0, 1}[seed/9%2],
	}
	return differences(c, want, opt)
}
