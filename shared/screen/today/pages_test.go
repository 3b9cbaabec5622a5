package today_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"multipoint/shared/day"
	"multipoint/shared/mail"
)

// TestEveryPage walks through all links of the demo, in both languages, and looks at each page.
func TestEveryPage(t *testing.T) {
	w := newWorld(t)
	w.demo()
	text := "お知らせ\n<b>x</b>"
	m := &mail.Message{
		ID: mail.ID("1", "points-ready", "a@b.example"), To: "a@b.example", Subject: "連携ファイル", Text: text,
		HTML: "<!doctype html><p>本文</p>", Template: "points-ready", Run: "AOZORA-1",
	}
	w.mails.list = append(w.mails.list, m)
	cards := cardNumbers(t)
	for _, language := range []string{"ja", "en"} {
		seen := w.walk(language)
		for path, p := range seen {
			if p.status != http.StatusOK {
				t.Errorf("%s: %d", path, p.status)
			}
			for number := range cards {
				if strings.Contains(strings.Map(digitsTogether, p.body), number) {
					t.Errorf("%s shows the card number %s", path, number)
				}
			}
			if strings.HasPrefix(p.header.Get("Content-Type"), "text/html") && !foreign(path) {
				wellFormed(t, language+path, p.body, language)
			}
			checkHeaders(t, path, p)
		}
		for _, path := range []string{
			"/", "/runs", "/runs/1", "/runs/1/lines/1", "/runs/1/lines/3", "/arrivals", "/mails",
			"/mails/" + m.ID, "/mails/" + m.ID + "/html", "/runs/1/proof",
		} {
			if _, ok := seen[path]; !ok && (path != "/runs/1/proof" || w.hasProof()) {
				t.Errorf("no link leads to %s", path)
			}
		}
		isReceipt := func(p string) bool { return strings.HasPrefix(p, "/receipt?") }
		if !slices.ContainsFunc(paths(seen), isReceipt) {
			t.Error("no link leads to a receipt")
		}
	}
	file := w.get("/runs/1/files/" + w.manifest(1).Providers[0].Outlet)
	found := false
	for number := range cards {
		found = found || strings.Contains(file.body, number)
	}
	if !found {
		t.Error("no card number is in the provider's file, so the search above would find none")
	}
}

// hasProof says whether the run left its proof.
func (w *world) hasProof() bool { return w.get("/runs/1/proof").status == http.StatusOK }

// digitsTogether takes away what stands between groups of digits.
func digitsTogether(r rune) rune {
	if r == '-' || r == ' ' || r == ',' {
		return -1
	}
	return r
}

func foreign(path string) bool {
	return strings.HasSuffix(path, "/html") || strings.HasSuffix(path, "/proof")
}

func paths(seen map[string]page) (out []string) {
	for path := range seen {
		out = append(out, path)
	}
	return out
}

func (w *world) manifest(run int64) *day.Manifest {
	m, err := w.service.Manifest(w.t.Context(), run)
	w.must(err)
	return m
}

var link = regexp.MustCompile(`(?:href|src)="(/[^"#]*)`)

// walk gets all pages that links lead to; downloads are left out.
func (w *world) walk(language string) map[string]page {
	seen := map[string]page{}
	todo := []string{"/"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		_, is := seen[path]
		if is || strings.Contains(path, "/files/") || strings.HasPrefix(path, "/language/") {
			continue
		}
		p := w.get(path, speaking(language))
		seen[path] = p
		if foreign(path) {
			continue
		}
		for _, found := range link.FindAllStringSubmatch(p.body, -1) {
			todo = append(todo, strings.ReplaceAll(found[1], "&amp;", "&"))
		}
	}
	return seen
}

func checkHeaders(t *testing.T, path string, p page) {
	t.Helper()
	csp := p.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "default-src 'none'; ") || strings.Contains(csp, "script-src") {
		t.Errorf("%s: policy %q", path, csp)
	}
	if !foreign(path) && strings.Contains(csp, "unsafe") {
		t.Errorf("%s: policy %q", path, csp)
	}
	if p.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s may be sniffed", path)
	}
}

