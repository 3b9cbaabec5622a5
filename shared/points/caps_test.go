package points

import (
	"slices"
	"testing"

	"multipoint/shared/master"
)

// families is a member snapshot for tests: each list is one member's cards.
type families [][]Card

func (f families) Cards(card Card) []Card {
	for _, cards := range f {
		if slices.Contains(cards, card) {
			return cards
		}
	}
	return nil
}

func card(n int) Card { return Card{0: byte(n >> 16), 1: byte(n >> 8), 2: byte(n)} }

// allocated passes one award a transaction of the first rule and gives the grants.
func allocated(a *Allocator, claims ...struct {
	card   int
	points int64
},
) []int64 {
	var out []int64
	for _, c := range claims {
		one := []Claim{{Rule: 0, Award: c.points}}
		a.Next(card(c.card), one)
		out = append(out, one[0].Grant)
	}
	return out
}

type by = struct {
	card   int
	points int64
}

func grants(t *testing.T, a *Allocator, claims []by, want ...int64) {
	t.Helper()
	if got := allocated(a, claims...); !slices.Equal(got, want) {
		t.Errorf("granted %v, want %v", got, want)
	}
}

func TestR14ACampaignCapIsGivenInPartToTheLastAndToNobodyAfter(t *testing.T) {
	r := shop(t, campaign("X", fixed(100), capped(0, 0, 250)))
	a := NewAllocator(r, &Counters{}, families{})
	grants(t, a, []by{{1, 100}, {1, 100}, {1, 100}, {1, 100}}, 100, 100, 50, 0)
}

func whole(c *master.Campaign) { c.Whole = true }

func TestR14AnAwardRefusedByTheCampaignCapUsesNoRoomOfTheMember(t *testing.T) {
	r := shop(t, campaign("X", fixed(1), capped(0, 100, 50), whole))
	grants(t, NewAllocator(r, &Counters{}, families{}), []by{{1, 60}, {1, 45}, {1, 6}, {1, 5}}, 0, 45, 0, 5)
	part := shop(t, campaign("X", fixed(1), capped(0, 100, 50)))
	grants(t, NewAllocator(part, &Counters{}, families{}), []by{{1, 60}, {1, 45}}, 50, 0)
}

func TestR14AnAwardRefusedByTheMemberCapUsesNoRoomOfTheCampaign(t *testing.T) {
	r := shop(t, campaign("X", fixed(1), capped(0, 50, 100), whole))
	grants(t, NewAllocator(r, &Counters{}, families{}), []by{{1, 60}, {2, 50}, {3, 50}, {4, 1}}, 0, 50, 50, 0)
}

func TestR14AMemberCapCountsOverAllCardsOfTheMember(t *testing.T) {
	r := shop(t, campaign("X", fixed(100), capped(0, 150, 0)))
	a := NewAllocator(r, &Counters{}, families{{card(1), card(2)}})
	grants(t, a, []by{{1, 100}, {2, 100}, {3, 100}}, 100, 50, 100)
}

func TestR14WithAMemberAndACampaignCapTheSmallerRoomCounts(t *testing.T) {
	r := shop(t, campaign("X", fixed(100), capped(0, 100, 120)))
	a := NewAllocator(r, &Counters{}, families{{card(1), card(2)}})
	grants(t, a, []by{{1, 100}, {2, 100}, {3, 100}}, 100, 0, 20)
}

func TestR14EarlierUseOfAllCardsInTodaysSnapshotCounts(t *testing.T) {
	r := shop(t, campaign("X", fixed(100), capped(0, 150, 0)))
	var used Counters
	used.Add("X", card(1), 100)
	used.Add("X", card(3), 140)
	used.Add("Y", card(2), 999)
	a := NewAllocator(r, &used, families{{card(1), card(2)}})
	grants(t, a, []by{{2, 100}, {1, 100}, {3, 100}}, 50, 0, 10)
}

func TestR14ANewVersionOfTheCampaignKeepsWhatWasUsed(t *testing.T) {
	var used Counters
	used.Add("X", card(1), 100)
	used.Add("X", card(2), 50)
	for limit, want := range map[int64]int64{200: 50, 150: 0, 120: 0} {
		r := shop(t, campaign("X", fixed(100), capped(0, 0, limit)))
		grants(t, NewAllocator(r, &used, families{}), []by{{1, 100}}, want)
	}
	lowered := shop(t, campaign("X", fixed(100), capped(0, 99, 0)))
	grants(t, NewAllocator(lowered, &used, families{}), []by{{1, 100}, {2, 100}}, 0, 49)
}

func TestR14CampaignsOfOneTransactionDoNotShareRoom(t *testing.T) {
	r := shop(t, campaign("X", fixed(1), capped(0, 10, 0)), campaign("Y", fixed(1), capped(0, 0, 5)))
	a := NewAllocator(r, &Counters{}, families{})
	for _, want := range [][]int64{{7, 5}, {3, 0}} {
		claims := []Claim{{Rule: 0, Award: 7}, {Rule: 1, Award: 7}}
		a.Next(card(1), claims)
		if got := []int64{claims[0].Grant, claims[1].Grant}; !slices.Equal(got, want) {
			t.Errorf("granted %v, want %v", got, want)
		}
	}
}
