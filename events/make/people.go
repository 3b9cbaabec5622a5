package main

import (
	"bytes"
	"fmt"
	"math/bits"
	"math/rand/v2"

	"multipoint/shared/card"
)

// chance gives the same numbers on every machine.
type chance struct{ pcg *rand.PCG }

func newChance(seed uint64) chance { return chance{rand.NewPCG(seed, 20261121)} }

// below gives a number from 0 to n−1.
func (c chance) below(n int) int {
	high, _ := bits.Mul64(c.pcg.Uint64(), uint64(n))
	return int(high)
}

func (c chance) of(list ...string) string { return list[c.below(len(list))] }

// hoshi is a card of ほしぞらポイント: 16 digits with a check digit.
func hoshi(n int) string { return checked(card.Luhn, fmt.Sprintf("9990%011d", n*1_000_003)) }

// hoshiOld is a card of the range that ended in March.
func hoshiOld(n int) string { return checked(card.Luhn, fmt.Sprintf("9980%011d", n*1_000_003)) }

// minato is a card of みなとマイル: 13 digits; the short form leaves 010 out.
func minato(n int) string { return fmt.Sprintf("010%010d", n*7_654_321) }

// komorebi is a card of こもれびポイント: 15 digits.
func komorebi(n int) string { return fmt.Sprintf("170%012d", n*33_554_393) }

// komorebiApp is a number of its app, with a check digit.
func komorebiApp(n int) string { return checked(card.M10W3, fmt.Sprintf("180%011d", n*1_299_709)) }

func checked(c card.Check, body string) string { return body + string(c.Digit([]byte(body))) }

// misread changes the last digit.
func misread(number string) string {
	last := number[len(number)-1]
	return number[:len(number)-1] + string('0'+(last-'0'+1)%10)
}

func memberNo(n int) string { return fmt.Sprintf("A%07d", n) }

// Members with something special.
const (
	people       = 60
	twiceRenewed = 45 // has had three cards of ほしぞら
	noCard       = 61 // has none at all
)

// anyCard draws a card; about half of them belong to members.
func (c chance) anyCard() string {
	switch n := 1 + c.below(120); {
	case c.below(100) < 45:
		return hoshi(n)
	case c.below(100) < 55:
		return minato(n)
	case c.below(100) < 60:
		return komorebi(n)
	default:
		return komorebiApp(n)
	}
}

// members is the member snapshot: cards in the order in which they were registered.
func members() []byte {
	var out bytes.Buffer
	out.WriteString("member,number,provider,card,replaced_by\n")
	row := func(n int, provider, number, replacedBy string) {
		fmt.Fprintf(&out, "m-%04d,%s,%s,%s,%s\n", n, memberNo(n), provider, number, replacedBy)
	}
	for n := 1; n <= people; n++ {
		switch {
		case n == twiceRenewed:
			row(n, "HOSHI", hoshi(n+500), hoshi(n+700))
			row(n, "HOSHI", hoshi(n+700), hoshi(n))
		case n%10 == 5:
			row(n, "HOSHI", hoshi(n+500), hoshi(n))
		}
		row(n, "HOSHI", hoshi(n), "")
		if n%2 == 0 {
			row(n, "MINATO", minato(n), "")
		}
		if n%3 == 0 {
			row(n, "KOMOREBI", komorebi(n), "")
		}
		if n%12 == 0 {
			row(n, "KOMOREBI", komorebiApp(n), "")
		}
	}
	row(noCard, "", "", "")
	row(noCard+1, "", "", "")
	return out.Bytes()
}