// wellFormed reads a page as XML: every element is closed, every attribute quoted, each id there once; and it
// checks what readers with a screen reader need.
func wellFormed(t *testing.T, where, body, language string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(body))
	d.Entity = xml.HTMLEntity
	ids, count, labels, inputs := map[string]bool{}, map[string]int{}, map[string]bool{}, []string{}
	var refs []string
	inTable := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Errorf("%s is not well-formed: %v", where, err)
			return
		}
		if end, ok := token.(xml.EndElement); ok && end.Name.Local == "table" {
			inTable = false
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		name := e.Name.Local
		count[name]++
		attr := map[string]string{}
		for _, a := range e.Attr {
			attr[a.Name.Local] = a.Value
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "style" {
				t.Errorf("%s: attribute %s", where, a.Name.Local)
			}
		}
		if id := attr["id"]; id != "" {
			if ids[id] {
				t.Errorf("%s: id %s twice", where, id)
			}
			ids[id] = true
		}
		refs = append(refs, strings.Fields(attr["aria-labelledby"])...)
		switch name {
		case "html":
			if attr["lang"] != language {
				t.Errorf("%s: language %q", where, attr["lang"])
			}
		case "table":
			inTable = true
		case "th":
			if attr["scope"] == "" {
				t.Errorf("%s: a th without scope", where)
			}
		case "label":
			labels[attr["for"]] = true
		case "input", "select":
			inputs = append(inputs, attr["id"])
		case "form":
			if attr["method"] == "" || !strings.HasPrefix(attr["action"], "/") {
				t.Errorf("%s: form %v", where, attr)
			}
		case "script":
			t.Errorf("%s has a script", where)
		}
	}
	if inTable || count["h1"] != 1 || count["main"] != 1 || count["title"] != 1 ||
		count["caption"] != count["table"] {
		t.Errorf("%s: %v", where, count)
	}
	for _, id := range inputs {
		if !labels[id] {
			t.Errorf("%s: field %q has no label", where, id)
		}
	}
	for _, id := range refs {
		if !ids[id] {
			t.Errorf("%s: aria-labelledby names %s", where, id)
		}
	}
}

// TestTodayShowsTheWholeDay compares the first page with the manifest.
func TestTodayShowsTheWholeDay(t *testing.T) {
	w := newWorld(t)
	w.get("/").has(t, http.StatusOK, "まだ処理した日がありません")
	w.demo()
	m := w.manifest(1)
	p := w.get("/")
	p.has(t, http.StatusOK, m.Digest, "最初の処理です", "すべて一致", "2026年11月22日（日）", "あおぞらストア",
		"2026年11月23日（月） 6:02", "ログインがありません", "デモの時計")
	p.hasNot(t, "不一致")
	for i := range m.Providers {
		p.has(t, http.StatusOK, m.Providers[i].SHA256, m.Providers[i].Name)
	}
	for i := range m.Files {
		p.has(t, http.StatusOK, m.Files[i].Name)
	}
	for _, row := range []string{
		fmt.Sprintf("<td>%d</td>", m.Totals.Files), "= 611＋46", "= 591＋20", "45,651 = 45,651",
		"= 573＋7＋11", "MP-1110", "MP-1101",
	} {
		p.has(t, http.StatusOK, row)
	}
	// Each account row ends with the sum 0, which is shown as agreed.
	if got := strings.Count(p.body, `<span class="chip ok">0</span>`); got != 3 {
		t.Errorf("%d accounts sum to 0, want 3", got)
	}
	w.get("/", speaking("en")).has(t, http.StatusOK, "All totals agree",
		"Sunday 22 November 2026", "no login yet")
}

func TestVerifyButton(t *testing.T) {
	w := newWorld(t)
	w.demo()
	w.get("/runs/1").has(t, http.StatusOK, "まだ検証していません")
	p := w.post("/runs/1/verify", nil)
	if p.status != http.StatusSeeOther || p.header.Get("Location") != "/runs/1#proof" {
		t.Fatalf("%d %s", p.status, p.header.Get("Location"))
	}
	w.get("/").has(t, http.StatusOK, "同じ結果になりました")
	w.post("/runs/9/verify", nil).has(t, http.StatusNotFound, "MP-4003")
}

// TestNextDayMovesTheClock runs the days behind the demo's; without files they are valid days.
func TestNextDayMovesTheClock(t *testing.T) {
	w := newWorld(t)
	w.demo()
	first := w.manifest(1)
	for run := int64(2); run <= 3; run++ {
		p := w.post("/next", nil)
		if p.status != http.StatusSeeOther || p.header.Get("Location") != "/" {
			t.Fatalf("%d %s", p.status, p.body)
		}
	}
	if m := w.manifest(2); m.PreviousDigest != first.Digest || m.RunDate != runDate(t).Add(1) {
		t.Errorf("%+v", m)
	}
	w.get("/").has(t, http.StatusOK, "2026年11月24日（火）", "この日に届いたファイルはありません", w.manifest(3).Digest)
	w.get("/runs").has(t, http.StatusOK, `href="/runs/1"`, `href="/runs/2"`, `href="/runs/3"`)
}

