package points

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
	"multipoint/shared/transaction"
)

// TestTheWorkedExamplesOfTheRules runs the worked examples of the rules that this package decides through a
// small day of its own, that reads lines, remembers originals and knows refusals, but no files and layouts.
func TestTheWorkedExamplesOfTheRules(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "shared", "vectors")
	for _, file := range []string{
		"R8-validity", "R9-basis", "R10-normal", "R11-time", "R12-order", "R13-award", "R14-caps",
		"R15-reasons",
		"R16-returns", "R17-unknown-original",
	} {
		text, err := os.ReadFile(filepath.Join(folder, file+".json"))
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("the worked examples of the rules are missing: %v", err)
			}
			t.Skip("the worked examples of the rules are not in ../shared/vectors")
		}
		var vectors []vector
		if err := json.Unmarshal(text, &vectors); err != nil {
			t.Fatal(file, err)
		}
		for _, v := range vectors {
			t.Run(v.ID, func(t *testing.T) { v.run(t) })
		}
	}
}

type vector struct {
	ID      string        `json:"id"`
	Masters vectorMasters `json:"masters"`
	Members []member      `json:"members"`
	Days    []struct {
		RunDate string         `json:"run_date"`
		Masters *vectorMasters `json:"masters"`
		Members []member       `json:"members"`
		Files   []struct {
			Name, Feed, Arrived string
			Lines               []line
		} `json:"files"`
		Answers []struct {
			Lines []struct{ Transaction []string }
		} `json:"answers"`
	} `json:"days"`
	Expect struct {
		Days []struct {
			Lines []expected `json:"lines"`
		} `json:"days"`
		CampaignUse map[string]int64 `json:"campaign_use"`
	} `json:"expect"`
}

type vectorMasters struct {
	Cards      []master.Card
	Affiliates []master.Affiliate
	Points     []master.Points
	Campaigns  []master.Campaign
	Feeds      map[string]master.Feed
}

type member struct {
	Cards []struct{ Card string }
}

type line struct {
	Line                                             int64
	Kind, Date, Time, Store, Register, Receipt, Card string
	OrigDate                                         string `json:"orig_date"`
	OrigStore                                        string `json:"orig_store"`
	OrigRegister                                     string `json:"orig_register"`
	OrigReceipt                                      string `json:"orig_receipt"`
	Affiliate, Incl, Excl                            string
	Incl8                                            string `json:"incl_8"`
	Incl10                                           string `json:"incl_10"`
	Tax8                                             string `json:"tax_8"`
	Tax10                                            string `json:"tax_10"`
	PointType                                        string `json:"point_type"`
	GrantType                                        string `json:"grant_type"`
	PointsGiven                                      string `json:"points_given"`
	Items                                            [][3]string
}

type expected struct {
	File    string
	Line    int64
	Status  string
	Reasons []string
	Entries []struct {
		Rule      string
		PointType string `json:"point_type"`
		Points    int64
	}
	NotApplied []struct{ Rule, Why string } `json:"not_applied"`
}

// example is a vector under way.
type example struct {
	t         *testing.T
	masters   vectorMasters
	rules     *Rules
	members   families
	used      Counters
	originals map[string]*kept
}

// kept is a sale that returns may name.
type kept struct {
	Original
	card    Card
	awards  []Award
	codes   []string // of the awards' rules
	refused bool
}

// todo is a line of a day, read and expected.
type todo struct {
	line     line
	file     int
	feed     master.Feed
	tx       *transaction.Transaction
	expected expected
	awards   []Award
}

func (v *vector) run(t *testing.T) {
	e := &example{t: t, masters: v.Masters, originals: map[string]*kept{}}
	e.setMembers(v.Members)
	for i, d := range v.Days {
		if d.Masters != nil {
			e.masters = *d.Masters
		}
		if d.Members != nil {
			e.setMembers(d.Members)
		}
		e.compile()
		var lines []*todo
		files := slices.Clone(d.Files)
		slices.SortStableFunc(files, func(a, b struct {
			Name, Feed, Arrived string
			Lines               []line
		},
		) int {
			return cmp.Compare(a.Arrived, b.Arrived)
		})
		for n, f := range files {
			for _, l := range f.Lines {
				x := todo{line: l, file: n, feed: e.masters.Feeds[f.Feed]}
				at := slices.IndexFunc(v.Expect.Days[i].Lines, func(x expected) bool {
					return x.File == f.Name && x.Line == l.Line
				})
				if x.expected = v.Expect.Days[i].Lines[at]; x.expected.Status == "bad" {
					continue
				}
				x.tx = e.read(x.feed, l)
				lines = append(lines, &x)
			}
		}
		e.day(lines)
		for _, a := range d.Answers {
			for _, l := range a.Lines {
				e.refuse(strings.Join(l.Transaction, "/"))
			}
		}
	}
	for key, want := range v.Expect.CampaignUse {
		part := strings.Split(key, ":")
		if got := e.used.Use(part[0], cardOf(part[2])); got != want {
			t.Errorf("use of %s is %d, want %d", key, got, want)
		}
	}
}

