// Package pebble keeps a table in a folder of this machine: the driver of one-machine installations. Writes
// of an item and of its index entries are one batch of the store; one lock makes conditions safe among the
// goroutines of the process, a lock of the folder keeps other processes out. Writers that wait for the disk
// at the same time share one wait.
//
// When the disk fails, the table answers with an error from then on and is opened again after repair: what
// had been written durably is there. Only where the store itself can not go on in the background (it can not
// record its files) the process ends, as after a loss of power.
package pebble

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	store "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"multipoint/shared/table"
)

// Errors of the driver, wrapped with the folder: test with errors.Is.
var (
	// ErrInUse: another process, or this one, has the folder open.
	ErrInUse = errors.New("the table is open elsewhere")
	// ErrDamaged: the folder's files do not belong together or can not be read.
	ErrDamaged = errors.New("the table is damaged: restore the folder from a copy, or build it again")
	// ErrClosed: the table is used after its Close.
	ErrClosed = errors.New("the table is closed")
)

// Sizes in bytes. The store keeps to the cache and the memtables, 128 MiB, and its filters are in the cache.
const (
	defaultCache = 32 << 20
	memtable     = 32 << 20
	memtables    = 3 // written ones that wait for the disk count; then writers wait
	blockSize    = 16 << 10
	indexSize    = 256 << 10 // of one block of the index of a table: in one step for a usual table
	filterBits   = 10        // of a key: 1 absent key of 100 is looked for in vain
)

// Options of a table. The zero value is for an installation.
type Options struct {
	// FS is the file system; nil = the operating system's. Tests give one that loses power.
	FS vfs.FS
	// Cache is the size of the cache in bytes, 0 = 32 MiB.
	Cache int64
	// Now gives the second (Unix) by which items expire: they are no longer read, and RemoveExpired takes
	// them away. nil = never.
	Now func() int64
	// Lag is for tests: a query of an index shows the table as it was at the query before, and pages end
	// early or are empty, as in the cloud.
	Lag bool
}

// Table is an open folder, for any number of goroutines.
type Table struct {
	folder string
	db     *store.DB
	now    func() int64
	lag    *lag // nil = the indexes do not

	write sync.Mutex // from reading what a condition needs to the write

	use    sync.Mutex // guards users and closed
	idle   *sync.Cond // users is 0
	users  int
	closed bool

	broken  atomic.Pointer[failure] // of a write: the store must be opened again
	flushed atomic.Pointer[failure] // how the last flush ended
	refused atomic.Pointer[failure] // why no writes are taken until a flush ends well
}

type failure struct{ err error }

// Open opens the table of a folder, and makes it if there is none. Errors: ErrInUse, ErrDamaged, and those of
// the disk.
func Open(folder string, options Options) (*Table, error) {
	if options.FS == nil {
		options.FS = vfs.Default
	}
	if options.Cache == 0 {
		options.Cache = defaultCache
	}
	t := &Table{folder: folder, now: options.Now}
	t.idle = sync.NewCond(&t.use)
	lock, err := lockFolder(folder, options.FS)
	if err != nil {
		return nil, err
	}
	if err = t.open(storeOptions(t, options, lock)); err != nil {
		if lock != nil {
			err = errors.Join(err, lock.Close())
		}
		return nil, err
	}
	if lock != nil { // from here on the store holds it too, and lets it go at Close
		err = lock.Close()
	}
	if options.Lag {
		t.lag = &lag{view: t.db.NewSnapshot()}
	}
	return t, err
}

func (t *Table) open(options *store.Options) (err error) {
	defer t.recovered(&err)
	if t.db, err = store.Open(t.folder, options); err != nil {
		return t.failed(err)
	}
	return nil
}

func storeOptions(t *Table, options Options, lock *store.Lock) *store.Options {
	o := &store.Options{
		FS:                          options.FS,
		Lock:                        lock,
		CacheSize:                   options.Cache + memtables*memtable, // the store takes these from it
		MemTableSize:                memtable,
		MemTableStopWritesThreshold: memtables,
		// Log records that tell a torn end from damage, tables whose footers have checksums.
		FormatMajorVersion: store.FormatTableFormatV6,
		Logger:             logger{},
		EventListener: &store.EventListener{
			// A flush ends in "an error" also when there was nothing to write; a failure is reported behind
			// it a second time. While flushes fail writes are refused, since they would wait for ever.
			FlushEnd: func(info store.FlushInfo) {
				t.refused.Store(nil)
				t.flushed.Store(&failure{info.Err})
			},
			BackgroundError: func(err error) {
				if f := t.flushed.Load(); f != nil && f.err != nil && errors.Is(err, f.err) {
					t.refused.Store(f)
				}
			},
			// Whoever reads what is damaged gets the error; the rest can still be read.
			DataCorruption: func(store.DataCorruptionInfo) {},
		},
	}
	o.Levels[0] = store.LevelOptions{ // the others take it over
		BlockSize: blockSize, IndexBlockSize: indexSize, FilterPolicy: bloom.FilterPolicy(filterBits),
	}
	return o
}

