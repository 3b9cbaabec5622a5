// Package mailbox says which mail addresses there are: the plain form of RFC 5321, and the addresses that
// Japanese carriers gave out before 2009 against it, with two dots in a row or a dot before the @ (DOMAIN 9).
// It says how each is written in a header and to a mail server, and by what it is looked up.
package mailbox

import (
	"regexp"
	"slices"
	"strings"
)

// Kind is a form of address. The zero value is none.
type Kind uint8

// The kinds of addresses.
const (
	None    Kind = iota // no address that mail can be sent to
	Plain               // RFC 5321 without quotes and comments, ASCII
	Carrier             // a carrier's, with dots that RFC 5321 takes only in quotes
)

// Limits of an address, in bytes.
const (
	Most      = 254
	MostLocal = 64 // before the @
)

const (
	atom   = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
	label  = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
	domain = "(" + label + "\\.)+" + label
)

// Pattern is what a plain address has to look like, but for its length.
const Pattern = "^" + atom + "(\\." + atom + ")*@" + domain + "$"

var (
	plain = regexp.MustCompile(`\A` + atom + `(\.` + atom + `)*@` + domain + `\z`)
	loose = regexp.MustCompile(`\A` + atom + `\.[A-Za-z0-9!#$%&'*+/=?^_` + "`" + `{|}~.-]*\z`)
)

// carriers are the domains whose addresses may have dots anywhere but in front. No others: who mistypes an
// address elsewhere is told so. Suppression knows more carriers (package mailing): those who filter mail.
var carriers = []string{
	"docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "ymobile.ne.jp",
	"d.vodafone.ne.jp", "h.vodafone.ne.jp", "t.vodafone.ne.jp", "c.vodafone.ne.jp", "k.vodafone.ne.jp",
	"r.vodafone.ne.jp", "n.vodafone.ne.jp", "s.vodafone.ne.jp", "q.vodafone.ne.jp",
}

// KindOf says of what kind a text is as an address. Nothing is trimmed or changed first.
func KindOf(address string) Kind {
	local, at, ok := cut(address)
	switch {
	case !ok || len(address) > Most || len(local) > MostLocal:
		return None
	case plain.MatchString(address):
		return Plain
	case slices.Contains(carriers, strings.ToLower(at)) && loose.MatchString(local):
		return Carrier
	}
	return None
}

// Wire is an address as a header and a mail server take it: a carrier's with its local part in quotes,
// "a..b"@docomo.ne.jp, any other as it is.
func Wire(address string) string {
	if KindOf(address) != Carrier {
		return address
	}
	local, at, _ := cut(address)
	return `"` + local + `"@` + at // no character of the form has to be escaped
}

// Stored is an address as it is kept: the local part as typed, the domain in small letters.
func Stored(address string) string {
	local, at, ok := cut(address)
	if !ok {
		return address
	}
	return local + "@" + strings.ToLower(at)
}

// Key is by what an address is looked up: all in small letters. RFC 5321 leaves the case of a local part to
// its host, but no host in use gives A@ and a@ to two persons, and phones begin words with a capital.
func Key(address string) string { return strings.ToLower(address) }

// Local is what stands before the @; of a text without one nothing.
func Local(address string) string {
	local, _, _ := cut(address)
	return local
}

func cut(address string) (local, at string, ok bool) {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return "", "", false
	}
	return address[:i], address[i+1:], true
}
