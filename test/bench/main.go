// Command bench measures the engine beside other programs that do the same work on the same file in the same
// run (DESIGN §9), and writes docs/performance.md:
//
//	go run ./test/bench              all rows, median of five alternating rounds; from the module's root
//	go run ./test/bench -rows a,b    some rows, nothing is written to docs
//	go run ./test/bench -big         the memory row and the day with 10 M lines too
//	go run ./test/bench -smoke       20,000 lines, one round: are the results equal? Nothing else is asked
//
// Every contender is a process of its own, so that memory is its own and nobody warms another one's caches.
// What is no Go program is installed under .tools/ by pinned version.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == childWord {
		os.Exit(runChild(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// usualLines is the size of the file that docs/performance.md tells about.
const usualLines = 1_000_000

// settings are what the command line says.
type settings struct {
	root    string // of the module
	dir     string // of the bench files and outputs, empty = build/bench
	lines   int    // of the bench files
	big     int    // of the large file, 0 = none
	rounds  int
	smoke   bool
	rows    string
	profile string // folder for CPU profiles, empty = none
	python  string // the interpreter that has the peers, empty = there is none
	peers   bool   // install what is missing
}

func parse(args []string) (settings, error) {
	s := settings{root: "."}
	big := false
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&s.lines, "lines", usualLines, "lines of the bench files")
	flags.IntVar(&s.rounds, "rounds", 5, "alternating rounds, of which the median counts")
	flags.BoolVar(&s.smoke, "smoke", false, "small files, one round, only: are the results equal?")
	flags.BoolVar(&big, "big", false, "the memory row and the day with ten times as many lines too")
	flags.StringVar(&s.rows, "rows", "", "only these rows, such as a,d; docs are not written")
	flags.StringVar(&s.profile, "profile", "", "folder for CPU profiles of our side")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.smoke {
		s.lines, s.rounds = 20_000, 1
	}
	if big {
		s.big = 10 * s.lines
	}
	if s.lines < 1000 || s.rounds < 1 {
		return s, errors.New("at least 1,000 lines and one round")
	}
	s.peers = true
	return s, nil
}

func run(ctx context.Context, args []string) (err error) {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(s.root, "go.mod")); err != nil {
		return errors.New("start it in the module's root")
	}
	b, err := prepare(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	results, err := b.all(ctx)
	if err != nil {
		return err
	}
	text := b.report(ctx, results)
	fmt.Println(text)
	if s.smoke {
		fmt.Println("bench: all results are equal")
		return nil
	}
	if s.rows != "" || s.lines != usualLines {
		return nil
	}
	return os.WriteFile(filepath.Join(s.root, "docs", "performance.md"), []byte(text), 0o644)
}

// wants says whether a row was asked for.
func (s *settings) wants(row string) bool {
	if s.rows == "" {
		return true
	}
	for name := range strings.SplitSeq(s.rows, ",") {
		if name == row {
			return true
		}
	}
	return false
}
