package encodings_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"multipoint/shared/charset"
)

// row is one line of the table of differences: a code or character, or a range of them with their number.
type row struct {
	line            string
	name, direction string
	keys            span
	number          int
	ours, python    value
	taken           []difference
}

// span is a range of names that sort in order because they are equally long.
type span struct{ first, last string }

func (s span) holds(name string) bool {
	return len(name) == len(s.first) && s.first <= name && name <= s.last
}

// value is what a side makes of a row's codes: the same name for all; a span of names, in the order of the
// codes; the characters that CP932 has in the same row and cell of JIS X 0208; or the bytes themselves.
type value struct {
	span
	asCP932, asBytes bool
}

const rowMark = "<!-- differences from Python's codecs: read by test/encodings -->"

// readTable reads the rows behind the mark up to the next blank line.
func readTable(t *testing.T, path string) []*row {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), rowMark+"\n")
	if !ok {
		t.Fatalf("%s: no line %s", path, rowMark)
	}
	table, _, _ = strings.Cut(strings.TrimLeft(table, "\n"), "\n\n")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	var rows []*row
	for _, line := range lines[min(2, len(lines)):] {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 7 {
			t.Fatalf("%s: %d cells, want 7: %s", path, len(cells), line)
		}
		for i := range cells {
			cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), "`", "")
		}
		number, err := strconv.Atoi(strings.ReplaceAll(cells[3], ",", ""))
		if err != nil || cells[6] == "" {
			t.Fatalf("%s: no number or no reason: %s", path, line)
		}
		rows = append(rows, &row{
			line: line, name: cells[0], direction: cells[1], keys: spanOf(cells[2]), number: number,
			ours: valueOf(cells[4]), python: valueOf(cells[5]),
		})
	}
	return rows
}

func spanOf(text string) span {
	first, last, ok := strings.Cut(text, "–")
	if !ok {
		last = first
	}
	return span{first, last}
}

func valueOf(text string) value {
	return value{span: spanOf(text), asCP932: text == "as CP932", asBytes: text == "the bytes"}
}

// key is what r goes by: the code that is read or the character that is written, or, if r names codes
// although it is about writing, the code that Python writes.
func (r *row) key(d difference) string {
	if d.direction == "write" && !strings.HasPrefix(r.keys.first, "U+") {
		return d.python
	}
	return d.key
}

// take says whether the row declares d, and remembers it.
func (r *row) take(d difference) bool {
	key := r.key(d)
	if r.name != d.name || r.direction != d.direction || !r.keys.holds(key) ||
		!r.ours.holds(d.ours, d.key) || !r.python.holds(d.python, d.key) {
		return false
	}
	r.taken = append(r.taken, d)
	return true
}

// holds says whether the value declares got, the name seen for key.
func (v *value) holds(got, key string) bool {
	if v.asCP932 {
		return got == cp932Name(key)
	}
	if v.asBytes {
		raw, err := hex.DecodeString(key)
		return err == nil && got == pointNames(latin(raw))
	}
	return v.span.holds(got)
}

// faults lists what is wrong with a row after all differences were offered to it.
func (r *row) faults() []string {
	if len(r.taken) != r.number || r.number == 0 {
		return []string{fmt.Sprintf("%d such differences", len(r.taken))}
	}
	slices.SortFunc(r.taken, func(a, b difference) int { return strings.Compare(r.key(a), r.key(b)) })
	first, last := r.taken[0], r.taken[len(r.taken)-1]
	var faults []string
	if r.key(first) != r.keys.first || r.key(last) != r.keys.last {
		faults = append(faults, fmt.Sprintf("the differences are %s–%s", r.key(first), r.key(last)))
	}
	ours := func(d difference) string { return d.ours }
	python := func(d difference) string { return d.python }
	if !r.ours.inOrder(r.taken, ours) {
		faults = append(faults, fmt.Sprintf("multipoint has %s–%s, or not in order", first.ours, last.ours))
	}
	if !r.python.inOrder(r.taken, python) {
		faults = append(faults, fmt.Sprintf("Python has %s–%s, or not in order", first.python, last.python))
	}
	return faults
}

// inOrder says whether the names rise from the value's first to its last, if it is a span.
func (v *value) inOrder(taken []difference, side func(difference) string) bool {
	if v.first == v.last {
		return true
	}
	for i := 1; i < len(taken); i++ {
		if side(taken[i-1]) >= side(taken[i]) {
			return false
		}
	}
	return side(taken[0]) == v.first && side(taken[len(taken)-1]) == v.last
}

// latin makes a character of each byte.
func latin(raw []byte) string {
	text := make([]rune, len(raw))
	for i, b := range raw {
		text[i] = rune(b)
	}
	return string(text)
}

// cp932Name gives what CP932 reads for the row and cell of an EUC-JP code; the comparison of CP932 with
// Python's table vouches for it.
func cp932Name(key string) string {
	code, err := strconv.ParseUint(key, 16, 16)
	if err != nil {
		return "no code"
	}
	row, cell := int(code>>8)-0xA1, int(code&0xFF)-0xA1
	lead, trail := row/2+0x81, cell+0x40
	if lead > 0x9F {
		lead += 0x40
	}
	if row%2 == 1 {
		trail = cell + 0x9F
	} else if trail >= 0x7F {
		trail++
	}
	text, badAt := charset.CP932.AppendUTF8(nil, []byte{byte(lead), byte(trail)})
	if badAt != -1 {
		return refused
	}
	return pointNames(string(text))
}
