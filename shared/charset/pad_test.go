package charset_test

import (
	"bytes"
	"strings"
	"testing"

	"multipoint/shared/charset"
)

func TestPaddingIsCutAtCharacterBoundaries(t *testing.T) {
	for _, c := range []struct {
		e         charset.Encoding
		raw, want string
		wide      bool
	}{
		{charset.CP932, "ab  ", "ab", false},
		{charset.CP932, "    ", "", false},
		{charset.CP932, "", "", true},
		{charset.CP932, "a\x81\x40", "a\x81\x40", false},
		{charset.CP932, "a\x81\x40", "a", true},
		{charset.CP932, "\x81\x40\x81\x40 ", "", true},
		{charset.CP932, "a\x81\x40 \x81\x40  ", "a", true},
		{charset.CP932, "\xE9\x81\x40", "\xE9\x81\x40", true},                  // 驕@
		{charset.CP932, "\xE9\x81\x81\x40", "\xE9\x81", true},                  // 驕 and a full-width space
		{charset.CP932, "\xE9\x81\xE9\x81\x40 ", "\xE9\x81\xE9\x81\x40", true}, // 驕驕@
		{charset.CP932, "\xB1\xE9\x81\x40", "\xB1\xE9\x81\x40", true},
		{charset.CP932, "\x40\x81\x40", "\x40", true},
		{charset.EUCJP, "\xC5\xEC\xA1\xA1\xA1\xA1  ", "\xC5\xEC", true},
		{charset.EUCJP, "a\xA1\xA1 \xA1\xA1", "a", true},
		{charset.EUCJP, "\xB0\xA1\xA1\xA1", "\xB0\xA1", true},
		{charset.EUCJP, "\x8E\xA1\xA1\xA1", "\x8E\xA1", true},
		{charset.EUCJP, "\x8F\xB0\xA1\xA1\xA1", "\x8F\xB0\xA1", true},
		{charset.EUCJP, "\xA1\xB0\xA1\xA1 ", "\xA1\xB0", true},
		{charset.EUCJP, "\xA1\xA1\xB0\xA1", "\xA1\xA1\xB0\xA1", true},
		{charset.UTF8, "東　 　", "東", true},
		{charset.UTF8, "東　 ", "東　", false},
		{charset.ISO2022JP, "a  ", "a", true},
		{charset.ISO2022JP, "\x1B$B!!\x1B(B ", "\x1B$B!!\x1B(B", true},
	} {
		if got := c.e.TrimPad([]byte(c.raw), c.wide); string(got) != c.want {
			t.Errorf("%v % X, wide %v: got % X, want % X", c.e, c.raw, c.wide, got, c.want)
		}
	}
}

func TestPaddingIsCutAtTheFront(t *testing.T) {
	for _, c := range []struct {
		e         charset.Encoding
		raw, want string
		wide      bool
	}{
		{charset.CP932, "  a ", "a ", false},
		{charset.CP932, " \x81\x40 \x95\x5C\x81\x40", "\x95\x5C\x81\x40", true},
		{charset.CP932, " \x81\x40a", "\x81\x40a", false},
		{charset.EUCJP, "\xA1\xA1\xA1\xA2", "\xA1\xA2", true},
		{charset.UTF8, "　 東", "東", true},
		{charset.ISO2022JP, "  a", "a", true},
	} {
		if got := c.e.TrimPadLeft([]byte(c.raw), c.wide); string(got) != c.want {
			t.Errorf("%v % X, wide %v: got % X, want % X", c.e, c.raw, c.wide, got, c.want)
		}
	}
}

func TestDetectFollowsItsOrder(t *testing.T) {
	const text = "店舗,会員名,金額\r\n0001,東京都のお客様,1980\r\n"
	raw := func(e charset.Encoding, text string) string {
		out, badAt := charset.Encoder{Encoding: e}.Append(nil, []byte(text))
		if badAt >= 0 {
			t.Fatalf("%v cannot write %q", e, text)
		}
		return string(out)
	}
	for _, c := range []struct {
		sample     string
		want       charset.Encoding
		confidence string
	}{
		{charset.BOM + text, charset.UTF8BOM, charset.Certain},
		{text, charset.UTF8, charset.Certain},
		{text[:len("店舗,会")-1], charset.UTF8, charset.Certain},
		{raw(charset.ISO2022JP, text), charset.ISO2022JP, charset.Certain},
		{raw(charset.CP932, text), charset.CP932, charset.Certain},
		{raw(charset.CP932, text)[:1], charset.CP932, charset.Unsure},
		{raw(charset.EUCJP, text), charset.EUCJP, charset.Certain},
		{raw(charset.EUCJP, text)[:13], charset.EUCJP, charset.Certain},
		{raw(charset.CP932, "ﾔﾏﾀﾞ ﾀﾛｳ,ﾐﾎﾝ,ﾊﾅｺ"), charset.CP932, charset.Certain},
		{raw(charset.CP932, "ﾔﾏﾀﾞ"), charset.CP932, charset.Likely},
		{raw(charset.EUCJP, "ありがとう"), charset.EUCJP, charset.Likely},
		{raw(charset.EUCJP, "店舗"), charset.CP932, charset.Unsure}, // or ﾅｹﾊﾞ
		{"0001,1980\r\n", charset.CP932, charset.Unsure},
		{"", charset.CP932, charset.Unsure},
		{"\xFF\xFE0\x000\x00", charset.CP932, charset.Unsure},
	} {
		got, confidence := charset.Detect([]byte(c.sample))
		if got != c.want || confidence != c.confidence {
			t.Errorf("% X: got %v %s, want %v %s", c.sample, got, confidence, c.want, c.confidence)
		}
	}
}

// A column of nothing but first bytes must not make trimming slow.
func TestTrimmingLongColumnsIsLinear(t *testing.T) {
	long := append(bytes.Repeat([]byte{0x81}, 1<<20), strings.Repeat("\x81\x40", 1<<19)...)
	charset.CP932.TrimPad(long, true)
	charset.EUCJP.TrimPad(bytes.Repeat([]byte{0xA1, 0xA1, 0x20}, 1<<19), true)
}
