package profile

import "strings"

// PhoneKind is what a phone number of Japan belongs to. The zero value is none.
type PhoneKind uint8

// The kinds of numbers.
const (
	NoPhone  PhoneKind = iota
	Mobile             // 060, 070, 080, 090: 11 digits
	Internet           // 050: 11 digits
	Free               // 0120: 10 digits; 0800: 11
	Landline           // 0AB-J: 10 digits
)

// PhoneKindOf says what a number, digits only, belongs to; NoPhone for any other number, among them those
// without one person behind them (020, 0570, 0990 …).
func PhoneKindOf(digits string) PhoneKind {
	if len(digits) < 10 || digits[0] != '0' || digits[1] == '0' {
		return NoPhone
	}
	const mobiles = "060 070 080 090"
	switch prefix := digits[:3]; {
	case len(digits) == 11 && prefix == "050":
		return Internet
	case len(digits) == 11 && strings.HasPrefix(digits, "0800"):
		return Free
	case len(digits) == 11 && strings.Contains(mobiles, prefix):
		return Mobile
	case len(digits) != 10 || prefix[2] == '0':
		return NoPhone // of ten digits, those with 0 in the third place are mobile numbers cut short
	}
	switch digits[:4] {
	case "0120":
		return Free
	case "0170", "0180", "0570", "0990":
		return NoPhone
	}
	return Landline
}

// phoneDigits gives the digits of a phone number as typed, national form: +81 90 … is 090 …, as browsers fill
// it in. Brackets around an area code are taken.
func phoneDigits(text string) (found string, odd rune, ok bool) {
	text = strings.NewReplacer("(", " ", ")", " ").Replace(plain(text))
	abroad := strings.HasPrefix(text, "+")
	found, odd, ok = digits(strings.TrimPrefix(text, "+"))
	if ok && abroad {
		country, japan := strings.CutPrefix(found, "81")
		if !japan {
			return found, '+', false
		}
		found = "0" + strings.TrimPrefix(country, "0")
	}
	return found, odd, ok
}
