package account_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multipoint/shared/account"
	"multipoint/shared/fault"
	"multipoint/shared/table"
	"multipoint/shared/table/memory"
	"multipoint/shared/table/pebble"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// world is a table with the accounts of a fictitious retailer, and a clock that tests move.
type world struct {
	*account.Accounts
	table     *recorder
	passwords *account.Passwords

	mu  sync.Mutex
	now time.Time
}

var (
	members  = account.Realm{Kind: account.Member, Retailer: "fictive"}
	hq       = account.Realm{Kind: account.HQ, Retailer: "fictive"}
	partners = account.Realm{Kind: account.Partner, Retailer: "fictive", Provider: "PVA"}
	operator = account.Realm{Kind: account.Operator, Retailer: "-"}

	home = netip.MustParseAddr("192.0.2.10")
)

const (
	secret = "correct-Horse7battery" // the password of all accounts
	other  = "another-Horse8battery"
)

// cheap are the lowest parameters: tests are about what is around them.
func cheap() account.PasswordOptions {
	return account.PasswordOptions{Parameters: account.Parameters{MemoryKiB: 8, Passes: 1, Lanes: 1}}
}

func newWorld(t testing.TB, in table.Table, o account.PasswordOptions) *world {
	t.Helper()
	w := &world{table: &recorder{Table: in}, now: time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)}
	var err error
	if w.passwords, err = account.NewPasswords(o); err != nil {
		t.Fatal(err)
	}
	w.Accounts = account.New(account.Options{
		Table: w.table, Passwords: w.passwords, Sealer: turning{}, Now: w.clock,
	})
	return w
}

// each runs a test over both tables: one that never removes what expired, one that does at once.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) { test(t, newWorld(t, memory.New(nil), cheap())) })
	t.Run("pebble", func(t *testing.T) {
		var w *world
		opened, err := pebble.Open("table", pebble.Options{FS: vfs.NewMem(), Now: func() int64 {
			return w.clock().Unix()
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := opened.Close(); err != nil {
				t.Error(err)
			}
		})
		w = newWorld(t, opened, cheap())
		test(t, w)
	})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// name is the keyed hash of a login name, as a caller makes it.
func name(text string) account.Name { return account.Name(fmt.Sprintf("hash-of-%-24s", text)) }

// add makes an account with the password secret.
func (w *world) add(t testing.TB, in account.Realm, id string, names ...account.Name) account.Ref {
	t.Helper()
	hash, err := w.passwords.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	of := account.Ref{Realm: in, ID: id}
	actions, err := w.Create(account.Account{Ref: of, Password: hash}, names...)
	w.commit(t, err, actions...)
	return of
}

func (w *world) commit(t testing.TB, err error, actions ...table.Action) {
	t.Helper()
	if err == nil {
		err = w.table.Transact(t.Context(), actions)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// change loads, changes and saves an account.
func (w *world) change(t testing.TB, of account.Ref, change func(a *account.Account)) {
	t.Helper()
	a := w.load(t, of)
	change(&a)
	save, err := w.Save(a)
	w.commit(t, err, save)
}

func (w *world) load(t testing.TB, of account.Ref) account.Account {
	t.Helper()
	a, found, err := w.Load(t.Context(), of)
	if err != nil || !found {
		t.Fatalf("account %s: %v, %v", of.ID, found, err)
	}
	return a
}

// by is an attempt by one name from home.
func by(in account.Realm, typed, password string) account.Attempt {
	return account.Attempt{
		Realm: in, Names: []account.Name{name(typed)}, Password: password, Source: home,
	}
}

// from is the same attempt from an address that no other number gives.
func from(n int, attempt account.Attempt) account.Attempt {
	attempt.Source = netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)})
	return attempt
}

// try is a login of a member from home.
func (w *world) try(t testing.TB, password string, names ...account.Name) (account.Entry, error) {
	t.Helper()
	attempt := by(members, "", password)
	attempt.Names = names
	return w.Login(t.Context(), attempt)
}

// enter is a login that must succeed.
func (w *world) enter(t testing.TB, attempt account.Attempt) account.Entry {
	t.Helper()
	entry, err := w.Login(t.Context(), attempt)
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

// allow lets the staff of a realm come from home.
func (w *world) allow(t testing.TB, in account.Realm) {
	t.Helper()
	action, err := w.SetSources(in, []netip.Prefix{netip.PrefixFrom(home, home.BitLen())})
	w.commit(t, err, action)
}

func wantCode(t testing.TB, what string, err error, want fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != want {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func wantError(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// turning seals by turning bits and binding to the account: enough to see that the caller's function is
// used.
type turning struct{}

func (turning) Seal(_ context.Context, of account.Ref, plain []byte) ([]byte, error) {
	return turn(append([]byte(of.ID+"\x00"), plain...)), nil
}

func (turning) Open(_ context.Context, of account.Ref, sealed []byte) ([]byte, error) {
	plain, bound := strings.CutPrefix(string(turn(sealed)), of.ID+"\x00")
	if !bound {
		return nil, errors.New("sealed for another account")
	}
	return []byte(plain), nil
}

func turn(b []byte) []byte {
	turned := make([]byte, len(b))
	for i := range b {
		turned[i] = ^b[i]
	}
	return turned
}

// recorder notes the calls to a table: method, kinds of keys, deletes, sizes.
type recorder struct {
	table.Table
	mu    sync.Mutex
	calls []string
	// beforePut happens between a reader's look at an item and its put.
	beforePut func()
	// beforeTransact happens between a reader's look and its transaction.
	beforeTransact func()
}

// together lets its callers go on once there were so many of them.
func together(parallel int64) func() {
	var seen atomic.Int64
	all := make(chan struct{})
	return func() {
		if seen.Add(1) == parallel {
			close(all)
		}
		<-all
	}
}

func (r *recorder) note(format string, arguments ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, fmt.Sprintf(format, arguments...))
}

// taken gives the calls since it was called before.
func (r *recorder) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

// kind gives the kind of a key, of counters with what they count.
func kind(key table.Key) string {
	parts := strings.Split(key.Partition, "\x00")
	if parts[0] == "TRIES" {
		return "TRIES " + parts[4]
	}
	return parts[0]
}

func (r *recorder) Get(ctx context.Context, key table.Key) (table.Item, bool, error) {
	r.note("get %s", kind(key))
	return r.Table.Get(ctx, key)
}

func (r *recorder) Put(ctx context.Context, item table.Item, when table.Condition) error {
	r.note("put %s", kind(item.Key))
	if r.beforePut != nil {
		r.beforePut()
	}
	return r.Table.Put(ctx, item, when)
}

func (r *recorder) BatchGet(ctx context.Context, keys []table.Key,
	visit func(i int, item table.Item, found bool) error,
) error {
	kinds := make([]string, len(keys))
	for i, key := range keys {
		kinds[i] = kind(key)
	}
	r.note("batch get %s", strings.Join(kinds, ", "))
	return r.Table.BatchGet(ctx, keys, visit)
}

func (r *recorder) Transact(ctx context.Context, actions []table.Action) error {
	var kinds []string
	for i := range actions {
		kinds = append(kinds, fmt.Sprintf("%s %v %d bytes", kind(actions[i].Key), actions[i].Delete,
			len(actions[i].Body)))
	}
	r.note("transact %s", strings.Join(kinds, ", "))
	if r.beforeTransact != nil {
		r.beforeTransact()
	}
	return r.Table.Transact(ctx, actions)
}

// chance is a source of chance that gives the same in every run.
func chance() *rand.ChaCha8 { return rand.NewChaCha8([32]byte{7}) }
