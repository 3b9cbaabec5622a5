// Package mailing is what happens around mails: the record of each mail (R23), the texts (SPEC A6 to A8),
// the queue of mails to members with its window and rate, and who is not mailed any more (DOMAIN 6.2, 9).
//
// The queue and the records hold no address of a member: who a mail goes to is asked when it is sent, so
// that members who changed or are gone are respected.
package mailing

import (
	"regexp"

	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// key names an item.
func key(partition, sort string) table.Key { return table.Key{Partition: partition, Sort: sort} }

// damaged says that what the table keeps cannot be read.
func damaged(what string, err error) error {
	return &fault.Error{Code: fault.PartDamaged, What: "the record of " + what + " is damaged", Err: err}
}

// addresses finds what could be a mail address in a text from elsewhere.
var addresses = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)

// faceless is an error without the addresses in its text; what it wraps stays within reach of errors.Is.
type faceless struct{ error }

// Error gives the text with … for each address.
func (f faceless) Error() string { return addresses.ReplaceAllString(f.error.Error(), "…@…") }

// Unwrap gives the error itself.
func (f faceless) Unwrap() error { return f.error }
