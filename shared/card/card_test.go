package card

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
)

func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, ok := calendar.ParseDate(calendar.Dashed, []byte(text), 0)
	if !ok {
		t.Fatalf("no date %q", text)
	}
	return d
}

// period reads "2026-01-01..2026-12-31"; either end may be missing.
func period(t testing.TB, text string) master.Period {
	t.Helper()
	from, to, _ := strings.Cut(text, "..")
	var p master.Period
	if from != "" {
		p.ValidFrom = day(t, from)
	}
	if to != "" {
		p.ValidTo = day(t, to)
	}
	return p
}

var providers = []master.Provider{{Code: "AOBA"}, {Code: "MIDORI"}}

// aoba is a range of 16 digits with a check digit, midori one of nine digits with a short form of seven.
func aoba() master.Card {
	return master.Card{
		Code: "AOBA16", Provider: "AOBA", Digits: 16,
		Min: "9999000000000000", Max: "9999999999999999", Check: "LUHN",
	}
}

func midori() master.Card {
	return master.Card{
		Code: "MIDORI9", Provider: "MIDORI", Digits: 9, Min: "001000000", Max: "899999999", Check: "DR7",
		Short: &master.Short{Length: 7, Pad: "00"},
	}
}

func compile(t testing.TB, cards ...master.Card) *Index {
	t.Helper()
	index, err := Compile(cards, providers)
	if err != nil {
		t.Fatal(err)
	}
	return index
}

// wantCard says what Identify should give; card -1 stands for a code.
func wantCard(t *testing.T, x *Index, digits, on string, card int32, number string, code fault.Code) {
	t.Helper()
	got, gotCode := x.Identify([]byte(digits), day(t, on), make([]byte, 32))
	if gotCode != code || code == 0 && (got.Card != card || string(got.Number) != number) {
		t.Errorf("%s on %s is card %d %q, %v; want %d %q, %v",
			digits, on, got.Card, got.Number, gotCode, card, number, code)
	}
}

func TestR7ANumberIsInTheRangeOfItsLength(t *testing.T) {
	x := compile(t, aoba(), midori())
	wantCard(t, x, "9999123456789019", "2026-11-22", 0, "9999123456789019", 0)
	wantCard(t, x, "9998123456789019", "2026-11-22", 0, "", fault.CardUnknown)
	wantCard(t, x, "99991234567890", "2026-11-22", 0, "", fault.CardUnknown)
	wantCard(t, x, "09999123456789019", "2026-11-22", 0, "", fault.CardUnknown)
	wantCard(t, x, "", "2026-11-22", 0, "", fault.CardUnknown)
	wantCard(t, x, strings.Repeat("9", 33), "2026-11-22", 0, "", fault.CardUnknown)
	match, _ := x.Identify([]byte("123456782"), day(t, "2026-11-22"), nil)
	if match.Card != 1 || match.Provider != 1 {
		t.Errorf("123456782 is card %d of provider %d", match.Card, match.Provider)
	}
}

func TestR7EndsOfARangeBelongToIt(t *testing.T) {
	c := master.Card{Code: "P", Provider: "AOBA", Digits: 20}
	c.Min, c.Max = "00099999999999999999", "00120000000000000000"
	x := compile(t, c)
	wantCard(t, x, "00099999999999999998", "2026-11-22", 0, "", fault.CardUnknown)
	wantCard(t, x, "00099999999999999999", "2026-11-22", 0, "00099999999999999999", 0)
	wantCard(t, x, "00100000000000000000", "2026-11-22", 0, "00100000000000000000", 0)
	wantCard(t, x, "00120000000000000000", "2026-11-22", 0, "00120000000000000000", 0)
	wantCard(t, x, "00120000000000000001", "2026-11-22", 0, "", fault.CardUnknown)
	nines := strings.Repeat("9", 32)
	all := master.Card{Code: "P", Provider: "AOBA", Digits: 32, Min: strings.Repeat("0", 32), Max: nines}
	wantCard(t, compile(t, all), nines, "2026-11-22", 0, nines, 0)
}

