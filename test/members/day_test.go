// Package members tests members across the packages: who registers is served by the next day.
package members

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"multipoint/events"
	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/keys/local"
	"multipoint/shared/object"
	"multipoint/shared/personal"
	"multipoint/shared/profile"
	"multipoint/shared/registration"
	"multipoint/shared/standalone"
)

const (
	number  = "A9999999"
	oldCard = "170999000000001"
	newCard = "170999000000002"
)

// shop is the demo retailer with members that register.
type shop struct {
	*testing.T
	*standalone.Program
	members *registration.Service
}

func newShop(t *testing.T) *shop {
	t.Helper()
	p, err := standalone.Open(t.Context(), standalone.Options{
		Dir: t.TempDir(), Demo: true, Retailer: "AOZORA", DemoStart: at("2026-11-21T09:00:00"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	vault, err := personal.New(local.Demo(), p.Service.Objects, "AOZORA", personal.Options{Now: p.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	members := &registration.Service{
		Retailer: "AOZORA", Table: p.Service.Table, Vault: vault, Now: p.Clock.Now,
	}
	p.Service.Registry = members
	s := &shop{T: t, Program: p, members: members}
	files := fstest.MapFS{
		"day/arrivals.csv": {
			Data: []byte("file,arrived\nEC_20261121_1.csv,2026-11-22T00:15:00+09:00\n"),
		},
		"day/EC_20261121_1.csv": {Data: read(t, "day/EC_20261121_1.csv")},
		"members.csv":           {Data: read(t, "members.csv")},
	}
	err = fs.WalkDir(events.Files, "masters", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files[name] = &fstest.MapFile{Data: read(t, name)}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Load(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := fs.ReadFile(events.Files, name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// at is a moment of Japan's time.
func at(text string) time.Time {
	moment, err := time.Parse(time.RFC3339, text+"+09:00")
	if err != nil {
		panic(err)
	}
	return moment
}

// orders are the titles of the web shop's file.
const orders = "注文番号,注文日,時刻,区分,カード番号,会員番号,支払カード,元注文番号,商品コード,商品名,数量,税込金額,税率,備考\r\n"

// sale is an order of the member; back is a return of one.
func sale(order, date string) string {
	return fmt.Sprintf("%s,%s,12:00:00,注文,,%s,,,2900000000018,深蒸し煎茶,1,2160,8,\r\n", order, date, number)
}

func back(order, date, original string) string {
	return fmt.Sprintf("%s,%s,12:30:00,返品,,%s,,%s,2900000000018,深蒸し煎茶,1,2160,8,\r\n",
		order, date, number, original)
}

// day runs a day with one file of the evening before, and gives its manifest and what KOMOREBI gets.
func (s *shop) day(date string, lines ...string) (*day.Manifest, string) {
	s.Helper()
	var runDate calendar.Date
	if err := runDate.UnmarshalText([]byte(date)); err != nil {
		s.Fatal(err)
	}
	name := "EC_" + date + ".csv"
	arrived := at(runDate.Add(-1).String() + "T22:00:00")
	if err := s.Clock.Set(arrived); err != nil {
		s.Fatal(err)
	}
	if _, err := s.Service.TakeIn(s.Context(), day.Upload{
		ID: name, Name: name, Arrived: arrived, Body: strings.NewReader(orders + strings.Join(lines, "")),
	}); err != nil {
		s.Fatal(err)
	}
	if err := s.Clock.Set(at(date + "T06:02:00")); err != nil {
		s.Fatal(err)
	}
	run, err := s.RunDay(s.Context(), runDate)
	if err != nil {
		s.Fatal(err)
	}
	m, err := s.Service.Manifest(s.Context(), run.Run)
	if err != nil {
		s.Fatal(err)
	}
	for i := range m.Providers {
		if f := &m.Providers[i]; f.Provider == "KOMOREBI" && f.Name != "" {
			b, err := object.ReadAll(s.Context(), s.Service.Objects, s.Service.OutboxPath(f), 1<<20)
			if err != nil {
				s.Fatal(err)
			}
			return m, string(b)
		}
	}
	return m, ""
}

// TestWhoRegistersIsServedByTheNextDay follows a member: registered in the evening, the next morning's points
// leave under the card; after the card was replaced they leave under the new one, returns of earlier sales
// too; after the cancellation the member number is unknown.
func TestWhoRegistersIsServedByTheNextDay(t *testing.T) {
	s := newShop(t)
	id := registration.NewID()
	register := func() {
		t.Helper()
		_, err := s.members.Register(t.Context(), registration.NewMember{
			ID: id, Number: number,
			Data:  registration.Data{Profile: profile.Profile{Mail: "hanako@mail.example"}},
			Cards: []registration.Card{{Provider: "KOMOREBI", Number: oldCard}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	m, _ := s.day("2026-11-25", sale("EC-1", "2026-11-24"))
	expectBad(t, m, fault.FileBadLines) // nobody has that number yet: all of the file's lines are bad

	register()
	m, file := s.day("2026-11-26", sale("EC-2", "2026-11-25"))
	expectBad(t, m, 0)
	if !strings.Contains(file, oldCard) {
		t.Errorf("the points did not leave under the card:\n%s", file)
	}

	_, err := s.members.Change(t.Context(), id, 0, func(m *registration.Member) error {
		return m.ReplaceCard("KOMOREBI", oldCard, newCard, s.Clock.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	m, file = s.day("2026-11-27", sale("EC-3", "2026-11-26"), back("EC-4", "2026-11-26", "EC-2"))
	expectBad(t, m, 0)
	// KOMOREBI nets a card's records: 11 points of the sale and 71 that the return takes back, as overpunch.
	if strings.Contains(file, oldCard) || !strings.Contains(file, newCard+"KHN  0000006}") {
		t.Errorf("the points did not follow to the new card:\n%s", file)
	}

	if err := s.members.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	m, _ = s.day("2026-11-28", sale("EC-5", "2026-11-27"))
	expectBad(t, m, fault.FileBadLines)
}

// expectBad looks whether the file that came last was refused.
func expectBad(t *testing.T, m *day.Manifest, want fault.Code) {
	t.Helper()
	if f := m.Files[len(m.Files)-1]; f.Code != want {
		t.Errorf("%s: %s was refused with %s, want %s", m.RunDate, f.Name, f.Code, want)
	}
}
