package standalone

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/object"
)

// BackupOptions are how a copy of the data folder is made (A25). To must be given.
type BackupOptions struct {
	// To is the folder of the generations; best one of another disk. It is made if it is not there.
	To string
	// Keep is the age in days at which older generations are removed; 0 = none is.
	Keep int
	// Full copies every object anew instead of linking what the generation before has already.
	Full     bool
	Version  string      // of the program, for the record
	Progress func(int64) // told of bytes that were read; nil = nobody is
}

// Generation is what a backup is: the data folder as it was at one moment.
type Generation struct {
	Name     string    `json:"name"` // of its folder: when it was made, in Japan
	Made     time.Time `json:"made"`
	Retailer string    `json:"retailer"`
	Version  string    `json:"version,omitempty"`
	// Files are the table, keys and settings, by path; Objects those of the object store, by key.
	Files   []BackupFile   `json:"files"`
	Objects []BackupObject `json:"objects"`
	Bytes   int64          `json:"bytes"`
	// Copied is how many of the bytes were not linked.
	Copied int64 `json:"copied"`
}

// BackupFile is a file of a generation.
type BackupFile struct {
	Path   string `json:"path"` // in the data folder, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// BackupObject is an object of a generation.
type BackupObject struct {
	Key      string            `json:"key"`
	Size     int64             `json:"size"`
	SHA256   string            `json:"sha256"`
	Modified time.Time         `json:"modified"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

const (
	manifestFile  = "backup.json" // of a generation, written last
	objectsFolder = "objects"     // of the data folder and of a generation
	tableFolder   = "table"
	unfinished    = ".tmp" // behind the name of a generation that is being written
	nameForm      = "20060102-150405"
	// keysKept is how long after the destruction of a key its copies live on (R24).
	keysKept = 30 * 24 * time.Hour
	// destroyedMark is what keys.Destroy leaves in the place of a key.
	destroyedMark = "destroyed\n"
)

// Backup writes a generation while the program goes on, then removes the ones that are too old and, from
// those that stay, keys that were destroyed 30 days ago (R24). A generation is there whole or not at all, and
// is the table first, then the objects: it has every object that its table knows of. Errors: write.failed,
// read.failed, and those of the store.
func (p *Program) Backup(ctx context.Context, o BackupOptions) (*Generation, []string, error) {
	b, err := p.beginBackup(&o)
	if err != nil {
		return nil, nil, err
	}
	if err := b.write(ctx); err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(b.dir))
	}
	if err := os.Rename(b.dir, filepath.Join(o.To, b.made.Name)); err != nil {
		return nil, nil, written(b.dir, err)
	}
	if err := syncFolder(o.To); err != nil {
		return nil, nil, err
	}
	removed, err := b.tidy()
	return b.made, removed, err
}

// backup is a generation being made.
type backup struct {
	p      *Program
	o      *BackupOptions
	dir    string
	made   *Generation
	last   string // folder of the generation before, empty if there is none
	before map[string]*BackupObject
}

func (p *Program) beginBackup(o *BackupOptions) (*backup, error) {
	to, err := filepath.Abs(o.To)
	if err != nil {
		return nil, err
	}
	if inside, err := filepath.Rel(p.Dir, to); err == nil && filepath.IsLocal(inside) {
		return nil, fault.At(fault.UsageFlag, fault.Place{File: o.To},
			"A backup is not kept in the folder that it is a copy of.")
	}
	o.To = to
	if err := os.MkdirAll(to, 0o700); err != nil {
		return nil, written(to, err)
	}
	if err := dropUnfinished(to); err != nil {
		return nil, err
	}
	names, err := Generations(to)
	if err != nil {
		return nil, err
	}
	now := p.Clock.Now()
	name := now.In(japan()).Format(nameForm)
	for n := 2; slices.Contains(names, name); n++ {
		name = now.In(japan()).Format(nameForm) + "-" + strconv.Itoa(n)
	}
	b := &backup{p: p, o: o, dir: filepath.Join(to, name+unfinished), before: map[string]*BackupObject{}}
	b.made = &Generation{
		Name: name, Made: now.UTC(), Retailer: p.Service.Retailer, Version: o.Version,
		Files: []BackupFile{}, Objects: []BackupObject{},
	}
	if len(names) > 0 && !o.Full {
		b.last = filepath.Join(to, names[len(names)-1])
		g, err := readGeneration(b.last)
		if err != nil {
			return nil, err
		}
		for i := range g.Objects {
			b.before[g.Objects[i].Key] = &g.Objects[i]
		}
	}
	return b, written(b.dir, os.Mkdir(b.dir, 0o700))
}

// dropUnfinished removes what interrupted backups left.
func dropUnfinished(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, "[0-9]*-[0-9]*"+unfinished))
	for _, path := range left {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return written(dir, err)
}

// Generations gives the names of the generations in a folder, oldest first. Error: read.failed.
func Generations(dir string) ([]string, error) {
	there, err := os.ReadDir(dir)
	if err != nil {
		return nil, read(dir, err)
	}
	var names []string
	for _, e := range there {
		if _, err := time.Parse(nameForm, e.Name()[:min(len(nameForm), len(e.Name()))]); err != nil ||
			strings.HasSuffix(e.Name(), unfinished) || !e.IsDir() {
			continue
		}
		names = append(names, e.Name())
	}
	slices.SortFunc(names, func(a, b string) int { // of one second: -2 before -10
		if a[:len(nameForm)] != b[:len(nameForm)] {
			return strings.Compare(a, b)
		}
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return names, nil
}

func readGeneration(dir string) (*Generation, error) {
	path := filepath.Join(dir, manifestFile)
	text, err := os.ReadFile(path) // #nosec G304 -- the operator names the folder
	if err != nil {
		return nil, read(path, err)
	}
	g := &Generation{}
	if err := json.Unmarshal(text, g); err != nil {
		return nil, &fault.Error{Code: fault.PartDamaged, Place: fault.Place{File: path}, Err: err}
	}
	return g, nil
}

func (b *backup) write(ctx context.Context) error {
	if err := b.p.Service.Objects.Sync(ctx); err != nil {
		return err
	}
	if err := b.p.table.Checkpoint(ctx, filepath.Join(b.dir, tableFolder)); err != nil {
		return err
	}
	err := object.All(ctx, b.p.Service.Objects, "", func(info object.Info) error {
		err := b.object(ctx, &info)
		if errors.Is(err, object.ErrAbsent) {
			return nil // it was deleted meanwhile
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := b.settings(ctx); err != nil {
		return err
	}
	if err := b.table(ctx); err != nil {
		return err
	}
	text, err := json.MarshalIndent(b.made, "", " ")
	if err != nil {
		return err
	}
	if err := writeWhole(filepath.Join(b.dir, manifestFile), append(text, '\n')); err != nil {
		return written(b.dir, err)
	}
	return syncFolders(b.dir)
}

// object takes one object into the generation: linked from the generation before if it is the same, linked
// from the data folder if both are on one file system, else copied.
func (b *backup) object(ctx context.Context, info *object.Info) error {
	rel := filepath.FromSlash(info.Key)
	to := filepath.Join(b.dir, objectsFolder, rel)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return written(to, err)
	}
	same := b.before[info.Key]
	if same != nil && same.Size == info.Size && same.Modified.Equal(info.Modified) &&
		os.Link(filepath.Join(b.last, objectsFolder, rel), to) == nil {
		b.made.Objects = append(b.made.Objects, *same)
		b.made.Bytes += same.Size
		return nil
	}
	full, err := b.p.Service.Objects.Stat(ctx, info.Key)
	if err != nil {
		return err
	}
	sum, err := b.bytes(ctx, info.Key, to)
	if err != nil {
		return err
	}
	b.made.Objects = append(b.made.Objects, BackupObject{
		Key: info.Key, Size: full.Size, SHA256: sum, Modified: full.Modified, Metadata: full.Metadata,
	})
	b.made.Bytes += full.Size
	return nil
}

// bytes puts an object's bytes at a path and gives their hash.
func (b *backup) bytes(ctx context.Context, key, to string) (string, error) {
	from := filepath.Join(b.p.Dir, objectsFolder, objectsFolder, bucket, filepath.FromSlash(key))
	if !b.o.Full && os.Link(from, to) == nil {
		f, err := os.Open(to) // #nosec G304 -- just linked
		if err != nil {
			return "", read(to, err)
		}
		sum, _, err := b.hash(ctx, to, f, io.Discard)
		return sum, err
	}
	r, err := b.p.Service.Objects.Open(ctx, key, 0, -1)
	if err != nil {
		return "", err
	}
	sum, n, err := b.copy(ctx, r, to)
	b.made.Copied += n
	return sum, err
}

// hash reads a file to its end, closes it, and gives the hash of what it copied.
func (b *backup) hash(ctx context.Context, name string, from io.ReadCloser, to io.Writer) (
	sum string, n int64, err error,
) {
	defer func() { _ = from.Close() }() // it was only read
	h := sha256.New()
	n, err = io.Copy(io.MultiWriter(to, h), &ending{ctx, from, name})
	if b.o.Progress != nil {
		b.o.Progress(n)
	}
	return hex.EncodeToString(h.Sum(nil)), n, err
}

func (b *backup) copy(ctx context.Context, from io.ReadCloser, to string) (string, int64, error) {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- in our folder
	if err != nil {
		_ = from.Close() // it was only read
		return "", 0, written(to, err)
	}
	sum, n, err := b.hash(ctx, to, from, f)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return sum, n, written(to, err)
}

// settings copies everything in the data folder but objects and table: keys, clock, what the folder was made
// as, and what other parts of the program keep in files.
func (b *backup) settings(ctx context.Context) error {
	return filepath.WalkDir(b.p.Dir, func(path string, e fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(b.p.Dir, path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // it was removed meanwhile
		case err != nil || relErr != nil:
			return read(path, errors.Join(err, relErr))
		case rel == objectsFolder || rel == tableFolder:
			return fs.SkipDir
		case e.IsDir():
			return written(path, os.MkdirAll(filepath.Join(b.dir, rel), 0o700))
		case !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".new-"):
			return nil
		}
		from, err := os.Open(path) // #nosec G304,G122 -- in the data folder, which is ours alone
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return read(path, err)
		}
		sum, n, err := b.copy(ctx, from, filepath.Join(b.dir, rel))
		b.file(rel, sum, n)
		b.made.Copied += n
		return err
	})
}

// table notes the files of the table's copy.
func (b *backup) table(ctx context.Context) error {
	dir := filepath.Join(b.dir, tableFolder)
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return read(path, err)
		}
		f, err := os.Open(path) // #nosec G304,G122 -- in our folder
		if err != nil {
			return read(path, err)
		}
		sum, n, err := b.hash(ctx, path, f, io.Discard)
		rel, relErr := filepath.Rel(b.dir, path)
		b.file(rel, sum, n)
		return errors.Join(err, relErr)
	})
}

func (b *backup) file(rel, sum string, size int64) {
	b.made.Files = append(b.made.Files, BackupFile{filepath.ToSlash(rel), size, sum})
	b.made.Bytes += size
}

// tidy removes generations that are too old, and destroyed keys from those that stay.
func (b *backup) tidy() (removed []string, err error) {
	names, err := Generations(b.o.To)
	if err != nil {
		return nil, err
	}
	gone := b.destroyed()
	for _, name := range names {
		made, err := time.ParseInLocation(nameForm, name[:len(nameForm)], japan())
		switch {
		case err != nil || name == b.made.Name:
		case b.o.Keep > 0 && b.made.Made.Sub(made) > time.Duration(b.o.Keep)*24*time.Hour:
			if err := os.RemoveAll(filepath.Join(b.o.To, name)); err != nil {
				return removed, written(name, err)
			}
			removed = append(removed, name)
		default:
			if err := forget(filepath.Join(b.o.To, name), gone); err != nil {
				return removed, err
			}
		}
	}
	return removed, nil
}

// destroyed gives the keys whose destruction is so long ago that their copies go, too.
func (b *backup) destroyed() map[string]*BackupObject {
	out := map[string]*BackupObject{}
	for i := range b.made.Objects {
		if o := &b.made.Objects[i]; isDestroyed(o) && b.made.Made.Sub(o.Modified) >= keysKept {
			out[o.Key] = o
		}
	}
	return out
}

// isDestroyed tells the mark that stands in the place of a destroyed key.
func isDestroyed(o *BackupObject) bool {
	sum := sha256.Sum256([]byte(destroyedMark))
	return strings.HasPrefix(o.Key, "keys/") && o.SHA256 == hex.EncodeToString(sum[:])
}

// forget puts the marks of destroyed keys in the place of a generation's copies of them.
func forget(dir string, gone map[string]*BackupObject) error {
	there := 0
	for key, mark := range gone {
		info, err := os.Stat(filepath.Join(dir, objectsFolder, filepath.FromSlash(key)))
		if err == nil && info.Size() != mark.Size {
			there++
		}
	}
	if there == 0 {
		return nil
	}
	g, err := readGeneration(dir)
	if err != nil {
		return err
	}
	for i := range g.Objects {
		o := &g.Objects[i]
		mark := gone[o.Key]
		if mark == nil || o.SHA256 == mark.SHA256 {
			continue
		}
		path := filepath.Join(dir, objectsFolder, filepath.FromSlash(o.Key))
		if err := writeWhole(path, []byte(destroyedMark)); err != nil {
			return written(path, err)
		}
		*o = *mark
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", " ")
	if err := e.Encode(g); err != nil {
		return err
	}
	return written(dir, writeWhole(filepath.Join(dir, manifestFile), text.Bytes()))
}

func japan() *time.Location { return time.FixedZone("JST", 9*60*60) }

func read(path string, err error) error    { return diskFault(fault.ReadFailed, path, err) }
func written(path string, err error) error { return diskFault(fault.WriteFailed, path, err) }

func diskFault(code fault.Code, path string, err error) error {
	if err == nil || fault.CodeOf(err) != 0 || errors.Is(err, context.Canceled) ||
		errors.Is(err, fs.SkipDir) {
		return err
	}
	return &fault.Error{Code: code, Place: fault.Place{File: path}, Err: err}
}

// syncFolders makes the names in a folder and below last.
func syncFolders(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return read(path, err)
		}
		return syncFolder(path)
	})
}

func syncFolder(dir string) error {
	f, err := os.Open(dir) // #nosec G304 -- in our folder
	if err != nil {
		return read(dir, err)
	}
	err = f.Sync()
	if e := f.Close(); err == nil {
		err = e
	}
	return written(dir, err)
}