func (e *example) setMembers(members []member) {
	e.members = nil
	for _, m := range members {
		var cards []Card
		for _, c := range m.Cards {
			cards = append(cards, cardOf(c.Card))
		}
		e.members = append(e.members, cards)
	}
}

func cardOf(number string) (c Card) {
	copy(c[:], number)
	return c
}

func (e *example) compile() {
	set := &master.Set{
		Affiliates: e.masters.Affiliates, Points: e.masters.Points, Campaigns: e.masters.Campaigns,
	}
	for _, c := range e.masters.Cards {
		set.Providers = append(set.Providers, master.Provider{Code: c.Provider})
	}
	var err error
	if e.rules, err = Compile(set); err != nil {
		e.t.Fatal(err)
	}
}

// day rates sales and grants in the order of R12, gives them to the caps, then takes returns.
func (e *example) day(lines []*todo) {
	slices.SortStableFunc(lines, func(a, b *todo) int {
		return cmp.Or(
			cmp.Compare(back(a), back(b)), cmp.Compare(a.tx.Instant(), b.tx.Instant()),
			cmp.Compare(a.file, b.file), cmp.Compare(a.line.Line, b.line.Line))
	})
	allocator := NewAllocator(e.rules, &e.used, e.members)
	var moved Counters
	for _, x := range lines {
		if x.tx.Kind.TakesBack() {
			e.giveBack(x, &moved)
		} else {
			e.sell(x, allocator, &moved)
		}
		e.check(x)
	}
	for key, points := range moved.cards {
		e.used.Add(key.campaign, key.card, points)
	}
}

func back(x *todo) int {
	if x.tx.Kind.TakesBack() {
		return 1
	}
	return 0
}

func (e *example) sell(x *todo, allocator *Allocator, moved *Counters) {
	var s Scratch
	awards, code := e.rules.Rate(x.tx, []byte(x.feed.PointType), nil, &s)
	if !e.fails(x, code) {
		return
	}
	sale := &kept{card: cardOf(x.line.Card)}
	sale.Incl = x.tx.AmountIncl
	for _, a := range awards {
		if a.Claim {
			claim := []Claim{{Rule: a.Rule, Award: a.Points}}
			allocator.Next(sale.card, claim)
			a.Points = claim[0].Grant
		}
		if a.Points == 0 {
			continue
		}
		x.awards = append(x.awards, a)
		sale.codes = append(sale.codes, e.rules.CodeOf(a.Rule))
		sale.Entries = append(sale.Entries, Standing{Points: a.Points, Standing: a.Points})
		if a.Rule != Given && e.rules.List()[a.Rule].Campaign {
			moved.Add(e.rules.CodeOf(a.Rule), sale.card, a.Points)
		}
	}
	sale.awards = x.awards
	e.originals[strings.Join([]string{x.line.Date, x.line.Store, x.line.Register, x.line.Receipt},
		"/")] = sale
}

func (e *example) giveBack(x *todo, moved *Counters) {
	key := strings.Join([]string{
		x.line.OrigDate, x.line.OrigStore, x.line.OrigRegister,
		x.line.OrigReceipt,
	}, "/")
	original := e.originals[key]
	if original == nil {
		code := fault.ReturnOriginalUnknown
		if x.feed.UnknownOriginal == "compute" {
			var s Scratch
			x.awards, code = e.rules.RateUnknownReturn(x.tx, nil, &s)
		}
		e.fails(x, code)
		return
	}
	taken, code := TakeBack(&original.Original, x.tx.Kind, x.tx.AmountIncl, nil)
	if !e.fails(x, code) {
		return
	}
	for i, points := range taken {
		a := original.awards[i]
		if a.Points = -points; points != 0 {
			x.awards = append(x.awards, a)
			moved.Add(original.codes[i], original.card, -points)
		}
	}
}

