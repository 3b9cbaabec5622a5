package gateway_test

import (
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"multipoint/shared/object"
	"multipoint/shared/object/gateway"
	"multipoint/shared/object/s3"
)

const boundText = "receipt,yen\n1,100\n"

func boundUpload(t *testing.T, s *s3.Store, key string, lasts time.Duration) *s3.Upload {
	t.Helper()
	up, err := s.PresignUpload(t.Context(), key, lasts, &s3.Terms{
		Size: int64(len(boundText)), SHA256: sha256.Sum256([]byte(boundText)), Type: "text/csv",
		Metadata: map[string]string{"who": "shop"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return up
}

// putBound sends an upload as a client would, after change had its way with it.
func putBound(t *testing.T, up *s3.Upload, body string, change func(*http.Request)) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, up.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = up.Header.Clone()
	if change != nil {
		change(request)
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

func TestAnUploadIsBoundToItsTerms(t *testing.T) {
	s := presigned(t, start(t, gateway.Options{}))
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	other := "receipt,yen\n1,900\n" // as long
	for name, c := range map[string]struct {
		body   string
		change func(*http.Request)
	}{
		"other content":         {other, nil},
		"longer":                {boundText + "2,1\n", nil},
		"shorter":               {boundText[:12], nil},
		"empty":                 {"", nil},
		"other type":            {boundText, set("Content-Type", "text/html")},
		"other metadata":        {boundText, set("X-Amz-Meta-Who", "somebody")},
		"without its condition": {boundText, func(r *http.Request) { r.Header.Del("If-None-Match") }},
		"other checksum": {other, set("X-Amz-Checksum-Sha256",
			"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")},
		"without checksum": {boundText, func(r *http.Request) { r.Header.Del("X-Amz-Checksum-Sha256") }},
		"other key":        {boundText, func(r *http.Request) { r.URL.Path += "x" }},
		"longer lasting": {boundText, func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "X-Amz-Expires=60", "X-Amz-Expires=600", 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			key := strings.ReplaceAll(name, " ", "-")
			status, answer := putBound(t, boundUpload(t, s, key, time.Minute), c.body, c.change)
			if status < 400 || status >= 500 {
				t.Errorf("got %d %s", status, answer)
			}
			if _, err := s.Stat(t.Context(), key); err == nil {
				t.Error("the object is there")
			}
		})
	}
	up := boundUpload(t, s, "sales", time.Minute)
	if status, answer := putBound(t, up, boundText, nil); status != http.StatusOK {
		t.Fatalf("as agreed: got %d %s", status, answer)
	}
	want(t, s, "sales", boundText)
	if info, err := s.Stat(t.Context(), "sales"); err != nil || info.Metadata["who"] != "shop" {
		t.Errorf("metadata: got %v, %v", info.Metadata, err)
	}
	if status, _ := putBound(t, up, boundText, nil); status != http.StatusPreconditionFailed {
		t.Errorf("a second time: got %d, want 412", status)
	}
}

func TestAnUploadExpires(t *testing.T) {
	s := presigned(t, start(t, gateway.Options{}))
	up := boundUpload(t, s, "late", time.Second)
	time.Sleep(2100 * time.Millisecond) // the signature counts whole seconds
	if status, answer := putBound(t, up, boundText, nil); status != http.StatusForbidden {
		t.Errorf("got %d %s", status, answer)
	}
	if _, err := s.Stat(t.Context(), "late"); err == nil {
		t.Error("the object is there")
	}
}

func TestUploadTermsAreChecked(t *testing.T) {
	s := presigned(t, start(t, gateway.Options{}))
	for name, terms := range map[string]s3.Terms{
		"too large": {Size: s3.MaxPresigned + 1}, "negative": {Size: -1},
		"metadata": {Metadata: map[string]string{"a": strings.Repeat("x", object.MaxMetadata)}},
	} {
		if _, err := s.PresignUpload(t.Context(), "key", time.Minute, &terms); err == nil {
			t.Errorf("%s: a URL was made", name)
		}
	}
}
