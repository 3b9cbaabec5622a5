package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/transform"

	"multipoint/shared/transaction"
)

// The plain peer: what a Go programmer writes first. encoding/csv reads what x/text decodes, fields are
// strings, dates go through package time, the output through a buffered writer. It checks what the feed POS
// asks for and writes the same common layout; that its output is the same is checked by hash.

// plainColumn numbers the columns of the file.
const (
	plainKind = iota
	plainDate
	plainTime
	plainStore
	plainRegister
	plainReceipt
	plainCard
	plainStaff
	plainAffiliate
	plainIncl
	plainExcl
	plainGrantType
	plainOriginalDate
	plainOriginalStore
	plainOriginalRegister
	plainOriginalReceipt
	plainMemo
	plainColumns
)

var errBad = errors.New("a bad line")

func plainReader(in io.Reader) *csv.Reader {
	r := csv.NewReader(transform.NewReader(bufio.NewReaderSize(in, 1<<20), japanese.ShiftJIS.NewDecoder()))
	r.ReuseRecord = true
	r.FieldsPerRecord = plainColumns
	return r
}

// bareFile decodes and splits, and does nothing with what it reads.
func bareFile(w *work) (figure, error) {
	f := figure{Records: int64(w.lines)}
	err := measured(&f, func() error {
		in, err := os.Open(w.in)
		if err != nil {
			return err
		}
		defer func() { _ = in.Close() }()
		r := plainReader(in)
		for {
			if _, err := r.Read(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
	return f, err
}

// plainFile converts the CSV file.
func plainFile(w *work) (figure, error) {
	f := figure{Records: int64(w.lines)}
	out, err := w.target()
	if err != nil {
		return f, err
	}
	c := newPlain(out)
	err = measured(&f, func() error {
		in, err := os.Open(w.in)
		if err != nil {
			return err
		}
		defer func() { _ = in.Close() }()
		if err := c.convert(plainReader(in)); err != nil {
			return err
		}
		return c.out.Flush()
	})
	f.Bad = c.bad
	if err != nil {
		return f, err
	}
	err = out.end(&f)
	return f, err
}

// plain is the plain converter.
type plain struct {
	out        *bufio.Writer
	row        []byte
	bad        int64
	ranges     []plainRange
	affiliates map[string]string // code, or prefix of six digits, to code
	kinds      map[string]string
	run        time.Time
	escapes    *strings.Replacer
}

type plainRange struct {
	code, provider, low, high string
	luhn                      bool
}

func newPlain(out io.Writer) *plain {
	set := shop(0)
	c := &plain{
		out: bufio.NewWriterSize(out, 1<<20), affiliates: map[string]string{},
		kinds: map[string]string{"売上": "sale", "返品": "return", "取消": "cancel"},
		run:   time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
		escapes: strings.NewReplacer("/", "%2F", "%", "%25", ",", "%2C", `"`, "%22", "\n", "%0A", "\r", "%0D",
			":", "%3A", ";", "%3B"),
	}
	for _, m := range set.Cards {
		c.ranges = append(c.ranges, plainRange{m.Code, m.Provider, m.Min, m.Max, m.Check == "LUHN"})
	}
	for _, a := range set.Affiliates {
		c.affiliates[a.Code] = a.Code
		for _, p := range a.Prefixes {
			c.affiliates[p] = a.Code
		}
	}
	return c
}

func (c *plain) convert(r *csv.Reader) error {
	if _, err := c.out.WriteString(transaction.CSVHeader); err != nil {
		return err
	}
	for line := int64(1); ; line++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if line == 1 {
			continue // the titles
		}
		c.row = c.row[:0]
		if err := c.receipt(line, record); err != nil {
			c.bad++
			continue
		}
		if _, err := c.out.Write(c.row); err != nil {
			return err
		}
	}
}

// receipt appends one line to the row, or says that it is bad.
func (c *plain) receipt(line int64, r []string) error {
	for _, field := range r {
		if strings.Contains(field, "\uFFFD") || strings.Contains(field, "\x00") {
			return errBad
		}
	}
	kind, ok := c.kinds[r[plainKind]]
	if !ok {
		return errBad
	}
	date, err := time.Parse("2006/01/02", r[plainDate])
	if err != nil || date.After(c.run) || date.Before(c.run.AddDate(0, 0, -90)) {
		return errBad
	}
	instant, err := plainInstant(date, r[plainTime])
	if err != nil {
		return errBad
	}
	back := kind != "sale"
	original, err := c.original(back, r)
	if err != nil || !back && r[plainReceipt] == "" {
		return errBad
	}
	incl, excl, err := plainAmounts(kind, r)
	if err != nil {
		return errBad
	}
	card, found, err := c.card(r[plainCard], original != "")
	if err != nil {
		return errBad
	}
	day := date.Format("2006-01-02")
	key := c.key(day, r[plainStore], r[plainRegister], r[plainReceipt])
	own := key
	if back {
		named := key
		if original != "" {
			named = original
		}
		sequence := "1"
		if r[plainReceipt] != "" {
			sequence = key
		}
		own = named + "/" + kind + "/" + sequence
	}
	c.row = fmt.Appendf(c.row, "POS,1,%d,0,%s,%s,%s,%s,%s,%s,", line, kind, own, original,
		day, r[plainTime], instant)
	for _, text := range [...]string{
		r[plainStore], r[plainRegister], r[plainReceipt], card, found.code, found.provider,
	} {
		c.text(text)
	}
	c.row = append(c.row, ',')
	c.text(c.affiliate(r[plainAffiliate]))
	c.row = strconv.AppendInt(c.row, incl, 10)
	c.row = append(c.row, ',')
	c.row = strconv.AppendInt(c.row, excl, 10)
	c.row = append(c.row, ",0,0,0,0,,"...)
	c.text(r[plainGrantType])
	c.row = append(c.row, ",\n"...)
	return nil
}

// text appends one field and a comma, in quotes where it needs them.
func (c *plain) text(s string) {
	if strings.ContainsAny(s, ",\"\r\n") {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	c.row = append(c.row, s...)
	c.row = append(c.row, ',')
}

func plainInstant(date time.Time, clock string) (string, error) {
	if clock == "" {
		return "", nil
	}
	if len(clock) != 8 || clock[2] != ':' || clock[5] != ':' {
		return "", errBad
	}
	h, err1 := strconv.Atoi(clock[:2])
	m, err2 := strconv.Atoi(clock[3:5])
	s, err3 := strconv.Atoi(clock[6:])
	if err1 != nil || err2 != nil || err3 != nil || h > 29 || m > 59 || s > 59 || min(h, m, s) < 0 {
		return "", errBad
	}
	at := date.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second)
	return at.Format("2006-01-02T15:04:05") + "+09:00", nil
}

func (c *plain) key(day, store, register, number string) string {
	return day + "/" + c.escapes.Replace(store) + "/" + c.escapes.Replace(register) + "/" +
		c.escapes.Replace(number)
}

// original gives the key of the sale that a return names, empty if it names none.
func (c *plain) original(back bool, r []string) (string, error) {
	named := r[plainOriginalDate : plainOriginalReceipt+1]
	if !back || !slices.ContainsFunc(named, func(s string) bool { return s != "" }) {
		return "", nil
	}
	day := ""
	if named[0] != "" {
		date, err := time.Parse("2006/01/02", named[0])
		if err != nil {
			return "", errBad
		}
		day = date.Format("2006-01-02")
	}
	return c.key(day, named[1], named[2], named[3]), nil
}

func plainAmounts(kind string, r []string) (incl, excl int64, err error) {
	blank := kind == "cancel"
	if incl, err = plainYen(r[plainIncl], blank); err != nil {
		return 0, 0, err
	}
	if excl, err = plainYen(r[plainExcl], blank); err != nil {
		return 0, 0, err
	}
	if incl < 0 {
		if kind == "sale" {
			return 0, 0, errBad
		}
		incl, excl = -incl, -excl
	}
	if incl < 0 && excl > 0 || incl > 0 && excl < 0 {
		return 0, 0, errBad
	}
	return incl, excl, nil
}

func plainYen(s string, blank bool) (int64, error) {
	if s == "" {
		if blank {
			return 0, nil
		}
		return 0, errBad
	}
	v, err := strconv.ParseInt(strings.ReplaceAll(s, ",", ""), 10, 64)
	if err != nil || v > 1e12 || v < -1e12 {
		return 0, errBad
	}
	return v, nil
}

// card normalises a card number and finds its range.
func (c *plain) card(raw string, optional bool) (string, plainRange, error) {
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '-' || r == '－' || r == '−' || r == ' ' || r == '　':
			return -1
		}
		return r
	}, raw)
	if digits == "" {
		if optional {
			return "", plainRange{}, nil
		}
		return "", plainRange{}, errBad
	}
	for i := range digits {
		if digits[i] < '0' || digits[i] > '9' {
			return "", plainRange{}, errBad
		}
	}
	for _, x := range c.ranges {
		if len(digits) == len(x.low) && x.low <= digits && digits <= x.high {
			if x.luhn && !plainLuhn(digits) {
				return "", plainRange{}, errBad
			}
			return digits, x, nil
		}
	}
	return "", plainRange{}, errBad
}

func plainLuhn(digits string) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func (c *plain) affiliate(raw string) string {
	if code, ok := c.affiliates[raw]; ok || len(raw) < 11 || !strings.Contains(raw, "*") {
		return code
	}
	return c.affiliates[raw[:6]]
}