// refuse takes a transaction's grants out of what stands and what is used, once.
func (e *example) refuse(key string) {
	sale := e.originals[key]
	if sale == nil || sale.refused {
		return
	}
	sale.refused = true
	for i, a := range sale.awards {
		sale.Entries[i].Standing -= a.Points
		e.used.Add(sale.codes[i], sale.card, -a.Points)
	}
}

// fails compares a fault with the expected reason, and says whether there is neither.
func (e *example) fails(x *todo, code fault.Code) bool {
	e.t.Helper()
	if want := strings.Join(x.expected.Reasons, " "); code != 0 && code.Name() != want {
		e.t.Errorf("line %d failed with %v, want %q", x.line.Line, code, want)
	}
	if code == 0 && x.expected.Status == "rating_error" {
		e.t.Errorf("line %d did not fail, want %v", x.line.Line, x.expected.Reasons)
	}
	return code == 0
}

func (e *example) check(x *todo) {
	var got, want []string
	for _, a := range x.awards {
		got = append(got, fmt.Sprintf("%s %s %d", e.rules.CodeOf(a.Rule),
			e.rules.PointTypes()[a.PointType], a.Points))
	}
	for _, n := range x.expected.Entries {
		want = append(want, fmt.Sprintf("%s %s %d", n.Rule, n.PointType, n.Points))
	}
	if !slices.Equal(got, want) {
		e.t.Errorf("line %d gave %v, want %v", x.line.Line, got, want)
	}
	if x.expected.NotApplied == nil {
		return
	}
	got, want = nil, nil
	var s Scratch
	for _, n := range e.rules.Explain(x.tx, []byte(x.feed.PointType), x.awards, &s) {
		got = append(got, e.rules.CodeOf(n.Rule)+" "+n.Why)
	}
	for _, n := range x.expected.NotApplied {
		want = append(want, n.Rule+" "+n.Why)
	}
	if !slices.Equal(got, want) {
		e.t.Errorf("line %d was explained by %v, want %v", x.line.Line, got, want)
	}
}

// read makes a transaction of a line, as reading and identifying it would.
func (e *example) read(feed master.Feed, l line) *transaction.Transaction {
	tx := &transaction.Transaction{
		Date: day(l.Date), Time: calendar.NoTime, Store: []byte(l.Store), Provider: -1, Affiliate: -1,
		AmountIncl: yen(l.Incl), AmountExcl: yen(l.Excl), PointType: []byte(l.PointType),
		GrantType: []byte(l.GrantType), PointsGiven: yen(l.PointsGiven),
	}
	tx.Kind = map[string]transaction.Kind{
		"": transaction.Sale, "sale": transaction.Sale, "grant": transaction.Grant, "return": ret,
		"cancel": cancel,
	}[l.Kind]
	if l.Time != "" {
		tx.Time = clock(l.Time)
	}
	switch feed.Excl {
	case "tax":
		tx.AmountExcl = tx.AmountIncl - yen(l.Tax8) - yen(l.Tax10)
	case "rates":
		tx.AmountExcl = yen(l.Incl8)*100/108 + yen(l.Incl10)*100/110
	case "rate":
		tx.AmountExcl = tx.AmountIncl * 100 / (100 + feed.Rate)
	case "same":
		tx.AmountExcl = tx.AmountIncl
	}
	if tx.AmountIncl < 0 && feed.NegativeIsReturn {
		tx.Kind, tx.AmountIncl, tx.AmountExcl = ret, -tx.AmountIncl, -tx.AmountExcl
	}
	for _, i := range l.Items {
		tx.Items = append(tx.Items, item(i[0], yen(i[1]), int32(yen(i[2]))))
	}
	for i, c := range e.masters.Cards {
		if len(l.Card) == c.Digits && c.Min <= l.Card && l.Card <= c.Max {
			tx.Provider = int32(i)
		}
	}
	prefix, _, _ := strings.Cut(l.Affiliate, "*")
	for i, a := range e.masters.Affiliates {
		if a.Code == l.Affiliate || slices.Contains(a.Prefixes, prefix) {
			tx.Affiliate = int32(i)
		}
	}
	return tx
}

func yen(text string) int64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}