func TestR7AShortFormIsPadded(t *testing.T) {
	x := compile(t, aoba(), midori())
	// 00234567 leaves 4 on division by 7.
	wantCard(t, x, "2345674", "2026-11-22", 1, "002345674", 0)
	wantCard(t, x, "002345674", "2026-11-22", 1, "002345674", 0)
	wantCard(t, x, "0234565", "2026-11-22", 1, "", fault.CardUnknown) // 000234565 is below the range
	wantCard(t, x, "02345674", "2026-11-22", 1, "", fault.CardUnknown)
}

func TestR7AWrongCheckDigitEndsTheSearch(t *testing.T) {
	exact := master.Card{
		Code: "SEVEN", Provider: "AOBA", Digits: 7, Min: "2000000", Max: "2999999", Check: "LUHN",
	}
	x := compile(t, exact, midori())
	// As a short form 2345674 would be right, but the range of seven digits holds it.
	wantCard(t, x, "2345674", "2026-11-22", 0, "", fault.CardCheckDigit)
	wantCard(t, x, "9345675", "2026-11-22", 1, "", fault.CardCheckDigit)
	wantCard(t, x, "123456785", "2026-11-22", 1, "", fault.CardCheckDigit)
}

func TestR8ARangeIsValidOnTheBusinessDate(t *testing.T) {
	old, recut := aoba(), aoba()
	old.Period, recut.Period = period(t, "..2026-03-31"), period(t, "2026-04-01..2026-12-31")
	recut.Code, recut.Provider = "MIDORI16", "MIDORI"
	recut.Min = "9999500000000000"
	x := compile(t, old, recut)
	const number = "9999512345678906"
	body := number[:15]
	if d := Luhn.Digit([]byte(body)); d != number[15] {
		t.Fatalf("the check digit of %s is %c", body, d)
	}
	wantCard(t, x, number, "2026-03-31", 0, number, 0)
	wantCard(t, x, number, "2026-04-01", 1, number, 0)
	wantCard(t, x, number, "2026-12-31", 1, number, 0)
	wantCard(t, x, number, "2027-01-01", 1, "", fault.CardUnknown)
	wantCard(t, x, "9999123456789019", "2026-04-01", 0, "", fault.CardUnknown)
}

