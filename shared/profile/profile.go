// Package profile reads what people type about themselves: Check takes a form as it was typed and gives
// the data as they are kept, or all that is wrong, one fault a field (SPEC A2, A3; DOMAIN 6.1, 9). Message
// says a fault to the person, in Japanese or English: what was found, what is expected.
//
// Where something can be understood, it is: full-width digits, spaces and hyphens of all kinds in numbers,
// hiragana and half-width katakana in readings, ＠ in addresses. Names and addresses are kept as typed but
// for spaces and NFC (髙, 﨑, 𠮷 stay; never NFKC). HTML is text like any other: whoever shows it escapes it.
// Refused in every field are control characters, marks that turn the direction of text, characters without a
// shape, private use, what Unicode has not assigned, broken UTF-8 and emoji; the rules are in text.go.
//
// It promises: the same form gives the same result; no input panics; a profile that passed, filled into a
// form again, passes and gives itself; a fault holds at most one character of what was typed, and its Error
// text none.
package profile

import (
	"slices"
	"strings"
	"unicode/utf8"

	"multipoint/shared/fault"
	"multipoint/shared/postal"
	"multipoint/shared/profile/mailbox"
)

// Form is what was typed, field by field, as it came.
type Form struct {
	Mail, MailAgain                 string
	FamilyName, GivenName           string
	FamilyKana, GivenKana           string
	Postal                          string
	Prefecture                      string // 1 to 47, with or without a leading zero, or the Japanese name
	City, Street, Building          string
	Phone                           string
	BirthYear, BirthMonth, BirthDay string // numbers; the year of the western calendar
	Sex                             string // M, F, N (does not say) or nothing
	LoginKey                        string // of Rules.LoginKeys
	Password, PasswordAgain         string
	OptIns                          []string // of Rules.Purposes
	Terms                           bool     // accepted
}

// Sex is what a person says of it.
type Sex string

// The answers to the question for the sex. SexUnsaid is an answer (回答しない), SexUnknown is none.
const (
	SexUnknown Sex = ""
	Male       Sex = "M"
	Female     Sex = "F"
	SexUnsaid  Sex = "N"
)

// Profile is a person's data as they are kept. What a form did not ask for, or was left empty, is zero. The
// password is not part of it.
type Profile struct {
	Mail                   string // local part as typed, domain in small letters; mailbox.Wire to send to it
	FamilyName, GivenName  string
	FamilyKana, GivenKana  string // full-width katakana
	Postal                 string // 7 digits
	Prefecture             postal.Prefecture
	City, Street, Building string
	Phone                  string // 10 or 11 digits
	Birth                  Birth
	Sex                    Sex
	LoginKey               string   // of Rules.LoginKeys
	OptIns                 []string // in the order of Rules.Purposes
}

// Longest texts, in characters (Unicode code points).
const (
	MostName    = 20
	MostKana    = 40
	MostAddress = 50 // each of city, street, building
)

// postalDigits is the length of a postal code.
const postalDigits = 7

// Check gives the data of a form and what is wrong with it: no faults, and the profile is good; else the
// profile holds what was good. At most one fault a field, in the order of the form, each with Place.Field.
// Codes: field.missing, field.too_long, field.characters, field.choice, kana.bad, postal.bad,
// phone.bad, birth.bad, address.bad, confirmation.differs, password.short, password.long, password.common,
// terms.not_accepted.
func Check(f Form, r Rules) (Profile, []*fault.Error) {
	c := checker{rules: r}
	var p Profile
	if c.asked(FieldMail, f.Mail) {
		p.Mail = c.mail(f.Mail)
	}
	if c.rules.Demand(FieldMailAgain) != NotAsked {
		c.same(FieldMailAgain, FieldMail, addressOf(f.Mail), addressOf(f.MailAgain))
	}
	p.FamilyName = c.name(FieldFamilyName, f.FamilyName)
	p.GivenName = c.name(FieldGivenName, f.GivenName)
	p.FamilyKana = c.kana(FieldFamilyKana, f.FamilyKana)
	p.GivenKana = c.kana(FieldGivenKana, f.GivenKana)
	if c.asked(FieldPostal, f.Postal) {
		p.Postal = c.postal(f.Postal)
	}
	if c.asked(FieldPrefecture, f.Prefecture) {
		p.Prefecture = c.prefecture(f.Prefecture)
	}
	p.City = c.address(FieldCity, f.City)
	p.Street = c.address(FieldStreet, f.Street)
	p.Building = c.address(FieldBuilding, f.Building)
	if c.asked(FieldPhone, f.Phone) {
		p.Phone = c.phone(f.Phone)
	}
	if r.Demand(FieldBirth) != NotAsked {
		p.Birth = c.birth(f.BirthYear, f.BirthMonth, f.BirthDay)
	}
	if c.asked(FieldSex, f.Sex) {
		p.Sex = c.sex(f.Sex)
	}
	if c.asked(FieldLoginKey, f.LoginKey) {
		p.LoginKey = c.loginKey(f.LoginKey)
	}
	if r.Demand(FieldPassword) != NotAsked {
		c.password(f.Password, slices.Concat(r.Known, known(p)))
	}
	if r.Demand(FieldPasswordAgain) != NotAsked {
		c.same(FieldPasswordAgain, FieldPassword, f.Password, f.PasswordAgain)
	}
	if r.Demand(FieldOptIns) != NotAsked {
		p.OptIns = c.optIns(f.OptIns)
	}
	if r.Demand(FieldTerms) == Required && !f.Terms {
		c.fail(FieldTerms, fault.TermsNotAccepted, Finding{})
	}
	return p, c.faults
}

