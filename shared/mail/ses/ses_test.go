package ses_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	rfc "net/mail"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"multipoint/shared/mail"
	"multipoint/shared/mail/compose"
	"multipoint/shared/mail/ses"
	"multipoint/test/emulator"
)

const from = "no-reply@multipoint.example"

func message() mail.Message {
	run := "aozora-R-00000001.2_x"
	return mail.Message{
		ID: mail.ID(run, "points-ready", "a@b.example"), To: "a@b.example",
		Subject: "【あおぞらストア】ポイント付与データができました（2026年11月22日分）　Point data generated",
		Text:    "髙橋商店　第1回\nFrom here\n.\n", HTML: "<p lang=\"ja\">本文＆</p>\n",
		Template: "points-ready", Run: run, Unsubscribe: "https://point.aozora.example/u/1",
	}
}

// sender sends by a client of this configuration.
func sender(t *testing.T, config aws.Config) *ses.Sender {
	t.Helper()
	s, err := ses.New(ses.Options{
		Client: sesv2.NewFromConfig(config), From: from, ConfigurationSet: "multipoint",
		Now: func() time.Time { return time.Date(2026, 11, 22, 6, 3, 20, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// served is a configuration whose endpoint a handler serves, and how often it was asked.
func served(t *testing.T, handler http.HandlerFunc) (config aws.Config, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return configured(server.URL), asked
}

// configured asks for many attempts, as a program may for all its clients.
func configured(endpoint string) aws.Config {
	return aws.Config{
		Region: emulator.Region, BaseEndpoint: &endpoint, RetryMaxAttempts: 5,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}, nil
		}),
	}
}

// sent is what was asked of SES.
type sent struct {
	FromEmailAddress, ConfigurationSetName string
	Destination                            struct{ ToAddresses, CcAddresses, BccAddresses []string }
	Content                                struct{ Raw struct{ Data []byte } }
	EmailTags                              []struct{ Name, Value string }
}

// recorder keeps the last request on its way to a server.
type recorder struct {
	http.Client
	last sent
}

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err == nil {
		err = json.Unmarshal(body, &r.last)
	}
	if err != nil {
		return nil, err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	return r.Client.Do(request)
}

func TestAMailGoesOut(t *testing.T) {
	mini := emulator.MiniStack(t)
	wire := &recorder{}
	verify(t, mini.Config)
	mini.Config.HTTPClient = wire
	want := message()
	if err := sender(t, mini.Config).Send(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	in := &wire.last
	if in.FromEmailAddress != from || in.ConfigurationSetName != "multipoint" ||
		fmt.Sprint(in.Destination) != "{[a@b.example] [] []}" {
		t.Errorf("asked for %+v", in)
	}
	if got := fmt.Sprint(in.EmailTags); got !=
		"[{id "+want.ID+"} {template points-ready} {run aozora-R-00000001_d2__x}]" {
		t.Errorf("the tags are %s", got)
	}
	response, err := http.Get(mini.URL + "/_ministack/ses/messages")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	var box struct {
		Messages map[string][]struct {
			Source, Subject, BodyText, BodyHTML string
			To                                  []string
		}
	}
	if err == nil {
		err = json.Unmarshal(text, &box)
	}
	if err != nil || len(box.Messages[emulator.Account]) != 1 {
		t.Fatalf("the mails are %s, %v", text, err)
	}
	got := box.Messages[emulator.Account][0]
	if got.Source != from || fmt.Sprint(got.To) != "[a@b.example]" || got.Subject != want.Subject ||
		got.BodyText != want.Text || got.BodyHTML != want.HTML {
		t.Errorf("got %q,\nwant %q", got, want)
	}
}

// TestTheSenderMustBeVerified: until then no mail is lost for good.
func TestTheSenderMustBeVerified(t *testing.T) {
	mini := emulator.MiniStack(t)
	s := sender(t, mini.Config)
	expect(t, "not verified", s.Send(t.Context(), message()), mail.ErrNotSent)
	verify(t, mini.Config)
	if err := s.Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
}

// verify makes the sender's domain and the configuration set known.
func verify(t *testing.T, config aws.Config) {
	t.Helper()
	client := sesv2.NewFromConfig(config)
	_, domain, _ := strings.Cut(from, "@")
	_, err := client.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &domain})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CreateConfigurationSet(t.Context(), &sesv2.CreateConfigurationSetInput{
		ConfigurationSetName: aws.String("multipoint"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhatSESAnswers: each answer is given to one request, and says what the caller may do.
func TestWhatSESAnswers(t *testing.T) {
	for _, c := range []struct {
		status        int
		code, message string
		want          error // nil = the mail may have been sent
	}{
		{429, "TooManyRequestsException", "Maximum sending rate exceeded.", mail.ErrNotSent},
		{400, "ThrottlingException", "Rate exceeded", mail.ErrNotSent},
		{400, "LimitExceededException", "", mail.ErrNotSent},
		{400, "SendingPausedException", "", mail.ErrNotSent},
		{400, "AccountSuspendedException", "", mail.ErrNotSent},
		{400, "MailFromDomainNotVerifiedException", "", mail.ErrNotSent},
		{404, "NotFoundException", "Configuration set <multipoint> does not exist.", mail.ErrNotSent},
		{403, "AccessDeniedException", "", mail.ErrNotSent},
		{403, "ExpiredTokenException", "", mail.ErrNotSent},
		{400, "BadRequestException", "", mail.ErrInvalid},
		{400, "MessageRejected", "", mail.ErrInvalid},
		{400, "MessageRejected", "Email address is not verified. The following identities failed the " +
			"check in region AP-NORTHEAST-1: a@b.example", mail.ErrInvalid},
		{400, "MessageRejected", "Email address is not verified. The following identities failed the " +
			"check in region AP-NORTHEAST-1: " + from, mail.ErrNotSent},
		{500, "InternalServiceErrorException", "", nil},
		{503, "ServiceUnavailable", "", nil},
		{502, "", "", nil},
		{400, "SomethingNew", "", nil},
	} {
		config, asked := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", c.code)
			w.WriteHeader(c.status)
			_, _ = fmt.Fprintf(w, `{"message":%q}`, c.message)
		})
		err := sender(t, config).Send(t.Context(), message())
		expect(t, fmt.Sprintf("%d %s %.40s", c.status, c.code, c.message), err, c.want)
		if asked.Load() != 1 {
			t.Errorf("%s: asked %d times, want once", c.code, asked.Load())
		}
	}
}

func expect(t *testing.T, what string, err, want error) {
	t.Helper()
	if err == nil || errors.Is(err, mail.ErrNotSent) != errors.Is(want, mail.ErrNotSent) ||
		errors.Is(err, mail.ErrInvalid) != errors.Is(want, mail.ErrInvalid) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// TestALostAnswerIsNotASecondMail: SES may have taken the mail whose answer got lost.
func TestALostAnswerIsNotASecondMail(t *testing.T) {
	config, asked := served(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = connection.Close()
	})
	expect(t, "lost", sender(t, config).Send(t.Context(), message()), nil)
	if asked.Load() != 1 {
		t.Errorf("asked %d times, want once", asked.Load())
	}
}

func TestAnEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	config, asked := served(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel() // while the request is under way
		<-r.Context().Done()
	})
	s := sender(t, config)
	err := s.Send(ctx, message())
	expect(t, "ended under way", err, nil)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	err = s.Send(ctx, message())
	expect(t, "ended before", err, mail.ErrNotSent)
	if !errors.Is(err, context.Canceled) || asked.Load() != 1 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}

func TestWhatWasNeverReachedTookNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := configured("http://" + listener.Addr().String())
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, "refused", sender(t, closed).Send(t.Context(), message()), mail.ErrNotSent)

	locked, asked := served(t, func(http.ResponseWriter, *http.Request) {})
	locked.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("no credentials")
	})
	expect(t, "no credentials", sender(t, locked).Send(t.Context(), message()), mail.ErrNotSent)
	if asked.Load() != 0 {
		t.Errorf("asked %d times, want never", asked.Load())
	}
}

