package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress is a bar on standard error while bytes are read; it shows nothing where nobody looks.
type progress struct{ bar *progressbar.ProgressBar }

// progress begins a bar of total bytes; total < 0 = not known. It stays silent if standard error is no
// terminal, or belongs to the JSON object.
func (p *program) progress(label string, total int64) *progress {
	if !p.isTerminal(p.stderr) || p.json && p.jsonTo == p.stderr {
		return &progress{}
	}
	return &progress{progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(p.stderr),
		progressbar.OptionSetDescription(label),
		progressbar.OptionSetWidth(30),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(true),
	)}
}

// add counts bytes.
func (b *progress) add(n int64) {
	if b.bar != nil {
		_ = b.bar.Add64(n)
	}
}

// describe changes what stands before the bar.
func (b *progress) describe(label string) {
	if b.bar != nil {
		b.bar.Describe(label)
	}
}

// end takes the bar away, whether it came to its end or not.
func (b *progress) end() {
	if b.bar != nil {
		_ = b.bar.Finish()
		b.bar = nil
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
