package profile

import (
	"errors"
	"strings"
	"testing"

	"multipoint/shared/fault"
)

// everywhereBad is refused in every field, whatever the field's own rules.
var everywhereBad = []struct{ name, text string }{
	{"a control character", "\x07"},
	{"NUL", "\x00"},
	{"a tab inside", "a\tb"},
	{"a line end inside", "a\r\nb"},
	{"DEL", "\x7f"},
	{"a C1 control", "\u0085a\u0090"},
	{"right-to-left override", "\u202E"},
	{"right-to-left mark", "\u200F"},
	{"an isolate", "\u2067"},
	{"a zero-width space", "\u200B"},
	{"a zero-width joiner", "\u200D"},
	{"a byte order mark", "\uFEFF"},
	{"a soft hyphen", "\u00AD"},
	{"a Hangul filler", "\u3164"},
	{"a variation selector alone", "a\uFE00"},
	{"an ideographic selector alone", "a\U000E0100"},
	{"a tag", "\U000E0041"},
	{"a line separator", "\u2028"},
	{"private use", "\uE000"},
	{"more private use", "\U000F0000"},
	{"unassigned", "\u0378"},
	{"no character", "\U0002FFFF"},
	{"U+FFFD", "\uFFFD"},
	{"broken UTF-8", "\xE3\x81"},
	{"a lone surrogate", "\xED\xA0\x80"},
	{"a byte of CP932", "\x8A\xBF"},
	{"an emoji", "😀"},
	{"an emoji of two", "👩\u200D👧"},
	{"a flag", "🇯🇵"},
	{"an emoji of old", "⌚"},
	{"a heart made an emoji", "❤\uFE0F"},
	{"a keycap", "1\u20E3"},
	{"a mahjong tile", "🀄"},
}

func TestCharactersThatNoFieldTakes(t *testing.T) {
	fields := map[string]fault.Code{
		FieldFamilyName: fault.FieldCharacters, FieldGivenName: fault.FieldCharacters,
		FieldCity: fault.FieldCharacters, FieldStreet: fault.FieldCharacters,
		FieldBuilding:   fault.FieldCharacters,
		FieldFamilyKana: fault.KanaBad, FieldGivenKana: fault.KanaBad, FieldPostal: fault.PostalBad,
		FieldPrefecture: fault.FieldChoice, FieldPhone: fault.PhoneBad, FieldBirth: fault.BirthBad,
		FieldSex: fault.FieldChoice, FieldMail: fault.AddressBad, FieldPassword: fault.FieldCharacters,
	}
	good := map[string]string{
		FieldFamilyName: "髙瀬", FieldGivenName: "みのり", FieldCity: "仙台市", FieldStreet: "見本町",
		FieldBuilding:   "館",
		FieldFamilyKana: "タカセ", FieldGivenKana: "ミノリ", FieldPostal: "9800000", FieldPrefecture: "04",
		FieldPhone: "07010001234", FieldBirth: "1988", FieldSex: "F", FieldMail: "a@b.example",
		FieldPassword: "correct horse battery",
	}
	for field, code := range fields {
		for _, bad := range everywhereBad {
			half := len(good[field]) / 2 / 3 * 3 // between two characters, in Japanese and ASCII
			text := good[field][:half] + bad.text + good[field][half:]
			_, faults := Check(set(typed(), field, text), rules(t))
			if len(faults) != 1 || faults[0].Field != field || faults[0].Code != code {
				t.Errorf("%s with %s %q: %v, want %s", field, bad.name, text, faults, code)
				continue
			}
			for _, lang := range []string{"ja", "en"} {
				checkMessage(t, lang, faults[0])
			}
			msg := faults[0].Error()
			if len(good[field]) > 2 && strings.Contains(msg, good[field]) || strings.Contains(msg, bad.text) {
				t.Errorf("%s with %s: the error %q holds what was typed", field, bad.name, msg)
			}
		}
	}
}

// checkMessage wants a sentence in the language that holds nothing that breaks lines or turns them.
func checkMessage(t *testing.T, lang string, f *fault.Error) {
	t.Helper()
	text := Message(lang, f)
	end := map[string]string{"ja": "。", "en": "."}[lang]
	var found Finding
	_ = errors.As(f, &found)
	if !strings.HasSuffix(text, end) || strings.Contains(text, "%") != (found.Rune == '%') {
		t.Errorf("%s in %s: %q is no sentence", f.Code, lang, text)
	}
	if r, bad := notTaken(strings.ReplaceAll(text, "◌", ""), emoji); bad && !emoji(r) {
		t.Errorf("%s in %s: %q holds %U", f.Code, lang, text, r)
	}
}

