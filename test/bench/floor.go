package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"strconv"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/charset"
	"multipoint/shared/fault"
)

// floor is the least that row b asks for, written by hand for this one layout: no other layout, no error that
// is told, no returns. It takes sales with nothing wrong and leaves all other lines out. It proves the same
// characters and uses the same packages for dates and cards, so the time it needs is what any budget of row b
// must leave room for.
type floor struct {
	cards      *card.Index
	affiliates *card.Affiliates
	columns    charset.Columns
	schemes    []string // of each card range: its code and its provider, as in the common layout
	affiliate  []string
	from, to   calendar.Date
	days       [16]floorDay
	left       int64 // lines left out
	number     [64]byte
}

// mostLeft is the part of the lines, one in so many, that the floor may leave out.
const mostLeft = 20

// floorFile converts the fixed-length file.
func floorFile(w *work) (figure, error) {
	f := figure{Records: int64(w.lines)}
	c, err := compile("POSFIXED", w.lines)
	if err != nil {
		return f, err
	}
	floor, err := newFloor(c)
	if err != nil {
		return f, err
	}
	out, err := w.target()
	if err != nil {
		return f, err
	}
	err = measured(&f, func() error {
		in, err := os.Open(w.in)
		if err != nil {
			return err
		}
		defer func() { _ = in.Close() }()
		return floor.blocks(io.TeeReader(in, sha256.New()), out)
	})
	if err != nil {
		return f, err
	}
	f.Note = fmt.Sprintf("%d lines that are no plain sales are left out", floor.left)
	if floor.left > f.Records/mostLeft {
		return f, fault.New(fault.FileBadLines, f.Note)
	}
	err = out.end(&f)
	return f, err
}

