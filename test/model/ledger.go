package model

import (
	"fmt"
	"slices"
)

// entry is one posted entry: points on one account of a provider's (R19).
type entry struct {
	run     int
	runDate string
	ordinal int // of the file in its run
	file    string
	line    int
	key     string // of its transaction

	rule, pointType string
	account         account
	leaves          string // the number that the provider's file carries
	points          int64  // negative for returns
	campaign        bool   // moves the counter of its campaign: not so for computed returns
	isReturn        bool

	where    string // granted, sent, accepted, refused
	sentOn   string // run date of its provider file
	fileNo   int64
	sequence int64 // 0: its record was netted to 0
	taken    int64 // points that returns took back (R16)
}

// sold is an accepted sale or grant, as returns need it.
type sold struct {
	account  account
	yen      int64 // A of R16
	returned int64 // R of R16
	over     bool  // returned or cancelled, of one of 0 yen
	grants   []*entry
}

// seenFile is a file of an earlier run, or an earlier one of the same run.
type seenFile struct {
	feed, content, runDate string
	accepted               bool
}

// fileName is how an answer names a provider file.
type fileName struct {
	provider string
	fileNo   int64
}

// ledger is all that one run leaves to the next.
type ledger struct {
	masters   Masters
	members   []Member
	runs      int // day runs so far
	files     []seenFile
	contents  map[string]content // by transaction key (R5)
	sold      map[string]*sold
	entries   []*entry
	use       map[string]map[account]int64 // by campaign: net granted (R14)
	lastFile  map[string]int64             // by provider: number of its newest file
	fileDates map[fileName]string          // run date of the newest file of that number
	answers   map[string]bool
	balances  map[string]Accounts
	changes   map[string]Accounts // of the run that is going on
}

func newLedger(c Case) *ledger {
	return &ledger{
		masters: c.Masters, members: c.Members,
		contents: map[string]content{}, sold: map[string]*sold{}, use: map[string]map[account]int64{},
		lastFile: map[string]int64{}, fileDates: map[fileName]string{}, answers: map[string]bool{},
		balances: map[string]Accounts{},
	}
}

// move moves an entry's points from one account of its provider to another.
func (l *ledger) move(e *entry, from, to string) {
	for _, books := range []map[string]Accounts{l.changes, l.balances} {
		a := books[e.account.provider]
		for name, points := range map[string]int64{from: -e.points, to: e.points} {
			switch name {
			case "issued":
				a.Issued += points
			case "granted":
				a.Granted += points
			case "sent":
				a.Sent += points
			case "accepted":
				a.Accepted += points
			case "refused":
				a.Refused += points
			}
		}
		books[e.account.provider] = a
	}
	e.where = to
}

// post grants an entry: issued to granted; a campaign's counter moves with it.
func (l *ledger) post(e *entry) {
	l.entries = append(l.entries, e)
	l.move(e, "issued", "granted")
	l.moveUse(e, e.points)
}

func (l *ledger) moveUse(e *entry, points int64) {
	if !e.campaign {
		return
	}
	if l.use[e.rule] == nil {
		l.use[e.rule] = map[account]int64{}
	}
	l.use[e.rule][e.account] += points
}

// room gives what is left under a campaign's caps for an account, and whether it has any such cap. Returns
// come after all sales of a run and answers are runs of their own, so what they free counts from the next
// run (R14). Choice: use below 0 (a grant refused after a part of it came back) gives more room than the
// cap.
func (l *ledger) room(c *Campaign, a account) (room int64, capped bool) {
	if c.Caps.Member > 0 {
		room, capped = c.Caps.Member, true
		for _, card := range cardsOfMember(l.members, a) {
			room -= l.use[c.Code][card]
		}
	}
	if c.Caps.Campaign > 0 {
		left := c.Caps.Campaign
		for _, used := range l.use[c.Code] {
			left -= used
		}
		if !capped || left < room {
			room = left
		}
		capped = true
	}
	return max(room, 0), capped
}

// acceptByDate accepts what was sent so many days ago as the contract says (R19).
func (l *ledger) acceptByDate(runDate string) {
	for _, e := range l.entries {
		days := l.masters.Providers[e.account.provider].AcceptDays
		if e.where == "sent" && days != nil && runDate >= addDays(e.sentOn, *days) {
			l.move(e, "sent", "accepted")
		}
	}
}

// answer is an answer run: each line refuses, or accepts, the entries that it names, once (R19).
// Choice: an entry that waits for its file, or that is already where the line wants it, is not matched.
func (l *ledger) answer(a Answer) AnswerResult {
	l.changes = map[string]Accounts{}
	result := AnswerResult{MatchedEntries: []int{}, Accounts: l.changes}
	file := prefixed(a.Provider, a.Content)
	if l.answers[file] {
		result.Again = true
		return result
	}
	l.answers[file] = true
	for _, line := range a.Lines {
		matched := 0
		for _, e := range l.named(a.Provider, line) {
			switch {
			case line.Accepted && e.where == "sent":
				l.move(e, "sent", "accepted")
				matched++
			case !line.Accepted && (e.where == "sent" || e.where == "accepted"):
				l.move(e, e.where, "refused")
				l.moveUse(e, -e.points)
				matched++
			}
		}
		result.MatchedEntries = append(result.MatchedEntries, matched)
	}
	return result
}

// named gives the entries that a line of an answer names: by transaction key, or by the record of the newest
// file of that number (R21).
func (l *ledger) named(provider string, line AnswerLine) []*entry {
	newest := l.fileDates[fileName{provider, line.FileNo}]
	var found []*entry
	for _, e := range l.entries {
		switch {
		case e.account.provider != provider || e.where == "granted":
		case line.Transaction != nil && e.key == prefixed(line.Transaction...):
			found = append(found, e)
		case line.Transaction == nil && e.sentOn == newest && e.fileNo == line.FileNo &&
			e.sequence == line.Sequence && e.sequence > 0:
			found = append(found, e)
		}
	}
	return found
}

// standing gives "provider:card:type" with the points that stand: all that was not refused.
func (l *ledger) standing() map[string]int64 {
	cards := map[string]int64{}
	for _, e := range l.entries {
		if e.where != "refused" {
			cards[fmt.Sprintf("%s:%s:%s", e.account.provider, e.account.number, e.pointType)] += e.points
		}
	}
	return cards
}

// netUse gives "campaign:provider:card" with the net use of the counters.
func (l *ledger) netUse() map[string]int64 {
	all := map[string]int64{}
	for campaign, cards := range l.use {
		for card, points := range cards {
			all[fmt.Sprintf("%s:%s:%s", campaign, card.provider, card.number)] = points
		}
	}
	return all
}

// waiting gives the entries of a provider that are granted and not sent, by (run, file, line, type) (R21).
func (l *ledger) waiting(provider string) []*entry {
	var found []*entry
	for _, e := range l.entries {
		if e.account.provider == provider && e.where == "granted" {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, byPlace)
	return found
}
