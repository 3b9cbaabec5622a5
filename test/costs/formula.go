package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// What divides a day's files (shared/day): bytes of a held chunk, and of a group of buckets, of which there
// is a power of two up to 256.
const (
	chunkBytes  = 16 << 20
	groupBytes  = 12 << 20
	mostGroups  = 256
	baseLines   = 20_000
	baseParties = 3 // providers of the demo
)

// term is what one more of something asks for: Counts divided by per.
type term struct {
	name   string
	counts Counts
	per    float64
}

// of gives a count for one.
func (t *term) of(q quantity) float64 { return float64(*q.of(&t.counts)) / t.per }

// formula says what a day asks for as a sum of terms: so much for the day, each file, line, member, provider,
// chunk, group, chunk in a group, and mail. It is solved from small days of which each has more of one thing.
type formula struct {
	day, file, line, member, provider, chunk, group, cross, mail term
}

func (f *formula) terms() []*term {
	return []*term{&f.day, &f.file, &f.line, &f.member, &f.provider, &f.chunk, &f.group, &f.cross, &f.mail}
}

// solve counts the small days.
func solve(ctx context.Context, dir string) (*formula, error) {
	const moreLines, moreMembers, moreGroups, chunkSize = 30_000, 10_000, 16, 256 << 10
	var days []*Day
	for i, spec := range []Spec{
		{Lines: baseLines},
		{Lines: baseLines, Files: 2},
		{Lines: baseLines + moreLines},
		{Lines: baseLines, Members: usualMembers + moreMembers},
		{Lines: baseLines, Providers: 1, Silent: true},
		{Lines: baseLines, ChunkSize: chunkSize},
		{Lines: baseLines, Groups: moreGroups},
		{Lines: baseLines, ChunkSize: chunkSize, Groups: moreGroups},
		{Lines: baseLines, Silent: true},
	} {
		if spec.Members == 0 {
			spec.Members = usualMembers
		}
		fmt.Fprintf(os.Stderr, "costs: small day %d of 9\n", i+1)
		d, err := Count(ctx, dir, spec)
		if err != nil {
			return nil, err
		}
		days = append(days, d)
	}
	base, silent := days[0], days[8]
	more := func(name string, d, than *Day, per float64) term {
		t := term{name: name, counts: d.Counts, per: per}
		t.counts.add(&than.Counts, -1)
		return t
	}
	chunks := float64(chunksOf(base.Arrived, chunkSize) - 1)
	f := &formula{
		file:     more("file", days[1], base, 1),
		line:     more("1,000 lines", days[2], base, moreLines/1000),
		member:   more("1,000 members", days[3], base, moreMembers/1000),
		provider: more("provider", days[4], silent, 1),
		chunk:    more("chunk", days[5], base, chunks),
		group:    more("group", days[6], base, moreGroups-1),
		cross:    more("chunk × group", days[7], days[5], chunks*(moreGroups-1)),
		mail:     more("mail", base, silent, float64(base.Counts.Mails)),
	}
	f.cross.counts.add(&f.group.counts, -1)
	// What is left of the base day when its own file, lines, providers and so on are taken away.
	f.day = term{name: "day", counts: silent.Counts, per: 1}
	for _, q := range quantities() {
		rest := f.sum(q, &Spec{Lines: baseLines, Members: usualMembers, Silent: true}, 1, 1) - f.day.of(q)
		*q.of(&f.day.counts) -= int64(rest + 0.5)
	}
	return f, nil
}

func chunksOf(bytes, size int64) int64 { return (bytes + size - 1) / size }

func groupsOf(bytes int64) int64 {
	n := int64(1)
	for n < mostGroups && n*groupBytes < bytes {
		n *= 2
	}
	return n
}

// sum is what a day asks for by the formula.
func (f *formula) sum(q quantity, s *Spec, chunks, groups int64) float64 {
	total := f.day.of(q) + f.file.of(q)*float64(max(1, s.Files)) + f.line.of(q)*float64(s.Lines)/1000 +
		f.member.of(q)*float64(s.Members)/1000 + f.provider.of(q)*float64(baseParties+s.Providers) +
		f.chunk.of(q)*float64(chunks) + f.group.of(q)*float64(groups) + f.cross.of(q)*float64(chunks*groups)
	if !s.Silent {
		total += f.mail.of(q) * float64(1+baseParties+s.Providers)
	}
	return total
}

// scaled is a day that nobody ran: its counts by the formula, its bytes by the larger of two days that were,
// and its time by both, as a line through them.
func (f *formula) scaled(small, large *Day, lines int64) (*Day, error) {
	d := &Day{Spec: large.Spec, Steps: map[string]*Step{}, News: large.News}
	d.Spec.Lines = lines
	times := lines / large.Spec.Lines
	if times*large.Spec.Lines != lines {
		return nil, fmt.Errorf("%d is no multiple of %d lines", lines, large.Spec.Lines)
	}
	d.Arrived, d.Objects, d.Items = large.Arrived*times, large.Objects*times, large.Items*times
	chunks, groups := chunksOf(d.Arrived, chunkBytes), groupsOf(d.Arrived)
	for _, q := range quantities() {
		*q.of(&d.Counts) = int64(f.sum(q, &d.Spec, chunks, groups) + 0.5)
	}
	d.Log = large.Log * d.Counts.Calls / large.Counts.Calls
	for name, s := range large.Steps {
		more := *s
		if before := small.Steps[name]; before != nil && s.Took > before.Took {
			apart := float64(large.Spec.Lines - small.Spec.Lines)
			more.Took += time.Duration(float64(s.Took-before.Took) / apart * float64(lines-large.Spec.Lines))
		}
		switch name {
		case "convert":
			more.Calls = chunks
		case "rate", "grant":
			more.Calls = groups
		}
		// What a call waits for grows with its number; requests for items with the lines.
		items := s.Counts.TableRequests * times
		more.Counts = Counts{}
		more.Counts.add(&s.Counts, (more.Calls+s.Calls-1)/s.Calls)
		more.Counts.Calls, more.Counts.TableRequests = more.Calls, items
		d.Steps[name] = &more
	}
	return d, nil
}

// table writes the terms.
func (f *formula) table() string {
	var out strings.Builder
	out.WriteString("| |")
	for _, t := range f.terms() {
		out.WriteString(" " + t.name + " |")
	}
	out.WriteString("\n|---|" + strings.Repeat("---:|", len(f.terms())) + "\n")
	for _, q := range quantities() {
		out.WriteString("| " + q.name + " |")
		for _, t := range f.terms() {
			n := t.of(q)
			text := amount(n)
			if n < 0 {
				text = "-" + amount(-n)
			}
			out.WriteString(" " + text + " |")
		}
		out.WriteString("\n")
	}
	return out.String()
}

// check compares the formula with a day that was counted.
func (f *formula) check(d *Day) string {
	var out strings.Builder
	fmt.Fprintf(&out, "| %s lines | counted | by the formula |\n|---|---:|---:|\n",
		grouped(float64(d.Spec.Lines)))
	chunks, groups := chunksOf(d.Arrived, chunkBytes), groupsOf(d.Arrived)
	for _, q := range quantities() {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", q.name, grouped(float64(*q.of(&d.Counts))),
			grouped(f.sum(q, &d.Spec, chunks, groups)))
	}
	return out.String()
}
