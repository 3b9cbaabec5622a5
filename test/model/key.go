package model

import (
	"fmt"
	"strconv"
	"strings"
)

// content is what must be equal for a duplicate: normalised values, nothing that masters say (R5).
type content struct {
	key, kind, date                    string
	seconds                            int
	store, register, receipt, original string
	card, member, affiliate            string
	amounts                            [columns]int64
	pointType, grantType               string
	points                             int64
	items                              string
}

// prefixed joins fields so that no two lists of fields give the same text (R5).
func prefixed(fields ...string) string {
	var b strings.Builder
	for _, field := range fields {
		b.WriteString(strconv.Itoa(len(field)) + ":" + field)
	}
	return b.String()
}

// identify makes key and content (R5). Choice: of the original only its key is content.
func (t *receipt) identify() {
	t.key = prefixed(t.own...)
	if !t.sales {
		anchor, sequence := t.key, "1"
		if t.original != nil {
			t.origKey = prefixed(t.original...)
			anchor = t.origKey
		}
		if !blank(t.line.Receipt) {
			sequence = t.key
		}
		t.key = prefixed(anchor, t.kind, sequence)
	}
	card, member := t.card, t.line.MemberNo
	if !blank(member) {
		card = ""
	}
	t.content = content{
		key: t.key, kind: t.kind, date: t.date, seconds: t.seconds, store: t.line.Store,
		register: t.line.Register,
		receipt:  t.line.Receipt, original: t.origKey, card: card, member: member,
		affiliate: t.line.Affiliate,
		amounts:   t.amounts, pointType: t.line.PointType, grantType: t.line.GrantType, points: t.points,
	}
	if len(t.items) > 0 {
		t.content.items = fmt.Sprintf("%+v", t.items)
	}
}
