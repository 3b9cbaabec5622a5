//go:build unix

package mailing

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"multipoint/shared/mail"
	"multipoint/shared/table"
	"multipoint/shared/table/memory"
	"multipoint/shared/table/pebble"
)

// death comes at some step of a life: before the step, or after it with its answer lost. A step is a write or
// read of the table, or a mail.
type death struct {
	mu   sync.Mutex
	left int // steps until then
	last bool
	now  func() // what happens then
	dead bool
}

var errDead = errors.New("the process is dead")

// step does something that the process may not survive.
func (d *death) step(do func() error) error {
	d.mu.Lock()
	d.left--
	mine, late := d.left == 0, d.last
	if mine {
		d.dead = true
	}
	dead := d.dead && !(mine && late)
	d.mu.Unlock()
	if mine && !late {
		d.now()
	}
	if dead {
		return errDead
	}
	err := do()
	if mine && late {
		d.now()
		return errDead
	}
	return err
}

// mortal is a table of a process that dies.
type mortal struct {
	table.Table
	death *death
}

func (m mortal) Get(ctx context.Context, k table.Key) (item table.Item, ok bool, err error) {
	err = m.death.step(func() error {
		var err error
		item, ok, err = m.Table.Get(ctx, k)
		return err
	})
	return item, ok, err
}

func (m mortal) Put(ctx context.Context, item table.Item, when table.Condition) error {
	return m.death.step(func() error { return m.Table.Put(ctx, item, when) })
}

func (m mortal) Delete(ctx context.Context, item table.Item, when table.Condition) error {
	return m.death.step(func() error { return m.Table.Delete(ctx, item, when) })
}

func (m mortal) Transact(ctx context.Context, actions []table.Action) error {
	return m.death.step(func() error { return m.Table.Transact(ctx, actions) })
}

func (m mortal) BatchPut(ctx context.Context, items []table.Item) error {
	return m.death.step(func() error { return m.Table.BatchPut(ctx, items) })
}

func (m mortal) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	err = m.death.step(func() error {
		var err error
		page, err = m.Table.Query(ctx, q)
		return err
	})
	return page, err
}

// pen is the sender of a process that dies; behind it mails are taken for good.
type pen struct {
	mail.Sender
	death *death
}

func (p pen) Send(ctx context.Context, m mail.Message) error {
	return p.death.step(func() error { return p.Sender.Send(ctx, m) })
}

const (
	killed  = 5  // times
	flying  = 6  // mails in flight
	mailing = 60 // mails
)

// A courier that dies five times, anywhere: none of its mails is missing, those that went out twice are at
// most those that were in flight, and counted. What was not yet synced is lost with the process.
func TestACourierMayDieAnywhere(t *testing.T) {
	doubles, again, deaths := 0, 0, 0
	book := standard(t)
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 1))
		box, tab := newSink(), memory.New(nil)
		clock := &clock{now: jst(24, 9, 0)}
		agree(t, officeWith(book, tab, box, clock.Now), mailing)
		added := false
		for life := 0; ; life++ {
			left := 1 + rng.IntN(400)
			if life >= killed {
				left = -1
			}
			d := &death{left: left, last: rng.IntN(2) == 0, now: func() {}}
			c := officeWith(book, mortal{tab, d}, pen{box, d}, clock.Now)
			c.Workers, c.PerDomain = flying, flying
			var err error
			if !added || seed%2 == 0 { // a step that is repeated adds them again
				_, err = c.Queue.Add(t.Context(), grants(), wishes(mailing))
				added = added || err == nil
			}
			if err == nil {
				_, err = c.Send(t.Context(), clock.now.Add(time.Hour))
			}
			if (err != nil) != d.dead {
				t.Fatalf("seed %d, life %d: %v", seed, life, err)
			}
			if life >= killed+1 { // one more, for what the last but one put back
				break
			}
			if d.dead {
				deaths++
			}
			tab = tab.Crash()
			clock.now = clock.now.Add(NewsWithin + time.Minute)
		}
		c := officeWith(book, tab, box, clock.Now)
		got := count(t, c)
		extra := box.extra()
		if box.sent() != mailing || got.Sent != mailing || got.Open != 0 {
			t.Errorf("seed %d: %d of %d mails went out, %+v", seed, box.sent(), mailing, got)
		}
		if extra > killed*flying || extra > got.Again {
			t.Errorf("seed %d: %d went out twice, %d counted, at most %d in flight", seed, extra, got.Again,
				killed*flying)
		}
		doubles, again = doubles+extra, again+got.Again
	}
	if doubles == 0 || again < doubles || deaths < 40 {
		t.Errorf("%d duplicates, %d counted in %d deaths: nothing was disturbed", doubles, again, deaths)
	}
	t.Logf("%d duplicates, %d counted, in %d deaths", doubles, again, deaths)
}

