package main

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"multipoint/shared/card"
	"multipoint/shared/charset"
)

// Files that another version of this code made are made anew.
//
//go:embed files.go
var filesSource []byte

// files are the bench files: the same sales as CSV in CP932, as CSV in UTF-8 (what is no character became
// U+FFFD there, as other programs' decoders have it), and as fixed-length records of 256 bytes in CP932.
type files struct {
	csv, utf8, fixed string
	wide             int64 // bytes of two-byte characters in csv
	size             int64 // of csv
}

// makeFiles writes the files of so many lines into dir, unless they are there. The same lines give the same
// bytes.
func makeFiles(dir string, lines int, wanted ...string) (files, error) {
	name := func(kind string) string {
		return filepath.Join(dir, "sales-"+strconv.Itoa(lines)+"."+kind)
	}
	f := files{csv: name("csv"), utf8: name("utf8.csv"), fixed: name("fixed.txt")}
	version := sha256.Sum256(append([]byte(strings.Join(wanted, " ")), filesSource...))
	mark := name(fmt.Sprintf("%x.made", version[:6]))
	if b, err := os.ReadFile(mark); err == nil {
		_, err = fmt.Sscan(string(b), &f.size, &f.wide)
		return f, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return f, err
	}
	w, err := newWriter(map[string]string{"csv": f.csv, "utf8": f.utf8, "fixed": f.fixed}, wanted)
	if err != nil {
		return f, err
	}
	d := newDay(lines)
	w.head()
	for range lines {
		w.receipt(d.next())
	}
	w.tail(lines)
	f.size, f.wide = w.size, w.wide
	if err := w.close(); err != nil {
		return f, err
	}
	if f.wide*10 < f.size*3 {
		return f, fmt.Errorf("%d of %d bytes are two-byte characters, less than 30 %%", f.wide, f.size)
	}
	return f, os.WriteFile(mark, fmt.Appendf(nil, "%d %d\n", f.size, f.wide), 0o644)
}

// receipt is one line, its values in the order of columns. broken says that the memo ends with a byte pair
// that is no character.
type receipt struct {
	kind, date, time, store, register, number, card, staff, affiliate, incl, excl, grantType string
	originalDate, originalStore, originalRegister, originalNumber, memo                      string
	broken                                                                                   bool
}

func (r *receipt) values() [17]string {
	return [...]string{
		r.kind, r.date, r.time, r.store, r.register, r.number, r.card, r.staff, r.affiliate, r.incl, r.excl,
		r.grantType, r.originalDate, r.originalStore, r.originalRegister, r.originalNumber, r.memo,
	}
}

// sold is a sale that returns can name.
type sold struct {
	receipt
	yen, left int64
	blankSent bool // a return without a receipt number of its own names it
	cancelled bool
}

// businessDay makes the lines of a day: 1 % cannot be read, 1 % come twice, some stand under a key that is
// taken, 2 % take back.
type businessDay struct {
	random *rand.Rand
	lines  int
	made   int
	recent []sold // a ring
	at     int
	memos  []string
	staff  []string
}

func newDay(lines int) *businessDay {
	d := &businessDay{random: rand.New(rand.NewPCG(20261122, 6)), lines: lines}
	products := strings.Fields("海老天重 特選おにぎり 表紙ノート ソーダ水 十勝ﾐﾙｸ 髙山茶 ①番だし " +
		"かき揚げうどん 能登の塩 ｺｰﾋｰ豆 構内弁当 予約ケーキ")
	notes := strings.Fields("特売品につき交換不可 店頭受取 ポイント対象 まとめ買い割引 袋不要 " +
		"贈答用包装あり 領収書発行済 後日配送")
	for i, p := range products {
		for j, n := range notes {
			switch (i + j) % 4 {
			case 0:
				d.memos = append(d.memos, p+","+n)
			case 1:
				d.memos = append(d.memos, p+`"`+n+`"`)
			default:
				d.memos = append(d.memos, p+"　"+n)
			}
		}
	}
	for _, family := range strings.Fields("青木 空野 海原 山根 里中 丘本 台場 森川") {
		for _, given := range strings.Fields("一郎 花子 次郎 由美 健太 さくら") {
			d.staff = append(d.staff, family+given)
		}
	}
	return d
}

func (d *businessDay) below(n int) int { return d.random.IntN(n) }

