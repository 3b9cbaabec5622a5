package profile

import (
	"strings"
	"unicode/utf8"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/master"
)

// Cards are the cards that a provider's number is looked for in.
type Cards struct {
	Index    *card.Index
	Ranges   []master.Card // those that Index was compiled from
	Provider string        // whose number is asked for
	On       calendar.Date // the day in Japan
}

// CheckCard gives the full number of a point card as typed (R7), digits only, or what is wrong with it at the
// field card: field.missing, card.not_digits, card.unknown (with the digits typed and those that the
// provider's cards have), card.check_digit. Whether somebody else has the card is not asked here.
func CheckCard(typed string, cards Cards) (number string, wrong *fault.Error) {
	fail := func(code fault.Code, found Finding) (string, *fault.Error) {
		return "", &fault.Error{Code: code, Place: fault.Place{Field: FieldCard}, Err: found.err()}
	}
	switch {
	case len(typed) > tooMuch:
		return fail(fault.FieldTooLong, Finding{Kind: Length, Count: utf8.RuneCountInString(typed)})
	case plain(typed) == "":
		return fail(fault.FieldMissing, Finding{})
	}
	found, ok := cardDigits(typed)
	if !ok {
		if _, odd, ok := digits(typed); !ok {
			return fail(fault.CardNotDigits, Finding{Kind: OddCharacter, Rune: odd})
		}
		return fail(fault.CardNotDigits, Finding{})
	}
	match, code := cards.Index.Identify([]byte(found), cards.On, nil)
	least, most := cards.lengths()
	switch {
	case (code != 0 || !cards.own(match)) && (len(found) < least || len(found) > most):
		return fail(fault.CardUnknown, Finding{Kind: Length, Count: len(found), Least: least, Most: most})
	case code != 0:
		return fail(code, Finding{})
	case !cards.own(match):
		return fail(fault.CardUnknown, Finding{Kind: OfAnother})
	}
	return string(match.Number), nil
}

func (c Cards) own(m card.Match) bool { return c.Ranges[m.Card].Provider == c.Provider }

// lengths gives the fewest and the most digits that the provider's cards can be written with today.
func (c Cards) lengths() (least, most int) {
	for i := range c.Ranges {
		r := &c.Ranges[i]
		if r.Provider != c.Provider || !r.Holds(c.On) {
			continue
		}
		shortest := r.Digits
		if r.Short != nil {
			shortest = r.Short.Length
		}
		if least == 0 {
			least = shortest
		}
		least, most = min(least, shortest), max(most, r.Digits)
	}
	return least, most
}

// cardDigits gives the digits of a card number: as card.Normalise, and with hyphens of all kinds.
func cardDigits(typed string) (string, bool) {
	typed = strings.Map(func(r rune) rune {
		if strings.ContainsRune(hyphens, r) {
			return '-'
		}
		return r
	}, plain(typed))
	found, code := card.Normalise(nil, []byte(typed))
	return string(found), code == 0 && len(found) > 0
}
