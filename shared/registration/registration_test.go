package registration_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/keys/local"
	"multipoint/shared/member"
	objects "multipoint/shared/object/memory"
	"multipoint/shared/personal"
	"multipoint/shared/profile"
	"multipoint/shared/registration"
	"multipoint/shared/table"
	"multipoint/shared/table/memory"
	"multipoint/shared/table/pebble"
)

// world is a retailer's members over a table.
type world struct {
	*testing.T
	*registration.Service
	now time.Time
}

func newWorld(t *testing.T, tab table.Table) *world {
	t.Helper()
	vault, err := personal.New(local.Demo(), objects.New(objects.Options{}), "AOZORA", personal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, now: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)}
	w.Service = &registration.Service{
		Retailer: "AOZORA", Table: tab, Vault: vault, Now: func() time.Time { return w.now },
	}
	return w
}

func inMemory(t *testing.T) *world { return newWorld(t, memory.New(nil)) }

// someone is the nth person, with a card of HOSHI.
func someone(n int) registration.NewMember {
	return registration.NewMember{
		ID: registration.NewID(), Number: fmt.Sprintf("A%07d", n),
		Data: registration.Data{
			Profile: profile.Profile{
				FamilyName: "髙瀬", GivenName: "みのり", FamilyKana: "タカセ", GivenKana: "ミノリ",
				Mail: fmt.Sprintf("person%d@mail.example", n), Phone: fmt.Sprintf("090%08d", n),
				Postal: "9800000", Prefecture: 4, City: "仙台市青葉区", Street: "見本町1-2-3",
				Birth: profile.Birth{Year: 1990, Month: 5, Day: 17}, Sex: profile.Female,
				LoginKey: profile.FieldMail, OptIns: []string{"campaign"},
			},
			Language: "ja",
		},
		Cards: []registration.Card{{Provider: "HOSHI", Number: cardNumber(n)}},
	}
}

func cardNumber(n int) string { return fmt.Sprintf("999%013d", n) }

func (w *world) register(n registration.NewMember) *registration.Member {
	w.Helper()
	m, err := w.Register(w.Context(), n)
	if err != nil {
		w.Fatal(err)
	}
	return m
}

// refused looks that a call fails with a code at a field.
func (w *world) refused(err error, code fault.Code, field string) {
	w.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code || f.Field != field {
		w.Errorf("%v, want %s at %q", err, code, field)
	}
}

func TestMemberComesBackAsItWas(t *testing.T) {
	w := inMemory(t)
	n := someone(1)
	w.register(n)
	m, err := w.Get(t.Context(), n.ID)
	if err != nil {
		t.Fatal(err)
	}
	if m.State != registration.Active || m.Number != n.Number || m.Version() != 1 ||
		!reflect.DeepEqual(m.Data, n.Data) || m.Cards[0].Number != cardNumber(1) ||
		!m.Registered.Equal(w.now) {
		t.Errorf("%+v", m)
	}
	for e, value := range map[personal.Element]string{
		personal.Mail: "person1@mail.example", personal.Phone: "09000000001",
	} {
		if id, err := w.Find(t.Context(), e, value); id != n.ID || err != nil {
			t.Errorf("%s: %q, %v", e, id, err)
		}
	}
	if id, err := w.FindCard(t.Context(), "HOSHI", cardNumber(1)); id != n.ID || err != nil {
		t.Error(id, err)
	}
	if id, err := w.FindCard(t.Context(), "MINATO", cardNumber(1)); id != "" || err != nil {
		t.Error("another provider's card of that number:", id, err)
	}
	_, err = w.Get(t.Context(), "nobody")
	w.refused(err, fault.MemberAbsent, "")
}

