package day

import (
	"embed"
	htmltemplate "html/template"
	"strconv"
	"strings"
	"text/template"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/mail"
)

// What mails and the proof say is in letters/: TEMPLATE.txt with the subject and the text, Japanese first,
// then English; TEMPLATE.html inside frame.html; proof.html.
//
//go:embed letters
var letterFiles embed.FS

// renderMail fills subject, text and HTML from the template's files.
func renderMail(m *mail.Message, data any) error {
	var b strings.Builder
	text, err := template.New("").Funcs(words()).ParseFS(letterFiles, "letters/"+m.Template+".txt")
	if err != nil {
		return err
	}
	if err := text.ExecuteTemplate(&b, "subject", data); err != nil {
		return err
	}
	m.Subject = b.String()
	b.Reset()
	if err := text.ExecuteTemplate(&b, "text", data); err != nil {
		return err
	}
	m.Text = b.String()
	b.Reset()
	html, err := htmltemplate.New("").Funcs(words()).ParseFS(letterFiles, "letters/frame.html",
		"letters/"+m.Template+".html")
	if err != nil {
		return err
	}
	if err := html.ExecuteTemplate(&b, "frame.html", data); err != nil {
		return err
	}
	m.HTML = b.String()
	return nil
}

// words are the functions of the templates.
func words() map[string]any {
	return map[string]any{
		"n": figure, "ymd": dayJa, "ja": dateJa, "en": dateEn, "whyJa": whyJa, "why": fault.Code.Meaning,
		"code": func(c fault.Code) string { return "MP-" + strconv.Itoa(int(c)) },
	}
}

// figure writes a whole number with its thousands parted, and − for minus.
func figure(v any) string {
	n, ok := v.(int64)
	if i, isInt := v.(int); isInt {
		n, ok = int64(i), true
	}
	if !ok {
		return "?"
	}
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		digits, sign = digits[1:], "−"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// dayJa writes 2026年11月22日.
func dayJa(d calendar.Date) string {
	y, m, day := d.YMD()
	return strconv.Itoa(y) + "年" + strconv.Itoa(m) + "月" + strconv.Itoa(day) + "日"
}

// dateJa writes 2026年11月22日（日）.
func dateJa(d calendar.Date) string {
	return dayJa(d) + "（" + [...]string{"", "月", "火", "水", "木", "金", "土", "日"}[d.Weekday()] + "）"
}

// dateEn writes Sun 22 Nov 2026.
func dateEn(d calendar.Date) string {
	return calendar.At(d, calendar.NoTime).Format("Mon 2 Jan 2006")
}

// whyJa says why a file was refused.
func whyJa(c fault.Code) string {
	switch c {
	case fault.FileDuplicate:
		return "前に受け付けたファイルと同じ内容です。"
	case fault.FileTrailerMissing:
		return "トレーラレコードがありません。途中で切れた可能性があります。"
	case fault.FileHeaderMissing:
		return "ヘッダレコードで始まっていません。"
	case fault.FileOrder:
		return "レコードの並びがレイアウトと違います。"
	case fault.FileTruncated:
		return "レコードの途中で終わっています。"
	case fault.FileEmpty:
		return "中身がありません（0バイト）。"
	case fault.FileEncoding:
		return "文字コードがレイアウトと違います。"
	case fault.FileQuote:
		return "引用符が閉じていません。"
	case fault.FileCount:
		return "トレーラの件数が、明細の件数と違います。"
	case fault.FileAmount:
		return "トレーラの合計金額が、明細の合計と違います。"
	case fault.FileBadLines:
		return "エラー行の割合が上限を超えています。"
	case fault.FileControl:
		return "トレーラの件数または合計を数として読み取れません。"
	case fault.RecordTooLong:
		return "長すぎるレコードがあります。"
	case fault.FeedUnknown:
		return "どの受付設定にも当てはまらないファイル名です。"
	case fault.FileCardNumber:
		return "クレジットカード番号の全桁が含まれています。隔離しました。"
	case fault.FileTooLarge:
		return "大きさの上限を超えています。"
	}
	return "受け付けできません。"
}
