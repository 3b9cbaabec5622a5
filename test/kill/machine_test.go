package kill_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"multipoint/shared/day"
	"multipoint/shared/keys/local"
	"multipoint/shared/object"
	objects "multipoint/shared/object/memory"
	"multipoint/shared/seal"
	"multipoint/shared/standalone"
	"multipoint/shared/table"
	"multipoint/shared/table/pebble"
)

var errPower = errors.New("the power is off")

// machine has a real table on a file system that forgets what was not synced, and objects that do the same.
type machine struct {
	t     *testing.T
	files *vfs.MemFS
	disk  *objects.Store
	items *pebble.Table
	// kept is the share of what was not synced that chance has written, in per cent.
	kept int
	rng  *rand.Rand
	now  time.Time

	service *day.Service
	runner  *standalone.Runner

	power  sync.RWMutex // held for reading by what writes
	dark   bool
	writes bool  // each write is a boundary, not only each step
	passed int64 // boundaries
	told   told  // before the power went off
	cut    int64 // the boundary at which the power goes off; 0 = it stays on
}

func newMachine(t *testing.T, kept int, seed uint64) *machine {
	m := &machine{
		t: t, files: vfs.NewCrashableMem(), disk: objects.New(objects.Options{}), kept: kept,
		rng: rand.New(rand.NewPCG(seed, 2)),
	}
	m.boot()
	return m
}

// boot turns the power on: everything is opened again.
func (m *machine) boot() {
	m.t.Helper()
	var err error
	m.items, err = pebble.Open("table", pebble.Options{FS: m.files, Cache: 1 << 20})
	if err != nil {
		m.t.Fatalf("after boundary %d: %v", m.passed, err)
	}
	m.dark = false
	store := &poweredObjects{m.disk, m}
	stored := local.NewDemoKeys(store)
	parts, err := seal.New(m.t.Context(), store, stored, "R", seal.Options{})
	if err != nil {
		m.t.Fatal(err)
	}
	m.service = &day.Service{
		Retailer: "R", Objects: store, Parts: parts, Table: &poweredItems{m.items, m}, Keys: stored,
		Now:     func() time.Time { return m.now },
		Options: day.Options{ChunkSize: 300, Groups: 3, TempDir: m.t.TempDir()},
	}
	tasks := m.service.Tasks()
	for name, task := range tasks {
		tasks[name] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			if m.off() {
				return nil, errPower
			}
			out, err := task(ctx, input)
			if err != nil {
				return nil, err
			}
			if name == "settle" || name == "answer" {
				m.settled(input)
			}
			return out, m.boundary()
		}
	}
	m.runner, err = standalone.NewRunner(m.service, standalone.RunnerOptions{
		Tasks: tasks, Concurrency: 1,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

// settled notes that a run's commit was acknowledged.
func (m *machine) settled(input json.RawMessage) {
	var st day.Step
	if err := json.Unmarshal(input, &st); err != nil {
		m.t.Error(err)
	}
	m.told.settled = append(m.told.settled, st.Run)
}

func (m *machine) off() bool {
	m.power.RLock()
	defer m.power.RUnlock()
	return m.dark
}

// boundary is a moment at which the power may go off. It gives errPower from then on.
func (m *machine) boundary() error {
	m.power.Lock()
	defer m.power.Unlock()
	if m.dark {
		return errPower
	}
	m.passed++
	if m.passed != m.cut {
		return nil
	}
	m.dark = true
	m.files = m.files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: m.kept, RNG: m.rng})
	m.disk = m.disk.CrashKeeping(func(string) bool { return m.rng.IntN(100) < m.kept })
	return errPower
}

// close ends what is left of the machine before the power went off, and of the one behind.
func (m *machine) close() {
	m.t.Helper()
	if err := m.items.Close(); err != nil {
		m.t.Error(err)
	}
}

// write makes a write unless the power is off.
func (m *machine) write(f func() error) error {
	m.power.RLock()
	if m.dark {
		m.power.RUnlock()
		return errPower
	}
	err := f()
	m.power.RUnlock()
	if err == nil && m.writes {
		return m.boundary()
	}
	return err
}

// poweredObjects is a store of objects on the machine.
type poweredObjects struct {
	object.Store
	m *machine
}

func (p *poweredObjects) Create(
	ctx context.Context, key string, body io.Reader, meta map[string]string,
) error {
	return p.m.write(func() error { return p.Store.Create(ctx, key, body, meta) })
}

func (p *poweredObjects) Put(ctx context.Context, key string, body io.Reader, meta map[string]string) error {
	return p.m.write(func() error { return p.Store.Put(ctx, key, body, meta) })
}

func (p *poweredObjects) Delete(ctx context.Context, key string) error {
	return p.m.write(func() error { return p.Store.Delete(ctx, key) })
}

func (p *poweredObjects) Sync(ctx context.Context) error {
	return p.m.write(func() error { return p.Store.Sync(ctx) })
}

// poweredItems is a table on the machine.
type poweredItems struct {
	table.Table
	m *machine
}

func (p *poweredItems) Put(ctx context.Context, item table.Item, when table.Condition) error {
	return p.m.write(func() error { return p.Table.Put(ctx, item, when) })
}

func (p *poweredItems) Delete(ctx context.Context, item table.Item, when table.Condition) error {
	return p.m.write(func() error { return p.Table.Delete(ctx, item, when) })
}

func (p *poweredItems) BatchPut(ctx context.Context, items []table.Item) error {
	return p.m.write(func() error { return p.Table.BatchPut(ctx, items) })
}

func (p *poweredItems) Transact(ctx context.Context, actions []table.Action) error {
	return p.m.write(func() error { return p.Table.Transact(ctx, actions) })
}

func (p *poweredItems) Sync(ctx context.Context) error {
	return p.m.write(func() error { return p.Table.Sync(ctx) })
}