func TestWhatSomebodyHasNobodyElseGets(t *testing.T) {
	w := inMemory(t)
	w.register(someone(1))
	for field, c := range map[string]struct {
		code fault.Code
		take func(n *registration.NewMember)
	}{
		"mail": {fault.AddressTaken, func(n *registration.NewMember) {
			n.Mail = "person1@mail.example"
		}},
		"phone": {fault.PhoneTaken, func(n *registration.NewMember) { n.Phone = "09000000001" }},
		"card.HOSHI": {fault.CardTaken, func(n *registration.NewMember) {
			n.Cards[0].Number = cardNumber(1)
		}},
	} {
		n := someone(2)
		c.take(&n)
		_, err := w.Register(t.Context(), n)
		w.refused(err, c.code, field)
		if _, err := w.Get(t.Context(), n.ID); fault.CodeOf(err) != fault.MemberAbsent {
			t.Errorf("%s: half a member is there: %v", field, err)
		}
	}
	// What the refused registrations claimed beside is free.
	w.register(someone(2))

	twice := someone(3)
	twice.Cards = append(twice.Cards, twice.Cards[0])
	_, err := w.Register(t.Context(), twice)
	w.refused(err, fault.CardTaken, "card.HOSHI")
	many := someone(4)
	for i := range registration.MaxCards {
		many.Cards = append(many.Cards, registration.Card{Provider: "HOSHI", Number: cardNumber(100 + i)})
	}
	_, err = w.Register(t.Context(), many)
	w.refused(err, fault.CardTooMany, "card")
}

// TestAddressesThatDifferInCaseAreOne: what is the same mailbox has one member.
func TestAddressesThatDifferInCaseAreOne(t *testing.T) {
	w := inMemory(t)
	w.register(someone(1))
	n := someone(2)
	n.Mail = "person1@MAIL.example"
	_, err := w.Register(t.Context(), n)
	w.refused(err, fault.AddressTaken, "mail")
}

