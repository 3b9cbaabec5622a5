// Command fuzz runs every Fuzz function of the module, each for an equal share of a total time:
//
//	go run ./test/fuzz -time 180s ./...
//
// It goes on after a finding, names each at the end and then exits with 1. An input that fails is kept by
// go test in the testdata/fuzz folder of its package; commit it there with the fix, so that it is tested for
// ever after.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	total := flag.Duration("time", 180*time.Second, "time for all functions together")
	flag.Parse()
	patterns := flag.Args()
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	err := run(ctx, os.Stdout, *total, patterns)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

// target is one Fuzz function.
type target struct {
	pkg, function string
}

func run(ctx context.Context, out io.Writer, total time.Duration, patterns []string) error {
	list, err := goTest(ctx, append([]string{"-list", "^Fuzz"}, patterns...)...)
	if err != nil {
		return fmt.Errorf("listing the functions: %w\n%s", err, list)
	}
	targets, err := parseList(list)
	if err != nil {
		return err
	}
	each := share(total, len(targets))
	fmt.Fprintf(out, "fuzz: %d functions, %v each (ok* = ended inside an input)\n", len(targets), each)
	var found []string
	for _, t := range targets {
		start := time.Now()
		output, err := goTest(ctx, "-run=^$", "-fuzz=^"+t.function+"$", "-fuzztime="+each.String(), t.pkg)
		v := judge(output, err)
		fmt.Fprintf(out, "fuzz: %-7s %s %s (%.0fs%s)\n",
			v, t.pkg, t.function, time.Since(start).Seconds(), executions(output))
		if v == finding {
			fmt.Fprintln(out, output)
			found = append(found, t.pkg+" "+t.function)
		}
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
	}
	if len(found) > 0 {
		return fmt.Errorf("%d of %d functions failed: %s",
			len(found), len(targets), strings.Join(found, ", "))
	}
	return nil
}

func goTest(ctx context.Context, args ...string) (string, error) {
	// #nosec G204 -- the arguments are this module's own function and package names
	command := exec.CommandContext(ctx, "go", append([]string{"test", "-timeout", "0"}, args...)...)
	output, err := command.CombinedOutput()
	return string(output), err
}

// parseList reads what `go test -list` prints: the names of a package's functions, then a line "ok package".
func parseList(output string) ([]target, error) {
	var targets []target
	var names []string
	for line := range strings.Lines(output) {
		words := strings.Fields(line)
		switch {
		case len(words) == 1 && strings.HasPrefix(words[0], "Fuzz"):
			names = append(names, words[0])
		case len(words) > 1 && words[0] == "ok":
			for _, name := range names {
				targets = append(targets, target{words[1], name})
			}
			names = nil
		}
	}
	if len(names) > 0 {
		return nil, fmt.Errorf("no package named for %s", strings.Join(names, ", "))
	}
	if len(targets) == 0 {
		return nil, errors.New("no Fuzz function found")
	}
	return targets, nil
}

// share is each function's time in whole seconds, at least one.
func share(total time.Duration, functions int) time.Duration {
	return max((total / time.Duration(functions)).Truncate(time.Second), time.Second)
}

// verdict says how a function's run ended.
type verdict string

const (
	passed  verdict = "ok"
	late    verdict = "ok*" // ended by its deadline in the middle of an input, with nothing found
	finding verdict = "FINDING"
)

var (
	deadline = regexp.MustCompile(`(?m)^\s+context deadline exceeded$`)
	progress = regexp.MustCompile(`execs: (\d+)`)
)

// judge tells a finding from a known fault of go test before Go 1.27 (golang/go issue 75804): at the end of
// -fuzztime the deadline itself may be reported as a failure. A real finding names the input that it wrote, a
// failing seed or a panic; then the deadline's line does not stand alone.
func judge(output string, err error) verdict {
	switch {
	case err == nil:
		return passed
	case deadline.MatchString(output) && !strings.Contains(output, "Failing input") &&
		!strings.Contains(output, "panic:") && strings.Count(output, "--- FAIL") == 1:
		return late
	}
	return finding
}

// executions gives the last count of inputs that go test printed.
func executions(output string) string {
	counts := progress.FindAllStringSubmatch(output, -1)
	if len(counts) == 0 {
		return ""
	}
	return ", " + counts[len(counts)-1][1] + " inputs"
}
