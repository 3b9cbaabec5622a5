package profile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"multipoint/shared/fault"
)

// Finding says what was found where something else was expected; it is the cause (Err) of a fault of this
// package. Its Error text holds counts only, nothing of what was typed.
type Finding struct {
	Kind FindingKind
	// Count is how many digits or characters were typed; Least and Most are the limits, 0 = none.
	Count, Least, Most int
	// Rune is the character that is not taken, of an OddCharacter.
	Rune rune
}

// FindingKind is a way in which a value can be wrong. The zero value says no more than the code.
type FindingKind uint8

// The kinds of findings.
const (
	Plainly      FindingKind = iota
	Length                   // Count characters or digits, Least to Most expected
	OddCharacter             // Rune
	NoLetter                 // a reading of marks only
	NotASCII                 // a password
	Incomplete               // a part of the date is empty
	OutOfRange               // no such day, or before 1900, or after today
	NoAt                     // an address without @
	Malformed                // an address that is wrong in another way
	WrongKind                // a phone number of no kind that is taken
	NotMobile                // a phone number, but no mobile one
	OfAnother                // a card of another provider
)

func (f Finding) err() error {
	if f == (Finding{}) {
		return nil
	}
	return f
}

// Error says the counts, for logs.
func (f Finding) Error() string {
	switch {
	case f.Kind != Length:
		return "finding " + strconv.Itoa(int(f.Kind))
	case f.Least == 0:
		return fmt.Sprintf("%d found, at most %d taken", f.Count, f.Most)
	}
	return fmt.Sprintf("%d found, %d to %d taken", f.Count, f.Least, f.Most)
}

// label is a field's name, and what a sentence asks for.
type label struct{ field, ja, en string }

var labels = []label{
	{FieldMail, "メールアドレス", "mail address"},
	{FieldMailAgain, "メールアドレス（確認）", "mail address once more"},
	{FieldFamilyName, "姓", "family name"},
	{FieldGivenName, "名", "given name"},
	{FieldFamilyKana, "セイ", "family name in katakana"},
	{FieldGivenKana, "メイ", "given name in katakana"},
	{FieldPostal, "郵便番号", "postal code"},
	{FieldPrefecture, "都道府県", "prefecture"},
	{FieldCity, "市区町村", "city"},
	{FieldStreet, "町名・番地", "town and number"},
	{FieldBuilding, "建物名・部屋番号", "building and room"},
	{FieldPhone, "電話番号", "phone number"},
	{FieldBirth, "生年月日", "date of birth"},
	{FieldSex, "性別", "sex"},
	{FieldLoginKey, "ログインに使うもの", "login name"},
	{FieldPassword, "パスワード", "password"},
	{FieldPasswordAgain, "パスワード（確認）", "password once more"},
	{FieldOptIns, "お知らせメール", "news by mail"},
	{FieldTerms, "利用規約", "terms"},
	{FieldCard, "カードの番号", "card number"},
}

// Label is a field's name beside its input, in the language ja, else in English; of an unknown field the
// empty text.
func Label(lang, field string) string {
	for _, l := range labels {
		if l.field == field {
			return in(lang, l.ja, capital(l.en))
		}
	}
	return ""
}

// Message says a fault to the person whose input it is about, in the language ja, else in English: what was
// found and what is expected. Of faults of other packages it says the code's meaning and what to do.
func Message(lang string, f *fault.Error) string {
	m := message{lang: lang, field: f.Field}
	for _, l := range labels {
		if l.field == f.Field {
			m.ja, m.en = l.ja, l.en
		}
	}
	_ = errors.As(f.Err, &m.Finding)
	if m.ja != "" {
		if text := m.say(f.Code); text != "" {
			return text
		}
	}
	if meaning, do, ok := f.Code.InJapanese(); ok && lang == "ja" {
		return meaning + do
	}
	return f.Code.Meaning() + " " + f.Code.Do()
}

