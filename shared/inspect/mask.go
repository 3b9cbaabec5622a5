package inspect

import "strings"

// cardDigits is the least number of digits in a row that may be a card number.
const cardDigits = 12

// maskSamples hides card-like numbers and personal data in samples (A23), and cuts long ones.
func (w *work) maskSamples() {
	for k := range w.report.Kinds {
		for i := range w.report.Kinds[k].Columns {
			c := &w.report.Kinds[k].Columns[i]
			for j, s := range c.Samples {
				c.Samples[j] = printable(c.mask(s))
			}
		}
	}
}

// mask hides what must not be shown of one value.
func (c *Column) mask(s string) string {
	switch {
	case titleName(c.Title).name == "*":
		return hide(s, 0)
	case c.Type == "date" || c.Type == "time" || c.Shape == "jan":
		return s
	case c.hidden && c.Sure != High && len(s) > 4:
		return hide(s, 2)
	case c.Type == "number" && c.values.maxSize < cardDigits:
		return s
	case c.Name == "card" || c.Name == "member_no" || c.Shape == "card":
		if len(s) < cardDigits {
			return hide(s, 2)
		}
		return hide(s, 4)
	}
	return maskDigits(s)
}

// hide replaces all letters and digits but the last keep characters.
func hide(s string, keep int) string {
	r := []rune(s)
	for i := range max(0, len(r)-keep) {
		if r[i] != ' ' && r[i] != '-' && r[i] != '　' {
			r[i] = '*'
		}
	}
	return string(r)
}

// maskDigits hides all but the last four digits of each run of cardDigits or more, full-width ones too;
// single blanks and hyphens do not end a run.
func maskDigits(s string) string {
	r := []rune(s)
	for i := 0; i < len(r); i++ {
		if !isDigit(r[i]) {
			continue
		}
		end, n := i, 0
		for j := i; j < len(r) && (isDigit(r[j]) || (r[j] == '-' || r[j] == ' ') && isDigit(r[j-1])); j++ {
			if isDigit(r[j]) {
				n++
				end = j
			}
		}
		if n >= cardDigits {
			copy(r[i:end+1], []rune(hide(string(r[i:end+1]), 4)))
		}
		i = end
	}
	return string(r)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' || r >= '０' && r <= '９' }

// printable replaces control characters, which could move a terminal's cursor, and cuts after 40 characters.
func printable(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == 40 {
			b.WriteString("…")
			break
		}
		if r < ' ' || r >= 0x7F && r < 0xA0 || r == '\u2028' || r == '\u2029' || r >= 0x202A && r <= 0x202E {
			r = '·'
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
