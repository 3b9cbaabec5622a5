package model

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// file makes a file with about so many lines.
func (m *maker) file(date, name string, lines int) File {
	code := "F"
	if _, ok := m.c.Masters.Feeds["G"]; ok && m.chance(40) {
		code = "G"
	}
	feed := m.c.Masters.Feeds[code]
	file := File{Name: name, Feed: code, Arrived: m.arrival(date), Lines: []Line{}}
	if m.chance(10) { // the evening before
		file.Arrived = addDays(date, -1) + "T21:00:00"
	}
	for len(file.Lines) < lines {
		made := m.line(code, feed, date)
		if feed.FlatItems {
			file.Lines = append(file.Lines, m.split(feed, made)...)
		} else {
			file.Lines = append(file.Lines, made)
		}
		m.history = append(m.history, made)
	}
	for i := range file.Lines {
		file.Lines[i].Line = i + 1
	}
	if m.trailer[code] {
		if m.chance(8) {
			file.Broken = "file.trailer_missing"
			return file
		}
		count, amount := controlOf(feed, file.Lines)
		if m.chance(8) {
			count++
		}
		if m.chance(8) {
			amount--
		}
		file.Control = &Control{count, amount}
	}
	return file
}

// line makes one receipt: new, or an earlier one again, or again with other content.
func (m *maker) line(code string, feed Feed, date string) Line {
	if len(m.history) > 0 && m.chance(12) {
		line := pick(m, m.history...)
		line.NoteBase64, line.Note = "", ""
		switch m.IntN(4) {
		case 0:
			if strings.HasPrefix(line.Incl, "-") {
				line.Incl = pick(m, "-50", "-100")
			} else {
				line.Incl = m.amount()
			}
			m.taxes(feed, &line)
		case 1:
			line.Date = strings.ReplaceAll(line.Date, "-", "")
			line.Time = strings.ReplaceAll(line.Time, ":", "")
		}
		if feed.excl() == "file" && line.Excl == "" {
			m.taxes(feed, &line)
		}
		return line
	}
	line := Line{
		Kind: pick(m, "", "sale", "sale", "sale", "sale", "grant", "return", "return", "cancel"),
		Date: addDays(date, -m.IntN(3)), Store: pick(m, "S1", "S1", "S2"), Register: pick(m, "01", "02"),
		Time: pick(m, "", "00:00", "09:00", "10:00", "11:59", "12:00", "22:30", "25:30", "10:00:30"),
		Incl: m.amount(),
	}
	m.receipts++
	line.Receipt = fmt.Sprintf("%04d", m.receipts)
	if m.chance(8) {
		line.Receipt = fmt.Sprintf("%04d", 1+m.IntN(m.receipts))
	}
	m.person(&line)
	m.details(code, &line)
	if line.Kind == "return" || line.Kind == "cancel" {
		m.original(&line)
	} else if feed.NegativeIsReturn && m.chance(15) || m.chance(2) {
		m.original(&line)
		line.Items = nil
		if line.Incl = "-" + line.Incl; line.Incl == "-0" || line.Incl == "-" {
			line.Incl = "-100"
		}
	}
	m.taxes(feed, &line)
	if m.chance(9) {
		m.spoil(feed, &line)
	}
	return line
}

func (m *maker) amount() string {
	if m.chance(2) {
		return pick(m, "1000000000000", "1000000000000", "1000000000001")
	}
	return pick(m,
		"0", "1", "99", "100", "108", "110", "150", "299", "333", "500", "550", "999", "1000", "1080", "3300")
}

