package day

import (
	"embed"
	"errors"
	htmltemplate "html/template"
	"io"
	"strconv"
	"strings"
	"text/template"

	"multipoint/shared/fault"
	"multipoint/shared/mail"
	"multipoint/shared/mailing"
)

// What mails and the proof say is in letters/: TEMPLATE.txt with the subject and the text, Japanese first,
// then English; TEMPLATE.html with what stands inside the frame of all mails; proof.html.
//
//go:embed letters
var letterFiles embed.FS

// headed gives a text's retailer and link, which the frame shows.
type headed interface {
	head() (retailer, link string)
}

func (u *uploadErrors) head() (retailer, link string) { return u.Retailer, u.Link }
func (p *pointsReady) head() (retailer, link string)  { return p.Retailer, p.Link }
func (a *alarmText) head() (retailer, link string)    { return a.Retailer, a.Link }

// renderMail fills subject, text and HTML from the template's files.
func renderMail(m *mail.Message, data headed) error {
	text, err := template.New("").Funcs(words()).ParseFS(letterFiles, "letters/"+m.Template+".txt")
	if err != nil {
		return err
	}
	html, err := htmltemplate.New("").Funcs(words()).ParseFS(letterFiles, "letters/"+m.Template+".html")
	if err != nil {
		return err
	}
	var failed error
	write := func(t interface {
		ExecuteTemplate(w io.Writer, name string, data any) error
	}, block string,
	) string {
		var b strings.Builder
		failed = errors.Join(failed, t.ExecuteTemplate(&b, block, data))
		return b.String()
	}
	page := func(block string) htmltemplate.HTML {
		return htmltemplate.HTML(write(html, block)) // #nosec G203 -- html/template wrote it
	}
	m.Subject, m.Text = write(text, "subject"), write(text, "text")
	f := &mailing.Frame{
		Lang: mailing.Japanese, Bar: write(html, "bar"), Preheader: page("preheader"), Button: page("button"),
		Sections: []mailing.Section{
			{Lang: mailing.Japanese, Title: page("title"), Body: page("ja")},
			{Lang: mailing.English, Title: page("title-en"), Body: page("en")},
		},
		Foot: mailing.Automatic,
	}
	if failed != nil {
		return failed
	}
	f.Retailer, f.Link = data.head()
	m.HTML, err = f.HTML()
	return err
}

// words are the functions of the templates.
func words() map[string]any {
	w := mailing.Words()
	w["whyJa"], w["why"] = whyJa, fault.Code.Meaning
	w["code"] = func(c fault.Code) string { return "MP-" + strconv.Itoa(int(c)) }
	return w
}

// figure writes a whole number as mails do.
func figure(n int64) string { return mailing.Figure(n) }

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
