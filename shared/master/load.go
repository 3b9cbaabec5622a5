package master

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"multipoint/shared/fault"
)

// Limits of a masters folder, so that no input can exhaust the machine.
const (
	MaxFileBytes = 4 << 20
	MaxDocuments = 10_000
	// MaxTotalBytes is what all files together may hold.
	MaxTotalBytes = 64 << 20
	// MaxFaults is how many faults are reported; the first ones, in the order of files and lines.
	MaxFaults = 1_000
)

// Options say what a loader cannot know from the files.
type Options struct {
	// Converter says whether a Go converter of that name is registered; nil = none is.
	Converter func(name string) bool
}

// Load reads a masters folder without Go converters; see LoadWith.
func Load(fsys fs.FS) (*Set, []*fault.Error) {
	set, _, faults := LoadWith(fsys, Options{})
	return set, faults
}

// LoadWith reads all masters below fsys: retailer.yaml, and in a folder per kind (provider, contract, feed …)
// any number of .yaml files with one or more documents each. Files and folders that begin with a dot and
// files that are not YAML are left alone. It decodes strictly, compares each document with its schema, and,
// if all fit, checks them together (Check). Faults: master.*, layout.*, read.failed, input.too_large, each
// with file and line, in that order; with any fault the Set is nil.
func LoadWith(fsys fs.FS, options Options) (*Set, *Sources, []*fault.Error) {
	return load(fsys, options, compileSchemas)
}

type schemas map[string]*jsonschema.Schema

func load(fsys fs.FS, options Options, compile func() (schemas, error)) (*Set, *Sources, []*fault.Error) {
	l := loader{fsys: fsys}
	l.folder()
	if len(l.faults) == 0 {
		l.schema(compile)
	}
	if len(l.faults) > 0 {
		return nil, nil, ordered(l.faults)
	}
	set, sources := l.build()
	if len(l.faults) > 0 {
		return nil, nil, ordered(l.faults)
	}
	if faults := Check(set, sources, options); len(faults) > 0 {
		return nil, sources, faults
	}
	set.Version = version(set)
	return set, sources, nil
}

// ordered sorts faults by file and line and keeps the first MaxFaults.
func ordered(faults []*fault.Error) []*fault.Error {
	slices.SortStableFunc(faults, func(a, b *fault.Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Field, b.Field), cmp.Compare(a.What, b.What))
	})
	return faults[:min(len(faults), MaxFaults)]
}

// loader gathers documents and faults.
type loader struct {
	fsys      fs.FS
	documents []document
	faults    []*fault.Error
	bytes     int64
}

func (l *loader) fault(code fault.Code, file string, line int, what string, err error) {
	l.faults = append(l.faults, &fault.Error{
		Code: code, What: what, Place: fault.Place{File: file, Line: int64(line)}, Err: err,
	})
}

// folder reads the top folder and the folder of each kind.
func (l *loader) folder() {
	entries, err := fs.ReadDir(l.fsys, ".")
	if err != nil {
		l.fault(fault.ReadFailed, ".", 0, "", err)
		return
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasPrefix(name, "."):
		case e.IsDir() && name != KindRetailer && slices.Contains(Kinds(), name):
			l.kind(name)
		case e.IsDir():
			l.stray(name)
		case name == KindRetailer+".yaml":
			l.file(KindRetailer, name)
		case isYAML(name):
			l.fault(fault.MasterSchema, name, 0, "only retailer.yaml stands here; put the file into its "+
				"kind's folder, "+
				"as *.yaml", nil)
		}
	}
}

// stray reports masters in a folder that is no kind; a misspelt folder must not go unread.
func (l *loader) stray(dir string) {
	entries, err := fs.ReadDir(l.fsys, dir)
	if err != nil {
		l.fault(fault.ReadFailed, dir, 0, "", err)
		return
	}
	for _, e := range entries {
		if isYAML(e.Name()) {
			l.fault(fault.MasterSchema, path.Join(dir, e.Name()), 0,
				dir+" is no kind of master; the folders are "+
					strings.Join(Kinds()[1:], ", "), nil)
		}
	}
}

