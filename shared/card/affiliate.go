package card

import (
	"bytes"
	"strconv"
	"strings"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
)

// Affiliates finds the affiliate whose payment card a line names (R2). It is immutable and safe for
// concurrent use; the zero Affiliates knows none.
type Affiliates struct {
	codes    map[string][]span // by code; only their periods count
	prefixes table             // of prefixes filled up to maxPrefix digits
	claims   []claim           // one per prefix
}

// claim is one prefix of an affiliate.
type claim struct {
	affiliate int32
	length    int
}

// maxPrefix is the length of the longest prefix, and how many digits of a line's prefix are looked at.
const maxPrefix = 16

// lastDigits is how many digits of a payment card's number a line may end with (R2).
const lastDigits = 4

// CompileAffiliates builds the index of affiliates. Errors, each a *fault.Error that names the affiliate:
// master.value for a prefix that is not 1 to 16 digits or a period that ends before it begins;
// master.overlap for two prefixes that begin alike, or two equal codes, on the same day (R2).
func CompileAffiliates(affiliates []master.Affiliate) (*Affiliates, error) {
	x := &Affiliates{codes: make(map[string][]span, len(affiliates))}
	var spans []span
	for i := range affiliates {
		a := &affiliates[i]
		if endsBeforeItBegins(a.Period) {
			return nil, wrong(fault.MasterValue, a.Code, "valid_to", "It is before valid_from.")
		}
		own := spanOf(nil, nil, a.Period, int32(i))
		for _, other := range x.codes[a.Code] {
			if own.meets(&other) {
				return nil, wrong(fault.MasterOverlap, a.Code, "code", "It is there twice on the same days.")
			}
		}
		x.codes[a.Code] = append(x.codes[a.Code], own)
		for _, prefix := range a.Prefixes {
			if len(prefix) < 1 || len(prefix) > maxPrefix || !allDigits([]byte(prefix)) {
				return nil, wrong(fault.MasterValue, a.Code, "prefixes",
					strconv.Quote(prefix)+" is not a string of 1 to 16 digits.")
			}
			rest := maxPrefix - len(prefix)
			low, high := prefix+strings.Repeat("0", rest), prefix+strings.Repeat("9", rest)
			claimed := int32(len(x.claims))
			spans = append(spans, spanOf([]byte(low), []byte(high), a.Period, claimed))
			x.claims = append(x.claims, claim{int32(i), len(prefix)})
		}
	}
	t, a, b, ok := tableOf(spans)
	if !ok {
		other := affiliates[x.claims[a].affiliate].Code
		return nil, wrong(fault.MasterOverlap, affiliates[x.claims[b].affiliate].Code, "prefixes",
			"One begins like one of "+strconv.Quote(other)+" on the same days.")
	}
	x.prefixes = t
	return x, nil
}

// Find gives the index of the affiliate that raw names on a business date (R8), -1 if it names none, which
// is no error (R2). raw is an affiliate's code, or the first digits of a payment card, asterisks and its
// last four digits: 499999******1234. Those first digits must begin with a prefix of the affiliate. Nothing
// is allocated.
func (x *Affiliates) Find(raw []byte, on calendar.Date) int32 {
	digits, masked := firstDigits(raw)
	if !masked {
		spans := x.codes[string(raw)]
		for i := range spans {
			if spans[i].from <= on && on <= spans[i].to {
				return spans[i].ref
			}
		}
		return -1
	}
	var filled [maxPrefix]byte
	for i := copy(filled[:], digits); i < maxPrefix; i++ {
		filled[i] = '0'
	}
	found := x.prefixes.find(keyOf(filled[:]), on)
	if found < 0 || x.claims[found].length > len(digits) {
		return -1
	}
	return x.claims[found].affiliate
}

// firstDigits gives what stands before the asterisks of a masked payment-card number; false if raw is none.
func firstDigits(raw []byte) ([]byte, bool) {
	star := bytes.IndexByte(raw, '*')
	if star < 1 || !allDigits(raw[:star]) {
		return nil, false
	}
	last := bytes.TrimLeft(raw[star:], "*")
	return raw[:star], len(last) == lastDigits && allDigits(last)
}
