// Package card knows point-card numbers: how files write them, which range of the masters holds a number on
// a day, and which affiliate's payment card a line names (R2, R7, R8, DOMAIN 1). It promises that each
// number has one owner a day, because masters in which two ranges meet are refused, and that finding
// allocates nothing.
package card

import (
	"strconv"
	"strings"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
)

// Index finds the card range of a number. It is immutable and safe for concurrent use; the zero Index knows
// no card.
type Index struct {
	exact   [maxDigits + 1]table // by length of the number
	short   [maxDigits + 1]table // by length of the short form, of the digits after the pad
	schemes []scheme             // one per card range
}

type scheme struct {
	provider int32
	check    Check
	pad      string // what the short form leaves out
}

// Match is the card range that holds a number.
type Match struct {
	Card     int32  // index in the card ranges that Compile got
	Provider int32  // index in the providers that Compile got
	Number   []byte // the full number: the digits themselves or, from a short form, padded in the buffer
}

// Compile builds the index of card ranges. Errors, each a *fault.Error that names the range:
// master.dangling for a provider that is not among providers; master.value for digits outside 1 to 32, ends
// that are not digit strings of that length or the wrong way round, an unknown check, a period that ends
// before it begins, a short form that no number of the range can have; master.overlap for two ranges that
// share a number, or a short form, on a day.
func Compile(cards []master.Card, providers []master.Provider) (*Index, error) {
	index := &Index{schemes: make([]scheme, len(cards))}
	codes := make(map[string]int32, len(providers))
	for i := range providers {
		codes[providers[i].Code] = int32(i)
	}
	var exact, short [maxDigits + 1][]span
	for i := range cards {
		c := &cards[i]
		provider, known := codes[c.Provider]
		if !known {
			return nil, wrong(fault.MasterDangling, c.Code, "provider",
				"There is no provider "+strconv.Quote(c.Provider)+".")
		}
		check, err := validate(c)
		if err != nil {
			return nil, err
		}
		index.schemes[i] = scheme{provider: provider, check: check}
		exact[c.Digits] = append(exact[c.Digits], spanOf([]byte(c.Min), []byte(c.Max), c.Period, int32(i)))
		if c.Short == nil {
			continue
		}
		low, high, err := shortEnds(c)
		if err != nil {
			return nil, err
		}
		index.schemes[i].pad = c.Short.Pad
		n := c.Short.Length
		short[n] = append(short[n], spanOf([]byte(low), []byte(high), c.Period, int32(i)))
	}
	for n := range exact {
		for _, kind := range []struct {
			spans []span
			table *table
			field string
		}{{exact[n], &index.exact[n], "min"}, {short[n], &index.short[n], "short"}} {
			t, a, b, ok := tableOf(kind.spans)
			if !ok {
				return nil, wrong(fault.MasterOverlap, cards[b].Code, kind.field,
					"It shares numbers with "+strconv.Quote(cards[a].Code)+" on the same days.")
			}
			*kind.table = t
		}
	}
	return index, nil
}

func validate(c *master.Card) (Check, error) {
	bad := func(field, what string) (Check, error) {
		return None, wrong(fault.MasterValue, c.Code, field, what)
	}
	check, known := CheckOf(c.Check)
	switch {
	case c.Digits < 1 || c.Digits > maxDigits:
		return bad("digits", "A number has 1 to 32 digits.")
	case len(c.Min) != c.Digits || !allDigits([]byte(c.Min)):
		return bad("min", "It is not a string of "+strconv.Itoa(c.Digits)+" digits.")
	case len(c.Max) != c.Digits || !allDigits([]byte(c.Max)):
		return bad("max", "It is not a string of "+strconv.Itoa(c.Digits)+" digits.")
	case c.Min > c.Max:
		return bad("max", "It is below min.")
	case !known:
		return bad("check", "There is no check "+strconv.Quote(c.Check)+".")
	case check != None && c.Digits == 1:
		return bad("check", "A single digit has no check digit.")
	case endsBeforeItBegins(c.Period):
		return bad("valid_to", "It is before valid_from.")
	}
	return check, nil
}

func endsBeforeItBegins(p master.Period) bool {
	return !p.ValidFrom.IsZero() && !p.ValidTo.IsZero() && p.ValidTo < p.ValidFrom
}

// shortEnds gives the lowest and highest short form of a range: the numbers that begin with the pad are a
// range too, and what follows the pad orders as they do.
func shortEnds(c *master.Card) (low, high string, err error) {
	pad, n := c.Short.Pad, c.Short.Length
	if n < 1 || pad == "" || len(pad)+n != c.Digits || !allDigits([]byte(pad)) {
		return "", "", wrong(fault.MasterValue, c.Code, "short",
			"Pad must be digits and make up, with length more digits, "+strconv.Itoa(c.Digits)+" digits.")
	}
	low = max(c.Min, pad+strings.Repeat("0", n))
	high = min(c.Max, pad+strings.Repeat("9", n))
	if low > high {
		return "", "", wrong(fault.MasterValue, c.Code, "short", "No number of the range begins with pad.")
	}
	return low[len(pad):], high[len(pad):], nil
}

func wrong(code fault.Code, owner, field, what string) error {
	return fault.At(code, fault.Place{Field: owner + "." + field}, what)
}

// Identify finds the range that holds a number on its business date (R7, R8). digits is what Normalise gave:
// first the number as it stands, among the ranges of exactly that length; then as a short form. A code other
// than 0 leaves the match without meaning: card.check_digit for a number in a range whose check digit is
// wrong, which ends the search; card.unknown for a number that no range holds. Nothing is allocated if buf,
// where a short form is padded, has room for 32 bytes.
func (x *Index) Identify(digits []byte, on calendar.Date, buf []byte) (Match, fault.Code) {
	n := len(digits)
	if n == 0 || n > maxDigits {
		return Match{}, fault.CardUnknown
	}
	k := keyOf(digits)
	if ref := x.exact[n].find(k, on); ref >= 0 {
		return x.match(ref, digits)
	}
	if ref := x.short[n].find(k, on); ref >= 0 {
		return x.match(ref, append(append(buf[:0], x.schemes[ref].pad...), digits...))
	}
	return Match{}, fault.CardUnknown
}

func (x *Index) match(ref int32, number []byte) (Match, fault.Code) {
	s := &x.schemes[ref]
	if !s.check.Holds(number) {
		return Match{}, fault.CardCheckDigit
	}
	return Match{Card: ref, Provider: s.provider, Number: number}, 0
}