func TestR7OverlappingRangesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(second *master.Card)
		want   fault.Code
	}{
		"one number": {func(c *master.Card) { c.Min = "9999999999999999" }, fault.MasterOverlap},
		"inside": {func(c *master.Card) {
			c.Min, c.Max = "9999200000000000", "9999299999999999"
		}, fault.MasterOverlap},
		"one day":     {func(c *master.Card) { c.Period = period(t, "2026-06-30..") }, fault.MasterOverlap},
		"another day": {func(c *master.Card) { c.Period = period(t, "2026-07-01..") }, 0},
		"the numbers below": {func(c *master.Card) {
			c.Min, c.Max = "9998000000000000", "9998999999999999"
		}, 0},
		"another length": {func(c *master.Card) {
			c.Digits, c.Min, c.Max = 15, "999900000000000", "999999999999999"
		}, 0},
	} {
		first, second := aoba(), aoba()
		first.Period = period(t, "..2026-06-30")
		second.Code = "SECOND"
		c.change(&second)
		for _, cards := range [][]master.Card{{first, second}, {second, first}} {
			if _, err := Compile(cards, providers); fault.CodeOf(err) != c.want {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
	}
}

func TestR7OverlappingShortFormsAreRefused(t *testing.T) {
	other := master.Card{
		Code: "TEN", Provider: "AOBA", Digits: 10, Min: "0000000000", Max: "0009999999",
		Short: &master.Short{Length: 7, Pad: "000"},
	}
	_, err := Compile([]master.Card{midori(), other}, providers)
	if fault.CodeOf(err) != fault.MasterOverlap {
		t.Errorf("two owners of one short form: %v", err)
	}
	other.Max = "0000999999" // short forms 0000000 to 0999999, below those of midori
	compile(t, midori(), other)
}

func TestRangesThatCannotWorkAreRefused(t *testing.T) {
	turned := period(t, "2026-02-01..2026-01-31")
	short := func(length int, pad string) *master.Short { return &master.Short{Length: length, Pad: pad} }
	for name, c := range map[string]struct {
		field  string
		change func(c *master.Card)
	}{
		"unknown provider":  {"provider", func(c *master.Card) { c.Provider = "KI" }},
		"no digits":         {"digits", func(c *master.Card) { c.Digits = 0 }},
		"too many digits":   {"digits", func(c *master.Card) { c.Digits = 33 }},
		"min too short":     {"min", func(c *master.Card) { c.Min = "999" }},
		"letters":           {"max", func(c *master.Card) { c.Max = "99999999999999X9" }},
		"turned round":      {"max", func(c *master.Card) { c.Min, c.Max = c.Max, c.Min }},
		"unknown check":     {"check", func(c *master.Card) { c.Check = "M12" }},
		"single digit":      {"check", func(c *master.Card) { c.Digits, c.Min, c.Max = 1, "0", "9" }},
		"period":            {"valid_to", func(c *master.Card) { c.Period = turned }},
		"short length":      {"short", func(c *master.Card) { c.Short = short(12, "99") }},
		"short letters":     {"short", func(c *master.Card) { c.Short = short(14, "9x") }},
		"short outside":     {"short", func(c *master.Card) { c.Short = short(14, "98") }},
		"short without pad": {"short", func(c *master.Card) { c.Short = short(16, "") }},
	} {
		bad, want := aoba(), fault.MasterValue
		if c.field == "provider" {
			want = fault.MasterDangling
		}
		c.change(&bad)
		_, err := Compile([]master.Card{bad}, providers)
		if fault.CodeOf(err) != want || !strings.Contains(err.Error(), " AOBA16."+c.field+": ") {
			t.Errorf("%s: %v, want %v at %s", name, err, want, c.field)
		}
	}
}

// TestIdentifyAgreesWithAPlainSearch compares with a search that reads like R7, over small numbers of
// several lengths so that ranges, periods and short forms meet often.
func TestIdentifyAgreesWithAPlainSearch(t *testing.T) {
	random := rand.New(rand.NewSource(7))
	first := day(t, "2026-01-01")
	compiled, refused := 0, 0
	for range 1000 {
		cards := someCards(random, first)
		x, err := Compile(cards, providers)
		if overlap := anyOverlap(cards); (err != nil) != overlap {
			t.Fatalf("overlap %v, but Compile says %v: %+v", overlap, err, cards)
		}
		if err != nil {
			refused++
			continue
		}
		compiled++
		for n := 1; n <= 3; n++ {
			for range 20 {
				digits, on := fmt.Sprintf("%0*d", n, random.Intn(pow10(n))), first.Add(random.Intn(4))
				want, wantNumber, wantCode := plainSearch(cards, digits, on)
				got, code := x.Identify([]byte(digits), on, make([]byte, 32))
				if code != wantCode || code == 0 && (got.Card != want || string(got.Number) != wantNumber) {
					t.Fatalf("%s on %s: card %d %q %v, want %d %q %v in %+v",
						digits, on, got.Card, got.Number, code, want, wantNumber, wantCode, cards)
				}
			}
		}
	}
	if compiled < 100 || refused < 100 {
		t.Errorf("only %d sets compiled and %d were refused", compiled, refused)
	}
}

func pow10(n int) int { return [...]int{1, 10, 100, 1000}[n] }

func someCards(random *rand.Rand, first calendar.Date) []master.Card {
	cards := make([]master.Card, 1+random.Intn(4))
	for i := range cards {
		n := 1 + random.Intn(3)
		low := random.Intn(pow10(n))
		high := low + random.Intn(pow10(n)-low)
		c := master.Card{
			Code: fmt.Sprintf("C%d", i), Provider: providers[random.Intn(2)].Code, Digits: n,
			Min: fmt.Sprintf("%0*d", n, low), Max: fmt.Sprintf("%0*d", n, high),
		}
		if n > 1 {
			c.Check = []string{"", "LUHN", "DR7"}[random.Intn(3)]
			if pad := c.Min[:1]; random.Intn(2) == 0 {
				c.Short = &master.Short{Length: n - 1, Pad: pad}
			}
		}
		if random.Intn(2) == 0 {
			c.ValidFrom = first.Add(random.Intn(3))
		}
		if random.Intn(2) == 0 {
			c.ValidTo = first.Add(2 + random.Intn(2))
		}
		cards[i] = c
	}
	return cards
}

// shortsOf lists the short forms of a range the slow way.
func shortsOf(c *master.Card) (shorts []string) {
	if c.Short == nil {
		return nil
	}
	for v := range pow10(c.Short.Length) {
		s := fmt.Sprintf("%0*d", c.Short.Length, v)
		if full := c.Short.Pad + s; c.Min <= full && full <= c.Max {
			shorts = append(shorts, s)
		}
	}
	return shorts
}

func anyOverlap(cards []master.Card) bool {
	for i := range cards {
		for j := range i {
			a, b := &cards[i], &cards[j]
			apart := !b.ValidTo.IsZero() && !a.ValidFrom.IsZero() && b.ValidTo < a.ValidFrom ||
				!a.ValidTo.IsZero() && !b.ValidFrom.IsZero() && a.ValidTo < b.ValidFrom
			numbers := a.Digits == b.Digits && a.Min <= b.Max && b.Min <= a.Max
			other := shortsOf(b)
			shorts := slices.ContainsFunc(shortsOf(a), func(s string) bool {
				return slices.Contains(other, s)
			})
			if !apart && (numbers || shorts) {
				return true
			}
		}
	}
	return false
}

func plainSearch(cards []master.Card, digits string, on calendar.Date) (int32, string, fault.Code) {
	try := func(i int, number string) (int32, string, fault.Code) {
		check, _ := CheckOf(cards[i].Check)
		if check != None && string(check.Digit([]byte(number[:len(number)-1]))) != number[len(number)-1:] {
			return 0, "", fault.CardCheckDigit
		}
		return int32(i), number, 0
	}
	for i := range cards {
		c := &cards[i]
		if len(digits) == c.Digits && c.Min <= digits && digits <= c.Max && c.Holds(on) {
			return try(i, digits)
		}
	}
	for i := range cards {
		c := &cards[i]
		if c.Holds(on) && slices.Contains(shortsOf(c), digits) {
			return try(i, c.Short.Pad+digits)
		}
	}
	return 0, "", fault.CardUnknown
}

func TestIdentifyAllocatesNothing(t *testing.T) {
	x, buf, on := compile(t, aoba(), midori()), make([]byte, 32), day(t, "2026-11-22")
	for _, digits := range []string{"9999123456789019", "2345674", "1", "9999123456789010"} {
		number := []byte(digits)
		if n := testing.AllocsPerRun(100, func() { x.Identify(number, on, buf) }); n != 0 {
			t.Errorf("%s: %v allocations", digits, n)
		}
	}
}

func TestTheZeroIndexKnowsNoCard(t *testing.T) {
	wantCard(t, &Index{}, "9999123456789019", "2026-11-22", 0, "", fault.CardUnknown)
	if got := (&Affiliates{}).Find([]byte("49****1234"), 1); got != -1 {
		t.Errorf("affiliate %d", got)
	}
}

func BenchmarkIdentify(b *testing.B) {
	var cards []master.Card
	for i := range 50 {
		c := aoba()
		c.Code = fmt.Sprintf("C%02d", i)
		c.Min, c.Max = fmt.Sprintf("99%02d000000000000", 50+i), fmt.Sprintf("99%02d999999999999", 50+i)
		cards = append(cards, c)
	}
	for _, check := range []string{"NONE", "LUHN"} {
		for i := range cards {
			cards[i].Check = check
		}
		x, on, buf := compile(b, cards...), day(b, "2026-11-22"), make([]byte, 32)
		numbers := make([][]byte, 1024)
		for i := range numbers {
			body := fmt.Appendf(nil, "99%02d%011d", 50+i*7%50, i*7919)
			numbers[i] = append(body, Luhn.Digit(body))
		}
		b.Run(check, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, code := x.Identify(numbers[i&1023], on, buf); code != 0 {
					b.Fatal(code)
				}
				i++
			}
		})
	}
}