// next gives the next line.
func (d *businessDay) next() *receipt {
	n := d.made
	d.made++
	if len(d.recent) > 100 {
		old := &d.recent[d.below(len(d.recent))]
		switch k := d.below(1000); {
		case k < 10:
			again := old.receipt
			return &again
		case k < 12: // the same key with other content; the earlier line stands
			again := old.receipt
			again.memo, again.staff = "", ""
			again.incl, again.excl = d.amounts(old.yen + 1 + int64(d.below(500)))
			return &again
		case k < 30:
			if r := d.takeBack(old, n); r != nil {
				return r
			}
		}
	}
	r, yen := d.sale(n)
	if d.below(95) == 0 {
		d.spoil(&r)
		return &r
	}
	s := sold{receipt: r, yen: yen, left: yen}
	if len(d.recent) < 4096 {
		d.recent = append(d.recent, s)
	} else {
		d.recent[d.at] = s
		d.at = (d.at + 1) % len(d.recent)
	}
	return &r
}

func (d *businessDay) sale(n int) (receipt, int64) {
	yen := int64(100 + d.below(4900))
	if d.below(10) == 0 {
		yen = int64(d.below(30_000))
	}
	r := receipt{
		kind: "売上", date: runDate().Add(-d.below(7)).String(), time: d.clock(),
		store:    storeName(1 + d.below(storeCount)),
		register: fmt.Sprintf("%03d", 1+n/1_000_000), number: fmt.Sprintf("%06d", n%1_000_000),
		card: d.card(), staff: d.staff[d.below(len(d.staff))], memo: d.memos[d.below(len(d.memos))],
	}
	r.date = strings.ReplaceAll(r.date, "-", "/")
	r.incl, r.excl = d.amounts(yen)
	switch d.below(10) {
	case 0:
		r.affiliate = fmt.Sprintf("AF%02d", 1+d.below(4))
	case 1, 2:
		r.affiliate = fmt.Sprintf("49990%d******%04d", 1+d.below(3), d.below(10_000))
	}
	switch d.below(20) {
	case 0:
		r.grantType = "催事"
	case 1:
		r.grantType = "PURCHASE"
	}
	return r, yen
}

// amounts writes yen with tax and the yen without it, one in five with thousands commas.
func (d *businessDay) amounts(yen int64) (incl, excl string) {
	return d.yen(yen), d.yen(yen * 100 / 110)
}

func (d *businessDay) yen(v int64) string {
	if v >= 1000 && d.below(5) == 0 {
		return fmt.Sprintf("%d,%03d", v/1000, v%1000)
	}
	return strconv.FormatInt(v, 10)
}

func (d *businessDay) clock() string {
	return fmt.Sprintf("%02d:%02d:%02d", 6+d.below(20), d.below(60), d.below(60))
}

// card gives the number of one of lines/4 cards, one in ten with hyphens, one in fifty in wide digits.
func (d *businessDay) card() string {
	n := d.below(max(d.lines/4, 1))
	var digits string
	switch {
	case n%10 < 4:
		body := fmt.Sprintf("990%d%011d", []int{1, 3, 4, 7, 9}[n%5], n)
		digits = body + string(card.Luhn.Digit([]byte(body)))
	case n%10 < 7:
		digits = fmt.Sprintf("29%d%010d", n%5, n)
	case n%10 < 9:
		digits = fmt.Sprintf("7%09d", n)
	default:
		digits = fmt.Sprintf("85%08d", n)
	}
	switch d.below(50) {
	case 0, 1, 2, 3, 4:
		return digits[:4] + "-" + digits[4:8] + "-" + digits[8:]
	case 5:
		return strings.Map(func(c rune) rune { return c - '0' + '０' }, digits)
	}
	return digits
}

// takeBack makes a return or cancel of a sale; nil if there is nothing left of it.
func (d *businessDay) takeBack(s *sold, n int) *receipt {
	if s.cancelled || s.left <= 0 || s.yen < 2 {
		return nil
	}
	r := s.receipt
	r.originalDate, r.originalStore = r.date, r.store
	r.originalRegister, r.originalNumber = r.register, r.number
	r.kind, r.time, r.number, r.register = "返品", d.clock(), fmt.Sprintf("%06d", n%1_000_000), "900"
	r.grantType, r.memo = "", d.memos[d.below(len(d.memos))]
	back := s.left
	switch k := d.below(20); {
	case k == 0: // nobody knows the original
		r.originalNumber = "999999"
		r.originalRegister = "999"
	case k == 1: // more than was sold
		back = s.yen + 1
	case k <= 4 && s.left == s.yen:
		r.kind = "取消"
		s.cancelled = true
	case k <= 14:
		back = 1 + d.random.Int64N(s.left)
		s.left -= back
	default:
		s.left = 0
	}
	if k := d.below(10); k == 0 {
		r.card = ""
	} else if k == 1 && !s.blankSent && r.kind == "返品" && back <= s.yen && r.originalNumber != "999999" {
		r.number, s.blankSent = "", true
	}
	r.incl, r.excl = d.amounts(back)
	return &r
}

