package member

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"multipoint/shared/fault"
)

const titles = "member,number,provider,card,replaced_by\n"

func load(t testing.TB, rows ...string) *Snapshot {
	t.Helper()
	s, err := Load(strings.NewReader(titles + strings.Join(rows, "\n") + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wantCard(t *testing.T, s *Snapshot, number, provider, card string, code fault.Code) {
	t.Helper()
	got, gotCode := s.CardOf([]byte(number), provider)
	if string(got) != card || gotCode != code {
		t.Errorf("number %s with %s is %q, %v; want %q, %v", number, provider, got, gotCode, card, code)
	}
}

func TestR7AMemberNumberStandsForTheNewestCardNotReplaced(t *testing.T) {
	s := load(
		t,
		"M1,500001,AOBA,9999000000000001,",
		"M1,500001,AOBA,9999000000000002,9999000000000004",
		"M2,500002,MIDORI,001000001,",
		"M1,500001,MIDORI,001000002,",
		"M1,500001,AOBA,9999000000000004,",
		"M1,500001,AOBA,9999000000000003,",
		"M1,500001,AOBA,9999000000000005,9999000000000001",
		"M3,500003,,,",
	)
	wantCard(t, s, "500001", "AOBA", "9999000000000003", 0)
	wantCard(t, s, "500001", "MIDORI", "001000002", 0)
	wantCard(t, s, "500002", "MIDORI", "001000001", 0)
	wantCard(t, s, "500002", "AOBA", "", fault.MemberNoCard)
	wantCard(t, s, "500002", "KI", "", fault.MemberNoCard)
	wantCard(t, s, "500003", "AOBA", "", fault.MemberNoCard)
	wantCard(t, s, "500004", "AOBA", "", fault.MemberUnknown)
	wantCard(t, s, "", "AOBA", "", fault.MemberUnknown)
}

func TestR7AMemberWhoseCardsAreAllReplacedHasNone(t *testing.T) {
	s := load(t, "M1,500001,AOBA,11,12", "M1,500001,MIDORI,12,")
	wantCard(t, s, "500001", "AOBA", "", fault.MemberNoCard)
}

func TestR7TheOrderOfRowsDecidesEvenIfAReplacementWasNamedBefore(t *testing.T) {
	// 13 is named as a replacement in the first row but registered after 12.
	s := load(t, "M1,500001,AOBA,11,13", "M1,500001,AOBA,12,", "M1,500001,AOBA,13,")
	wantCard(t, s, "500001", "AOBA", "13", 0)
}

func TestR16AReplacedCardLeavesUnderTheNewestOfItsChain(t *testing.T) {
	s := load(
		t,
		"M1,500001,AOBA,11,12", "M1,500001,AOBA,12,13", "M1,500001,AOBA,13,", "M1,500001,AOBA,14,99",
		"M1,500001,MIDORI,11,21", "M1,500001,MIDORI,21,",
	)
	for _, c := range []struct{ provider, card, want string }{
		{"AOBA", "11", "13"},
		{"AOBA", "12", "13"},
		{"AOBA", "13", "13"},
		{"AOBA", "14", "99"}, // a number that the snapshot has no row for
		{"AOBA", "99", "99"},
		{"MIDORI", "11", "21"},
		{"MIDORI", "12", "12"},
		{"KI", "11", "11"},
		{"AOBA", "", ""},
		{"AOBA", strings.Repeat("1", 33), strings.Repeat("1", 33)},
	} {
		if got := s.Newest(c.provider, []byte(c.card)); string(got) != c.want {
			t.Errorf("%s %s leaves under %q, want %q", c.provider, c.card, got, c.want)
		}
	}
}

func TestARingOfReplacementsEnds(t *testing.T) {
	rows := []string{"M1,500001,AOBA,900,901", "M1,500001,AOBA,901,902", "M1,500001,AOBA,902,100"}
	for i := 100; i < 150; i++ {
		rows = append(rows, fmt.Sprintf("M1,500001,AOBA,%d,%d", i, 100+(i-99)%50))
	}
	rows = append(rows, "M1,500001,AOBA,77,77")
	s := load(t, rows...)
	for _, card := range []string{"900", "902", "100", "149", "77"} {
		if got := s.Newest("AOBA", []byte(card)); string(got) != card {
			t.Errorf("%s in a ring leaves under %s", card, got)
		}
	}
	wantCard(t, s, "500001", "AOBA", "", fault.MemberNoCard)
}

func TestALongChainIsFollowedToItsEnd(t *testing.T) {
	var rows []string
	for i := range 1000 {
		rows = append(rows, fmt.Sprintf("M1,500001,AOBA,%d,%d", 1000+i, 1001+i))
	}
	s := load(t, rows...)
	for i := range 1000 {
		if got := s.Newest("AOBA", fmt.Append(nil, 1000+i)); string(got) != "2000" {
			t.Fatalf("%d leaves under %s", 1000+i, got)
		}
	}
}

func TestR14AllCardsOfAMemberCountTogether(t *testing.T) {
	s := load(
		t,
		"M1,500001,AOBA,11,12", "M2,500002,AOBA,31,32", "M1,500001,MIDORI,31,", "M1,500001,AOBA,12,",
	)
	for _, card := range [][2]string{{"AOBA", "11"}, {"AOBA", "12"}, {"MIDORI", "31"}} {
		ref, ok := s.MemberOf(card[0], []byte(card[1]))
		if !ok || string(s.Key(ref)) != "M1" {
			t.Fatalf("%v belongs to %d %q, %v", card, ref, s.Key(ref), ok)
		}
		var got []string
		for provider, number := range s.CardsOf(ref) {
			got = append(got, provider+" "+string(number))
		}
		if text := strings.Join(got, ", "); text != "AOBA 11, MIDORI 31, AOBA 12" {
			t.Errorf("cards of M1: %s", text)
		}
	}
	ref, _ := s.MemberOf("AOBA", []byte("31"))
	if string(s.Key(ref)) != "M2" {
		t.Errorf("AOBA 31 belongs to %q: the number of another provider was taken", s.Key(ref))
	}
	for range s.CardsOf(ref) {
		break
	}
	// 32 is named as a replacement only: nobody has registered it.
	for _, card := range [][2]string{{"AOBA", "32"}, {"AOBA", "99"}, {"KI", "11"}, {"AOBA", ""}} {
		if ref, ok := s.MemberOf(card[0], []byte(card[1])); ok || ref != -1 {
			t.Errorf("%v belongs to %d", card, ref)
		}
	}
}

func TestASnapshotWithoutMembersWorks(t *testing.T) {
	empty, err := Load(strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*Snapshot{
		"nil": nil, "zero": {}, "empty file": empty, "title row only": load(t),
	} {
		wantCard(t, s, "500001", "AOBA", "", fault.MemberUnknown)
		if got := s.Newest("AOBA", []byte("11")); string(got) != "11" {
			t.Errorf("%s: newest %q", name, got)
		}
		if _, ok := s.MemberOf("AOBA", []byte("11")); ok || s.Len() != 0 || s.Key(0) != nil {
			t.Errorf("%s: has a member", name)
		}
		for _, ref := range []int32{-1, 0, 1} {
			for provider, card := range s.CardsOf(ref) {
				t.Errorf("%s: member %d has %s %s", name, ref, provider, card)
			}
		}
	}
}

func TestLookingUpAllocatesNothing(t *testing.T) {
	s := load(t, "M1,500001,AOBA,11,12", "M1,500001,AOBA,12,")
	number, card, cards := []byte("500001"), []byte("11"), 0
	if n := testing.AllocsPerRun(100, func() {
		s.CardOf(number, "AOBA")
		s.Newest("AOBA", card)
		ref, _ := s.MemberOf("AOBA", card)
		for range s.CardsOf(ref) {
			cards++
		}
	}); n != 0 || cards == 0 {
		t.Errorf("%v allocations, %d cards", n, cards)
	}
}

// many is a CSV of n members with a card each, made row by row.
type many struct {
	n, next int
	rest    []byte
}

func (m *many) Read(p []byte) (int, error) {
	if len(m.rest) == 0 {
		if m.next == 0 {
			m.rest = []byte(titles)
		}
		if m.next == m.n {
			return 0, fmt.Errorf("EOF after %d rows", m.n)
		}
		m.rest = fmt.Appendf(m.rest, "M%07d,5%09d,AOBA,9999%012d,\n", m.next, m.next, m.next*7919)
		m.next++
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

func manyMembers(t testing.TB, n int) *Snapshot {
	t.Helper()
	var text strings.Builder
	in := &many{n: n}
	buf := make([]byte, 256)
	for {
		k, err := in.Read(buf)
		if err != nil {
			break
		}
		text.Write(buf[:k])
	}
	s, err := Load(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAHundredThousandCardsTakeLittleMemory(t *testing.T) {
	const cards, limit = 100_000, 120 // bytes a card, each with a member and a member number of its own
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := manyMembers(t, cards)
	runtime.GC()
	runtime.ReadMemStats(&after)
	used := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d bytes a card", used/cards)
	if used > cards*limit {
		t.Errorf("%d bytes a card, want at most %d", used/cards, limit)
	}
	for i := range cards {
		want := fmt.Sprintf("9999%012d", i*7919)
		if got, code := s.CardOf(fmt.Appendf(nil, "5%09d", i), "AOBA"); code != 0 || string(got) != want {
			t.Fatalf("member %d: %q, %v; want %s", i, got, code, want)
		}
	}
	runtime.KeepAlive(s)
}

func BenchmarkCardOf(b *testing.B) {
	s := manyMembers(b, 1_000_000)
	numbers := make([][]byte, 4096)
	for i := range numbers {
		numbers[i] = fmt.Appendf(nil, "5%09d", i*244)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, code := s.CardOf(numbers[i&4095], "AOBA"); code != 0 {
			b.Fatal(code)
		}
		i++
	}
}

func BenchmarkMemberOf(b *testing.B) {
	s := manyMembers(b, 100_000)
	card := fmt.Appendf(nil, "9999%012d", 777*7919)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := s.MemberOf("AOBA", card); !ok {
			b.Fatal("no member")
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		manyMembers(b, 10_000)
	}
}
