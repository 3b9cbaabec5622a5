package inspect

import (
	"bytes"
	"fmt"
	"testing"
)

// spoiler spoils lines in ways that real files show; its numbers follow from the seed.
type spoiler uint32

func (s *spoiler) below(n int) int {
	*s = *s*1664525 + 1013904223
	return int(uint32(*s)>>8) % n
}

// spoil damages 2 % of the lines, at least one, but for the first one and the last two.
func (s *spoiler) spoil(sample []byte) ([]byte, string) {
	lines := bytes.SplitAfter(bytes.Clone(sample), []byte("\n"))
	if len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	done := ""
	for range max(1, len(lines)/50) {
		i := 1 + s.below(len(lines)-3)
		line := lines[i]
		end := len(bytes.TrimRight(line, "\r\n"))
		how := s.below(4)
		done += fmt.Sprintf(" line %d way %d", i+1, how)
		switch how {
		case 0: // a month that does not exist
			for _, date := range [][2]string{
				{"202611", "202613"},
				{"2026-11", "2026-13"},
				{"2026/11", "2026/13"},
				{"R08.11", "R08.13"},
				{"0811", "0813"},
				{"19970", "19977"},
			} {
				line = bytes.Replace(line, []byte(date[0]), []byte(date[1]), 1)
			}
			lines[i] = line
		case 1: // a letter in a number
			for range 200 {
				if at := 1 + s.below(end-1); line[at] >= '0' && line[at] <= '9' {
					line[at] = 'X'
					break
				}
			}
		case 2: // a byte that is no character
			line[1+s.below(end-1)] = 0xFF
		case 3: // a line that was cut
			lines[i] = append(bytes.Clone(line[:1+end/2]), line[end:]...)
		}
	}
	return bytes.Join(lines, nil), done
}

// findings are what dirt must not change.
func findings(r *Report) string {
	s := fmt.Sprintln(r.Encoding.Value, r.Format.Value, r.LineEnd.Value, r.RecordLength, r.Titles,
		r.Layout.Discriminator != nil, r.FlatItems != nil)
	for _, k := range r.Kinds {
		s += fmt.Sprintln(k.Kind, k.IDs)
	}
	return s + columnsOf(r, "receipt") + "\n" + columnsOf(r, "item")
}

func TestSpoiltLinesDoNotChangeTheFindings(t *testing.T) {
	withItems, _ := receiptsAndItems(t)
	for name, sample := range map[string][]byte{
		"fixed": posFile(t, 500, "\r\n"), "blank-separated": blankSeparated(t), "wareki": warekiFile(t),
		"quoted csv": quotedCSV(t), "item lines": itemLines(t), "tsv": tsvFile(t), "iso-2022-jp": isoFile(t),
		"receipts and items": withItems,
	} {
		want := findings(inspected(t, sample))
		for seed := range spoiler(25) {
			s := seed * 7919
			spoilt, how := s.spoil(sample)
			r := inspected(t, spoilt)
			if got := findings(r); got != want {
				t.Errorf("%s, seed %d:%s\n%s\nwant\n%s", name, seed, how, got, want)
				break
			}
		}
	}
}
