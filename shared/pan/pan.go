// Package pan finds whole payment-card numbers (primary account numbers) in text, so that none enters the
// product (R2, DOMAIN §7). It answers with places only and keeps nothing of what it looked at.
//
// A number is 14 to 19 digits, in ASCII or full width, with at most one space or hyphen between two of them,
// not beside further digits, that begin as a card brand's numbers do, are as many as that brand has, and end
// in the right check digit (Luhn). Visa counts with 16 digits only: numbers of 13 and 19 digits that begin
// with 4 are mostly product codes and the like. One in ten texts that look like a number is one by chance, so
// a finding is a suspicion.
package pan

// Numbers of digits that any brand has.
const (
	minDigits = 14
	maxDigits = 19
)

// Find gives the place field[start:end] of the first card number in a field's text, which is UTF-8; bytes
// that are no UTF-8 stand between digits like any other character. Text in EUC-JP or CP932 may be searched
// as it is, but hides full-width digits; ISO-2022-JP may not. found is false if there is none.
func Find(field []byte) (start, end int, found bool) {
	for i := hop(field, 0); i < len(field); {
		end, next := number(field, i)
		if end > 0 {
			return i, end, true
		}
		i = hop(field, next)
	}
	return 0, 0, false
}

// number looks at the digits from a group's first one on, where a group is a run of digits without separator.
// end is the place after the card number that begins there, 0 if there is none; next the place after the
// group.
func number(field []byte, i int) (end, next int) {
	if d, _ := digit(field, i); !begins[d] {
		return 0, pastDigits(field, i)
	}
	var digits [maxDigits]byte
	n, at := 0, i
	for {
		n, at = group(field, at, &digits, n)
		if next == 0 {
			next = at
		}
		if n > maxDigits {
			return 0, pastDigits(field, next)
		}
		if n >= minDigits && lengthFits(digits[:n]) && luhn(digits[:n]) {
			return at, next
		}
		width := separator(field, at)
		if width == 0 {
			return 0, next
		}
		at += width
		if _, width = digit(field, at); width == 0 {
			return 0, next
		}
	}
}

// begins has the digits that some brand's numbers begin with.
var begins = [10]bool{2: true, 3: true, 4: true, 5: true, 6: true}

// lengthFits says whether a brand has numbers that begin as digits do and are as many (DOMAIN §7).
func lengthFits(digits []byte) bool {
	n := len(digits)
	two := int(digits[0])*10 + int(digits[1])
	three := two*10 + int(digits[2])
	four := three*10 + int(digits[3])
	switch {
	case digits[0] == 4: // Visa
		return n == 16
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720: // Mastercard
		return n == 16
	case four >= 3528 && four <= 3589: // JCB
		return n >= 16
	case two == 34, two == 37: // American Express
		return n == 15
	case two == 36, two == 38, two == 39, three >= 300 && three <= 305: // Diners Club
		return n == 14
	case four == 6011, two == 62, two == 64, two == 65: // Discover, UnionPay
		return n >= 16
	}
	return false
}

// luhn says whether the last digit is the check digit of the others (DOMAIN §1).
func luhn(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		v := int(d)
		if (len(digits)-i)&1 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
