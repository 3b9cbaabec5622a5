package smtp_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	rfc "net/mail"
	"strings"
	"testing"
	"time"

	"multipoint/shared/mail"
	"multipoint/shared/mail/compose"
	"multipoint/shared/mail/smtp"
)

const from = "no-reply@multipoint.example"

func at() time.Time { return time.Date(2026, 11, 22, 6, 3, 20, 0, time.UTC) }

func message() mail.Message {
	return mail.Message{
		ID: mail.ID("R-1", "points-granted", "m1"), To: "a@b.example", Subject: "ポイントが付きました",
		Text: "髙橋商店\n.\nFrom here\n", HTML: "<p>本文</p>\n", Template: "points-granted", Run: "R-1",
		Unsubscribe: "https://point.aozora.example/u/1",
	}
}

func sender(t *testing.T, o smtp.Options) *smtp.Sender {
	t.Helper()
	o.From, o.Now = from, at
	s, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// expect says what an error of Send means: want nil = the mail may have been sent.
func expect(t *testing.T, what string, err, want error) {
	t.Helper()
	if err == nil || errors.Is(err, mail.ErrNotSent) != errors.Is(want, mail.ErrNotSent) ||
		errors.Is(err, mail.ErrInvalid) != errors.Is(want, mail.ErrInvalid) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// TestACarriersOldAddressIsQuoted: dots that RFC 5321 does not allow go out in quotes, in envelope and
// header.
func TestACarriersOldAddressIsQuoted(t *testing.T) {
	server := serve(t, &server{encrypts: true})
	s := sender(t, smtp.Options{Address: server.address})
	m := message()
	m.To = "a..b.@docomo.ne.jp"
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	took := server.took()
	if len(took) != 1 || took[0].to != `TO:<"a..b."@docomo.ne.jp>` {
		t.Fatalf("the server took %+v", took)
	}
	read, err := rfc.ReadMessage(strings.NewReader(took[0].text))
	if err != nil {
		t.Fatal(err)
	}
	to, err := rfc.ParseAddress(read.Header.Get("To"))
	if err != nil || to.Address != m.To {
		t.Errorf("the header reads as %v, %v", to, err)
	}
	_, err = smtp.New(smtp.Options{Address: server.address, From: m.To})
	if !errors.Is(err, mail.ErrInvalid) {
		t.Errorf("such an address sends: %v", err)
	}
}

func TestAMailGoesOutEncrypted(t *testing.T) {
	server := serve(t, &server{encrypts: true})
	s := sender(t, smtp.Options{
		Address: server.outwards(), User: "user", Password: "secret", Hello: "crm.example",
		TLS: &tls.Config{RootCAs: server.roots, MinVersion: tls.VersionTLS12},
	})
	m := message()
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want, err := compose.Message(&m, from, at())
	if err != nil {
		t.Fatal(err)
	}
	took := server.took()
	if len(took) != 1 || !took[0].encrypted || took[0].from != "FROM:<"+from+">" ||
		took[0].to != "TO:<a@b.example>" {
		t.Fatalf("the server took %+v\nand heard\n%s", took, server.lines())
	}
	login := "PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00user\x00secret"))
	if took[0].user != login {
		t.Errorf("the login was %q", took[0].user)
	}
	if took[0].text != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("got\n%s\nwant\n%s", took[0].text, want)
	}
	read, err := rfc.ReadMessage(strings.NewReader(took[0].text))
	if err != nil || read.Header.Get("List-Unsubscribe") != "<"+m.Unsubscribe+">" ||
		read.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("the headers are %v, %v", read.Header, err)
	}
}

// Without encryption neither mail nor password leaves this machine.
func TestAServerThatDoesNotEncryptGetsNothing(t *testing.T) {
	server := serve(t, &server{})
	o := smtp.Options{Address: server.outwards(), User: "user", Password: "secret"}
	expect(t, "no STARTTLS", sender(t, o).Send(t.Context(), message()), mail.ErrNotSent)
	if len(server.took()) > 0 || strings.Contains(server.lines(), "AUTH") {
		t.Errorf("the server took %+v and heard\n%s", server.took(), server.lines())
	}
	o.Address = server.address // on this machine
	if err := sender(t, o).Send(t.Context(), message()); err != nil || len(server.took()) != 1 {
		t.Errorf("the server took %+v, %v", server.took(), err)
	}
}

