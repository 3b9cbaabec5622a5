package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"

	"multipoint/shared/card"
	"multipoint/shared/convert"
	"multipoint/shared/fault"
	"multipoint/shared/master"
	"multipoint/shared/points"
	"multipoint/shared/transaction"
)

// compiled is the shop ready for converting.
type compiled struct {
	set   *master.Set
	cards *card.Index
	feed  *convert.Feed
	names transaction.Names
}

func compile(code string, lines int) (*compiled, error) {
	c := &compiled{set: shop(lines)}
	var err error
	if c.cards, err = card.Compile(c.set.Cards, c.set.Providers); err != nil {
		return nil, err
	}
	affiliates, err := card.CompileAffiliates(c.set.Affiliates)
	if err != nil {
		return nil, err
	}
	dir := convert.Directory{Cards: c.cards, Affiliates: affiliates}
	for i := range c.set.Providers {
		dir.Providers = append(dir.Providers, c.set.Providers[i].Code)
	}
	for i := range c.set.Feeds {
		if m := &c.set.Feeds[i]; m.Code == code {
			if c.feed, err = convert.Compile(c.set, m, dir, nil); err != nil {
				return nil, err
			}
		}
	}
	if c.feed == nil {
		return nil, fault.New(fault.FeedUnknown, code)
	}
	// Both feeds write one name, so that their outputs can be compared.
	c.names = transaction.Names{Feed: "POS", Providers: dir.Providers, KeyFields: c.feed.Keys()}
	for i := range c.set.Cards {
		c.names.Schemes = append(c.names.Schemes, c.set.Cards[i].Code)
	}
	for i := range c.set.Affiliates {
		c.names.Affiliates = append(c.names.Affiliates, c.set.Affiliates[i].Code)
	}
	return c, nil
}

// lines is what a sink wrote since the last block, and how many lines were bad.
type lines struct {
	out io.Writer
	buf []byte
	bad int64
}

// Bad implements convert.Sink.
func (l *lines) Bad(*convert.BadLine) { l.bad++ }

// flush writes a block's records.
func (l *lines) flush() error {
	_, err := l.out.Write(l.buf)
	l.buf = l.buf[:0]
	return err
}

// csvSink writes good records as the common layout's CSV.
type csvSink struct {
	*lines
	rows *transaction.Rows
}

// Good implements convert.Sink. The offset is left out: a reader behind a decoder cannot know it, so the
// plain peer could not write the same bytes.
func (s *csvSink) Good(t *transaction.Transaction) {
	t.Offset = 0
	s.buf = s.rows.Append(s.buf, t)
}

// binarySink writes good records with their keys in the form that steps hand to each other, as rating does.
type binarySink struct {
	*lines
	keys []transaction.KeyField
	key  []byte
}

// Good implements convert.Sink.
func (s *binarySink) Good(t *transaction.Transaction) {
	s.key = t.SetKeys(s.keys, s.key)
	s.buf = t.AppendBinary(s.buf)
}

// convertFile turns a file into the common layout on one core.
func convertFile(w *work) (figure, error) {
	return w.convert(transaction.CSVHeader, func(l *lines, c *compiled) convert.Sink {
		return &csvSink{lines: l, rows: transaction.NewRows(&c.names)}
	})
}

// binaryFile turns a file into the form between steps on one core.
func binaryFile(w *work) (figure, error) {
	return w.convert("", func(l *lines, c *compiled) convert.Sink {
		return &binarySink{lines: l, keys: c.feed.Keys()}
	})
}

