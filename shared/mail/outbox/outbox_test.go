package outbox

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	port "multipoint/shared/mail"
)

// message makes a mail; number tells mails apart.
func message(number int) port.Message {
	run := fmt.Sprintf("R-%08d", number)
	return port.Message{
		ID: port.ID(run, "points-ready", "a@b.example"), To: "a@b.example",
		Subject: "【あおぞらストア】ポイント付与データができました（2026年11月22日分）　Point data generated",
		Text:    fmt.Sprintf("髙橋商店　第%d回\nFrom here\n.\n", number), HTML: "<p lang=\"ja\">本文＆</p>\n",
		Template: "points-ready", Run: run, Unsubscribe: "https://point.aozora.example/u/1",
	}
}

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func open(t *testing.T, folder string, c *clock) *Outbox {
	t.Helper()
	b, err := Open(folder, Options{Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func start() *clock { return &clock{time.Date(2026, 11, 22, 6, 3, 20, 123456789, time.UTC)} }

func TestAMailIsKeptWithAllItsParts(t *testing.T) {
	c, folder := start(), t.TempDir()
	want := message(1)
	if err := open(t, folder, c).Send(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, folder, c).Read(t.Context(), want.ID) // another process, later
	if err != nil {
		t.Fatal(err)
	}
	if got.Message != want || !got.Sent.Equal(c.now.Truncate(time.Microsecond)) {
		t.Errorf("got %+v,\nwant %+v", *got, want)
	}
	err = filepath.WalkDir(folder, func(name string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && name != folder && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v", name, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAMailProgramReadsTheMail(t *testing.T) {
	c := start()
	b := open(t, t.TempDir(), c)
	want := message(1)
	want.Subject = "アップロードされたファイルにエラーがあります" + strings.Repeat("、髙橋商店", 25) // over many lines
	if err := b.Send(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	text, err := b.EML(t.Context(), want.ID)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if !bytes.HasSuffix(line, []byte("\r\n")) || len(line) > 100 {
			t.Errorf("line %q: RFC 5322 wants CR LF, and short lines", line)
		}
		if strings.ContainsFunc(string(line), func(r rune) bool { return r > '~' }) {
			t.Errorf("line %q is not ASCII", line)
		}
	}
	m, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != want.Subject {
		t.Errorf("the subject is %q, %v", subject, err)
	}
	if date, err := m.Header.Date(); err != nil || !date.Equal(c.now.Truncate(time.Second)) {
		t.Errorf("the date is %v, %v", date, err)
	}
	for name, value := range map[string]string{
		"To": "<a@b.example>", "From": "<no-reply@multipoint.invalid>", "Auto-Submitted": "auto-generated",
		"X-Multipoint-Id": want.ID, "X-Multipoint-Template": "points-ready", "X-Multipoint-Run": "R-00000001",
		"Message-Id": "<" + want.ID + "@multipoint.invalid>", "Bcc": "", "Cc": "",
		"List-Unsubscribe":      "<" + want.Unsubscribe + ">",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	} {
		if got := m.Header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the mail is %s, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for _, x := range [][2]string{
		{"text/plain; charset=UTF-8", want.Text}, {"text/html; charset=UTF-8", want.HTML},
	} {
		p, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil || p.Header.Get("Content-Type") != x[0] || string(body) != x[1] {
			t.Errorf("got %s %q, %v; want %q", p.Header.Get("Content-Type"), body, err, x)
		}
	}
	if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
		t.Errorf("there is a third part: %v", err)
	}
}

func TestAnIDIsTakenOnce(t *testing.T) {
	c := start()
	b := open(t, t.TempDir(), c)
	first := message(1)
	if err := b.Send(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	before, _ := b.EML(t.Context(), first.ID)
	again := first
	again.Text, c.now = "another text", c.now.Add(time.Hour)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := b.Send(t.Context(), again); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := b.Read(t.Context(), first.ID)
	if err != nil || got.Message != first || !got.Sent.Before(c.now.Add(-time.Minute)) {
		t.Errorf("got %+v, %v: the mail was sent again", got, err)
	}
	if after, _ := b.EML(t.Context(), first.ID); !bytes.Equal(before, after) {
		t.Error("the .eml was written again")
	}
	if page, _, err := b.List(t.Context(), "", 10); err != nil || len(page) != 1 {
		t.Errorf("the list has %d mails, %v", len(page), err)
	}
}

// A crash may come after any file: what is missing is made up for when the mail is sent again, as its sender
// does who was not told that it lasts.
func TestSendingAgainMakesUpForACrash(t *testing.T) {
	c, folder := start(), t.TempDir()
	b := open(t, folder, c)
	m := message(1)
	if err := b.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	for _, lost := range []string{
		filepath.Join(days, "2026-11-22", "060320.123456-"+m.ID), filepath.FromSlash(nameOf(m.ID) + ".json"),
	} {
		if err := os.Remove(filepath.Join(folder, lost)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, lost)+unfinished, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := b.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		page, _, err := b.List(t.Context(), "", 10)
		if err != nil || len(page) != 1 || page[0].Message != m {
			t.Errorf("without %s the list became %+v, %v", lost, page, err)
		}
	}
}

func TestListsAreNewestFirstAndPaged(t *testing.T) {
	c := start()
	b := open(t, t.TempDir(), c)
	if page, next, err := b.List(t.Context(), "", 10); len(page) > 0 || next != "" || err != nil {
		t.Fatalf("the empty outbox lists %v, %q, %v", page, next, err)
	}
	var want []string
	for i := range 25 {
		c.now = c.now.Add(3 * time.Hour) // over four days
		if err := b.Send(t.Context(), message(i)); err != nil {
			t.Fatal(err)
		}
		want = append([]string{message(i).ID}, want...)
	}
	for _, limit := range []int{1, 4, 5, 24, 25, 26, MaxPage + 1} {
		var got []string
		pages, cursor := 0, ""
		for {
			page, next, err := b.List(t.Context(), cursor, limit)
			if err != nil || len(page) > limit {
				t.Fatal(len(page), err)
			}
			for i := range page {
				got = append(got, page[i].ID)
			}
			if pages++; next == "" {
				break
			}
			cursor = next
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("in pages of %d the list is\n%v, want\n%v", limit, got, want)
		}
		if least := (25 + limit - 1) / limit; pages != least {
			t.Errorf("%d pages of %d, want %d", pages, limit, least)
		}
	}
}

func TestWhatIsNoMailIsRefused(t *testing.T) {
	folder := t.TempDir()
	b := open(t, folder, start())
	m := message(1)
	m.Subject += "\r\nBcc: x@y.example"
	if err := b.Send(t.Context(), m); !errors.Is(err, port.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	if _, err := b.Read(t.Context(), "../../etc/passwd"); !errors.Is(err, port.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	if _, err := b.Read(t.Context(), m.ID); !errors.Is(err, ErrAbsent) {
		t.Errorf("got %v, want ErrAbsent", err)
	}
	if _, err := b.EML(t.Context(), m.ID); !errors.Is(err, ErrAbsent) {
		t.Errorf("got %v, want ErrAbsent", err)
	}
	from := Options{From: "a@b.example\r\nBcc: x@y.example"}
	if _, err := Open(folder, from); !errors.Is(err, port.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, mails, "*")); len(left) > 0 {
		t.Errorf("%v was left behind", left)
	}
}