func (l *loader) kind(kind string) {
	entries, err := fs.ReadDir(l.fsys, kind)
	if err != nil {
		l.fault(fault.ReadFailed, kind, 0, "", err)
		return
	}
	for _, e := range entries {
		name := e.Name()
		file := path.Join(kind, name)
		switch {
		case strings.HasPrefix(name, "."):
		case e.IsDir():
			l.fault(fault.MasterSchema, file, 0, "folders inside a kind's folder are not read; move its "+
				"files up", nil)
		case strings.HasSuffix(name, ".yaml"):
			l.file(kind, file)
		case isYAML(name):
			l.fault(fault.MasterSchema, file, 0, "masters end in .yaml; rename the file", nil)
		}
	}
}

// isYAML says whether a name looks like YAML in any spelling.
func isYAML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

func (l *loader) file(kind, name string) {
	text, err := l.read(name)
	if err != nil {
		var e *fault.Error
		if !errors.As(err, &e) {
			e = &fault.Error{Code: fault.ReadFailed, Err: err}
		}
		e.File = name
		l.faults = append(l.faults, e)
		return
	}
	r := reader{file: name}
	for _, root := range r.documents(text, MaxDocuments-len(l.documents)) {
		d := document{kind: kind, file: name, root: root}
		if code := root.get("code"); code != nil {
			d.code = code.text
		}
		l.documents = append(l.documents, d)
	}
	l.faults = append(l.faults, r.faults...)
}

// read gives a file's text with LF line ends, within the limits.
func (l *loader) read(name string) ([]byte, error) {
	f, err := l.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err != nil {
		return nil, err
	}
	l.bytes += int64(len(text))
	if len(text) > MaxFileBytes {
		return nil, fault.New(fault.InputTooLarge, "the file is larger than 4 MiB; split it")
	}
	if l.bytes > MaxTotalBytes {
		return nil, fault.New(fault.InputTooLarge, "the masters are larger than 64 MiB together")
	}
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), nil
}

// schema compares each document with the schema of its kind.
func (l *loader) schema(compile func() (schemas, error)) {
	byKind, err := compile()
	if err != nil {
		l.fault(fault.MasterSchema, "", 0, "the program's own schemas do not compile; report this", err)
		return
	}
	retailers := 0
	for i := range l.documents {
		d := &l.documents[i]
		if len(l.faults) < MaxFaults {
			l.faults = append(l.faults, validate(byKind[d.kind], d)...)
		}
		if d.kind == KindRetailer {
			if retailers++; retailers == 2 {
				l.fault(fault.MasterDuplicate, d.file, d.root.line,
					"there is one retailer; remove the other document", nil)
			}
		}
	}
	if retailers == 0 {
		l.fault(fault.MasterSchema, KindRetailer+".yaml", 0, "the file is missing or empty; add the retailer",
			nil)
	}
}

// build decodes the documents, sorted by code, into a Set.
func (l *loader) build() (*Set, *Sources) {
	slices.SortStableFunc(l.documents, func(a, b document) int { return cmp.Compare(a.code, b.code) })
	set, sources := &Set{}, &Sources{of: make(map[string][]document)}
	for _, d := range l.documents {
		if err := set.add(d); err != nil {
			l.fault(fault.MasterSchema, d.file, d.root.line, "kind "+d.kind+" "+strconv.Quote(d.code), err)
			continue
		}
		sources.of[d.kind] = append(sources.of[d.kind], d)
	}
	return set, sources
}

// add decodes one document, which its schema has let through, into its slice.
func (s *Set) add(d document) error {
	text, err := json.Marshal(d.root.value())
	if err != nil {
		return err
	}
	switch d.kind {
	case KindRetailer:
		return decode(text, &s.Retailer)
	case KindProvider:
		return decodeInto(text, &s.Providers)
	case KindContract:
		return decodeInto(text, &s.Contracts)
	case KindFeed:
		return decodeInto(text, &s.Feeds)
	case KindOutlet:
		return decodeInto(text, &s.Outlets)
	case KindCard:
		return decodeInto(text, &s.Cards)
	case KindAffiliate:
		return decodeInto(text, &s.Affiliates)
	case KindPoints:
		return decodeInto(text, &s.Points)
	case KindCampaign:
		return decodeInto(text, &s.Campaigns)
	}
	return nil
}

func decodeInto[T any](text []byte, list *[]T) error {
	var v T
	if err := decode(text, &v); err != nil {
		return err
	}
	*list = append(*list, v)
	return nil
}

func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