// Form gives the form that has the profile's data in it, to be changed and checked again; without passwords
// and without the terms accepted.
func (p Profile) Form() Form {
	f := Form{
		Mail: p.Mail, MailAgain: p.Mail,
		FamilyName: p.FamilyName, GivenName: p.GivenName, FamilyKana: p.FamilyKana, GivenKana: p.GivenKana,
		Postal: p.Postal, Prefecture: p.Prefecture.Code(), City: p.City, Street: p.Street,
		Building: p.Building,
		Phone:    p.Phone, Sex: string(p.Sex), LoginKey: p.LoginKey, OptIns: slices.Clone(p.OptIns),
	}
	if !p.Birth.IsZero() {
		parts := strings.Split(p.Birth.String(), "-")
		f.BirthYear, f.BirthMonth, f.BirthDay = parts[0], parts[1], parts[2]
	}
	return f
}

// Key is the form of a field's value by which it is looked up and compared: of mail, phone, family_kana,
// given_kana; of other fields, and of a value that is not there, nothing.
func (p Profile) Key(field string) string {
	switch field {
	case FieldMail:
		return mailbox.Key(p.Mail)
	case FieldPhone:
		return p.Phone
	case FieldFamilyKana:
		return kanaKey(p.FamilyKana)
	case FieldGivenKana:
		return kanaKey(p.GivenKana)
	}
	return ""
}

// Key is the same of what was typed to find or log in somebody, card numbers too, whatever the masters say of
// them; ok is false if nothing can be found by it. It is as lenient as Check.
func Key(field, typed string) (key string, ok bool) {
	if len(typed) > tooMuch {
		return "", false
	}
	switch field {
	case FieldMail:
		address := addressOf(typed)
		return mailbox.Key(address), mailbox.KindOf(address) != mailbox.None
	case FieldPhone:
		found, _, ok := phoneDigits(typed)
		return found, ok && PhoneKindOf(found) != NoPhone
	case FieldCard:
		return cardDigits(typed)
	case FieldFamilyKana, FieldGivenKana:
		kana := katakana(typed)
		_, bad := notKana(kana)
		return kanaKey(kana), !bad
	}
	return "", false
}

// checker collects the faults of one form.
type checker struct {
	rules  Rules
	faults []*fault.Error
}

// fail notes a fault. Nobody else looks at a field after its first fault.
func (c *checker) fail(field string, code fault.Code, found Finding) {
	c.faults = append(c.faults, &fault.Error{Code: code, Place: fault.Place{Field: field}, Err: found.err()})
}

// empty notes that a field was left empty, if it must not be.
func (c *checker) empty(field string) {
	if c.rules.Demand(field) == Required {
		c.fail(field, fault.FieldMissing, Finding{})
	}
}

// asked says whether a field is to be looked at: it is asked for and not empty, nor absurdly long.
func (c *checker) asked(field, typed string) bool {
	switch {
	case c.rules.Demand(field) == NotAsked:
		return false
	case len(typed) > tooMuch:
		c.fail(field, fault.FieldTooLong, Finding{Kind: Length, Count: utf8.RuneCountInString(typed)})
		return false
	case plain(typed) == "":
		c.empty(field)
		return false
	}
	return true
}

func (c *checker) name(field, typed string) string {
	return c.text(field, typed, MostName, refusedInName)
}

func (c *checker) address(field, typed string) string {
	return c.text(field, typed, MostAddress, func(rune) bool { return false })
}

// text keeps a text as typed; refused finds what this field does not take although others do.
func (c *checker) text(field, typed string, most int, refused func(rune) bool) string {
	if !c.asked(field, typed) {
		return ""
	}
	text := clean(typed)
	r, bad := notTaken(text, refused)
	if bad {
		c.fail(field, fault.FieldCharacters, Finding{Kind: OddCharacter, Rune: r})
		return ""
	}
	return c.fits(field, text, most)
}

func (c *checker) kana(field, typed string) string {
	if !c.asked(field, typed) {
		return ""
	}
	text := katakana(typed)
	if found, bad := notKana(text); bad {
		c.fail(field, fault.KanaBad, found)
		return ""
	}
	return c.fits(field, text, MostKana)
}