// convert turns a file into records on one core.
func (w *work) convert(header string, sinkOf func(*lines, *compiled) convert.Sink) (figure, error) {
	f := figure{Records: int64(w.lines)}
	c, err := compile(w.feed, w.lines)
	if err != nil {
		return f, err
	}
	out, err := w.target()
	if err != nil {
		return f, err
	}
	l := &lines{out: out}
	sink := sinkOf(l, c)
	var parts []convert.Part
	err = measured(&f, func() error {
		in, err := os.Open(w.in)
		if err != nil {
			return err
		}
		defer func() { _ = in.Close() }()
		var source io.Reader = in
		if w.sum {
			source = io.TeeReader(in, sha256.New())
		}
		if _, err := io.WriteString(out, header); err != nil {
			return err
		}
		parts, err = c.blocks(source, sink, l.flush)
		return err
	})
	if err != nil {
		return f, err
	}
	f.Bad = l.bad
	if v := c.feed.Check(w.in, parts); v.Refused != nil {
		return f, v.Refused
	}
	err = out.end(&f)
	return f, err
}

// blocks takes a file through a worker, block by block.
func (c *compiled) blocks(in io.Reader, sink convert.Sink, after func() error) ([]convert.Part, error) {
	worker := c.feed.NewWorker(convert.File{Ordinal: 1, Name: "sales", RunDate: runDate()}, sink)
	cutter := c.feed.Reading().Cut(in, 0)
	var parts []convert.Part
	var buf []byte
	for {
		block, err := cutter.Next(buf)
		if errors.Is(err, io.EOF) {
			return parts, nil
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, worker.Block(block))
		if err := after(); err != nil {
			return nil, err
		}
		buf = block.Bytes[:0]
	}
}

// Sales that are kept to be rated, and how often each is: more of them would measure nothing but memory.
const (
	keptSales = 100_000
	keptTimes = 10
)

// decodedSink keeps sales.
type decodedSink struct{ sales []transaction.Transaction }

// Good implements convert.Sink.
func (s *decodedSink) Good(t *transaction.Transaction) {
	if t.Kind != transaction.Sale || len(s.sales) == keptSales {
		return
	}
	own := *t
	for _, view := range [...]*[]byte{
		&own.TimeRaw, &own.Store, &own.Register, &own.Receipt, &own.Card, &own.AffiliateRaw, &own.GrantType,
	} {
		*view = bytes.Clone(*view)
	}
	own.Account = own.Card
	s.sales = append(s.sales, own)
}

// Bad implements convert.Sink.
func (s *decodedSink) Bad(*convert.BadLine) {}

// rateDecoded identifies and rates sales that are in memory: normal points and 20 campaigns, up to the caps
// that run over all buckets.
func rateDecoded(w *work) (figure, error) {
	c, err := compile(w.feed, w.lines)
	if err != nil {
		return figure{}, err
	}
	rules, err := points.Compile(c.set)
	if err != nil {
		return figure{}, err
	}
	in, err := os.Open(w.in)
	if err != nil {
		return figure{}, err
	}
	defer func() { _ = in.Close() }()
	var sink decodedSink
	if _, err := c.blocks(in, &sink, func() error { return nil }); err != nil {
		return figure{}, err
	}
	f := figure{Records: int64(keptTimes * len(sink.sales)), Rated: true}
	awards, sum := 0, int64(0)
	err = measured(&f, func() error {
		for range keptTimes {
			if awards, sum, err = rateAll(c.cards, rules, sink.sales); err != nil {
				return err
			}
		}
		return nil
	})
	f.Note = awardNote(int64(awards), sum)
	return f, err
}

func rateAll(
	cards *card.Index, rules *points.Rules, sales []transaction.Transaction,
) (n int, sum int64, err error) {
	var (
		scratch points.Scratch
		awards  []points.Award
		number  [64]byte
	)
	for i := range sales {
		t := &sales[i]
		m, code := cards.Identify(t.Card, t.Date, number[:0])
		if code != 0 {
			return 0, 0, fault.New(code, "")
		}
		t.Scheme, t.Provider = m.Card, m.Provider
		if awards, code = rules.Rate(t, nil, awards[:0], &scratch); code != 0 {
			return 0, 0, fault.New(code, "")
		}
		n += len(awards)
		for j := range awards {
			sum += awards[j].Points
		}
	}
	return n, sum, nil
}