// lockFolder locks a folder that is there, so that a lock held elsewhere is told from other errors, and looks
// whether the files that the store begins with are among the others: without them it would begin anew. The
// folder of a new table is made and locked by the store.
func lockFolder(folder string, files vfs.FS) (*store.Lock, error) {
	if _, err := files.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no lock is what there is
	}
	lock, err := store.LockDirectory(folder, files)
	var file *fs.PathError // the file of the lock can not be made
	switch {
	case errors.As(err, &file):
		return nil, fmt.Errorf("table %s: %w", folder, err)
	case err != nil:
		return nil, fmt.Errorf("table %s: %w: %w", folder, ErrInUse, err)
	}
	names, err := files.List(folder)
	if err == nil && !complete(names) {
		err = fmt.Errorf("%w: there is no manifest", ErrDamaged)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("table %s: %w", folder, err), lock.Close())
	}
	return lock, nil
}

func complete(names []string) bool {
	manifest, data := false, false
	for _, name := range names {
		manifest = manifest || strings.HasPrefix(name, "marker.manifest.")
		data = data || strings.HasSuffix(name, ".sst") || strings.HasSuffix(name, ".log")
	}
	return manifest || !data
}

// Close waits for those who use the table and closes it. A table that is broken keeps its folder locked until
// the process ends. Error: ErrClosed if it is closed, and those of the disk.
func (t *Table) Close() (err error) {
	t.use.Lock()
	defer t.use.Unlock()
	if t.closed {
		return t.failed(ErrClosed)
	}
	t.closed = true
	for t.users > 0 {
		t.idle.Wait()
	}
	if f := t.broken.Load(); f != nil {
		return f.err
	}
	defer t.recovered(&err)
	if t.lag != nil {
		err = t.lag.view.Close()
	}
	// With everything in tables, damage to the log while the table is closed costs nothing.
	if err = errors.Join(err, t.db.Flush(), t.db.Close()); err != nil {
		return t.failed(err)
	}
	return nil
}

// enter begins the use of the table, which leave ends, unless the caller has given up, what it gave is wrong,
// or the table is closed or broken.
func (t *Table) enter(ctx context.Context, given ...error) error {
	if err := first(append([]error{ctx.Err()}, given...)...); err != nil {
		return err
	}
	if f := t.broken.Load(); f != nil {
		return f.err
	}
	t.use.Lock()
	defer t.use.Unlock()
	if t.closed {
		return t.failed(ErrClosed)
	}
	t.users++
	return nil
}

func (t *Table) leave() {
	t.use.Lock()
	defer t.use.Unlock()
	if t.users--; t.users == 0 {
		t.idle.Broadcast()
	}
}

// failed names the table, and ErrDamaged where the store or a value in it says so.
func (t *Table) failed(err error) error {
	if store.IsCorruptionError(err) || errors.Is(err, errValue) || errors.Is(err, errKey) {
		return fmt.Errorf("table %s: %w: %w", t.folder, ErrDamaged, err)
	}
	return fmt.Errorf("table %s: %w", t.folder, err)
}

// recovered turns a panic of the store, which is how it meets what it can not understand, into an error.
// Deferred by what calls the store; never around code of the table's user.
func (t *Table) recovered(err *error) {
	switch p := recover().(type) { //nolint:revive // every caller defers this method itself
	case nil:
	case fatal:
		*err = p
	case runtime.Error:
		*err = fmt.Errorf("table %s: %w: %w", t.folder, ErrDamaged, p)
	case error:
		*err = t.failed(p)
	default:
		*err = fmt.Errorf("table %s: %w: %v", t.folder, ErrDamaged, p)
	}
}

// expired says whether an item may no longer be seen.
func (t *Table) expired(item *table.Item) bool {
	return item.Expires != 0 && item.Expires != math.MaxInt64 && t.now != nil && item.Expires < t.now()
}
