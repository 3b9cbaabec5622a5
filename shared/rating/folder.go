package rating

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"

	"multipoint/shared/fault"
	"multipoint/shared/outlet"
)

// Folder writes a run's outputs below one folder: files/ for the providers, links/ which entry left under
// which sequence number, errors/ by input file, grants.csv and carried/ for entries that wait.
type Folder struct {
	dir    string
	names  []string // of the input files, by ordinal
	grants *out
	errors *out
	bad    *out
	at     int // ordinal of the file that errors belongs to
}

// out is a file being written through a buffer.
type out struct {
	*bufio.Writer
	file *os.File
}

func create(path string) (*out, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, wrote(err, path)
	}
	// #nosec G304 -- the folder and the input files' names are the caller's; outlet.Compile checks the others
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) // holds card numbers
	if err != nil {
		return nil, wrote(err, path)
	}
	return &out{bufio.NewWriterSize(f, 256<<10), f}, nil
}

func (o *out) close() error {
	err := o.Flush()
	if e := o.file.Close(); err == nil {
		err = e
	}
	return wrote(err, o.file.Name())
}

// NewFolder makes the output folder, which must be empty or absent.
func NewFolder(dir string, files []File) (*Folder, error) {
	there, err := os.ReadDir(dir)
	if err == nil && len(there) > 0 {
		return nil, fault.At(fault.OutputExists, fault.Place{File: dir}, "")
	}
	f := &Folder{dir: dir, names: []string{""}}
	for i := range files {
		f.names = append(f.names, files[i].Name)
	}
	if f.grants, err = create(filepath.Join(dir, "grants.csv")); err != nil {
		return nil, err
	}
	_, err = f.grants.WriteString(GrantsHeader)
	return f, wrote(err, "grants.csv")
}

// BadLines implements Output.
func (f *Folder) BadLines(file int, rows []byte) error {
	if f.bad == nil {
		var err error
		if f.bad, err = f.errorFile(file, ".bad-lines.csv", BadLinesHeader); err != nil {
			return err
		}
	}
	_, err := f.bad.Write(rows)
	return wrote(err, f.bad.file.Name())
}

func (f *Folder) errorFile(file int, suffix, header string) (*out, error) {
	name := strconv.Itoa(file) + "-" + f.names[file] + suffix
	o, err := create(filepath.Join(f.dir, "errors", name))
	if err != nil {
		return nil, err
	}
	_, err = o.WriteString(header)
	return o, wrote(err, name)
}

// File implements Output.
func (f *Folder) File(_ int, r *FileResult) error {
	if f.bad == nil {
		return nil
	}
	err := f.bad.close()
	if r.Verdict.Structure && err == nil {
		err = wrote(os.Remove(f.bad.file.Name()), f.bad.file.Name())
	}
	f.bad = nil
	return err
}

// Grants implements Output.
func (f *Folder) Grants(rows []byte) error {
	_, err := f.grants.Write(rows)
	return wrote(err, "grants.csv")
}

// RatingErrors implements Output.
func (f *Folder) RatingErrors(file int, rows []byte) error {
	if f.at != file {
		if err := f.endErrors(); err != nil {
			return err
		}
		var err error
		if f.errors, err = f.errorFile(file, ".rating-errors.csv", RatingErrorsHeader); err != nil {
			return err
		}
		f.at = file
	}
	_, err := f.errors.Write(rows)
	return wrote(err, f.errors.file.Name())
}

func (f *Folder) endErrors() error {
	if f.errors == nil {
		return nil
	}
	err := f.errors.close()
	f.errors = nil
	return err
}

// Close ends the files.
func (f *Folder) Close() error {
	err := f.grants.close()
	if e := f.endErrors(); err == nil {
		err = e
	}
	if f.bad != nil {
		if e := f.bad.close(); err == nil {
			err = e
		}
	}
	return err
}

// Carry implements Output.
func (f *Folder) Carry(code string, entries []byte) error {
	path := filepath.Join(f.dir, "carried", code+".bin")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return wrote(err, path)
	}
	// #nosec G304 -- the masters' schema checks codes
	o, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return wrote(err, path)
	}
	_, err = o.Write(entries)
	if e := o.Close(); err == nil {
		err = e
	}
	return wrote(err, path)
}

// ProviderFile implements Output.
func (f *Folder) ProviderFile(_, name string) (ProviderFile, error) {
	file, err := create(filepath.Join(f.dir, "files", name))
	if err != nil {
		return nil, err
	}
	links, err := create(filepath.Join(f.dir, "links", name+".csv"))
	if err != nil {
		return nil, err
	}
	_, err = links.WriteString("sequence,run,file,line,entries\n")
	return &providerFile{file: file, links: links}, wrote(err, name)
}

type providerFile struct {
	file, links *out
	row         []byte
	sequence    int64 // of the row that is not yet written
	at          outlet.Place
}

// Write implements ProviderFile.
func (f *providerFile) Write(b []byte) (int, error) { return f.file.Write(b) }

// Left implements ProviderFile. Entries of one transaction that left in one record share a row.
func (f *providerFile) Left(sequence int64, at outlet.Place) error {
	p := &f.at
	if len(f.row) > 0 && f.sequence == sequence && p.Run == at.Run && p.File == at.File && p.Line == at.Line {
		f.row = append(f.row, '+')
		f.row = strconv.AppendInt(f.row, int64(at.Order)+1, 10)
		return nil
	}
	if err := f.endRow(); err != nil {
		return err
	}
	f.sequence, f.at = sequence, at
	f.row = strconv.AppendInt(f.row, sequence, 10)
	for _, v := range [...]int64{at.Run, int64(at.File), at.Line, int64(at.Order) + 1} {
		f.row = append(f.row, ',')
		f.row = strconv.AppendInt(f.row, v, 10)
	}
	return nil
}

func (f *providerFile) endRow() error {
	if len(f.row) == 0 {
		return nil
	}
	_, err := f.links.Write(append(f.row, '\n'))
	f.row = f.row[:0]
	return wrote(err, f.links.file.Name())
}

// Close implements ProviderFile.
func (f *providerFile) Close(send bool) error {
	err := f.file.close()
	if e := f.endRow(); err == nil {
		err = e
	}
	if e := f.links.close(); err == nil {
		err = e
	}
	if send {
		return err
	}
	for _, o := range [...]*out{f.file, f.links} {
		if e := os.Remove(o.file.Name()); err == nil {
			err = wrote(e, o.file.Name())
		}
	}
	return err
}
