package profile

import (
	"reflect"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

func day(t testing.TB, y, m, d int) calendar.Date {
	t.Helper()
	date, ok := calendar.Of(y, m, d)
	if !ok {
		t.Fatalf("there is no %d-%d-%d", y, m, d)
	}
	return date
}

func rules(t testing.TB) Rules {
	t.Helper()
	return Rules{
		Today: day(t, 2026, 11, 22), Known: []string{"Aozora Store"},
		Purposes: []string{"campaign", "coupon"}, LoginKeys: []string{FieldMail, FieldPhone},
	}
}

func typed() Form {
	return Form{
		Mail: "Minori@Example.JP", FamilyName: "髙瀬", GivenName: "みのり", FamilyKana: "タカセ", GivenKana: "ミノリ",
		Postal: "980-0000", Prefecture: "04", City: "仙台市青葉区", Street: "見本町1-2-3", Building: "",
		Phone: "070-1000-1234", BirthYear: "1988", BirthMonth: "4", BirthDay: "16", Sex: "F",
		LoginKey: FieldMail, Password: "correct horse battery", OptIns: []string{"coupon"}, Terms: true,
	}
}

// set changes one field of a form.
func set(f Form, field, value string) Form {
	into := map[string]*string{
		FieldMail: &f.Mail, FieldMailAgain: &f.MailAgain, FieldFamilyName: &f.FamilyName,
		FieldGivenName: &f.GivenName, FieldFamilyKana: &f.FamilyKana, FieldGivenKana: &f.GivenKana,
		FieldPostal: &f.Postal, FieldPrefecture: &f.Prefecture, FieldCity: &f.City, FieldStreet: &f.Street,
		FieldBuilding: &f.Building, FieldPhone: &f.Phone, FieldBirth: &f.BirthYear, FieldSex: &f.Sex,
		FieldLoginKey: &f.LoginKey, FieldPassword: &f.Password, FieldPasswordAgain: &f.PasswordAgain,
	}
	*into[field] = value
	return f
}

// get gives the kept form of a field.
func get(p Profile, field string) string {
	return map[string]string{
		FieldMail: p.Mail, FieldFamilyName: p.FamilyName, FieldGivenName: p.GivenName,
		FieldFamilyKana: p.FamilyKana, FieldGivenKana: p.GivenKana, FieldPostal: p.Postal,
		FieldPrefecture: p.Prefecture.Code(), FieldCity: p.City, FieldStreet: p.Street,
		FieldBuilding: p.Building, FieldPhone: p.Phone, FieldBirth: p.Birth.String(), FieldSex: string(p.Sex),
	}[field]
}

func TestAFormBecomesAProfile(t *testing.T) {
	got, faults := Check(typed(), rules(t))
	want := Profile{
		Mail: "Minori@example.jp", FamilyName: "髙瀬", GivenName: "みのり", FamilyKana: "タカセ", GivenKana: "ミノリ",
		Postal: "9800000", Prefecture: 4, City: "仙台市青葉区", Street: "見本町1-2-3", Phone: "07010001234",
		Birth: Birth{1988, 4, 16}, Sex: Female, LoginKey: FieldMail,
		OptIns: []string{"coupon"},
	}
	if len(faults) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, faults %v; want %+v", got, faults, want)
	}
}

func TestEveryFaultIsSaidAtOnceInTheFormsOrder(t *testing.T) {
	r := rules(t)
	r.Demands = map[string]Demand{
		FieldMailAgain: Required, FieldPasswordAgain: Required, FieldBuilding: Required, FieldBirth: Required,
		FieldSex: Required, FieldOptIns: Required,
	}
	_, faults := Check(Form{}, r)
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Field)
	}
	want := []string{ // no confirmation: nothing was typed that it could confirm
		FieldMail, FieldFamilyName, FieldGivenName, FieldFamilyKana, FieldGivenKana, FieldPostal,
		FieldPrefecture, FieldCity, FieldStreet, FieldBuilding, FieldPhone, FieldBirth, FieldSex,
		FieldLoginKey, FieldPassword, FieldOptIns, FieldTerms,
	}
	if !reflect.DeepEqual(fields, want) {
		t.Errorf("faults in %v,\nwant %v", fields, want)
	}
}

