package main

import (
	"bytes"
	"fmt"
	"strings"

	"multipoint/shared/charset"
)

// till is a line of a POS file (masters/feed/pos.yaml), as text.
type till struct {
	kind                         string // 1 sale, 2 return, 3 cancel, 4 grant
	date, clock                  string
	store, register, receipt     string
	card, member, affiliate      string
	yen                          int64
	of                           *till // what a return takes back
	pointType, grantType, points string
	staff, memo                  string
	// What makes a line bad.
	amount, sign string                     // instead of the yen and their sign
	cut          func(record []byte) []byte // changes the record's bytes
	uncounted    bool                       // its amount is not in the total (R4)
}

// tillFile gathers the records of a POS file.
type tillFile struct {
	number       int // of the file on its day
	out          bytes.Buffer
	count, total int64
	err          error
}

const tillLength = 240

var storeNames = [...]string{
	"本店", "十日坂店", "表参道店", "ソラノ町店", "髙輪坂店", "﨑浜店", "能登店", "青空台①号店",
}

// header begins the file.
func (f *tillFile) header() {
	f.write(fixed(field{"1AOZORA 20261121", 200}, field{fmt.Sprintf("%04d", f.number), 40}))
}

// write appends a record with its line end.
func (f *tillFile) write(record []byte, err error) {
	if err == nil && len(record) != tillLength {
		err = fmt.Errorf("a record has %d bytes: %q", len(record), record)
	}
	if f.err == nil {
		f.err = err
	}
	f.out.Write(record)
	f.out.WriteString("\r\n")
}

// field is a text and its width in bytes.
type field struct {
	text  string
	width int
}

// fixed writes texts in CP932, padded with spaces.
func fixed(fields ...field) ([]byte, error) {
	enc := charset.Encoder{Encoding: charset.CP932}
	var out []byte
	for _, f := range fields {
		start := len(out)
		var badAt int
		if out, badAt = enc.Append(out, []byte(f.text)); badAt >= 0 {
			return nil, fmt.Errorf("%q cannot be written in CP932", f.text[badAt:])
		}
		if n := len(out) - start; n > f.width {
			return nil, fmt.Errorf("%q needs %d bytes of %d", f.text, n, f.width)
		}
		for len(out)-start < f.width {
			out = append(out, ' ')
		}
	}
	return out, nil
}

// add writes a line; the line is given back for those that refer to it.
func (f *tillFile) add(t till) *till {
	if t.kind == "" {
		t.kind = "1"
	}
	if t.date == "" {
		t.date = "20261121"
	}
	if t.sign == "" {
		t.sign = map[bool]string{false: "1", true: "2"}[t.kind == "2" || t.kind == "3"]
	}
	incl, excl := fmt.Sprintf("%09d", t.yen), fmt.Sprintf("%09d", t.yen*100/108)
	if t.amount != "" {
		incl, t.uncounted = t.amount, true
	}
	original := till{date: "00000000"}
	if t.of != nil {
		original = *t.of
	}
	points := t.points
	if points == "" {
		points = "0000000"
	}
	record, err := fixed(
		field{"2", 1}, field{t.kind, 1}, field{t.date, 8}, field{t.clock, 4}, field{t.store, 4},
		field{storeName(t.store), 24}, field{t.register, 3}, field{t.receipt, 6}, field{t.card, 20},
		field{t.member, 10}, field{t.affiliate, 19}, field{t.sign, 1}, field{incl, 9}, field{excl, 9},
		field{original.date, 8}, field{original.store, 4}, field{original.register, 3},
		field{original.receipt, 6}, field{t.pointType, 6}, field{t.grantType, 8}, field{points, 7},
		field{t.staff, 20}, field{t.memo, 59},
	)
	if err == nil && t.cut != nil {
		record = t.cut(record)
		f.append(record)
	} else {
		f.write(record, err)
	}
	if len(record) > 0 && record[0] == '2' {
		f.count++
	}
	if !t.uncounted {
		f.total += map[string]int64{"1": t.yen, "2": -t.yen}[t.sign]
	}
	return &t
}

// append writes a record whose bytes a line has changed, its line end included.
func (f *tillFile) append(record []byte) {
	f.out.Write(record)
	if !bytes.HasSuffix(record, []byte("\n")) {
		f.out.WriteString("\r\n")
	}
}

func storeName(code string) string {
	if len(code) == 4 && code >= "0001" && code <= "0008" {
		return storeNames[code[3]-'1']
	}
	return ""
}

// end writes the trailer; more is added to the count that it declares.
func (f *tillFile) end(more int64) ([]byte, error) {
	sign, total := "1", f.total
	if total < 0 {
		sign, total = "2", -total
	}
	f.write(fixed(field{fmt.Sprintf("8%07d%s%012d", f.count+more, sign, total), tillLength}))
	return f.out.Bytes(), f.err
}

// put replaces bytes from a position (from 1), as DOMAIN counts them.
func put(at int, text string) func([]byte) []byte {
	return func(record []byte) []byte {
		copy(record[at-1:], text)
		return record
	}
}

// Positions of names, from 1.
const (
	atStoreName = 19
	atStaff     = 162
	atMemo      = 182
)

// fill writes sales of an ordinary day and gives them back. Minutes are odd or even by file, so that no two
// files have a sale at one instant and the order of files decides nothing.
func (f *tillFile) fill(c chance, n, from int) (lines []till) {
	staff := []string{"青空花子", "星野一郎", "髙橋ソラ", "﨑山美能", "森下表音", "ｱｵｿﾞﾗ ﾀﾛｳ"}
	memos := []string{
		"", "", "", "", "予約品（～12/24）", "表示価格−10円", "①番レジ", "㈱様 領収書", "Ⅲ階 催事場", "№５くじ", "㍻セール",
		"ﾎﾟｲﾝﾄｶｰﾄﾞ忘れ", "能登フェア　十％引", "ソファ配送",
	}
	for i := range n {
		t := till{
			clock: f.clock(c),
			store: fmt.Sprintf("%04d", 1+c.below(8)), register: fmt.Sprintf("%03d", 1+c.below(6)),
			receipt: fmt.Sprintf("%06d", from+i), card: c.anyCard(), yen: int64(108 + c.below(1800)),
			staff: staff[c.below(len(staff))], memo: memos[c.below(len(memos))],
		}
		if c.below(6) == 0 {
			t.yen += int64(c.below(4000))
		}
		switch c.below(12) {
		case 0:
			t.affiliate = fmt.Sprintf("910001******%04d", c.below(10_000))
		case 1:
			t.affiliate = c.of("AOBA", "TSUKIMI", "98000*******0042", "910002******0007", "900009******1111")
		case 2:
			t.card, t.member = "", memberNo(1+c.below(people))
		}
		if c.below(40) == 0 {
			t.date = "20261120"
		}
		lines = append(lines, *f.add(t))
	}
	return lines
}

// clock gives a time from 07:00 to 25:59 whose minutes are odd in odd files.
func (f *tillFile) clock(c chance) string {
	minute := c.below(30)*2 + f.number%2
	return fmt.Sprintf("%02d%02d", 7+c.below(19), minute)
}

// nasty are the characters that spoil programs (DOMAIN 2.1): bytes 5C, NEC and IBM extensions, wave dashes
// and minus signs of both kinds, half-width kana.
func nasty() []string {
	return strings.Fields("表ソ能十予噂貼暴 ～〜－−‖∥ ①㈱Ⅲ№㍻℡ 髙﨑纊ⅰ ｶﾞｷﾞｸﾞﾊﾟ ￥＼￣ 表\"能,ソ")
}
