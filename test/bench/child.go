package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/rating"
)

// childWord as the first argument makes the program one contender, which does its work once and prints a
// figure as JSON.
const childWord = "child"

// figure is what one contender measured of itself.
type figure struct {
	Seconds float64 `json:"seconds"` // of the work, without the start of the process
	CPU     float64 `json:"-"`       // seconds of all threads, of the whole process
	Records int64   `json:"records"` // lines read, or transactions rated
	Rated   bool    `json:"rated"`   // records are transactions of a number of its own
	Bad     int64   `json:"bad"`     // of the records
	Allocs  float64 `json:"allocs"`  // a record; Go only
	PeakKiB int64   `json:"peak_kib"`
	SHA256  string  `json:"sha256,omitempty"` // of the output, if it was asked for
	Note    string  `json:"note,omitempty"`
}

// work is what a contender is asked to do.
type work struct {
	in, out string // out: a file or folder, "hash" for the output's SHA-256, empty = /dev/null
	feed    string
	lines   int // for which the shop's caps are made
	days    int // of a month
	sum     bool
}

// contenders are those that are Go programs; others are in peers.py.
var contenders = map[string]func(*work) (figure, error){
	"convert":      convertFile,
	"plain":        plainFile,
	"bare":         bareFile,
	"sha256":       hashFile,
	"floor":        floorFile,
	"binary":       binaryFile,
	"rate-decoded": rateDecoded,
	"rate":         rateFile,
	"rate-closed":  rateFileClosed,
	"take-in":      takeIn,
	"day":          runDay,
	"raw":          rawDay,
	"month":        runMonth,
	"simulate":     simulateMonth,
	"explain":      explainLine,
}

// runChild does one contender's work and gives the exit code.
func runChild(args []string) int {
	w := &work{}
	flags := flag.NewFlagSet(childWord, flag.ContinueOnError)
	flags.StringVar(&w.in, "in", "", "file to read")
	flags.StringVar(&w.out, "out", "", "file or folder to write, or hash")
	flags.StringVar(&w.feed, "feed", "POS", "code of the feed")
	flags.IntVar(&w.lines, "lines", 0, "lines of the file")
	flags.IntVar(&w.days, "days", 1, "days of a month")
	flags.BoolVar(&w.sum, "sum", false, "hash what is read")
	profile := flags.String("profile", "", "file for a CPU profile")
	if len(args) == 0 || contenders[args[0]] == nil || flags.Parse(args[1:]) != nil {
		fmt.Fprintln(os.Stderr, "bench: no such contender:", args)
		return 2
	}
	debug.SetMemoryLimit(240 << 20) // as the program does
	f, err := profiled(*profile, func() (figure, error) { return contenders[args[0]](w) })
	if err == nil {
		f.PeakKiB, err = peak()
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

func profiled(path string, do func() (figure, error)) (figure, error) {
	if path == "" {
		return do()
	}
	file, err := os.Create(path)
	if err != nil {
		return figure{}, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return figure{}, errors.Join(err, file.Close())
	}
	f, err := do()
	pprof.StopCPUProfile()
	return f, errors.Join(err, file.Close())
}

// measured times work on records and counts its allocations.
func measured(f *figure, do func() error) error {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	err := do()
	f.Seconds = time.Since(start).Seconds()
	runtime.ReadMemStats(&after)
	if f.Records > 0 {
		f.Allocs = float64(after.Mallocs-before.Mallocs) / float64(f.Records)
	}
	return err
}

// peak is the largest resident size of this process. The kernel's figure for children that ended would count
// the parent's size before exec.
func peak() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, nil // elsewhere than on Linux the figure is left out
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
		}
	}
	return 0, nil
}

// target is where a contender's output goes.
type target struct {
	io.Writer
	file *os.File
	sum  hash.Hash
}

func (w *work) target() (*target, error) {
	if w.out == "hash" {
		h := sha256.New()
		return &target{Writer: h, sum: h}, nil
	}
	path := w.out
	if path == "" {
		path = os.DevNull
	}
	f, err := os.Create(path)
	return &target{Writer: f, file: f}, err
}

func (t *target) end(f *figure) error {
	if t.sum != nil {
		f.SHA256 = hex.EncodeToString(t.sum.Sum(nil))
		return nil
	}
	return t.file.Close()
}

// hashFile hashes the file and does nothing else.
func hashFile(w *work) (figure, error) {
	var f figure
	err := measured(&f, func() error {
		in, err := os.Open(w.in)
		if err != nil {
			return err
		}
		defer func() { _ = in.Close() }()
		h := sha256.New()
		n, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{in}, make([]byte, 1<<20))
		f.Records = n / recordBytes
		f.SHA256 = hex.EncodeToString(h.Sum(nil))
		return err
	})
	return f, err
}

// rateFile takes a file through the whole engine as the command rate does, its outputs into a folder: grants,
// the providers' files with their links, bad lines, rating errors.
func rateFile(w *work) (figure, error) { return w.rate(false) }

// rateFileClosed does so on a day on which the providers take no files, so that the entries wait in carried/.
func rateFileClosed(w *work) (figure, error) { return w.rate(true) }

func (w *work) rate(closed bool) (figure, error) {
	f := figure{Records: int64(w.lines)}
	set := shop(w.lines)
	for i := range set.Outlets {
		if closed {
			set.Outlets[i].Closed = []calendar.Date{runDate()}
		}
	}
	files := []rating.File{{
		Name: filepath.Base(w.in), Feed: w.feed, Open: func() (io.ReadCloser, error) { return os.Open(w.in) },
	}}
	temp, err := os.MkdirTemp(filepath.Dir(w.out), "temp-")
	if err != nil {
		return f, err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	err = measured(&f, func() error {
		folder, err := rating.NewFolder(w.out, files)
		if err != nil {
			return err
		}
		res, err := rating.Run(&rating.Job{
			Set: set, RunDate: runDate(), Run: 1, Files: files,
			Options: rating.Options{Threads: 2, TempDir: temp},
		}, folder)
		if e := folder.Close(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
		if v := &res.Files[0].Verdict; v.Refused != nil {
			return v.Refused
		}
		f.Bad = res.Totals.Bad
		f.Note = fmt.Sprintf("%d duplicates or in error", res.Totals.Duplicates.Lines+res.Totals.Errors.Lines)
		return nil
	})
	return f, err
}

// onOneCore keeps a command on one core where the system can.
func onOneCore(args []string) []string {
	if _, err := exec.LookPath("taskset"); err != nil {
		return args
	}
	return append([]string{"taskset", "-c", strconv.Itoa(runtime.NumCPU() - 1)}, args...)
}