// person gives a line its card, in one of the ways to write it, or a member number.
func (m *maker) person(line *Line) {
	if m.chance(2) {
		return
	}
	if m.chance(15) {
		line.MemberNo = pick(m, "0001", "0001", "0002", "0003")
		if m.chance(85) {
			return
		}
	}
	provider := pick(m, m.providers...)
	number := pick(m, m.numbers[provider]...)
	switch m.IntN(12) {
	case 0:
		number = number[:4] + "-" + number[4:]
	case 1:
		number = "A" + number + "b"
	case 2:
		number = "]C1" + number
	case 3:
		wide := func(c rune) rune { return c + 0xFEE0 }
		number = strings.Map(wide, number[:4]) + "－" + strings.Map(wide, number[4:]) + "　"
	case 4, 5, 6:
		if len(number) == 9 {
			number = strings.TrimPrefix(number, "00") // the short form, where there is one
		}
	}
	line.Card = number
}

// details adds what campaigns ask for, and notes that no layout likes.
func (m *maker) details(code string, line *Line) {
	line.Affiliate = pick(m, "", "", "", "A", "B", "Z", "9100****1234", "930011****1234", "8800****1234")
	line.GrantType = pick(m, "", "", "", "PURCHASE", "EVENT")
	line.PointType = pick(m, "", "", "", "", "BASE", "CAMP")
	if line.Kind == "grant" {
		line.PointsGiven = pick(m, "0", "1", "7", "10", "55")
		if m.chance(20) {
			line.Incl = ""
		}
	}
	if line.Kind == "cancel" && m.chance(30) {
		line.Incl = ""
	}
	for range pick(m, 0, 0, 1, 2, 3) {
		line.Items = append(line.Items, [3]string{
			pick(m, "J1", "J2", "J3", "J4"), pick(m, "80", "109", "300", "-100"), pick(m, "8", "10"),
		})
	}
	m.note(code, line)
}

// note adds a note, or a store, that not every encoding can write.
func (m *maker) note(code string, line *Line) {
	switch {
	case m.rawNotes[code] && m.chance(8):
		// A good note with a 5C trail byte; then a vendor character, a broken tail, 80, A0, FD.
		line.NoteBase64 = pick(m, "lVy23odA+/w=", "lVy2", "lajwQA==", "QYE=", "gA==", "QaA=", "lajd/Q==")
	case m.rawNotes[code]:
	case m.chance(4):
		line.Store = "店𠮷"
	default:
		if m.chance(4) {
			line.Note = pick(m, "能登", "𠮷野")
		}
	}
}

// original names the sale of a return: mostly one of the lines so far, with a part of its yen.
func (m *maker) original(line *Line) {
	if m.chance(30) {
		line.Receipt = "" // no receipt number of its own
	}
	if m.chance(10) {
		return // names none
	}
	line.OrigDate, line.OrigStore, line.OrigRegister, line.OrigReceipt = line.Date, "S9", "09", "9999"
	if len(m.history) == 0 || m.chance(12) {
		return
	}
	sale := pick(m, m.history...)
	for range 3 { // mostly a sale, now and then a return
		if sale.Kind == "return" || sale.Kind == "cancel" {
			sale = pick(m, m.history...)
		}
	}
	if _, ok := readDate(sale.Date); !ok {
		return
	}
	line.OrigDate, line.OrigStore = sale.Date, sale.Store
	line.OrigRegister, line.OrigReceipt = sale.Register, sale.Receipt
	if m.chance(70) {
		line.Card, line.MemberNo = sale.Card, sale.MemberNo
	}
	if m.chance(10) {
		line.Card, line.MemberNo = "", ""
	}
	line.Date = max(line.Date, sale.Date)
	if yen, ok := readNumber(sale.Incl); ok && line.Incl != "" && m.chance(75) {
		line.Incl = strconv.FormatInt(magnitude(yen)*pick[int64](m, 1, 2, 3, 3, 6, 6, 9)/6, 10)
		if len(line.Incl) > 12 {
			line.Incl = "1000"
		}
	}
	if m.chance(15) && line.Kind != "sale" && line.Kind != "" && line.Kind != "grant" && line.Incl != "" {
		line.Incl, line.Items = "-"+line.Incl, nil
	}
}

