package today_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"multipoint/shared/day"
	"multipoint/shared/mail"
)

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// TestPostsNeedOurOrigin sends every form as other sites would.
func TestPostsNeedOurOrigin(t *testing.T) {
	w := newWorld(t)
	w.demo()
	header := func(origin, site string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Del("Origin")
			r.Header.Del("Sec-Fetch-Site")
			if origin != "" {
				r.Header.Set("Origin", origin)
			}
			if site != "" {
				r.Header.Set("Sec-Fetch-Site", site)
			}
		}
	}
	for _, path := range []string{
		"/next", "/arrivals", "/runs/1/verify", "/runs/1/resume", "/runs/1/void", "/nowhere",
	} {
		for name, change := range map[string]func(*http.Request){
			"none":              header("", ""),
			"another site":      header("https://elsewhere.example", ""),
			"another port":      header("http://127.0.0.1:1", ""),
			"another scheme":    header(strings.Replace(w.server.URL, "http:", "https:", 1), ""),
			"null":              header("null", ""),
			"cross-site":        header(w.server.URL, "cross-site"),
			"same-site":         header("", "same-site"),
			"typed in":          header("", "none"),
			"origin of no host": header("http://", "same-origin"),
		} {
			if p := w.post(path, nil, change); p.status != http.StatusForbidden {
				t.Errorf("%s from %s: %d", path, name, p.status)
			}
		}
	}
	last, err := w.service.Last(t.Context())
	w.must(err)
	if last.Run != 1 || w.keeper.Verified(1) != nil {
		t.Error("a refused request did something")
	}
	if p := w.post("/next", nil, header("", "same-origin")); p.status != http.StatusSeeOther {
		t.Errorf("our own page: %d", p.status)
	}
}

// TestOtherNamesAreRefused: a name that was made to lead to this machine gets no page (DNS rebinding).
func TestOtherNamesAreRefused(t *testing.T) {
	w := newWorld(t)
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	for _, name := range []string{
		"elsewhere.example", "elsewhere.example:8080", "localhost.elsewhere.example", "127.0.0.1.example",
	} {
		w.get("/", host(name)).has(t, http.StatusMisdirectedRequest)
	}
	for _, name := range []string{"localhost", "LOCALHOST:8080", "127.0.0.1:99", "[::1]:8080", "192.0.2.7"} {
		w.get("/", host(name)).has(t, http.StatusOK)
	}
}

// file is one of an upload form.
type file struct{ name, body string }

// form writes an upload form.
func form(feed string, files ...file) (contentType string, body []byte) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("feed", feed)
	for _, f := range files {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", `form-data; name="file"; filename="`+f.name+`"`)
		part, _ := m.CreatePart(h)
		_, _ = io.WriteString(part, f.body)
	}
	_ = m.Close()
	return m.FormDataContentType(), b.Bytes()
}

func (w *world) upload(feed string, files ...file) page {
	w.t.Helper()
	contentType, body := form(feed, files...)
	return w.do(http.MethodPost, "/arrivals", contentType, bytes.NewReader(body))
}

func (w *world) arrivals() (out []*day.Arrival) {
	w.must(w.service.Arrivals(w.t.Context(), "", func(a *day.Arrival) error {
		out = append(out, a)
		return nil
	}))
	return out
}

const titles = "注文番号,注文日,時刻,区分,カード番号,会員番号,支払カード,元注文番号,商品コード,商品名,数量,税込金額,税率,備考\r\n"

// TestUploadWithScript carries a script in a file's name and in a bad line, all the way to the pages.
func TestUploadWithScript(t *testing.T) {
	w := newWorld(t)
	w.demo()
	const canary = `<script>alert('x')</script>`
	name := "EC_<img src=x onerror=alert(1)>" + "'&amp;.csv"
	var lines strings.Builder
	lines.WriteString(titles)
	for i := range 20 {
		fmt.Fprintf(&lines, "N%03d,2026-11-22,10:00:00,注文,,,,,P1,x,1,100,10,\r\n", i)
	}
	lines.WriteString("N999,2026-11-22,10:00:00,\"" + canary + "\",,,,,P1,x,1,100,10," + canary + "\r\n")
	p := w.upload("", file{name, lines.String()})
	if p.status != http.StatusSeeOther || !strings.HasPrefix(p.header.Get("Location"), "/receipt?") {
		t.Fatalf("%d %s", p.status, p.body)
	}
	receipt := p.header.Get("Location")
	w.get(receipt).has(t, http.StatusOK, "2026年11月23日（月） 6:02に始まる処理に入ります",
		"EC_&lt;img src=x onerror=alert(1)&gt;")
	if p := w.post("/next", nil); p.status != http.StatusSeeOther {
		t.Fatal(p.body)
	}
	seen := w.walk("ja")
	if _, ok := seen["/runs/2/lines/1"]; !ok {
		t.Fatalf("the run has no page of bad lines: %+v", w.manifest(2).Files)
	}
	for path, p := range seen {
		p.hasNot(t, "<script", "<img", "alert('x')")
		if !foreign(path) && strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
			wellFormed(t, path, p.body, "ja")
		}
	}
	seen["/runs/2"].has(t, http.StatusOK, "EC_&lt;img src=x onerror=alert(1)&gt;")
	w.get(receipt).has(t, http.StatusOK, `href="/runs/2"`)
}

