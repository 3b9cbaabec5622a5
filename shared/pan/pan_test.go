package pan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"multipoint/shared/pan"
)

// brand is how a brand's numbers begin, and how many digits they have.
type brand struct {
	name    string
	lengths []int
	from    []string // first and last beginning, of equal length, by turns
}

var brands = []brand{
	{"Visa", []int{16}, []string{"4", "4"}},
	{"Mastercard", []int{16}, []string{"51", "55", "2221", "2720"}},
	{"JCB", []int{16, 17, 18, 19}, []string{"3528", "3589"}},
	{"American Express", []int{15}, []string{"34", "34", "37", "37"}},
	{"Diners Club", []int{14}, []string{"300", "305", "36", "36", "38", "39"}},
	{"Discover", []int{16, 17, 18, 19}, []string{"6011", "6011", "64", "65"}},
	{"UnionPay", []int{16, 17, 18, 19}, []string{"62", "62"}},
}

// takes says whether the brand has a number of these digits, its check digit aside.
func (b *brand) takes(digits string) bool {
	if !slices.Contains(b.lengths, len(digits)) {
		return false
	}
	for i := 0; i < len(b.from); i += 2 {
		if head := digits[:len(b.from[i])]; head >= b.from[i] && head <= b.from[i+1] {
			return true
		}
	}
	return false
}

// withCheck appends the check digit (DOMAIN §1: from the rightmost digit on double every second one).
func withCheck(body string) string {
	sum := 0
	for i := len(body) - 1; i >= 0; i-- {
		v := int(body[i] - '0')
		if (len(body)-1-i)%2 == 0 {
			v *= 2
		}
		sum += v/10 + v%10
	}
	return body + string(byte('0'+(10-sum%10)%10))
}

func TestCheckDigitOfTheTestsIsThatOfTheReference(t *testing.T) {
	for body, want := range map[string]byte{"999912345678901": '9', "99991234567890": '7'} {
		if got := withCheck(body); got[len(got)-1] != want {
			t.Errorf("%s ends in %c, want %c", got, got[len(got)-1], want)
		}
	}
}

// someDigits gives n random digits.
func someDigits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

// invented gives a number of a brand that nobody issued but for chance.
func invented(r *rand.Rand, b *brand, length int) string {
	for {
		i := r.IntN(len(b.from)/2) * 2
		head := b.from[i+r.IntN(2)]
		number := withCheck(head + someDigits(r, length-len(head)-1))
		if b.takes(number) {
			return number
		}
	}
}

var separators = []string{" ", "-", "\u3000", "\uFF0D", "\u2212"}

// dressed writes digits in half or full width, with a separator here and there.
func dressed(r *rand.Rand, digits string) string {
	var b strings.Builder
	wide, some := r.IntN(3), r.IntN(3)
	for i, d := range digits {
		if i > 0 && (some == 1 && i%4 == 0 || some == 2 && r.IntN(3) == 0) {
			b.WriteString(separators[r.IntN(len(separators))])
		}
		if wide == 1 || wide == 2 && r.IntN(2) == 0 {
			d += '０' - '0'
		}
		b.WriteRune(d)
	}
	return b.String()
}

func TestNumbersOfEachBrandAreFoundHoweverWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	before := []string{"", "カード:", "No.", ",", "a", " ", "--", "：", "\xff", "12, ", "7  ", "０--", "支払 "}
	after := []string{"", "号", ".", ",", "a", " ", "--", "：", "\xff", ", 12", "  7", "--０", " 円"}
	for i := range brands {
		b := &brands[i]
		for range 500 {
			length := b.lengths[r.IntN(len(b.lengths))]
			number := dressed(r, invented(r, b, length))
			head := before[r.IntN(len(before))]
			text := head + number + after[r.IntN(len(after))]
			start, end, found := pan.Find([]byte(text))
			// The first groups of a long number may be a number by chance.
			same := text[start:end] == number || length > 16 && strings.HasPrefix(number, text[start:end])
			if !found || start != len(head) || !same {
				t.Fatalf("%s: %q in %q: found %v, %q", b.name, number, text, found, text[start:end])
			}
		}
	}
}