// TestStoppedAndVoidedRuns follows a run that stopped to its end by a void.
func TestStoppedAndVoidedRuns(t *testing.T) {
	w := newWorld(t)
	w.demo()
	r, err := w.service.OpenDay(t.Context(), runDate(t).Add(1))
	w.must(err)
	w.must(w.service.Stop(t.Context(), r.Run, r.Attempt, `MP-4011 part.damaged at <script>alert(1)</script>`))
	for _, path := range []string{"/", "/runs/2"} {
		p := w.get(path)
		p.has(t, http.StatusOK, "停止", "止まった理由", "保存した部分が変えられたか", "続きから再開する",
			"取りやめる", "&lt;script&gt;")
		p.hasNot(t, "<script")
		wellFormed(t, path, p.body, "ja")
	}
	w.post("/next", nil).has(t, http.StatusConflict, "MP-4001")
	w.post("/runs/2/void", url.Values{"reason": {"  "}}).has(t, http.StatusUnprocessableEntity, "理由")
	w.post("/runs/1/void", url.Values{"reason": {"x"}}).has(t, http.StatusConflict, "MP-4004")
	if p := w.post("/runs/2/void", url.Values{"reason": {"試し"}}); p.status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.status, p.body)
	}
	p := w.get("/runs/2")
	p.has(t, http.StatusOK, "取りやめ", "試し")
	p.hasNot(t, "続きから再開する")
	wellFormed(t, "voided", p.body, "ja")
	w.post("/runs/2/resume", nil).has(t, http.StatusConflict)
}

// TestStoppedRunCanBeResumed resumes a run that a person stopped.
func TestStoppedRunCanBeResumed(t *testing.T) {
	w := newWorld(t)
	w.demo()
	r, err := w.service.OpenDay(t.Context(), runDate(t).Add(1))
	w.must(err)
	w.must(w.service.Stop(t.Context(), r.Run, r.Attempt, "disk full"))
	w.get("/runs/2").has(t, http.StatusOK, "disk full")
	if p := w.post("/runs/2/resume", nil); p.status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.status, p.body)
	}
	w.get("/runs/2").has(t, http.StatusOK, "完了", w.manifest(2).Digest)
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	w := newWorld(t)
	w.demo()
	for _, path := range []string{
		"/nowhere", "/runs/", "/runs/0", "/runs/-1", "/runs/x", "/runs/99999999999", "/runs/1/lines/0",
		"/runs/1/lines/6", "/runs/1/lines/99", "/runs/1/lines/3?page=9", "/runs/1/lines/3?page=x",
		"/runs/1/files/none", "/receipt", "/receipt?name=POS_20261121_1.dat&id=other", "/mails/x",
		"/mails/" + strings.Repeat("0", 64), "/language/xx",
		"/page/", "/page/today.html", "/runs/1/files/..%2f..%2fpins.json",
	} {
		p := w.get(path)
		p.has(t, http.StatusNotFound)
		wellFormed(t, path, p.body, "ja")
	}
	for path, allow := range map[string]string{
		"/": "GET, HEAD", "/runs": "GET, HEAD", "/arrivals": "GET, HEAD, POST", "/next": "POST",
		"/runs/1/verify": "POST",
	} {
		methods := []string{http.MethodPut, http.MethodDelete, http.MethodPost}
		if strings.Contains(allow, "POST") {
			methods = methods[:2]
		}
		for _, method := range methods {
			p := w.do(method, path, "", nil, func(r *http.Request) { r.Header.Set("Origin", w.server.URL) })
			p.has(t, http.StatusMethodNotAllowed)
			if p.header.Get("Allow") != allow {
				t.Errorf("%s: allows %q, want %q", path, p.header.Get("Allow"), allow)
			}
		}
	}
	w.get("/next").has(t, http.StatusMethodNotAllowed)
}

func TestDownloadIsTheFileThatWasDelivered(t *testing.T) {
	w := newWorld(t)
	w.demo()
	m := w.manifest(1)
	for i := range m.Providers {
		f := &m.Providers[i]
		p := w.get("/runs/1/files/" + f.Outlet)
		if p.status != http.StatusOK || int64(len(p.body)) != f.Bytes || sha(p.body) != f.SHA256 {
			t.Errorf("%s: %d, %d bytes", f.Name, p.status, len(p.body))
		}
		if got := p.header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") ||
			!strings.Contains(got, f.Name) {
			t.Errorf("%s: %s", f.Name, got)
		}
	}
}

func TestLanguageIsRemembered(t *testing.T) {
	w := newWorld(t)
	p := w.get("/language/en?to=" + url.QueryEscape("/runs"))
	if p.status != http.StatusSeeOther || p.header.Get("Location") != "/runs" ||
		!strings.HasPrefix(p.header.Get("Set-Cookie"), "language=en; ") {
		t.Errorf("%d %v", p.status, p.header)
	}
	for _, to := range []string{
		"//elsewhere.example", `/\elsewhere.example`, "https://elsewhere.example", "", "x",
	} {
		if got := w.get("/language/ja?to=" + url.QueryEscape(to)).header.Get("Location"); got != "/" {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	accept := func(v string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Accept-Language", v) }
	}
	w.get("/", accept("en-GB,en;q=0.9,ja;q=0.8")).has(t, http.StatusOK, `<html lang="en">`)
	w.get("/", accept("fr,ja;q=0.9")).has(t, http.StatusOK, `<html lang="ja">`)
	w.get("/").has(t, http.StatusOK, `<html lang="ja">`)
}
