package profile

import (
	"strings"
	"testing"

	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/master"
)

func TestMessagesSayWhatWasFoundAndWhatIsExpected(t *testing.T) {
	for _, c := range []struct{ field, typed, ja, en string }{
		{FieldFamilyName, "", "姓を入力してください。", "Enter the family name."},
		{
			FieldFamilyName, strings.Repeat("漢", 21), "21文字入力されています。姓は20文字以内で入力してください。",
			"21 characters were entered. The family name has at most 20 characters.",
		},
		{
			FieldGivenName, "ﾐﾉﾘ", "「ﾐ」は使えません。名から除いてください。",
			"“ﾐ” cannot be used. Remove it from the given name.",
		},
		{
			FieldGivenName, "み\u202Eのり", "目に見えない文字など（U+202E）が含まれています。名から除いてください。",
			"There is an invisible or unknown character (U+202E). Remove it from the given name.",
		},
		{FieldCity, "仙台😀市", "「😀」は使えません。市区町村から除いてください。", "“😀” cannot be used. Remove it from the city."},
		{
			FieldCity, "仙\xFF台", "読み取れない文字が含まれています。市区町村から除いてください。",
			"There is a character that cannot be read. Remove it from the city.",
		},
		{
			FieldFamilyKana, "タカ瀬", "「瀬」は使えません。セイは全角カタカナで入力してください。",
			"“瀬” cannot be used. Write the family name in katakana in full-width katakana.",
		},
		{
			FieldFamilyKana, "ー", "カタカナの文字がありません。セイは全角カタカナで入力してください。",
			"There is no letter. Write the family name in katakana in full-width katakana.",
		},
		{
			FieldPostal, "98000", "5桁入力されています。郵便番号は7桁の数字で入力してください。",
			"5 digits were entered. A postal code has 7 digits.",
		},
		{
			FieldPostal, "--", "数字が入力されていません。郵便番号は7桁の数字で入力してください。",
			"There is no digit. A postal code has 7 digits.",
		},
		{FieldPrefecture, "", "都道府県を選択してください。", "Choose the prefecture."},
		{
			FieldPrefecture, "99", "都道府県を選択肢から選んでください。",
			"Choose one of those that are offered as prefecture.",
		},
		{
			FieldPhone, "03123456", "8桁入力されています。電話番号は0から始まる10桁または11桁の数字で入力してください。",
			"8 digits were entered. A phone number has 10 or 11 digits, beginning with 0.",
		},
		{
			FieldPhone, "0901234567", "10桁入力されています。携帯電話の番号は11桁の数字で入力してください。",
			"10 digits were entered. A mobile number has 11 digits.",
		},
		{
			FieldPhone, "０９０x", "「x」は使えません。電話番号は0から始まる数字で入力してください。",
			"“x” cannot be used. Write the phone number as digits, beginning with 0.",
		},
		{
			FieldBirth, "", "生年月日の年・月・日をすべて入力してください。",
			"Enter year, month and day of the date of birth.",
		},
		{
			FieldBirth, "2027", "この日付は生年月日にできません。1900年1月1日から今日までの、正しい日付を入力してください。",
			"This is no date of birth that is possible. Enter an existing day from 1 January 1900 to today.",
		},
		{
			FieldMail, "hanako", "「@」がありません。「名前@ドメイン」の形で入力してください。",
			"There is no @. Write it as name@domain.",
		},
		{
			FieldMail, "a b@c.example", "途中に空白が含まれています。メールアドレスは半角の英数字と記号で入力してください。",
			"There is a space inside. A mail address has plain letters, digits and marks only.",
		},
		{
			FieldMail, "a..b@c.example", "メールアドレスの形式が正しくありません。「名前@ドメイン」の形で入力してください。",
			"This is not the form of a mail address. Write it as name@domain.",
		},
		{
			FieldPassword, "kP7#vwz", "7文字入力されています。パスワードは8文字以上で入力してください。",
			"7 characters were entered. A password has at least 8 characters.",
		},
	} {
		_, faults := Check(set(typed(), c.field, c.typed), rules(t))
		if len(faults) != 1 {
			t.Errorf("%s %q: %v", c.field, c.typed, faults)
			continue
		}
		if got := Message("ja", faults[0]); got != c.ja {
			t.Errorf("%s %q:\n got %s\nwant %s", c.field, c.typed, got, c.ja)
		}
		if got := Message("en", faults[0]); got != c.en {
			t.Errorf("%s %q:\n got %s\nwant %s", c.field, c.typed, got, c.en)
		}
	}
}

func TestFaultsOfOtherPackagesAreSaidToo(t *testing.T) {
	taken := &fault.Error{Code: fault.PhoneTaken, Place: fault.Place{Field: FieldPhone}}
	want := "この電話番号はすでに登録されています。別の番号を入力するか、登録済みの方はログインしてください。"
	if got := Message("ja", taken); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := Message("en", taken); got != fault.PhoneTaken.Meaning()+" "+fault.PhoneTaken.Do() {
		t.Errorf("got %s", got)
	}
	for code := fault.FieldMissing; code <= fault.TermsNotAccepted; code++ { // of another package
		for _, field := range []string{"", "nickname", FieldPhone} {
			for _, lang := range []string{"ja", "en"} {
				checkMessage(t, lang, &fault.Error{Code: code, Place: fault.Place{Field: field}})
			}
		}
	}
}

