package generate

import (
	"slices"
	"strings"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/master"
)

// stock is what lines are made of: everything is drawn from it by number.
type stock struct {
	words      words
	schemes    []scheme
	population uint64 // cards of each scheme in use: indexes below it
	members    int
	memberAt   []int // schemes of the provider whose cards member numbers stand for
	unknown    string
	affiliates [][]byte // codes, and prefixes followed by asterisks without the last four digits
	stores     [][]byte
	storeNames [][]byte
	registers  [][]byte
	products   [][]byte
	pointTypes [][]byte // by scheme; empty = no grants
	days       [3]calendar.Date
	dates      [3][]byte // as the shape writes them
}

// Widths that codes of the masters must keep to be used: those of the fixed shape.
const (
	storeWidth     = 6
	cardWidth      = 20
	affiliateWidth = 19
	productWidth   = 13
	pointTypeWidth = 8
)

func newStock(spec *Spec, shape *shape) (*stock, error) {
	s := &stock{words: newWords(shape.encoding, shape.quotes), members: spec.Members}
	for i := range s.days {
		s.days[i] = spec.RunDate.Add(-i)
		s.dates[i], _ = calendar.AppendDate(nil, shape.dateForm, s.days[i])
	}
	s.schemes = schemesOf(spec.Set, s.days[:])
	if len(s.schemes) == 0 {
		return nil, fault.New(fault.MasterValue,
			"no card range of up to 20 digits is valid on the file's days")
	}
	s.population = uint64(max(2*spec.Members, 20_000))
	for i := range s.schemes {
		if s.schemes[i].span < s.population {
			return nil, fault.New(fault.MasterValue, "the card range "+s.schemes[i].code+
				" is too small for that number of members")
		}
		if s.schemes[i].provider == s.schemes[0].provider {
			s.memberAt = append(s.memberAt, i)
		}
		s.pointTypes = append(s.pointTypes, pointTypeOf(spec.Set, s.schemes[i].provider))
	}
	s.unknown = unknownNumber(spec.Set)
	s.affiliates = affiliatesOf(spec.Set)
	s.addStores(spec.Set)
	s.addProducts(spec.Set)
	return s, nil
}

// schemesOf lists the card ranges that are valid on all days, in the order of the masters.
func schemesOf(set *master.Set, days []calendar.Date) []scheme {
	var list []scheme
	for i := range set.Cards {
		c := &set.Cards[i]
		held := !slices.ContainsFunc(days, func(d calendar.Date) bool { return !c.Holds(d) })
		if !held || c.Digits > cardWidth {
			continue
		}
		if s, ok := newScheme(c); ok {
			list = append(list, s)
		}
	}
	return list
}

// unknownNumber gives a number of a length that no card has, empty if all lengths are taken.
func unknownNumber(set *master.Set) string {
	var used [cardWidth + 1]bool
	for i := range set.Cards {
		c := &set.Cards[i]
		if c.Digits <= cardWidth {
			used[c.Digits] = true
		}
		if c.Short != nil && c.Short.Length <= cardWidth {
			used[c.Short.Length] = true
		}
	}
	for n := cardWidth - 2; n >= 5; n-- {
		if !used[n] {
			return strings.Repeat("8", n)
		}
	}
	return ""
}

// affiliatesOf lists the payment cards' beginnings, one that nobody claims last.
func affiliatesOf(set *master.Set) (list [][]byte) {
	add := func(text string) {
		if isPlain(text, affiliateWidth) {
			list = append(list, []byte(text))
		}
	}
	for i := range set.Affiliates {
		a := &set.Affiliates[i]
		add(a.Code)
		for _, prefix := range a.Prefixes {
			if len(prefix) <= 8 {
				add((prefix + "900000")[:max(6, len(prefix))] + "******")
			}
		}
	}
	add("900009******")
	return list
}

// isPlain says whether a code can stand in every shape: ASCII without separators, up to width bytes.
func isPlain(text string, width int) bool {
	if len(text) == 0 || len(text) > width || strings.ContainsAny(text, ", \"") {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// addStores takes the stores that campaigns name, and others up to forty.
func (s *stock) addStores(set *master.Set) {
	add := func(code string) {
		if isPlain(code, storeWidth) && !contains(s.stores, code) {
			s.storeNames = append(s.storeNames, s.words.places[len(s.stores)%len(s.words.places)])
			s.stores = append(s.stores, []byte(code))
		}
	}
	for i := range set.Campaigns {
		for _, code := range set.Campaigns[i].Stores {
			add(code)
		}
	}
	for n := 1; len(s.stores) < 40; n++ {
		add(string(padded(nil, int64(n), 4)))
	}
	for n := range int64(12) {
		s.registers = append(s.registers, padded(nil, n+1, 3))
	}
}

// addProducts takes the products that campaigns name, and in-store codes up to three hundred.
func (s *stock) addProducts(set *master.Set) {
	for i := range set.Campaigns {
		for _, code := range set.Campaigns[i].Products {
			if isPlain(code, productWidth) && !contains(s.products, code) && len(s.products) < 100 {
				s.products = append(s.products, []byte(code))
			}
		}
	}
	for n := int64(1); len(s.products) < 300; n++ {
		body := padded([]byte("20"), n*37, 10)
		s.products = append(s.products, append(body, card.M10W3.Digit(body)))
	}
}

func contains(list [][]byte, text string) bool {
	return slices.ContainsFunc(list, func(b []byte) bool { return string(b) == text })
}

// pointTypeOf gives a point type for the provider's given points.
func pointTypeOf(set *master.Set, provider string) []byte {
	for i := range set.Points {
		if p := &set.Points[i]; p.Provider == provider && isPlain(p.PointType, pointTypeWidth) {
			return []byte(p.PointType)
		}
	}
	return nil
}

// padded appends n with leading zeros up to width digits.
func padded(dst []byte, n int64, width int) []byte {
	var digits [20]byte
	at := len(digits)
	for n > 0 || at == len(digits) {
		at--
		digits[at] = byte('0' + n%10)
		n /= 10
	}
	for len(digits)-at < width {
		at--
		digits[at] = '0'
	}
	return append(dst, digits[at:]...)
}
