package profile

import (
	"maps"
	"slices"

	"multipoint/shared/calendar"
)

// The fields of the forms, as Place.Field of a fault names them.
const (
	FieldMail          = "mail"
	FieldMailAgain     = "mail_again"
	FieldFamilyName    = "family_name"
	FieldGivenName     = "given_name"
	FieldFamilyKana    = "family_kana"
	FieldGivenKana     = "given_kana"
	FieldPostal        = "postal"
	FieldPrefecture    = "prefecture"
	FieldCity          = "city"
	FieldStreet        = "street"
	FieldBuilding      = "building"
	FieldPhone         = "phone"
	FieldBirth         = "birth"
	FieldSex           = "sex"
	FieldLoginKey      = "login_key"
	FieldPassword      = "password"
	FieldPasswordAgain = "password_again"
	FieldOptIns        = "opt_ins"
	FieldTerms         = "terms"
	// FieldCard is the number of a point card: CheckCard looks at it, Check does not.
	FieldCard = "card"
)

// order is the order of the fields in a form, and so that of the faults.
var order = []string{
	FieldMail, FieldMailAgain, FieldFamilyName, FieldGivenName, FieldFamilyKana, FieldGivenKana, FieldPostal,
	FieldPrefecture, FieldCity, FieldStreet, FieldBuilding, FieldPhone, FieldBirth, FieldSex, FieldLoginKey,
	FieldPassword, FieldPasswordAgain, FieldOptIns, FieldTerms,
}

// Demand says whether a field is asked for. The zero value is Usual.
type Demand uint8

// The demands. Usual is Required, but for building, birth, sex and opt-ins, which are Optional, and for
// mail_again and password_again, which are NotAsked: the mailed link and the shown password prove more than a
// second try. login_key is NotAsked where Rules.LoginKeys offers no choice.
const (
	Usual    Demand = iota
	Required        // must be filled in
	Optional        // may be filled in
	NotAsked        // what is sent is not looked at
)

// Rules are what a retailer's form asks for. The zero value but for Today is the usual registration.
type Rules struct {
	// Today is the day in Japan; nobody is born after it. It must be set where birth is asked for.
	Today calendar.Date
	// Demands are the fields whose demand is not the usual one.
	Demands map[string]Demand
	// MobileOnly refuses phone numbers other than 060, 070, 080, 090.
	MobileOnly bool
	// PasswordLeast is the shortest password, 0 = MemberPassword.
	PasswordLeast int
	// Known are words that make a password common here, such as the retailer's name in Latin letters. What
	// the form itself says of the person is added.
	Known []string
	// LoginKeys are the fields that a member may choose to log in with: mail, phone, card. Whether the member
	// gave the one chosen is not asked here.
	LoginKeys []string
	// Purposes are the kinds of advertising mail that can be opted into, in the form's order.
	Purposes []string
}

// Only gives the rules for a page that asks for these fields and no others, each with the demand it has.
func (r Rules) Only(fields ...string) Rules {
	demands := maps.Clone(r.Demands)
	if demands == nil {
		demands = map[string]Demand{}
	}
	for _, field := range order {
		if !slices.Contains(fields, field) {
			demands[field] = NotAsked
		}
	}
	r.Demands = demands
	return r
}

// Demand is what is asked of a field: Required, Optional or NotAsked.
func (r Rules) Demand(field string) Demand {
	if d := r.Demands[field]; d != Usual {
		return d
	}
	switch field {
	case FieldBuilding, FieldBirth, FieldSex, FieldOptIns:
		return Optional
	case FieldMailAgain, FieldPasswordAgain:
		return NotAsked
	case FieldLoginKey:
		if len(r.LoginKeys) == 0 {
			return NotAsked
		}
	}
	return Required
}
