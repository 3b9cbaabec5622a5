package model

import (
	"slices"
	"strings"
)

// account is where points go: a provider and the number of a point card in its full form.
type account struct{ provider, number string }

// holds says whether the date is inside the period (R8).
func (p Period) holds(date string) bool {
	return (p.ValidFrom == "" || date >= p.ValidFrom) && (p.ValidTo == "" || date <= p.ValidTo)
}

// normaliseCard gives the bare digits of a written card number (R7, DOMAIN 1): full-width characters become
// ASCII, spaces and hyphens go, then start and stop letters as a pair, then a symbology prefix.
func normaliseCard(written string) (string, bool) {
	var b strings.Builder
	for _, c := range written {
		switch {
		case c >= 0xFF01 && c <= 0xFF5E:
			c -= 0xFEE0
		case c == 0x3000:
			c = ' '
		case c == 0x2212:
			c = '-'
		}
		if c != ' ' && c != '-' {
			b.WriteRune(c)
		}
	}
	number := b.String()
	letter := func(c byte) bool { return strings.IndexByte("ABCDabcd", c) >= 0 }
	if n := len(number); n >= 2 && letter(number[0]) && letter(number[n-1]) {
		number = number[1 : n-1]
	}
	for _, prefix := range []string{"]C0", "]C1", "]E0"} {
		if rest, ok := strings.CutPrefix(number, prefix); ok {
			number = rest
			break
		}
	}
	return number, allDigits(number)
}

// findCard finds the range of a number: the exact length first, then padded short forms; a wrong check digit
// ends the search. It gives the account, or the reason why there is none.
func findCard(cards []Card, number, date string) (account, string) {
	byCode := func(a, b Card) int { return strings.Compare(a.Code, b.Code) }
	cards = slices.SortedFunc(slices.Values(cards), byCode)
	for _, c := range cards {
		if c.Digits == len(number) && c.Min <= number && number <= c.Max && c.holds(date) {
			return checked(c, number)
		}
	}
	for _, c := range cards {
		if c.Short == nil || c.Short.Length != len(number) {
			continue
		}
		full := c.Short.Pad + number
		if c.Digits == len(full) && c.Min <= full && full <= c.Max && c.holds(date) {
			return checked(c, full)
		}
	}
	return account{}, "card.unknown"
}

func checked(c Card, number string) (account, string) {
	last := len(number) - 1
	if c.Check != "" && c.Check != "NONE" && checkDigit(c.Check, number[:last]) != number[last] {
		return account{}, "card.check_digit"
	}
	return account{c.Provider, number}, ""
}

// checkDigit computes the check digit of a body of digits (DOMAIN 1).
func checkDigit(check, body string) byte {
	sum, rest := 0, 0
	for at := range len(body) { // at counts from the right
		d := int(body[len(body)-1-at] - '0')
		switch check {
		case "LUHN":
			if at%2 == 0 {
				d *= 2
			}
			sum += d/10 + d%10
		case "M10W3":
			sum += d * []int{3, 1}[at%2]
		case "M11W2_7":
			sum += d * (at%6 + 2)
		}
	}
	for _, c := range body {
		rest = (rest*10 + int(c-'0')) % 7
	}
	digit := 0
	switch check {
	case "LUHN", "M10W3":
		digit = (10 - sum%10) % 10
	case "M11W2_7":
		digit = 11 - sum%11
		if digit >= 10 {
			digit = 0
		}
	case "DR7":
		digit = rest
	case "DSR7":
		digit = 7 - rest
	}
	return byte('0' + digit)
}

// findMember resolves a member number to the member's newest card of the provider that was not replaced.
func findMember(members []Member, number, provider string) (account, string) {
	for _, m := range members {
		if m.Number != number {
			continue
		}
		for _, c := range slices.Backward(m.Cards) {
			if c.Provider == provider && c.ReplacedBy == "" {
				return account{provider, c.Card}, ""
			}
		}
		return account{}, "member.no_card"
	}
	return account{}, "member.unknown"
}

// newestNumber follows the chain of replacements of a card (R16).
func newestNumber(members []Member, a account) string {
	number := a.number
	for range 100 { // a chain cannot be longer; a circle must end
		next := ""
		for _, m := range members {
			for _, c := range m.Cards {
				if c.Provider == a.provider && c.Card == number {
					next = c.ReplacedBy
				}
			}
		}
		if next == "" {
			break
		}
		number = next
	}
	return number
}

// cardsOfMember gives all cards of the person who holds the card, replaced ones included; a card without a
// member stands for itself (R14).
func cardsOfMember(members []Member, a account) []account {
	for _, m := range members {
		var all []account
		for _, c := range m.Cards {
			all = append(all, account{c.Provider, c.Card})
		}
		if slices.Contains(all, a) {
			return all
		}
	}
	return []account{a}
}

// findAffiliate gives the code of the card company that a line names by code, or by prefix, asterisks and
// last four; nobody's code or prefix is no affiliate (R2). Choice: the digits that stand before the
// asterisks may be longer than the company's prefix.
func findAffiliate(affiliates []Affiliate, written, date string) string {
	prefix := ""
	if first := strings.Index(written, "*"); first > 0 {
		lastFour := strings.TrimLeft(written[first:], "*")
		if allDigits(written[:first]) && allDigits(lastFour) && len(lastFour) == 4 {
			prefix = written[:first]
		}
	}
	for _, a := range affiliates {
		if !a.holds(date) {
			continue
		}
		if a.Code == written {
			return a.Code
		}
		for _, p := range a.Prefixes {
			if prefix != "" && strings.HasPrefix(prefix, p) {
				return a.Code
			}
		}
	}
	return ""
}
