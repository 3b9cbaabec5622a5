package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"sync"

	"multipoint/shared/day"
	"multipoint/shared/object"
	objects "multipoint/shared/object/memory"
	"multipoint/shared/standalone"
	"multipoint/shared/table"
	items "multipoint/shared/table/memory"
)

// errPower is what every operation gives while the power is off, and errLost what one gives that was done but
// whose answer got lost, or that was not done.
var (
	errPower = errors.New("the power is off")
	errLost  = errors.New("the answer got lost")
)

// Chaos is a machine that loses power and whose stores lose answers, by a seed. It is a store of objects
// and a table.
type Chaos struct {
	mu      sync.Mutex
	rng     *rand.Rand
	objects *objects.Store
	table   *items.Table
	left    int // operations until the power goes off; < 0 = it stays on
	off     bool
	lost    int // of 1000 operations, how many lose their answer
	// Crashes counts losses of power, Lost lost answers, Zombies tasks of attempts that were taken over.
	Crashes, Lost, Zombies int
}

// NewChaos makes a machine with empty stores.
func NewChaos(seed uint64) *Chaos {
	return &Chaos{
		rng: rand.New(rand.NewPCG(seed, 1)), objects: objects.New(objects.Options{}), table: items.New(nil),
		left: -1, lost: 2,
	}
}

// Arm lets the power go off after up to so many operations.
func (c *Chaos) Arm(most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.lost = c.rng.IntN(most), 2
}

// Off says whether the power is off.
func (c *Chaos) Off() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.off
}

// On turns the power on again: what was not synced is gone, but for what chance had written.
func (c *Chaos) On() {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.rng.IntN(3)
	c.objects = c.objects.CrashKeeping(func(string) bool { return kept > 0 && c.rng.IntN(2) < kept })
	c.table = c.table.Crash()
	c.off, c.left = false, -1
	c.Crashes++
}

// Calm ends all disturbance.
func (c *Chaos) Calm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.lost = -1, 0
}

// do performs one operation, or not.
func (c *Chaos) do(f func(o *objects.Store, t *items.Table) error) error {
	c.mu.Lock()
	if c.left == 0 {
		c.off = true
	}
	if c.off {
		c.mu.Unlock()
		return errPower
	}
	if c.left > 0 {
		c.left--
	}
	roll := c.rng.IntN(1000)
	lose := roll < c.lost
	if lose {
		c.Lost++
	}
	o, t := c.objects, c.table
	c.mu.Unlock()
	if lose && roll%2 == 0 {
		return errLost
	}
	err := f(o, t)
	if lose && err == nil {
		return errLost
	}
	return err
}

// Drive drives a run through losses of power to its end.
func (c *Chaos) Drive(ctx context.Context, r *standalone.Runner, run *day.Run) error {
	for round := 0; ; round++ {
		if round > 12 {
			c.Calm()
		} else {
			c.Arm(600)
		}
		err := r.Drive(ctx, run)
		if c.Off() {
			c.On()
		} else if err == nil {
			return nil
		}
		if round > 30 {
			return err
		}
		before := *run
		again, err := c.resume(ctx, r, run.Run)
		if err != nil {
			return err
		}
		if again == nil {
			return nil
		}
		run = again
		c.zombie(ctx, r, &before)
	}
}

// resume begins the next attempt, through losses of power; nil if the run is closed.
func (c *Chaos) resume(ctx context.Context, r *standalone.Runner, number int64) (*day.Run, error) {
	for {
		run, err := r.Service.Run(ctx, number)
		if err == nil && run.State == day.Closed {
			return nil, nil
		}
		if err == nil {
			run, err = r.Service.Resume(ctx, number)
		}
		if c.Off() {
			c.On()
			continue
		}
		if errors.Is(err, errLost) {
			continue
		}
		return run, err
	}
}

// zombie lets a worker of the attempt before do a task: it must not change anything.
func (c *Chaos) zombie(ctx context.Context, r *standalone.Runner, run *day.Run) {
	c.mu.Lock()
	c.left = -1
	names := []string{"convert", "check", "rate", "allocate", "grant", "files", "settle", "post", "close"}
	name := names[c.rng.IntN(len(names))]
	c.Zombies++
	c.mu.Unlock()
	input, _ := json.Marshal(day.Step{Run: run.Run, Attempt: run.Attempt})
	_, _ = r.Service.Tasks()[name](ctx, input) // fenced, or done before
}

