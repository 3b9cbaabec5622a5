package smtp_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is a small mail server. answers has, by verb, what it says instead of yes; "END" is its word on the
// whole mail. A verb in silent breaks the connection off instead, and one in stuck never gets an answer.
type server struct {
	address string
	roots   *x509.CertPool
	// encrypts says whether it offers STARTTLS; without it mails come in clear.
	encrypts bool
	answers  map[string]string
	silent   string
	stuck    string

	secret *tls.Config
	mu     sync.Mutex
	mails  []received
	heard  []string // lines but those of mails
}

// received is a mail that the server took.
type received struct {
	from, to, user string
	encrypted      bool
	text           string
}

// serve starts a server; it ends with the test.
func serve(t *testing.T, s *server) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	s.secret, s.roots = certificate(t)
	var wg sync.WaitGroup
	ended := t.Context()
	wg.Go(func() {
		for {
			wire, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				<-ended.Done()
				_ = wire.Close()
			})
			wg.Go(func() { s.talk(wire) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); wg.Wait() })
	return s
}

// outwards is the server's address as one that is not a loopback address.
func (s *server) outwards() string {
	_, port, _ := net.SplitHostPort(s.address)
	return "0.0.0.0:" + port
}

func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4zero, net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

// talk serves one connection.
func (s *server) talk(wire net.Conn) {
	defer func() { _ = wire.Close() }()
	var now received
	text := textproto.NewReader(bufio.NewReader(wire))
	say := func(line string) { _, _ = fmt.Fprint(wire, line+"\r\n") }
	say("220 mail.example")
	for {
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		s.note(line)
		switch answer, special := s.answers[verb]; {
		case verb == s.silent:
			return
		case verb == s.stuck:
			continue
		case special:
			say(answer)
			continue
		}
		switch verb {
		case "EHLO":
			if s.encrypts && !now.encrypted {
				say("250-mail.example\r\n250-AUTH PLAIN\r\n250 STARTTLS")
			} else {
				say("250-mail.example\r\n250 AUTH PLAIN")
			}
		case "STARTTLS":
			say("220 go on")
			secured := tls.Server(wire, s.secret)
			if secured.Handshake() != nil {
				return
			}
			wire, now.encrypted = secured, true
			text = textproto.NewReader(bufio.NewReader(wire))
		case "AUTH":
			now.user = rest
			say("235 welcome")
		case "MAIL":
			now.from = rest
			say("250 yes")
		case "RCPT":
			now.to = rest
			say("250 yes")
		case "DATA":
			say("354 tell")
			if !s.take(text, &now, say) {
				return
			}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 what?")
		}
	}
}

// take reads a mail; false ends the connection.
func (s *server) take(text *textproto.Reader, now *received, say func(string)) bool {
	body, err := text.ReadDotBytes()
	if err != nil {
		return false // it broke off: no mail
	}
	if answer, special := s.answers["END"]; special {
		say(answer)
		return true
	}
	now.text = string(body)
	s.mu.Lock()
	s.mails = append(s.mails, *now)
	s.mu.Unlock()
	if s.silent == "END" {
		return false // it has the mail, and nobody hears of that
	}
	if s.stuck != "END" {
		say("250 taken")
	}
	return true
}

func (s *server) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, line)
}

// took gives the mails that the server has.
func (s *server) took() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received{}, s.mails...)
}

// lines gives all that was said to the server.
func (s *server) lines() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.heard, "\n")
}
