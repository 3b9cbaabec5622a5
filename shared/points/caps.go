package points

// Card is a card's identity in counters and ledger: its cardRef (R20).
type Card = [16]byte

// Use is the net use of capped campaigns as of the previous run: points granted, less what returns, refusals
// and adjustments took back since (R14). Figures lie within ±10¹⁸.
type Use interface {
	// Use is that of one card in one campaign, Total that of all cards.
	Use(campaign string, card Card) int64
	Total(campaign string) int64
}

// Members is the member snapshot that the run pinned.
type Members interface {
	// Cards gives all cards of the member who holds a card, replaced ones included; empty if the card has no
	// member. Members share no cards. The slice is only read until the next call.
	Cards(card Card) []Card
}

// Claim is one award that asks for room under its caps.
type Claim struct {
	Rule  int32 // index in Rules.List
	Award int64 // points asked for, above 0
	Grant int64 // points granted, set by Allocator.Next
}

// Allocator shares out the room of caps per member and per campaign in one pass over all claims of a run
// (R14). It holds some 30 bytes for each card of the members that claim under a member cap, and 8 bytes more
// for each of them and each campaign with such a cap. It is for one goroutine.
type Allocator struct {
	rules   *Rules
	earlier Use
	members Members
	persons map[Card]uint32 // cards of one member have the same number, given in order of first claims
	count   uint32
	rooms   []room // by rule
}

// room is what a campaign may still give.
type room struct {
	asked    bool
	campaign int64
	// member is by person: the room left plus 1, or 0 if the person has not claimed yet. Room left is at
	// least 0: a cap that is exceeded already, because a new version lowered it, has no room.
	member []int64
}

// NewAllocator begins the pass of one run.
func NewAllocator(r *Rules, earlier Use, members Members) *Allocator {
	return &Allocator{
		rules: r, earlier: earlier, members: members,
		persons: map[Card]uint32{}, rooms: make([]room, len(r.rules)),
	}
}

// Next sets the grants of one transaction's claims: the award, or as much of it as both caps have room for;
// campaigns that give awards whole give such an award not at all. Only what is granted uses room, and room
// that is freed in this run does not come back in it. Transactions must come in the order of R12.
func (a *Allocator) Next(card Card, claims []Claim) {
	for i := range claims {
		c := &claims[i]
		rule := &a.rules.rules[c.Rule]
		left := &a.rooms[c.Rule]
		most := a.campaignRoom(rule, left)
		var member *int64
		if rule.capMember != noCap {
			member = a.memberRoom(rule, left, card)
			most = min(most, *member-1)
		}
		c.Grant = min(c.Award, most)
		if rule.whole && c.Grant < c.Award {
			c.Grant = 0
		}
		if rule.capCampaign != noCap {
			left.campaign -= c.Grant
		}
		if member != nil {
			*member -= c.Grant
		}
	}
}

// campaignRoom gives the room left in a campaign.
func (a *Allocator) campaignRoom(rule *Rule, left *room) int64 {
	if rule.capCampaign == noCap {
		return noCap
	}
	if !left.asked {
		left.asked = true
		left.campaign = max(0, rule.capCampaign-a.earlier.Total(rule.Code))
	}
	return left.campaign
}

// memberRoom gives the place that holds the room left for a card's member, plus 1.
func (a *Allocator) memberRoom(rule *Rule, left *room, card Card) *int64 {
	person := a.person(card)
	if missing := int(person) + 1 - len(left.member); missing > 0 {
		left.member = append(left.member, make([]int64, missing)...)
	}
	place := &left.member[person]
	if *place == 0 {
		*place = 1 + max(0, rule.capMember-a.memberUse(rule.Code, card))
	}
	return place
}

// memberUse is the earlier use of all cards of a card's member; a card without a member stands for itself.
func (a *Allocator) memberUse(campaign string, card Card) int64 {
	cards := a.members.Cards(card)
	if len(cards) == 0 {
		return a.earlier.Use(campaign, card)
	}
	sum := int64(0)
	for _, c := range cards {
		sum += a.earlier.Use(campaign, c)
	}
	return sum
}

// person gives the number of a card's member.
func (a *Allocator) person(card Card) uint32 {
	if n, ok := a.persons[card]; ok {
		return n
	}
	n := a.count
	a.count++
	a.persons[card] = n
	for _, c := range a.members.Cards(card) {
		a.persons[c] = n
	}
	return n
}

// Counters is a Use that is kept in memory. The zero value has no use.
type Counters struct {
	cards  map[counter]int64
	totals map[string]int64
}

type counter struct {
	campaign string
	card     Card
}

// Add changes the net use of a card in a campaign.
func (c *Counters) Add(campaign string, card Card, points int64) {
	if c.cards == nil {
		c.cards, c.totals = map[counter]int64{}, map[string]int64{}
	}
	c.cards[counter{campaign, card}] += points
	c.totals[campaign] += points
}

// Use gives the net use of a card in a campaign.
func (c *Counters) Use(campaign string, card Card) int64 { return c.cards[counter{campaign, card}] }

// Total gives the net use of all cards in a campaign.
func (c *Counters) Total(campaign string) int64 { return c.totals[campaign] }

// Set sets the net use of a card in a campaign and leaves the campaign's total alone.
func (c *Counters) Set(campaign string, card Card, points int64) {
	c.Add(campaign, card, 0)
	c.cards[counter{campaign, card}] = points
}

// SetTotal sets the net use of all cards in a campaign.
func (c *Counters) SetTotal(campaign string, points int64) {
	c.Add(campaign, Card{}, 0)
	c.totals[campaign] = points
}
