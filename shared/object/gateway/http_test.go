package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"multipoint/shared/object"
	"multipoint/shared/object/gateway"
	"multipoint/shared/object/s3"
)

// send makes a request without credentials of its own and gives the answer's status and body.
func send(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

func presigned(t *testing.T, g *gateway.Gateway) *s3.Store {
	t.Helper()
	s, err := g.Store(t.Context(), "presigned")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPresignedURLs(t *testing.T) {
	s := presigned(t, start(t, gateway.Options{}))
	const key = "受信/売上 1.csv"
	put, err := s.PresignPut(t.Context(), key, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	get, err := s.PresignGet(t.Context(), key, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := send(t, http.MethodPut, put, "uploaded"); status != http.StatusOK {
		t.Fatalf("PUT: got %d %s", status, answer)
	}
	want(t, s, key, "uploaded")
	if status, answer := send(t, http.MethodGet, get, ""); status != http.StatusOK || answer != "uploaded" {
		t.Errorf("GET: got %d %s", status, answer)
	}
	create(t, s, "other", "secret")
	bare, _, _ := strings.Cut(get, "?")
	short, err := s.PresignGet(t.Context(), key, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(2100 * time.Millisecond)
	for name, url := range map[string]string{
		"other key":    strings.Replace(get, "%201.csv", "%202.csv", 1),
		"other object": strings.Replace(get, "/presigned/", "/presigned/../presigned/", 1),
		"longer":       strings.Replace(get, "X-Amz-Expires=60", "X-Amz-Expires=6000", 1),
		"unsigned":     bare,
		"expired":      short,
		"for PUT":      put,
	} {
		status, answer := send(t, http.MethodGet, url, "")
		if status < 400 || strings.Contains(answer, "uploaded") {
			t.Errorf("GET, %s: got %d %s", name, status, answer)
		}
	}
	if status, _ := send(t, http.MethodPut, get, "overwritten"); status < 400 {
		t.Errorf("PUT with a URL for GET: got %d", status)
	}
	want(t, s, key, "uploaded")
}

func TestPresignRefusesNonsense(t *testing.T) {
	s := presigned(t, start(t, gateway.Options{}))
	for _, lasts := range []time.Duration{0, -time.Minute, time.Second - 1, s3.MaxPresign + 1} {
		if _, err := s.PresignGet(t.Context(), "key", lasts); err == nil {
			t.Errorf("a URL for %s was made", lasts)
		}
	}
	if _, err := s.PresignPut(t.Context(), "a/../b", time.Minute); err == nil {
		t.Error("a URL for an invalid key was made")
	}
}

// client is the SDK's, so that it can ask for what the driver would not.
func client(g *gateway.Gateway, secret string) *awss3.Client {
	return s3.NewClient(s3.Options{
		Region: gateway.Region, Endpoint: g.Endpoint(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "key", SecretAccessKey: secret}, nil
		}),
	})
}

func TestOnlyWhatTheDriverUsesIsServed(t *testing.T) {
	dir := t.TempDir()
	g := start(t, gateway.Options{Dir: dir, AccessKey: "key", SecretKey: "secret"})
	create(t, store(t, g), "key", "1")
	right, wrong := client(g, "secret"), client(g, "guessed")
	bucket, outside := aws.String("objects"), aws.String("x/../../../outside")
	refused := map[string]func() error{
		"wrong secret": func() error {
			_, err := wrong.GetObject(t.Context(),
				&awss3.GetObjectInput{Bucket: bucket, Key: aws.String("key")})
			return err
		},
		"write outside": func() error {
			_, err := right.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: bucket, Key: outside})
			return err
		},
		"upload outside": func() error {
			_, err := right.CreateMultipartUpload(t.Context(),
				&awss3.CreateMultipartUploadInput{Bucket: bucket, Key: outside})
			return err
		},
		"list of buckets": func() error {
			_, err := right.ListBuckets(t.Context(), &awss3.ListBucketsInput{})
			return err
		},
		"deletion of a bucket": func() error {
			_, err := right.DeleteBucket(t.Context(), &awss3.DeleteBucketInput{Bucket: bucket})
			return err
		},
		"copy": func() error {
			_, err := right.CopyObject(t.Context(), &awss3.CopyObjectInput{
				Bucket: bucket, Key: aws.String("copy"), CopySource: aws.String("objects/key"),
			})
			return err
		},
		"absent bucket": func() error {
			_, err := right.GetObject(t.Context(),
				&awss3.GetObjectInput{Bucket: aws.String("absent"), Key: aws.String("key")})
			return err
		},
	}
	for name, try := range refused {
		var api smithy.APIError
		if err := try(); err == nil || strings.Contains(err.Error(), dir) {
			t.Errorf("%s: got %v, want an error without a path", name, err)
		} else if !errors.As(err, &api) {
			t.Errorf("%s: got %v, want an answer of the server", name, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if names := namesOf(entries); err != nil || !slices.Equal(names, []string{"lock", "objects"}) {
		t.Errorf("in the folder: %q, %v", names, err)
	}
	entries, err = os.ReadDir(filepath.Join(dir, "objects"))
	if names := namesOf(entries); err != nil || !slices.Equal(names, []string{"objects"}) {
		t.Errorf("in the folder of buckets: %q, %v", names, err)
	}
}

func namesOf(entries []os.DirEntry) []string {
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestEventsTellOfEachObject(t *testing.T) {
	events := make(chan gateway.Event, 100)
	g := start(t, gateway.Options{Event: func(e gateway.Event) { events <- e }})
	s := presigned(t, g)
	url, err := s.PresignPut(t.Context(), "by/url", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var wanted []gateway.Event
	for key, write := range map[string]func(key string) error{
		"日本/small": func(key string) error { return s.Create(t.Context(), key, strings.NewReader("1"), nil) },
		"a+b %20?": func(key string) error { return s.Put(t.Context(), key, strings.NewReader("1"), nil) },
		"in/parts": func(key string) error {
			return s.Create(t.Context(), key, bytes.NewReader(make([]byte, 9<<20)), nil)
		},
		"by/url": func(string) error { _, _ = send(t, http.MethodPut, url, "1"); return nil },
	} {
		if err := write(key); err != nil {
			t.Fatal(err)
		}
		wanted = append(wanted, gateway.Event{Bucket: "presigned", Key: key})
	}
	want(t, s, "by/url", "1") // reading, deleting and failing tell nothing
	_ = s.Create(t.Context(), "by/url", strings.NewReader("2"), nil)
	if err := s.Delete(t.Context(), "by/url"); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	close(events)
	var got []gateway.Event
	for event := range events {
		got = append(got, event)
	}
	if !slices.Equal(got, wanted) {
		t.Errorf("got %v, want %v", got, wanted)
	}
}

func TestSlowReceiverOfEventsHoldsNobodyUp(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	release := make(chan struct{})
	g := start(t, gateway.Options{Event: func(e gateway.Event) {
		<-release
		mu.Lock()
		seen[e.Key] = true
		mu.Unlock()
	}})
	s := store(t, g)
	const written = 1200 // more than the queue holds
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			for j := range written / 10 {
				key := fmt.Sprintf("%d/%d", i, j)
				if err := s.Put(t.Context(), key, strings.NewReader("1"), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait() // would not end if a writer waited for the receiver
	close(release)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if dropped := g.Dropped(); dropped < 1 || len(seen)+int(dropped) != written {
		t.Errorf("%d seen, %d dropped, %d written", len(seen), dropped, written)
	}
}

const quietVariable = "MULTIPOINT_TEST_QUIET"

// TestQuiet runs itself in another process, because what is printed past os.Stdout can only be seen there.
func TestQuiet(t *testing.T) {
	if os.Getenv(quietVariable) == "" {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestQuiet$")
		command.Env = append(os.Environ(), quietVariable+"=1")
		printed, err := command.CombinedOutput()
		if text := strings.TrimSpace(string(printed)); err != nil || text != "PASS" {
			t.Errorf("got %v and printed:\n%s", err, text)
		}
		return
	}
	for _, sidecar := range []bool{false, true} {
		dir := t.TempDir()
		g := start(t, gateway.Options{Dir: dir, Sidecar: sidecar, Failed: func(error) {}})
		s := store(t, g)
		create(t, s, "key", "1")
		_ = s.Create(t.Context(), "key", bytes.NewReader(make([]byte, 7<<20)), nil)
		_, _ = s.Stat(t.Context(), "absent")
		_ = os.Symlink("loop", filepath.Join(dir, "objects", "objects", "loop"))
		_, _ = s.Open(t.Context(), "loop", 0, -1)
		send(t, http.MethodGet, g.Endpoint()+"/objects/key", "")
		send(t, http.MethodPost, g.Endpoint()+"/objects?delete", "<")
		for range 3 { // connections that end in the middle
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			request, err := http.NewRequestWithContext(ctx, http.MethodPut, g.Endpoint()+"/objects/cut",
				io.MultiReader(strings.NewReader("half"), readFunc(func([]byte) (int, error) {
					<-ctx.Done()
					return 0, io.EOF
				})))
			if err == nil {
				request.ContentLength = 1000
				_, _ = http.DefaultClient.Do(request)
			}
			cancel()
		}
		_ = object.All(t.Context(), s, "", func(object.Info) error { return nil })
	}
}

// TestRefusalOfLargeBodyArrives: the answer "there is one already" is given before the body was read, and has
// to reach a client that is still sending, at the first try.
func TestRefusalOfLargeBodyArrives(t *testing.T) {
	g := start(t, gateway.Options{AccessKey: "key", SecretKey: "secret"})
	create(t, store(t, g), "key", "1")
	once := func(o *awss3.Options) { o.Retryer = aws.NopRetryer{} }
	for range 30 {
		_, err := client(g, "secret").PutObject(t.Context(), &awss3.PutObjectInput{
			Bucket: aws.String("objects"), Key: aws.String("key"), IfNoneMatch: aws.String("*"),
			Body: bytes.NewReader(make([]byte, 7<<20)),
		}, once)
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != "PreconditionFailed" {
			t.Fatalf("got %v, want PreconditionFailed", err)
		}
	}
}
