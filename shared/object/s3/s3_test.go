package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"multipoint/shared/object"
	"multipoint/shared/object/gateway"
	"multipoint/shared/object/s3"
)

// overTLS is the store behind a server with TLS, where bodies are sent with checksums as to Amazon S3. The
// handler sees each request before the gateway.
func overTLS(t *testing.T, before http.HandlerFunc) *s3.Store {
	t.Helper()
	options := gateway.Options{Dir: t.TempDir(), AccessKey: "key", SecretKey: "secret"}
	g, err := gateway.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	if _, err := g.Store(t.Context(), "bucket"); err != nil {
		t.Fatal(err)
	}
	inner, err := url.Parse(g.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(inner)
		r.Out.Host = r.In.Host // it is signed
	}}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answered{ResponseWriter: w}
		before(answer, r)
		if !answer.done {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return s3.New(s3.Options{
		Bucket: "bucket", Region: gateway.Region, Endpoint: server.URL, Client: server.Client(),
		Credentials: credentials(),
	})
}

func credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}, nil
	})
}

// answered notes that somebody has answered.
type answered struct {
	http.ResponseWriter
	done bool
}

func (a *answered) WriteHeader(status int) {
	a.done = true
	a.ResponseWriter.WriteHeader(status)
}

func TestBodiesHaveChecksumsOverTLS(t *testing.T) {
	var checked atomic.Int64
	s := overTLS(t, func(_ http.ResponseWriter, r *http.Request) {
		if strings.Contains(strings.ToLower(fmt.Sprint(r.Header)), "crc32") {
			checked.Add(1)
		}
	})
	for key, size := range map[string]int{"empty": 0, "small": 1000, "in parts": 20 << 20} {
		body := bytes.Repeat([]byte("b"), size)
		if err := s.Create(t.Context(), key, bytes.NewReader(body), nil); err != nil {
			t.Fatal(err)
		}
		got, err := object.ReadAll(t.Context(), s, key, 30<<20)
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%s: got %d bytes, %v", key, len(got), err)
		}
		err = s.Create(t.Context(), key, bytes.NewReader(body), nil)
		if !errors.Is(err, object.ErrExists) {
			t.Errorf("%s again: got %v, want %v", key, err, object.ErrExists)
		}
	}
	if checked.Load() < 6 {
		t.Errorf("%d requests had a checksum", checked.Load())
	}
}

const conflict = `<Error><Code>ConditionalRequestConflict</Code><Message>again</Message></Error>`

func TestConflictIsTriedAgain(t *testing.T) {
	var puts atomic.Int64
	s := overTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && puts.Add(1) == 1 {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, conflict)
		}
	})
	if err := s.Create(t.Context(), "key", strings.NewReader("1"), nil); err != nil || puts.Load() != 2 {
		t.Errorf("got %v after %d requests, want success after 2", err, puts.Load())
	}
}

func TestUploadIsAbortedWhenAPartFails(t *testing.T) {
	for _, failing := range []string{"partNumber=2", "complete"} {
		var aborted atomic.Int64
		s := overTLS(t, func(w http.ResponseWriter, r *http.Request) {
			complete := r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
			switch {
			case strings.Contains(r.URL.RawQuery, failing) || complete && failing == "complete":
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusForbidden)
			case r.Method == http.MethodDelete && r.URL.Query().Has("uploadId"):
				aborted.Add(1)
			}
		})
		if err := s.Put(t.Context(), "key", bytes.NewReader(make([]byte, 20<<20)), nil); err == nil {
			t.Errorf("%s: got no error", failing)
		}
		if aborted.Load() != 1 {
			t.Errorf("%s: aborted %d times", failing, aborted.Load())
		}
		if _, err := s.Stat(t.Context(), "key"); !errors.Is(err, object.ErrAbsent) {
			t.Errorf("%s: got %v, want %v", failing, err, object.ErrAbsent)
		}
	}
}

// TestShortPagesAreFilled: S3 may answer with fewer objects than asked for although there are more.
func TestShortPagesAreFilled(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next := map[string]string{"": "a", "a": "b", "b": "c"}[r.URL.Query().Get("start-after")]
		_, _ = fmt.Fprintf(w, `<ListBucketResult><IsTruncated>%t</IsTruncated><Contents><Key>%s</Key>`+
			`<LastModified>2026-11-22T06:00:00.999Z</LastModified><Size>7</Size>`+
			`</Contents></ListBucketResult>`, next != "c", next)
	}))
	defer server.Close()
	s := s3.New(s3.Options{
		Bucket: "bucket", Region: gateway.Region, Endpoint: server.URL, Credentials: credentials(),
	})
	for limit, want := range map[int]string{1: "a", 2: "ab", 3: "abc", 1000: "abc"} {
		page, err := s.List(t.Context(), "", "", limit)
		got := ""
		for _, info := range page {
			got += info.Key
		}
		if err != nil || got != want {
			t.Errorf("limit %d: got %q, %v; want %q", limit, got, err, want)
		}
	}
}

func TestSyncIsHandedIn(t *testing.T) {
	ctx := t.Context()
	if err := s3.New(s3.Options{}).Sync(ctx); err != nil {
		t.Errorf("without a function: got %v", err)
	}
	failed := errors.New("the disk is gone")
	s := s3.New(s3.Options{Sync: func(context.Context) error { return failed }})
	if err := s.Sync(ctx); !errors.Is(err, failed) {
		t.Errorf("got %v, want %v", err, failed)
	}
}
