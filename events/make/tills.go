package main

import "fmt"

// counter numbers the receipts that the scenarios add.
type counter int

func (c *counter) next() string {
	*c++
	return fmt.Sprintf("%06d", *c)
}

// shop writes the sales of a scenario at one till.
type shop struct {
	*tillFile
	receipts counter
}

func (s *shop) sell(store, clock, card string, yen int64) till {
	return till{store: store, register: "001", clock: clock, receipt: s.receipts.next(), card: card, yen: yen}
}

// back is a return or cancel of a sale, with its card.
func (s *shop) back(kind, clock string, of *till, yen int64) till {
	t := s.sell(of.store, clock, of.card, yen)
	t.kind, t.of = kind, of
	return t
}

// The ordinary sales of the first file.
const (
	firstSeed  = 1
	firstSales = 200
)

// firstTills is the main file of the day.
func firstTills() ([]byte, error) {
	s := &shop{tillFile: &tillFile{number: 1}, receipts: 900_000}
	s.header()
	s.fill(newChance(firstSeed), firstSales, 1)
	s.campaigns()
	s.cards()
	s.returns()
	s.grants()
	for i, text := range nasty() {
		t := s.sell("0004", fmt.Sprintf("11%02d", 2*i+1), hoshi(30+i), int64(400+100*i))
		t.staff, t.memo = "髙﨑ｶﾞｲﾄﾞ①", text+"～"+text
		s.add(t)
	}
	s.badCards()
	s.badValues()
	return s.end(0)
}

// campaigns are sales in which campaigns meet, and in which their caps run out.
func (s *shop) campaigns() {
	// C01 gives more than C02, which it excludes; the 30-hour clock decides, and 26:00 is outside.
	for _, clock := range []string{"2159", "2201", "2359", "2401", "2531", "2559"} {
		s.add(s.sell("0001", clock, hoshi(7), 2500))
	}
	s.add(s.sell("0001", "2601", hoshi(7), 2500))
	s.add(s.sell("0001", "0711", hoshi(8), 1200)) // C02 18 points, C03 20
	s.add(s.sell("0001", "0713", hoshi(8), 1400)) // C02 21 points, C03 20
	s.add(s.sell("0001", "0959", hoshi(8), 999))
	s.add(s.sell("0001", "0715", hoshi(9), 20_000)) // C02 300 points, cut to 150 by its cap
	// C04: a member's cap counts all cards of the member, the replaced ones too.
	s.add(s.sell("0003", "1501", hoshi(twiceRenewed+500), 2000))
	s.add(s.sell("0007", "1503", hoshi(twiceRenewed+700), 2000))
	s.add(s.sell("0003", "1505", hoshi(twiceRenewed), 2000))
	s.add(s.sell("0003", "1507", hoshi(twiceRenewed), 1999))
	// C05: 60 a transaction, 90 a member.
	for i, clock := range []string{"1601", "1603", "1605"} {
		t := s.sell("0002", clock, komorebi(12), int64(4000+1500*i))
		t.affiliate = []string{"AOBA", "910001******1234", "910002******9876"}[i]
		s.add(t)
	}
	// C08: six times 300, all or nothing; the seventh and eighth get none.
	for i := range 8 {
		s.add(s.sell("0005", fmt.Sprintf("12%02d", 1+2*i), hoshi(200+i), int64(5000+i)))
	}
	// C10: 100 a transaction, 120 a member.
	s.add(s.sell("0006", "1701", minato(20), 12_000))
	s.add(s.sell("0006", "1703", minato(20), 6000))
	s.add(s.sell("0006", "1705", minato(20), 6000))
}

// cards are the ways in which tills and scanners write a card.
func (s *shop) cards() {
	full := []rune(minato(14))
	for i := range full {
		full[i] += '０' - '0'
	}
	for i, number := range []string{
		minato(14)[3:], // short form
		"A" + minato(14) + "A", "B" + hoshi(14) + "D",
		hoshi(14)[:4] + "-" + hoshi(14)[4:8] + "-" + hoshi(14)[8:],
		"]C1" + komorebi(15), "   " + komorebiApp(12),
	} {
		s.add(s.sell("0008", fmt.Sprintf("13%02d", 1+2*i), number, 1500))
	}
	s.add(s.sell("0008", "1321", string(full[:10]), 1500)) // full-width digits: the short form of a card
	s.add(s.sell("0008", "", hoshi(16), 700))              // no time counts as 00:00
	s.add(s.sell("0008", "1323", hoshi(16), 0))
	member := s.sell("0008", "1325", "", 1800)
	member.member = memberNo(twiceRenewed)
	s.add(member)
	both := s.sell("0008", "1327", minato(18), 1800) // a card and a member number: the card decides
	both.member = memberNo(3)
	s.add(both)
}

