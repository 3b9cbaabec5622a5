package seal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"

	"multipoint/shared/keys"
	"multipoint/shared/object"
)

// Shred destroys the data key of a day for good: what was sealed under it cannot be read any more
// (ErrShredded), nor can more be sealed under that day; Stat still answers. Other processes forget the key
// when they end or have met Options.Days others. Copies are out of its reach: a store that keeps versions
// must expire them.
func (s *Store) Shred(ctx context.Context, day string) error {
	path, err := s.dayPath(day)
	if err != nil {
		return err
	}
	err = keys.Destroy(ctx, s.objects, path)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shred++
	s.forget(day)
	return err
}

// writingKey gives the data key of a day, and makes it if there is none.
func (s *Store) writingKey(ctx context.Context, day string) (*subtle.AESGCMHKDF, error) {
	return s.dayKey(ctx, day, keys.LoadOrCreate)
}

// readingKey gives the data key of a day on which something was sealed.
func (s *Store) readingKey(ctx context.Context, day string) (*subtle.AESGCMHKDF, error) {
	key, err := s.dayKey(ctx, day, keys.Load)
	if errors.Is(err, object.ErrAbsent) { // somebody removed it by hand: that is as final
		return nil, fmt.Errorf("day %s: %w", day, ErrShredded)
	}
	return key, err
}

type loader func(context.Context, keys.Wrapper, object.Store, string) ([]byte, error)

func (s *Store) dayKey(ctx context.Context, day string, load loader) (*subtle.AESGCMHKDF, error) {
	path, err := s.dayPath(day)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	known, shred := s.days[day], s.shred
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	key, err := load(ctx, s.keys, s.objects, path)
	if errors.Is(err, keys.ErrDestroyed) {
		return nil, fmt.Errorf("day %s: %w", day, ErrShredded)
	}
	if err != nil {
		return nil, err
	}
	sealer, err := subtle.NewAESGCMHKDF(key, "SHA256", keys.Size, segment, 0)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if shred == s.shred { // else this key may be one that was shredded in the meantime
		s.remember(day, sealer)
	}
	return sealer, nil
}

func (s *Store) remember(day string, sealer *subtle.AESGCMHKDF) {
	if s.days[day] != nil {
		return
	}
	if len(s.order) >= s.options.Days {
		s.forget(s.order[0])
	}
	s.days[day] = sealer
	s.order = append(s.order, day)
}

func (s *Store) forget(day string) {
	delete(s.days, day)
	s.order = slices.DeleteFunc(s.order, func(d string) bool { return d == day })
}

func (s *Store) dayPath(day string) (string, error) { return keys.Path(s.retailer, "days", day) }
