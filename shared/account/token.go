package account

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
)

// tokenSize is the chance in a token, in bytes: 256 bits are not guessed, so the table can keep a plain
// SHA-256 of it.
const tokenSize = 32

// Token is the secret of a session (a cookie) or of a mailed link (in its URL): 43 characters of base64url.
// It prints as stars; string(token) is the secret.
type Token string

// Format prints stars, whatever the verb: no log holds a token by accident.
func (Token) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "***") }

// MarshalText gives stars, for logs that write JSON.
func (Token) MarshalText() ([]byte, error) { return []byte("***"), nil }

// newToken draws a token. Error: that of the source of chance.
func newToken(random io.Reader) (Token, error) {
	var drawn [tokenSize]byte
	if _, err := io.ReadFull(random, drawn[:]); err != nil {
		return "", fmt.Errorf("no chance for a token: %w", err)
	}
	return Token(base64.RawURLEncoding.EncodeToString(drawn[:])), nil
}

// hash gives what the table knows a token by; false if the text is no token. Each token has one form only.
func (t Token) hash() (string, bool) {
	if len(t) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return "", false
	}
	drawn, err := base64.RawURLEncoding.Strict().DecodeString(string(t))
	if err != nil || len(drawn) != tokenSize {
		return "", false // a line break within is skipped by the decoder, which leaves too few bytes
	}
	sum := sha256.Sum256(drawn)
	return string(sum[:]), true
}
