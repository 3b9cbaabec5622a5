package transaction

import (
	"crypto/sha256"
	"encoding/binary"
)

// KeyField is one of the fields that may make a transaction's key (R5).
type KeyField uint8

// The fields of a key.
const (
	KeyDate KeyField = iota
	KeyStore
	KeyRegister
	KeyReceipt
)

// DefaultKey are the key fields of a feed that names none.
var DefaultKey = [...]KeyField{KeyDate, KeyStore, KeyRegister, KeyReceipt}

// ParseKeyField reads a key field's name in the common layout.
func ParseKeyField(name string) (KeyField, bool) {
	for i, n := range [...]string{"business_date", "store", "register", "receipt"} {
		if n == name {
			return KeyField(i), true
		}
	}
	return 0, false
}

// SetKeys fills Key and Original from the fields, buf is scratch that is grown and returned (R5). A sale's or
// grant's key is its key fields, each with its length before it. The key of a return or cancel is the
// original's key (its own fields where it names none), its kind, and its return sequence: its own key fields
// if it has a receipt number, else 1.
func (t *Transaction) SetKeys(fields []KeyField, buf []byte) []byte {
	buf = t.appendKey(buf[:0], fields, false)
	if !t.Kind.TakesBack() {
		t.Key = sha256.Sum256(buf)
		t.Original = Hash{}
		return buf
	}
	own := len(buf)
	if t.NamesOriginal {
		buf = t.appendKey(buf, fields, true)
	} else {
		buf = append(buf, buf[:own]...)
	}
	t.Original = sha256.Sum256(buf[own:])
	first := len(buf)
	buf = appendPrefixed(buf, buf[own:first])
	buf = appendPrefixedString(buf, t.Kind.String())
	if len(t.Receipt) > 0 {
		buf = appendPrefixed(buf, buf[:own])
	} else {
		buf = appendPrefixedString(buf, "1")
	}
	t.Key = sha256.Sum256(buf[first:])
	return buf
}

// appendKey writes the key fields of the line itself, or of the original that it names.
func (t *Transaction) appendKey(buf []byte, fields []KeyField, original bool) []byte {
	date, store, register, receipt := t.Date, t.Store, t.Register, t.Receipt
	if original {
		date, store = t.OriginalDate, t.OriginalStore
		register, receipt = t.OriginalRegister, t.OriginalReceipt
	}
	for _, f := range fields {
		switch f {
		case KeyDate:
			at := len(buf)
			buf = append(buf, 0, 0, 0, 0)
			if !date.IsZero() {
				buf = date.AppendTo(buf)
			}
			binary.BigEndian.PutUint32(buf[at:], uint32(len(buf)-at-4))
		case KeyStore:
			buf = appendPrefixed(buf, store)
		case KeyRegister:
			buf = appendPrefixed(buf, register)
		case KeyReceipt:
			buf = appendPrefixed(buf, receipt)
		}
	}
	return buf
}

func appendPrefixed(buf, field []byte) []byte {
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(field)))
	return append(buf, field...)
}

func appendPrefixedString(buf []byte, field string) []byte {
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(field)))
	return append(buf, field...)
}

// Content is SHA-256 of the canonical record without feed, file, line and offset (R5): two lines with one key
// and one content are duplicates, with two contents a conflict. Nothing in it depends on masters. buf is
// scratch that is grown and returned.
func (t *Transaction) Content(buf []byte) (Hash, []byte) {
	buf = appendPrefixedString(buf[:0], t.Kind.String())
	buf = appendInt(buf, int64(t.Date))
	seconds := int64(t.Time)
	if seconds < 0 {
		seconds = 0
	}
	buf = appendInt(buf, seconds)
	buf = appendPrefixed(buf, t.Store)
	buf = appendPrefixed(buf, t.Register)
	buf = appendPrefixed(buf, t.Receipt)
	buf = appendInt(buf, int64(t.OriginalDate))
	buf = appendPrefixed(buf, t.OriginalStore)
	buf = appendPrefixed(buf, t.OriginalRegister)
	buf = appendPrefixed(buf, t.OriginalReceipt)
	if len(t.MemberNo) > 0 {
		buf = appendPrefixed(buf, nil)
	} else {
		buf = appendPrefixed(buf, t.Card)
	}
	buf = appendPrefixed(buf, t.MemberNo)
	buf = appendPrefixed(buf, t.AffiliateRaw)
	for _, v := range [...]int64{t.AmountIncl, t.Excl, t.Incl8, t.Incl10, t.Tax8, t.Tax10} {
		buf = appendInt(buf, v)
	}
	buf = appendPrefixed(buf, t.PointType)
	buf = appendPrefixed(buf, t.GrantType)
	buf = appendInt(buf, t.PointsGiven)
	buf = appendInt(buf, int64(len(t.Items)))
	for i := range t.Items {
		buf = appendPrefixed(buf, t.Items[i].Product)
		buf = appendInt(buf, t.Items[i].Quantity)
		buf = appendInt(buf, t.Items[i].Amount)
		buf = appendInt(buf, int64(t.Items[i].TaxRate))
	}
	return sha256.Sum256(buf), buf
}

func appendInt(buf []byte, v int64) []byte { return binary.BigEndian.AppendUint64(buf, uint64(v)) }

// KeyOf is the key of a sale or grant from its key fields as texts, in the feed's order; dates as YYYY-MM-DD
// (R5).
func KeyOf(fields ...string) Hash {
	var buf []byte
	for _, f := range fields {
		buf = appendPrefixedString(buf, f)
	}
	return sha256.Sum256(buf)
}
