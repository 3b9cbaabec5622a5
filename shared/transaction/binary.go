package transaction

import (
	"encoding/binary"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/packed"
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

// cursor reads the binary form.
type cursor struct{ packed.Reader }

func (c *cursor) hash(h *Hash) { copy(h[:], c.Take(len(h))) }

// DecodeBinary fills t from the binary form at the start of b and gives the number of bytes read. The fields
// are views into b; Items reuse t's slice. Damaged bytes give a fault, never a panic.
func (t *Transaction) DecodeBinary(b []byte) (int, error) {
	c := cursor{packed.From(b)}
	head := c.Take(2)
	if c.Bad() || head[0] > byte(Cancel) {
		return 0, fault.New(fault.ReadFailed, "damaged transaction record")
	}
	items := t.Items[:0]
	*t = Transaction{Kind: Kind(head[0])}
	flags := head[1]
	c.hash(&t.Key)
	t.File, t.Line, t.Offset = int32(c.Uvarint()), int64(c.Uvarint()), int64(c.Uvarint())
	t.Date, t.Time = calendar.Date(c.Varint()), calendar.Clock(c.Varint())
	t.TimeRaw, t.Store, t.Register, t.Receipt = c.Text(), c.Text(), c.Text(), c.Text()
	t.Card, t.Account = c.Text(), c.Text()
	t.Scheme, t.Provider = int32(c.Varint()), int32(c.Varint())
	t.AffiliateRaw, t.Affiliate = c.Text(), int32(c.Varint())
	t.AmountIncl, t.AmountExcl = c.Varint(), c.Varint()
	if flags&hasOtherAmounts != 0 {
		t.Excl, t.Incl8, t.Incl10 = c.Varint(), c.Varint(), c.Varint()
		t.Tax8, t.Tax10 = c.Varint(), c.Varint()
	}
	if flags&hasMember != 0 {
		t.MemberNo = c.Text()
	}
	if flags&hasPoints != 0 {
		t.PointType, t.GrantType, t.PointsGiven = c.Text(), c.Text(), c.Varint()
	}
	if t.Kind.TakesBack() {
		c.hash(&t.Original)
	}
	if t.NamesOriginal = flags&hasOriginal != 0; t.NamesOriginal {
		t.OriginalDate = calendar.Date(c.Varint())
		t.OriginalStore, t.OriginalRegister, t.OriginalReceipt = c.Text(), c.Text(), c.Text()
	}
	t.Items = items
	if flags&hasItems != 0 {
		for n := c.Uvarint(); n > 0 && !c.Bad(); n-- {
			t.Items = append(t.Items, Item{c.Text(), c.Varint(), c.Varint(), int32(c.Varint())})
		}
	}
	if c.Bad() {
		return 0, fault.New(fault.ReadFailed, "damaged transaction record")
	}
	return c.At(), nil
}

// BinaryLine gives the line of a record in binary form without decoding the rest.
func BinaryLine(b []byte) (int64, bool) {
	c := cursor{packed.From(b)}
	c.Take(2 + len(Hash{}))
	c.Uvarint()
	line := int64(c.Uvarint())
	return line, !c.Bad()
}
