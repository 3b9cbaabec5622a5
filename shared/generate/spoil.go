package generate

import (
	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/charset"
	"multipoint/shared/transaction"
)

// spoiling is a way in which a line is bad (R4).
type spoiling uint8

const (
	spoilNone spoiling = iota
	spoilDate
	spoilFuture
	spoilOld
	spoilTime
	spoilUnknownCard
	spoilCheckDigit
	spoilCardText
	spoilNoCard
	spoilUnknownMember
	spoilMemberCard
	spoilAmount
	spoilExcel
	spoilBlankAmount
	spoilHugeAmount
	spoilNegative
	spoilSigns
	spoilSign
	spoilKind
	spoilReceipt
	spoilVendorCharacter
	spoilHalfCharacter
	spoilNUL
	spoilPoints
	spoilPointType
	spoilItem
	// From here on the record's columns cannot be read.
	spoilColumns
	spoilQuote
	spoilLength
	spoilRecordKind
	spoilLineEnd
)

// breaksRecord says that the record as a whole is bad, so that its amount counts 0 in the total (R4).
func (s spoiling) breaksRecord() bool { return s >= spoilColumns }

// commonFaults are the faults that every shape can show, in the order in which they are made.
func commonFaults() []spoiling {
	return []spoiling{
		spoilUnknownCard, spoilDate, spoilAmount, spoilVendorCharacter, spoilCheckDigit, spoilNoCard,
		spoilTime, spoilFuture, spoilExcel, spoilKind, spoilReceipt, spoilCardText, spoilNUL,
		spoilNegative, spoilOld, spoilHalfCharacter, spoilBlankAmount, spoilLineEnd,
	}
}

func separatedFaults() []spoiling {
	return append(commonFaults(), spoilColumns, spoilQuote, spoilSigns, spoilHugeAmount)
}

func fixedFaults() []spoiling {
	return append(commonFaults(), spoilLength, spoilRecordKind, spoilSign, spoilPoints, spoilPointType)
}

func itemsFaults() []spoiling {
	return append(commonFaults(), spoilColumns, spoilQuote, spoilRecordKind, spoilItem, spoilUnknownMember,
		spoilMemberCard, spoilHugeAmount)
}

// spoil makes the sale in the line a bad line of that kind.
func (f *file) spoil(how spoiling) {
	l := &f.line
	l.spoil = how
	switch how {
	case spoilDate:
		l.text[fDate] = l.month13(f.shape.dateForm)
	case spoilFuture:
		l.text[fDate] = f.day(1)
	case spoilOld:
		l.text[fDate] = f.day(-91)
	case spoilTime:
		l.text[fTime] = l.say("30:00:00"[:clockWidth(f.shape.clockForm)])
		if f.shape.clockForm == calendar.HHMMSS {
			l.text[fTime] = l.say("300000")
		}
	case spoilAmount, spoilExcel, spoilBlankAmount, spoilHugeAmount, spoilNegative, spoilSigns, spoilSign:
		f.spoilAmounts(how)
	case spoilKind:
		l.text[fKind] = l.say("??")
	case spoilReceipt:
		l.text[fReceipt] = nil
	case spoilVendorCharacter, spoilHalfCharacter, spoilNUL:
		f.spoilText(how)
	case spoilPoints, spoilPointType:
		f.spoilGrant(how)
	case spoilItem:
		l.items[len(l.items)-1].broken = true
	case spoilQuote:
		l.text[fStaff] = append(l.own(l.text[fStaff]), `"x"`...)
	case spoilRecordKind:
		l.text[fID] = l.say("5")
	case spoilUnknownCard, spoilCheckDigit, spoilCardText, spoilNoCard, spoilUnknownMember, spoilMemberCard:
		f.spoilCard(how)
	}
}

// month13 spoils the month of the line's date.
func (l *line) month13(form calendar.Form) []byte {
	b := l.own(l.text[fDate])
	at := 4
	if form != calendar.YYYYMMDD {
		at = 5
	}
	b[at], b[at+1] = '1', '3'
	return b
}

// day writes a date so many days after the run's.
func (f *file) day(after int) []byte {
	b, _ := calendar.AppendDate(nil, f.shape.dateForm, f.stock.days[0].Add(after))
	return b
}

func clockWidth(form calendar.ClockForm) int {
	if form == calendar.HHMMColon {
		return len("hh:mm")
	}
	return len("hh:mm:ss")
}

func (f *file) spoilAmounts(how spoiling) {
	l := &f.line
	switch how {
	case spoilAmount:
		l.text[fIncl], l.total = l.say("12a4"), 0
	case spoilExcel:
		l.text[fIncl], l.total = l.say("1E+05"), 0
	case spoilBlankAmount:
		l.text[fIncl], l.total = l.say(" "), 0
	case spoilHugeAmount:
		l.text[fIncl], l.total = l.say("1000000000001"), 0
	case spoilNegative:
		f.amounts(1+l.yen, 10, false)
		l.total = -l.yen
		if f.shape.signColumn {
			l.text[fSign] = f.shape.minus
		} else {
			l.text[fIncl], l.text[fExcl] = l.number(-l.yen, 1), nil
			l.text[fExcl] = l.number(-l.yen, 1)
			l.text[fIncl8], l.text[fIncl10] = nil, l.text[fIncl]
		}
	case spoilSigns:
		f.amounts(100+l.yen, 10, false)
		l.text[fExcl] = l.number(-l.yen, 1)
	case spoilSign:
		l.text[fSign], l.total = l.say("9"), 0
	}
}

// spoilText puts bytes into a name that are no character, or a NUL.
func (f *file) spoilText(how spoiling) {
	l := &f.line
	bytes := "\xF0\x40"
	switch how {
	case spoilHalfCharacter:
		bytes = "\x81"
	case spoilNUL:
		bytes = "\x00"
	}
	if f.shape.encoding == charset.UTF8 && how != spoilNUL {
		bytes = "\xFF"
	}
	name := l.text[fStaff]
	l.text[fStaff] = append(l.own(name[:len(name)/4*2]), bytes...)
	if f.shape.encoding == charset.UTF8 {
		l.text[fStaff] = l.say(bytes)
	}
}

// spoilGrant makes the line a grant whose points cannot be read, or whose point type is missing.
func (f *file) spoilGrant(how spoiling) {
	l := &f.line
	f.amounts(0, 10, false)
	l.text[fKind] = f.shape.kinds[transaction.Grant]
	if how == spoilPoints {
		l.text[fGiven], l.text[fPointType] = l.say("1O0"), l.say("BASE")
		return
	}
	l.text[fGiven] = l.say("100")
}

func (f *file) spoilCard(how spoiling) {
	l, s := &f.line, f.stock
	l.text[fMember] = nil
	switch how {
	case spoilNoCard:
		l.text[fCard] = nil
	case spoilUnknownMember:
		l.text[fCard], l.text[fMember] = nil, l.say("X0000001")
	case spoilMemberCard:
		l.text[fCard], l.text[fMember] = nil, memberNumber(nil, uint64(s.members))
	case spoilUnknownCard:
		l.text[fCard] = l.say(s.unknown) // empty where every length has its cards: card.missing then
	case spoilCheckDigit:
		l.text[fCard] = l.say("9.9E+15")
		for i := range s.schemes {
			if sch := &s.schemes[i]; sch.check != card.None {
				l.text[fCard] = sch.append(nil, l.who.index)
				misread(l.text[fCard])
				return
			}
		}
	default:
		l.text[fCard] = l.say("9.99001E+15")
	}
}
