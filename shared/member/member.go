// Package member holds a snapshot of the retailer's members and their point cards, as pinned for a run:
// which card a member number stands for (R7), which number a replaced card leaves under (R16, R17), and
// which cards count together against a member's cap (R14). It promises that a card has one member at most
// and that looking up allocates nothing, however many members there are.
package member

import (
	"encoding/binary"
	"iter"

	"multipoint/shared/fault"
)

// Snapshot is the members at one moment. It is immutable once loaded and safe for concurrent use; a nil or
// zero Snapshot has no members. A card is a provider's code and the full number in digits: two providers
// may issue the same number.
type Snapshot struct {
	providers  []string
	members    set     // keys of members
	numbers    set     // member numbers
	memberOf   []int32 // by member number: the member
	cards      set     // provider's index in two bytes, then the digits
	owner      []int32 // by card: the member; none for a card that is only named as a replacement
	replacedBy []int32 // by card: the card in its place, or none
	firstCard  []int32 // by member, and one more: where the member's cards start in ordered
	ordered    []int32 // cards by member, the last registered last
}

const none = -1

// CardOf gives the card that a member number stands for with a provider (R7): of the member's cards of that
// provider that were not replaced, the one registered last. Codes: member.unknown for a number that is not
// in the snapshot, member.no_card if there is no such card. The bytes are a view that must not be changed.
func (s *Snapshot) CardOf(number []byte, provider string) (card []byte, code fault.Code) {
	if s == nil {
		return nil, fault.MemberUnknown
	}
	index := s.numbers.find(number)
	if index < 0 {
		return nil, fault.MemberUnknown
	}
	member, wanted := s.memberOf[index], s.provider(provider)
	for i := s.firstCard[member+1] - 1; i >= s.firstCard[member]; i-- {
		c := s.ordered[i]
		if p, digits := s.card(c); p == wanted && s.replacedBy[c] == none {
			return digits, 0
		}
	}
	return nil, fault.MemberNoCard
}

// Newest gives the number under which points of a card leave (R16, R17): the end of its chain of
// replacements, the card itself if it was not replaced, is unknown, or its chain has no end because it
// comes back to a card it had. The bytes are card's or a view that must not be changed.
func (s *Snapshot) Newest(provider string, card []byte) []byte {
	c := s.find(provider, card)
	if c < 0 {
		return card
	}
	// Brent: a mark that moves on after 1, 2, 4 … steps is met again if the chain is a ring.
	mark, steps, patience := c, 0, 1
	for s.replacedBy[c] != none {
		c = s.replacedBy[c]
		if c == mark {
			return card
		}
		if steps++; steps == patience {
			mark, steps, patience = c, 0, 2*patience
		}
	}
	_, digits := s.card(c)
	return digits
}

// MemberOf gives the member who has a card, replaced or not; ok is false for a card without a member, which
// stands for itself (R14). Refs count from 0 and mean something within this snapshot only.
func (s *Snapshot) MemberOf(provider string, card []byte) (ref int32, ok bool) {
	c := s.find(provider, card)
	if c < 0 || s.owner[c] == none {
		return none, false
	}
	return s.owner[c], true
}

// CardsOf goes over provider and number of a member's cards, those replaced included, the last registered
// last (R14). A ref that MemberOf did not give has no cards. The bytes are views that must not be changed.
func (s *Snapshot) CardsOf(ref int32) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if ref < 0 || int(ref) >= s.Len() {
			return
		}
		for _, c := range s.ordered[s.firstCard[ref]:s.firstCard[ref+1]] {
			provider, digits := s.card(c)
			if !yield(s.providers[provider], digits) {
				return
			}
		}
	}
}

// Key gives a member's key, the snapshot file's column member; empty for a ref that MemberOf did not give.
func (s *Snapshot) Key(ref int32) []byte {
	if ref < 0 || int(ref) >= s.Len() {
		return nil
	}
	return s.members.at(ref)
}

// Len is the number of members.
func (s *Snapshot) Len() int {
	if s == nil {
		return 0
	}
	return s.members.len()
}

// maxDigits is the length of the longest card number.
const maxDigits = 32

// cardKey is room for a provider's index and a card's digits.
type cardKey [2 + maxDigits]byte

func (k *cardKey) of(provider int, card []byte) []byte {
	binary.BigEndian.PutUint16(k[:], uint16(provider))
	return k[:2+copy(k[2:], card)]
}

// find gives a card's index, none if the snapshot lacks it.
func (s *Snapshot) find(provider string, card []byte) int32 {
	if s == nil || len(card) > maxDigits {
		return none
	}
	index := s.provider(provider)
	if index == none {
		return none
	}
	var room cardKey
	return s.cards.find(room.of(index, card))
}

// card gives provider and digits of a card.
func (s *Snapshot) card(c int32) (provider int, digits []byte) {
	key := s.cards.at(c)
	return int(binary.BigEndian.Uint16(key)), key[2:]
}

// provider gives a provider's index, none if no card is of that provider. There are a handful.
func (s *Snapshot) provider(code string) int {
	for i := range s.providers {
		if s.providers[i] == code {
			return i
		}
	}
	return none
}
