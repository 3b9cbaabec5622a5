package main

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

// standardInput is how a command line names standard input.
const standardInput = "-"

func parseDate(flag, text string) (calendar.Date, error) {
	var d calendar.Date
	if err := d.UnmarshalText([]byte(text)); err != nil || d.IsZero() {
		return 0, usage(flag + " " + text + " is no date of the form yyyy-mm-dd")
	}
	return d, nil
}

// open opens a file, or standard input for "-", and gives the name that reports use. Reading ends with ctx.
func (p *program) open(ctx context.Context, path string) (io.ReadCloser, string, error) {
	if path == standardInput {
		return untilDone(ctx, p.stdin), "standard input", nil
	}
	f, err := openFile(path)
	if err != nil {
		return nil, path, err
	}
	return readCloser{reader{ctx, f}, f}, path, nil
}

func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, readFailed(path, err)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close()
		return nil, fault.At(fault.ReadFailed, fault.Place{File: path}, "This is a folder, not a file.")
	}
	return f, nil
}

type readCloser struct {
	io.Reader
	io.Closer
}

// reader gives what it reads until ctx ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// untilDone reads from a source that may block for ever; a read that is under way when ctx ends is left
// behind.
func untilDone(ctx context.Context, r io.Reader) io.ReadCloser {
	out, in := io.Pipe()
	stop := context.AfterFunc(ctx, func() { _ = out.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.CopyBuffer(in, struct{ io.Reader }{r}, make([]byte, 256<<10))
		_ = in.CloseWithError(err)
	}()
	return readCloser{out, closer(func() error { stop(); return out.Close() })}
}

// ignore closes what was only read from.
func ignore(closing func() error) { _ = closing() }

type closer func() error

func (c closer) Close() error { return c() }

// writer names its errors, and ends with ctx.
type writer struct {
	ctx  context.Context
	w    io.Writer
	name string
}

func (w writer) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.w.Write(b)
	return n, writeFailed(w.name, err)
}

// outFile is a file that is there whole or not at all: it is written under another name until it is kept.
type outFile struct {
	*os.File
	path string
	temp string // empty: a device or pipe, written as it is
}

// createFile begins a file; what is there under the name stays until the new one is kept.
func createFile(path string) (*outFile, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, writeFailed(path, err)
		}
		return &outFile{File: f, path: path}, nil
	}
	temp := path + ".tmp"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, writeFailed(path, err)
	}
	return &outFile{File: f, path: path, temp: temp}, nil
}

// keep ends the file under its name.
func (f *outFile) keep() error {
	err := f.Close()
	if err == nil && f.temp != "" {
		err = os.Rename(f.temp, f.path)
	}
	if err != nil {
		f.remove()
	}
	return writeFailed(f.path, err)
}

// drop takes the file away; after keep it does nothing.
func (f *outFile) drop() {
	if f.Close() == nil {
		f.remove()
	}
}

func (f *outFile) remove() {
	if f.temp != "" {
		_ = os.Remove(f.temp)
	}
}

// apart refuses outputs that are the input or each other, before anything is written.
func apart(paths ...string) error {
	seen := map[string]bool{}
	for _, path := range paths {
		if path == "" || path == standardInput {
			continue
		}
		full, err := filepath.Abs(path)
		if err != nil {
			return readFailed(path, err)
		}
		if target, err := filepath.EvalSymlinks(full); err == nil {
			full = target
		}
		if info, err := os.Stat(full); err == nil && !info.Mode().IsRegular() {
			continue // devices and pipes may be named more than once
		}
		if seen[full] {
			return usage(path + " is named twice; an output must not be an input or another output")
		}
		seen[full] = true
	}
	return nil
}