func TestRetailersChooseWhatIsAsked(t *testing.T) {
	first := Form{Mail: "a@b.example", Terms: true}
	if _, faults := Check(first, rules(t).Only(FieldMail, FieldTerms)); faults != nil {
		t.Errorf("a page that asks for mail and terms: %v", faults)
	}
	r := rules(t)
	r.Demands = map[string]Demand{FieldPhone: Optional, FieldBirth: Required, FieldSex: NotAsked}
	f := typed()
	f.Phone, f.BirthYear, f.BirthMonth, f.BirthDay, f.Sex = "", "", "", "", "broken"
	p, faults := Check(f, r)
	if len(faults) != 1 || faults[0].Field != FieldBirth || faults[0].Code != fault.FieldMissing ||
		p.Sex != "" {
		t.Errorf("%v, sex %q", faults, p.Sex)
	}
	again := r.Only(FieldMail, FieldPhone)
	if again.Demand(FieldPhone) != Optional || again.Demand(FieldMail) != Required ||
		again.Demand(FieldPassword) != NotAsked || r.Demand(FieldPassword) != Required {
		t.Error("Only loses the demands or changes those it was made of")
	}
}

func TestConfirmations(t *testing.T) {
	r := rules(t)
	r.Demands = map[string]Demand{FieldMailAgain: Required, FieldPasswordAgain: Required}
	for _, c := range []struct {
		name, mail, password, want string
	}{
		{"the same", "minori＠example.jp", "correct horse battery", "MP-5110 mail_again "},
		{"another case of the domain", " Minori＠EXAMPLE.jp", "correct horse battery", ""},
		{"other", "minori2@example.jp", "correct horse", "MP-5110 mail_again MP-5110 password_again "},
		{"empty", "", "", "MP-5101 mail_again MP-5101 password_again "},
	} {
		f := typed()
		f.MailAgain, f.PasswordAgain = c.mail, c.password
		if got := brief(f, r); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	f := typed()
	f.Password = "short"
	if got := brief(f, r); got != "MP-5101 mail_again MP-5111 password " {
		t.Errorf("a password that is wrong itself is not compared: %q", got)
	}
}

// brief lists codes and fields of a form's faults.
func brief(f Form, r Rules) string {
	_, faults := Check(f, r)
	var b strings.Builder
	for _, wrong := range faults {
		code, _, _ := strings.Cut(wrong.Code.String(), " ")
		b.WriteString(code + " " + wrong.Field + " ")
	}
	return b.String()
}

func TestWhatIsTakenAndHowItIsKept(t *testing.T) {
	for _, c := range []struct{ field, typed, want string }{
		{FieldFamilyName, "髙﨑", "髙﨑"},
		{FieldFamilyName, "𠮷田", "𠮷田"},
		{FieldFamilyName, "\uFA19谷", "\uFA19谷"},            // NFC would replace it
		{FieldFamilyName, "葛\U000E0100城", "葛\U000E0100城"},  // a variant of 葛
		{FieldFamilyName, "\U0002EBF0山", "\U0002EBF0山"},    // an ideograph newer than the tables
		{FieldFamilyName, "が\u304B\u3099", "がが"},           // NFC
		{FieldFamilyName, " \u3000佐藤\u00A0\n", "佐藤"},       // spaces off both ends
		{FieldGivenName, "Mary  Ann", "Mary Ann"},          // spaces in a row
		{FieldGivenName, "メアリー \u3000アン", "メアリー\u3000アン"},  // one of them full-width
		{FieldGivenName, "José-D’Arc Ⅲ世", "José-D’Arc Ⅲ世"}, // not NFKC
		{FieldGivenName, "<b>&amp;\"'", "<b>&amp;\"'"},     // HTML is text
		{FieldGivenName, "ﾔ"[:0] + "金〆々ヶ〇", "金〆々ヶ〇"},       // letters by another look
		{FieldFamilyName, strings.Repeat("𠮷", 20), strings.Repeat("𠮷", 20)},
		{FieldFamilyKana, "たかせ", "タカセ"},
		{FieldFamilyKana, "ﾀｶｾ", "タカセ"},
		{FieldFamilyKana, "ｶﾞｷﾞﾊﾟﾍﾟｳﾞｧｰ", "ガギパペヴァー"},
		{FieldFamilyKana, "か゛ふ゜", "ガプ"},
		{FieldFamilyKana, "か\u3099う\u3099", "ガヴ"},
		{FieldFamilyKana, " メアリー アン・ﾏﾘｰ･ ", "メアリー\u3000アン・マリー・"},
		{FieldPostal, "９８０－０００１", "9800001"},
		{FieldPostal, "〒980 0001", "9800001"},
		{FieldPostal, "980ー0001", "9800001"},
		{FieldPrefecture, "１３", "13"},
		{FieldPrefecture, "4", "04"},
		{FieldPrefecture, "沖縄県", "47"},
		{FieldStreet, "見本町１－２－３", "見本町１－２－３"}, // house numbers as typed
		{FieldStreet, "見本町ﾒｿﾞﾝ", "見本町ﾒｿﾞﾝ"},
		{FieldBuilding, "☆マンション№3㈱♪", "☆マンション№3㈱♪"},
		{FieldBuilding, "", ""},
		{FieldPhone, "０９０－１２３４－５６７８", "09012345678"},
		{FieldPhone, "090‐1234‑5678", "09012345678"},
		{FieldPhone, "090–1234—5678", "09012345678"},
		{FieldPhone, "090−1234ー5678", "09012345678"},
		{FieldPhone, "090ｰ1234─5678", "09012345678"},
		{FieldPhone, "+81 90-1234-5678", "09012345678"},
		{FieldPhone, "＋８１ (0)90 1234 5678", "09012345678"},
		{FieldPhone, "（０３）1234-5678", "0312345678"},
		{FieldMail, "　hanako＠docomo.ne.jp ", "hanako@docomo.ne.jp"},
		{FieldMail, "ｈａｎａｋｏ＠ＥＸＡＭＰＬＥ．ｊｐ", "hanako@example.jp"},
		{FieldMail, "Ha..na.@EZweb.ne.jp", "Ha..na.@ezweb.ne.jp"},
		{FieldSex, "N", "N"},
		{FieldSex, "", ""},
	} {
		p, faults := Check(set(typed(), c.field, c.typed), rules(t))
		if got := get(p, c.field); len(faults) > 0 || got != c.want {
			t.Errorf("%s %q is kept as %q, want %q; %v", c.field, c.typed, got, c.want, faults)
		}
	}
}

func TestKeysFindWhatMeansTheSame(t *testing.T) {
	p, _ := Check(set(typed(), FieldFamilyKana, "デ ラ・クルス"), rules(t))
	for _, c := range []struct{ field, typed, want string }{
		{FieldMail, "MINORI＠example.jp ", p.Key(FieldMail)},
		{FieldPhone, "+81 70 1000 1234", p.Key(FieldPhone)},
		{FieldFamilyKana, "でらくるす", p.Key(FieldFamilyKana)},
		{FieldGivenKana, "ﾐﾉﾘ", p.Key(FieldGivenKana)},
		{FieldCard, "9810 4427‐0930ー86", "98104427093086"},
		{FieldCard, "Ａ９８１０Ｂ", "9810"},
	} {
		if got, ok := Key(c.field, c.typed); !ok || got != c.want || got == "" {
			t.Errorf("%s %q has the key %q, want %q", c.field, c.typed, got, c.want)
		}
	}
	for _, c := range [][2]string{
		{FieldMail, "minori"},
		{FieldPhone, "123"},
		{FieldCard, ""},
		{FieldCard, "---"},
		{FieldCard, "12a"},
		{FieldFamilyKana, ""},
		{FieldFamilyKana, "漢"},
		{FieldCity, "仙台市"},
		{FieldFamilyKana, strings.Repeat("ア", tooMuch)},
	} {
		if got, ok := Key(c[0], c[1]); ok {
			t.Errorf("%s %q has the key %q", c[0], c[1], got)
		}
	}
	if got := p.Key(FieldCity); got != "" {
		t.Errorf("city has the key %q", got)
	}
}
