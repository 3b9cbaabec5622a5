package objecttest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"multipoint/shared/object"
)

func oddKeys(t *testing.T, s object.Store) {
	keys := []string{
		"a", "日本語/売上 2026-11-22.csv", "ｶﾅ/髙橋・①㈱〜", "絵文字/🎌👨‍👩‍👧",
		"\u00e9/e\u0301", // composed and not
		"space in it", " leading", "trailing ", "two  spaces", "a+b", "100%", "100%25", "%2F", "a?b=c&d=e",
		"a#b", "a;b:c,d@e!f$g'h(i)j*k",
		"[x]", "{x}", `back\slash`, "|^`\"<>~", "a=b", "&amp;", "...", "..a",
		"a..", ".hidden", "-dash", "~", "x/.../y", "UPPER/lower", "upper/LOWER",
		"nbsp\u00a0", "\ufffd", "\u3000",
		".sgwtmpx/y", "x/.sgwtmp.y", "meta/acl", "x.meta/etag", "runs/r1/7/1/convert/0001",
	}
	for i, key := range keys {
		body := fmt.Appendf(nil, "%d %s", i, key)
		create(t, s, key, body)
	}
	for i, key := range keys {
		body := fmt.Appendf(nil, "%d %s", i, key)
		wantBody(t, s, key, body)
		page, err := s.List(t.Context(), key, "", 1)
		if err != nil || len(page) != 1 || page[0].Key != key {
			t.Errorf("list of %q: got %q, %v", key, keysOf(page), err)
		}
		again := s.Create(t.Context(), key, bytes.NewReader(nil), nil)
		wantError(t, fmt.Sprintf("create of %q again", key), again, object.ErrExists)
	}
	for _, key := range keys {
		must(t, s.Delete(t.Context(), key))
	}
	page, err := s.List(t.Context(), "", "", 1000)
	if err != nil || len(page) > 0 {
		t.Errorf("after all deletes: got %q, %v", keysOf(page), err)
	}
}

func longKeys(t *testing.T, s object.Store) {
	part := strings.Repeat("p", object.MaxPart)
	wide := strings.Repeat("あ", object.MaxPart/3)
	keys := []string{
		part, wide, "x/" + part, part + "/x2", wide + "/" + wide,
		strings.Repeat(part[1:]+"/", 4) + "1234", strings.Repeat("k/", 511) + "kk",
	}
	sizes := []int{2, 9 * mib}
	for _, key := range keys {
		if strings.HasPrefix(key, part+"/") {
			must(t, s.Delete(t.Context(), part)) // a key is not a folder at the same time
		}
		if strings.HasPrefix(key, wide+"/") {
			must(t, s.Delete(t.Context(), wide))
		}
		create(t, s, key, []byte("1"))
		wantBody(t, s, key, []byte("1"))
		for _, size := range sizes {
			body := content(1, size)
			must(t, s.Put(t.Context(), key, unknown{bytes.NewReader(body)}, nil))
			wantBody(t, s, key, body)
		}
		sizes = []int{2, 3} // in parts once is enough
	}
	if n := len(keys[5]); n != object.MaxKey {
		t.Fatalf("the longest key has %d bytes", n)
	}
}

// untouched is a body that must not be read.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, errBody
}