// TestUploads takes files in and finds them again.
func TestUploads(t *testing.T) {
	w := newWorld(t)
	w.demo()
	before := len(w.arrivals())
	w.upload("", file{"", ""}).has(t, http.StatusUnprocessableEntity, "送るファイルを選んでください")
	w.upload("").has(t, http.StatusUnprocessableEntity)
	w.do(http.MethodPost, "/arrivals", "text/plain", strings.NewReader("x")).has(t, http.StatusBadRequest)
	w.upload("", file{"\xff.csv", "x"}).has(t, http.StatusUnprocessableEntity, "MP-1142")
	long := strings.Repeat("あ", 100) + ".csv"
	w.upload("", file{long, "x"}).has(t, http.StatusUnprocessableEntity, "MP-1142")
	if len(w.arrivals()) != before {
		t.Error("a refused upload left an arrival")
	}
	p := w.upload("", file{"EC_20261122_1.csv", titles}, file{"EC_20261122_2.csv", titles})
	if p.status != http.StatusSeeOther || p.header.Get("Location") != "/arrivals" {
		t.Errorf("%d %s", p.status, p.header.Get("Location"))
	}
	w.get("/").has(t, http.StatusOK, "いま2件のファイルが待っています")
	p = w.get("/arrivals?name=EC_20261122")
	p.has(t, http.StatusOK, "EC_20261122_1.csv", "EC_20261122_2.csv")
	p.hasNot(t, "POS_20261121_1.dat")
	w.get("/arrivals?name=none").has(t, http.StatusOK, "その名前で始まるファイルは届いていません")
	p = w.upload("", file{"unknown.txt", "x"})
	w.get(p.header.Get("Location")).has(t, http.StatusOK, "MP-1130", "受け付けません")
	// The same file name twice is two arrivals, each with its own receipt.
	w.upload("ec", file{"EC_20261122_1.csv", titles})
	if got := len(w.arrivals()); got != before+4 {
		t.Errorf("%d arrivals, want %d", got, before+4)
	}
	// Staff look up why a file is not in.
	for _, a := range w.arrivals() {
		if a.Name == "POS_20261121_3.dat" {
			q := url.Values{"name": {a.Name}, "id": {a.ID}}
			w.get("/receipt?"+q.Encode()).has(t, http.StatusOK, "MP-1110", `href="/runs/1"`)
		}
	}
}

// TestCardNumberQuarantinesAnUpload shows the place and not the number (R2).
func TestCardNumberQuarantinesAnUpload(t *testing.T) {
	w := newWorld(t)
	w.demo()
	line := "N1,2026-11-22,10:00:00,注文,,,,,P1,x,1,100,10,4111111111111111\r\n"
	p := w.upload("", file{"EC_20261122_9.csv", titles + line})
	p = w.get(p.header.Get("Location"))
	p.has(t, http.StatusOK, "MP-1140", "2行目")
	p.hasNot(t, "4111111111111111", "411111")
}

// TestBrokenUploadLeavesNothing ends an upload in the middle of its file.
func TestBrokenUploadLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.demo()
	before := len(w.arrivals())
	contentType, body := form("", file{"EC_20261122_1.csv", titles + strings.Repeat("x", 1<<20)})
	cut := body[:len(body)/2]
	p := w.do(http.MethodPost, "/arrivals", contentType, bytes.NewReader(cut))
	p.has(t, http.StatusBadRequest)
	// And once more with the connection gone.
	ctx, stop := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL+"/arrivals",
		io.MultiReader(bytes.NewReader(cut), gone{stop}))
	w.must(err)
	r.Header.Set("Origin", w.server.URL)
	r.Header.Set("Content-Type", contentType)
	if answer, err := w.server.Client().Do(r); err == nil {
		_ = answer.Body.Close()
		t.Error("the upload was answered")
	}
	w.server.Close() // waits for the handler
	if got := len(w.arrivals()); got != before {
		t.Errorf("%d arrivals, want %d", got, before)
	}
}

// gone ends a request instead of giving more of its body.
type gone struct{ stop context.CancelFunc }

func (g gone) Read([]byte) (int, error) {
	g.stop()
	return 0, errors.New("the connection is gone")
}

// TestMailsCannotDoAnything looks at a hostile mail.
func TestMailsCannotDoAnything(t *testing.T) {
	w := newWorld(t)
	w.get("/mails").has(t, http.StatusOK, "メールはまだありません")
	m := &mail.Message{
		ID: mail.ID("1", "x", "a@b.example"), To: "a@b.example", Subject: "<script>1</script>",
		Template: "x", Run: "1", Text: "<script>2</script>", HTML: "<script>3</script>",
	}
	w.mails.list = append(w.mails.list, m)
	w.get("/mails").hasNot(t, "<script")
	p := w.get("/mails/" + m.ID)
	p.has(t, http.StatusOK, `sandbox=""`, "&lt;script&gt;2")
	p.hasNot(t, "<script")
	if csp := p.header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "; frame-src 'self'") {
		t.Error(csp)
	}
	p = w.get("/mails/" + m.ID + "/html")
	p.has(t, http.StatusOK, "<script>3</script>")
	csp := p.header.Get("Content-Security-Policy")
	for _, part := range []string{
		"default-src 'none'", "sandbox;", "frame-ancestors 'self'", "form-action 'none'",
	} {
		if !strings.Contains(csp, part) {
			t.Errorf("%q lacks %s", csp, part)
		}
	}
	if strings.Contains(csp, "script") {
		t.Error(csp)
	}
}

func TestLargeFormsAreRefused(t *testing.T) {
	w := newWorld(t)
	w.demo()
	p := w.post("/runs/1/void", url.Values{"reason": {strings.Repeat("x", 1<<20)}})
	p.has(t, http.StatusRequestEntityTooLarge)
}
