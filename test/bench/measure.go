package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// contender is one side of a row.
type contender struct {
	name    string
	command []string
	env     []string
	// before runs untimed ahead of each round.
	before func() error
	// plain says that the command prints no figure and is timed from outside.
	plain bool
	// once says that it is so slow that one round must do.
	once bool
	// apart says that it does other work than the first one: there is no ratio.
	apart bool
}

// timing is what a contender's rounds came to.
type timing struct {
	contender
	figures []figure // by round
}

// median is the round with the median of seconds; of an even number of rounds the slower one in the middle.
func (t *timing) median() *figure {
	order := slices.Clone(t.figures)
	slices.SortFunc(order, func(a, b figure) int { return compareFloats(a.Seconds, b.Seconds) })
	return &order[len(order)/2]
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// spread gives the fastest and the slowest round in seconds.
func (t *timing) spread() (fastest, slowest float64) {
	fastest, slowest = t.figures[0].Seconds, t.figures[0].Seconds
	for _, f := range t.figures {
		fastest, slowest = min(fastest, f.Seconds), max(slowest, f.Seconds)
	}
	return fastest, slowest
}

// peakKiB is the largest resident size of all rounds.
func (t *timing) peakKiB() (most int64) {
	for _, f := range t.figures {
		most = max(most, f.PeakKiB)
	}
	return most
}

// alternate runs the contenders in turn, round by round, every other round in the opposite order, so that a
// machine that becomes slower does so for all.
func alternate(ctx context.Context, rounds int, contenders []contender) ([]timing, error) {
	timings := make([]timing, len(contenders))
	for i, c := range contenders {
		timings[i].contender = c
	}
	for round := range rounds {
		for n := range timings {
			t := &timings[n]
			if round%2 == 1 {
				t = &timings[len(timings)-1-n]
			}
			if t.once && round > 0 {
				continue
			}
			f, err := t.run(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.name, err)
			}
			fmt.Fprintf(os.Stderr, "  round %d  %-34s %8.3f s\n", round+1, t.name, f.Seconds)
			t.figures = append(t.figures, f)
		}
	}
	return timings, nil
}

// run runs the contender once and takes its figure.
func (c *contender) run(ctx context.Context) (figure, error) {
	var f figure
	if c.before != nil {
		if err := c.before(); err != nil {
			return f, err
		}
	}
	cmd := exec.CommandContext(ctx, c.command[0], c.command[1:]...)
	cmd.Env = append(os.Environ(), c.env...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if c.plain {
		cmd.Stdout = nil
	}
	start := time.Now()
	err := cmd.Run()
	f.Seconds = time.Since(start).Seconds()
	if cmd.ProcessState != nil {
		f.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	}
	if err != nil {
		return f, fmt.Errorf("%w: %s", err, tail(problems.Bytes()))
	}
	if c.plain {
		return f, nil
	}
	err = json.Unmarshal(out.Bytes(), &f)
	return f, err
}

func tail(b []byte) []byte { return b[max(0, len(b)-2000):] }

// ours makes a contender of this program.
func (b *bench) ours(name, work string, cores int, args ...string) contender {
	command := append([]string{b.program, childWord, work}, args...)
	if b.profile != "" {
		file := filepath.Join(b.profile, work+"-"+strconv.Itoa(len(args))+".pprof")
		command = append(command, "-profile", file)
	}
	return b.limited(contender{name: name, command: command}, cores)
}

// peer makes a contender of peers.py.
func (b *bench) peer(name, work string, cores int, args ...string) contender {
	command := append([]string{b.python, b.script, work, "--threads", strconv.Itoa(cores)}, args...)
	env := []string{"POLARS_MAX_THREADS=" + strconv.Itoa(cores)}
	return b.limited(contender{name: name, command: command, env: env}, cores)
}

// limited gives a contender its cores: one pinned core, or as many threads as that.
func (b *bench) limited(c contender, cores int) contender {
	c.env = append(c.env, "GOMAXPROCS="+strconv.Itoa(cores))
	if cores == 1 {
		c.command = onOneCore(c.command)
	}
	return c
}

// touch reads a file once, so that every contender finds it in the page cache.
func touch(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	buf := make([]byte, 1<<20)
	for {
		if n, err := f.Read(buf); n == 0 || err != nil {
			return nil // the end, or a fault that the contenders will report
		}
	}
}