func TestBadValues(t *testing.T) {
	long := func(n int) string { return strings.Repeat("漢", n) }
	for _, c := range []struct {
		field, typed string
		code         fault.Code
	}{
		{FieldFamilyName, "", fault.FieldMissing},
		{FieldFamilyName, " \u3000\u00A0\t", fault.FieldMissing},
		{FieldFamilyName, long(21), fault.FieldTooLong},
		{FieldFamilyName, strings.Repeat("𠮷", 21), fault.FieldTooLong},
		{FieldFamilyName, strings.Repeat("\x00", 10_000), fault.FieldTooLong},
		{FieldFamilyName, "ﾀｶｾ", fault.FieldCharacters},
		{FieldGivenName, "み･の", fault.FieldCharacters},
		{FieldGivenName, "み☆のり", fault.FieldCharacters},
		{FieldGivenName, "み❤のり", fault.FieldCharacters},
		{FieldGivenName, "㈱見本", fault.FieldCharacters},
		{FieldFamilyKana, "", fault.FieldMissing},
		{FieldFamilyKana, "高瀬", fault.KanaBad},
		{FieldFamilyKana, "takase", fault.KanaBad},
		{FieldFamilyKana, "ＴＡＫＡ", fault.KanaBad},
		{FieldFamilyKana, "タカ-セ", fault.KanaBad},
		{FieldFamilyKana, "ー・", fault.KanaBad},
		{FieldFamilyKana, "゛", fault.KanaBad},
		{FieldFamilyKana, "<b>タカセ</b>", fault.KanaBad},
		{FieldFamilyKana, strings.Repeat("ア", 41), fault.FieldTooLong},
		{FieldPostal, "", fault.FieldMissing},
		{FieldPostal, "980-000", fault.PostalBad},
		{FieldPostal, "98000000", fault.PostalBad},
		{FieldPostal, "98O0000", fault.PostalBad},
		{FieldPostal, "---", fault.PostalBad},
		{FieldPostal, "<9800000>", fault.PostalBad},
		{FieldPostal, "٩٨٠٠٠٠٠", fault.PostalBad}, // digits, but not ours
		{FieldPostal, "①②③④⑤⑥⑦", fault.PostalBad},
		{FieldPrefecture, "", fault.FieldMissing},
		{FieldPrefecture, "00", fault.FieldChoice},
		{FieldPrefecture, "48", fault.FieldChoice},
		{FieldPrefecture, "<script>", fault.FieldChoice},
		{FieldCity, "", fault.FieldMissing},
		{FieldCity, long(51), fault.FieldTooLong},
		{FieldStreet, long(51), fault.FieldTooLong},
		{FieldBuilding, long(51), fault.FieldTooLong},
		{FieldPhone, "", fault.FieldMissing},
		{FieldPhone, "090-1234-567", fault.PhoneBad},
		{FieldPhone, "090-1234-56789", fault.PhoneBad},
		{FieldPhone, "9012345678", fault.PhoneBad},
		{FieldPhone, "0901234567a", fault.PhoneBad},
		{FieldPhone, "+1 212 555 0100", fault.PhoneBad},
		{FieldPhone, "090+12345678", fault.PhoneBad},
		{FieldPhone, "02012345678", fault.PhoneBad},
		{FieldPhone, "0570123456", fault.PhoneBad},
		{FieldPhone, "00312345678", fault.PhoneBad},
		{FieldPhone, "-", fault.PhoneBad},
		{FieldSex, "male", fault.FieldChoice},
		{FieldLoginKey, "", fault.FieldMissing},
		{FieldLoginKey, "card", fault.FieldChoice},
		{FieldMail, "", fault.FieldMissing},
		{FieldMail, "hanako", fault.AddressBad},
		{FieldMail, "hanako@", fault.AddressBad},
		{FieldMail, "hana ko@example.jp", fault.AddressBad},
		{FieldMail, "a..b@example.jp", fault.AddressBad},
		{FieldMail, "花子@example.jp", fault.AddressBad},
		{FieldMail, "<a@b.example>", fault.AddressBad},
		{FieldMail, "a@b.example,c@d.example", fault.AddressBad},
		{FieldMail, strings.Repeat("a", 250) + "@b.example", fault.AddressBad},
		{FieldMail, strings.Repeat("a", tooMuch+1), fault.FieldTooLong},
		{FieldPassword, "", fault.FieldMissing},
		{FieldPassword, "ｐａｓｓｗｏｒｄ１２３", fault.FieldCharacters},
		{FieldPassword, "seven77", fault.PasswordShort},
		{FieldPassword, strings.Repeat("correct horse ", 10), fault.PasswordLong},
		{FieldPassword, "password1", fault.PasswordCommon},
	} {
		_, faults := Check(set(typed(), c.field, c.typed), rules(t))
		if len(faults) != 1 || faults[0].Field != c.field || faults[0].Code != c.code {
			t.Errorf("%s %.40q: %v, want %s", c.field, c.typed, faults, c.code)
			continue
		}
		for _, lang := range []string{"ja", "en"} {
			checkMessage(t, lang, faults[0])
		}
	}
}

func TestTermsAndOptIns(t *testing.T) {
	f := typed()
	f.Terms, f.OptIns = false, []string{"coupon", "spam"}
	if got := brief(f, rules(t)); got != "MP-5104 opt_ins MP-5114 terms " {
		t.Errorf("got %q", got)
	}
	f = typed()
	f.OptIns = []string{"coupon", "campaign", "coupon"}
	if p, _ := Check(f, rules(t)); strings.Join(p.OptIns, " ") != "campaign coupon" {
		t.Errorf("opt-ins are kept as %v", p.OptIns)
	}
}