// TestOneOfManyAtOnceGetsAPhone: registrations of one phone number at the same instant, on a real store.
func TestOneOfManyAtOnceGetsAPhone(t *testing.T) {
	store, err := pebble.Open(t.TempDir(), pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	w := newWorld(t, store)
	const at = 12
	var won, refused int
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range at {
		n := someone(i)
		n.Phone = "09099999999"
		group.Go(func() {
			_, err := w.Register(t.Context(), n)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case fault.CodeOf(err) == fault.PhoneTaken:
				refused++
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won != 1 || refused != at-1 {
		t.Errorf("%d got the number, %d were refused", won, refused)
	}
}

// TestWhatTheCallerAddsHappensWithIt: a used-up link lets nobody register, and a refused one uses up no link.
func TestWhatTheCallerAddsHappensWithIt(t *testing.T) {
	w := inMemory(t)
	link := table.Item{Key: table.Key{Partition: "LINK", Sort: "1"}, Version: 1}
	if err := w.Table.Put(t.Context(), link, table.Always); err != nil {
		t.Fatal(err)
	}
	spend := table.Action{Item: link, Delete: true, When: table.IfVersion}
	w.register(someone(1))
	taken := someone(2)
	taken.Phone = "09000000001"
	_, err := w.Register(t.Context(), taken, spend)
	w.refused(err, fault.PhoneTaken, "phone")
	if _, err := w.Register(t.Context(), someone(2), spend); err != nil {
		t.Fatal(err)
	}
	_, err = w.Register(t.Context(), someone(3), spend)
	w.refused(err, fault.MemberUnderWay, "")
}

func TestChangeMovesWhatIsUnique(t *testing.T) {
	w := inMemory(t)
	n := someone(1)
	m := w.register(n)
	to := func(phone string) func(*registration.Member) error {
		return func(m *registration.Member) error {
			m.Phone = phone
			return nil
		}
	}
	w.now = w.now.Add(time.Hour)
	after, err := w.Change(t.Context(), n.ID, m.Version(), to("09011111111"))
	if err != nil || !after.Changed.Equal(w.now) || after.Version() != 2 {
		t.Fatal(after, err)
	}
	if id, _ := w.Find(t.Context(), personal.Phone, "09011111111"); id != n.ID {
		t.Error("the new number is not found")
	}
	if id, _ := w.Find(t.Context(), personal.Phone, "09000000001"); id != "" {
		t.Error("the former number is still taken")
	}
	_, err = w.Change(t.Context(), n.ID, m.Version(), to("09022222222"))
	w.refused(err, fault.MemberChanged, "")
	w.register(someone(2))
	_, err = w.Change(t.Context(), n.ID, 0, to("09000000002"))
	w.refused(err, fault.PhoneTaken, "phone")
	if id, _ := w.Find(t.Context(), personal.Phone, "09011111111"); id != n.ID {
		t.Error("a refused change gave the number away")
	}
	stop := errors.New("stop")
	_, err = w.Change(t.Context(), n.ID, 0, func(*registration.Member) error { return stop })
	if !errors.Is(err, stop) {
		t.Error(err)
	}
}

// TestTwoTabs: of two changes that saw the same member one wins, even at the same instant.
func TestTwoTabs(t *testing.T) {
	w := inMemory(t)
	n := someone(1)
	m := w.register(n)
	const tabs = 8
	var won int
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range tabs {
		group.Go(func() {
			_, err := w.Change(t.Context(), n.ID, m.Version(), func(m *registration.Member) error {
				m.Phone = fmt.Sprintf("0801111%04d", i)
				return nil
			})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if fault.CodeOf(err) != fault.MemberChanged {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won != 1 {
		t.Errorf("%d tabs won", won)
	}
	taken := 0
	for i := range tabs {
		if id, _ := w.Find(t.Context(), personal.Phone, fmt.Sprintf("0801111%04d", i)); id != "" {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("%d numbers are taken", taken)
	}
}

func TestCardsAreReplacedAndRemoved(t *testing.T) {
	w := inMemory(t)
	n := someone(1)
	w.register(n)
	change := func(f func(*registration.Member) error) error {
		_, err := w.Change(t.Context(), n.ID, 0, f)
		return err
	}
	if err := change(func(m *registration.Member) error {
		return m.ReplaceCard("HOSHI", cardNumber(1), cardNumber(50), w.now)
	}); err != nil {
		t.Fatal(err)
	}
	m, err := w.Get(t.Context(), n.ID)
	if err != nil || len(m.Cards) != 2 || m.Cards[0].Replaced != cardNumber(50) || m.Cards[1].Replaced != "" {
		t.Fatal(m, err)
	}
	w.refused(change(func(m *registration.Member) error {
		return m.ReplaceCard("HOSHI", cardNumber(1), cardNumber(51), w.now)
	}), fault.CardNotHeld, "card.HOSHI")
	w.refused(change(func(m *registration.Member) error {
		return m.ReplaceCard("HOSHI", cardNumber(50), cardNumber(1), w.now) // back to the lost one
	}), fault.CardTaken, "card.HOSHI")
	w.refused(change(func(m *registration.Member) error {
		return m.RemoveCard("HOSHI", cardNumber(9))
	}), fault.CardNotHeld, "card.HOSHI")
	other := someone(2)
	other.Cards[0].Number = cardNumber(1)
	_, err = w.Register(t.Context(), other)
	w.refused(err, fault.CardTaken, "card.HOSHI") // a replaced card stays its member's
	if err := change(func(m *registration.Member) error {
		return m.RemoveCard("HOSHI", cardNumber(50))
	}); err != nil {
		t.Fatal(err)
	}
	w.register(other)
}

func TestCancelledMemberIsForgottenInTime(t *testing.T) {
	w := inMemory(t)
	n := someone(1)
	w.register(n)
	if err := w.Cancel(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	w.refused(w.Cancel(t.Context(), n.ID), fault.MemberCancelled, "")
	_, err := w.Change(t.Context(), n.ID, 0, func(*registration.Member) error { return nil })
	w.refused(err, fault.MemberCancelled, "")
	again := someone(1) // the same person comes back
	again.Cards = nil
	w.register(again)

	var erased []string
	erase := func(_ context.Context, provider, number string) error {
		erased = append(erased, provider+number)
		return nil
	}
	if count, err := w.Forget(t.Context(), w.now.Add(-time.Second), erase); count != 0 || err != nil {
		t.Fatal(count, err)
	}
	for _, want := range []int{1, 0} {
		if count, err := w.Forget(t.Context(), w.now.Add(time.Second), erase); count != want || err != nil {
			t.Fatal(count, err)
		}
	}
	if !slices.Equal(erased, []string{"HOSHI" + cardNumber(1)}) {
		t.Error(erased)
	}
	m, err := w.Get(t.Context(), n.ID)
	if err != nil || m.State != registration.Forgotten || m.Cards != nil ||
		!reflect.DeepEqual(m.Data, registration.Data{}) {
		t.Error(m, err)
	}
	if m, err := w.Get(t.Context(), again.ID); err != nil || m.State != registration.Active {
		t.Error(m, err)
	}
}

// TestForgettingKeepsCardsOfOthers: a card that has another member by now is not erased.
func TestForgettingKeepsCardsOfOthers(t *testing.T) {
	w := inMemory(t)
	n := someone(1)
	w.register(n)
	if err := w.Cancel(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	w.register(someone(1))
	_, err := w.Forget(t.Context(), w.now.Add(time.Hour), func(_ context.Context, _, number string) error {
		t.Errorf("card %s was erased", number)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSearchByTheBeginningOfAName(t *testing.T) {
	w := inMemory(t)
	names := []string{"タカセ ミノリ", "タカハシ ケン", "タカ ミネ", "ナカタ カセ"}
	for i, name := range names {
		n := someone(i)
		n.FamilyKana, n.GivenKana, _ = strings.Cut(name, " ")
		w.register(n)
	}
	for beginning, want := range map[string][]string{
		"タカ": {"タカセミノリ", "タカハシケン", "タカミネ"}, "タカセ": {"タカセミノリ"}, "タカミ": {"タカミネ"}, "カセ": nil,
	} {
		var got []string
		err := w.Search(t.Context(), beginning, func(m *registration.Member) error {
			got = append(got, m.FamilyKana+m.GivenKana)
			return nil
		})
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", beginning, got, err)
		}
	}
	if err := w.Search(t.Context(), "タ", nil); !errors.Is(err, personal.ErrInvalid) {
		t.Error(err)
	}
}

// TestSnapshotFollowsTheMembers compares a snapshot that grows by changes with one made of all members at
// once.
func TestSnapshotFollowsTheMembers(t *testing.T) {
	w := inMemory(t)
	var file []byte
	fold := func() {
		t.Helper()
		var out bytes.Buffer
		var before io.Reader
		if file != nil {
			before = bytes.NewReader(file)
		}
		done, err := w.Fold(t.Context(), before, &out)
		if err != nil {
			t.Fatal(err)
		}
		if done == nil {
			if out.Len() > 0 {
				t.Error("nothing changed, and a snapshot was written")
			}
			return
		}
		if err := done(t.Context()); err != nil {
			t.Fatal(err)
		}
		file = out.Bytes()
	}
	var people []registration.NewMember
	for i := range 20 {
		people = append(people, someone(i))
		w.register(people[i])
		if i%7 == 3 {
			fold()
		}
	}
	mustChange := func(i int, f func(m *registration.Member) error) {
		t.Helper()
		if _, err := w.Change(t.Context(), people[i].ID, 0, f); err != nil {
			t.Fatal(err)
		}
	}
	mustChange(2, func(m *registration.Member) error {
		return m.ReplaceCard("HOSHI", cardNumber(2), cardNumber(52), w.now)
	})
	mustChange(3, func(m *registration.Member) error { return m.RemoveCard("HOSHI", cardNumber(3)) })
	if err := w.Cancel(t.Context(), people[4].ID); err != nil {
		t.Fatal(err)
	}
	fold()
	expectSnapshot(t, file, 20)
	fold() // nothing changed
	expectSnapshot(t, file, 20)
	_, err := w.Forget(t.Context(), w.now.Add(time.Hour), func(context.Context, string, string) error {
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	fold()
	if s := load(t, file); s.Len() != 19 {
		t.Errorf("%d members", s.Len())
	}
}

func load(t *testing.T, file []byte) *member.Snapshot {
	t.Helper()
	s, err := member.Load(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%v in\n%s", err, file)
	}
	return s
}

func expectSnapshot(t *testing.T, file []byte, members int) {
	t.Helper()
	s := load(t, file)
	if s.Len() != members {
		t.Errorf("%d members, want %d", s.Len(), members)
	}
	if got := string(s.Newest("HOSHI", []byte(cardNumber(2)))); got != cardNumber(52) {
		t.Errorf("a replaced card's points leave under %s", got)
	}
	for number, want := range map[string]fault.Code{
		"A0000001": 0, "A0000003": fault.MemberNoCard, "A0000004": fault.MemberUnknown,
	} {
		if _, code := s.CardOf([]byte(number), "HOSHI"); code != want {
			t.Errorf("%s: %s, want %s", number, code, want)
		}
	}
	if _, ok := s.MemberOf("HOSHI", []byte(cardNumber(4))); !ok {
		t.Error("a cancelled member's card is gone before it is forgotten")
	}
}

// TestChangeDuringAFoldIsNotLost: who changes while a snapshot is written is in the next one, even if another
// process folds at the same time.
func TestChangeDuringAFoldIsNotLost(t *testing.T) {
	w := inMemory(t)
	n := someone(1)
	w.register(n)
	var first, second bytes.Buffer
	slow, err := w.Fold(t.Context(), nil, &first)
	if err != nil {
		t.Fatal(err)
	}
	fast, err := w.Fold(t.Context(), nil, &second)
	if err != nil || first.String() != second.String() {
		t.Fatal(err)
	}
	if err := fast(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Cancel(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	if err := slow(t.Context()); err != nil {
		t.Fatal(err)
	}
	var third bytes.Buffer
	if done, err := w.Fold(t.Context(), &first, &third); done == nil || err != nil {
		t.Fatal("the change was lost", err)
	}
	if _, code := load(t, third.Bytes()).CardOf([]byte(n.Number), "HOSHI"); code != fault.MemberUnknown {
		t.Error(code)
	}
}

func TestOtherSnapshotsAreNotFolded(t *testing.T) {
	for name, before := range map[string]string{
		"other columns":         "member,card\n",
		"nothing":               "",
		"descending":            "member,number,provider,card,replaced_by\nm-2,,,,\nm-1,,,,\n",
		"a row of other length": "member,number,provider,card,replaced_by\nm-2,,\n",
	} {
		w := inMemory(t)
		w.register(someone(1))
		_, err := w.Fold(t.Context(), strings.NewReader(before), io.Discard)
		if fault.CodeOf(err) != fault.PartDamaged {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNothingPersonalLiesInTheTable looks at every byte that is kept.
func TestNothingPersonalLiesInTheTable(t *testing.T) {
	w := inMemory(t)
	n := someone(1)
	n.Profile = profile.Profile{
		FamilyName: "KANARIA", GivenName: "KANARIA", FamilyKana: "カナリア", GivenKana: "カナリア", City: "KANARIA",
		Street: "KANARIA", Building: "KANARIA", Mail: "KANARIA@mail.example", Phone: "09077777777",
		Birth: profile.Birth{Year: 1977, Month: 7, Day: 27},
	}
	n.Cards[0].Number = "7777777777777777"
	m := w.register(n)
	if _, err := w.Change(t.Context(), m.ID, 0, func(m *registration.Member) error {
		return m.ReplaceCard("HOSHI", "7777777777777777", "7777777777777776", w.now)
	}); err != nil {
		t.Fatal(err)
	}
	items := 0
	page, err := w.Table.Scan(t.Context(), 0, 1, "")
	for _, item := range page.Items {
		items++
		all := fmt.Sprint(item.Key, item.Index, string(item.Body))
		for _, canary := range []string{"KANARIA", "kanaria", "カナリア", "7777777", "1977-07"} {
			if strings.Contains(all, canary) {
				t.Errorf("clear: %q", all)
			}
		}
	}
	if items < 5 || page.Next != "" || err != nil {
		t.Error(items, page.Next, err)
	}
}