func TestAStrangersCertificateIsNotBelieved(t *testing.T) {
	server := serve(t, &server{encrypts: true})
	o := smtp.Options{Address: server.outwards(), User: "user", Password: "secret"}
	expect(t, "unknown roots", sender(t, o).Send(t.Context(), message()), mail.ErrNotSent)
	if len(server.took()) > 0 || strings.Contains(server.lines(), "AUTH") {
		t.Errorf("the server took %+v and heard\n%s", server.took(), server.lines())
	}
}

// Each answer is given once, and says what the caller may do.
func TestWhatAServerAnswers(t *testing.T) {
	for _, c := range []struct {
		verb, answer string
		want         error
	}{
		{"EHLO", "421 busy", mail.ErrNotSent},
		{"AUTH", "535 5.7.8 wrong password", mail.ErrNotSent},
		{"MAIL", "550 5.7.1 not you", mail.ErrNotSent},
		{"MAIL", "451 later", mail.ErrNotSent},
		{"RCPT", "550 5.1.1 unknown user", mail.ErrInvalid},
		{"RCPT", "553 no such name", mail.ErrInvalid},
		{"RCPT", "450 4.2.1 later", mail.ErrNotSent},
		{"RCPT", "452 too many", mail.ErrNotSent},
		{"RCPT", "550 5.7.1 relaying denied", mail.ErrNotSent},
		{"RCPT", "554 relay access denied", mail.ErrNotSent},
		{"DATA", "554 no", mail.ErrNotSent},
		{"END", "552 5.3.4 too large", mail.ErrInvalid},
		{"END", "554 5.7.1 not you", mail.ErrNotSent},
		{"END", "452 4.3.1 disk full", mail.ErrNotSent},
	} {
		server := serve(t, &server{answers: map[string]string{c.verb: c.answer, "HELO": "421 busy"}})
		s := sender(t, smtp.Options{Address: server.address, User: "user", Password: "secret"})
		expect(t, c.verb+" "+c.answer, s.Send(t.Context(), message()), c.want)
		if took := server.took(); len(took) > 0 {
			t.Errorf("%s %s: took %+v", c.verb, c.answer, took)
		}
	}
}

// A connection that breaks off before the end of the mail took none; one that breaks off after may have.
func TestAConnectionThatBreaksOff(t *testing.T) {
	for verb, want := range map[string]error{
		"EHLO": mail.ErrNotSent, "MAIL": mail.ErrNotSent, "RCPT": mail.ErrNotSent, "DATA": mail.ErrNotSent,
		"END": nil,
	} {
		server := serve(t, &server{silent: verb})
		s := sender(t, smtp.Options{Address: server.address})
		expect(t, verb, s.Send(t.Context(), message()), want)
		if took := len(server.took()); (took > 0) != (want == nil) {
			t.Errorf("%s: %d mails", verb, took)
		}
	}
	server := serve(t, &server{silent: "QUIT"})
	s := sender(t, smtp.Options{Address: server.address})
	if err := s.Send(t.Context(), message()); err != nil {
		t.Errorf("a mail that was taken is an error: %v", err)
	}
}

func TestAServerThatIsStuckIsLeft(t *testing.T) {
	for verb, want := range map[string]error{"RCPT": mail.ErrNotSent, "END": nil} {
		server := serve(t, &server{stuck: verb})
		s := sender(t, smtp.Options{Address: server.address, Timeout: 200 * time.Millisecond})
		err := s.Send(t.Context(), message())
		expect(t, verb, err, want)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", verb, err)
		}
	}
}

func TestWhatWasNeverReachedTookNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := sender(t, smtp.Options{Address: listener.Addr().String()})
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, "refused", closed.Send(t.Context(), message()), mail.ErrNotSent)

	server := serve(t, &server{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := sender(t, smtp.Options{Address: server.address})
	expect(t, "ended", s.Send(ctx, message()), mail.ErrNotSent)
	m := message()
	m.Subject += "\r\nBcc: x@y.example"
	expect(t, "no mail", s.Send(t.Context(), m), mail.ErrInvalid)
	if lines := server.lines(); lines != "" {
		t.Errorf("the server heard %s", lines)
	}
}

func TestSettingsThatAreNone(t *testing.T) {
	for _, o := range []smtp.Options{
		{Address: "mail.example:587", From: "a@b.example\r\nBcc: x@y.example"},
		{Address: "mail.example", From: from},
		{Address: ":587", From: from},
		{From: from},
	} {
		if _, err := smtp.New(o); !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("%+v: got %v, want ErrInvalid", o, err)
		}
	}
}
