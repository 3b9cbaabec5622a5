package profile

import (
	"testing"

	"multipoint/shared/fault"
)

func TestKindsOfPhoneNumbers(t *testing.T) {
	for number, want := range map[string]PhoneKind{
		"06012345678": Mobile, "07012345678": Mobile, "08012345678": Mobile, "09012345678": Mobile,
		"05012345678": Internet, "0120123456": Free, "08001234567": Free,
		"0312345678": Landline, "0612345678": Landline, "0112345678": Landline, "0982345678": Landline,
		"02012345678": NoPhone, "0570123456": NoPhone, "0990123456": NoPhone, "0901234567": NoPhone,
		"0501234567": NoPhone, "03123456789": NoPhone, "031234567": NoPhone, "0012345678": NoPhone,
		"1234567890": NoPhone, "": NoPhone, "012012345678": NoPhone,
	} {
		if got := PhoneKindOf(number); got != want {
			t.Errorf("%s is of kind %d, want %d", number, got, want)
		}
	}
}

func TestMobileNumbersAlone(t *testing.T) {
	r := rules(t)
	r.MobileOnly = true
	for number, want := range map[string]string{
		"070-1000-1234": "",
		"050-1000-1234": "060・070・080・090から始まる、11桁の携帯電話番号を入力してください。",
		"03-1234-5678":  "10桁入力されています。携帯電話の番号は11桁の数字で入力してください。",
	} {
		_, faults := Check(set(typed(), FieldPhone, number), r)
		got := ""
		if len(faults) > 0 {
			got = Message("ja", faults[0])
		}
		if got != want {
			t.Errorf("%s: %q, want %q", number, got, want)
		}
	}
}

func TestDaysOfBirth(t *testing.T) {
	for _, c := range []struct {
		year, month, day, want string
		code                   fault.Code
	}{
		{"1988", "4", "16", "1988-04-16", 0},
		{"１９８８", "０４", "１６ ", "1988-04-16", 0},
		{"1970", "1", "1", "1970-01-01", 0}, // which calendar.Date cannot hold
		{"1900", "1", "1", "1900-01-01", 0},
		{"2026", "11", "22", "2026-11-22", 0},
		{"2024", "2", "29", "2024-02-29", 0},
		{"", " ", "", "", 0},
		{"2026", "11", "23", "", fault.BirthBad},
		{"2026", "12", "1", "", fault.BirthBad},
		{"2027", "1", "1", "", fault.BirthBad},
		{"1899", "12", "31", "", fault.BirthBad},
		{"2023", "2", "29", "", fault.BirthBad},
		{"1988", "13", "1", "", fault.BirthBad},
		{"1988", "0", "1", "", fault.BirthBad},
		{"1988", "4", "", "", fault.BirthBad},
		{"", "4", "16", "", fault.BirthBad},
		{"88", "4", "16", "", fault.BirthBad},
		{"昭和63", "4", "16", "", fault.BirthBad},
		{"1988", "4", "99999999999999999999", "", fault.BirthBad},
	} {
		f := typed()
		f.BirthYear, f.BirthMonth, f.BirthDay = c.year, c.month, c.day
		p, faults := Check(f, rules(t))
		var code fault.Code
		if len(faults) > 0 {
			code = faults[0].Code
		}
		if len(faults) > 1 || code != c.code || p.Birth.String() != c.want {
			t.Errorf("%s-%s-%s is %q, %v; want %q", c.year, c.month, c.day, p.Birth, faults, c.want)
		}
		if back, err := ParseBirth(p.Birth.String()); err != nil || back != p.Birth {
			t.Errorf("%q is read back as %q: %v", p.Birth, back, err)
		}
	}
	for _, text := range []string{
		"1988-4-16", "1988-04-16x", "19880416", "1988-02-30", "1888-01-01", " 1988-04-16",
	} {
		if b, err := ParseBirth(text); fault.CodeOf(err) != fault.BirthBad || !b.IsZero() {
			t.Errorf("%q was read as %v: %v", text, b, err)
		}
	}
}

func TestAges(t *testing.T) {
	for _, c := range []struct {
		birth Birth
		today [3]int
		want  int
	}{
		{Birth{2008, 11, 22}, [3]int{2026, 11, 22}, 18},
		{Birth{2008, 11, 23}, [3]int{2026, 11, 22}, 17},
		{Birth{2008, 12, 1}, [3]int{2026, 11, 22}, 17},
		{Birth{2008, 2, 29}, [3]int{2026, 2, 28}, 17},
		{Birth{2008, 2, 29}, [3]int{2026, 3, 1}, 18},
		{Birth{}, [3]int{2026, 3, 1}, 0},
	} {
		if got := c.birth.Age(day(t, c.today[0], c.today[1], c.today[2])); got != c.want {
			t.Errorf("%v on %v: %d, want %d", c.birth, c.today, got, c.want)
		}
	}
}

func TestCommonPasswords(t *testing.T) {
	known := []string{"Aozora Store", "minori.takase", "07010001234", "19880416"}
	for _, password := range []string{
		"aaaaaaaa", "abababab", "abcabcabca", "passpass", "hello1hello1", "12345678", "87654321",
		"1234567890",
		"abcdefgh", "zyxwvuts", "qwertyui", "poiuytrewq", "1qaz2wsx", "qazwsxedc", "1q2w3e4r", "asdf1234",
		"qwerty123", "password", "Password1", "P@ssw0rd", "passw0rd!", "password2024", "Password2024!",
		"19880416", "04161988", "20240101", "welcome1", "admin1234", "letmein1", "iloveyou", "sakura2026",
		"aozora123", "AozoraStore", "aozora-store1", "St0re2026!", "minoritakase", "Minori1988",
		"takase0416!",
		"1988takase", "07010001234", "00001111", "aaaabbbb", "aaaa1111!!!!", "monkey123", "dragon99!",
		"!@#$%^&*",
		"point-card-1", "qwertyqwerty1",
	} {
		wrong := CheckPassword(password, 0, known...)
		if wrong == nil || wrong.Code != fault.PasswordCommon {
			t.Errorf("%q: %v, want common", password, wrong)
		}
	}
	for _, password := range []string{
		"correct horse", "kP7#vwz!", "tsukemono-no-aji", "xg7 q2pm", "ryokucha83zuzu", "48201957",
		"        ~a!b=c",
		"mizu to hi to kaze", "f00l-proof-lamp",
	} {
		if wrong := CheckPassword(password, 0, known...); wrong != nil {
			t.Errorf("%q: %v, want good", password, wrong)
		}
	}
}

func TestStaffHasLongerPasswords(t *testing.T) {
	wrong := CheckPassword("kP7#vwz!xyq", StaffPassword)
	if wrong == nil || wrong.Code != fault.PasswordShort || wrong.Field != FieldPassword {
		t.Fatalf("11 characters: %v", wrong)
	}
	const want = "11文字入力されています。パスワードは12文字以上で入力してください。"
	if got := Message("ja", wrong); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if wrong := CheckPassword("kP7#vwz!xyqm", StaffPassword); wrong != nil {
		t.Errorf("12 characters: %v", wrong)
	}
}

func TestThePasswordMayNotBeWhatTheFormSays(t *testing.T) {
	for _, password := range []string{"minori1234", "07010001234", "1000-1234", "1988-04-16", "aozora2026"} {
		if got := brief(set(typed(), FieldPassword, password), rules(t)); got != "MP-5113 password " {
			t.Errorf("%q: %q", password, got)
		}
	}
}