// TestNumbersAreFoundAtEveryPlace puts one behind fillings of every length, none of which is a digit.
func TestNumbersAreFoundAtEveryPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for _, filling := range []string{" ", "x", "あ", "Ａ", "-", "\xEF", "\xBC", "1,", "123 x"} {
		for n := range 60 {
			before := strings.Repeat(filling, n)
			number := dressed(r, invented(r, &brands[3], 15))
			if start, end, found := pan.Find([]byte(before + number)); !found || start != len(before) ||
				end != len(before)+len(number) {
				t.Fatalf("%q behind %d times %q: %d:%d %v", number, n, filling, start, end, found)
			}
		}
	}
}

func TestWhatIsNoWholeNumberIsNotFound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	visa := invented(r, &brands[0], 16)
	wrong := visa[:15] + string('0'+(visa[15]-'0'+1)%10)
	for name, text := range map[string]string{
		"a wrong check digit":         wrong,
		"a digit before":              "7" + visa,
		"a full-width digit before":   "７" + visa,
		"a digit behind":              visa + "0",
		"two spaces":                  visa[:4] + "  " + visa[4:],
		"a hyphen and a space":        visa[:4] + "- " + visa[4:],
		"a dot":                       visa[:4] + "." + visa[4:],
		"a comma, as between fields":  visa[:8] + "," + visa[8:],
		"a line end":                  visa[:8] + "\n" + visa[8:],
		"a broken full-width digit":   visa[:8] + "\xEF\xBC" + visa[8:],
		"a masked number":             visa[:6] + "******" + visa[12:],
		"Visa of 13 digits":           withCheck("4" + someDigits(r, 11)),
		"Visa of 19 digits":           withCheck("4" + someDigits(r, 17)),
		"Mastercard of 17 digits":     withCheck("53" + someDigits(r, 14)),
		"American Express, 16 digits": withCheck("34" + someDigits(r, 13)),
		"Diners Club of 16 digits":    withCheck("36" + someDigits(r, 13)),
		"20 digits":                   withCheck("62" + someDigits(r, 17)),
		"a house card":                withCheck("9999" + someDigits(r, 11)),
		"electronic money":            withCheck("6900"+someDigits(r, 11)) + withCheck("7600"),
		"no digits":                   strings.Repeat("お買い上げ ", 40),
		"nothing":                     "",
	} {
		if start, end, found := pan.Find([]byte(text)); found {
			t.Errorf("%s: found %q in %q", name, text[start:end], text)
		}
	}
}

// TestBeginningsBesideTheBrandsAreNotFound looks at every beginning of four digits with every length.
func TestBeginningsBesideTheBrandsAreNotFound(t *testing.T) {
	for head := range 10_000 {
		for length := 10; length <= 22; length++ {
			number := withCheck(fmt.Sprintf("%04d", head) + strings.Repeat("0", length-5))
			want := slices.ContainsFunc(brands, func(b brand) bool { return b.takes(number) })
			if _, _, found := pan.Find([]byte(number)); found != want {
				t.Fatalf("%s (%d digits): found %v, want %v", number, length, found, want)
			}
		}
	}
}

func TestFirstOfSeveralIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	a, b := invented(r, &brands[1], 16), invented(r, &brands[3], 15)
	for _, text := range []string{a + "," + b, "1 " + a + "\n" + b + b, a + "/" + a} {
		if start, end, _ := pan.Find([]byte(text)); text[start:end] != a {
			t.Errorf("%q: %q", text, text[start:end])
		}
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	text := []byte(strings.Repeat("牛乳 2026-11-22 1,980 ", 50) + dressed(r, invented(r, &brands[2], 16)))
	if n := testing.AllocsPerRun(100, func() { pan.Find(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
