// Package charset reads and writes the encodings of Japanese retail files: UTF-8, CP932, EUC-JP and
// ISO-2022-JP (DOMAIN 2.1). It promises three things. A byte that is no character is an error with its
// offset and never turns into U+FFFD (R4). A character that cannot be written is an error with its offset
// and never turns into "?" (R18). Where two codes stand for one character, the one that is written is
// declared, not left to chance.
//
// The tables come from golang.org/x/text and are built at the first use of an encoding. What is read and
// written exactly, and where that differs from other tables, is in docs/files/encodings.md; a test compares
// every code and every character with it. All functions may be called from many goroutines at once.
package charset

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Encoding is one of the encodings below. The zero value is UTF8.
type Encoding uint8

// The encodings of a layout. UTF8 and UTF8BOM differ only in the mark that a written file begins with.
const (
	UTF8 Encoding = iota
	UTF8BOM
	CP932
	EUCJP
	ISO2022JP
)

// BOM is the byte order mark of UTF-8. Reading accepts it at the start of a file for UTF8 and UTF8BOM,
// writing puts it at the start of a file for UTF8BOM; both are the caller's work, as this package sees only
// parts of files.
const BOM = "\xEF\xBB\xBF"

// high has the top bit of each of eight bytes: a word without any of them holds only ASCII.
const high = 0x8080808080808080

// Parse finds an encoding by its name in a layout: utf-8, utf-8-bom, cp932, euc-jp or iso-2022-jp, in small
// letters.
func Parse(name string) (Encoding, bool) {
	for e := UTF8; e <= ISO2022JP; e++ {
		if e.String() == name {
			return e, true
		}
	}
	return UTF8, false
}

// String is the encoding's name in a layout, "unknown" for a value that is none of the constants.
func (e Encoding) String() string {
	switch e {
	case UTF8:
		return "utf-8"
	case UTF8BOM:
		return "utf-8-bom"
	case CP932:
		return "cp932"
	case EUCJP:
		return "euc-jp"
	case ISO2022JP:
		return "iso-2022-jp"
	}
	return "unknown"
}

// IsASCIISafe says whether raw bytes may be split at line ends, commas, tabs and quotes before they are
// decoded. It is false for ISO-2022-JP only, whose two-byte characters consist of ASCII bytes. It does not
// hold for every ASCII byte: in CP932 the bytes 40–7E, among them "\" and "|", may be the second half of a
// character (表 is 95 5C).
func (e Encoding) IsASCIISafe() bool { return e != ISO2022JP }

// AppendUTF8 decodes src and appends it to dst as UTF-8. badAt is the offset in src of the first byte that
// is no character (R4), -1 if there is none; out then ends with the character before it. A two-byte
// character that is broken or unassigned is bad at its first byte; a two-byte run of ISO-2022-JP that src
// does not close is bad at the escape sequence that opens it. A caller that passes the same buffer again
// causes no allocation; dst's capacity grows to three times the length of src, and what lies in it behind
// out is undefined.
func (e Encoding) AppendUTF8(dst, src []byte) (out []byte, badAt int) {
	switch e {
	case CP932:
		return cp932Table().appendUTF8(dst, src)
	case EUCJP:
		return eucTable().appendUTF8(dst, src)
	case ISO2022JP:
		return appendISO2022JP(dst, src)
	}
	badAt = validUTF8(src)
	if badAt >= 0 {
		src = src[:badAt]
	}
	return append(dst, src...), badAt
}

// Valid gives AppendUTF8's verdict without decoding: the offset of the first byte that is no character, or
// -1.
func (e Encoding) Valid(src []byte) (badAt int) {
	switch e {
	case CP932:
		return cp932Table().valid(src)
	case EUCJP:
		return eucTable().valid(src)
	case ISO2022JP:
		return validISO2022JP(src)
	}
	return validUTF8(src)
}

// ASCII says whether all bytes of src are below 80, that is, whether src reads the same in every encoding
// here but ISO-2022-JP.
func ASCII(src []byte) bool {
	n := len(src)
	switch {
	case n > 32:
		return asciiLen(src) == n
	case n >= 8: // a column: its last eight bytes, and those before them eight by eight
		w := binary.LittleEndian.Uint64(src[n-8:])
		for ; len(src) > 8; src = src[8:] {
			w |= binary.LittleEndian.Uint64(src)
		}
		return w&high == 0
	}
	b := byte(0)
	for _, c := range src {
		b |= c
	}
	return b < utf8.RuneSelf
}

// asciiLen counts the bytes below 80 that src begins with.
func asciiLen(src []byte) int {
	i := 0
	for len(src)-i >= 32 && asciiWords(src[i:i+32]) {
		i += 32
	}
	for ; len(src)-i >= 8; i += 8 {
		if m := binary.LittleEndian.Uint64(src[i:]) & high; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for i < len(src) && src[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// asciiWords says whether the 32 bytes of s are below 80.
func asciiWords(s []byte) bool {
	return (binary.LittleEndian.Uint64(s)|binary.LittleEndian.Uint64(s[8:16])|
		binary.LittleEndian.Uint64(s[16:24])|binary.LittleEndian.Uint64(s[24:32]))&high == 0
}

// validUTF8 finds the first byte that belongs to no well-formed character: surrogates, overlong forms and
// values above 10FFFF are not well-formed. U+FFFD itself is a character like any other.
func validUTF8(src []byte) (badAt int) {
	if utf8.Valid(src) {
		return -1
	}
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}
