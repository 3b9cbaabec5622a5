// Command omniparser reads the CP932 bench file with jf-tech/omniparser into one JSON record a line, as a
// contender of test/bench. It is a module of its own so that the product does not depend on it.
package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/jf-tech/omniparser"
	"github.com/jf-tech/omniparser/transformctx"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/transform"
)

//go:embed schema.json
var schema string

// figure is what test/bench reads of a contender.
type figure struct {
	Seconds float64 `json:"seconds"`
	Records int64   `json:"records"`
	Allocs  float64 `json:"allocs"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "omniparser:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("name the file")
	}
	s, err := omniparser.NewSchema("sales", strings.NewReader(schema))
	if err != nil {
		return err
	}
	var f figure
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	if f.Records, err = read(s, os.Args[1]); err != nil {
		return err
	}
	f.Seconds = time.Since(start).Seconds()
	runtime.ReadMemStats(&after)
	f.Allocs = float64(after.Mallocs-before.Mallocs) / float64(f.Records)
	return json.NewEncoder(os.Stdout).Encode(f)
}

func read(s omniparser.Schema, path string) (n int64, err error) {
	in, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	text := transform.NewReader(bufio.NewReaderSize(in, 1<<20), japanese.ShiftJIS.NewDecoder())
	t, err := s.NewTransform("sales", text, &transformctx.Ctx{})
	if err != nil {
		return 0, err
	}
	for {
		if _, err := t.Read(); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
		n++
	}
}