// Create and the others are those of object.Store.
func (c *Chaos) Create(ctx context.Context, key string, body io.Reader, meta map[string]string) error {
	return c.do(func(o *objects.Store, _ *items.Table) error { return o.Create(ctx, key, body, meta) })
}

// Put writes an object.
func (c *Chaos) Put(ctx context.Context, key string, body io.Reader, meta map[string]string) error {
	return c.do(func(o *objects.Store, _ *items.Table) error { return o.Put(ctx, key, body, meta) })
}

// Open reads an object.
func (c *Chaos) Open(ctx context.Context, key string, offset, n int64) (r io.ReadCloser, err error) {
	err = c.do(func(o *objects.Store, _ *items.Table) (err error) {
		r, err = o.Open(ctx, key, offset, n)
		return err
	})
	return r, err
}

// Stat describes an object.
func (c *Chaos) Stat(ctx context.Context, key string) (info object.Info, err error) {
	err = c.do(func(o *objects.Store, _ *items.Table) (err error) {
		info, err = o.Stat(ctx, key)
		return err
	})
	return info, err
}

// List lists objects.
func (c *Chaos) List(ctx context.Context, prefix, after string, n int) (page []object.Info, err error) {
	err = c.do(func(o *objects.Store, _ *items.Table) (err error) {
		page, err = o.List(ctx, prefix, after, n)
		return err
	})
	return page, err
}

// Delete removes an object.
func (c *Chaos) Delete(ctx context.Context, key string) error {
	return c.do(func(o *objects.Store, _ *items.Table) error { return o.Delete(ctx, key) })
}

// Sync makes objects last.
func (c *Chaos) Sync(ctx context.Context) error {
	return c.do(func(o *objects.Store, _ *items.Table) error { return o.Sync(ctx) })
}

// Items is the table of a Chaos.
type Items struct{ *Chaos }

// Get gives an item.
func (c Items) Get(ctx context.Context, key table.Key) (item table.Item, ok bool, err error) {
	err = c.do(func(_ *objects.Store, t *items.Table) (err error) {
		item, ok, err = t.Get(ctx, key)
		return err
	})
	return item, ok, err
}

// Put writes an item.
func (c Items) Put(ctx context.Context, item table.Item, when table.Condition) error {
	return c.do(func(_ *objects.Store, t *items.Table) error { return t.Put(ctx, item, when) })
}

// Delete removes an item.
func (c Items) Delete(ctx context.Context, item table.Item, when table.Condition) error {
	return c.do(func(_ *objects.Store, t *items.Table) error { return t.Delete(ctx, item, when) })
}

// BatchGet reads items.
func (c Items) BatchGet(
	ctx context.Context, keys []table.Key, visit func(i int, item table.Item, found bool) error,
) error {
	return c.do(func(_ *objects.Store, t *items.Table) error { return t.BatchGet(ctx, keys, visit) })
}

// BatchPut writes items; if the power goes off, some of them.
func (c Items) BatchPut(ctx context.Context, list []table.Item) error {
	half := len(list) / 2
	err := c.do(func(_ *objects.Store, t *items.Table) error { return t.BatchPut(ctx, list[:half]) })
	if err != nil {
		return err
	}
	return c.do(func(_ *objects.Store, t *items.Table) error { return t.BatchPut(ctx, list[half:]) })
}

// Query reads a partition.
func (c Items) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	err = c.do(func(_ *objects.Store, t *items.Table) (err error) {
		page, err = t.Query(ctx, q)
		return err
	})
	return page, err
}

// Transact writes items together.
func (c Items) Transact(ctx context.Context, actions []table.Action) error {
	return c.do(func(_ *objects.Store, t *items.Table) error { return t.Transact(ctx, actions) })
}

// Scan reads the table.
func (c Items) Scan(ctx context.Context, segment, segments int, cursor string) (page table.Page, err error) {
	err = c.do(func(_ *objects.Store, t *items.Table) (err error) {
		page, err = t.Scan(ctx, segment, segments, cursor)
		return err
	})
	return page, err
}

// Sync makes items last.
func (c Items) Sync(ctx context.Context) error {
	return c.do(func(_ *objects.Store, t *items.Table) error { return t.Sync(ctx) })
}