// message is what is said about one fault.
type message struct {
	Finding
	lang, field string
	ja, en      string // the field's name
}

func in(lang, ja, en string) string {
	if lang == "ja" {
		return ja
	}
	return en
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// t fills the field's name in for % and gives the sentence in the message's language.
func (m message) t(ja, en string) string {
	return in(m.lang, strings.ReplaceAll(ja, "%", m.ja), strings.ReplaceAll(en, "%", m.en))
}

func (m message) say(code fault.Code) string {
	switch code {
	case fault.FieldMissing:
		return m.missing()
	case fault.FieldTooLong:
		return m.count() + m.tooLong()
	case fault.FieldCharacters:
		if m.Kind == NotASCII {
			return m.t("使えない文字が含まれています。%は半角の英数字と記号で入力してください。",
				"There are characters that a % does not take. Use plain letters, digits and marks.")
		}
		return m.character() + m.t("%から除いてください。", "Remove it from the %.")
	case fault.FieldChoice:
		return m.t("%を選択肢から選んでください。", "Choose one of those that are offered as %.")
	case fault.KanaBad:
		return m.character() + m.t("%は全角カタカナで入力してください。", "Write the % in full-width katakana.")
	case fault.PostalBad:
		return m.character() + m.count() + m.t("%は7桁の数字で入力してください。",
			"A % has 7 digits.")
	case fault.PhoneBad:
		return m.phone()
	case fault.BirthBad:
		return m.birth()
	case fault.AddressBad:
		return m.address()
	case fault.ConfirmationDiffers:
		return m.t("%の入力が一致しません。同じ内容を入力してください。",
			"The two entries are not the same. Enter the % exactly as before.")
	case fault.PasswordShort:
		return m.count() + m.t("%は"+strconv.Itoa(m.Least)+"文字以上で入力してください。",
			"A % has at least "+strconv.Itoa(m.Least)+" characters.")
	case fault.PasswordLong:
		return m.count() + m.tooLong()
	case fault.PasswordCommon:
		return m.t("推測されやすい%です。名前・日付・キーの並びなどではない、長い言葉の組み合わせにしてください。",
			"This % is easy to guess. Use a longer combination of words, no names, dates or rows of keys.")
	case fault.TermsNotAccepted:
		return m.t("%をお読みのうえ、同意する場合はチェックを付けてください。",
			"Read the %, then tick the box if you accept them.")
	case fault.CardUnknown, fault.CardCheckDigit, fault.CardNotDigits:
		return m.card(code)
	}
	return ""
}

func (m message) missing() string {
	switch m.field {
	case FieldPrefecture, FieldSex, FieldOptIns, FieldLoginKey:
		return m.t("%を選択してください。", "Choose the %.")
	case FieldBirth:
		return m.t("%を入力してください。", "Enter the %: year, month and day.")
	}
	return m.t("%を入力してください。", "Enter the %.")
}

// count says how much was typed, if that is what is wrong.
func (m message) count() string {
	if m.Kind != Length {
		return ""
	}
	n := strconv.Itoa(m.Count)
	number := m.field == FieldPostal || m.field == FieldPhone || m.field == FieldCard
	switch {
	case number && m.Count == 0:
		return in(m.lang, "数字が入力されていません。", "There is no digit. ")
	case number:
		return in(m.lang, n+"桁入力されています。", n+" digits were entered. ")
	}
	return in(m.lang, n+"文字入力されています。", n+" characters were entered. ")
}

func (m message) tooLong() string {
	if m.Most == 0 {
		return m.t("%を短くしてください。", "Shorten the %.")
	}
	most := strconv.Itoa(m.Most)
	return m.t("%は"+most+"文字以内で入力してください。", "The % has at most "+most+" characters.")
}

// character shows the character that is not taken; what has no shape, by its number.
func (m message) character() string {
	shown := string(m.Rune)
	switch {
	case m.Kind == NoLetter:
		return in(m.lang, "カタカナの文字がありません。", "There is no letter. ")
	case m.Kind != OddCharacter:
		return ""
	case m.Rune == utf8.RuneError:
		return in(m.lang, "読み取れない文字が含まれています。", "There is a character that cannot be read. ")
	case unicode.Is(unicode.Zs, m.Rune):
		return in(m.lang, "途中に空白が含まれています。", "There is a space inside. ")
	case notText(m.Rune) || unseen(m.Rune):
		shown = fmt.Sprintf("U+%04X", m.Rune)
		return in(m.lang, "目に見えない文字など（"+shown+"）が含まれています。", "There is an invisible or unknown character ("+
			shown+"). ")
	case unicode.Is(unicode.M, m.Rune):
		shown = "◌" + shown // a mark needs something to stand on
	}
	return in(m.lang, "「"+shown+"」は使えません。", "“"+shown+"” cannot be used. ")
}

func (m message) phone() string {
	switch {
	case m.Kind == OddCharacter:
		return m.character() + m.t("%は0から始まる数字で入力してください。",
			"Write the % as digits, beginning with 0.")
	case m.Kind == Length && m.Least == m.Most:
		return m.count() + m.t("携帯電話の番号は11桁の数字で入力してください。", "A mobile number has 11 digits.")
	case m.Kind == NotMobile:
		return m.t("060・070・080・090から始まる、11桁の携帯電話番号を入力してください。",
			"Enter a mobile number: 11 digits, beginning with 060, 070, 080 or 090.")
	case m.Kind == WrongKind:
		return m.t("この%は登録できません。0から始まる、日本の固定電話か携帯電話の番号を入力してください。",
			"This % cannot be used. Enter a fixed or mobile number of Japan, beginning with 0.")
	}
	return m.count() + m.t("%は0から始まる10桁または11桁の数字で入力してください。",
		"A % has 10 or 11 digits, beginning with 0.")
}

func (m message) birth() string {
	switch m.Kind {
	case Incomplete:
		return m.t("%の年・月・日をすべて入力してください。", "Enter year, month and day of the %.")
	case OddCharacter:
		return m.character() + m.t("%は西暦の数字で入力してください。", "Write the % as digits.")
	}
	return m.t("この日付は%にできません。1900年1月1日から今日までの、正しい日付を入力してください。",
		"This is no % that is possible. Enter an existing day from 1 January 1900 to today.")
}

func (m message) address() string {
	form := m.t("「名前@ドメイン」の形で入力してください。", "Write it as name@domain.")
	switch m.Kind {
	case OddCharacter:
		return m.character() + m.t("%は半角の英数字と記号で入力してください。",
			"A % has plain letters, digits and marks only.")
	case Length:
		return m.count() + m.tooLong()
	case NoAt:
		return m.t("「@」がありません。", "There is no @. ") + form
	}
	return m.t("%の形式が正しくありません。", "This is not the form of a %. ") + form
}

func (m message) card(code fault.Code) string {
	digits := strconv.Itoa(m.Least)
	if m.Most > m.Least {
		digits = in(m.lang, digits+"〜"+strconv.Itoa(m.Most), digits+" to "+strconv.Itoa(m.Most))
	}
	switch {
	case code == fault.CardNotDigits:
		return m.character() + m.t("%は数字で入力してください。", "Write the % as digits.")
	case code == fault.CardCheckDigit:
		return m.t("番号に誤りがあります。カードと見比べて、もう一度入力してください。",
			"The number is mistyped. Compare it with the card and enter it again.")
	case m.Kind == Length:
		return m.count() + m.t("カードに書かれた"+digits+"桁の番号を入力してください。",
			"Enter the "+digits+" digits that are written on the card.")
	}
	return m.t("このポイント会社のカードの番号ではありません。カードと見比べて、もう一度入力してください。",
		"This is no number of this company's cards. Compare it with the card and enter it again.")
}
