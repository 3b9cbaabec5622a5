// Package limits says which keys, metadata and ranges every driver takes: what S3 and a file system can both
// keep, so that a key that works on one machine works in the cloud. All errors wrap object.ErrInvalid.
package limits

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"multipoint/shared/object"
)

// Reserved is the folder in which the gateway keeps uploads that are not complete; its lists leave out what
// has it in its key.
const Reserved = ".sgwtmp"

// Key refuses a key that breaks the rules of object.Store: empty, longer than object.MaxKey, a part that is
// empty, ".", ".." or longer than object.MaxPart, control characters, bytes that are not UTF-8, characters
// that a list (XML) cannot carry, and Reserved as a part.
func Key(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("object without a key: %w", object.ErrInvalid)
	case len(key) > object.MaxKey:
		return fmt.Errorf("a key of %d bytes: %w", len(key), object.ErrInvalid)
	case !printable(key):
		return fmt.Errorf("key %q has control characters or is not UTF-8: %w", key, object.ErrInvalid)
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part == "." || part == ".." || part == Reserved || len(part) > object.MaxPart {
			return fmt.Errorf("key %q has the part %q: %w", key, part, object.ErrInvalid)
		}
	}
	return nil
}

// printable refuses what is not UTF-8, control characters (C0, DEL, C1) and U+FFFE, U+FFFF.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF
	})
}

// Metadata refuses metadata that HTTP headers do not carry unchanged: names other than a-z, 0-9 and "-",
// values that are empty, begin or end with a space or have other than printable ASCII characters, and more
// than object.MaxMetadata bytes of names and values.
func Metadata(key string, metadata map[string]string) error {
	size := 0
	for name, value := range metadata {
		size += len(name) + len(value)
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !nameRune(r) }) {
			return fmt.Errorf("object %s: the name %q in its metadata: %w", key, name, object.ErrInvalid)
		}
		if value == "" || value != strings.TrimSpace(value) ||
			strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			return fmt.Errorf("object %s: the value of %s in its metadata: %w", key, name, object.ErrInvalid)
		}
	}
	if size > object.MaxMetadata {
		return fmt.Errorf("object %s: %d bytes of metadata: %w", key, size, object.ErrInvalid)
	}
	return nil
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-'
}

// Write is Key and Metadata.
func Write(key string, metadata map[string]string) error {
	if err := Key(key); err != nil {
		return err
	}
	return Metadata(key, metadata)
}

// Open is Key and an offset that is not negative.
func Open(key string, offset int64) error {
	if err := Key(key); err != nil {
		return err
	}
	if offset < 0 {
		return fmt.Errorf("object %s from byte %d on: %w", key, offset, object.ErrInvalid)
	}
	return nil
}

// List refuses a negative limit and a prefix or a key to begin behind that no key could have. Both may end
// within a part, but not within a character.
func List(prefix, after string, limit int) error {
	if limit < 0 || len(prefix) > object.MaxKey || len(after) > object.MaxKey ||
		!printable(prefix) || !printable(after) {
		return fmt.Errorf("list of %q after %q, %d objects: %w", prefix, after, limit, object.ErrInvalid)
	}
	return nil
}