func TestEveryFieldHasItsLabels(t *testing.T) {
	for _, field := range append([]string{FieldCard}, order...) {
		if Label("ja", field) == "" || Label("en", field) == "" {
			t.Errorf("%s has no label", field)
		}
	}
	if Label("ja", FieldFamilyKana) != "セイ" || Label("en", FieldBirth) != "Date of birth" ||
		Label("en", "x") != "" {
		t.Error("labels are mixed up")
	}
}

func cardsOf(t *testing.T, provider string) Cards {
	t.Helper()
	ranges := []master.Card{
		{Code: "H", Provider: "HIKARI", Digits: 14, Min: "98000000000000", Max: "98999999999999"},
		{Code: "T", Provider: "HIKARI", Digits: 10, Min: "7000000000", Max: "7099999999"},
		{Code: "M", Provider: "MIDORI", Digits: 10, Min: "6200000000", Max: "6299999999", Check: "LUHN"},
		{
			Code: "S", Provider: "SORA", Digits: 9, Min: "000000000", Max: "009999999",
			Short: &master.Short{Length: 7, Pad: "00"},
		},
		{
			Code: "OLD", Provider: "HIKARI", Digits: 20,
			Min: strings.Repeat("1", 20), Max: strings.Repeat("2", 20),
			Period: master.Period{ValidTo: day(t, 2020, 1, 1)},
		},
	}
	index, err := card.Compile(ranges, []master.Provider{{Code: "HIKARI"}, {Code: "MIDORI"}, {Code: "SORA"}})
	if err != nil {
		t.Fatal(err)
	}
	return Cards{index, ranges, provider, day(t, 2026, 11, 22)}
}

func TestCardNumbers(t *testing.T) {
	for _, c := range []struct{ provider, typed, number, message string }{
		{"HIKARI", "9810 4427 0930 86", "98104427093086", ""},
		{"HIKARI", "９８１０‐4427ー0930−86", "98104427093086", ""},
		{"MIDORI", "6200-1234-50", "6200123450", ""},
		{"SORA", "1234567", "001234567", ""},
		{"SORA", "001234567", "001234567", ""},
		{"MIDORI", "", "", "カードの番号を入力してください。"},
		{"MIDORI", "6201 884 19", "", "9桁入力されています。カードに書かれた10桁の番号を入力してください。"},
		{"MIDORI", "98104427093086", "", "14桁入力されています。カードに書かれた10桁の番号を入力してください。"},
		{"HIKARI", "6200123450", "", "このポイント会社のカードの番号ではありません。カードと見比べて、もう一度入力してください。"},
		{"HIKARI", "123", "", "3桁入力されています。カードに書かれた10〜14桁の番号を入力してください。"},
		{"SORA", "12345678", "", "このポイント会社のカードの番号ではありません。カードと見比べて、もう一度入力してください。"},
		{"SORA", "123", "", "3桁入力されています。カードに書かれた7〜9桁の番号を入力してください。"},
		{"MIDORI", "6200123456", "", "番号に誤りがあります。カードと見比べて、もう一度入力してください。"},
		{"MIDORI", "6300123456", "", "このポイント会社のカードの番号ではありません。カードと見比べて、もう一度入力してください。"},
		{"MIDORI", "620012345O", "", "「O」は使えません。カードの番号は数字で入力してください。"},
		{"MIDORI", "6.20012E+09", "", "「.」は使えません。カードの番号は数字で入力してください。"},
		{"MIDORI", "620012345\u202E", "", "目に見えない文字など（U+202E）が含まれています。カードの番号は数字で入力してください。"},
		{"MIDORI", "---", "", "カードの番号は数字で入力してください。"},
		{"MIDORI", strings.Repeat("1", 33), "", "33桁入力されています。カードに書かれた10桁の番号を入力してください。"},
		{"MIDORI", strings.Repeat("1", 5000), "", "5000桁入力されています。カードの番号を短くしてください。"},
	} {
		number, wrong := CheckCard(c.typed, cardsOf(t, c.provider))
		message := ""
		if wrong != nil {
			message = Message("ja", wrong)
			checkMessage(t, "en", wrong)
		}
		if number != c.number || message != c.message {
			t.Errorf("%s %.40q: %q %s; want %q %s", c.provider, c.typed, number, message, c.number, c.message)
		}
	}
	ranges := cardsOf(t, "MIDORI")
	ranges.Ranges, ranges.Index = nil, &card.Index{}
	if _, wrong := CheckCard("6200123450", ranges); wrong == nil || wrong.Code != fault.CardUnknown {
		t.Errorf("a retailer without cards: %v", wrong)
	}
}
