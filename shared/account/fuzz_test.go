package account

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

// FuzzPHC: what is read is within the bounds and has one form only.
func FuzzPHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHQ")
	f.Add("$argon2id$v=19$m=8,t=1,p=257$c29tZXNhbHQ$c29tZXNhbHQ")
	f.Add("$argon2id$v=19$m=+8,t=01,p=1$c29tZXNhbHQ=$c29tZXNhbHR")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := readPHC(text)
		if err != nil {
			if strings.Contains(err.Error(), "$") {
				t.Errorf("the error shows the hash: %v", err)
			}
			return
		}
		if h.String() != text {
			t.Errorf("read %q, wrote %q", text, h.String())
		}
		if h.MemoryKiB > maxMemoryKiB || h.MemoryKiB < 8*uint32(h.Lanes) ||
			h.Passes < 1 || h.Passes > maxPasses || h.Lanes < 1 || h.Lanes > maxLanes ||
			len(h.sum) < minSum || len(h.sum) > maxSum || len(h.salt) < minSum || len(h.salt) > maxSum {
			t.Errorf("out of bounds: %q", text)
		}
	})
}

// FuzzToken: a token has one form only; no other text leads to the same item of the table.
func FuzzToken(f *testing.F) {
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB")
	f.Add("AAAAAAAAAAAAAAAAAAAAA\nAAAAAAAAAAAAAAAAAAAAA")
	f.Add("__-_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-=")
	f.Fuzz(func(t *testing.T, text string) {
		hash, is := Token(text).hash()
		if is != (hash != "") {
			t.Fatalf("%q: %v with a hash of %d bytes", text, is, len(hash))
		}
		if !is {
			return
		}
		// newToken draws from what it is given: the bytes of the text lead back to the text.
		drawn, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := newToken(bytes.NewReader(drawn))
		if err != nil || string(again) != text {
			t.Errorf("%q is also %q: %v", text, string(again), err)
		}
	})
}