// taxes fills the columns that the feed's amount without tax comes from.
func (m *maker) taxes(feed Feed, line *Line) {
	line.Excl, line.Incl8, line.Incl10, line.Tax8, line.Tax10 = "", "", "", "", ""
	incl, ok := readNumber(line.Incl)
	if !ok || line.Incl == "" {
		return
	}
	sign := int64(1)
	if incl < 0 {
		sign = -1
	}
	text := func(value int64) string { return strconv.FormatInt(sign*value, 10) }
	of8 := magnitude(incl) * pick[int64](m, 0, 1, 2, 4) / 4
	of10 := magnitude(incl) - of8
	switch feed.excl() {
	case "file":
		line.Excl = text(magnitude(incl) * 10 / 11)
		if m.chance(2) && incl > 1 {
			line.Excl = "-1"
		}
	case "tax":
		line.Tax8, line.Tax10 = text(of8-lessTax(of8, 8)), text(of10-lessTax(of10, 10))
		if m.chance(2) && incl > 0 {
			line.Tax10 = text(incl + 1)
		}
		if of8 == 0 && m.chance(50) {
			line.Tax8 = ""
		}
	case "rates":
		line.Incl8, line.Incl10 = text(of8), text(of10)
		if of10 == 0 && m.chance(50) {
			line.Incl10 = ""
		}
	}
}

// spoil puts a fault, now and then two, into a line.
func (m *maker) spoil(feed Feed, line *Line) {
	for range pick(m, 1, 1, 1, 2) {
		switch m.IntN(10) {
		case 0:
			line.Date = pick(m, "20261131", "2026-11-99", "", "26-11-22")
		case 1:
			line.Date = pick(m, "2026-12-31", "2026-08-01")
		case 2:
			line.Time = pick(m, "30:00", "12:60", "noon")
		case 3, 4:
			line.Incl = pick(m, "5O0", "", "1000000000001", "-300")
			line.Items = nil
			if line.Incl == "-300" {
				m.taxes(feed, line)
			}
		case 5, 6, 7:
			line.Card = pick(m, "1234", "3000x", "400000000000000", "9999123456789000",
				"9999123456789005", "1234560")
		case 9:
			line.Receipt = ""
		case 8:
			line.MemberNo, line.Card = "9999", ""
			if line.Kind == "grant" {
				line.PointsGiven, line.PointType = pick(m, "", "-1", "x"), ""
			}
		}
	}
}

// split makes the item lines of a flat receipt. Where the trailer does not add up what is written there are
// no discounts; what is not said by each line is that of the first.
func (m *maker) split(feed Feed, line Line) []Line {
	parts := []Line{line}
	if line.Receipt == "" && line.OrigReceipt == "" || m.chance(30) {
		return parts
	}
	discounts := feed.Totals == "" || feed.Totals == "as_written"
	discounts = discounts && line.Kind != "return" && line.Kind != "cancel"
	for range 1 + m.IntN(2) {
		part := line
		part.Items = nil
		if len(line.Items) > 1 {
			part.Items = line.Items[1:2]
		}
		if feed.FlatAmount != "receipt" {
			part.Incl = pick(m, "1", "50", "100")
			if strings.HasPrefix(line.Incl, "-") {
				part.Incl = "-" + part.Incl
			} else if discounts && m.chance(25) {
				part.Incl = "-1"
			}
			if line.Incl == "0" || line.Incl == "" {
				part.Incl = "0"
			}
			m.taxes(feed, &part)
		} else if m.chance(10) && line.Incl != "" {
			part.Incl = "77"
		}
		if m.chance(6) {
			part.Time = "23:00"
		}
		if m.chance(6) {
			part.Card = pick(m, "", "1234", pick(m, m.numbers["P1"]...))
		}
		parts = append(parts, part)
	}
	if len(line.Items) > 1 {
		parts[0].Items = slices.Clone(line.Items[:1])
	}
	return parts
}