func invalidKeys(t *testing.T, s object.Store) {
	keys := []string{
		"", "/", "/a", "a/", "a//b", "//", ".", "..", "./a", "a/.", "a/./b", "../a", "a/..", "a/../b",
		"a\x00b", "a\nb", "a\rb", "a\tb", "\x1f", "a\x7fb", "a\u0085b", "a\xffb", "\xe3\x81",
		"\ufffe", "\uffff",
		strings.Repeat("k", object.MaxPart+1), "x/" + strings.Repeat("k", object.MaxPart+1) + "/x",
		strings.Repeat("あ", object.MaxPart/3) + "a", strings.Repeat("k/", 512) + "k",
		".sgwtmp", ".sgwtmp/a", "a/.sgwtmp/b",
	}
	for _, key := range keys {
		_, statErr := s.Stat(t.Context(), key)
		_, openErr := s.Open(t.Context(), key, 0, -1)
		for what, err := range map[string]error{
			"create": s.Create(t.Context(), key, untouched{t}, nil),
			"put":    s.Put(t.Context(), key, untouched{t}, nil),
			"delete": s.Delete(t.Context(), key),
			"stat":   statErr,
			"open":   openErr,
		} {
			wantError(t, fmt.Sprintf("%s of %.40q", what, key), err, object.ErrInvalid)
		}
	}
	page, err := s.List(t.Context(), "", "", 10)
	if err != nil || len(page) > 0 {
		t.Errorf("something was written: %q, %v", keysOf(page), err)
	}
}

func folderIsNoObject(t *testing.T, s object.Store) {
	create(t, s, "a/b/c", []byte("1"))
	for _, key := range []string{"a", "a/b", "a/b/c/d"} {
		_, err := s.Stat(t.Context(), key)
		wantError(t, "stat of "+key, err, object.ErrAbsent)
		_, err = s.Open(t.Context(), key, 0, -1)
		wantError(t, "open of "+key, err, object.ErrAbsent)
	}
	page, err := s.List(t.Context(), "a", "", 10)
	if err != nil || len(page) != 1 || page[0].Key != "a/b/c" {
		t.Errorf("list: got %q, %v", keysOf(page), err)
	}
}

func metadataKept(t *testing.T, s object.Store) {
	printable := make([]byte, 0, 95)
	for c := byte('!'); c <= '~'; c++ {
		printable = append(printable, c)
	}
	metadata := map[string]string{
		"hash": strings.Repeat("0f", 32), "x": "1", "a-b-9": "in  the middle", "ascii": string(printable),
	}
	used := 0
	for name, value := range metadata {
		used += len(name) + len(value)
	}
	metadata["rest"] = strings.Repeat("r", object.MaxMetadata-used-len("rest"))
	for _, size := range []int{1, 9 * mib} {
		key := fmt.Sprintf("metadata/%d", size)
		must(t, s.Create(t.Context(), key, unknown{bytes.NewReader(content(1, size))}, metadata))
		info, err := s.Stat(t.Context(), key)
		if err != nil || !sameMetadata(info.Metadata, metadata) {
			t.Errorf("%d bytes: got %q, %v; want %q", size, info.Metadata, err, metadata)
		}
		info.Metadata["hash"] = "changed by the caller"
		again, err := s.Stat(t.Context(), key)
		if err != nil || again.Metadata["hash"] != metadata["hash"] {
			t.Errorf("metadata is shared with the caller: %q, %v", again.Metadata["hash"], err)
		}
	}
}

func metadataChecked(t *testing.T, s object.Store) {
	cases := map[string]map[string]string{
		"too large":      {"a": strings.Repeat("x", object.MaxMetadata)},
		"empty name":     {"": "x"},
		"upper case":     {"Hash": "x"},
		"space in name":  {"a b": "x"},
		"colon in name":  {"a:b": "x"},
		"Japanese name":  {"日付": "x"},
		"empty value":    {"a": ""},
		"leading space":  {"a": " x"},
		"trailing space": {"a": "x "},
		"line end":       {"a": "x\r\nb: y"},
		"tab":            {"a": "x\ty"},
		"Japanese value": {"a": "売上"},
		"one of two":     {"a": "fine", "B": "x"},
	}
	for name, metadata := range cases {
		for what, err := range map[string]error{
			"create": s.Create(t.Context(), "key", untouched{t}, metadata),
			"put":    s.Put(t.Context(), "key", untouched{t}, metadata),
		} {
			wantError(t, what+" with "+name, err, object.ErrInvalid)
		}
	}
	wantNone(t, s, "key")
}
