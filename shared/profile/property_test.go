package profile

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// pieces are what generated forms are put together from: what people type and what breaks programs.
var pieces = []string{
	"髙", "𠮷", "\uFA19", "葛\U000E0100", "あ", "か", "゛", "\u3099", "\u309A", "ｶ", "ﾞ", "ァ", "ヴ", "ー", "ｰ",
	"・", "ア",
	" ", "\u3000", "\u00A0", "\t", "\n", "0", "9", "１", "８", "-", "‐", "−", "－", "@", "＠", ".", "..", "a",
	"Z", "é", "e\u0301",
	"docomo.ne.jp", "example.jp", "090", "03", "1234", "+81", "(", "）", "😀", "\u200B", "\u202E", "\x00",
	"\xFF",
	"\uFFFD", "<b>", "☆", "\u0301", "\u2126", "\u2000", "〒", "980", "F", "13",
}

func typedText(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, most).Draw(t, "pieces"), "")
	})
}

// TestAKeptProfilePassesUnchanged: who opens the page of their data and presses the button changes nothing.
func TestAKeptProfilePassesUnchanged(t *testing.T) {
	passed := 0
	r := rules(t)
	r.Demands = map[string]Demand{FieldPassword: NotAsked}
	rapid.Check(t, func(rt *rapid.T) {
		f := typed()
		fields := []string{
			FieldMail, FieldFamilyName, FieldGivenName, FieldFamilyKana, FieldGivenKana, FieldPostal,
			FieldPrefecture,
			FieldCity, FieldStreet, FieldBuilding, FieldPhone, FieldSex,
		}
		for range rapid.IntRange(1, 3).Draw(rt, "changes") {
			f = set(f, rapid.SampledFrom(fields).Draw(rt, "field"), typedText(6).Draw(rt, "text"))
		}
		p, faults := Check(f, r)
		if len(faults) > 0 {
			return
		}
		passed++
		again := p.Form()
		again.Terms = true
		kept, faults := Check(again, r)
		if len(faults) > 0 || !reflect.DeepEqual(kept, p) {
			rt.Fatalf("%+v\nis kept as %+v\nand then as %+v, %v", f, p, kept, faults)
		}
	})
	if passed == 0 {
		t.Error("no generated form passed: the test shows nothing")
	}
}

// FuzzCheck: whatever bytes come, nothing panics, what is kept is clean and stays as it is, and every fault
// has its words.
func FuzzCheck(f *testing.F) {
	for i, piece := range pieces {
		f.Add(piece, pieces[(i*7+3)%len(pieces)]+piece, piece+piece)
	}
	f.Add("hanako@docomo.ne.jp", "090-1234-5678", "ﾀｶｾ")
	f.Add("980-0000", "沖縄県", "1988")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		r := rules(t)
		r.Demands = map[string]Demand{FieldMailAgain: Required, FieldPasswordAgain: Required}
		for _, form := range []Form{
			{
				Mail: a, MailAgain: b, FamilyName: a, GivenName: b, FamilyKana: a, GivenKana: b, Postal: a,
				Prefecture: a, City: a, Street: b, Building: c, Phone: a, BirthYear: a, BirthMonth: b,
				BirthDay: c,
				Sex:      a, Password: a, PasswordAgain: b, OptIns: []string{a}, Terms: true,
			},
			set(set(set(typed(), FieldMail, a), FieldPhone, b), FieldFamilyKana, c),
			set(set(set(typed(), FieldPostal, a), FieldCity, b), FieldGivenName, c),
		} {
			p, faults := Check(form, r)
			for _, wrong := range faults {
				checkMessage(t, "ja", wrong)
				checkMessage(t, "en", wrong)
			}
			again, _ := Check(p.Form(), r)
			if !reflect.DeepEqual(again, p) {
				t.Fatalf("%+v is kept as %+v and then as %+v", form, p, again)
			}
			for _, text := range []string{
				p.FamilyName, p.GivenName, p.City, p.Street, p.Building, p.FamilyKana, p.Mail,
			} {
				if _, bad := notTaken(text, emoji); bad || !utf8.ValidString(text) || text != trim(text) {
					t.Fatalf("%q was kept", text)
				}
			}
		}
		CheckCard(a, cardsOf(t, "MIDORI")) //nolint:errcheck // whether it panics is asked
		Key(FieldCard, a)
		Key(FieldMail, b)
	})
}