// Whoever comes after a courier that died waits for news of the mails that were in its hands.
func TestAfterADeathNewsAreWaitedFor(t *testing.T) {
	box, tab, clock := newSink(), memory.New(nil), &clock{now: jst(24, 9, 0)}
	first := office(t, tab, box, clock.Now)
	agree(t, first, 1)
	add(t, first, 1)
	d := &death{left: 1, last: true, now: func() {}}
	first.Post.Sender = pen{box, d}
	first.Post.Table, first.Queue.Table = afterwards{tab, d}, afterwards{tab, d}
	if _, err := first.Send(t.Context(), clock.now.Add(time.Hour)); err == nil || box.sent() != 1 {
		t.Fatalf("%d mails, %v: it did not die", box.sent(), err)
	}
	next := office(t, tab, box, clock.Now)
	for _, c := range []struct {
		wait  time.Duration
		extra int
	}{{time.Minute, 0}, {NewsWithin - 2*time.Minute, 0}, {time.Minute, 1}, {time.Hour, 1}} {
		clock.now = clock.now.Add(c.wait)
		send(t, next)
		if got := box.extra(); got != c.extra {
			t.Errorf("after %v it went out %d times more, want %d", c.wait, got, c.extra)
		}
	}
	if got := count(t, next); got != (Counts{Queued: 1, Sent: 1, Again: 1}) {
		t.Errorf("%+v", got)
	}
}

// afterwards is a table that a process no longer reaches once it is dead.
type afterwards struct {
	table.Table
	death *death
}

func (a afterwards) Put(ctx context.Context, item table.Item, when table.Condition) error {
	if a.death.dead {
		return errDead
	}
	return a.Table.Put(ctx, item, when)
}

func (a afterwards) Transact(ctx context.Context, actions []table.Action) error {
	if a.death.dead {
		return errDead
	}
	return a.Table.Transact(ctx, actions)
}

// extra counts the mails that the sink took more than once.
func (s *sink) extra() (n int) {
	for _, times := range s.times {
		n += times - 1
	}
	return n
}

// The child is this test's program; the environment says in which folder and which life it is.
const (
	childFolder = "MULTIPOINT_MAILING_DIR"
	childLife   = "MULTIPOINT_MAILING_LIFE"
	childSteps  = "MULTIPOINT_MAILING_STEPS"
)

func TestMain(m *testing.M) {
	if os.Getenv(childFolder) == "" {
		os.Exit(m.Run())
	}
	if err := live(context.Background(), os.Getenv(childFolder)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// live is a life of a courier that kills itself, with kill -9, after some steps.
func live(ctx context.Context, folder string) (err error) {
	life, err := strconv.Atoi(os.Getenv(childLife))
	if err != nil {
		return err
	}
	steps, err := strconv.Atoi(os.Getenv(childSteps))
	if err != nil {
		return err
	}
	tab, err := pebble.Open(filepath.Join(folder, "table"), pebble.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tab.Close()) }()
	file, err := os.OpenFile(filepath.Join(folder, "sent"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	end := func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }
	d := &death{left: steps, last: life%2 == 0, now: end}
	now := jst(24, 9, 0).Add(time.Duration(life) * (NewsWithin + time.Minute))
	book, err := Standard()
	if err != nil {
		return err
	}
	clock := func() time.Time { return now }
	c := officeWith(book, tab, pen{notebook{file}, d}, clock)
	for i := range mailing {
		err := c.Consents.Grant(ctx, memberName(i), Mail, Grants, "registration", "v1")
		if err != nil {
			return err
		}
	}
	c.Queue.Table, c.Post.Table = mortal{tab, d}, mortal{tab, d}
	c.Workers, c.PerDomain = flying, flying
	if _, err := c.Queue.Add(ctx, grants(), wishes(mailing)); err != nil {
		return err
	}
	_, err = c.Send(ctx, now.Add(time.Hour))
	return err
}

// notebook is a sender that writes a line for each mail it takes.
type notebook struct{ file *os.File }

func (n notebook) Send(_ context.Context, m mail.Message) error {
	_, err := n.file.WriteString(m.ID + "\n")
	return err
}

// The same with a process that is killed for real, over a table on disk.
func TestAProcessThatIsKilledFiveTimes(t *testing.T) {
	folder := t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	deaths, life := 0, 0
	for ; life < 20; life++ {
		steps := 150 + 37*life // somewhere among its mails, each time elsewhere
		if deaths >= killed {
			steps = -1
		}
		child := exec.CommandContext(t.Context(), program)
		child.Env = append(os.Environ(), childFolder+"="+folder, childLife+"="+strconv.Itoa(life),
			childSteps+"="+strconv.Itoa(steps))
		out, err := child.CombinedOutput()
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
			deaths++
			continue
		case err != nil:
			t.Fatalf("life %d: %v\n%s", life, err, out)
		}
		if deaths >= killed {
			break
		}
	}
	if deaths != killed {
		t.Fatalf("killed %d times in %d lives", deaths, life)
	}
	file, err := os.Open(filepath.Join(folder, "sent"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	times := map[string]int{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		times[lines.Text()]++
	}
	tab, err := pebble.Open(filepath.Join(folder, "table"), pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tab.Close() }()
	got := count(t, office(t, tab, nil, nil))
	extra := (&sink{times: times}).extra()
	if len(times) != mailing || got.Sent != mailing || got.Open != 0 {
		t.Errorf("%d of %d mails went out, %+v", len(times), mailing, got)
	}
	if extra > killed*flying || extra > got.Again {
		t.Errorf("%d went out twice, %d counted, at most %d in flight", extra, got.Again, killed*flying)
	}
	t.Logf("%d duplicates, %d counted, after %d kills", extra, got.Again, deaths)
}
