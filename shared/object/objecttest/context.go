package objecttest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"multipoint/shared/object"
)

func endedContexts(t *testing.T, s object.Store) {
	create(t, s, "there", []byte("1"))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelLate()
	for want, ctx := range map[error]context.Context{
		context.Canceled: cancelled, context.DeadlineExceeded: late,
	} {
		operations := map[string]func() error{
			"create": func() error { return s.Create(ctx, "new", bytes.NewReader([]byte("2")), nil) },
			"put":    func() error { return s.Put(ctx, "there", bytes.NewReader([]byte("2")), nil) },
			"open":   func() error { _, err := s.Open(ctx, "there", 0, -1); return err },
			"stat":   func() error { _, err := s.Stat(ctx, "there"); return err },
			"list":   func() error { _, err := s.List(ctx, "", "", 10); return err },
			"delete": func() error { return s.Delete(ctx, "there") },
			"sync":   func() error { return s.Sync(ctx) },
		}
		for name, operation := range operations {
			wantError(t, name, operation(), want)
		}
	}
	wantNone(t, s, "new")
	wantBody(t, s, "there", []byte("1"))
}

// cancelling is a body that ends the context in the middle.
type cancelling struct {
	io.Reader
	cancel func()
	left   int
}

func (c *cancelling) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.left -= n; c.left <= 0 {
		c.cancel()
	}
	return n, err
}

func contextEndsInTheMiddle(t *testing.T, s object.Store) {
	const size = 20 * mib
	whole := content(1, size)
	for _, after := range []int{1, 100 * kB, 9 * mib, 17 * mib} {
		key := fmt.Sprintf("cut/%d", after)
		ctx, cancel := context.WithCancel(t.Context())
		body := &cancelling{bytes.NewReader(whole), cancel, after}
		wantError(t, "create", s.Create(ctx, key, body, nil), context.Canceled)
		wantNone(t, s, key)
	}
	create(t, s, "read", whole)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := s.Open(ctx, "read", 0, -1)
	must(t, err)
	_, err = io.ReadFull(r, make([]byte, 10))
	must(t, err)
	cancel()
	n, err := io.Copy(io.Discard, r)
	wantError(t, fmt.Sprintf("read of %d bytes", n), err, context.Canceled)
	_ = r.Close() // what it says about a broken connection is not promised
}
