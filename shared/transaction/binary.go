package transaction

import (
	"encoding/binary"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

// flags of the binary form.
const (
	hasOriginal = 1 << iota
	hasOtherAmounts
	hasItems
	hasMember
	hasPoints
)

// AppendBinary writes the compact form that steps hand to each other: everything but nothing twice. It is not
// a format for keeping; docs/files/common-layout.md describes the CSV form.
func (t *Transaction) AppendBinary(dst []byte) []byte {
	flags := byte(0)
	if t.NamesOriginal {
		flags |= hasOriginal
	}
	if t.Excl|t.Incl8|t.Incl10|t.Tax8|t.Tax10 != 0 {
		flags |= hasOtherAmounts
	}
	if len(t.Items) > 0 {
		flags |= hasItems
	}
	if len(t.MemberNo) > 0 {
		flags |= hasMember
	}
	if t.PointsGiven != 0 || len(t.PointType) > 0 || len(t.GrantType) > 0 {
		flags |= hasPoints
	}
	dst = append(dst, byte(t.Kind), flags)
	dst = append(dst, t.Key[:]...)
	dst = binary.AppendUvarint(dst, uint64(t.File))
	dst = binary.AppendUvarint(dst, uint64(t.Line))
	dst = binary.AppendUvarint(dst, uint64(t.Offset))
	dst = binary.AppendVarint(dst, int64(t.Date))
	dst = binary.AppendVarint(dst, int64(t.Time))
	dst = appendShort(dst, t.TimeRaw)
	dst = appendShort(dst, t.Store)
	dst = appendShort(dst, t.Register)
	dst = appendShort(dst, t.Receipt)
	dst = appendShort(dst, t.Card)
	dst = appendShort(dst, t.Account)
	dst = binary.AppendVarint(dst, int64(t.Scheme))
	dst = binary.AppendVarint(dst, int64(t.Provider))
	dst = appendShort(dst, t.AffiliateRaw)
	dst = binary.AppendVarint(dst, int64(t.Affiliate))
	dst = binary.AppendVarint(dst, t.AmountIncl)
	dst = binary.AppendVarint(dst, t.AmountExcl)
	if flags&hasOtherAmounts != 0 {
		for _, v := range [...]int64{t.Excl, t.Incl8, t.Incl10, t.Tax8, t.Tax10} {
			dst = binary.AppendVarint(dst, v)
		}
	}
	if flags&hasMember != 0 {
		dst = appendShort(dst, t.MemberNo)
	}
	if flags&hasPoints != 0 {
		dst = appendShort(dst, t.PointType)
		dst = appendShort(dst, t.GrantType)
		dst = binary.AppendVarint(dst, t.PointsGiven)
	}
	if t.Kind.TakesBack() {
		dst = append(dst, t.Original[:]...)
	}
	if flags&hasOriginal != 0 {
		dst = binary.AppendVarint(dst, int64(t.OriginalDate))
		dst = appendShort(dst, t.OriginalStore)
		dst = appendShort(dst, t.OriginalRegister)
		dst = appendShort(dst, t.OriginalReceipt)
	}
	if flags&hasItems != 0 {
		dst = t.appendItems(dst)
	}
	return dst
}

func (t *Transaction) appendItems(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(t.Items)))
	for i := range t.Items {
		dst = appendShort(dst, t.Items[i].Product)
		dst = binary.AppendVarint(dst, t.Items[i].Quantity)
		dst = binary.AppendVarint(dst, t.Items[i].Amount)
		dst = binary.AppendVarint(dst, int64(t.Items[i].TaxRate))
	}
	return dst
}

func appendShort(dst, field []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(field)))
	return append(dst, field...)
}

// cursor reads the binary form; bad stays set once the bytes run out.
type cursor struct {
	b   []byte
	at  int
	bad bool
}

func (c *cursor) uvarint() uint64 {
	if c.at < len(c.b) && c.b[c.at] < 0x80 {
		c.at++
		return uint64(c.b[c.at-1])
	}
	v, n := binary.Uvarint(c.b[c.at:])
	if n <= 0 {
		c.bad = true
		return 0
	}
	c.at += n
	return v
}

func (c *cursor) varint() int64 {
	u := c.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (c *cursor) short() []byte { return c.take(int(min(c.uvarint(), 1<<30))) }

func (c *cursor) take(n int) []byte {
	if n > len(c.b)-c.at {
		c.bad = true
		return nil
	}
	c.at += n
	return c.b[c.at-n : c.at : c.at]
}

func (c *cursor) hash(h *Hash) { copy(h[:], c.take(len(h))) }

// DecodeBinary fills t from the binary form at the start of b and gives the number of bytes read. The fields
// are views into b; Items reuse t's slice. Damaged bytes give a fault, never a panic.
func (t *Transaction) DecodeBinary(b []byte) (int, error) {
	c := cursor{b: b}
	head := c.take(2)
	if c.bad || head[0] > byte(Cancel) {
		return 0, fault.New(fault.ReadFailed, "damaged transaction record")
	}
	items := t.Items[:0]
	*t = Transaction{Kind: Kind(head[0])}
	flags := head[1]
	c.hash(&t.Key)
	t.File, t.Line, t.Offset = int32(c.uvarint()), int64(c.uvarint()), int64(c.uvarint())
	t.Date, t.Time = calendar.Date(c.varint()), calendar.Clock(c.varint())
	t.TimeRaw, t.Store, t.Register, t.Receipt = c.short(), c.short(), c.short(), c.short()
	t.Card, t.Account = c.short(), c.short()
	t.Scheme, t.Provider = int32(c.varint()), int32(c.varint())
	t.AffiliateRaw, t.Affiliate = c.short(), int32(c.varint())
	t.AmountIncl, t.AmountExcl = c.varint(), c.varint()
	if flags&hasOtherAmounts != 0 {
		t.Excl, t.Incl8, t.Incl10 = c.varint(), c.varint(), c.varint()
		t.Tax8, t.Tax10 = c.varint(), c.varint()
	}
	if flags&hasMember != 0 {
		t.MemberNo = c.short()
	}
	if flags&hasPoints != 0 {
		t.PointType, t.GrantType, t.PointsGiven = c.short(), c.short(), c.varint()
	}
	if t.Kind.TakesBack() {
		c.hash(&t.Original)
	}
	if t.NamesOriginal = flags&hasOriginal != 0; t.NamesOriginal {
		t.OriginalDate = calendar.Date(c.varint())
		t.OriginalStore, t.OriginalRegister, t.OriginalReceipt = c.short(), c.short(), c.short()
	}
	t.Items = items
	if flags&hasItems != 0 {
		for n := c.uvarint(); n > 0 && !c.bad; n-- {
			t.Items = append(t.Items, Item{c.short(), c.varint(), c.varint(), int32(c.varint())})
		}
	}
	if c.bad {
		return 0, fault.New(fault.ReadFailed, "damaged transaction record")
	}
	return c.at, nil
}

// BinaryLine gives the line of a record in binary form without decoding the rest.
func BinaryLine(b []byte) (int64, bool) {
	c := cursor{b: b}
	c.take(2 + len(Hash{}))
	c.uvarint()
	line := int64(c.uvarint())
	return line, !c.bad
}
