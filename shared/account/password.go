package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"io"
	"runtime"

	"multipoint/shared/profile"
)

const (
	saltSize = 16
	sumSize  = 32
)

// PasswordOptions of NewPasswords. The zero value is for an installation.
type PasswordOptions struct {
	Parameters // zero = OWASP's
	// Parallel is how many passwords are worked on at a time, each in MemoryKiB; 0 = one for each core.
	Parallel int
	// Waiting is how many more may wait for their turn, 0 = 256; further ones get ErrBusy.
	Waiting int
	Random  io.Reader // of salts, nil = crypto/rand
}

// Passwords hashes and verifies passwords with argon2id, a few at a time, first come first served. For any
// number of goroutines.
type Passwords struct {
	cost     Parameters
	random   io.Reader
	admitted chan struct{} // one for each that works or waits
	working  chan struct{} // senders queue in the order in which they came
	dummy    phc           // no password has it
}

// NewPasswords checks the options. Errors: ErrInvalid, that of the source of chance.
func NewPasswords(o PasswordOptions) (*Passwords, error) {
	if o.Parameters == (Parameters{}) {
		o.Parameters = Parameters{MemoryKiB: 19 << 10, Passes: 2, Lanes: 1}
	}
	if o.Parallel == 0 {
		o.Parallel = runtime.GOMAXPROCS(0)
	}
	if o.Waiting == 0 {
		o.Waiting = 256
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	p := &Passwords{cost: o.Parameters, random: o.Random}
	chance := make([]byte, saltSize+sumSize)
	if _, err := io.ReadFull(o.Random, chance); err != nil {
		return nil, fmt.Errorf("no chance for a salt: %w", err)
	}
	p.dummy = phc{o.Parameters, chance[:saltSize], chance[saltSize:]}
	if _, err := readPHC(p.dummy.String()); err != nil || o.Parallel < 0 || o.Waiting < 0 {
		return nil, fmt.Errorf("cost %+v, %d at a time, %d waiting: %w", o.Parameters, o.Parallel, o.Waiting,
			ErrInvalid)
	}
	p.working = make(chan struct{}, o.Parallel)
	p.admitted = make(chan struct{}, o.Parallel+o.Waiting)
	return p, nil
}

// Hash gives the PHC string of a password with a new salt. Errors: ErrBusy, that of ctx while it waits.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	leave, err := p.admit()
	if err != nil {
		return "", err
	}
	defer leave()
	return p.hash(ctx, password)
}

// hash is Hash for one that is admitted.
func (p *Passwords) hash(ctx context.Context, password string) (string, error) {
	done, err := p.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	hash := phc{p.cost, make([]byte, saltSize), make([]byte, sumSize)}
	if _, err := io.ReadFull(p.random, hash.salt); err != nil {
		return "", fmt.Errorf("no chance for a salt: %w", err)
	}
	hash.sum = hash.of(password)
	return hash.String(), nil
}

// Verify says whether a password is the one of a PHC string, and whether that string is old: weaker than
// what Hash would give now. "" is nobody's string: no password fits, at the cost of one that may. Errors:
// ErrBusy, that of ctx while it waits, ErrDamaged.
func (p *Passwords) Verify(ctx context.Context, stored, password string) (right, old bool, err error) {
	leave, err := p.admit()
	if err != nil {
		return false, false, err
	}
	defer leave()
	return p.verify(ctx, stored, password)
}

// verify is Verify for one that is admitted.
func (p *Passwords) verify(ctx context.Context, stored, password string) (right, old bool, err error) {
	hash := p.dummy
	if stored != "" {
		if hash, err = readPHC(stored); err != nil {
			return false, false, err
		}
	}
	if len(password) > profile.MostPassword {
		hash, password = p.dummy, ""
	}
	done, err := p.turn(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	right = subtle.ConstantTimeCompare(hash.of(password), hash.sum) == 1 && stored != ""
	old = hash.MemoryKiB < p.cost.MemoryKiB || hash.Passes < p.cost.Passes || hash.Lanes < p.cost.Lanes
	return right, right && old, nil
}

// admit takes a place in the queue; leave gives it back. Error: ErrBusy.
func (p *Passwords) admit() (leave func(), err error) {
	select {
	case p.admitted <- struct{}{}:
		return func() { <-p.admitted }, nil
	default:
		return nil, fmt.Errorf("%d are under way: %w", cap(p.admitted), ErrBusy)
	}
}

// turn waits until one may work; done gives the place to the next. Error: that of ctx.
func (p *Passwords) turn(ctx context.Context) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case p.working <- struct{}{}:
		return func() { <-p.working }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// checkPassword says whether a password may be set, by the rules of the forms (DOMAIN 6.1). Error: those of
// profile.CheckPassword.
func checkPassword(kind Kind, password string) error {
	least := profile.MemberPassword
	if kind.staff() {
		least = profile.StaffPassword
	}
	if wrong := profile.CheckPassword(password, least); wrong != nil {
		return wrong
	}
	return nil
}
