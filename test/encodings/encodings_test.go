// Package encodings_test compares shared/charset with Python's codecs, a table that nobody here made: every
// code and every character, both ways. The differences are declared in docs/files/encodings.md; one that is
// not declared fails, and so does a declaration that is no difference.
package encodings_test

import (
	"bufio"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"multipoint/shared/charset"
)

//go:embed codecs.py
var script string

const refused = "refused"

// space is a set of codes: those of size bytes between two escape sequences. The order is that of codecs.py.
type space struct {
	encoding charset.Encoding
	before   string
	size     int
	after    string
}

var spaces = []space{
	{charset.CP932, "", 1, ""},
	{charset.CP932, "", 2, ""},
	{charset.EUCJP, "", 1, ""},
	{charset.EUCJP, "", 2, ""},
	{charset.EUCJP, "\x8F", 2, ""},
	{charset.ISO2022JP, "", 1, ""},
	{charset.ISO2022JP, "", 2, ""},
	{charset.ISO2022JP, "\x1B(J", 1, "\x1B(B"},
	{charset.ISO2022JP, "\x1B$@", 1, "\x1B(B"},
	{charset.ISO2022JP, "\x1B$@", 2, "\x1B(B"},
	{charset.ISO2022JP, "\x1B$B", 1, "\x1B(B"},
	{charset.ISO2022JP, "\x1B$B", 2, "\x1B(B"},
}

// difference is one code or character that the two treat in different ways. Codes are written as hex, after
// "ESC$B " and the like; characters as U+XXXX.
type difference struct {
	name, direction string // as in the table's first two columns
	key             string
	ours, python    string // refused, or the character or code
}

func TestEveryDifferenceFromPythonIsDeclared(t *testing.T) {
	python := startPython(t)
	rows := readTable(t, "../../docs/files/encodings.md")
	found := readDifferences(python)
	found = append(found, writeDifferences(python)...)
	if python.err != nil {
		t.Fatalf("reading from python3: %v", python.err)
	}
	var undeclared []difference
	for _, d := range found {
		declared := 0
		for _, r := range rows {
			if r.take(d) {
				declared++
			}
		}
		if declared != 1 {
			undeclared = append(undeclared, d)
		}
	}
	for i, d := range undeclared {
		if i == 40 {
			t.Errorf("… and %d more", len(undeclared)-i)
			break
		}
		t.Errorf("not declared, or twice: %s %s %s: multipoint %s, Python %s",
			d.name, d.direction, d.key, d.ours, d.python)
	}
	for _, r := range rows {
		for _, fault := range r.faults() {
			t.Errorf("encodings.md: %s: %s", r.line, fault)
		}
	}
	t.Logf("%d differences, declared in %d rows", len(found), len(rows))
}

// stream reads the strings that codecs.py writes.
type stream struct {
	r   *bufio.Reader
	err error
}

func (s *stream) next() (text string, ok bool) {
	n, err := s.r.ReadByte()
	if err != nil || n == 255 {
		s.fail(err)
		return "", false
	}
	buf := make([]byte, n)
	_, err = io.ReadFull(s.r, buf)
	s.fail(err)
	return string(buf), err == nil
}

func (s *stream) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// startPython runs the script; without Python the test is skipped on a newcomer's machine and fails in CI.
func startPython(t *testing.T) *stream {
	path, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3 is missing: the encodings cannot be compared")
		}
		t.Skip("skipped: python3 is missing, so the encodings are not compared with Python's")
	}
	cmd := exec.Command(path, "-I", "-c", script)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return
		}
		rest, _ := io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil || rest > 0 {
			t.Errorf("python3 ended with %v, %d bytes unread", err, rest)
		}
	})
	return &stream{r: bufio.NewReaderSize(out, 1<<20)}
}

// readDifferences compares what codes are read as. A code of two bytes whose first byte is a character by
// itself, on either side, is not one code but two characters, and those are compared by themselves.
func readDifferences(python *stream) []difference {
	var found []difference
	var alone [256]bool
	for _, s := range spaces {
		if s.size == 1 {
			alone = [256]bool{}
		}
		for code := range 1 << (8 * s.size) {
			raw := []byte{byte(code >> 8), byte(code)}[2-s.size:]
			text, ok := python.next()
			ours, badAt := s.encoding.AppendUTF8(nil, []byte(s.before+string(raw)+s.after))
			if s.size == 1 {
				alone[code] = ok || badAt == -1
			} else if alone[raw[0]] && s.before != "\x8F" {
				continue
			}
			if s.size == 1 && s.before != "" && raw[0] == 0x1B {
				continue // with what follows it is an escape sequence
			}
			if ok == (badAt == -1) && (!ok || text == string(ours)) {
				continue
			}
			d := difference{
				name: name(charset.Encoder{Encoding: s.encoding}), direction: "read",
				key: codeName(s.before, raw), ours: refused, python: refused,
			}
			if ok {
				d.python = pointNames(text)
			}
			if badAt == -1 {
				d.ours = pointNames(string(ours))
			}
			found = append(found, d)
		}
	}
	return found
}

// writeDifferences compares what characters are written as.
func writeDifferences(python *stream) []difference {
	var found []difference
	for _, ways := range [][]charset.Encoder{
		{{Encoding: charset.CP932}, {Encoding: charset.CP932, NEC: true}},
		{{Encoding: charset.EUCJP}},
		{{Encoding: charset.ISO2022JP}},
	} {
		for point := rune(0); point <= 0x10FFFF; point++ {
			code, ok := python.next()
			for _, w := range ways {
				ours, badAt := w.Append(nil, utf8Of(point))
				if ok == (badAt == -1) && (!ok || code == string(ours)) {
					continue
				}
				d := difference{name(w), "write", fmt.Sprintf("U+%04X", point), refused, refused}
				if ok {
					d.python = codeName("", []byte(code))
				}
				if badAt == -1 {
					d.ours = codeName("", ours)
				}
				found = append(found, d)
			}
		}
	}
	return found
}

// utf8Of gives the bytes of UTF-8's scheme for any code point, for surrogates too, which are no characters.
func utf8Of(point rune) []byte {
	if 0xD800 <= point && point <= 0xDFFF {
		return []byte{0xED, byte(0x80 | point>>6&0x3F), byte(0x80 | point&0x3F)}
	}
	return []byte(string(point))
}

// name is an encoding as the table names it.
func name(w charset.Encoder) string {
	if w.NEC {
		return "CP932 nec"
	}
	return strings.ToUpper(w.Encoding.String())
}

// codeName prints a code; escape sequences in front are spelt, the one behind is left out.
func codeName(before string, raw []byte) string {
	text := before + strings.TrimSuffix(string(raw), "\x1B(B")
	if len(text) > 3 && text[0] == 0x1B {
		return "ESC" + text[1:3] + " " + strings.ToUpper(hex.EncodeToString([]byte(text[3:])))
	}
	return strings.ToUpper(hex.EncodeToString([]byte(text)))
}

func pointNames(text string) string {
	var names []string
	for _, r := range text {
		names = append(names, fmt.Sprintf("U+%04X", r))
	}
	return strings.Join(names, " ")
}