// spoil makes a sale unreadable in one of the ways that files show.
func (d *businessDay) spoil(r *receipt) {
	switch d.below(10) {
	case 0, 1:
		r.broken = true
	case 2:
		r.card = "123456789012345"
	case 3:
		r.card = "9901000000000012" // its check digit is 0, or the test of the files fails
	case 4:
		r.card = ""
	case 5:
		r.date = "2026/02/30"
	case 6:
		r.date = "2026/11/23"
	case 7:
		r.incl = "1.2E+05"
	case 8:
		r.incl = "-" + r.incl
	case 9:
		r.time = "31:00:00"
	}
}

// writer writes the lines in three forms.
type writer struct {
	out     map[string]*bufio.Writer
	file    map[string]*os.File
	encoder charset.Encoder
	buf     []byte
	total   int64
	size    int64
	wide    int64
	err     error
}

func newWriter(paths map[string]string, wanted []string) (*writer, error) {
	w := &writer{
		out: map[string]*bufio.Writer{}, file: map[string]*os.File{},
		encoder: charset.Encoder{Encoding: charset.CP932},
	}
	for _, kind := range wanted {
		f, err := os.Create(paths[kind])
		if err != nil {
			return nil, err
		}
		w.file[kind], w.out[kind] = f, bufio.NewWriterSize(f, 1<<20)
	}
	return w, nil
}

func (w *writer) close() error {
	for kind, out := range w.out {
		if err := out.Flush(); w.err == nil {
			w.err = err
		}
		if err := w.file[kind].Close(); w.err == nil {
			w.err = err
		}
	}
	return w.err
}

func (w *writer) head() {
	var titles []string
	for _, c := range columns() {
		titles = append(titles, c.Title)
	}
	w.row(strings.Join(titles, ",") + "\r\n")
	if out := w.out["fixed"]; out != nil {
		fmt.Fprintf(out, "1%-253s\r\n", "20261122")
	}
}

func (w *writer) tail(lines int) {
	if out := w.out["fixed"]; out != nil {
		fmt.Fprintf(out, "8%09d%014d%230s\r\n", lines, w.total, "")
	}
}

// row writes one line of both CSV files; U+FFFD marks the place of a broken pair.
func (w *writer) row(text string) {
	if out := w.out["utf8"]; out != nil {
		_, _ = out.WriteString(text)
	}
	raw := w.encode(text)
	w.size += int64(len(raw))
	w.wide += int64(wideBytes(raw))
	if out := w.out["csv"]; out != nil {
		_, _ = out.Write(raw)
	}
}

// encode gives text in CP932; a U+FFFD becomes a pair of the private area, which is no character (R4).
func (w *writer) encode(text string) []byte {
	w.buf = w.buf[:0]
	before, after, broken := strings.Cut(text, "\uFFFD")
	for i, part := range [...]string{before, after} {
		if i == 1 && broken {
			w.buf = append(w.buf, 0xF0, 0x40)
		}
		out, badAt := w.encoder.Append(w.buf, []byte(part))
		if badAt >= 0 && w.err == nil {
			w.err = fmt.Errorf("%q has no code in CP932", part)
		}
		w.buf = out
	}
	return w.buf
}

// wideBytes counts the bytes of two-byte characters of CP932.
func wideBytes(raw []byte) (n int) {
	for i := 0; i < len(raw); i++ {
		if c := raw[i]; c >= 0x81 && c <= 0x9F || c >= 0xE0 && c <= 0xFC {
			n += 2
			i++
		}
	}
	return n
}

func (w *writer) receipt(r *receipt) {
	values := r.values()
	if r.broken {
		values[len(values)-1] += "\uFFFD"
	}
	var line strings.Builder
	for i, v := range values {
		if i > 0 {
			line.WriteByte(',')
		}
		if strings.ContainsAny(v, ",\"") {
			v = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
		}
		line.WriteString(v)
	}
	line.WriteString("\r\n")
	w.row(line.String())
	if w.out["fixed"] != nil {
		w.fixed(values)
	}
}

// fixed writes one record of the fixed-length file; its amounts have no commas.
func (w *writer) fixed(values [17]string) {
	out := w.out["fixed"]
	_ = out.WriteByte('2')
	for i, c := range columns() {
		v := values[i]
		if c.Type == "number" {
			v = strings.ReplaceAll(v, ",", "")
			if n, err := strconv.ParseUint(v, 10, 63); err == nil && c.Name == "amount_incl" {
				w.total += int64(n)
			}
			_, _ = out.WriteString(strings.Repeat("0", c.Width-len(v)) + v)
			continue
		}
		raw := w.encode(v)
		if len(raw) > c.Width && w.err == nil {
			w.err = fmt.Errorf("%q is longer than %d bytes", v, c.Width)
		}
		_, _ = out.Write(raw)
		for range c.Width - len(raw) {
			_ = out.WriteByte(' ')
		}
	}
	_, _ = out.WriteString("     \r\n")
}
