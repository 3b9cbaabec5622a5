package card

// Check is a way to compute a number's last digit from those before it (DOMAIN 1). The zero value is None.
type Check uint8

// The check digits that masters may name.
const (
	None   Check = iota // NONE: no check digit
	Luhn                // LUHN: from the right double every second digit, sum the digits
	M10W3               // M10W3: weights 3, 1, 3 … from the right, as in JAN codes
	M11W27              // M11W2_7: weights 2 to 7, repeating, from the right; 10 and 11 count as 0
	DR7                 // DR7: the remainder of a division by 7
	DSR7                // DSR7: 7 less that remainder, so 1 to 7
)

// CheckOf gives the check of that name; the empty name is NONE.
func CheckOf(name string) (Check, bool) {
	switch name {
	case "", "NONE":
		return None, true
	case "LUHN":
		return Luhn, true
	case "M10W3":
		return M10W3, true
	case "M11W2_7":
		return M11W27, true
	case "DR7":
		return DR7, true
	case "DSR7":
		return DSR7, true
	}
	return None, false
}

// Digit gives the check digit, as ASCII, that belongs behind body, which holds ASCII digits only. None has
// no check digit and gives 0.
func (c Check) Digit(body []byte) byte {
	switch c {
	case Luhn:
		return luhn(body)
	case M10W3:
		return m10w3(body)
	case M11W27:
		return m11w27(body)
	case DR7:
		return '0' + remainder7(body)
	case DSR7:
		return '7' - remainder7(body)
	}
	return 0
}

// Holds says whether the last digit of number is the check digit of those before it; None always holds.
func (c Check) Holds(number []byte) bool {
	if c == None {
		return true
	}
	last := len(number) - 1
	return last > 0 && c.Digit(number[:last]) == number[last]
}

func luhn(body []byte) byte {
	const doubled = "\x00\x02\x04\x06\x08\x01\x03\x05\x07\x09      " // a digit's double, its digits summed
	sum, i := uint32(0), len(body)-1
	for ; i > 0; i -= 2 {
		sum += uint32(doubled[body[i]&15]) + uint32(body[i-1]&15)
	}
	if i == 0 {
		sum += uint32(doubled[body[0]&15])
	}
	return '0' + byte((10-sum%10)%10)
}

func m10w3(body []byte) byte {
	sum := uint32(0)
	for i, weight := len(body)-1, uint32(3); i >= 0; i, weight = i-1, 4-weight {
		sum += weight * uint32(body[i]-'0')
	}
	return '0' + byte((10-sum%10)%10)
}

func m11w27(body []byte) byte {
	sum, weight := uint32(0), uint32(2)
	for i := len(body) - 1; i >= 0; i-- {
		sum += weight * uint32(body[i]-'0')
		if weight++; weight > 7 {
			weight = 2
		}
	}
	if r := 11 - sum%11; r < 10 {
		return '0' + byte(r)
	}
	return '0'
}

func remainder7(body []byte) byte {
	r := uint32(0)
	for _, c := range body {
		r = (r*10 + uint32(c-'0')) % 7
	}
	return byte(r)
}