func TestWhatIsNoMailIsNotSent(t *testing.T) {
	config, asked := served(t, func(http.ResponseWriter, *http.Request) {})
	m := message()
	m.Subject += "\r\nBcc: x@y.example"
	expect(t, "two headers", sender(t, config).Send(t.Context(), m), mail.ErrInvalid)
	if asked.Load() != 0 {
		t.Errorf("asked %d times, want never", asked.Load())
	}
	_, err := ses.New(ses.Options{From: "a@b.example\r\nBcc: x@y.example"})
	if !errors.Is(err, mail.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

// TestSESGetsTheMailAsWritten: with all its headers, those of RFC 8058 among them.
func TestSESGetsTheMailAsWritten(t *testing.T) {
	wire := &recorder{}
	config, _ := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{}`) })
	config.HTTPClient = wire
	m := message()
	if err := sender(t, config).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want, err := compose.Message(&m, from, time.Date(2026, 11, 22, 6, 3, 20, 0, time.UTC))
	if got := wire.last.Content.Raw.Data; err != nil || !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s, %v", got, want, err)
	}
	read, err := rfc.ReadMessage(bytes.NewReader(wire.last.Content.Raw.Data))
	if err != nil || read.Header.Get("List-Unsubscribe") != "<"+m.Unsubscribe+">" ||
		read.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("the headers are %v, %v", read.Header, err)
	}
}

func TestTagsComeBackAsTheyWere(t *testing.T) {
	wire := &recorder{}
	config, _ := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{}`) })
	config.HTTPClient = wire
	s := sender(t, config)
	allowed := regexp.MustCompile(`\A[A-Za-z0-9_-]{1,256}\z`)
	seen := map[string]string{}
	for _, run := range []string{
		"a", "a.", "a_d", "a._", "a_.", "a__d", "a-_d-.", "aozora-R-00000001",
		"a" + strings.Repeat(".", mail.MaxName-1), "a" + strings.Repeat("_", mail.MaxName-1),
	} {
		m := message()
		m.Run = run
		if err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		for i, tag := range wire.last.EmailTags {
			want := m.Tags()[i]
			got, err := ses.ReadTag(tag.Value)
			if tag.Name != want.Name || got != want.Value || err != nil || !allowed.MatchString(tag.Value) {
				t.Errorf("%v became %v and %q, %v", want, tag, got, err)
			}
		}
		value := wire.last.EmailTags[2].Value
		if other, taken := seen[value]; taken {
			t.Errorf("%q and %q have the same tag", run, other)
		}
		seen[value] = run
	}
	for _, value := range []string{"a_b", "a.b", "a_", "_", "a___b"} {
		if got, err := ses.ReadTag(value); !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("%q was read as %q, %v", value, got, err)
		}
	}
}