func (f *floor) blocks(in io.Reader, out io.Writer) error {
	block, rows := make([]byte, 1<<20), []byte(nil)
	for line := int64(1); ; line += int64(len(block) / recordBytes) {
		n, err := io.ReadFull(in, block)
		rows = f.convert(rows[:0], block[:n], line)
		if _, err := out.Write(rows); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// floorDay is a date and its text.
type floorDay struct {
	date calendar.Date
	text [10]byte
}

// The columns of the fixed-length file that a sale needs, as places in its record.
const (
	floorKind, floorDate, floorTime, floorStore        = 1, 5, 15, 23
	floorRegister, floorReceipt, floorCard, floorStaff = 47, 50, 56, 88
	floorAffiliate, floorIncl, floorExcl, floorGrant   = 104, 120, 129, 138
	floorOriginal                                      = 146
)

func newFloor(c *compiled) (*floor, error) {
	affiliates, err := card.CompileAffiliates(c.set.Affiliates)
	if err != nil {
		return nil, err
	}
	f := &floor{cards: c.cards, affiliates: affiliates, to: runDate(), from: runDate().Add(-90)}
	at, starts := 0, []int(nil)
	for _, field := range fixedLayout().Records[1].Fields {
		starts = append(starts, at)
		at += field.Width
	}
	f.columns = charset.CP932.Columns(at, starts)
	for i := range c.set.Cards {
		f.schemes = append(f.schemes, ","+c.set.Cards[i].Code+","+c.set.Cards[i].Provider+",,")
	}
	for i := range c.set.Affiliates {
		f.affiliate = append(f.affiliate, c.set.Affiliates[i].Code)
	}
	return f, nil
}

// convert takes the whole records of a block.
func (f *floor) convert(dst, b []byte, line int64) []byte {
	for ; len(b) >= recordBytes; b = b[recordBytes:] {
		if row, ok := f.record(dst, b[:recordBytes], line); ok {
			dst = row
		} else {
			f.left++
		}
		line++
	}
	return dst
}

// record takes one record; false leaves it out.
func (f *floor) record(dst, r []byte, line int64) ([]byte, bool) {
	const sales = 0xE38F8494 // 売上 in CP932, its first byte lowest
	_ = r[recordBytes-1]
	if bytes.IndexByte(r, '\n') != recordBytes-1 || r[recordBytes-2] != '\r' || r[0] != '2' ||
		!f.columns.Valid(r[:recordBytes-2]) || binary.LittleEndian.Uint32(r[floorKind:]) != sales {
		return dst, false
	}
	date, ok := calendar.ParseDate(calendar.Slashed, r[floorDate:floorTime], 0)
	clock, okTime := calendar.ParseClock(calendar.HHMMSSColon, r[floorTime:floorStore])
	if !ok || !okTime || date < f.from || date > f.to {
		return dst, false
	}
	incl, okIncl := floorNumber(r[floorIncl:floorExcl])
	excl, okExcl := floorNumber(r[floorExcl:floorGrant])
	if !okIncl || !okExcl || !charset.ASCII(r[floorRegister:floorCard]) {
		return dst, false
	}
	digits, scheme, ok := f.card(floorTrim(r[floorCard:floorStaff]), date)
	if !ok {
		return dst, false
	}
	affiliate := ""
	if raw := floorTrim(r[floorAffiliate:floorIncl]); len(raw) > 0 {
		if i := f.affiliates.Find(raw, date); i >= 0 {
			affiliate = f.affiliate[i]
		}
	}
	if dst, ok = f.place(dst, r, line, date, clock); !ok {
		return dst, false
	}
	dst = append(append(dst, digits...), scheme...)
	dst = append(append(dst, affiliate...), ',')
	dst = append(strconv.AppendInt(dst, incl, 10), ',')
	dst = append(strconv.AppendInt(dst, excl, 10), ",0,0,0,0,,"...)
	dst, _ = charset.CP932.AppendUTF8(dst, floorTrim(r[floorGrant:floorOriginal]))
	return append(dst, ",,\n"...), true
}

// card finds the range of a card number: its code and its provider.
func (f *floor) card(raw []byte, date calendar.Date) (digits []byte, scheme string, ok bool) {
	digits, code := card.Normalise(f.number[:0], raw)
	if code != 0 || len(digits) == 0 {
		return nil, "", false
	}
	match, code := f.cards.Identify(digits, date, nil)
	if code != 0 {
		return nil, "", false
	}
	return digits, f.schemes[match.Card], true
}

// place writes a row up to its receipt; false for texts that a key cannot hold as they are.
func (f *floor) place(
	dst, r []byte, line int64, date calendar.Date, clock calendar.Clock,
) (row []byte, ok bool) {
	day := &f.days[date&15]
	if day.date != date {
		day.date = date
		date.AppendTo(day.text[:0])
	}
	register := floorTrim(r[floorRegister:floorReceipt])
	receipt := floorTrim(r[floorReceipt:floorCard])
	dst = strconv.AppendInt(append(dst, "POS,1,"...), line, 10)
	dst = append(append(dst, ",0,sale,"...), day.text[:]...)
	dst = append(dst, '/')
	at := len(dst)
	dst, _ = charset.CP932.AppendUTF8(dst, floorTrim(r[floorStore:floorRegister]))
	store := dst[at:]
	if !floorPlain(store) || !floorPlain(register) || !floorPlain(receipt) || len(receipt) == 0 {
		return dst, false
	}
	dst = append(append(dst, '/'), register...)
	dst = append(append(dst, '/'), receipt...)
	dst = append(append(dst, ",,"...), day.text[:]...)
	dst = append(append(dst, ','), r[floorTime:floorStore]...)
	dst = append(dst, ',')
	if hours := clock / 3600; hours >= 24 {
		dst = append(date.Add(1).AppendTo(dst), 'T', byte('0'+(hours-24)/10), byte('0'+(hours-24)%10))
		dst = append(dst, r[floorTime+2:floorStore]...)
	} else {
		dst = append(append(dst, day.text[:]...), 'T')
		dst = append(dst, r[floorTime:floorStore]...)
	}
	dst = append(append(dst, "+09:00,"...), store...)
	dst = append(append(dst, ','), register...)
	dst = append(append(dst, ','), receipt...)
	return append(dst, ','), true
}

// floorNumber reads nine digits, the last eight of them together.
func floorNumber(b []byte) (int64, bool) {
	const zeros, tens, six = 0x3030303030303030, 0xF0F0F0F0F0F0F0F0, 0x0606060606060606
	const pair = 0x000000FF_000000FF
	first, w := b[0]-'0', binary.LittleEndian.Uint64(b[1:9])
	if first > 9 || w&tens != zeros || (w+six)&tens != zeros {
		return 0, false
	}
	w -= zeros
	w = w*10 + w>>8
	w = ((w&pair)*(100+1_000_000<<32) + (w>>16&pair)*(1+10_000<<32)) >> 32
	return int64(first)*100_000_000 + int64(w), true
}

func floorTrim(b []byte) []byte {
	n := len(b)
	for ; n >= 8; n -= 8 {
		if w := binary.LittleEndian.Uint64(b[n-8:]) ^ 0x2020202020202020; w != 0 {
			return b[:n-bits.LeadingZeros64(w)/8]
		}
	}
	for n > 0 && b[n-1] == ' ' {
		n--
	}
	return b[:n]
}

// floorPlain says whether a text has nothing that a key escapes.
func floorPlain(b []byte) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		if colons := w ^ ':'*ones; ((w-'0'*ones)&^w|(colons-2*ones)&^colons)&high != 0 {
			return false
		}
	}
	for _, c := range b {
		if c < '0' || c|1 == ';' {
			return false
		}
	}
	return true
}