// returns are all kinds of returns and cancels of sales in this file.
func (s *shop) returns() {
	whole := s.add(s.sell("0001", "1401", hoshi(22), 3000))
	s.add(s.back("2", "1501", whole, 3000))
	// 1,000 yen with 10 points and what campaigns gave come back as 333 + 333 + 334 (R16).
	parts := s.add(s.sell("0001", "1403", hoshi(23), 1000))
	for i, yen := range []int64{333, 333, 334} {
		s.add(s.back("2", fmt.Sprintf("15%02d", 11+2*i), parts, yen))
	}
	s.add(s.back("2", "1521", parts, 1)) // more than the sale had
	capped := s.add(s.sell("0005", "1217", hoshi(23), 9000))
	s.add(s.back("2", "1523", capped, 4500))
	cancelled := s.add(s.sell("0001", "1405", minato(22), 2400))
	s.add(s.back("3", "1531", cancelled, 2400))
	s.add(s.back("2", "1533", cancelled, 2400)) // what is all back already
	free := s.add(s.sell("0001", "1407", hoshi(24), 0))
	s.add(s.back("2", "1535", free, 0))
	s.add(s.back("2", "1537", free, 0))
	other := s.add(s.sell("0001", "1409", hoshi(25), 1600))
	shown := s.back("2", "1539", other, 800)
	shown.card = komorebi(25) // the sale's card gives back; a warning
	s.add(shown)
	silent := s.back("2", "1541", other, 800)
	silent.card = ""
	s.add(silent)
	old := till{date: "20260901", store: "0001", register: "009", receipt: "123456", card: hoshi(26)}
	s.add(s.back("2", "1543", &old, 500)) // a sale that nobody knows
	again := s.add(s.back("2", "1545", s.add(s.sell("0001", "1411", hoshi(27), 900)), 100))
	s.add(s.back("2", "1547", again, 50)) // a return of a return
	renewed := s.add(s.sell("0001", "1413", hoshi(twiceRenewed+500), 1100))
	s.add(s.back("2", "1549", renewed, 1100)) // leaves under the newest card
	// The same line twice, and once with another amount.
	twice := s.sell("0002", "1551", hoshi(28), 1300)
	s.add(twice)
	s.add(twice)
	twice.clock, twice.yen = "1553", 1301
	s.add(twice)
}

// grants are points that the retailer computed itself.
func (s *shop) grants() {
	for i, g := range []struct{ pointType, grantType, points string }{
		{"BASE", "", "0000120"},
		{"BASE", "APOLOGY", "0000500"},
		{"SURVEY", "SURVEY", "0000030"},
		{"SURVEY", "SURVEY", "0000000"},
	} {
		t := s.sell("0001", fmt.Sprintf("18%02d", 1+2*i), hoshi(31+i), 0)
		t.kind, t.pointType, t.grantType, t.points = "4", g.pointType, g.grantType, g.points
		s.add(t)
	}
}

// secondTills came later: two stores, with returns of the first file's sales, and lines of it once more.
func secondTills() ([]byte, error) {
	s := &shop{tillFile: &tillFile{number: 2}, receipts: 950_000}
	s.header()
	s.fill(newChance(2), 150, 5001)
	first := (&tillFile{number: 1}).fill(newChance(firstSeed), firstSales, 1) // as the first file has them
	for _, n := range []int{3, 40, 41, 120} {
		s.add(first[n])
	}
	s.add(s.back("2", "2106", &first[10], first[10].yen))
	s.add(s.back("2", "2108", &first[11], first[11].yen/3))
	changed := first[60] // a key of the first file with another amount
	changed.clock, changed.yen = "2658", changed.yen+1
	s.add(changed)
	for range 2 {
		s.add(s.sell("0003", "2002", komorebi(33), 2600))
	}
	sale := s.add(s.sell("0004", "2004", hoshi(41), 5200))
	s.add(*sale) // a duplicate
	s.add(s.back("2", "2104", sale, 2600))
	late := s.sell("0004", "0910", hoshi(42), 880)
	late.date = "20260824" // the oldest day that the feed takes
	s.add(late)
	s.add(s.sell("0004", "2552", komorebi(36), 1000))
	s.add(s.sell("0004", "1202", "", 2000))
	s.add(s.sell("0004", "1204", hoshiOld(3), 2000))
	s.badBytes()
	return s.end(0)
}

// cutTills says in its trailer that there are two lines more: the file is refused whole (R4).
func cutTills() ([]byte, error) {
	f := &tillFile{number: 3}
	f.header()
	f.fill(newChance(3), 20, 8001)
	return f.end(2)
}
