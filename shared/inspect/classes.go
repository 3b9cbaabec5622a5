package inspect

import "multipoint/shared/charset"

// class is the kind of a byte in its record.
type class byte

const (
	blank   class = iota // 0x20
	digit                // 0 to 9
	sign                 // characters that stand inside numbers, dates and times: + - . , / : * \
	letter               // A to Z, a to z
	mark                 // other ASCII
	kana                 // half-width kana
	lead                 // first byte of a wide character
	trail                // further bytes of it
	wide                 // first byte of a full-width space
	wideEnd              // further bytes of it
	control              // NUL and the like, bytes that are no characters
)

func asciiClass(b byte) class {
	switch {
	case b == ' ':
		return blank
	case b >= '0' && b <= '9':
		return digit
	case b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z':
		return letter
	case b == '+' || b == '-' || b == '.' || b == ',' || b == '/' || b == ':':
		return sign
	case b > ' ' && b < 0x7F:
		return mark
	}
	return control
}

// classify fills classes (as long as record) with the kind of each byte.
func (e encoding) classify(classes []class, record []byte) {
	shifted := false // ISO-2022-JP: between ESC $ and ESC (
	for i := 0; i < len(record); {
		b, n := record[i], 1
		c := asciiClass(b)
		rest := record[i:]
		switch e.Encoding {
		case charset.CP932:
			c, n = classCP932(rest)
		case charset.EUCJP:
			c, n = classEUC(rest)
		case charset.ISO2022JP:
			if b == 0x1B {
				shifted = len(rest) > 1 && rest[1] == '$'
				c, n = lead, 3
			} else if shifted {
				c, n = lead, 2
			}
		default:
			c, n = classUTF8(rest)
		}
		n = min(n, len(rest))
		classes[i] = c
		for j := 1; j < n; j++ {
			switch c {
			case lead:
				classes[i+j] = trail
			case wide:
				classes[i+j] = wideEnd
			default:
				classes[i+j] = c
			}
		}
		i += n
	}
}

func classCP932(b []byte) (class, int) {
	switch c := b[0]; {
	case c < 0x80:
		return asciiClass(c), 1
	case c >= 0xA1 && c <= 0xDF:
		return kana, 1
	case c == 0x80 || c == 0xA0 || c > 0xFC || len(b) < 2 || b[1] < 0x40 || b[1] == 0x7F || b[1] > 0xFC:
		return control, 1
	case c == 0x81 && b[1] == 0x40:
		return wide, 2
	}
	return lead, 2
}

func classEUC(b []byte) (class, int) {
	switch c := b[0]; {
	case c < 0x80:
		return asciiClass(c), 1
	case len(b) < 2 || b[1] < 0xA1:
		return control, 1
	case c == 0x8E:
		return kana, 2
	case c == 0x8F:
		return lead, 3
	case c == 0xA1 && b[1] == 0xA1:
		return wide, 2
	}
	return lead, 2
}

func classUTF8(b []byte) (class, int) {
	c := b[0]
	var n int
	switch {
	case c < 0x80:
		return asciiClass(c), 1
	case c >= 0xF0:
		n = 4
	case c >= 0xE0:
		n = 3
	case c >= 0xC0:
		n = 2
	default:
		return control, 1
	}
	switch {
	case len(b) < n:
		return control, 1
	case n == 3 && c == 0xE3 && b[1] == 0x80 && b[2] == 0x80:
		return wide, 3
	case n == 3 && c == 0xEF && (b[1] == 0xBD && b[2] >= 0xA1 || b[1] == 0xBE && b[2] <= 0x9F):
		return kana, 3
	}
	return lead, n
}