func (c *checker) fits(field, text string, most int) string {
	if n := utf8.RuneCountInString(text); n > most {
		c.fail(field, fault.FieldTooLong, Finding{Kind: Length, Count: n, Most: most})
		return ""
	}
	return text
}

func (c *checker) postal(typed string) string {
	found, odd, ok := digits(strings.TrimPrefix(plain(typed), "〒"))
	switch {
	case !ok:
		c.fail(FieldPostal, fault.PostalBad, Finding{Kind: OddCharacter, Rune: odd})
	case len(found) != postalDigits:
		c.fail(FieldPostal, fault.PostalBad, Finding{
			Kind: Length, Count: len(found), Least: postalDigits, Most: postalDigits,
		})
	default:
		return found
	}
	return ""
}

func (c *checker) prefecture(typed string) postal.Prefecture {
	p, ok := postal.PrefectureOf(plain(typed))
	if !ok {
		c.fail(FieldPrefecture, fault.FieldChoice, Finding{})
	}
	return p
}

func (c *checker) phone(typed string) string {
	found, odd, ok := phoneDigits(typed)
	kind := NoPhone
	if ok {
		kind = PhoneKindOf(found)
	}
	finding := Finding{Kind: Length, Count: len(found), Least: 10, Most: 11}
	if c.rules.MobileOnly {
		finding.Least = finding.Most
	}
	switch {
	case !ok:
		finding = Finding{Kind: OddCharacter, Rune: odd}
	case kind == Mobile || kind != NoPhone && !c.rules.MobileOnly:
		return found
	case len(found) == 10 && PhoneKindOf(found+"0") == Mobile:
		finding.Least = finding.Most // a mobile number cut short
	case len(found) >= finding.Least && len(found) <= finding.Most:
		finding.Kind = WrongKind
		if c.rules.MobileOnly {
			finding.Kind = NotMobile
		}
	}
	c.fail(FieldPhone, fault.PhoneBad, finding)
	return ""
}

func (c *checker) sex(typed string) Sex {
	switch s := Sex(plain(typed)); s {
	case Male, Female, SexUnsaid:
		return s
	}
	c.fail(FieldSex, fault.FieldChoice, Finding{})
	return SexUnknown
}

func (c *checker) loginKey(typed string) string {
	if !slices.Contains(c.rules.LoginKeys, typed) {
		c.fail(FieldLoginKey, fault.FieldChoice, Finding{})
		return ""
	}
	return typed
}

// addressOf is a mail address as it is kept.
func addressOf(typed string) string { return mailbox.Stored(plain(typed)) }

func (c *checker) mail(typed string) string {
	address := addressOf(typed)
	if mailbox.KindOf(address) != mailbox.None {
		return address
	}
	finding := Finding{Kind: Malformed}
	odd := strings.IndexFunc(address, func(r rune) bool { return r <= ' ' || r > '~' })
	switch {
	case odd >= 0:
		finding.Kind = OddCharacter
		finding.Rune, _ = utf8.DecodeRuneInString(address[odd:])
	case len(address) > mailbox.Most:
		finding = Finding{Kind: Length, Count: len(address), Most: mailbox.Most}
	case !strings.Contains(address, "@"):
		finding.Kind = NoAt
	}
	c.fail(FieldMail, fault.AddressBad, finding)
	return ""
}

// same compares a field with its confirmation. If the field itself is wrong, that is said alone.
func (c *checker) same(again, field, first, second string) {
	wrong := slices.ContainsFunc(c.faults, func(f *fault.Error) bool { return f.Field == field })
	switch {
	case wrong || c.rules.Demand(field) == NotAsked || first == second:
	case second == "":
		c.fail(again, fault.FieldMissing, Finding{})
	default:
		c.fail(again, fault.ConfirmationDiffers, Finding{})
	}
}

func (c *checker) optIns(ticked []string) []string {
	var chosen []string
	for _, purpose := range c.rules.Purposes {
		if slices.Contains(ticked, purpose) {
			chosen = append(chosen, purpose)
		}
	}
	stranger := func(purpose string) bool { return !slices.Contains(c.rules.Purposes, purpose) }
	switch {
	case slices.ContainsFunc(ticked, stranger):
		c.fail(FieldOptIns, fault.FieldChoice, Finding{})
		return nil
	case len(chosen) == 0:
		c.empty(FieldOptIns)
	}
	return chosen
}

// known are the words that an attacker who knows the person tries.
func known(p Profile) []string {
	birth := strings.ReplaceAll(p.Birth.String(), "-", "")
	words := []string{mailbox.Local(p.Mail), p.Phone, p.Postal, birth, p.FamilyName, p.GivenName}
	if len(p.Phone) > 4 {
		words = append(words, p.Phone[len(p.Phone)-4:], p.Phone[len(p.Phone)-8:])
	}
	return words
}
